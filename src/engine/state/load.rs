//! Taking a saved state over into a data folder.
//!
//! The file is looked through, unpacked and checked beside what is there, in `loading/`; only then does it take its
//! place. The database goes first and comes last: a folder in which that stops half-way has none, and can be loaded again.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use super::super::folder::MEASURED;
use super::archive::{self, DATABASE, Manifest, STREAMS};
use super::{StateError, check, place, remove_if_there};
use crate::disk::{Disk, RealDisk};
use crate::engine::EngineError;
use crate::engine::folder::Folder;

/// Where the state is checked.
const LOADING: &str = "loading";

/// What lies beside a database.
const OF_DATABASE: [&str; 3] = ["ocelot.db-wal", "ocelot.db-shm", MEASURED];

/// How long to wait for other commands on the folder. A server does not let go of it.
const PATIENCE: Duration = Duration::from_secs(3);

/// Puts the state in `file` in the place of what `folder` holds, which must be nothing unless `force` says otherwise.
pub fn load(folder: &Path, file: &Path, force: bool) -> Result<Value, EngineError> {
    let locked = Folder::lock(folder, PATIENCE)?;
    if locked.path().join(DATABASE).exists() && !force {
        return Err(StateError::NotEmpty(folder.to_owned()).into());
    }
    let loading = locked.path().join(LOADING);
    remove_folder(&loading)?;
    fs::create_dir(&loading).map_err(StateError::io("create", &loading))?;
    let taken = take(file, locked.path(), &loading);
    let removed = remove_folder(&loading);
    let manifest = taken?;
    removed?;
    Ok(json!({
        "data-dir": folder.display().to_string(),
        "file": file.display().to_string(),
        "version": manifest.version,
        "program": manifest.program,
        "time-saved": manifest.time_saved,
    }))
}

/// Unpacks and checks a file in `loading`, and takes over what is in it.
fn take(file: &Path, folder: &Path, loading: &Path) -> Result<Manifest, StateError> {
    let contents = archive::survey(file)?;
    // The database is there twice while it is tried.
    let bytes = contents.bytes.saturating_add(contents.database_bytes);
    if let Some(room) = place::room(folder).filter(|room| *room < bytes) {
        return Err(StateError::NoRoom {
            path: file.to_owned(),
            bytes,
            folder: folder.to_owned(),
            room,
        });
    }
    archive::unpack(file, &contents, loading)?;
    check::check(file, loading)?;
    take_over(folder, loading)?;
    Ok(contents.manifest)
}

fn take_over(folder: &Path, loading: &Path) -> Result<(), StateError> {
    remove_if_there(&folder.join(DATABASE))?;
    for name in OF_DATABASE {
        remove_if_there(&folder.join(name))?;
    }
    remove_folder(&folder.join(STREAMS))?;
    for name in [STREAMS].into_iter().chain(OF_DATABASE).chain([DATABASE]) {
        let path = folder.join(name);
        match fs::rename(loading.join(name), &path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            moved => moved.map_err(StateError::io("write", &path))?,
        }
    }
    RealDisk
        .sync_folder(folder)
        .map_err(StateError::io("write", folder))
}

fn remove_folder(folder: &Path) -> Result<(), StateError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(StateError::io("remove", folder)(error))
        }
        _ => Ok(()),
    }
}
