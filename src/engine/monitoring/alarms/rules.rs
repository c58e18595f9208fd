//! What an alarm is: its fields as they are stored and shown, and the rules that follow from them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::super::super::ons::TOPIC;
use super::super::super::resource::{Tags, check_text};
use super::super::super::streaming::STREAM;
use super::super::mql::{self, Comparison, Expression, Predicate, Statistic};
use super::super::post::check_name;
use super::duration;
use crate::call::ApiError;
use crate::clock::{parse_rfc3339, rfc3339};

// Source of the limits and defaults: behaviour.md 5.4.
const SEVERITIES: [&str; 4] = ["CRITICAL", "ERROR", "WARNING", "INFO"];
const RESOLUTION: &str = "1m";
const HOUR_MINUTES: i64 = 60;
const DAY_MINUTES: i64 = 24 * HOUR_MINUTES;
const MOST_TITLE_CHARS: usize = 250;

/// Most overrides of an alarm. Unconfirmed.
const MOST_OVERRIDES: usize = 20;

/// How topics show notifications.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum MessageFormat {
    #[default]
    Raw,
    PrettyJson,
    OnsOptimized,
}

/// A time in which an alarm is quiet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Suppression {
    description: Option<String>,
    time_suppress_from: String,
    time_suppress_until: String,
}

impl Suppression {
    /// Whether the alarm is quiet at this time.
    pub(super) fn covers(&self, time_ms: i64) -> bool {
        let from_ms = parse_rfc3339(&self.time_suppress_from);
        let until_ms = parse_rfc3339(&self.time_suppress_until);
        from_ms.is_some_and(|from_ms| from_ms <= time_ms)
            && until_ms.is_some_and(|until_ms| time_ms < until_ms)
    }

    /// The same with its times as the service writes them, unless they make no sense.
    fn checked(self) -> Result<Self, ApiError> {
        let (from_ms, until_ms) = check_times(&self.time_suppress_from, &self.time_suppress_until)?;
        Ok(Self {
            description: self.description,
            time_suppress_from: rfc3339(from_ms),
            time_suppress_until: rfc3339(until_ms),
        })
    }
}

/// The begin and the end of a suppression.
pub(super) fn check_times(from: &str, until: &str) -> Result<(i64, i64), ApiError> {
    let time = |what: &str, text: &str| {
        let wrong = || ApiError::invalid(format!("{what} must be an RFC 3339 time, not {text}"));
        parse_rfc3339(text).ok_or_else(wrong)
    };
    let from_ms = time("timeSuppressFrom", from)?;
    let until_ms = time("timeSuppressUntil", until)?;
    match from_ms < until_ms {
        true => Ok((from_ms, until_ms)),
        false => Err(ApiError::invalid(format!(
            "timeSuppressFrom {from} must be before timeSuppressUntil {until}"
        ))),
    }
}

/// What a rule tried before the alarm's own has of its own; the rest is the alarm's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Override {
    rule_name: Option<String>,
    pending_duration: Option<String>,
    severity: Option<String>,
    body: Option<String>,
    query: Option<String>,
}

/// What only alarms have, as requests and replies write it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AlarmDetails {
    pub metric_compartment_id: String,
    #[serde(default)]
    pub metric_compartment_id_in_subtree: bool,
    pub namespace: String,
    pub resource_group: Option<String>,
    pub query: String,
    #[serde(default = "default_resolution")]
    resolution: String,
    #[serde(default = "default_pending_duration")]
    pending_duration: String,
    pub severity: String,
    pub body: Option<String>,
    #[serde(default, rename = "isNotificationsPerMetricDimensionEnabled")]
    pub is_split: bool,
    #[serde(default)]
    pub message_format: MessageFormat,
    pub destinations: Vec<String>,
    repeat_notification_duration: Option<String>,
    pub suppression: Option<Suppression>,
    pub is_enabled: bool,
    #[serde(default)]
    freeform_tags: Tags,
    #[serde(default)]
    defined_tags: Tags,
    #[serde(default)]
    overrides: Vec<Override>,
    #[serde(default = "default_rule_name")]
    pub rule_name: String,
    notification_version: Option<String>,
    pub notification_title: Option<String>,
    #[serde(default = "default_slack_duration")]
    evaluation_slack_duration: String,
    pub alarm_summary: Option<String>,
    /// When it was changed, in milliseconds. A request does not say.
    #[serde(default)]
    pub time_updated_ms: i64,
}

fn default_resolution() -> String {
    RESOLUTION.to_owned()
}

fn default_pending_duration() -> String {
    "PT1M".to_owned()
}

fn default_slack_duration() -> String {
    "PT3M".to_owned()
}

fn default_rule_name() -> String {
    "BASE".to_owned()
}

/// A rule as it is evaluated.
pub(super) struct Rule {
    pub name: String,
    pub severity: String,
    pub body: Option<String>,
    /// As it was written.
    pub query: String,
    /// The streams, and the minutes, for which it fires.
    pub condition: Expression,
    /// Those that there are values for.
    pub measure: Expression,
    pub pending_minutes: u32,
}

impl AlarmDetails {
    /// The details that a request describes.
    pub(super) fn read(body: Option<&Value>, tenancy_id: &str) -> Result<Self, ApiError> {
        Self::from_fields(fields(body), tenancy_id)
    }

    /// These details with what a request says anew.
    pub(super) fn changed(&self, body: Option<&Value>, tenancy_id: &str) -> Result<Self, ApiError> {
        let stored = serde_json::to_value(self).unwrap_or_default();
        let mut all = fields(Some(&stored));
        all.extend(fields(body));
        Self::from_fields(all, tenancy_id)
    }

    fn from_fields(fields: Map<String, Value>, tenancy_id: &str) -> Result<Self, ApiError> {
        let details = Self::deserialize(Value::Object(fields));
        let mut details = details
            .map_err(|error| ApiError::invalid(format!("Unable to parse JSON body: {error}")))?;
        details.severity = severity("severity", &details.severity)?;
        for one in &mut details.overrides {
            if let Some(text) = &one.severity {
                one.severity = Some(severity("overrides.severity", text)?);
            }
        }
        details.suppression = match details.suppression.take() {
            Some(suppression) => Some(suppression.checked()?),
            None => None,
        };
        details.check(tenancy_id)?;
        Ok(details)
    }

    fn check(&self, tenancy_id: &str) -> Result<(), ApiError> {
        check_text("metricCompartmentId", &self.metric_compartment_id)?;
        // No metric has another namespace or group.
        check_name("namespace", &self.namespace, "_").map_err(ApiError::invalid)?;
        if let Some(group) = &self.resource_group {
            check_name("resourceGroup", group, "._-$").map_err(ApiError::invalid)?;
        }
        if self.metric_compartment_id_in_subtree && self.metric_compartment_id != tenancy_id {
            return Err(ApiError::invalid(format!(
                "metricCompartmentIdInSubtree can be true only when metricCompartmentId is the tenancy's, \
                 {tenancy_id}"
            )));
        }
        if self.resolution != RESOLUTION {
            return Err(ApiError::invalid(format!(
                "resolution of an alarm must be {RESOLUTION}, not {}",
                self.resolution
            )));
        }
        let slack = &self.evaluation_slack_duration;
        check_duration("evaluationSlackDuration", slack, SLACK)?;
        if let Some(repeat) = &self.repeat_notification_duration {
            check_duration("repeatNotificationDuration", repeat, REPEAT)?;
        }
        self.check_notifications()?;
        self.check_destinations()?;
        self.rules().map(|_| ())
    }

    fn check_notifications(&self) -> Result<(), ApiError> {
        let title = self.notification_title.as_deref().unwrap_or_default();
        let chars = title.chars().count();
        if chars > MOST_TITLE_CHARS {
            return Err(ApiError::invalid(format!(
                "notificationTitle has {chars} characters; at most {MOST_TITLE_CHARS} are allowed"
            )));
        }
        // The one that there is.
        match self.notification_version.as_deref() {
            None | Some("1.X") => Ok(()),
            Some(other) => Err(ApiError::invalid(format!(
                "notificationVersion must be 1.X, not {other}"
            ))),
        }
    }

    /// At most one topic and one stream. Whether there are such is not asked: they may come.
    fn check_destinations(&self) -> Result<(), ApiError> {
        for kind in [TOPIC, STREAM] {
            let of_kind = |id: &&String| is_of_type(id, kind.ocid_type);
            let found = self.destinations.iter().filter(of_kind).count();
            if found > 1 {
                return Err(ApiError::invalid(format!(
                    "destinations has {found} OCIDs of a {}; at most one is allowed",
                    kind.noun
                )));
            }
        }
        if self.destinations.is_empty() {
            return Err(ApiError::invalid(
                "destinations must have the OCID of a topic, a stream or one of each",
            ));
        }
        let mut others = self.destinations.iter();
        match others.find(|id| !is_topic(id) && !is_stream(id)) {
            None => Ok(()),
            Some(other) => Err(ApiError::invalid(format!(
                "destinations must be OCIDs of a topic or a stream, not {other}"
            ))),
        }
    }

    /// The rules in the order in which they are tried: the overrides, and the alarm's own.
    pub(super) fn rules(&self) -> Result<Vec<Rule>, ApiError> {
        if self.overrides.len() > MOST_OVERRIDES {
            return Err(ApiError::invalid(format!(
                "overrides has {} rules; at most {MOST_OVERRIDES} are allowed",
                self.overrides.len()
            )));
        }
        let own = Override {
            rule_name: Some(self.rule_name.clone()),
            pending_duration: None,
            severity: None,
            body: None,
            query: None,
        };
        let all = self.overrides.iter().chain([&own]);
        let rules: Vec<Rule> = all
            .map(|one| self.rule(one))
            .collect::<Result<_, ApiError>>()?;
        for (index, rule) in rules.iter().enumerate() {
            if rules
                .iter()
                .skip(index + 1)
                .any(|other| other.name == rule.name)
            {
                return Err(ApiError::invalid(format!(
                    "ruleName {} is that of several rules; each must have its own",
                    rule.name
                )));
            }
        }
        Ok(rules)
    }

    fn rule(&self, own: &Override) -> Result<Rule, ApiError> {
        let name = own.rule_name.clone();
        let name = name.ok_or_else(|| ApiError::missing("overrides.ruleName is missing"))?;
        check_text("ruleName", &name)?;
        let query = own.query.as_ref().unwrap_or(&self.query);
        let pending = own.pending_duration.as_ref();
        let pending = pending.unwrap_or(&self.pending_duration);
        let pending_minutes = check_duration("pendingDuration", pending, PENDING)?;
        let parsed = mql::parse(query)
            // The query with its caret stands on lines of its own.
            .map_err(|error| ApiError::invalid(format!("query cannot be read: {error}")))?;
        let Some((condition, measure)) = parted(&parsed) else {
            return Err(ApiError::invalid(format!(
                "query must say when the alarm fires, as {query} > 80 or with absent(): {query}"
            )));
        };
        Ok(Rule {
            name,
            severity: own.severity.as_ref().unwrap_or(&self.severity).clone(),
            body: own.body.as_ref().or(self.body.as_ref()).cloned(),
            query: query.clone(),
            condition,
            measure,
            pending_minutes: u32::try_from(pending_minutes).unwrap_or(u32::MAX),
        })
    }

    /// The severity of a rule, by its number; the alarm's own where none is named.
    pub(super) fn severity_of(&self, rule: Option<usize>) -> &str {
        let named = rule.and_then(|rule| self.overrides.get(rule));
        let own = named.and_then(|named| named.severity.as_deref());
        own.unwrap_or(&self.severity)
    }

    /// How long data may be late, in minutes: an evaluation looks at a minute so long before it.
    pub(super) fn slack_minutes(&self) -> i64 {
        duration::minutes(&self.evaluation_slack_duration).unwrap_or_default()
    }

    /// After how many minutes a notification is repeated, if it is.
    pub(super) fn repeat_minutes(&self) -> Option<i64> {
        duration::minutes(self.repeat_notification_duration.as_deref()?)
    }

    /// Whether an alarm with these details watches the same as this one, in the same way.
    pub(super) fn watches_as(&self, other: &Self) -> bool {
        let watched = |one: &Self| {
            let overrides = one.overrides.iter();
            let queries = overrides.map(|own| own.query.as_ref().unwrap_or(&one.query).clone());
            (
                one.metric_compartment_id.clone(),
                one.metric_compartment_id_in_subtree,
                one.namespace.clone(),
                one.resource_group.clone(),
                one.query.clone(),
                queries.collect::<Vec<_>>(),
                one.is_enabled,
            )
        };
        watched(self) == watched(other)
    }
}

/// The fields of an object that say something.
fn fields(body: Option<&Value>) -> Map<String, Value> {
    let fields = body.and_then(Value::as_object).into_iter().flatten();
    let said = fields.filter(|(_, value)| !value.is_null());
    said.map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// The severity as it is written.
fn severity(what: &str, text: &str) -> Result<String, ApiError> {
    let upper = text.to_ascii_uppercase();
    match SEVERITIES.contains(&upper.as_str()) {
        true => Ok(upper),
        false => Err(ApiError::invalid(format!(
            "{what} must be one of {}, not {text}",
            SEVERITIES.join(", ")
        ))),
    }
}

/// How severe something is; the most severe comes first.
pub(super) fn severity_rank(severity: &str) -> i64 {
    let found = SEVERITIES.iter().position(|one| *one == severity);
    found
        .and_then(|rank| i64::try_from(rank).ok())
        .unwrap_or(i64::MAX)
}

/// What a duration may be: the shortest and the longest in minutes, and how they are written.
type Bounds = (i64, i64, &'static str);

const PENDING: Bounds = (1, HOUR_MINUTES, "PT1M to PT1H");
const REPEAT: Bounds = (1, 30 * DAY_MINUTES, "PT1M to P30D");
const SLACK: Bounds = (3, 2 * HOUR_MINUTES, "PT3M to PT2H");

fn check_duration(what: &str, text: &str, (least, most, bounds): Bounds) -> Result<i64, ApiError> {
    duration::minutes(text)
        .filter(|minutes| (least..=most).contains(minutes))
        .ok_or_else(|| {
            ApiError::invalid(format!(
                "{what} must be {bounds} in whole minutes, not {text}"
            ))
        })
}

fn is_of_type(id: &str, ocid_type: &str) -> bool {
    id.strip_prefix("ocid1.")
        .and_then(|rest| rest.strip_prefix(ocid_type))
        .is_some_and(|rest| rest.starts_with('.'))
}

/// Whether an OCID is of a topic.
pub(super) fn is_topic(id: &str) -> bool {
    is_of_type(id, TOPIC.ocid_type)
}

/// Whether an OCID is of a stream.
pub(super) fn is_stream(id: &str) -> bool {
    is_of_type(id, STREAM.ocid_type)
}

/// When a query fires, and what it measures: the query without what it compares with. None where it does not
/// compare, and where a part of a joined one does not.
fn parted(query: &Expression) -> Option<(Expression, Expression)> {
    match query {
        Expression::Filtered(inner, _) => Some((query.clone(), (**inner).clone())),
        Expression::Joined(left, join, right) => {
            let (left, left_measure) = parted(left)?;
            let (right, right_measure) = parted(right)?;
            let joined = |left, right| Expression::Joined(Box::new(left), *join, Box::new(right));
            Some((joined(left, right), joined(left_measure, right_measure)))
        }
        Expression::Metric(metric) => absence(query, &metric.statistic),
        Expression::Nested(nested) => absence(query, &nested.statistic),
        Expression::Number(_) | Expression::Arithmetic(..) => None,
    }
}

/// Absence is a condition by itself: it comes to 1 where there is nothing.
fn absence(query: &Expression, statistic: &Statistic) -> Option<(Expression, Expression)> {
    let Statistic::Absent(_) = statistic else {
        return None;
    };
    let is_absent = Predicate::Compared(Comparison::Equal, 1.0);
    let condition = Expression::Filtered(Box::new(query.clone()), is_absent);
    Some((condition, query.clone()))
}
