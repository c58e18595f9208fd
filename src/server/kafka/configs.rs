//! The configuration of topics: what can be set of it, and what is fixed.
//!
//! Of Kafka's settings a stream has one, its retention; the others are what they are, and setting one to what
//! it is changes nothing. What would need compaction or the like is refused with INVALID_CONFIG.

use kafka_protocol::error::ResponseError;

use super::apis::produce::MOST_BATCH_BYTES;
use super::error::{Refusal, code_of};
use super::registry::{Call, Closing};
use crate::engine::{Topic, TopicPool};

const RETENTION: &str = "retention.ms";
const HOUR_MS: i64 = 3_600_000;

/// The kinds of resources that have a configuration.
pub(super) const TOPIC_RESOURCE: i8 = 2;
pub(super) const BROKER_RESOURCE: i8 = 4;

/// A setting as clients are shown it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Setting {
    pub(super) name: &'static str,
    pub(super) value: String,
    pub(super) kind: SettingKind,
    pub(super) documentation: &'static str,
    /// Whether it can be changed.
    pub(super) is_fixed: bool,
}

/// The type of a setting's value, in the protocol's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i8)]
pub(super) enum SettingKind {
    Boolean = 1,
    Text = 2,
    Int = 3,
    Long = 5,
    List = 7,
}

/// The settings of a topic that are the same for all.
fn fixed() -> [Setting; 6] {
    let fixed = |name, value: String, kind, documentation| Setting {
        name,
        value,
        kind,
        documentation,
        is_fixed: true,
    };
    [
        fixed(
            "cleanup.policy",
            "delete".to_owned(),
            SettingKind::List,
            "Streams are not compacted.",
        ),
        fixed(
            "compression.type",
            "producer".to_owned(),
            SettingKind::Text,
            "Batches are stored as their producers sent them.",
        ),
        fixed(
            "max.message.bytes",
            MOST_BATCH_BYTES.to_string(),
            SettingKind::Int,
            "The largest batch that is taken: a message of 1 MiB, and what is around it.",
        ),
        fixed(
            "message.timestamp.type",
            "LogAppendTime".to_owned(),
            SettingKind::Text,
            "Messages have the time at which they were appended.",
        ),
        fixed(
            "min.insync.replicas",
            "1".to_owned(),
            SettingKind::Int,
            "There is one broker.",
        ),
        fixed(
            "retention.bytes",
            "-1".to_owned(),
            SettingKind::Long,
            "Messages are let go by their age alone.",
        ),
    ]
}

/// All settings of a topic.
pub(super) fn of_topic(retention_hours: i64) -> Vec<Setting> {
    let retention = Setting {
        name: RETENTION,
        value: retention_hours.saturating_mul(HOUR_MS).to_string(),
        kind: SettingKind::Long,
        documentation: "How long messages are kept: 24 to 168 hours, in milliseconds.",
        is_fixed: false,
    };
    let mut settings: Vec<Setting> = fixed().into();
    settings.push(retention);
    settings.sort_by_key(|setting| setting.name);
    settings
}

/// The settings of the broker, which are those of the pool.
pub(super) fn of_broker(pool: &TopicPool) -> Vec<Setting> {
    let setting = |name, value: String, kind, documentation| Setting {
        name,
        value,
        kind,
        documentation,
        is_fixed: true,
    };
    vec![
        setting(
            "auto.create.topics.enable",
            pool.auto_create.to_string(),
            SettingKind::Boolean,
            "autoCreateTopicsEnable of the stream pool.",
        ),
        setting(
            "log.retention.hours",
            pool.default_retention_hours.to_string(),
            SettingKind::Int,
            "logRetentionHours of the stream pool.",
        ),
        setting(
            "message.max.bytes",
            MOST_BATCH_BYTES.to_string(),
            SettingKind::Int,
            "The largest batch that is taken.",
        ),
        setting(
            "num.partitions",
            pool.default_partitions.to_string(),
            SettingKind::Int,
            "numPartitions of the stream pool.",
        ),
    ]
}

/// What setting something to a value would change: the retention in hours, or nothing.
pub(super) fn check(name: &str, value: Option<&str>) -> Result<Option<i64>, Refusal> {
    let refuse = |reason: String| Err(Refusal::new(ResponseError::InvalidConfig, reason));
    let Some(value) = value else {
        return refuse(format!("{name} has no value"));
    };
    if name == RETENTION {
        return retention_hours(value).map(Some);
    }
    match fixed().into_iter().find(|setting| setting.name == name) {
        Some(setting) if setting.value == value => Ok(None),
        Some(setting) => refuse(format!(
            "{name} is {} and cannot be {value}: {}",
            setting.value, setting.documentation
        )),
        None => refuse(format!("streams have no setting {name}")),
    }
}

fn retention_hours(value: &str) -> Result<i64, Refusal> {
    match value.parse::<i64>() {
        Ok(ms) if ms % HOUR_MS == 0 && (24..=168).contains(&(ms / HOUR_MS)) => Ok(ms / HOUR_MS),
        _ => Err(Refusal::new(
            ResponseError::InvalidConfig,
            format_args!(
                "{RETENTION} must be 24 to 168 whole hours (86400000 to 604800000), not {value}"
            ),
        )),
    }
}

/// One change of a setting that a client asks for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Change<'c> {
    /// To a value.
    Set(&'c str, Option<&'c str>),
    /// Back to what the pool has for new topics.
    Reset(&'c str),
}

/// Makes changes to a resource, or only checks them.
pub(super) fn change<'c>(
    call: &Call<'_>,
    (resource_type, name): (i8, &str),
    changes: impl IntoIterator<Item = Result<Change<'c>, Refusal>>,
    validate_only: bool,
) -> Result<Result<(), Refusal>, Closing> {
    let pool = call.pool()?;
    let wanted = match find(&pool, resource_type, name) {
        Ok(topic) => wanted_retention(&pool, changes).map(|hours| (topic, hours)),
        Err(refusal) => Err(refusal),
    };
    Ok(match wanted {
        Ok((topic, Some(hours))) if !validate_only && hours != topic.retention_hours => call
            .topics()
            .set_retention(topic, hours)
            .map_err(Refusal::from),
        Ok(_) => Ok(()),
        Err(refusal) => Err(refusal),
    })
}

fn find<'p>(pool: &'p TopicPool, resource_type: i8, name: &str) -> Result<&'p Topic, Refusal> {
    match resource_type {
        TOPIC_RESOURCE => {
            let topic = pool.topics.get(name).ok_or_else(Refusal::unknown_topic)?;
            Ok(topic)
        }
        BROKER_RESOURCE => Err(Refusal::new(
            ResponseError::InvalidRequest,
            "the broker's settings are those of the stream pool: change them there",
        )),
        other => Err(Refusal::new(
            ResponseError::InvalidRequest,
            format_args!("resources of type {other} have no settings"),
        )),
    }
}

fn wanted_retention<'c>(
    pool: &TopicPool,
    changes: impl IntoIterator<Item = Result<Change<'c>, Refusal>>,
) -> Result<Option<i64>, Refusal> {
    let mut wanted = None;
    for change in changes {
        let hours = match change? {
            Change::Set(name, value) => check(name, value)?,
            Change::Reset(RETENTION) => Some(pool.default_retention_hours),
            Change::Reset(_) => None,
        };
        wanted = hours.or(wanted);
    }
    Ok(wanted)
}

/// The code and the sentence of a change's result.
pub(super) fn outcome(
    result: &Result<(), Refusal>,
) -> (i16, Option<kafka_protocol::protocol::StrBytes>) {
    (code_of(result), super::error::text_of(result))
}

/// Every topic setting goes back to its default, before those given are set.
pub(super) const RESET_ALL: Change<'static> = Change::Reset(RETENTION);
