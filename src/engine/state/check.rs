//! Whether a program can use what a saved state holds: its database is opened as an engine's in a folder of its own,
//! and all that commands and services read when they start is read.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::StateError;
use super::archive::DATABASE;
use crate::api::naming::kebab;
use crate::api::operation::{Method, Operation};
use crate::api::operations;
use crate::call::Call;
use crate::engine::access::AccessRequest;
use crate::engine::delivery::functions::FunctionRequest;
use crate::engine::delivery::inbox::InboxRequest;
use crate::engine::fault::FaultRequest;
use crate::engine::sch::FollowRequest;
use crate::engine::{AuditRequest, Engine, EngineError, EngineOptions, Home, LocalRequest};
use crate::log::Durability;
use crate::store::{ResourceKey, Store, StoreError};

/// Where a copy of the database is tried, in the folder of what was unpacked.
const TRIED: &str = "tried";

/// How much a database is read of what only grows.
const MOST_ROWS: usize = 100_000;

/// Tries a copy of the database in `loading`, so that the original stays as it was saved.
pub(super) fn check(file: &Path, loading: &Path) -> Result<(), StateError> {
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
    let read = tried.and_then(|engine| read_everything(&engine));
    read.map_err(|error| StateError::foreign(file, error))?;
    fs::remove_dir_all(&folder).map_err(StateError::io("remove", &folder))
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
        get(engine, key)?;
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

/// Asks a resource's service for it.
fn get(engine: &Engine, key: ResourceKey) -> Result<(), EngineError> {
    let getter = operations().find_map(|operation| {
        let parameter = named_last(operation)?;
        let kind = Engine::kind_of_option(&kebab(parameter))?;
        (kind == key.kind).then_some((operation, parameter))
    });
    let Some((operation, parameter)) = getter else {
        let ResourceKey { kind, id, .. } = key;
        return Err(EngineError::Refused(format!(
            "{id} is a {kind}, which no service has"
        )));
    };
    let mut call = Call::new(operation);
    call.origin.tenancy_id = key.tenancy_id;
    call.path.insert(parameter, key.id);
    engine.answer(&call)?;
    Ok(())
}

/// What the path of a GET for one resource ends in.
fn named_last(operation: &Operation) -> Option<&'static str> {
    let (_, last) = operation.path.rsplit_once('/')?;
    let parameter = last.strip_prefix('{')?.strip_suffix('}')?;
    (operation.method == Method::Get).then_some(parameter)
}
