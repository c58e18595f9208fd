//! Everything that an engine keeps, in one file that another machine can take over.
//!
//! The file is a tar archive, compressed with zstd. In it stand, in this order:
//!
//! ```text
//! manifest.json      the version of this format, who wrote it, when
//! ocelot.db          the metadata, as one SQLite database
//! streams/OCID/N/    the log of partition N of a stream
//! ```
//!
//! The version changes when an older program could not read the file. What the database and the logs look like is told
//! by their own formats: an older database is migrated as in a data folder, a newer one refused. Nobody must trust such
//! a file: names, kinds and sizes of entries are checked before anything is written, the database must have the very
//! schema that this program makes, and the engine must be able to read its rows ([`archive`], [`check`]).

mod archive;
mod check;
mod load;
mod place;
mod saved;
mod shown;
mod summary;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Engine, EngineError};
use crate::clock::Clock as _;
use crate::clock::rfc3339;
use crate::store::StoreError;
use archive::Manifest;
pub use load::load;
pub use saved::Saved;

/// The version of the file that this program writes, and the newest that it reads.
pub const VERSION: u32 = 1;

/// A copy of the database on its way into a file.
const COPY: &str = "saving.db";

/// Why a state cannot be saved or loaded.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// There is nothing on disk to save or to load into.
    #[error("an engine in memory has no state to save: leave --memory out")]
    Memory,
    /// The folder has a state already.
    #[error("{} holds data already: give --force to replace all of it, or --data-dir for another folder", .0.display())]
    NotEmpty(PathBuf),
    /// A file or folder failed.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A saved state would lie among what the engine keeps.
    #[error(
        "{} lies in the data folder, whose files are the engine's own: give a file elsewhere",
        .0.display()
    )]
    InDataFolder(PathBuf),
    /// A saved state would take the place of a device, a folder or the like.
    #[error("{} is no ordinary file: give another", .0.display())]
    NoOrdinaryFile(PathBuf),
    /// A saved state is to come from standard input, where somebody types.
    #[error("standard input is a terminal: give a file, or lead one in")]
    Typed,
    /// What is read from a pipe needs more room than there is.
    #[error(
        "{} holds more than the {room} bytes that {} has room for: give a file, or another folder with TMPDIR",
        path.display(),
        folder.display()
    )]
    NoRoomToKeep {
        /// What was read.
        path: PathBuf,
        /// Where it was to be kept.
        folder: PathBuf,
        /// What its disk has room for, in bytes.
        room: u64,
    },
    /// What is in the file needs more room than there is.
    #[error(
        "{} holds {bytes} bytes, and {} has room for {room}: make room, or choose another folder with --data-dir",
        path.display(),
        folder.display()
    )]
    NoRoom {
        /// The file.
        path: PathBuf,
        /// What its content takes.
        bytes: u64,
        /// The data folder.
        folder: PathBuf,
        /// What its disk has room for, in bytes.
        room: u64,
    },
    /// The file is not one of ours.
    #[error("{} is no saved state: {reason}", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A later version of this program wrote it.
    #[error("{} was written by a newer ocelot (version {found} of the file; this one knows {VERSION}): update ocelot", path.display())]
    TooNew {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl StateError {
    fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }

    fn foreign(path: &Path, reason: impl ToString) -> Self {
        Self::Foreign {
            path: path.to_owned(),
            reason: reason.to_string(),
        }
    }
}

impl Engine {
    /// Writes everything into a file, in the place of what is there. No change of the metadata comes in between;
    /// messages that are put meanwhile may or may not be in it.
    pub(super) fn save_state(&self, file: &Path) -> Result<Value, EngineError> {
        let folder = self.folder.as_ref().ok_or(StateError::Memory)?;
        let target = place::of_saved(file, folder.path())?;
        let copy = folder.path().join(COPY);
        remove_if_there(&copy)?;
        self.store_metrics()?;
        let manifest = Manifest {
            version: VERSION,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            time_saved: rfc3339(self.clock.now_ms()),
            logs: archive::logs(&folder.streams())?,
        };
        let written = self.store.copy_to(&copy, || {
            archive::write(&target, &manifest, &copy, &folder.streams())
        });
        let removed = remove_if_there(&copy);
        let bytes = written?;
        removed?;
        Ok(json!({
            "file": file.display().to_string(),
            "bytes": bytes,
            "version": manifest.version,
            "time-saved": manifest.time_saved,
        }))
    }
}

fn remove_if_there(file: &Path) -> Result<(), StateError> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(StateError::io("remove", file)(error))
        }
        _ => Ok(()),
    }
}
