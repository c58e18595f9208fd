//! The open logs, one for each partition that was used.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::call::ApiError;
use crate::disk::Disk;
use crate::log::{Durability, LogOptions, Partition};

use super::streams::Stream;

/// Opens logs when they are first needed, and keeps them open.
pub(super) struct Partitions {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    options: LogOptions,
    open: Mutex<HashMap<(String, u32), Arc<Mutex<Partition>>>>,
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
            open: Mutex::default(),
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
        let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
        work(&mut log)
    }

    fn get(&self, stream_id: &str, partition: u32) -> Result<Arc<Mutex<Partition>>, ApiError> {
        let mut open = self.all_open();
        let key = (stream_id.to_owned(), partition);
        if let Some(log) = open.get(&key) {
            return Ok(Arc::clone(log));
        }
        let folder = self.folder.join(stream_id).join(partition.to_string());
        let log = Partition::open(Arc::clone(&self.disk), &folder, self.options.clone())?;
        let log = Arc::new(Mutex::new(log));
        open.insert(key, Arc::clone(&log));
        Ok(log)
    }

    fn all_open(&self) -> MutexGuard<'_, HashMap<(String, u32), Arc<Mutex<Partition>>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes the logs of a stream.
    pub(super) fn remove(&self, stream_id: &str) -> Result<(), ApiError> {
        self.all_open().retain(|(open, _), _| open != stream_id);
        let folder = self.folder.join(stream_id);
        let exists = self.disk.exists(&folder);
        match exists.and_then(|exists| {
            if exists {
                self.disk.remove_folder(&folder)
            } else {
                Ok(())
            }
        }) {
            Ok(()) => Ok(()),
            Err(error) => Err(ApiError::internal(format!(
                "the messages of {stream_id} could not be removed from {}: {error}",
                folder.display()
            ))),
        }
    }
}
