//! What engines measured that lived for a command, on its way to the series: lines of a file in the data folder.
//!
//! To put a message touches no table, and must not have to for being counted: a change of the database would make
//! the command slower by a third. A line is appended in microseconds; whoever asks for metrics next, or the server,
//! brings the lines into the series and takes the file away.
//!
//! The first line is a name that no other such file has. The database remembers the name of the last file whose lines
//! it took, so that they count once even if the process is killed before the file is gone. Lines that cannot be read,
//! as of a killed process, count as nothing. A server appends, too, when much was measured at once: whoever brings
//! lines into the series keeps it waiting until the file is gone, or it would be gone with lines that nobody has read.

use std::fs;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use uuid::Uuid;

use super::super::folder::{FolderError, private_file, unusable};
use crate::store::Measurement;

/// The file of a data folder.
pub(in crate::engine) struct Backlog {
    path: PathBuf,
    turn: Mutex<()>,
}

/// What a file held.
pub(super) struct Waiting {
    /// The name that the file has for itself.
    pub name: String,
    pub measurements: Vec<Measurement>,
}

impl Backlog {
    /// The file at this path, which need not be there.
    pub(in crate::engine) fn at(path: PathBuf) -> Self {
        Self {
            path,
            turn: Mutex::new(()),
        }
    }

    /// Adds measurements, and tells how many bytes the file has now.
    pub(super) fn append(&self, measurements: &[Measurement]) -> Result<u64, FolderError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let appended = || {
            let mut file = private_file(&self.path)?;
            let mut line = match file.seek(SeekFrom::End(0))? {
                0 => format!("{}\n", Uuid::new_v4()).into_bytes(),
                _ => Vec::new(),
            };
            serde_json::to_writer(&mut line, measurements)?;
            line.push(b'\n');
            file.write_all(&line)?;
            file.stream_position()
        };
        appended().map_err(unusable(&self.path))
    }

    /// Hands out what waits, if anything does, and takes the file away when it was taken.
    pub(super) fn hand_over<E: From<FolderError>>(
        &self,
        take: impl FnOnce(Option<Waiting>) -> Result<(), E>,
    ) -> Result<(), E> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        take(self.read()?)?;
        Ok(self.remove()?)
    }

    fn read(&self) -> Result<Option<Waiting>, FolderError> {
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unusable(&self.path)(error)),
        };
        let mut lines = bytes.split(|byte| *byte == b'\n');
        let name = lines.next().unwrap_or_default();
        let readable = lines.filter_map(|line| serde_json::from_slice(line).ok());
        let measurements: Vec<Vec<Measurement>> = readable.collect();
        Ok(Some(Waiting {
            name: String::from_utf8_lossy(name).into_owned(),
            measurements: measurements.into_iter().flatten().collect(),
        }))
    }

    /// Forgets what waits.
    pub(in crate::engine) fn clear(&self) -> Result<(), FolderError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.remove()
    }

    fn remove(&self) -> Result<(), FolderError> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(unusable(&self.path)(error))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    use super::*;
    use crate::store::{Bucket, Stamped};

    fn measurement() -> Measurement {
        let point = Stamped {
            at_ms: 0,
            value: 1.0,
        };
        Measurement {
            resource_id: "ocid1.stream.oc1..x".to_owned(),
            owner: None,
            namespace: "oci_streaming".to_owned(),
            name: "PutMessages".to_owned(),
            unit: "count".to_owned(),
            dimensions: BTreeMap::new(),
            bucket: Bucket::of(point, 1),
            gauge: None,
        }
    }

    #[test]
    fn nothing_is_lost_or_taken_twice_while_others_append() {
        let folder = tempfile::tempdir().unwrap();
        let backlog = Backlog::at(folder.path().join("measured"));
        let is_over = AtomicBool::new(false);
        let take = || {
            let mut taken = 0;
            let handed = backlog.hand_over(|waiting| {
                taken = waiting.map_or(0, |waiting| waiting.measurements.len());
                Ok::<_, FolderError>(())
            });
            handed.unwrap();
            taken
        };
        let taken: usize = thread::scope(|scope| {
            let takers = [0; 2].map(|_| {
                scope.spawn(|| {
                    let mut taken = 0;
                    while !is_over.load(Ordering::Relaxed) {
                        taken += take();
                    }
                    taken
                })
            });
            let appenders = [0; 4].map(|_| {
                scope.spawn(|| {
                    for _ in 0..500 {
                        backlog.append(&[measurement()]).unwrap();
                    }
                })
            });
            for appender in appenders {
                appender.join().unwrap();
            }
            is_over.store(true, Ordering::Relaxed);
            takers.map(|taker| taker.join().unwrap()).iter().sum()
        });
        assert_eq!(taken + take(), 2000);
    }
}
