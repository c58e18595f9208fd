//! Why the server cannot serve.

use std::io;
use std::path::{Path, PathBuf};

use super::auth::BindError;
use super::tls::TlsError;
use crate::engine::{EngineError, Home};

/// Why the server cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The data folder cannot be used.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Another server has the data folder.
    #[error(
        "the data folder {} is served already, by process {pid} at {http}: stop that server, or choose another \
         folder with --data-dir",
        folder(home)
    )]
    Served {
        /// The folder.
        home: Home,
        /// The other server's process.
        pid: u32,
        /// Where it serves.
        http: String,
    },
    /// An address cannot be listened on.
    #[error("cannot listen on {address} for {face}: {source}; choose another with --{face}")]
    Bind {
        /// The protocol, which is also the option's name.
        face: &'static str,
        /// The address as it was given.
        address: String,
        /// What the system said.
        source: io::Error,
    },
    /// Other machines could do everything.
    #[error(transparent)]
    Exposed(#[from] BindError),
    /// There are no certificates.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A file that tells others of the server cannot be written or removed.
    #[error("cannot keep {what} {path}: {source}")]
    File {
        /// What the file is for.
        what: &'static str,
        /// The file, or the folder it is in.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The threads, signals or sockets of the process cannot be used.
    #[error("cannot start the server: {0}")]
    Runtime(io::Error),
}

impl ServeError {
    pub(super) fn record(folder: &Path) -> impl FnOnce(io::Error) -> Self {
        Self::file("the server's record in", folder)
    }

    pub(super) fn ready_file(file: &Path) -> impl FnOnce(io::Error) -> Self {
        Self::file("the ready file", file)
    }

    fn file(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { what, path, source }
    }
}

fn folder(home: &Home) -> String {
    match home {
        Home::Folder(path) => path.display().to_string(),
        Home::Memory => "in memory".to_owned(),
    }
}
