//! The data folder: where things lie in it, and whose turn it is.
//!
//! ```text
//! lock               held by the process that uses the folder
//! server.json        how to reach the server that uses the folder (written by `server`)
//! servers-ended.json which of the last servers ended well
//! tls/               the server's certificate authority (written by `server`)
//! ocelot.db          metadata (SQLite; -wal beside it)
//! measured           what commands measured, until somebody asks for metrics
//! streams/OCID/N/    the log of partition N of a stream
//! loading/           a saved state that is about to take the place of the three above
//! objects/           what connectors wrote into object storage (written by `delivery`)
//! ```

mod takeover;

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::metrics::Backlog;
use crate::disk::{Disk, RealDisk};

pub(super) use takeover::Takeover;

/// How long a command waits for other processes to finish with the folder.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The name of the file with the metadata.
pub(super) const DATABASE: &str = "ocelot.db";

/// The name of the folder with the logs.
pub(super) const STREAMS: &str = "streams";

/// The name of the file with what commands measured.
const MEASURED: &str = "measured";

/// Why a data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It cannot be created, or something in it cannot be opened.
    #[error(
        "cannot use the data folder {path}: {source}; choose another with --data-dir or OCELOT_HOME"
    )]
    Unusable {
        /// The folder, or the file in it.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another process does not let go of it.
    #[error(
        "the data folder {path} has been in use by process {holder} for {seconds} s: stop that process, \
         or choose another folder with --data-dir"
    )]
    Busy {
        /// The folder.
        path: PathBuf,
        /// The process that has it, as far as it is known.
        holder: String,
        /// How long this process waited.
        seconds: u64,
    },
}

/// What changes with every commit: the sizes and times of the files with the metadata. To look at it takes
/// microseconds, and nobody's turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderSign([Option<(u64, SystemTime)>; 2]);

impl FolderSign {
    /// That of a data folder now. Whoever asks the engine afterwards finds all that the sign stands for.
    pub fn of(folder: &Path) -> Self {
        Self(["ocelot.db-wal", DATABASE].map(|name| {
            let metadata = fs::metadata(folder.join(name)).ok()?;
            Some((metadata.len(), metadata.modified().ok()?))
        }))
    }
}

/// Where the objects of a data folder are.
pub(super) fn objects(folder: &Path) -> PathBuf {
    folder.join("objects")
}

/// A data folder that is this process's until the value is dropped.
pub(super) struct Folder {
    path: PathBuf,
    measured: Backlog,
    _lock: File,
}

impl Folder {
    /// Creates the folder if it is missing, and waits for its turn, at most for `patience`. What a process that was
    /// killed had begun to take over is finished, or taken back.
    pub(super) fn lock(path: &Path, patience: Duration) -> Result<Self, FolderError> {
        create_durably(path).map_err(unusable(path))?;
        let lock_path = path.join("lock");
        let mut lock = private_file(&lock_path).map_err(unusable(&lock_path))?;
        take_turn(path, &mut lock, patience)?;
        takeover::settle(path).map_err(unusable(path))?;
        Ok(Self {
            path: path.to_owned(),
            measured: Backlog::at(path.join(MEASURED)),
            _lock: lock,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The database file, created so that only its owner can read it.
    pub(super) fn database(&self) -> Result<PathBuf, FolderError> {
        let path = self.path.join(DATABASE);
        private_file(&path).map_err(unusable(&path))?;
        Ok(path)
    }

    /// The folder of the logs.
    pub(super) fn streams(&self) -> PathBuf {
        self.path.join(STREAMS)
    }

    /// What commands measured, until somebody asks for it.
    pub(super) fn measured(&self) -> &Backlog {
        &self.measured
    }

    /// Removes what connectors wrote into object storage.
    pub(super) fn remove_objects(&self) -> Result<(), FolderError> {
        let path = objects(&self.path);
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(unusable(&path)(error)),
            _ => Ok(()),
        }
    }
}

/// Waits for the lock in short steps: the system's own waiting has no end.
fn take_turn(folder: &Path, lock: &mut File, patience: Duration) -> Result<(), FolderError> {
    let begun = Instant::now();
    let mut pause = Duration::from_micros(200);
    loop {
        match lock.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) if begun.elapsed() < patience => {
                thread::sleep(pause);
                pause = (pause * 2).min(Duration::from_millis(5));
            }
            Err(TryLockError::WouldBlock) => {
                return Err(FolderError::Busy {
                    path: folder.to_owned(),
                    holder: holder(lock),
                    seconds: patience.as_secs(),
                });
            }
            Err(TryLockError::Error(error)) => return Err(unusable(folder)(error)),
        }
    }
    note_holder(lock).map_err(unusable(folder))
}

/// Leaves this process's number in the lock file, for those who wait too long.
fn note_holder(lock: &mut File) -> io::Result<()> {
    lock.rewind()?;
    write!(lock, "{:<10}", std::process::id())
}

fn holder(lock: &mut File) -> String {
    let mut text = String::new();
    let read = lock.rewind().and_then(|()| lock.read_to_string(&mut text));
    match (read, text.trim()) {
        (Ok(_), number) if !number.is_empty() => number.to_owned(),
        _ => "unknown".to_owned(),
    }
}

/// Creates the folder, and those above it, so that their names survive a power cut.
fn create_durably(path: &Path) -> io::Result<()> {
    let path = std::path::absolute(path)?;
    let is_new = |folder: &&Path| !folder.exists();
    let created: Vec<&Path> = path.ancestors().take_while(is_new).collect();
    create_private(&path)?;
    let mut parents = created.iter().filter_map(|folder| folder.parent());
    parents.try_for_each(|parent| RealDisk.sync_folder(parent))
}

fn create_private(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

pub(super) fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

pub(super) fn unusable(path: &Path) -> impl FnOnce(io::Error) -> FolderError {
    let path = path.to_owned();
    move |source| FolderError::Unusable { path, source }
}
