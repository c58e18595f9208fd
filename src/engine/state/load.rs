//! Taking a saved state over into a data folder: the file is looked through, unpacked and checked beside what is there;
//! only then does it take its place.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use super::archive::{self, Manifest};
use super::{Saved, StateError, check, place};
use crate::engine::EngineError;
use crate::engine::folder::{DATABASE, Folder, Takeover};

/// How long to wait for other commands on the folder. A server does not let go of it.
const PATIENCE: Duration = Duration::from_secs(3);

/// Puts a saved state in the place of what `folder` holds, which must be nothing unless `force` says otherwise. If the
/// process is killed meanwhile, the folder holds the one or the other.
pub fn load(folder: &Path, saved: &Saved, force: bool) -> Result<Value, EngineError> {
    let locked = Folder::lock(folder, PATIENCE)?;
    if locked.path().join(DATABASE).exists() && !force {
        return Err(StateError::NotEmpty(folder.to_owned()).into());
    }
    let takeover = Takeover::begin(&locked)?;
    let manifest = match prepare(saved, takeover.files()) {
        Ok(manifest) => manifest,
        Err(error) => {
            takeover.give_up();
            return Err(error.into());
        }
    };
    takeover.complete()?;
    Ok(json!({
        "data-dir": folder.display().to_string(),
        "file": saved.path().display().to_string(),
        "version": manifest.version,
        "program": manifest.program,
        "time-saved": manifest.time_saved,
    }))
}

/// Unpacks and checks a file.
fn prepare(saved: &Saved, loading: &Path) -> Result<Manifest, StateError> {
    let contents = archive::survey(saved)?;
    // The database is there twice while it is tried.
    let bytes = contents.bytes.saturating_add(contents.database_bytes);
    if let Some(room) = place::room(loading).filter(|room| *room < bytes) {
        return Err(StateError::NoRoom {
            path: saved.path().to_owned(),
            bytes,
            folder: loading.to_owned(),
            room,
        });
    }
    archive::unpack(saved, &contents, loading)?;
    check::check(saved.path(), &contents.manifest, loading)?;
    Ok(contents.manifest)
}
