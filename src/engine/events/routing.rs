//! Which rules want an event, and the effects of their actions.

use serde_json::{Map, Value};

use super::super::Context;
use super::super::effects::ActionTaken;
use super::super::trace::{self, TraceParent};
use super::condition::Condition;
use super::counts;
use super::envelope::Envelope;
use super::rules::{self, Rule};
use crate::call::ApiError;
use crate::store::Session;

/// An event, as conditions see it.
pub(super) struct Event<'e> {
    envelope: &'e Envelope,
    fields: Map<String, Value>,
}

impl<'e> Event<'e> {
    pub(super) fn of(envelope: &'e Envelope) -> Self {
        Self {
            fields: envelope.to_json(),
            envelope,
        }
    }

    /// Whether a rule wants it.
    pub(super) fn is_wanted_by(&self, rule: &Rule) -> bool {
        rule.is_enabled()
            && self.is_seen_by(rule)
            && Condition::parse(&rule.details.condition)
                .is_ok_and(|condition| condition.matches(&self.fields))
    }

    /// A rule sees its compartment; one in a tenancy's root, all of it. Compartments have no children here.
    /// Source: behaviour.md 4.2.
    fn is_seen_by(&self, rule: &Rule) -> bool {
        rule.compartment_id.starts_with("ocid1.tenancy.")
            || self.envelope.compartment_id() == Some(&rule.compartment_id)
    }

    /// Why a rule does not want it.
    pub(super) fn reason_against(&self, rule: &Rule) -> String {
        if !rule.is_enabled() {
            return "the rule is off".to_owned();
        }
        if !self.is_seen_by(rule) {
            let compartment_id = self.envelope.compartment_id().unwrap_or("none");
            return format!(
                "the rule sees the compartment {}, and the event is of {compartment_id}",
                rule.compartment_id
            );
        }
        let checks = match Condition::parse(&rule.details.condition) {
            Ok(condition) => condition.check(&self.fields),
            Err(error) => return error.to_string(),
        };
        let misses = checks.iter().filter(|check| !check.matches);
        let misses = misses.map(|check| format!("{} {}", check.path, check.reason));
        misses.collect::<Vec<_>>().join("; ")
    }
}

/// Notes what the rules of the tenancy do with an event. Each action gets the envelope as it is.
pub(in crate::engine) fn hand_on(
    session: &Session<'_>,
    context: &Context<'_>,
    envelope: &Envelope,
    trace: Option<&TraceParent>,
) -> Result<(), ApiError> {
    counts::published(context, envelope);
    let rules = rules::of_tenancy(session)?;
    if rules.is_empty() {
        return Ok(());
    }
    let event = Event::of(envelope);
    let text = envelope.to_text();
    let then =
        |parent: Option<&TraceParent>, hop| trace::then(parent, session, context.now_ms, &hop);
    for rule in rules.iter().filter(|rule| event.is_wanted_by(rule)) {
        let matched = then(trace, rule.hop())?;
        counts::matched(context, rule);
        for action in &rule.details.actions {
            let begun = then(matched.as_ref(), action.hop())?;
            if !action.is_enabled {
                continue;
            }
            let taken = ActionTaken {
                rule_id: rule.id.clone(),
                action_id: action.id.clone(),
                event_id: envelope.id().to_owned(),
            };
            let effect = action.effect(&text);
            effect.note_for(taken, begun, session, context)?;
        }
    }
    Ok(())
}
