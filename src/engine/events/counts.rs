//! What Events measures: events that came, that rules wanted, and that reached the targets of actions.

use super::super::Context;
use super::super::effects::ActionTaken;
use super::super::metrics::{
    DELIVERED_EVENTS, EVENTS_DELIVERED, MATCHED_EVENTS, PUBLISHED_EVENTS, Recorder, Subject,
    UNDELIVERED_EVENTS,
};
use super::actions::Action;
use super::envelope::Envelope;
use super::rules::{RULE, Rule};
use crate::store::{Session, StoreError};

/// Counts an event, whose resource may be of any service.
pub(super) fn published(context: &Context<'_>, envelope: &Envelope) {
    let Some(compartment_id) = envelope.compartment_id() else {
        return;
    };
    let types = [("eventType", envelope.event_type())];
    let subject = Subject {
        owner: Some((context.store.tenancy_id(), compartment_id)),
        ..Subject::of(envelope.resource_id().unwrap_or_default(), context.now_ms).with(&types)
    };
    context
        .recorder
        .record(&subject, &[(&PUBLISHED_EVENTS, 1.0)]);
}

/// Counts an event that a rule wants.
pub(super) fn matched(context: &Context<'_>, rule: &Rule) {
    let names = [("resourceDisplayName", rule.name.as_str())];
    let subject = Subject::of(&rule.id, context.now_ms).with(&names);
    context.recorder.record(&subject, &[(&MATCHED_EVENTS, 1.0)]);
}

/// Counts an event that an action took to its target, or that its target refused.
pub(in crate::engine) fn count_delivery(
    session: &Session<'_>,
    (recorder, now_ms): (&Recorder, i64),
    taken: &ActionTaken,
    is_delivered: bool,
) -> Result<(), StoreError> {
    let rule: Option<Rule> = session.resource(RULE.ocid_type, &taken.rule_id)?;
    let Some(rule) = rule else {
        return Ok(());
    };
    let subject = Subject::of(&rule.id, now_ms);
    let mut actions = rule.details.actions.iter();
    // An update may have replaced it in the meantime.
    let action = actions.find(|action| action.id == taken.action_id);
    let action_type = action.map_or("", Action::type_name);
    let names = [
        ("actionType", action_type),
        ("resourceDisplayName", &rule.name),
    ];
    let metric = match is_delivered {
        true => {
            recorder.record(&subject, &[(&EVENTS_DELIVERED, 1.0)]);
            &DELIVERED_EVENTS
        }
        false => &UNDELIVERED_EVENTS,
    };
    recorder.record(&subject.with(&names), &[(metric, 1.0)]);
    Ok(())
}
