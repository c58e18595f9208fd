//! A partition: opening and syncing. Appending is in `append.rs`, reading in `read.rs`, retention in
//! `trim.rs` and `start.rs`.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::early_sync::EarlySync;
use super::error::{Fault, LogError};
use super::names::{Names, data_path};
use super::open::{Tail, open_tail};
use super::producers::Producers;
use super::segment::Segment;
use crate::disk::Disk;

/// Positions in an index take 32 bits.
const MAX_SEGMENT_BYTES: u64 = 1 << 31;
/// How many finished segments are kept open for readers.
const OPEN_SEGMENTS: usize = 4;

/// When an append is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Once the operating system has the bytes: they survive the end of the process, at any moment
    /// and in any way, but not a power cut.
    #[default]
    Os,
    /// Once the disk has the bytes: they survive a power cut too.
    Fsync,
}

/// How a partition is kept.
#[derive(Debug, Clone, Copy)]
pub struct LogOptions {
    /// A segment that would grow above this many bytes is finished, and a new one begun. At most
    /// 2 GiB; a batch that is larger by itself gets a segment of its own.
    pub segment_bytes: u64,
    /// When an append is answered.
    pub durability: Durability,
    /// Bytes of log between two index entries: what a lookup walks at most, but for one batch.
    pub index_interval_bytes: u64,
}

impl Default for LogOptions {
    fn default() -> Self {
        Self {
            segment_bytes: 64 << 20,
            durability: Durability::default(),
            index_interval_bytes: 32 << 10,
        }
    }
}

/// The offsets that an append was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// Offset of the first record.
    pub base_offset: i64,
    /// Offset of the last record.
    pub last_offset: i64,
    /// The time the records were given, in milliseconds since 1970: the one asked for, or that of
    /// the record before where that is later.
    pub timestamp_ms: i64,
    /// Whether the records were stored before, when their producer sent them the first time.
    pub is_duplicate: bool,
}

/// The unfinished append that opening a partition cut off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CutTail {
    /// The segment file.
    pub file: PathBuf,
    /// Where it ends now, in bytes.
    pub position: u64,
    /// How many bytes were cut off.
    pub cut_bytes: u64,
}

/// A partition of the log, open for appending and reading.
///
/// One process at a time may have a partition open; the caller sees to it with a lock. Within the
/// process, reads and [`Partition::sync`] take `&self` and may run side by side.
#[derive(Debug)]
pub struct Partition {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) folder: PathBuf,
    pub(super) options: LogOptions,
    /// Base offsets of the finished segments, ascending.
    pub(super) finished: Vec<i64>,
    /// The segment appended to; `None` until the first append to a new partition.
    pub(super) active: Option<Active>,
    /// The offset the next record gets.
    pub(super) next_offset: i64,
    pub(super) last_timestamp_ms: Option<i64>,
    /// Marks of the first offset that may be read, ascending: the last one counts.
    pub(super) starts: Vec<i64>,
    /// The idempotent producers, once they were asked for.
    pub(super) producers: Option<Producers>,
    cut_tail: Option<CutTail>,
    /// The batch being put together, kept for its memory.
    pub(super) buffer: Vec<u8>,
    /// Set by the first write or sync that failed.
    refused: OnceLock<String>,
    pub(super) synced: Mutex<Synced>,
    /// Finished segments that readers used last, the latest at the end.
    pub(super) open_segments: Mutex<Vec<Arc<Segment>>>,
}

/// What is known to survive a power cut.
#[derive(Debug)]
pub(super) struct Synced {
    /// All records before it do; `None` until the first sync.
    end_offset: Option<i64>,
    /// Folders whose names may not survive yet, the innermost first.
    unsynced_folders: Vec<PathBuf>,
}

/// The segment that is appended to.
#[derive(Debug)]
pub(super) struct Active {
    pub(super) segment: Arc<Segment>,
    /// Where the next batch goes.
    pub(super) end: u64,
    pub(super) last_entry_position: Option<u32>,
    pub(super) early_sync: EarlySync,
    /// What is wrong with the bytes at `end`, when the last batch is damaged: its offsets are not
    /// known, so nothing can be appended behind it.
    pub(super) damage: Option<Fault>,
}

impl Partition {
    /// Opens a partition, and creates its folder if there is none.
    ///
    /// An append that a killed process or a power cut left unfinished is cut off, which
    /// [`Partition::cut_tail`] tells. Damage elsewhere does not keep a partition from opening: the
    /// calls that meet it report it. Folders above the direct parent of one that exists already
    /// are the caller's to sync.
    pub fn open(disk: Arc<dyn Disk>, folder: &Path, options: LogOptions) -> Result<Self, LogError> {
        let options = LogOptions {
            segment_bytes: options.segment_bytes.clamp(1, MAX_SEGMENT_BYTES),
            ..options
        };
        let (names, created) = list_or_create(&*disk, folder)?;
        let Names {
            segments: mut finished,
            companions,
            starts,
        } = Names::parse(&names);
        // A trim or a new segment that was interrupted leaves files without their segment.
        for (base_offset, name) in companions {
            if finished.binary_search(&base_offset).is_err() {
                let path = folder.join(name);
                disk.remove_file(&path)
                    .map_err(LogError::io("remove", &path))?;
            }
        }
        // A second segment is begun only once the first one's name is synced.
        let unsynced_folders = match finished.len() {
            0 | 1 if created.is_empty() => vec![folder.to_owned(), parent(folder)],
            _ => created,
        };
        let last = finished.pop();
        let mut partition = Self {
            disk,
            folder: folder.to_owned(),
            options,
            finished,
            active: None,
            next_offset: 0,
            last_timestamp_ms: None,
            starts,
            producers: None,
            cut_tail: None,
            buffer: Vec::new(),
            refused: OnceLock::new(),
            synced: Mutex::new(Synced {
                end_offset: None,
                unsynced_folders,
            }),
            open_segments: Mutex::default(),
        };
        if let Some(base_offset) = last {
            partition.open_active(base_offset)?;
        }
        if partition.check_tail().is_ok() {
            partition.lower_start()?;
        }
        Ok(partition)
    }

    fn open_active(&mut self, base_offset: i64) -> Result<(), LogError> {
        let segment = Segment::open(&self.disk, &self.folder, base_offset)?;
        let tail: Tail = open_tail(&segment, self.options.index_interval_bytes)?;
        if tail.cut_bytes > 0 {
            self.cut_tail = Some(CutTail {
                file: segment.path.clone(),
                position: tail.end.position,
                cut_bytes: tail.cut_bytes,
            });
        }
        self.next_offset = tail.end.offset;
        self.last_timestamp_ms = match (tail.last_timestamp_ms, self.finished.last()) {
            (None, Some(&previous)) => self.finished_segment(previous)?.last_timestamp_ms()?,
            (found, _) => found,
        };
        self.active = Some(Active {
            early_sync: EarlySync::new(Arc::clone(&segment.file), tail.end.position),
            segment: Arc::new(segment),
            end: tail.end.position,
            last_entry_position: tail.last_entry_position,
            damage: tail.damage,
        });
        Ok(())
    }

    /// Removes a partition with all its records; nothing to do when it does not exist.
    pub fn remove(disk: &dyn Disk, folder: &Path) -> Result<(), LogError> {
        match disk.remove_folder(folder) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(LogError::io("remove", folder)(error))
            }
            _ => Ok(()),
        }
    }

    /// The offset of the first record that may be read, or where the first will be.
    pub fn start_offset(&self) -> i64 {
        let marked = self.starts.last().copied().unwrap_or(0);
        // While the end is damaged, it may lie before the start.
        self.segment_start(0).max(marked).min(self.next_offset)
    }

    /// The offset of a segment's first record: the finished ones, then the active one.
    pub(super) fn segment_start(&self, position: usize) -> i64 {
        let active = self.active.as_ref();
        let finished = self.finished.get(position).copied();
        finished
            .or(active.map(|active| active.segment.base_offset))
            .unwrap_or(0)
    }

    /// The offset the next record gets.
    pub fn end_offset(&self) -> i64 {
        self.next_offset
    }

    /// Time of the last record, in milliseconds since 1970; `None` when there is none.
    pub fn last_timestamp_ms(&self) -> Option<i64> {
        self.last_timestamp_ms
    }

    /// The unfinished append that opening cut off, if there was one.
    pub fn cut_tail(&self) -> Option<&CutTail> {
        self.cut_tail.as_ref()
    }

    /// Bytes of all record batches, without the indexes.
    pub fn size_bytes(&self) -> Result<u64, LogError> {
        let mut total = self.active.as_ref().map_or(0, |active| active.end);
        for &base_offset in &self.finished {
            total += self.finished_bytes(base_offset)?;
        }
        Ok(total)
    }

    /// Makes all that was appended survive a power cut. Under [`Durability::Fsync`] every append
    /// has done so.
    ///
    /// Calls at the same time share one sync of the disk: writers that append under
    /// [`Durability::Os`] and then wait here each pay for a part of it.
    pub fn sync(&self) -> Result<(), LogError> {
        // The lock comes first: it is held while another call syncs, which may fail.
        let mut synced = lock(&self.synced);
        self.check_not_refused()?;
        match &self.active {
            Some(active) if synced.end_offset != Some(self.next_offset) => self
                .sync_active(active, self.next_offset, &mut synced)
                .map_err(|error| self.refuse_writes(error)),
            _ => Ok(()),
        }
    }

    /// Syncs the active segment, which then holds all records before `end_offset`.
    pub(super) fn sync_active(
        &self,
        active: &Active,
        end_offset: i64,
        synced: &mut Synced,
    ) -> Result<(), LogError> {
        active
            .early_sync
            .sync()
            .map_err(LogError::io("sync", &active.segment.path))?;
        while let Some(folder) = synced.unsynced_folders.last() {
            self.disk
                .sync_folder(folder)
                .map_err(LogError::io("sync", folder))?;
            synced.unsynced_folders.pop();
        }
        synced.end_offset = Some(end_offset);
        Ok(())
    }

    /// Cuts off a damaged batch at the very end of the log, with the records it held, so that the
    /// partition can be appended to again; `None` when the end is sound. Their offsets will be given
    /// out again: this is for a person to decide.
    pub fn cut_damaged_tail(&mut self) -> Result<Option<CutTail>, LogError> {
        self.check_not_refused()?;
        let Some(active) = self
            .active
            .as_mut()
            .filter(|active| active.damage.is_some())
        else {
            return Ok(None);
        };
        let file = &active.segment.file;
        let path = &active.segment.path;
        let length = file
            .length_bytes()
            .map_err(LogError::io("read the length of", path))?;
        file.truncate(active.end)
            .and_then(|()| file.sync())
            .map_err(LogError::io("cut the damaged end off", path))?;
        active.damage = None;
        let cut = CutTail {
            file: path.clone(),
            position: active.end,
            cut_bytes: length.saturating_sub(active.end),
        };
        self.lower_start()?;
        Ok(Some(cut))
    }

    /// A finished segment, opened if it is not open yet.
    pub(super) fn finished_segment(&self, base_offset: i64) -> Result<Arc<Segment>, LogError> {
        let mut open = lock(&self.open_segments);
        let known = open
            .iter()
            .position(|segment| segment.base_offset == base_offset);
        let segment = match known {
            Some(position) => open.remove(position),
            None => {
                let interval_bytes = self.options.index_interval_bytes;
                Arc::new(Segment::open_finished(
                    &self.disk,
                    &self.folder,
                    base_offset,
                    interval_bytes,
                )?)
            }
        };
        if open.len() >= OPEN_SEGMENTS {
            open.remove(0);
        }
        open.push(Arc::clone(&segment));
        Ok(segment)
    }

    /// Makes the names of files created and removed survive a power cut.
    pub(super) fn sync_names(&self) -> Result<(), LogError> {
        let synced = self.disk.sync_folder(&self.folder);
        synced.map_err(|error| self.refuse_writes(LogError::io("sync", &self.folder)(error)))
    }

    pub(super) fn remove_if_there(&self, path: &Path) -> Result<(), LogError> {
        match self.disk.remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(LogError::io("remove", path)(error))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn finished_bytes(&self, base_offset: i64) -> Result<u64, LogError> {
        let path = data_path(&self.folder, base_offset);
        self.disk
            .length_bytes(&path)
            .map_err(LogError::io("read the length of", &path))
    }

    /// Damage at the very end of the log.
    pub(super) fn check_tail(&self) -> Result<(), LogError> {
        match &self.active {
            Some(Active {
                segment,
                end,
                damage: Some(fault),
                ..
            }) => Err(LogError::Damaged {
                file: segment.path.clone(),
                position: *end,
                fault: *fault,
                next_offset: None,
            }),
            _ => Ok(()),
        }
    }

    pub(super) fn check_not_refused(&self) -> Result<(), LogError> {
        match self.refused.get() {
            None => Ok(()),
            Some(cause) => Err(LogError::WritesRefused {
                folder: self.folder.clone(),
                cause: cause.clone(),
            }),
        }
    }

    /// From now on all writes are refused: after a failed sync, the system may have dropped what
    /// it could not write and report success the next time.
    pub(super) fn refuse_writes(&self, error: LogError) -> LogError {
        let _first_cause_stays = self.refused.set(error.to_string());
        error
    }
}

impl Active {
    pub(super) fn new(segment: Segment) -> Self {
        Self {
            early_sync: EarlySync::new(Arc::clone(&segment.file), 0),
            segment: Arc::new(segment),
            end: 0,
            last_entry_position: None,
            damage: None,
        }
    }
}

/// Names in the folder, and the folders to sync when it had to be created.
fn list_or_create(disk: &dyn Disk, folder: &Path) -> Result<(Vec<String>, Vec<PathBuf>), LogError> {
    match disk.list(folder) {
        Ok(names) => Ok((names, Vec::new())),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let mut unsynced = vec![folder.to_owned()];
            for ancestor in folder.ancestors() {
                let above = parent(ancestor);
                let exists = disk
                    .exists(&above)
                    .map_err(LogError::io("look for", &above))?;
                unsynced.push(above);
                if exists {
                    break;
                }
            }
            disk.create_folder(folder)
                .map_err(LogError::io("create", folder))?;
            Ok((Vec::new(), unsynced))
        }
        Err(error) => Err(LogError::io("list", folder)(error)),
    }
}

/// The folder that holds a folder's name.
fn parent(folder: &Path) -> PathBuf {
    match folder.parent() {
        Some(above) if above.as_os_str().is_empty() => PathBuf::from("."),
        Some(above) => above.to_owned(),
        None => folder.to_owned(),
    }
}

/// A panic elsewhere leaves these values whole, so a poisoned lock may be used.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
