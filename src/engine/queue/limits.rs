//! What the service in the cloud refuses and this engine does only when it is strict: rates, and the number of
//! queues. Source: behaviour.md 2.1.
//!
//! A MB is 1,048,576 bytes; messages count with their custom properties. The 20 GB of a tenancy need no look of
//! their own: they are its 10 queues of 2 GB.

use super::super::Context;
use super::super::rates::{Rate, Throttled};
use super::queues::{QUEUE, queue_of_dead_letters};
use super::{Queue, limit_exceeded, measure};
use crate::api::queue::Queue as Operation;
use crate::call::{ApiError, Call};
use crate::store::Session;

/// Of each kind, for a queue.
const CALLS: Rate = Rate::per_second("requests of this kind for a queue", 1000);

const PUT: Rate = Rate::per_second("bytes put into a queue", 10 << 20);

const GOT: Rate = Rate::per_second("bytes got from a queue", 10 << 20);

/// Most queues of a tenancy.
const MOST_QUEUES: usize = 10;

impl Queue {
    /// Counts a call, unless there were too many of its kind, or too much was got. A call that waits is counted
    /// once, and what it gets in the end is not refused any more.
    pub(in super::super) fn count_call(
        &self,
        context: &Context<'_>,
        operation: Operation,
        call: &Call,
    ) -> Result<(), Throttled> {
        let (Some(rates), Some(queue_id)) = (self.strictness.rates(), call.path.get("queueId"))
        else {
            return Ok(());
        };
        let queue_id = queue_of_dead_letters(queue_id).unwrap_or_else(|| queue_id.to_owned());
        match operation {
            // It has more ways in than this one, and counts where they meet.
            Operation::PutMessages => return Ok(()),
            Operation::GetMessages => rates.take(&GOT, &queue_id, 0, context.now_ms),
            _ => Ok(()),
        }
        .and_then(|()| rates.take(&CALLS, &whom(operation, &queue_id), 1, context.now_ms))
        .inspect_err(|_| measure::record_failure(context, operation, call))
    }

    /// Counts a put, unless there were too many, or too much.
    pub(super) fn count_put(
        &self,
        queue_id: &str,
        bytes: usize,
        now_ms: i64,
    ) -> Result<(), Throttled> {
        let Some(rates) = self.strictness.rates() else {
            return Ok(());
        };
        rates.take(&CALLS, &whom(Operation::PutMessages, queue_id), 1, now_ms)?;
        rates.take(&PUT, queue_id, bytes, now_ms)
    }

    /// Counts bytes that were got.
    pub(super) fn count_got(&self, queue_id: &str, bytes: i64, now_ms: i64) {
        if let Some(rates) = self.strictness.rates() {
            rates.charge(&GOT, queue_id, usize::try_from(bytes).unwrap_or(0), now_ms);
        }
    }

    /// Refuses a queue beyond the quota of the tenancy. The status is unconfirmed.
    pub(super) fn check_quota(&self, session: &Session<'_>) -> Result<(), ApiError> {
        if !self.strictness.is_strict() {
            return Ok(());
        }
        let queues = session.resource_names(QUEUE.ocid_type, MOST_QUEUES)?;
        match queues.len() < MOST_QUEUES {
            true => Ok(()),
            false => Err(limit_exceeded(format!(
                "The tenancy has {MOST_QUEUES} queues, the most that it can have"
            ))),
        }
    }
}

/// Whose calls are counted together.
fn whom(operation: Operation, queue_id: &str) -> String {
    format!("{operation:?} {queue_id}")
}
