//! The folder of a run: the engine's data, the config file and the key.
//!
//! ```text
//! owner          locked while the run or its keeper lives
//! data/          the data folder
//! config         a profile
//! key.pem        the key that it signs with
//! oci_cli_rc     the compartment of commands that name none, and nothing of the user's own
//! ```

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use uuid::Uuid;

use super::tell_left;
use crate::call::LOCAL_TENANCY;
use crate::cli::error::CliError;
use crate::profile::write_private;

/// What the names of such folders begin with.
const PREFIX: &str = "ocelot-run-";

/// A folder that nobody has locked is of a run that has ended, unless it has been there for less: then it may be
/// of one that begins.
const BEGINNING: Duration = Duration::from_secs(60);

/// The folder of a run, which is removed when the value is dropped, if it is there.
pub(super) struct RunFolder {
    path: PathBuf,
}

/// Who has a run's folder. The lock is shared with the keeper: it is free when both are gone.
pub(super) struct Owner {
    _lock: File,
}

impl RunFolder {
    /// The name of one for this process, which is not made yet: who removes it has to know it first.
    pub(super) fn named() -> Self {
        let name = format!("{PREFIX}{}", Uuid::new_v4().simple());
        Self {
            path: std::env::temp_dir().join(name),
        }
    }

    /// Makes it.
    pub(super) fn make(&self) -> Result<Owner, CliError> {
        let made = DirBuilder::new().mode(0o700).create(&self.path);
        made.map_err(|error| self.not_made(&error))?;
        let path = self.path.join("owner");
        let failed = || CliError::io(format!("create {}", path.display()));
        let lock = File::create_new(&path).map_err(failed())?;
        lock.lock_shared().map_err(failed())?;
        let rc = format!("[DEFAULT]\ncompartment-id = {LOCAL_TENANCY}\n");
        write_private(&self.rc(), &rc)?;
        Ok(Owner { _lock: lock })
    }

    /// Says what decides where the folder is made.
    fn not_made(&self, error: &io::Error) -> CliError {
        let cure = "set TMPDIR to a folder that exists and that you may write to";
        let cure = match std::env::var_os("TMPDIR") {
            Some(_) => format!("TMPDIR names the place: {cure}"),
            None => cure.to_owned(),
        };
        let failed = CliError::io(format!("create {}", self.path.display()));
        failed(io::Error::new(error.kind(), format!("{error}; {cure}")))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn data(&self) -> PathBuf {
        data(&self.path)
    }

    pub(super) fn config(&self) -> PathBuf {
        self.path.join("config")
    }

    pub(super) fn key(&self) -> PathBuf {
        self.path.join("key.pem")
    }

    pub(super) fn rc(&self) -> PathBuf {
        self.path.join("oci_cli_rc")
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        remove(&self.path);
    }
}

/// The data folder in a run's folder.
pub(super) fn data(folder: &Path) -> PathBuf {
    folder.join("data")
}

/// Removes a run's folder; that it is gone already is as well.
pub(super) fn remove(path: &Path) {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => tell_left(path, &error),
        _ => {}
    }
}

/// Removes what runs left behind that were killed together with their keepers.
pub(super) fn sweep() {
    let entries = fs::read_dir(std::env::temp_dir()).into_iter().flatten();
    for entry in entries.flatten() {
        let is_of_a_run = entry
            .file_name()
            .as_encoded_bytes()
            .starts_with(PREFIX.as_bytes());
        // Someone else's run has failed to tidy up: it is theirs to sweep.
        let is_own = |metadata: &fs::Metadata| {
            metadata.is_dir() && metadata.uid() == rustix::process::geteuid().as_raw()
        };
        if is_of_a_run && entry.metadata().is_ok_and(|metadata| is_own(&metadata)) {
            remove_if_left(&entry.path());
        }
    }
}

fn remove_if_left(path: &Path) {
    let is_new = fs::metadata(path)
        .and_then(|metadata| metadata.modified())
        .map(|modified| modified.elapsed().unwrap_or_default() < BEGINNING)
        .unwrap_or(true);
    // The lock is held while its folder goes, so that two sweepers do not meet in it.
    let lock = File::open(path.join("owner")).map(|owner| owner.try_lock().map(|()| owner));
    match lock {
        Ok(Ok(_owner)) if !is_new => remove(path),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound && !is_new => remove(path),
        Err(_) => {}
    }
}
