//! What Queue measures of requests for messages: of each whether it went well and how long it took, and how much was
//! put or got. What a request for its form alone is refused for comes before this, and is not counted.

use std::time::Instant;

use super::super::Context;
use super::super::metrics::{QueueOutcome, Subject};
use super::queues::{QUEUE, QueueResource, queue_of_dead_letters};
use crate::api::queue::Queue as Operation;
use crate::call::{ApiError, Call};

/// What requests of an operation are counted as; none where they are not for messages.
fn api_name(operation: Operation) -> Option<&'static str> {
    match operation {
        Operation::PutMessages => Some("PutMessages"),
        Operation::GetMessages => Some("GetMessages"),
        Operation::DeleteMessage => Some("DeleteMessage"),
        Operation::DeleteMessages => Some("DeleteMessages"),
        Operation::UpdateMessage => Some("UpdateMessage"),
        Operation::UpdateMessages => Some("UpdateMessages"),
        _ => None,
    }
}

/// Counts a request of the queue that it went to.
pub(super) fn record(
    context: &Context<'_>,
    operation: Operation,
    queue_id: &str,
    outcome: QueueOutcome,
) {
    if let Some(api_name) = api_name(operation) {
        let subject = Subject::of(queue_id, context.now_ms);
        context.recorder.queue_request(subject, api_name, outcome);
    }
}

/// Counts a request that failed, if there is such a queue.
pub(in crate::engine) fn record_failure(context: &Context<'_>, operation: Operation, call: &Call) {
    let Some(queue_id) = queue_named(call) else {
        return;
    };
    let found = context
        .store
        .read(|session| QUEUE.live(session, &queue_id))
        .map(|queue: QueueResource| queue.id);
    if let Ok(queue_id) = found {
        record(context, operation, &queue_id, QueueOutcome::Failed);
    }
}

/// Has a request answered that moves no messages, and counts it.
pub(super) fn measured<T>(
    context: &Context<'_>,
    operation: Operation,
    call: &Call,
    answer: impl FnOnce() -> Result<T, ApiError>,
) -> Result<T, ApiError> {
    let begun = Instant::now();
    let result = answer();
    match (&result, queue_named(call)) {
        (Ok(_), Some(queue_id)) => {
            let took = begun.elapsed();
            let outcome = QueueOutcome::Answered { took };
            record(context, operation, &queue_id, outcome);
        }
        _ => record_failure(context, operation, call),
    }
    result
}

/// The queue that a call names, by itself or by its dead letters.
fn queue_named(call: &Call) -> Option<String> {
    let id = call.path.get("queueId")?;
    Some(queue_of_dead_letters(id).unwrap_or_else(|| id.clone()))
}
