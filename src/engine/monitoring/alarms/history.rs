//! What an alarm's evaluations came to, as its history and its status tell it.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::super::Context;
use super::super::super::listing::{Limits, Request};
use super::evaluation::MINUTE_MS;
use super::message::{default_summary, status};
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
    /// By default all states, which is unconfirmed.
    fn of(call: &Call) -> Self {
        let text = call.query_text("alarmHistorytype").unwrap_or_default();
        match text.to_ascii_uppercase().as_str() {
            "STATE_TRANSITION_HISTORY" => Self::StateTransition,
            "RULE_HISTORY" => Self::Rule,
            "RULE_TRANSITION_HISTORY" => Self::RuleTransition,
            _ => Self::State,
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
    match (&alarm.details.alarm_summary, rule) {
        (Some(own), _) => own.clone(),
        (None, Some(rule)) => default_summary(alarm, rule, (firing > 0, firing)),
        (None, None) => String::new(),
    }
}

/// The history of an alarm, the latest first.
pub(in super::super) fn get_history(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let history_type = HistoryType::of(call);
    let minute = |wire| {
        let time_ms = call.query_text(wire).and_then(parse_rfc3339);
        time_ms.map(minute_of)
    };
    let filter = AlarmEvaluationFilter {
        changes_state: history_type == HistoryType::StateTransition,
        changes_rule: history_type == HistoryType::RuleTransition,
        from_minute: minute("timestampGreaterThanOrEqualTo"),
        before_minute: minute("timestampLessThan"),
    };
    let request = Request::ordered(call, LIMITS, ("timestamp", Order::Descending))?;
    context.store.read(|session| {
        let alarm: Alarm = ALARM.live(session, call.path_value("alarmId")?)?;
        let place = |one: &AlarmEvaluation<Entry>| Place {
            value: PlaceValue::Number(one.minute),
            id: String::new(),
        };
        let (entries, reply) = request.fetch(place, |_, after, limit| {
            let after = match after.map(|place| &place.value) {
                Some(PlaceValue::Number(minute)) => Some(*minute),
                _ => None,
            };
            let before_minute = filter.before_minute.into_iter().chain(after).min();
            let filter = AlarmEvaluationFilter {
                before_minute,
                ..filter
            };
            let mut items = session.alarm_evaluations(&alarm.id, &filter, limit + 1)?;
            let more = items.len() > limit;
            items.truncate(limit);
            Ok(Page { items, more })
        })?;
        let entries = entries.iter().map(|one| shown(one, history_type));
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

fn shown(one: &AlarmEvaluation<Entry>, history_type: HistoryType) -> Value {
    let entry = &one.evaluation;
    let is_transition = matches!(
        history_type,
        HistoryType::StateTransition | HistoryType::RuleTransition
    );
    // Transitions only. Source: the official SDK's AlarmHistoryEntry.
    let triggered = is_transition.then(|| rfc3339((one.minute - entry.slack_minutes) * MINUTE_MS));
    json!({
        "alarmSummary": entry.alarm_summary,
        "summary": history_type.summary(entry),
        "timestamp": rfc3339(one.minute * MINUTE_MS),
        "timestampTriggered": triggered,
    })
}
