//! Where a saved state may be written, and how much room there is.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::StateError;

/// The file that a state for `file` is written to: itself, or what a link of this name leads to. What lies in the data
/// folder is refused, and what is there and no ordinary file.
pub(super) fn of_saved(file: &Path, data: &Path) -> Result<PathBuf, StateError> {
    let failed = |error| StateError::io("write", file)(error);
    let target = match fs::symlink_metadata(file) {
        Ok(_) => fs::canonicalize(file).map_err(failed)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => beside_its_parent(file)?,
        Err(error) => return Err(failed(error)),
    };
    if target.starts_with(fs::canonicalize(data).map_err(failed)?) {
        return Err(StateError::InDataFolder(file.to_owned()));
    }
    match fs::metadata(&target) {
        Ok(metadata) if !metadata.is_file() => Err(StateError::NoOrdinaryFile(file.to_owned())),
        _ => Ok(target),
    }
}

/// A file that is not there yet, in a folder that is.
fn beside_its_parent(file: &Path) -> Result<PathBuf, StateError> {
    let (Some(parent), Some(name)) = (file.parent(), file.file_name()) else {
        return Err(StateError::NoOrdinaryFile(file.to_owned()));
    };
    let parent = fs::canonicalize(parent).map_err(StateError::io("write", file))?;
    Ok(parent.join(name))
}

/// How much may be written into a folder, in bytes, so that its disk does not fill up: what is free but for a
/// twentieth. `None` where the system does not tell.
pub(super) fn room(folder: &Path) -> Option<u64> {
    #[cfg(unix)]
    {
        let disk = rustix::fs::statvfs(folder).ok()?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        Some(free - free / 20)
    }
    #[cfg(not(unix))]
    {
        let _ = folder;
        None
    }
}
