//! What a connector is made of: a source, tasks, and a target; and which of them go together.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::delivery::functions::Function;
use super::super::resource::{ResourceKind, check_text};
use super::super::{ocid, ons, queue, streaming};
use super::log_filter::LogFilter;
use super::metric_details::{self, Dimension, MonitoringSource};
use super::plugins::QUEUE_SOURCE;
use crate::call::ApiError;
use crate::store::Session;

/// Functions are kept for the machine, and not among the resources.
pub(super) const FUNCTION: ResourceKind = ResourceKind {
    ocid_type: "fnfunc",
    noun: "function",
};

/// Limits of a batch for an object. Source: behaviour.md 6.4.
const DEFAULT_ROLLOVER_MBS: i64 = 100;
const DEFAULT_ROLLOVER_MS: i64 = 420_000;

/// Limits of a batch for a function. Unconfirmed: behaviour.md 6.4.
const DEFAULT_FUNCTION_KBS: i64 = 5120;
const DEFAULT_FUNCTION_SECONDS: i64 = 60;

/// The largest body of a function's call, in KiB: 6 MB in the cloud, and the brackets and commas of a batch.
const MOST_FUNCTION_KBS: i64 = 6000;

/// The largest object, in MiB: a batch is compressed in memory. Unconfirmed.
const MOST_ROLLOVER_MBS: i64 = 1024;

/// Most records that leave together where nothing else limits them, and most bytes of them.
const AT_ONCE: BatchLimits = BatchLimits {
    bytes: 512 * 1024,
    records: 1000,
    time_ms: 0,
};

/// Where records come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub(super) enum Source {
    Logging {
        log_sources: Vec<LogSource>,
    },
    Monitoring {
        monitoring_sources: Vec<MonitoringSource>,
    },
    Streaming {
        stream_id: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        cursor: Option<Cursor>,
    },
    Plugin {
        plugin_name: String,
        config_map: QueueConfig,
    },
}

/// The logs of a source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogSource {
    pub compartment_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_group_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_id: Option<String>,
}

/// Where reading of a stream begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Cursor {
    Latest,
    TrimHorizon,
}

/// The settings of the plugin that reads from a queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct QueueConfig {
    pub queue_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel_filter: Option<String>,
}

/// A step on the way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub(super) enum Task {
    LogRule {
        condition: String,
    },
    Function {
        function_id: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        batch_size_in_kbs: Option<i64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        batch_time_in_sec: Option<i64>,
    },
}

/// Where records go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub(super) enum Target {
    Functions {
        function_id: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        batch_size_in_kbs: Option<i64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        batch_size_in_num: Option<i64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        batch_time_in_sec: Option<i64>,
    },
    LoggingAnalytics {},
    Monitoring {
        compartment_id: String,
        metric_namespace: String,
        metric: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        dimensions: Option<Vec<Dimension>>,
    },
    Notifications {
        topic_id: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        enable_formatted_messaging: Option<bool>,
    },
    ObjectStorage {
        #[serde(skip_serializing_if = "Option::is_none")]
        namespace: Option<String>,
        bucket_name: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        object_name_prefix: Option<String>,
        #[serde(
            rename = "batchRolloverSizeInMBs",
            skip_serializing_if = "Option::is_none"
        )]
        batch_rollover_size_in_mbs: Option<i64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        batch_rollover_time_in_ms: Option<i64>,
    },
    Streaming {
        stream_id: String,
    },
}

/// What records leave together: as soon as there are so many bytes or records, or the first waits for so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BatchLimits {
    pub bytes: i64,
    pub records: i64,
    pub time_ms: i64,
}

/// Reads a part of a request, whose fields the model has checked.
pub(super) fn read<T: serde::de::DeserializeOwned>(
    field: &str,
    value: Value,
) -> Result<T, ApiError> {
    serde_json::from_value(value)
        .map_err(|error| ApiError::invalid(format!("Unable to parse JSON body: {field}: {error}")))
}

/// Refuses a source by a plugin that is not there, whose settings nobody knows, and one without what it reads, of which
/// the model knows nothing.
pub(super) fn check_plugin(source: &Value) -> Result<(), ApiError> {
    let text = |field: &str| source.pointer(field).and_then(Value::as_str);
    match (text("/kind"), text("/pluginName")) {
        (Some("plugin"), Some(name)) if name != QUEUE_SOURCE => Err(ApiError::invalid(format!(
            "source.pluginName must be {QUEUE_SOURCE}, not {name}"
        ))),
        (Some("plugin"), _) if text("/configMap/queueId").is_none() => Err(ApiError::invalid(
            "source.configMap.queueId is missing, or no text",
        )),
        _ => Ok(()),
    }
}

/// A number that must be 1 at least, and not too large.
fn check_number(field: &str, value: Option<i64>, most: i64) -> Result<(), ApiError> {
    match value {
        Some(value) if !(1..=most).contains(&value) => Err(ApiError::invalid(format!(
            "{field} must be 1 to {most}, not {value}"
        ))),
        _ => Ok(()),
    }
}

/// The OCID of what is given by OCID or, which is this engine's addition, by name.
///
/// What is not there may come: a connector waits for it, and says so.
fn resolved(
    session: &Session<'_>,
    kind: ResourceKind,
    field: &str,
    given: &mut String,
) -> Result<(), ApiError> {
    check_text(field, given)?;
    if ocid::is_ocid(given) {
        let prefix = format!("ocid1.{}.", kind.ocid_type);
        return match given.starts_with(&prefix) {
            true => Ok(()),
            false => Err(ApiError::invalid(format!(
                "{field} must be the OCID of a {}, which begins with {prefix}, and not {given}",
                kind.noun
            ))),
        };
    }
    if kind.ocid_type == FUNCTION.ocid_type {
        let function: Option<Function> = session.function(given)?;
        if let Some(function) = function {
            *given = function.id;
        }
        return Ok(());
    }
    match kind.resolve(session, given) {
        Ok(id) => {
            *given = id;
            Ok(())
        }
        Err(error) if error.status == 404 => Ok(()),
        Err(error) => Err(ApiError::invalid(format!("{field}: {}", error.message))),
    }
}

impl Source {
    /// Checks a source, and puts OCIDs for names.
    pub(super) fn checked(mut self, session: &Session<'_>) -> Result<Self, ApiError> {
        match &mut self {
            Self::Logging { log_sources } => check_logs(log_sources)?,
            Self::Monitoring { monitoring_sources } => {
                metric_details::check_sources(monitoring_sources)?;
            }
            Self::Streaming { stream_id, .. } => {
                resolved(session, streaming::STREAM, "source.streamId", stream_id)?;
            }
            Self::Plugin { config_map, .. } => {
                let field = "source.configMap.queueId";
                resolved(session, queue::QUEUE, field, &mut config_map.queue_id)?;
                if let Some(channel) = &config_map.channel_filter {
                    queue::check_channel("source.configMap.channelFilter", channel)?;
                }
            }
        }
        Ok(self)
    }

    /// What the table of pairs calls it.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Logging { .. } => "logging",
            Self::Monitoring { .. } => "monitoring",
            Self::Streaming { .. } => "streaming",
            Self::Plugin { .. } => "queue",
        }
    }

    /// The resource whose changes there may be something to read after.
    pub(super) fn resource_id(&self) -> Option<&str> {
        match self {
            Self::Streaming { stream_id, .. } => Some(stream_id),
            Self::Plugin { config_map, .. } => Some(&config_map.queue_id),
            Self::Logging { .. } | Self::Monitoring { .. } => None,
        }
    }

    /// Whether what was read of another source stays read: a cursor says only where a stream is begun, and each log
    /// has its own place. Source: behaviour.md 6.2 (an update pauses, and goes on) and 6.3.
    pub(super) fn goes_on(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Streaming { stream_id, .. }, Self::Streaming { stream_id: own, .. }) => {
                stream_id == own
            }
            (Self::Logging { .. }, Self::Logging { .. })
            | (Self::Monitoring { .. }, Self::Monitoring { .. }) => true,
            _ => self == other,
        }
    }

    /// The end of the names of objects. Source: behaviour.md 6.4; of queues it is unconfirmed.
    pub(super) fn object_suffix(&self) -> &'static str {
        match self {
            Self::Logging { .. } => "log.gz",
            _ => "data.gz",
        }
    }
}

fn check_logs(log_sources: &[LogSource]) -> Result<(), ApiError> {
    if log_sources.is_empty() {
        return Err(ApiError::invalid(
            "source.logSources is empty: there is no log to read",
        ));
    }
    for (index, log) in log_sources.iter().enumerate() {
        let field = |name: &str| format!("source.logSources[{index}].{name}");
        check_text(&field("compartmentId"), &log.compartment_id)?;
        for (name, value) in [("logGroupId", &log.log_group_id), ("logId", &log.log_id)] {
            if let Some(value) = value {
                check_text(&field(name), value)?;
            }
        }
    }
    Ok(())
}

impl Task {
    /// Checks a task, and puts OCIDs for names.
    pub(super) fn checked(mut self, session: &Session<'_>, index: usize) -> Result<Self, ApiError> {
        let field = |name: &str| format!("tasks[{index}].{name}");
        match &mut self {
            Self::LogRule { condition } => {
                LogFilter::parse(condition).map_err(|error| {
                    ApiError::invalid(format!("{}: {error}", field("condition")))
                })?;
            }
            Self::Function {
                function_id,
                batch_size_in_kbs,
                batch_time_in_sec,
            } => {
                resolved(session, FUNCTION, &field("functionId"), function_id)?;
                let field_kbs = field("batchSizeInKbs");
                check_number(&field_kbs, *batch_size_in_kbs, MOST_FUNCTION_KBS)?;
                check_number(
                    &field("batchTimeInSec"),
                    *batch_time_in_sec,
                    i64::MAX / 1000,
                )?;
            }
        }
        Ok(self)
    }
}

impl Target {
    /// Checks a target, and puts OCIDs for names.
    pub(super) fn checked(mut self, session: &Session<'_>) -> Result<Self, ApiError> {
        match &mut self {
            Self::Functions {
                function_id,
                batch_size_in_kbs,
                batch_size_in_num,
                batch_time_in_sec,
            } => {
                resolved(session, FUNCTION, "target.functionId", function_id)?;
                if batch_size_in_kbs.is_some() && batch_size_in_num.is_some() {
                    return Err(ApiError::invalid(
                        "target has both batchSizeInKbs and batchSizeInNum: give one of them",
                    ));
                }
                check_number(
                    "target.batchSizeInKbs",
                    *batch_size_in_kbs,
                    MOST_FUNCTION_KBS,
                )?;
                check_number("target.batchSizeInNum", *batch_size_in_num, i64::MAX)?;
                check_number("target.batchTimeInSec", *batch_time_in_sec, i64::MAX / 1000)?;
            }
            Self::LoggingAnalytics {} => {
                return Err(ApiError::invalid(
                    "target.kind loggingAnalytics cannot be used with the local engine: it has no Logging \
                     Analytics. Take objectStorage, streaming, functions, monitoring or notifications, or send the command \
                     to the cloud with --target cloud",
                ));
            }
            Self::Monitoring {
                compartment_id,
                metric_namespace,
                metric,
                dimensions,
            } => {
                let dimensions = dimensions.as_deref().unwrap_or_default();
                let name = (metric_namespace.as_str(), metric.as_str());
                metric_details::check_metric(compartment_id, name, dimensions)?;
            }
            Self::Notifications { topic_id, .. } => {
                resolved(session, ons::TOPIC, "target.topicId", topic_id)?;
            }
            Self::ObjectStorage { .. } => self.check_object_storage()?,
            Self::Streaming { stream_id } => {
                resolved(session, streaming::STREAM, "target.streamId", stream_id)?;
            }
        }
        Ok(self)
    }

    fn check_object_storage(&self) -> Result<(), ApiError> {
        let Self::ObjectStorage {
            namespace,
            bucket_name,
            object_name_prefix,
            batch_rollover_size_in_mbs,
            batch_rollover_time_in_ms,
        } = self
        else {
            return Ok(());
        };
        check_path_name("target.bucketName", bucket_name)?;
        if let Some(namespace) = namespace {
            check_path_name("target.namespace", namespace)?;
        }
        if let Some(prefix) = object_name_prefix {
            check_prefix(prefix)?;
        }
        let size = *batch_rollover_size_in_mbs;
        check_number("target.batchRolloverSizeInMBs", size, MOST_ROLLOVER_MBS)?;
        check_number(
            "target.batchRolloverTimeInMs",
            *batch_rollover_time_in_ms,
            i64::MAX,
        )
    }

    /// What the table of pairs calls it.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Functions { .. } => "functions",
            Self::LoggingAnalytics {} => "loggingAnalytics",
            Self::Monitoring { .. } => "monitoring",
            Self::Notifications { .. } => "notifications",
            Self::ObjectStorage { .. } => "objectStorage",
            Self::Streaming { .. } => "streaming",
        }
    }

    /// What leaves for it together.
    pub(super) fn batch_limits(&self) -> BatchLimits {
        match self {
            Self::Functions {
                batch_size_in_kbs,
                batch_size_in_num,
                batch_time_in_sec,
                ..
            } => BatchLimits {
                records: batch_size_in_num.unwrap_or(i64::MAX),
                ..function_limits(*batch_size_in_kbs, *batch_time_in_sec)
            },
            Self::ObjectStorage {
                batch_rollover_size_in_mbs,
                batch_rollover_time_in_ms,
                ..
            } => BatchLimits {
                bytes: batch_rollover_size_in_mbs.unwrap_or(DEFAULT_ROLLOVER_MBS) << 20,
                records: i64::MAX,
                time_ms: batch_rollover_time_in_ms.unwrap_or(DEFAULT_ROLLOVER_MS),
            },
            _ => AT_ONCE,
        }
    }
}

/// What leaves for a function together.
pub(super) fn function_limits(kbs: Option<i64>, seconds: Option<i64>) -> BatchLimits {
    BatchLimits {
        bytes: kbs.unwrap_or(DEFAULT_FUNCTION_KBS) * 1024,
        records: i64::MAX,
        time_ms: seconds.unwrap_or(DEFAULT_FUNCTION_SECONDS) * 1000,
    }
}

/// Names of namespaces and buckets are folders here. Source of the characters: the documentation of buckets.
fn check_path_name(field: &str, name: &str) -> Result<(), ApiError> {
    let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let fits = (1..=256).contains(&name.len()) && name.bytes().all(is_of_name);
    match fits && !matches!(name, "." | "..") {
        true => Ok(()),
        false => Err(ApiError::invalid(format!(
            "{field} must be 1 to 256 letters, digits, hyphens, underscores and periods, not {name:?}"
        ))),
    }
}

fn check_prefix(prefix: &str) -> Result<(), ApiError> {
    let is_odd = |part: &str| matches!(part, "." | "..") || part.chars().any(char::is_control);
    match prefix.len() <= 512 && !prefix.split('/').any(is_odd) {
        true => Ok(()),
        false => Err(ApiError::invalid(format!(
            "target.objectNamePrefix must have 512 bytes at most, and no part that is . or .. or has control \
             characters: it is {prefix:?}"
        ))),
    }
}

/// Refuses a source, tasks and a target that do not go together. Source: behaviour.md 6.1; the code is
/// unconfirmed.
pub(super) fn check_pair(source: &Source, tasks: &[Task], target: &Target) -> Result<(), ApiError> {
    let (from, to) = (source.word(), target.word());
    let fits = !matches!(
        (from, to),
        ("monitoring" | "queue", "loggingAnalytics" | "monitoring")
            | ("monitoring", "notifications")
            | ("streaming", "monitoring")
    );
    if !fits {
        return Err(ApiError::invalid(format!(
            "a connector cannot move data from {from} to {to}"
        )));
    }
    // What it puts it would read again, without end.
    if let (
        Source::Streaming {
            stream_id: read, ..
        },
        Target::Streaming { stream_id: written },
    ) = (source, target)
        && read == written
    {
        return Err(ApiError::invalid(format!(
            "source and target are the same stream, {read}"
        )));
    }
    for (index, task) in tasks.iter().enumerate() {
        match task {
            Task::LogRule { .. } if from != "logging" => {
                return Err(ApiError::invalid(format!(
                    "tasks[{index}].kind logRule is for sources of kind logging, and the source is {from}"
                )));
            }
            Task::Function { .. }
                if to == "notifications" && matches!(from, "queue" | "streaming") =>
            {
                return Err(ApiError::invalid(format!(
                    "tasks[{index}].kind function is not for connectors from {from} to notifications"
                )));
            }
            _ => {}
        }
    }
    Ok(())
}

/// A part of a connector as replies have it.
pub(super) fn shown(part: &impl Serialize) -> Value {
    let mut shown = serde_json::to_value(part).unwrap_or_default();
    if let Some(fields) = shown.as_object_mut() {
        fields.insert("privateEndpointMetadata".to_owned(), Value::Null);
    }
    shown
}
