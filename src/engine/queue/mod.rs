//! Queue: messages that are handed to one consumer each until they are deleted, with dead letters, channels
//! and consumer groups.
//!
//! Semantics and limits are those of the service as far as they are known (behaviour.md, section 2). What no
//! source states is marked "unconfirmed" where it is decided.
//!
//! Nothing runs between calls. Whether a message is visible, in flight, a dead letter or expired follows from
//! what is stored and the time of the call; what has expired is removed by later calls, some in each.

mod address;
mod capabilities;
mod channels;
mod consumer_groups;
mod dead_letters;
mod filter;
mod gauges;
mod limits;
mod lists;
mod measure;
mod messages;
mod overview;
mod peek;
mod purge;
mod queues;
mod receipts;
mod stats;
mod sweep;
mod work;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::changes::{Attempt, Changes};
use super::{Context, Strictness};
use crate::api::queue::Queue as Operation;
use crate::call::{ApiError, Call, Reply};
use crate::store::{Store, StoreError};
use work::WORK_REQUESTS;

pub use channels::DEFAULT as DEFAULT_CHANNEL;
pub(super) use channels::check_name as check_channel;
pub(super) use gauges::{QueueGauges, gauges};
pub(super) use measure::record_failure;
pub use messages::{
    DeleteQueueMessages, Deleted, GotQueueMessages, PutQueueMessages, PutQueueResult,
    QueueBatchResult,
};
pub(super) use messages::{consume, give_back, hold};
pub(super) use overview::overview;
pub use peek::PeekedState;
pub(super) use queues::QUEUE;

/// Which messages of a queue a command on this machine is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueuePart {
    /// The queue, by OCID or name.
    pub queue: String,
    /// The consumer group, by OCID or name; the primary one where it is absent.
    pub consumer_group: Option<String>,
    /// Only this channel.
    pub channel: Option<String>,
}

/// The service.
pub(super) struct Queue {
    changes: Arc<Changes>,
    strictness: Strictness,
}

impl Queue {
    pub(super) fn new(changes: Arc<Changes>, strictness: Strictness) -> Self {
        Self {
            changes,
            strictness,
        }
    }

    /// Removes the messages of deleted queues that earlier processes did not come to.
    pub(super) fn finish_removals(&self, store: &Store) -> Result<(), StoreError> {
        let doomed = store.read(|session| session.doomed_queues())?;
        let mut doomed = doomed.into_iter();
        doomed.try_for_each(|queue_no| {
            purge::remove_all(|limit| {
                store.write(|session| session.remove_some_of_queue(queue_no, limit))
            })
        })
    }

    /// Answers one of the service's operations, for the first time or once more while the caller waits.
    pub(super) fn answer(
        &self,
        context: &Context<'_>,
        operation: Operation,
        call: &Call,
        is_first: bool,
    ) -> Result<Attempt, ApiError> {
        let reply = match operation {
            Operation::CreateQueue => self.create_queue(context, call),
            Operation::GetQueue => queues::get(context, call),
            Operation::ListQueues => queues::list(context, call),
            Operation::UpdateQueue => queues::update(context, call),
            Operation::DeleteQueue => self.delete_queue(context, call),
            Operation::ChangeQueueCompartment => queues::change_compartment(context, call),
            Operation::PurgeQueue => purge::purge(context, call),

            Operation::CreateConsumerGroup => consumer_groups::create(context, call),
            Operation::GetConsumerGroup => consumer_groups::get(context, call),
            Operation::ListConsumerGroups => consumer_groups::list(context, call),
            Operation::UpdateConsumerGroup => consumer_groups::update(context, call),
            Operation::DeleteConsumerGroup => consumer_groups::delete(context, call),

            Operation::GetWorkRequest => WORK_REQUESTS.get(context, call),
            Operation::ListWorkRequests => WORK_REQUESTS.list(context, call),
            Operation::ListWorkRequestErrors => WORK_REQUESTS.list_errors(context, call),
            Operation::ListWorkRequestLogs => WORK_REQUESTS.list_logs(context, call),

            Operation::PutMessages => self
                .put_messages(context, call, &call.typed_body()?)
                .map(|result| Reply::ok(json!(result))),
            // The one that may have to wait.
            Operation::GetMessages => {
                let attempt = self.get_messages(context, call, is_first)?;
                return Ok(attempt.map(|got| Reply::ok(json!(got))));
            }
            Operation::DeleteMessage => messages::delete(context, call),
            Operation::DeleteMessages => self
                .delete_messages(context, call, &call.typed_body()?)
                .map(|result| Reply::ok(json!(result))),
            Operation::UpdateMessage => self.update_message(context, call),
            Operation::UpdateMessages => self.update_messages(context, call),
            Operation::GetStats => stats::get(context, call),
            Operation::ListChannels => channels::list(context, call),
        }?;
        Ok(Attempt::Done(reply))
    }
}

/// Refuses a number that the service does not take.
fn check_range(
    field: &str,
    value: i64,
    range: std::ops::RangeInclusive<i64>,
) -> Result<(), ApiError> {
    match range.contains(&value) {
        true => Ok(()),
        false => Err(ApiError::invalid(format!(
            "{field} must be {} to {}, not {value}",
            range.start(),
            range.end()
        ))),
    }
}

/// 400 for more than the service keeps.
fn limit_exceeded(message: String) -> ApiError {
    ApiError::new(400, "LimitExceeded", message)
}
