//! Whether a program can use what a saved state holds: its database is opened as an engine's in a folder of its own,
//! and all that commands and services read when they start is read. All logs are read.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::StateError;
use super::archive::{self, Manifest};
use crate::disk::RealDisk;
use crate::engine::access::AccessRequest;
use crate::engine::delivery::functions::FunctionRequest;
use crate::engine::delivery::inbox::InboxRequest;
use crate::engine::fault::FaultRequest;
use crate::engine::folder::{DATABASE, STREAMS};
use crate::engine::sch::FollowRequest;
use crate::engine::streaming::STREAM;
use crate::engine::{AuditRequest, Engine, EngineError, EngineOptions, Home, LocalRequest};
use crate::log::{Durability, LogError, LogOptions, Partition};
use crate::store::{Store, StoreError};

/// Where a copy of the database is tried, in the folder of what was unpacked.
const TRIED: &str = "tried";

/// How much a database is read of what only grows.
const MOST_ROWS: usize = 100_000;

/// Tries a copy of the database in `loading`, so that the original stays as it was saved, and reads the logs.
pub(super) fn check(file: &Path, manifest: &Manifest, loading: &Path) -> Result<(), StateError> {
    let database = loading.join(DATABASE);
    if !database.exists() {
        return Err(StateError::foreign(file, "there is no database in it"));
    }
    let folder = loading.join(TRIED);
    let copy = folder.join(DATABASE);
    fs::create_dir(&folder).map_err(StateError::io("create", &folder))?;
    fs::copy(&database, &copy).map_err(StateError::io("write", &copy))?;
    check_database(file, &copy)?;
    let tried = Engine::open(&Home::Folder(folder.clone()), EngineOptions::default());
    let read = tried.and_then(|engine| {
        read_everything(&engine)?;
        Ok(engine.store.read(|session| session.resource_keys())?)
    });
    let keys = read.map_err(|error| StateError::foreign(file, error))?;
    fs::remove_dir_all(&folder).map_err(StateError::io("remove", &folder))?;
    let of_kind = keys.into_iter().filter(|key| key.kind == STREAM.ocid_type);
    let streams = of_kind.map(|key| key.id).collect();
    check_logs(file, manifest, &streams, &loading.join(STREAMS))
}

/// Reads the logs in `folder`, and removes those of deleted streams. Those that were saved must be there.
fn check_logs(
    file: &Path,
    manifest: &Manifest,
    streams: &BTreeSet<String>,
    folder: &Path,
) -> Result<(), StateError> {
    let unpacked = archive::logs(folder)?;
    for (stream, partitions) in &unpacked {
        if !streams.contains(stream) {
            let path = folder.join(stream);
            fs::remove_dir_all(&path).map_err(StateError::io("remove", &path))?;
            continue;
        }
        for partition in partitions {
            let path = folder.join(stream).join(partition.to_string());
            let log = Partition::open(Arc::new(RealDisk), &path, LogOptions::default());
            let checked = log.and_then(|log| log.check());
            checked.map_err(|error| StateError::foreign(file, told(&error, folder)))?;
        }
    }
    for (stream, partitions) in &manifest.logs {
        let found = unpacked.get(stream).map_or(&[][..], Vec::as_slice);
        let missing = partitions.iter().find(|number| !found.contains(number));
        if let Some(number) = missing.filter(|_| streams.contains(stream)) {
            let reason = format!("the messages of partition {number} of {stream} are missing");
            return Err(StateError::foreign(file, reason));
        }
    }
    Ok(())
}

/// What is wrong with a log that nobody uses yet.
fn told(error: &LogError, folder: &Path) -> String {
    match error {
        LogError::Damaged {
            file,
            position,
            fault,
            ..
        } => {
            let log = file.strip_prefix(folder).unwrap_or(file);
            format!(
                "the log {} in it is damaged at byte {position}: {fault}",
                log.display()
            )
        }
        other => other.to_string(),
    }
}

/// Holds that a database is just what this program makes: SQLite runs what stands in a schema, and keeps any value in
/// any column.
fn check_database(file: &Path, path: &Path) -> Result<(), StateError> {
    let foreign = |error: StoreError| StateError::foreign(file, error);
    Store::check_file(path).map_err(foreign)?;
    let store = Store::open(path, Durability::Os).map_err(foreign)?;
    if store.schema()? != Store::in_memory()?.schema()? {
        let reason = "its database is not one that ocelot makes";
        return Err(StateError::foreign(file, reason));
    }
    store.read(|session| session.check_rows()).map_err(foreign)
}

fn read_everything(engine: &Engine) -> Result<(), EngineError> {
    let functions = LocalRequest::ManageFunctions {
        request: FunctionRequest::List,
    };
    for function in engine.control(&functions)?.as_array().into_iter().flatten() {
        let id = function.get("id").and_then(Value::as_str);
        engine.control(&LocalRequest::ManageFunctions {
            request: FunctionRequest::ListRuns {
                function: id.unwrap_or_default().to_owned(),
                limit: MOST_ROWS,
            },
        })?;
    }
    for request in requests() {
        engine.control(&request)?;
    }
    for key in engine.store.read(|session| session.resource_keys())? {
        engine.shown(key)?;
    }
    Ok(())
}

/// What reads what no service has for itself.
fn requests() -> [LocalRequest; 9] {
    [
        LocalRequest::ShowStatus,
        LocalRequest::ShowOverview,
        LocalRequest::ManageAccess {
            request: AccessRequest::ListKeys,
        },
        LocalRequest::ManageAccess {
            request: AccessRequest::ListTokens,
        },
        LocalRequest::ManageInbox {
            request: InboxRequest::List { limit: MOST_ROWS },
        },
        LocalRequest::ManageFollowedLogs {
            request: FollowRequest::List,
        },
        LocalRequest::ManageFaults {
            request: FaultRequest::List,
        },
        LocalRequest::ListTraces { limit: MOST_ROWS },
        LocalRequest::ListAudit {
            request: AuditRequest {
                limit: MOST_ROWS,
                ..AuditRequest::default()
            },
        },
    ]
}
