//! Notifications as they are written. Source: behaviour.md 5.6.

use ring::digest::{SHA256, digest};
use serde_json::{Map, Value, json};

use super::rules::{AlarmDetails, Rule};
use super::state::{Dimensions, Notice};
use crate::clock::rfc3339;
use crate::store::Resource;

/// The version of the format.
const VERSION: f64 = 1.5;

/// How many streams a notification shows.
const MOST_SHOWN: usize = 100;

/// A notification, and what is said of it.
pub(super) struct Message {
    pub title: String,
    json: Map<String, Value>,
    /// The lines of a mail for people: what, and its value.
    lines: Vec<(&'static str, String)>,
}

/// What a notification is about.
pub(super) struct Subject<'s> {
    pub alarm: &'s Resource<AlarmDetails>,
    pub rule: &'s Rule,
    pub notice: &'s Notice,
    /// How many streams of the alarm fire.
    pub firing: usize,
    /// When it was evaluated, in milliseconds.
    pub time_ms: i64,
}

impl Subject<'_> {
    fn status(&self) -> &'static str {
        status(self.notice.notice_type.is_firing())
    }

    /// The same for all notifications of one time of firing.
    fn dedupe_key(&self) -> String {
        let mut text = format!("{} {}", self.alarm.id, self.notice.began_minute);
        if self.alarm.details.is_split {
            for (key, _) in &self.notice.streams {
                text.push_str(&json!(key.dimensions).to_string());
                text.push_str(key.compartment_id.as_deref().unwrap_or_default());
            }
        }
        let digest = digest(&SHA256, text.as_bytes());
        let first = digest.as_ref().iter().take(16);
        first.map(|byte| format!("{byte:02x}")).collect()
    }

    /// What a text may name of it.
    fn variables(&self) -> Variables<'_> {
        let first = self.notice.streams.first();
        Variables {
            alarm: self.alarm,
            rule: self.rule,
            status: self.status(),
            dimensions: first.map(|(key, _)| &key.dimensions),
            of_notice: Some(self),
        }
    }

    fn filled_in(&self, text: &str) -> String {
        self.variables().filled_in(text)
    }

    fn variable(&self, name: &str) -> Option<String> {
        match name {
            "type" => Some(self.notice.notice_type.name().to_owned()),
            "timestamp" => Some(rfc3339(self.time_ms)),
            "metricValues" => {
                let (_, value) = self.notice.streams.first()?;
                value.map(|value| value.to_string())
            }
            _ => None,
        }
    }

    fn title(&self) -> String {
        let title = self.alarm.details.notification_title.as_ref();
        self.filled_in(title.unwrap_or(&self.alarm.name))
    }

    fn summary(&self) -> String {
        match &self.alarm.details.alarm_summary {
            Some(own) => self.filled_in(own),
            None => {
                let is_firing = self.notice.notice_type.is_firing();
                default_summary(self.alarm, self.rule, (is_firing, self.firing))
            }
        }
    }

    pub(super) fn message(&self) -> Message {
        let shown = || self.notice.streams.iter().take(MOST_SHOWN);
        let dimensions: Vec<&Dimensions> = shown().map(|(key, _)| &key.dimensions).collect();
        let measure = self.rule.measure.to_string();
        let values: Vec<Value> = shown()
            .filter_map(|(_, value)| value.as_ref())
            .map(|value| json!({ measure.as_str(): value.to_string() }))
            .collect();
        let (title, summary) = (self.title(), self.summary());
        let body = self.rule.body.as_deref().map(|body| self.filled_in(body));
        let notification_type = match self.alarm.details.is_split {
            true => "Split messages per metric stream",
            false => "Grouped messages across metric streams",
        };
        let about = json!({
            "id": self.alarm.id,
            "status": self.status(),
            "severity": self.rule.severity,
            "namespace": self.alarm.details.namespace,
            "query": self.rule.query,
            "totalMetricsFiring": self.firing,
            "dimensions": dimensions,
            "alarmUrl": format!("https://cloud.oracle.com/monitoring/alarms/{}?region=local", self.alarm.id),
            "alarmSummary": summary,
            "metricValues": values,
        });
        let fields = [
            ("dedupeKey", json!(self.dedupe_key())),
            ("title", json!(title)),
            ("body", json!(body)),
            ("type", json!(self.notice.notice_type.name())),
            ("severity", json!(self.rule.severity)),
            ("timestampEpochMillis", json!(self.time_ms)),
            ("timestamp", json!(rfc3339(self.time_ms))),
            ("alarmMetaData", json!([about])),
            ("notificationType", json!(notification_type)),
            ("version", json!(VERSION)),
        ];
        let mut lines = vec![
            ("Alarm", title.clone()),
            ("Type", self.notice.notice_type.name().to_owned()),
            ("Severity", self.rule.severity.clone()),
            ("Time", rfc3339(self.time_ms)),
            ("Summary", summary),
            ("Query", self.rule.query.clone()),
        ];
        lines.extend(body.map(|body| ("Body", body)));
        for (key, value) in shown() {
            let value = value.map_or_else(String::new, |value| format!(": {value}"));
            lines.push(("Metric", format!("{}{value}", json!(key.dimensions))));
        }
        let fields = fields.map(|(name, value)| (name.to_owned(), value));
        Message {
            title,
            json: fields.into_iter().collect(),
            lines,
        }
    }
}

/// What the texts of an alarm may name between braces. Source: the official SDK's Alarm, of the dynamic variables.
pub(super) struct Variables<'v> {
    pub alarm: &'v Resource<AlarmDetails>,
    pub rule: &'v Rule,
    pub status: &'static str,
    /// Of the first stream that it is about.
    pub dimensions: Option<&'v Dimensions>,
    /// What only a notification has.
    pub of_notice: Option<&'v Subject<'v>>,
}

impl Variables<'_> {
    /// Fills in what stands between braces; what is not known stays as it is.
    pub(super) fn filled_in(&self, text: &str) -> String {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, from)) = rest.split_once("{{") {
            filled.push_str(before);
            let (is_raw, name) = match from.strip_prefix('{') {
                Some(name) => (true, name),
                None => (false, from),
            };
            let end = if is_raw { "}}}" } else { "}}" };
            let known = name
                .split_once(end)
                .and_then(|(name, after)| Some((self.variable(name.trim())?, after)));
            match known {
                Some((value, after)) if is_raw => {
                    filled.push_str(&value);
                    rest = after;
                }
                Some((value, after)) => {
                    filled.push_str(&escaped(&value));
                    rest = after;
                }
                None => {
                    filled.push_str("{{");
                    rest = from;
                }
            }
        }
        filled.push_str(rest);
        filled
    }

    fn variable(&self, name: &str) -> Option<String> {
        if let Some(dimension) = name.strip_prefix("dimensions.") {
            return self.dimensions?.get(dimension).cloned();
        }
        match name {
            "severity" => Some(self.rule.severity.clone()),
            "query" => Some(self.rule.query.clone()),
            "namespace" => Some(self.alarm.details.namespace.clone()),
            "status" => Some(self.status.to_owned()),
            _ => self.of_notice?.variable(name),
        }
    }
}

impl Message {
    /// As a value.
    pub(super) fn into_json(self) -> Value {
        Value::Object(self.json)
    }

    /// In one line.
    pub(super) fn raw(&self) -> String {
        json!(self.json).to_string()
    }

    /// With line breaks.
    pub(super) fn pretty(&self) -> String {
        serde_json::to_string_pretty(&self.json).unwrap_or_else(|_| self.raw())
    }

    /// For people. How the service lays it out is unconfirmed.
    pub(super) fn readable(&self) -> String {
        let lines = self.lines.iter();
        let lines: Vec<String> = lines
            .map(|(what, text)| format!("{what}: {text}"))
            .collect();
        lines.join("\n")
    }
}

/// The status of what fires, or does not.
pub(super) fn status(is_firing: bool) -> &'static str {
    match is_firing {
        true => "FIRING",
        false => "OK",
    }
}

/// What is said of an alarm that says nothing of its own.
pub(super) fn default_summary(
    alarm: &Resource<AlarmDetails>,
    rule: &Rule,
    (is_firing, firing): (bool, usize),
) -> String {
    let what = match alarm.details.is_split {
        true => "the resources with dimensions listed below meet".to_owned(),
        false => format!("{firing} metrics meet"),
    };
    let minutes = match rule.pending_minutes {
        1 => "1 minute".to_owned(),
        more => format!("{more} minutes"),
    };
    format!(
        "Alarm \"{}\" is in a \"{}\" state; because {what} the trigger rule: \"{}\", with a trigger delay of \
         {minutes}",
        alarm.name,
        status(is_firing),
        rule.query
    )
}

/// A text as HTML has it.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}
