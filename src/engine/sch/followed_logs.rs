//! Logs as files that are followed: each line is an entry.
//!
//! A file is told from another of its name by what the system calls it, so one that was put in its place is read
//! from its beginning, and so is one that has become shorter. What is left unread of a file when another takes its
//! place is lost: files are looked at with every command, and by a server every second.

use std::fs::{File, Metadata};
use std::io::{BufRead, BufReader, ErrorKind, Seek, SeekFrom};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::super::{Context, Engine, EngineError};
use super::details::LogSource;
use super::movement::{FilePosition, Movement, NewRecord};
use super::sources::Taken;
use crate::call::{ApiError, LOCAL_TENANCY};
use crate::clock::{parse_rfc3339, rfc3339};
use crate::store::FollowedLog;

/// How much of a file is taken at once, and the longest line, in bytes.
const MOST_BYTES: u64 = 512 * 1024;
const MOST_LINE_BYTES: u64 = 1024 * 1024;

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

/// Reads the lines that were added to the files of a source's logs.
pub(super) fn read(
    context: &Context<'_>,
    sources: &[LogSource],
    movement: &Movement,
) -> Result<Taken, ApiError> {
    let logs = context.store.read(|session| session.followed_logs())?;
    let wanted = logs
        .iter()
        .filter(|log| sources.iter().any(|source| has(source, log)));
    let mut taken = Taken {
        records: Vec::new(),
        position: movement.position.clone(),
    };
    let mut wanted = wanted.peekable();
    if wanted.peek().is_none() {
        return Err(ApiError::not_found(
            "no file is followed for its logs; ocelot local log add has one followed",
        ));
    }
    for log in wanted {
        let place = taken.position.logs.entry(log.log_id.clone()).or_default();
        let lines = read_lines(&log.file, place).map_err(|error| {
            ApiError::not_found(format!(
                "the file {} of the log {}: {error}",
                log.file, log.log_id
            ))
        })?;
        let records = lines.iter().map(|line| record_of(context, log, line));
        taken.records.extend(records);
    }
    Ok(taken)
}

/// Whether a source names a log: by itself, by its group, or by its compartment.
fn has(source: &LogSource, log: &FollowedLog) -> bool {
    match (&source.log_id, &source.log_group_id) {
        (Some(log_id), _) => *log_id == log.log_id,
        (None, Some(group_id)) => *group_id == log.log_group_id,
        (None, None) => source.compartment_id == log.compartment_id,
    }
}

/// Reads whole lines from a place in a file on, and moves the place behind them. A file that is not there has
/// none, as between two moments of a rotation.
fn read_lines(path: &str, place: &mut FilePosition) -> std::io::Result<Vec<String>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let metadata = file.metadata()?;
    let identity = identity(&metadata);
    if place.identity != identity || metadata.len() < place.bytes {
        *place = FilePosition { identity, bytes: 0 };
    }
    let mut reader = BufReader::new(file);
    reader.seek(SeekFrom::Start(place.bytes))?;
    let mut lines = Vec::new();
    let end = place.bytes.saturating_add(MOST_BYTES);
    while place.bytes < end {
        let mut line = Vec::new();
        let mut limited = std::io::Read::take(&mut reader, MOST_LINE_BYTES);
        let read = limited.read_until(b'\n', &mut line)? as u64;
        let is_whole = line.ends_with(b"\n") || read == MOST_LINE_BYTES;
        // The rest of a line that is still written comes with it.
        if !is_whole {
            break;
        }
        place.bytes += read;
        let text = String::from_utf8_lossy(&line).trim().to_owned();
        if !text.is_empty() {
            lines.push(text);
        }
    }
    Ok(lines)
}

#[cfg(unix)]
fn identity(metadata: &Metadata) -> String {
    use std::os::unix::fs::MetadataExt;
    format!("{}/{}", metadata.dev(), metadata.ino())
}

/// Elsewhere the time when it was made tells a file from another.
#[cfg(not(unix))]
fn identity(metadata: &Metadata) -> String {
    let created = metadata.created().ok();
    let since = created.and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
    since.map_or_else(String::new, |since| since.as_millis().to_string())
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
    }
}
