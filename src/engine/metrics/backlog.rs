//! What engines measured that lived for a command, on its way to the series: lines of a file in the data folder.
//!
//! To put a message touches no table, and must not have to for being counted: a change of the database would make
//! the command slower by a fifth. A line is appended in microseconds; whoever asks for metrics next, or the server,
//! brings the lines into the series and takes the file away.
//!
//! The first line is a name that no other such file has. The database remembers the name of the last file whose lines
//! it took, so that they count once even if the process is killed before the file is gone. Lines that cannot be read,
//! as of a killed process, count as nothing.

use std::fs;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::PathBuf;

use uuid::Uuid;

use super::super::folder::{FolderError, private_file, unusable};
use crate::store::Measurement;

/// The file of a data folder.
pub(in crate::engine) struct Backlog {
    path: PathBuf,
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
        Self { path }
    }

    /// Adds measurements, and tells how many bytes the file has now.
    pub(super) fn append(&self, measurements: &[Measurement]) -> Result<u64, FolderError> {
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

    /// What waits, if anything does.
    pub(super) fn read(&self) -> Result<Option<Waiting>, FolderError> {
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

    /// Takes the file away.
    pub(in crate::engine) fn remove(&self) -> Result<(), FolderError> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(unusable(&self.path)(error))
            }
            _ => Ok(()),
        }
    }
}
