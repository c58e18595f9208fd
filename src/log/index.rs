//! The sparse index of a segment: where batches begin, by offset and by time.
//!
//! An index only shortens the way to a batch. Entries that do not check out are left out, an entry
//! that points to the wrong place is noticed by the batch found there, and a file that is missing
//! or worn is written anew from the segment.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;

use super::error::LogError;
use crate::disk::{Disk, DiskFile};

pub(crate) const ENTRY_BYTES: usize = 24;
/// Mixed into the checksum of every entry: an entry of another format is no valid entry.
const FORMAT: &[u8] = b"ocelot log index 1";
/// How many entries opening a partition looks at before it reads the whole index.
const TAIL_ENTRIES: u64 = 32;

/// A batch that the index points to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) offset: i64,
    pub(crate) timestamp_ms: i64,
    /// In bytes from the start of the segment file.
    pub(crate) position: u32,
}

impl Entry {
    fn encode(&self) -> [u8; ENTRY_BYTES] {
        let mut bytes = [0; ENTRY_BYTES];
        let (offset, rest) = bytes.split_at_mut(8);
        let (timestamp, rest) = rest.split_at_mut(8);
        let (position, crc) = rest.split_at_mut(4);
        offset.copy_from_slice(&self.offset.to_be_bytes());
        timestamp.copy_from_slice(&self.timestamp_ms.to_be_bytes());
        position.copy_from_slice(&self.position.to_be_bytes());
        crc.copy_from_slice(&self.checksum().to_be_bytes());
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (offset, rest) = bytes.split_first_chunk()?;
        let (timestamp, rest) = rest.split_first_chunk()?;
        let (position, rest) = rest.split_first_chunk()?;
        let entry = Self {
            offset: i64::from_be_bytes(*offset),
            timestamp_ms: i64::from_be_bytes(*timestamp),
            position: u32::from_be_bytes(*position),
        };
        (rest == entry.checksum().to_be_bytes()).then_some(entry)
    }

    fn checksum(&self) -> u32 {
        let crc = crc32c::crc32c_append(crc32c::crc32c(FORMAT), &self.offset.to_be_bytes());
        let crc = crc32c::crc32c_append(crc, &self.timestamp_ms.to_be_bytes());
        crc32c::crc32c_append(crc, &self.position.to_be_bytes())
    }

    /// Whether this entry can stand behind another.
    fn is_after(&self, other: &Self) -> bool {
        self.position > other.position
            && self.offset > other.offset
            && self.timestamp_ms >= other.timestamp_ms
    }
}

/// What an index file held.
#[derive(Debug, Default)]
pub(crate) struct Entries {
    /// Those that check out, in order.
    pub(crate) entries: Vec<Entry>,
    /// Whether every slot of the file read was a valid entry.
    pub(crate) sound: bool,
}

/// The index file of one segment.
#[derive(Debug)]
pub(crate) struct Index {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    /// `None` until the first entry is due: most partitions stay small and need no second file.
    file: Option<Arc<dyn DiskFile>>,
    /// Slots in the file, where the next entry goes.
    slot_count: u64,
    /// All entries, once a lookup needed them.
    loaded: Option<Vec<Entry>>,
    /// After a failed write the file is left alone; the next open writes it anew.
    given_up: bool,
}

impl Index {
    /// The index of a segment that has no entry yet.
    pub(crate) fn new(disk: &Arc<dyn Disk>, path: PathBuf) -> Self {
        Self {
            disk: Arc::clone(disk),
            path,
            file: None,
            slot_count: 0,
            loaded: None,
            given_up: false,
        }
    }

    /// The index of a segment that may have a file of entries.
    pub(crate) fn open(disk: &Arc<dyn Disk>, path: PathBuf) -> Result<Self, LogError> {
        let mut index = Self::new(disk, path);
        match disk.open(&index.path) {
            Ok(file) => {
                let length = file
                    .length_bytes()
                    .map_err(LogError::io("read the length of", &index.path))?;
                index.slot_count = length / ENTRY_BYTES as u64;
                index.file = Some(file);
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(LogError::io("open", &index.path)(error)),
        }
        Ok(index)
    }

    /// The last few entries, in order, without reading the whole file.
    pub(crate) fn read_tail(&self) -> Result<Entries, LogError> {
        self.read_slots(self.slot_count.saturating_sub(TAIL_ENTRIES))
    }

    /// All entries of the file.
    pub(crate) fn read_all(&self) -> Result<Entries, LogError> {
        self.read_slots(0)
    }

    fn read_slots(&self, first: u64) -> Result<Entries, LogError> {
        let Some(file) = &self.file else {
            return Ok(Entries::default());
        };
        let length = (self.slot_count - first) as usize * ENTRY_BYTES;
        let mut bytes = vec![0; length];
        let count = file
            .read_at(&mut bytes, first * ENTRY_BYTES as u64)
            .map_err(LogError::io("read", &self.path))?;
        bytes.truncate(count);
        let mut entries: Vec<Entry> = Vec::with_capacity(count / ENTRY_BYTES);
        let mut sound = count == length;
        for slot in bytes.chunks(ENTRY_BYTES) {
            match Entry::decode(slot) {
                Some(entry) if entries.last().is_none_or(|last| entry.is_after(last)) => {
                    entries.push(entry);
                }
                _ => sound = false,
            }
        }
        Ok(Entries { entries, sound })
    }

    /// The entries for lookups: those given to [`Self::keep`], or those in the file.
    pub(crate) fn entries(&mut self) -> Result<&[Entry], LogError> {
        if self.loaded.is_none() {
            self.loaded = Some(self.read_all()?.entries);
        }
        Ok(self.loaded.as_deref().unwrap_or_default())
    }

    /// Uses these entries for lookups from now on.
    pub(crate) fn keep(&mut self, entries: Vec<Entry>) {
        self.loaded = Some(entries);
    }

    /// Adds an entry behind the last. A failed write is no failure of the log: the entry is known
    /// in memory, and the next open finds the file short and completes it.
    pub(crate) fn push(&mut self, entry: Entry) {
        if let Some(loaded) = &mut self.loaded {
            loaded.push(entry);
        }
        if !self.given_up && self.write_slots(&entry.encode(), 1).is_err() {
            self.given_up = true;
        }
    }

    /// Replaces what the file holds, with the same forgiveness as [`Self::push`].
    pub(crate) fn rewrite(&mut self, entries: Vec<Entry>) {
        let bytes: Vec<u8> = entries.iter().flat_map(Entry::encode).collect();
        self.slot_count = 0;
        let length = bytes.len() as u64;
        let written = if entries.is_empty() && self.file.is_none() {
            Ok(())
        } else {
            self.write_slots(&bytes, entries.len() as u64)
                .and_then(|()| {
                    self.file
                        .as_ref()
                        .map_or(Ok(()), |file| file.truncate(length))
                })
        };
        self.given_up = written.is_err();
        self.loaded = Some(entries);
    }

    fn write_slots(&mut self, bytes: &[u8], count: u64) -> std::io::Result<()> {
        let file = match &self.file {
            Some(file) => file,
            None => self.file.insert(self.disk.create(&self.path)?),
        };
        file.write_at(bytes, self.slot_count * ENTRY_BYTES as u64)?;
        self.slot_count += count;
        Ok(())
    }

    /// Makes the entries survive a power cut, so that a finished segment is not walked for them.
    pub(crate) fn sync(&self) -> Result<(), LogError> {
        match &self.file {
            Some(file) => file.sync().map_err(LogError::io("sync", &self.path)),
            None => Ok(()),
        }
    }
}
