//! One segment: a file of batches with its index, and the ways to find a batch in it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::batch::BatchHeader;
use super::error::LogError;
use super::index::{Entry, Index};
use super::names::{data_path, index_path};
use super::walk::{Found, Place, Step, Walk};
use crate::disk::{Disk, DiskFile};

/// A segment that is open.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) base_offset: i64,
    pub(crate) path: PathBuf,
    pub(crate) file: Arc<dyn DiskFile>,
    /// Of the file when it was opened; the active segment has grown since.
    pub(crate) opened_bytes: u64,
    index: Mutex<Index>,
    /// Where the last read ended: the next one probably goes on there.
    hint: Mutex<Option<Place>>,
}

/// What a search for a batch came to.
#[derive(Debug)]
pub(crate) enum Search<'s> {
    Found(Located<'s>),
    /// The segment ends, and with it the offsets it holds, before there is such a batch.
    End {
        next_offset: i64,
    },
}

/// A walk that has just stepped over the batch that was looked for.
#[derive(Debug)]
pub(crate) struct Located<'s> {
    pub(crate) walk: Walk<'s>,
    pub(crate) found: Found,
}

impl Segment {
    /// Creates an empty segment.
    pub(crate) fn create(
        disk: &Arc<dyn Disk>,
        folder: &Path,
        base_offset: i64,
    ) -> Result<Self, LogError> {
        let path = data_path(folder, base_offset);
        let file = disk.create(&path).map_err(LogError::io("create", &path))?;
        Ok(Self {
            base_offset,
            path,
            file,
            opened_bytes: 0,
            index: Mutex::new(Index::new(disk, index_path(folder, base_offset))),
            hint: Mutex::default(),
        })
    }

    /// Opens a segment without looking into it.
    pub(crate) fn open(
        disk: &Arc<dyn Disk>,
        folder: &Path,
        base_offset: i64,
    ) -> Result<Self, LogError> {
        let path = data_path(folder, base_offset);
        let file = disk.open(&path).map_err(LogError::io("open", &path))?;
        let opened_bytes = file
            .length_bytes()
            .map_err(LogError::io("read the length of", &path))?;
        Ok(Self {
            base_offset,
            path,
            file,
            opened_bytes,
            index: Mutex::new(Index::open(disk, index_path(folder, base_offset))?),
            hint: Mutex::default(),
        })
    }

    /// Opens a segment that is not written any more, and writes its index anew if that is missing
    /// or worn.
    pub(crate) fn open_finished(
        disk: &Arc<dyn Disk>,
        folder: &Path,
        base_offset: i64,
        interval_bytes: u64,
    ) -> Result<Self, LogError> {
        let segment = Self::open(disk, folder, base_offset)?;
        let found = segment.index().read_all()?;
        let missing = found.entries.is_empty() && segment.opened_bytes > interval_bytes;
        if missing || !found.sound {
            let entries = segment.walk_for_entries(interval_bytes)?;
            segment.index().rewrite(entries);
        } else {
            segment.index().keep(found.entries);
        }
        Ok(segment)
    }

    pub(crate) fn index(&self) -> MutexGuard<'_, Index> {
        // Entries are checked when they are used: a panic while one was added does no harm.
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where a read ended that may have been the last.
    pub(crate) fn hint(&self) -> Option<Place> {
        *self.hint.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_hint(&self, place: Place) {
        *self.hint.lock().unwrap_or_else(PoisonError::into_inner) = Some(place);
    }

    pub(crate) fn start(&self) -> Place {
        Place {
            position: 0,
            offset: self.base_offset,
        }
    }

    pub(crate) fn walk(&self, start: Place, end: u64) -> Walk<'_> {
        Walk::new(&*self.file, &self.path, start, end)
    }

    /// Finds the batch that holds an offset.
    ///
    /// `end` is where the log ends in the file.
    pub(crate) fn locate(&self, offset: i64, end: u64) -> Result<Search<'_>, LogError> {
        let entry = self.last_entry(end, |entry| entry.offset <= offset)?;
        let hint = self.hint();
        let start = entry
            .map(|entry| entry.place())
            .into_iter()
            .chain(hint.filter(|hint| hint.offset <= offset && hint.position < end))
            .max_by_key(|place| place.offset)
            .unwrap_or(self.start());
        self.search(
            start,
            end,
            |found| found.header.last_offset() >= offset,
            |resume| resume <= offset,
        )
    }

    /// Finds the first batch that was appended at `timestamp_ms` or later.
    pub(crate) fn locate_time(&self, timestamp_ms: i64, end: u64) -> Result<Search<'_>, LogError> {
        let mut start = self.start();
        let entry = self.last_entry(end, |entry| entry.timestamp_ms < timestamp_ms)?;
        if let Some(entry) = entry {
            // An entry left from an append that was undone may tell a wrong time.
            if let Step::Batch(found) = self.walk(entry.place(), end).step()?
                && found.header.max_timestamp_ms == entry.timestamp_ms
            {
                start = entry.place();
            }
        }
        self.search(
            start,
            end,
            |found| found.header.max_timestamp_ms >= timestamp_ms,
            |_| false,
        )
    }

    /// Walks to the first wanted batch. Damage on the way is an error, unless `may_resume` accepts
    /// the offset of the first batch behind it.
    fn search(
        &self,
        start: Place,
        end: u64,
        wanted: impl Fn(&Found) -> bool,
        may_resume: impl Fn(i64) -> bool,
    ) -> Result<Search<'_>, LogError> {
        let mut walk = self.walk(start, end);
        loop {
            match walk.step()? {
                Step::Batch(found) if wanted(&found) => {
                    return Ok(Search::Found(Located { walk, found }));
                }
                Step::Batch(_) => {}
                Step::End => {
                    let next_offset = walk.place().offset;
                    return Ok(Search::End { next_offset });
                }
                // The index may have pointed to the wrong place: the start of the file cannot.
                Step::Invalid(_) if walk.place() == start && start != self.start() => {
                    return self.search(self.start(), end, wanted, may_resume);
                }
                Step::Invalid(fault) => {
                    let damaged_place = walk.place();
                    let damage = walk.pass_damage(fault)?;
                    if walk.place() == damaged_place || !may_resume(walk.place().offset) {
                        return Err(damage);
                    }
                }
            }
        }
    }

    /// The last of the index's entries that holds; entries must hold up to some point, then not.
    fn last_entry(
        &self,
        end: u64,
        holds: impl Fn(&Entry) -> bool,
    ) -> Result<Option<Entry>, LogError> {
        let mut index = self.index();
        let entries = index.entries()?;
        let count =
            entries.partition_point(|entry| holds(entry) && u64::from(entry.position) < end);
        Ok(count
            .checked_sub(1)
            .and_then(|last| entries.get(last))
            .copied())
    }

    /// Header of the first batch, or `None` when the segment is empty.
    pub(crate) fn first_batch(&self, end: u64) -> Result<Option<BatchHeader>, LogError> {
        let mut walk = self.walk(self.start(), end);
        match walk.step()? {
            Step::Batch(found) => Ok(Some(found.header)),
            Step::End => Ok(None),
            Step::Invalid(fault) => Err(walk.pass_damage(fault)?),
        }
    }

    /// Time of the last valid batch of a finished segment, or `None` when it holds none.
    pub(crate) fn last_timestamp_ms(&self) -> Result<Option<i64>, LogError> {
        let end = self.opened_bytes;
        let (walk, mut last_timestamp_ms) = self.walk_from_last_entry(end)?;
        walk.visit(|found| last_timestamp_ms = Some(found.header.max_timestamp_ms))?;
        Ok(last_timestamp_ms)
    }

    /// A walk that has stepped over the last batch that the index points to and that is valid,
    /// with the time of that batch; else one from the start.
    fn walk_from_last_entry(&self, end: u64) -> Result<(Walk<'_>, Option<i64>), LogError> {
        let entries = self.index().read_tail()?.entries;
        for entry in entries.iter().rev() {
            let mut walk = self.walk(entry.place(), end);
            if let Step::Batch(found) = walk.step()? {
                return Ok((walk, Some(found.header.max_timestamp_ms)));
            }
        }
        Ok((self.walk(self.start(), end), None))
    }

    fn walk_for_entries(&self, interval_bytes: u64) -> Result<Vec<Entry>, LogError> {
        let mut entries: Vec<Entry> = Vec::new();
        let walk = self.walk(self.start(), self.opened_bytes);
        walk.visit(|found| {
            let last = entries.last().map(|entry| entry.position);
            entries.extend(entry_due(found, last, interval_bytes));
        })?;
        Ok(entries)
    }
}

impl Entry {
    pub(crate) fn place(&self) -> Place {
        Place {
            position: u64::from(self.position),
            offset: self.offset,
        }
    }
}

/// The entry for a batch, if it lies far enough behind the last entry (or the start of the file).
pub(crate) fn entry_due(
    found: &Found,
    last_entry_position: Option<u32>,
    interval_bytes: u64,
) -> Option<Entry> {
    let due = u64::from(last_entry_position.unwrap_or(0)).saturating_add(interval_bytes.max(1));
    (found.position >= due).then_some(Entry {
        offset: found.header.base_offset,
        timestamp_ms: found.header.max_timestamp_ms,
        position: u32::try_from(found.position).ok()?,
    })
}
