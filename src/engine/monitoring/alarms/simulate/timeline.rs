//! What a simulation tells: when an alarm would have changed, why, and who would have been told.

use serde::Serialize;
use serde_json::Value;

use super::super::Alarm;
use super::super::evaluation::{Evaluated, Evaluator, MINUTE_MS, Outcome};
use super::super::message::{Message, status};
use super::super::rules::Rule;
use super::super::state::{Dimensions, Notice, NoticeType, RESET_MINUTES, StreamKey};
use crate::clock::rfc3339;

/// How many streams of an entry are named, as in messages.
const MOST_STREAMS: usize = 100;

/// What a simulation came to.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct SimulatedAlarm {
    /// The alarm's OCID.
    pub alarm_id: String,
    /// Its name.
    pub display_name: String,
    /// Its query.
    pub query: String,
    /// Whether it is on; it is simulated in any case.
    pub is_enabled: bool,
    /// The time of the first evaluation; none where there was nothing to evaluate.
    pub from: Option<String>,
    /// The time of the last evaluation.
    pub until: Option<String>,
    /// How the alarm stood then.
    pub status: &'static str,
    /// How many points there were of metrics that the alarm watches.
    pub points: u64,
    /// How many there were of others.
    pub other_points: u64,
    /// Whether any point came to a value of the alarm's query.
    pub has_values: bool,
    /// How many notifications there would have been.
    pub notifications: NotificationCounts,
    /// What would have happened, in order.
    pub timeline: Vec<TimelineEntry>,
}

/// How many notifications there would have been, of all destinations together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct NotificationCounts {
    /// Sent.
    pub sent: usize,
    /// Kept back by a suppression.
    pub suppressed: usize,
    /// Dropped since there were too many at once.
    pub dropped: usize,
}

/// A change, or a repetition.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct TimelineEntry {
    /// When the alarm is evaluated, and destinations are told.
    pub timestamp: String,
    /// The end of the minute of data that led to it.
    pub timestamp_triggered: String,
    /// As messages have it: `OK_TO_FIRING`, `FIRING_TO_OK`, `REPEAT` or `RESET`.
    #[serde(rename = "type")]
    pub notice_type: &'static str,
    /// How the stream, or the alarm where streams are told of together, stood before.
    pub from: &'static str,
    /// How it stands now.
    pub to: &'static str,
    /// How the alarm as a whole stands.
    pub alarm_status: &'static str,
    /// The rule that it is about.
    pub rule_name: String,
    /// That rule's severity.
    pub severity: String,
    /// How many streams of the alarm fire.
    pub streams_firing: usize,
    /// The streams that it is about: at most a hundred of them.
    pub streams: Vec<SimulatedStream>,
    /// Why it happens.
    pub reason: String,
    /// What each destination is told.
    pub notifications: Vec<SimulatedNotification>,
}

/// A metric stream, and what it came to.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct SimulatedStream {
    /// The dimensions by which it differs from others.
    pub dimensions: Dimensions,
    /// The value that led to it; none where there is none.
    pub value: Option<f64>,
}

/// A notification that would have been.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct SimulatedNotification {
    /// The OCID of the topic or the stream.
    pub destination: String,
    /// What becomes of it.
    pub outcome: SimulatedOutcome,
    /// How many streams of a message that is sent are left out of it, being suppressed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub streams_suppressed: Option<usize>,
    /// What is sent, where that is to be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Value>,
}

/// What becomes of a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SimulatedOutcome {
    /// It is sent.
    Sent,
    /// A suppression keeps it back.
    Suppressed,
    /// It is dropped, since there are too many at once.
    Dropped,
}

impl SimulatedOutcome {
    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sent => "SENT",
            Self::Suppressed => "SUPPRESSED",
            Self::Dropped => "DROPPED",
        }
    }
}

impl NotificationCounts {
    /// Counts the notifications of an entry.
    pub(super) fn count(&mut self, entry: &TimelineEntry) {
        for notification in &entry.notifications {
            match notification.outcome {
                SimulatedOutcome::Sent => self.sent += 1,
                SimulatedOutcome::Suppressed => self.suppressed += 1,
                SimulatedOutcome::Dropped => self.dropped += 1,
            }
        }
    }
}

/// The entries of an evaluation.
pub(super) fn entries(
    evaluator: &Evaluator<'_>,
    evaluated: &Evaluated,
    shows_messages: bool,
) -> Vec<TimelineEntry> {
    let mut notifications: Vec<Vec<SimulatedNotification>> =
        vec![Vec::new(); evaluated.step.notices.len()];
    for destination in &evaluator.alarm.details.destinations {
        let outcomes = evaluator.outcomes(evaluated, destination);
        for (of_notice, (notice, outcome)) in notifications.iter_mut().zip(outcomes) {
            let (loud, outcome) = match outcome {
                Outcome::Sent(loud) => (Some(loud), SimulatedOutcome::Sent),
                Outcome::Suppressed => (None, SimulatedOutcome::Suppressed),
                Outcome::Dropped => (None, SimulatedOutcome::Dropped),
            };
            let left_out = loud
                .as_ref()
                .map_or(0, |loud| notice.streams.len() - loud.streams.len());
            let shown = loud.filter(|_| shows_messages);
            let message = shown.and_then(|loud| evaluator.message(evaluated, &loud));
            of_notice.push(SimulatedNotification {
                destination: destination.clone(),
                outcome,
                streams_suppressed: (left_out > 0).then_some(left_out),
                message: message.map(Message::into_json),
            });
        }
    }
    let notices = evaluated.step.notices.iter().zip(notifications);
    let entries = notices.filter_map(|(notice, notifications)| {
        let rule = evaluator.rules.get(notice.rule)?;
        let about = (evaluated, notice);
        Some(entry(evaluator.alarm, rule, about, notifications))
    });
    entries.collect()
}

fn entry(
    alarm: &Alarm,
    rule: &Rule,
    (evaluated, notice): (&Evaluated, &Notice),
    notifications: Vec<SimulatedNotification>,
) -> TimelineEntry {
    let readings = evaluated.readings.get(notice.rule);
    let value_now = |key: &StreamKey| {
        let reading = readings.and_then(|readings| readings.streams.get(key));
        reading.map(|reading| reading.value())
    };
    let streams = notice.streams.iter().take(MOST_STREAMS);
    let streams = streams.map(|(key, value)| SimulatedStream {
        dimensions: key.dimensions.clone(),
        value: value.or_else(|| value_now(key)),
    });
    let slack = alarm.details.slack_minutes();
    TimelineEntry {
        timestamp: rfc3339(evaluated.minute * MINUTE_MS),
        timestamp_triggered: rfc3339((evaluated.minute - slack) * MINUTE_MS),
        notice_type: notice.notice_type.name(),
        from: status(notice.rule_before.is_some()),
        to: status(notice.notice_type.is_firing()),
        alarm_status: status(evaluated.step.after.is_some()),
        rule_name: rule.name.clone(),
        severity: rule.severity.clone(),
        streams_firing: evaluated.firing,
        streams: streams.collect(),
        reason: reason(alarm, rule, notice),
        notifications,
    }
}

fn reason(alarm: &Alarm, rule: &Rule, notice: &Notice) -> String {
    let query = &rule.query;
    match notice.notice_type {
        NoticeType::OkToFiring if notice.rule_before.is_some() => {
            format!("rule {} fires: {query}", rule.name)
        }
        NoticeType::OkToFiring => {
            format!(
                "{query} held for {}",
                minutes(i64::from(rule.pending_minutes))
            )
        }
        NoticeType::FiringToOk => format!("{query} does not hold any longer"),
        NoticeType::Repeat => {
            let after = alarm.details.repeat_minutes().unwrap_or_default();
            format!("fires still, {} after it was told", minutes(after))
        }
        NoticeType::Reset => format!("no value for {}", minutes(RESET_MINUTES)),
    }
}

fn minutes(count: i64) -> String {
    match count {
        1 => "1 minute".to_owned(),
        more => format!("{more} minutes"),
    }
}
