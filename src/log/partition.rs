//! A partition: opening, appending, syncing. Reading is in `read.rs`, retention in `trim.rs`.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::batch::{self, BatchHeader};
use super::error::{Fault, LogError};
use super::open::{Tail, open_tail};
use super::record::NewRecord;
use super::segment::{FileName, Segment, data_path, entry_due, index_path};
use super::walk::{Found, Place};
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
    cut_tail: Option<CutTail>,
    /// The batch being put together, kept for its memory.
    buffer: Vec<u8>,
    /// Set by the first write or sync that failed.
    refused: OnceLock<String>,
    synced: Mutex<Synced>,
    /// Finished segments that readers used last, the latest at the end.
    pub(super) open_segments: Mutex<Vec<Arc<Segment>>>,
    /// Where the last read ended: the next one probably goes on there.
    pub(super) hint: Mutex<Option<Hint>>,
}

/// What is known to survive a power cut.
#[derive(Debug)]
struct Synced {
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
    last_entry_position: Option<u32>,
    /// What is wrong with the bytes at `end`, when the last batch is damaged: its offsets are not
    /// known, so nothing can be appended behind it.
    pub(super) damage: Option<Fault>,
}

/// A place in one of the segments.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hint {
    pub(super) segment_base: i64,
    pub(super) place: Place,
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
        let mut finished: Vec<i64> = Vec::new();
        let mut indexes: Vec<i64> = Vec::new();
        for name in &names {
            match FileName::parse(name) {
                FileName::Data(base_offset) => finished.push(base_offset),
                FileName::Index(base_offset) => indexes.push(base_offset),
                FileName::Foreign => {}
            }
        }
        finished.sort_unstable();
        // A trim that was interrupted leaves an index without its segment.
        for base_offset in indexes {
            if finished.binary_search(&base_offset).is_err() {
                let path = index_path(folder, base_offset);
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
            cut_tail: None,
            buffer: Vec::new(),
            refused: OnceLock::new(),
            synced: Mutex::new(Synced {
                end_offset: None,
                unsynced_folders,
            }),
            open_segments: Mutex::default(),
            hint: Mutex::default(),
        };
        if let Some(base_offset) = last {
            partition.open_active(base_offset)?;
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

    /// The offset of the first record held, or where the first will be.
    pub fn start_offset(&self) -> i64 {
        let active = self
            .active
            .as_ref()
            .map(|active| active.segment.base_offset);
        self.finished.first().copied().or(active).unwrap_or(0)
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

    /// Appends records as one batch, all or none, and answers once they are as durable as the
    /// options say.
    ///
    /// Time never goes backwards in a partition, so that looking up a time has one answer: records
    /// get `timestamp_ms` or the time of the record before them, whichever is later. An append
    /// that failed for want of space is undone and may be tried again; after one that left the
    /// disk in doubt all further ones are refused.
    pub fn append(
        &mut self,
        records: &[NewRecord<'_>],
        timestamp_ms: i64,
    ) -> Result<Appended, LogError> {
        self.check_writable()?;
        let timestamp_ms = self.monotonic(timestamp_ms);
        let mut buffer = std::mem::take(&mut self.buffer);
        let appended = batch::encode(&mut buffer, self.next_offset, timestamp_ms, records)
            .and_then(|()| self.write(&buffer));
        self.buffer = buffer;
        appended
    }

    /// Appends one batch as a Kafka producer sent it: checked, and given its offsets and its time
    /// (the time stamp type becomes log append time). Control batches are refused; the records of
    /// a compressed batch are taken on trust. See [`Partition::append`] for the rest.
    pub fn append_batch(
        &mut self,
        produced: &[u8],
        timestamp_ms: i64,
    ) -> Result<Appended, LogError> {
        self.check_writable()?;
        let header = batch::check_produced(produced).map_err(LogError::InvalidBatch)?;
        let timestamp_ms = self.monotonic(timestamp_ms);
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        buffer.extend_from_slice(produced);
        batch::seal(&mut buffer, &header, self.next_offset, timestamp_ms);
        let appended = self.write(&buffer);
        self.buffer = buffer;
        appended
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
    fn sync_active(
        &self,
        active: &Active,
        end_offset: i64,
        synced: &mut Synced,
    ) -> Result<(), LogError> {
        let segment = &active.segment;
        segment
            .file
            .sync()
            .map_err(LogError::io("sync", &segment.path))?;
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
        Ok(Some(CutTail {
            file: path.clone(),
            position: active.end,
            cut_bytes: length.saturating_sub(active.end),
        }))
    }

    /// Writes a whole batch, which has its offsets and its checksum, behind the last one.
    fn write(&mut self, batch: &[u8]) -> Result<Appended, LogError> {
        let header = BatchHeader::parse(batch).ok_or(LogError::InvalidBatch(Fault::Short))?;
        if header.next_offset() == i64::MAX {
            return Err(LogError::InvalidBatch(Fault::Count));
        }
        let batch_bytes = batch.len() as u64;
        self.make_room(batch_bytes)?;
        let Some(active) = &self.active else {
            return Err(LogError::NoRecords);
        };
        let position = active.end;
        if let Err(source) = active.segment.file.write_at(batch, position) {
            return Err(self.undo_write(source));
        }
        if self.options.durability == Durability::Fsync {
            let mut synced = lock(&self.synced);
            self.sync_active(active, header.next_offset(), &mut synced)
                .map_err(|error| self.refuse_writes(error))?;
        }
        self.next_offset = header.next_offset();
        self.last_timestamp_ms = Some(header.max_timestamp_ms);
        if let Some(active) = &mut self.active {
            active.end += batch_bytes;
            let found = Found { position, header };
            let interval_bytes = self.options.index_interval_bytes;
            if let Some(entry) = entry_due(&found, active.last_entry_position, interval_bytes) {
                active.last_entry_position = Some(entry.position);
                active.segment.index().push(entry);
            }
        }
        Ok(Appended {
            base_offset: header.base_offset,
            last_offset: header.last_offset(),
            timestamp_ms: header.max_timestamp_ms,
        })
    }

    /// After a failed write: takes what was written off again, so that the next append finds the
    /// log as it was. Synced, for the reason that cutting a tail at opening is.
    fn undo_write(&self, source: std::io::Error) -> LogError {
        let Some(active) = &self.active else {
            return LogError::NoRecords;
        };
        let file = &active.segment.file;
        let error = LogError::io("append to", &active.segment.path)(source);
        match file.truncate(active.end).and_then(|()| file.sync()) {
            Ok(()) => error,
            Err(_) => self.refuse_writes(error),
        }
    }

    /// Sees to it that there is an active segment with room for a batch.
    fn make_room(&mut self, batch_bytes: u64) -> Result<(), LogError> {
        match &self.active {
            None => {
                let segment = Segment::create(&self.disk, &self.folder, self.next_offset)?;
                self.active = Some(Active::new(segment));
                Ok(())
            }
            Some(active)
                if active.end > 0 && active.end + batch_bytes > self.options.segment_bytes =>
            {
                self.roll()
            }
            Some(_) => Ok(()),
        }
    }

    /// Finishes the active segment and begins a new one.
    ///
    /// The finished one is synced whatever the durability, and so is the new one's name: only the
    /// last segment can be torn, whatever happens.
    pub(super) fn roll(&mut self) -> Result<(), LogError> {
        let Some(active) = &self.active else {
            return Ok(());
        };
        self.sync_active(active, self.next_offset, &mut lock(&self.synced))
            .and_then(|()| active.segment.index().sync())
            .map_err(|error| self.refuse_writes(error))?;
        let segment = Segment::create(&self.disk, &self.folder, self.next_offset)?;
        let named = self.disk.sync_folder(&self.folder);
        named.map_err(|error| self.refuse_writes(LogError::io("sync", &self.folder)(error)))?;
        let finished_base = active.segment.base_offset;
        self.finished.push(finished_base);
        self.active = Some(Active::new(segment));
        Ok(())
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

    pub(super) fn finished_bytes(&self, base_offset: i64) -> Result<u64, LogError> {
        let path = data_path(&self.folder, base_offset);
        self.disk
            .length_bytes(&path)
            .map_err(LogError::io("read the length of", &path))
    }

    fn monotonic(&self, timestamp_ms: i64) -> i64 {
        self.last_timestamp_ms
            .map_or(timestamp_ms, |last| last.max(timestamp_ms))
    }

    fn check_writable(&self) -> Result<(), LogError> {
        self.check_not_refused()?;
        self.check_tail()
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
    fn new(segment: Segment) -> Self {
        Self {
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
