//! Logs as files that are followed: each line is an entry.
//!
//! Files are looked at with every command, and by a server every second.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::super::{Context, Engine, EngineError};
use super::details::LogSource;
use super::log_files::OpenFiles;
use super::movement::{Movement, NewRecord};
use super::sources::Taken;
use crate::call::{ApiError, LOCAL_TENANCY};
use crate::clock::{parse_rfc3339, rfc3339};
use crate::store::FollowedLog;

/// What `ocelot local log` asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "kebab-case", deny_unknown_fields)]
pub enum FollowRequest {
    /// Has the entries of a log read from a file, from now on from this one.
    Add {
        /// The OCID of the log.
        log_id: String,
        /// The OCID of its group, or `_Audit`.
        log_group_id: String,
        /// The OCID of its compartment; the local tenancy's root where it is absent.
        compartment_id: Option<String>,
        /// The path of the file, from the root.
        file: String,
    },
    /// Lists the logs that are followed.
    List,
    /// Follows a log no longer.
    Remove {
        /// The OCID of the log.
        log_id: String,
    },
}

/// Why a log cannot be followed as asked.
#[derive(Debug, thiserror::Error)]
pub enum FollowedLogError {
    /// No such log.
    #[error("the log {0} is not followed: ocelot local log list shows those that are")]
    Unknown(String),
    /// Reading it would not end.
    #[error(
        "{0} is no regular file: a log is followed in a file that its writer appends to, or that is not there yet"
    )]
    NoFile(String),
}

impl Engine {
    /// Does what a command about followed logs asks, and answers with JSON in kebab-case keys.
    pub fn manage_followed_logs(&self, request: &FollowRequest) -> Result<Value, EngineError> {
        let answer = match request {
            FollowRequest::Add {
                log_id,
                log_group_id,
                compartment_id,
                file,
            } => {
                if std::fs::metadata(file).is_ok_and(|metadata| !metadata.is_file()) {
                    return Err(FollowedLogError::NoFile(file.clone()).into());
                }
                let log = FollowedLog {
                    log_id: log_id.clone(),
                    log_group_id: log_group_id.clone(),
                    compartment_id: compartment_id
                        .clone()
                        .unwrap_or_else(|| LOCAL_TENANCY.to_owned()),
                    file: file.clone(),
                };
                self.store.write(|session| session.put_followed_log(&log))?;
                shown(&log)
            }
            FollowRequest::List => {
                let logs = self.store.read(|session| session.followed_logs())?;
                logs.iter().map(shown).collect()
            }
            FollowRequest::Remove { log_id } => {
                let removed = self
                    .store
                    .write(|session| session.remove_followed_log(log_id))?;
                if !removed {
                    return Err(FollowedLogError::Unknown(log_id.clone()).into());
                }
                json!({"log-id": log_id, "removed": true})
            }
        };
        self.connectors.note_change();
        Ok(answer)
    }
}

fn shown(log: &FollowedLog) -> Value {
    json!({
        "log-id": log.log_id,
        "log-group-id": log.log_group_id,
        "compartment-id": log.compartment_id,
        "file": log.file,
    })
}

/// Reads the lines that were added to the files of a source's logs. One that cannot be read does not keep the
/// others from it.
pub(super) fn read(
    context: &Context<'_>,
    sources: &[LogSource],
    movement: &Movement,
    files: &mut OpenFiles,
) -> Result<Taken, ApiError> {
    let logs = context.store.read(|session| session.followed_logs())?;
    let wanted = logs
        .iter()
        .filter(|log| sources.iter().any(|source| has(source, log)));
    let wanted: Vec<&FollowedLog> = wanted.collect();
    if wanted.is_empty() {
        return Err(ApiError::not_found(
            "no file is followed for its logs; ocelot local log add has one followed",
        ));
    }
    let mut records = Vec::new();
    let mut position = movement.position.clone();
    let mut unreadable = Vec::new();
    for log in &wanted {
        let place = position.logs.entry(log.log_id.clone()).or_default();
        match files.read(&log.log_id, Path::new(&log.file), place) {
            Ok(lines) => records.extend(lines.iter().map(|line| record_of(context, log, line))),
            Err(error) => unreadable.push(format!(
                "the file {} of the log {}: {error}",
                log.file, log.log_id
            )),
        }
    }
    let obstacle = Some(unreadable.join("; ")).filter(|told| !told.is_empty());
    match obstacle {
        Some(told) if unreadable.len() == wanted.len() => Err(ApiError::not_found(told)),
        obstacle => Ok(Taken {
            records,
            position,
            obstacle,
        }),
    }
}

/// Whether a source names a log: by itself, by its group, or by its compartment.
fn has(source: &LogSource, log: &FollowedLog) -> bool {
    match (&source.log_id, &source.log_group_id) {
        (Some(log_id), _) => *log_id == log.log_id,
        (None, Some(group_id)) => *group_id == log.log_group_id,
        (None, None) => source.compartment_id == log.compartment_id,
    }
}

/// An entry as a record: what is one already, or is a CloudEvent, stays as it is. Source: behaviour.md 6.4.
fn record_of(context: &Context<'_>, log: &FollowedLog, line: &str) -> NewRecord {
    let now_ms = context.now_ms;
    let entry: Value = serde_json::from_str(line).unwrap_or_else(|_| json!({ "message": line }));
    let mut content = match entry {
        Value::Object(entry) if entry.contains_key("logContent") => {
            let datetime = entry.get("datetime").and_then(Value::as_i64);
            return NewRecord {
                text: Value::Object(entry).to_string(),
                time_ms: datetime.unwrap_or(now_ms),
                partition: None,
                trace: None,
                receipt: None,
            };
        }
        Value::Object(entry) if entry.contains_key("data") && entry.contains_key("type") => entry,
        other => Map::from_iter([
            ("type".to_owned(), json!("com.oraclecloud.logging.custom")),
            ("source".to_owned(), json!(log.file)),
            ("data".to_owned(), other),
        ]),
    };
    let time = content.get("time").and_then(Value::as_str);
    let time_ms = time.and_then(parse_rfc3339).unwrap_or(now_ms);
    for (name, value) in [
        ("id", json!(Uuid::new_v4().to_string())),
        ("specversion", json!("1.0")),
        ("time", json!(rfc3339(time_ms))),
        (
            "oracle",
            json!({
                "compartmentid": log.compartment_id,
                "ingestedtime": rfc3339(now_ms),
                "loggroupid": log.log_group_id,
                "logid": log.log_id,
                "tenantid": context.origin.tenancy_id,
            }),
        ),
    ] {
        content.entry(name).or_insert(value);
    }
    NewRecord {
        text: json!({ "datetime": time_ms, "logContent": content }).to_string(),
        time_ms,
        partition: None,
        trace: None,
        receipt: None,
    }
}
