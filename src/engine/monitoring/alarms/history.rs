//! What an alarm's evaluations came to, as its history and its status tell it.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::super::Context;
use super::super::super::listing::{Limits, Request};
use super::evaluation::MINUTE_MS;
use super::message::{Variables, default_summary, status};
use super::rules::Rule;
use super::state::AlarmState;
use super::{ALARM, Alarm};
use crate::call::{ApiError, Call, Reply};
use crate::clock::{parse_rfc3339, rfc3339};
use crate::store::{
    AlarmEvaluation, AlarmEvaluationFilter, Order, Page, Place, PlaceValue, minute_of,
};

/// How many entries a page holds. Unconfirmed.
const LIMITS: Limits = Limits {
    default: 1000,
    most: 1000,
};

/// How many kinds of history there are.
const KINDS: i64 = HistoryType::ALL.len() as i64;

/// What is kept of an evaluation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub is_firing: bool,
    /// The name of the rule that it fires by, or else of the alarm's own.
    pub rule: String,
    pub rule_before: String,
    pub alarm_summary: String,
    /// How long before the evaluation the minute was that it looked at.
    pub slack_minutes: i64,
}

/// The kinds of history. Source: behaviour.md 5.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HistoryType {
    State,
    StateTransition,
    Rule,
    RuleTransition,
}

impl HistoryType {
    /// The order of the entries of one time; it is unconfirmed.
    const ALL: [(&str, Self); 4] = [
        ("STATE_TRANSITION_HISTORY", Self::StateTransition),
        ("STATE_HISTORY", Self::State),
        ("RULE_TRANSITION_HISTORY", Self::RuleTransition),
        ("RULE_HISTORY", Self::Rule),
    ];

    /// The one that is asked for; without one all are. Source: the official SDK's get_alarm_history.
    fn asked(call: &Call) -> Option<Self> {
        let text = call.query_text("alarmHistorytype")?;
        let mut all = Self::ALL.into_iter();
        let found = all.find(|(name, _)| name.eq_ignore_ascii_case(text));
        found.map(|(_, history_type)| history_type)
    }

    /// Whether there is such an entry of an evaluation.
    fn is_of(self, evaluation: &AlarmEvaluation<Entry>) -> bool {
        match self {
            Self::StateTransition => evaluation.changes_state,
            Self::RuleTransition => evaluation.changes_rule,
            Self::State | Self::Rule => true,
        }
    }

    /// What an entry says. The words about rules are unconfirmed.
    fn summary(self, entry: &Entry) -> String {
        match (self, entry.is_firing) {
            (Self::State, is_firing) => format!("The alarm state is {}", status(is_firing)),
            (Self::StateTransition, true) => "State transitioned from OK to Firing".to_owned(),
            (Self::StateTransition, false) => "State transitioned from Firing to OK".to_owned(),
            (Self::Rule, _) => format!("The alarm rule is {}", entry.rule),
            (Self::RuleTransition, _) => format!(
                "Rule transitioned from {} to {}",
                entry.rule_before, entry.rule
            ),
        }
    }
}

/// What is said of an alarm as it stands.
pub(super) fn summary(alarm: &Alarm, rules: &[Rule], state: &AlarmState) -> String {
    let base = rules.len().saturating_sub(1);
    let rule = rules.get(state.standing.rule.unwrap_or(base));
    let firing = state.firing().count();
    let Some(rule) = rule else {
        return String::new();
    };
    let Some(own) = &alarm.details.alarm_summary else {
        return default_summary(alarm, rule, (firing > 0, firing));
    };
    let variables = Variables {
        alarm,
        rule,
        status: status(firing > 0),
        dimensions: state.firing().next().map(|stream| &stream.key.dimensions),
        of_notice: None,
    };
    variables.filled_in(own)
}

/// One entry of a history: an evaluation, and what is told of it.
struct Told {
    evaluation: AlarmEvaluation<Entry>,
    history_type: HistoryType,
    /// Its place among all entries: the greatest first, and those of one time in their order.
    number: i64,
}

/// The history of an alarm, the latest first.
pub(in super::super) fn get_history(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let asked = HistoryType::asked(call);
    let minute = |wire| {
        let time_ms = call.query_text(wire).and_then(parse_rfc3339);
        time_ms.map(minute_of)
    };
    let filter = AlarmEvaluationFilter {
        changes_state: asked == Some(HistoryType::StateTransition),
        changes_rule: asked == Some(HistoryType::RuleTransition),
        from_minute: minute("timestampGreaterThanOrEqualTo"),
        before_minute: minute("timestampLessThan"),
    };
    let request = Request::ordered(call, LIMITS, ("timestamp", Order::Descending))?;
    context.store.read(|session| {
        let alarm: Alarm = ALARM.live(session, call.path_value("alarmId")?)?;
        let place = |one: &Told| Place {
            value: PlaceValue::Number(one.number),
            id: String::new(),
        };
        let (entries, reply) = request.fetch(place, |_, after, limit| {
            let after = match after.map(|place| &place.value) {
                Some(PlaceValue::Number(number)) => Some(*number),
                _ => None,
            };
            // The rest of a time whose first entries ended the page before comes, too.
            let before_minute = after.map(|number| number.div_euclid(KINDS) + 1);
            let filter = AlarmEvaluationFilter {
                before_minute: filter.before_minute.into_iter().chain(before_minute).min(),
                ..filter
            };
            let evaluations = session.alarm_evaluations(&alarm.id, &filter, limit + 2)?;
            let mut items: Vec<Told> = evaluations
                .into_iter()
                .flat_map(|evaluation| told_of(evaluation, asked))
                .filter(|one| after.is_none_or(|after| one.number < after))
                .collect();
            let more = items.len() > limit;
            items.truncate(limit);
            Ok(Page { items, more })
        })?;
        let entries = entries.iter().map(shown);
        let mut reply = Reply {
            body: Some(json!({
                "alarmId": alarm.id,
                "isEnabled": alarm.details.is_enabled,
                "entries": entries.collect::<Vec<_>>(),
            })),
            ..reply
        };
        // This list leads on, not back.
        reply.headers.remove("opc-prev-page");
        Ok(reply)
    })
}

/// What is told of an evaluation: what is asked for, or all there is.
fn told_of(evaluation: AlarmEvaluation<Entry>, asked: Option<HistoryType>) -> Vec<Told> {
    let last = (evaluation.minute + 1) * KINDS - 1;
    let types = (0..).zip(HistoryType::ALL.map(|(_, history_type)| history_type));
    let told = types.filter(|(_, history_type)| {
        asked.is_none_or(|asked| asked == *history_type) && history_type.is_of(&evaluation)
    });
    told.map(|(at, history_type)| Told {
        evaluation: evaluation.clone(),
        history_type,
        number: last - at,
    })
    .collect()
}

fn shown(one: &Told) -> Value {
    let entry = &one.evaluation.evaluation;
    let is_transition = matches!(
        one.history_type,
        HistoryType::StateTransition | HistoryType::RuleTransition
    );
    let minute = one.evaluation.minute;
    // Transitions only. Source: the official SDK's AlarmHistoryEntry.
    let triggered = is_transition.then(|| rfc3339((minute - entry.slack_minutes) * MINUTE_MS));
    json!({
        "alarmSummary": entry.alarm_summary,
        "summary": one.history_type.summary(entry),
        "timestamp": rfc3339(minute * MINUTE_MS),
        "timestampTriggered": triggered,
    })
}
