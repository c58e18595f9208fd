//! The open logs of partitions. Only so many are open at a time, whatever is used.
//!
//! Reads of a partition run side by side; appends take turns. Under [`Durability::Fsync`] the wait for the
//! disk comes after an append's turn, so that those who append at the same time share one sync. A reader may
//! therefore see a message a moment before its sender is told that it is safe.

use std::collections::{HashMap, HashSet};
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use super::streams::STREAM;
use crate::call::ApiError;
use crate::disk::Disk;
use crate::log::{Appended, Durability, LogError, LogOptions, Partition};

/// How many logs are open at most, but for those in use: each holds two files or three, and a process has
/// no more than 256 on some systems.
const MOST_OPEN: usize = 80;

/// How far the horizon of retention moves before the oldest message kept is looked for again, in milliseconds.
const HORIZON_STEP_MS: i64 = 1000;

/// A stream's OCID, and the number of a partition.
type Key = (String, u32);

/// Hears of each partition whose offsets have changed, or whose stream was deleted.
pub(crate) type Listener = Arc<dyn Fn(&str, u32) + Send + Sync>;

/// Opens logs when they are needed, and keeps them open for a while.
pub(super) struct Partitions {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    durability: Durability,
    state: Mutex<State>,
    listeners: RwLock<Vec<Listener>>,
}

#[derive(Default)]
struct State {
    open: HashMap<Key, OpenLog>,
    /// Counts the uses, so that the log that was not used for longest can be told.
    uses: u64,
    /// The streams whose logs were removed: a call that began before must not bring them back.
    removed: HashSet<String>,
}

struct OpenLog {
    log: Arc<Log>,
    last_use: u64,
}

struct Log {
    /// Nothing once the stream is deleted.
    partition: RwLock<Option<Partition>>,
    /// Whether the disk failed under it. A log that refuses writes since then must stay open: opened anew it
    /// would not know.
    failed: AtomicBool,
    retained: Retained,
}

/// Remembers where retention begins, so that not every call looks for it.
#[derive(Default)]
pub(super) struct Retained(Mutex<Option<Oldest>>);

#[derive(Clone, Copy)]
struct Oldest {
    horizon_ms: i64,
    offset: i64,
}

impl Retained {
    /// The offset of the oldest message kept, give or take a second.
    pub(super) fn oldest_offset(&self, log: &Partition, horizon_ms: i64) -> Result<i64, LogError> {
        if let Some(oldest) = self.current(horizon_ms) {
            return Ok(oldest.offset.max(log.start_offset()));
        }
        let offset = log
            .offset_at_time(horizon_ms)?
            .unwrap_or_else(|| log.end_offset());
        *lock(&self.0) = Some(Oldest { horizon_ms, offset });
        Ok(offset.max(log.start_offset()))
    }

    fn current(&self, horizon_ms: i64) -> Option<Oldest> {
        lock(&self.0)
            .filter(|oldest| oldest.horizon_ms.abs_diff(horizon_ms) < HORIZON_STEP_MS as u64)
    }
}

/// An error that work on a log can end with.
pub(super) trait LogFailure: From<LogError> {
    /// The stream is deleted.
    fn unknown_stream(stream_id: &str) -> Self;
    /// Whether the disk failed, and not the caller.
    fn is_failure(&self) -> bool;
}

impl LogFailure for ApiError {
    fn unknown_stream(stream_id: &str) -> Self {
        STREAM.unknown(stream_id)
    }

    fn is_failure(&self) -> bool {
        self.status >= 500
    }
}

impl Partitions {
    pub(super) fn new(disk: Arc<dyn Disk>, folder: PathBuf, durability: Durability) -> Self {
        Self {
            disk,
            folder,
            durability,
            state: Mutex::default(),
            listeners: RwLock::default(),
        }
    }

    /// Has a function called after each append, by the thread that appended.
    pub(super) fn listen(&self, listener: Listener) {
        let mut listeners = self
            .listeners
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        listeners.push(listener);
    }

    /// Whether a partition has a log: it is begun when it is first used, so to ask begins none.
    pub(super) fn is_begun(&self, stream_id: &str, partition: u32) -> Result<bool, LogError> {
        let folder = self.log_folder(stream_id, partition);
        self.disk
            .exists(&folder)
            .map_err(LogError::io("look for", &folder))
    }

    fn log_folder(&self, stream_id: &str, partition: u32) -> PathBuf {
        self.folder.join(stream_id).join(partition.to_string())
    }

    /// Reads the log of a partition, beside other readers.
    pub(super) fn with<T, E: LogFailure>(
        &self,
        stream_id: &str,
        partition: u32,
        work: impl FnOnce(&Partition) -> Result<T, E>,
    ) -> Result<T, E> {
        self.read(stream_id, partition, |log, _| work(log))
    }

    /// As [`Partitions::with`], for work that asks where retention begins.
    pub(super) fn read<T, E: LogFailure>(
        &self,
        stream_id: &str,
        partition: u32,
        work: impl FnOnce(&Partition, &Retained) -> Result<T, E>,
    ) -> Result<T, E> {
        let log = self.get::<E>(stream_id, partition)?;
        log.read(stream_id, work)
    }

    /// Appends to the log of a partition, after the messages older than the horizon were let go, and answers
    /// once what was appended is as durable as the engine promises.
    pub(super) fn append<E: LogFailure>(
        &self,
        stream_id: &str,
        partition: u32,
        horizon_ms: i64,
        work: impl FnOnce(&mut Partition) -> Result<Appended, E>,
    ) -> Result<Appended, E> {
        let log = self.get::<E>(stream_id, partition)?;
        let appended = log.change(stream_id, |partition| {
            if log.retained.current(horizon_ms).is_none() {
                partition.trim_before_time(horizon_ms)?;
                log.retained.oldest_offset(partition, horizon_ms)?;
            }
            work(partition)
        })?;
        if self.durability == Durability::Fsync {
            log.read(stream_id, |partition, _| Ok::<_, E>(partition.sync()?))?;
        }
        self.tell(stream_id, partition);
        Ok(appended)
    }

    /// Changes the log of a partition otherwise than by appending.
    pub(super) fn change<T, E: LogFailure>(
        &self,
        stream_id: &str,
        partition: u32,
        work: impl FnOnce(&mut Partition) -> Result<T, E>,
    ) -> Result<T, E> {
        let log = self.get::<E>(stream_id, partition)?;
        let changed = log.change(stream_id, work)?;
        self.tell(stream_id, partition);
        Ok(changed)
    }

    fn tell(&self, stream_id: &str, partition: u32) {
        let listeners = self
            .listeners
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        for listener in listeners.iter() {
            listener(stream_id, partition);
        }
    }

    fn get<E: LogFailure>(&self, stream_id: &str, partition: u32) -> Result<Arc<Log>, E> {
        let mut state = lock(&self.state);
        if state.removed.contains(stream_id) {
            return Err(E::unknown_stream(stream_id));
        }
        state.uses += 1;
        let last_use = state.uses;
        let key = (stream_id.to_owned(), partition);
        if let Some(open) = state.open.get_mut(&key) {
            open.last_use = last_use;
            return Ok(Arc::clone(&open.log));
        }
        state.make_room();
        let folder = self.log_folder(stream_id, partition);
        // Syncs are asked for apart from appends.
        let options = LogOptions {
            durability: Durability::Os,
            ..LogOptions::default()
        };
        let log = Arc::new(Log {
            partition: RwLock::new(Some(Partition::open(
                Arc::clone(&self.disk),
                &folder,
                options,
            )?)),
            failed: AtomicBool::new(false),
            retained: Retained::default(),
        });
        let open = OpenLog {
            log: Arc::clone(&log),
            last_use,
        };
        state.open.insert(key, open);
        Ok(log)
    }

    /// Removes the logs of a stream, once those who use them now are done.
    pub(super) fn remove(&self, stream_id: &str) -> Result<(), ApiError> {
        let mut state = lock(&self.state);
        state.removed.insert(stream_id.to_owned());
        let closed: Vec<(Key, OpenLog)> = state
            .open
            .extract_if(|(id, _), _| id == stream_id)
            .collect();
        drop(state);
        for ((_, partition), open) in closed {
            open.log.close();
            self.tell(stream_id, partition);
        }
        let folder = self.folder.join(stream_id);
        match self.disk.remove_folder(&folder) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(ApiError::internal(format!(
                "the stream {stream_id} is deleted, but its messages could not be removed from {}, which \
                 is tried again at the next start: {error}",
                folder.display()
            ))),
            _ => Ok(()),
        }
    }
}

impl State {
    /// Closes logs that nobody uses, those that were not used for longest first, until one more may open.
    fn make_room(&mut self) {
        while self.open.len() >= MOST_OPEN {
            let idle = self
                .open
                .iter()
                .filter(|(_, open)| open.may_close())
                .min_by_key(|(_, open)| open.last_use)
                .map(|(key, _)| key.clone());
            match idle {
                Some(key) => self.open.remove(&key),
                None => return,
            };
        }
    }
}

impl OpenLog {
    fn may_close(&self) -> bool {
        // Nobody else has it, so nobody can lock it in the meantime.
        Arc::strong_count(&self.log) == 1 && !self.log.failed.load(Ordering::Relaxed)
    }
}

impl Log {
    fn read<T, E: LogFailure>(
        &self,
        stream_id: &str,
        work: impl FnOnce(&Partition, &Retained) -> Result<T, E>,
    ) -> Result<T, E> {
        let partition = self
            .partition
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        let Some(partition) = &*partition else {
            return Err(E::unknown_stream(stream_id));
        };
        self.noting_failure(work(partition, &self.retained))
    }

    fn change<T, E: LogFailure>(
        &self,
        stream_id: &str,
        work: impl FnOnce(&mut Partition) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut partition = self
            .partition
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let Some(partition) = &mut *partition else {
            return Err(E::unknown_stream(stream_id));
        };
        self.noting_failure(work(partition))
    }

    fn noting_failure<T, E: LogFailure>(&self, result: Result<T, E>) -> Result<T, E> {
        if result.as_ref().is_err_and(E::is_failure) {
            self.failed.store(true, Ordering::Relaxed);
        }
        result
    }

    fn close(&self) {
        let mut partition = self
            .partition
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *partition = None;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
