//! The open logs of partitions. Only so many are open at a time, whatever is used.

use std::collections::{HashMap, HashSet};
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::streams::{STREAM, Stream};
use crate::call::ApiError;
use crate::disk::Disk;
use crate::log::{Durability, LogOptions, Partition};

/// How many logs are open at most, but for those in use: each holds two files or three, and a process has
/// no more than 256 on some systems.
const MOST_OPEN: usize = 80;

/// A stream's OCID, and the number of a partition.
type Key = (String, u32);

/// A log that is shared by those who use it now.
type SharedLog = Arc<Mutex<Log>>;

/// Opens logs when they are needed, and keeps them open for a while.
pub(super) struct Partitions {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    options: LogOptions,
    state: Mutex<State>,
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
    log: SharedLog,
    last_use: u64,
}

struct Log {
    /// Nothing once the stream is deleted.
    partition: Option<Partition>,
    /// Whether the disk failed under it. A log that refuses writes since then must stay open: opened anew it
    /// would not know.
    failed: bool,
}

impl Partitions {
    pub(super) fn new(disk: Arc<dyn Disk>, folder: PathBuf, durability: Durability) -> Self {
        Self {
            disk,
            folder,
            options: LogOptions {
                durability,
                ..LogOptions::default()
            },
            state: Mutex::default(),
        }
    }

    /// Does something with the log of a partition, alone.
    pub(super) fn with<T>(
        &self,
        stream: &Stream,
        partition: u32,
        work: impl FnOnce(&mut Partition) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let log = self.get(&stream.id, partition)?;
        let mut log = lock(&log);
        let Some(partition) = &mut log.partition else {
            return Err(STREAM.unknown(&stream.id));
        };
        let result = work(partition);
        log.failed |= result.as_ref().is_err_and(|error| error.status >= 500);
        result
    }

    fn get(&self, stream_id: &str, partition: u32) -> Result<SharedLog, ApiError> {
        let mut state = lock(&self.state);
        if state.removed.contains(stream_id) {
            return Err(STREAM.unknown(stream_id));
        }
        state.uses += 1;
        let last_use = state.uses;
        let key = (stream_id.to_owned(), partition);
        if let Some(open) = state.open.get_mut(&key) {
            open.last_use = last_use;
            return Ok(Arc::clone(&open.log));
        }
        state.make_room();
        let folder = self.folder.join(stream_id).join(partition.to_string());
        let log = Partition::open(Arc::clone(&self.disk), &folder, self.options)?;
        let log = Arc::new(Mutex::new(Log {
            partition: Some(log),
            failed: false,
        }));
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
        let closed = state.open.extract_if(|(id, _), _| id == stream_id);
        let closed: Vec<OpenLog> = closed.map(|(_, open)| open).collect();
        drop(state);
        for open in closed {
            lock(&open.log).partition = None;
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
        Arc::strong_count(&self.log) == 1 && !lock(&self.log).failed
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
