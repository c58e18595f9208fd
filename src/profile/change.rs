//! Changing a file of the user's: whole or not at all, for the user alone to read, with what it was kept.
//!
//! A new file is written beside the old one and renamed, so that nobody ever reads half of it. What the
//! file was is kept in a backup, which no later change overwrites. Processes that change files of the same
//! folder at once take turns.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::error::ProfileError;
use super::file::read_text;

/// A turn at changing a file, which others wait for the end of.
pub(super) struct Change {
    path: PathBuf,
    folder: PathBuf,
    _turn: Option<File>,
}

impl Change {
    /// Waits for the turn, and creates the file's folder if it is not there. Of a link the file that it leads
    /// to is changed, not the link.
    pub(super) fn begin(path: &Path) -> Result<Self, ProfileError> {
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let folder = folder.to_owned();
        create_private_folder(&folder)?;
        Ok(Self {
            _turn: lock(&folder),
            path,
            folder,
        })
    }

    /// The file that is changed.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The text of the file; `None` if it is not there.
    pub(super) fn read(&self) -> Result<Option<String>, ProfileError> {
        read_text(&self.path)
    }

    /// Keeps the text in `config.backup`, or `config.backup-2` and so on where there are earlier ones.
    pub(super) fn back_up(&self, text: &str) -> Result<PathBuf, ProfileError> {
        let mut number = 1u32;
        loop {
            let suffix = match number {
                1 => ".backup".to_owned(),
                _ => format!(".backup-{number}"),
            };
            let backup = with_suffix(&self.path, &suffix);
            match create(&backup, text) {
                Ok(()) => return Ok(backup),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(unwritable(&backup)(error)),
            }
        }
    }

    /// Puts a new text in the place of the file.
    pub(super) fn replace(&self, text: &str) -> Result<(), ProfileError> {
        self.put_in_place(text).map_err(unwritable(&self.path))
    }

    fn put_in_place(&self, text: &str) -> io::Result<()> {
        let new = with_suffix(&self.path, &format!(".new-{}", std::process::id()));
        // One may be left of a process that was killed.
        match fs::remove_file(&new) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let renamed = create(&new, text).and_then(|()| fs::rename(&new, &self.path));
        if renamed.is_err() {
            // The failure itself matters more than one to tidy up after it.
            drop(fs::remove_file(&new));
        }
        renamed?;
        #[cfg(unix)]
        File::open(&self.folder)?.sync_all()?;
        #[cfg(not(unix))]
        let _ = &self.folder;
        Ok(())
    }
}

/// Writes a file in one step, for the user alone to read, in the place of what is there.
pub fn write_private(path: &Path, text: &str) -> Result<(), ProfileError> {
    Change::begin(path)?.replace(text)
}

/// Creates a folder for the user alone, and those above it, if it is not there.
pub fn create_private_folder(folder: &Path) -> Result<(), ProfileError> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    let created = builder.recursive(true).create(folder);
    created.map_err(unwritable(folder))
}

fn unwritable(path: &Path) -> impl FnOnce(io::Error) -> ProfileError {
    move |error| ProfileError::Unwritable {
        path: path.to_owned(),
        reason: error.to_string(),
    }
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(0o600)
}

#[cfg(not(unix))]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

/// Creates a file that was not there, for the user alone.
fn create(path: &Path, text: &str) -> io::Result<()> {
    let mut file = private(OpenOptions::new().write(true).create_new(true)).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Waits for the turn to change files of the folder; where that cannot be done, goes on without.
fn lock(folder: &Path) -> Option<File> {
    let folder = File::open(folder).ok()?;
    folder.lock().ok()?;
    Some(folder)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
