//! What traces tell of deliveries.

use super::super::trace::{Hop, HopKind, HopResult, TraceParent};
use super::functions::{Function, Run};
use super::{Destination, Next, Outcome, Task, attempt};
use crate::clock::rfc3339;
use crate::store::{FolderSession, StoreError, StoredDelivery};

/// What came of an attempt, and of the delivery with it.
pub(super) struct Attempted<'a> {
    pub outcome: &'a Outcome,
    pub next: Next,
    /// The number of the message in the inbox, if it was kept there.
    pub inbox_number: Option<i64>,
    /// The run of a function, with the function's OCID.
    pub run: Option<(&'a str, &'a Run)>,
}

/// Notes that a task is to be delivered, and returns where its attempts belong. It begins a trace, by the id of
/// its message, where it belongs to none.
pub(super) fn queued(
    session: &FolderSession<'_>,
    now_ms: i64,
    task: &Task,
    parent: Option<&TraceParent>,
) -> Result<TraceParent, StoreError> {
    let recipient = task.message.recipient.as_ref();
    // Only functions are called without a subscription.
    let protocol = recipient.map_or("ORACLE_FUNCTIONS", |recipient| &recipient.protocol);
    let function: Option<Function> = match &task.destination {
        Destination::Function(id) => session.function(id)?,
        _ => None,
    };
    let delivery = HopKind::Delivery {
        protocol: protocol.to_owned(),
        endpoint: task.destination.place().into_owned(),
        function_name: function.map(|function| function.name),
        subscription_id: recipient.map(|recipient| recipient.subscription_id.clone()),
    };
    let hop = Hop::new(delivery, HopResult::Queued);
    match parent {
        Some(parent) => parent.then(session, now_ms, &hop),
        None => TraceParent::begin(session, &task.message.id, now_ms, &hop),
    }
}

/// Notes what came of an attempt.
pub(super) fn attempted(
    session: &FolderSession<'_>,
    now_ms: i64,
    delivery: &StoredDelivery<Task>,
    attempted: &Attempted<'_>,
) -> Result<(), StoreError> {
    let Some(parent) = &delivery.task.trace else {
        return Ok(());
    };
    let (result, reason) = match (attempted.outcome, attempted.next) {
        (Outcome::Failed(reason), Next::At(_)) => (HopResult::Failed, Some(reason.clone())),
        (Outcome::Failed(reason), _) => (HopResult::GivenUp, Some(reason.clone())),
        (Outcome::Delivered | Outcome::KeptInInbox, _) => (HopResult::Delivered, None),
    };
    let kind = kind(attempt(delivery), attempted);
    let hop = Hop {
        kind,
        result,
        reason,
    };
    parent.then(session, now_ms, &hop)?;
    Ok(())
}

fn kind(attempt: u32, attempted: &Attempted<'_>) -> HopKind {
    if let Some(number) = attempted.inbox_number {
        return HopKind::Inbox { attempt, number };
    }
    let time_next_attempt = match attempted.next {
        Next::At(due_ms) => Some(rfc3339(due_ms)),
        Next::Done | Next::GivenUp => None,
    };
    match attempted.run {
        None => HopKind::Attempt {
            attempt,
            time_next_attempt,
        },
        Some((function_id, run)) => HopKind::Function {
            attempt,
            function_id: function_id.to_owned(),
            call_id: run.call_id.clone(),
            status: run.status,
            duration_in_ms: run.duration_ms,
            time_next_attempt,
        },
    }
}

/// Notes that a delivery is not made any more.
pub(super) fn dropped(
    session: &FolderSession<'_>,
    now_ms: i64,
    delivery: &StoredDelivery<Task>,
    reason: &str,
) -> Result<(), StoreError> {
    let Some(parent) = &delivery.task.trace else {
        return Ok(());
    };
    let next = HopKind::Attempt {
        attempt: attempt(delivery),
        time_next_attempt: None,
    };
    parent.then(
        session,
        now_ms,
        &Hop::short(next, HopResult::Dropped, reason),
    )?;
    Ok(())
}
