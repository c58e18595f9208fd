//! What only a local engine has: a clock that can be set, and a folder that can be looked into and emptied.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::delivery::functions::FunctionRequest;
use super::delivery::inbox::InboxRequest;
use super::events::NewEvent;
use super::fault::FaultRequest;
use super::sch::FollowRequest;
use super::{AccessRequest, AuditRequest, Engine, EngineError, PeekedState, QueuePart};
use crate::call::{LOCAL_TENANCY, Origin};
use crate::clock::{Setting, clamp_ms, rfc3339};

/// Where the store keeps how the clock is set.
pub(super) const CLOCK_SETTING: &str = "clock";

/// What a command about the engine on this machine asks of it, in this process or in a server's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "kebab-case", deny_unknown_fields)]
pub enum LocalRequest {
    /// What the clock shows.
    ShowClock,
    /// Sets the clock to an instant, in milliseconds.
    SetClock {
        /// The instant.
        at_ms: i64,
        /// Whether it stands still there.
        frozen: bool,
    },
    /// Moves the clock, in milliseconds; back where it is negative.
    AdvanceClock {
        /// How far.
        by_ms: i64,
    },
    /// Lets the clock show the machine's time.
    ResetClock,
    /// What there is.
    ShowStatus,
    /// How much there is of all that moves: an [`Overview`](super::overview::Overview).
    ShowOverview,
    /// The names and OCIDs of the resources of a kind.
    ListNames {
        /// The kind, as [`Engine::kind_of_option`] tells it.
        kind: String,
    },
    /// Something about registered keys and auth tokens.
    ManageAccess {
        /// What.
        request: AccessRequest,
    },
    /// Something about messages that would have reached a person.
    ManageInbox {
        /// What.
        request: InboxRequest,
    },
    /// Something about the functions of this machine.
    ManageFunctions {
        /// What.
        request: FunctionRequest,
    },
    /// Something about the files that logs are read from.
    ManageFollowedLogs {
        /// What.
        request: FollowRequest,
    },
    /// Emits an event, as a service would.
    EmitEvent {
        /// The event.
        event: NewEvent,
    },
    /// The messages of a queue in some states; nothing changes.
    PeekQueue {
        /// Where they are.
        part: QueuePart,
        /// Their states.
        states: Vec<PeekedState>,
        /// Most messages of each state.
        limit: usize,
    },
    /// Moves dead letters back into their queue.
    RedriveQueue {
        /// Where they are.
        part: QueuePart,
        /// Whether it is only told how many there are.
        dry_run: bool,
    },
    /// What became of an event or a message.
    ShowTrace {
        /// An id that leads to its trace.
        id: String,
    },
    /// The newest traces.
    ListTraces {
        /// Most traces.
        limit: usize,
    },
    /// How far a group of Kafka clients is behind in a stream; null where there is no such group.
    ShowKafkaLag {
        /// The stream, by name or OCID.
        stream: String,
        /// The group.
        group: String,
    },
    /// Something about faults that strike calls on purpose.
    ManageFaults {
        /// What.
        request: FaultRequest,
    },
    /// Writes everything into a file.
    SaveState {
        /// The file, as an absolute path.
        file: PathBuf,
    },
    /// The resources, with how many messages they hold.
    SummarizeState,
    /// Who changed what.
    ListAudit {
        /// Which entries.
        request: AuditRequest,
    },
    /// Deletes everything.
    Reset,
}

/// What an engine's clock shows.
#[derive(Clone, Debug, PartialEq)]
pub struct ClockReport {
    /// Now, for the engine, in milliseconds.
    pub now_ms: i64,
    /// Now, for the machine, in milliseconds.
    pub system_ms: i64,
    /// How it is set.
    pub setting: Setting,
}

impl ClockReport {
    /// The report as JSON, with kebab-case keys.
    pub fn to_json(&self) -> Value {
        let mode = match self.setting {
            Setting::System => "system",
            Setting::Shifted { .. } => "shifted",
            Setting::Frozen { .. } => "frozen",
        };
        json!({
            "now": rfc3339(self.now_ms),
            "system-time": rfc3339(self.system_ms),
            "mode": mode,
            "offset-in-seconds": (self.now_ms - self.system_ms) as f64 / 1000.0,
        })
    }
}

/// What a data folder holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// Each kind of resource with how many there are, by the name that users know.
    pub counts: Vec<(&'static str, i64)>,
    /// The size of the metadata, in bytes.
    pub metadata_bytes: u64,
    /// The size of the messages, in bytes.
    pub messages_bytes: u64,
}

impl Engine {
    /// What the clock shows.
    pub fn clock(&self) -> ClockReport {
        let system_ms = self.clock.system.now_ms();
        let setting = self.clock.setting();
        ClockReport {
            now_ms: clamp_ms(setting.apply(system_ms)),
            system_ms,
            setting,
        }
    }

    /// Sets the clock, for this and all later calls on the data folder.
    pub fn set_clock(&self, setting: Setting) -> Result<ClockReport, EngineError> {
        let shown_ms = setting.apply(self.clock.system.now_ms());
        if shown_ms != clamp_ms(shown_ms) {
            return Err(EngineError::Clock(rfc3339(shown_ms)));
        }
        // What stands now stood so in the minutes that the clock goes past.
        self.store_metrics()?;
        self.store.write(|session| match setting {
            Setting::System => session.remove_setting(CLOCK_SETTING),
            other => session.set_setting(CLOCK_SETTING, &other),
        })?;
        self.clock.set(setting);
        self.evaluate_alarms()?;
        self.carry_out_effects()?;
        self.changes.tell_all();
        Ok(self.clock())
    }

    /// Sets the clock to an instant, from which it runs on, or stands still.
    pub fn set_clock_to(&self, at_ms: i64, frozen: bool) -> Result<ClockReport, EngineError> {
        self.set_clock(match frozen {
            true => Setting::Frozen { at_ms },
            false => Setting::Shifted {
                offset_ms: at_ms.saturating_sub(self.clock.system.now_ms()),
            },
        })
    }

    /// Moves the clock, forward or back.
    pub fn advance_clock(&self, by_ms: i64) -> Result<ClockReport, EngineError> {
        self.set_clock(self.clock.setting().advanced(by_ms))
    }

    /// What the data folder holds, and how much room it takes.
    pub fn status(&self) -> Result<Status, EngineError> {
        let counts = self.store.read(|session| {
            [
                ("stream-pools", "streampool"),
                ("streams", "stream"),
                ("connect-harnesses", "connectharness"),
                ("queues", "queue"),
                ("consumer-groups", "consumergroup"),
                ("topics", "onstopic"),
                ("subscriptions", "onssubscription"),
                ("rules", "eventrule"),
                ("service-connectors", "serviceconnector"),
                ("alarms", "alarm"),
            ]
            .into_iter()
            .map(|(name, kind)| Ok((name, session.count_resources(kind)?)))
            .collect::<Result<_, EngineError>>()
        })?;
        let (metadata_bytes, messages_bytes) = match &self.folder {
            Some(folder) => (files_bytes(folder.path()), tree_bytes(&folder.streams())),
            None => (0, 0),
        };
        Ok(Status {
            counts,
            metadata_bytes,
            messages_bytes,
        })
    }

    /// The kind of resource that a command's option names, for [`Engine::names`].
    pub fn kind_of_option(flag: &str) -> Option<&'static str> {
        match flag {
            "stream-id" => Some("stream"),
            "stream-pool-id" => Some("streampool"),
            "connect-harness-id" => Some("connectharness"),
            "queue-id" => Some("queue"),
            "consumer-group-id" => Some("consumergroup"),
            "topic-id" => Some("onstopic"),
            // Their names are their endpoints.
            "subscription-id" => Some("onssubscription"),
            "rule-id" => Some("eventrule"),
            "service-connector-id" => Some("serviceconnector"),
            "alarm-id" => Some("alarm"),
            "alarm-suppression-id" => Some("alarmsuppression"),
            _ => None,
        }
    }

    /// The names and OCIDs of the local tenancy's resources of a kind that are not deleted, at most 1000, by
    /// name.
    pub fn names(&self, kind: &str) -> Result<Vec<(String, String)>, EngineError> {
        Ok(self
            .store
            .tenancy(LOCAL_TENANCY)
            .read(|session| session.resource_names(kind, 1000))?)
    }

    /// Removes everything that is stored: resources, messages, objects in the data folder, and how the clock
    /// is set.
    pub fn reset(&self) -> Result<(), EngineError> {
        self.store.clear()?;
        if let Some(folder) = &self.folder {
            folder.remove_objects()?;
            folder.measured().clear()?;
        }
        self.recorder.take();
        self.look_at_connectors()?;
        self.clock.set(Setting::System);
        self.faults.forget();
        self.changes.tell_all();
        Ok(self.streaming.finish_removals(&self.store)?)
    }

    /// Does what a command about this engine asks, and answers with JSON in kebab-case keys.
    pub fn control(&self, request: &LocalRequest) -> Result<Value, EngineError> {
        self.control_from(request, &Origin::default())
    }

    /// The same for someone who finds the services at the addresses of `origin`.
    pub fn control_from(
        &self,
        request: &LocalRequest,
        origin: &Origin,
    ) -> Result<Value, EngineError> {
        match request {
            LocalRequest::ShowClock => Ok(self.clock().to_json()),
            LocalRequest::SetClock { at_ms, frozen } => {
                Ok(self.set_clock_to(*at_ms, *frozen)?.to_json())
            }
            LocalRequest::AdvanceClock { by_ms } => Ok(self.advance_clock(*by_ms)?.to_json()),
            LocalRequest::ResetClock => Ok(self.set_clock(Setting::System)?.to_json()),
            LocalRequest::ShowStatus => self.status_json(),
            LocalRequest::ShowOverview => Ok(json!(self.overview()?)),
            LocalRequest::ListNames { kind } => Ok(json!(self.names(kind)?)),
            LocalRequest::ManageAccess { request } => self.manage_access(request),
            LocalRequest::ManageInbox { request } => {
                self.evaluate_alarms()?;
                self.carry_out_effects()?;
                self.manage_inbox(request)
            }
            LocalRequest::ManageFunctions { request } => self.manage_functions(request),
            LocalRequest::ManageFollowedLogs { request } => self.manage_followed_logs(request),
            LocalRequest::EmitEvent { event } => self.emit_event(event, origin),
            LocalRequest::PeekQueue {
                part,
                states,
                limit,
            } => Ok(self.peek_queue(part, states, *limit)?),
            LocalRequest::RedriveQueue { part, dry_run } => {
                Ok(self.redrive_queue(part, *dry_run)?.to_json())
            }
            LocalRequest::ShowTrace { id } => Ok(json!(self.trace(id)?)),
            LocalRequest::ListTraces { limit } => Ok(json!(self.traces(*limit)?)),
            LocalRequest::ShowKafkaLag { stream, group } => self.kafka_lag(stream, group),
            LocalRequest::ManageFaults { request } => self.manage_faults(request),
            LocalRequest::SaveState { file } => self.save_state(file),
            LocalRequest::SummarizeState => Ok(Value::Array(self.summarize()?)),
            LocalRequest::ListAudit { request } => self.list_audit(request),
            LocalRequest::Reset => {
                self.reset()?;
                Ok(json!({ "data-dir": self.place(), "deleted": true }))
            }
        }
    }

    fn status_json(&self) -> Result<Value, EngineError> {
        let status = self.status()?;
        let counts = status.counts.iter();
        let counts: Map<_, _> = counts
            .map(|(name, count)| ((*name).to_owned(), json!(count)))
            .collect();
        Ok(json!({
            "data-dir": self.folder().map(|folder| folder.display().to_string()),
            "clock": self.clock().to_json(),
            "metadata-bytes": status.metadata_bytes,
            "messages-bytes": status.messages_bytes,
            "deliveries-under-way": self.count_deliveries()?,
            "resources": counts,
            // A server that has the folder puts here where it serves.
            "server": null,
            "version": env!("CARGO_PKG_VERSION"),
        }))
    }

    fn place(&self) -> String {
        match self.folder() {
            Some(folder) => folder.display().to_string(),
            None => "memory".to_owned(),
        }
    }
}

/// The size of the files in a folder, without those in the folders below it.
fn files_bytes(folder: &Path) -> u64 {
    entries(folder)
        .filter(|metadata| metadata.1.is_file())
        .map(|(_, metadata)| metadata.len())
        .sum()
}

/// The size of all files in a folder and below it.
fn tree_bytes(folder: &Path) -> u64 {
    entries(folder)
        .map(|(path, metadata)| match metadata.is_dir() {
            true => tree_bytes(&path),
            false => metadata.len(),
        })
        .sum()
}

/// What lies in a folder; a folder that is not there holds nothing.
fn entries(folder: &Path) -> impl Iterator<Item = (std::path::PathBuf, fs::Metadata)> {
    fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.path(), entry.metadata().ok()?)))
}
