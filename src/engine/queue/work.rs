//! What work requests of Queue speak of.

use super::super::Context;
use super::super::work::{Action, Done, HEADER, WorkRequests};
use crate::call::{ApiError, Reply};
use crate::store::Session;

pub(super) const WORK_REQUESTS: WorkRequests = WorkRequests {
    service: "queue",
    ocid_type: "queueworkrequest",
    collection,
};

/// The changes that leave a work request.
#[derive(Clone, Copy, Debug)]
pub(super) enum Change {
    CreateQueue,
    UpdateQueue,
    DeleteQueue,
    MoveQueue,
    PurgeQueue,
    CreateConsumerGroup,
    UpdateConsumerGroup,
    DeleteConsumerGroup,
}

impl Change {
    /// Operation type, entity type and kind of change. Terraform finds the resource by the words in the entity
    /// type (behaviour.md 2.2).
    fn words(self) -> (&'static str, &'static str, Action) {
        match self {
            Self::CreateQueue => ("CREATE_QUEUE", "queue", Action::Create),
            Self::UpdateQueue => ("UPDATE_QUEUE", "queue", Action::Update),
            Self::DeleteQueue => ("DELETE_QUEUE", "queue", Action::Delete),
            Self::MoveQueue => ("MOVE_QUEUE", "queue", Action::Update),
            Self::PurgeQueue => ("PURGE_QUEUE", "queue", Action::Update),
            Self::CreateConsumerGroup => ("CREATE_CONSUMER_GROUP", "consumergroup", Action::Create),
            Self::UpdateConsumerGroup => ("UPDATE_CONSUMER_GROUP", "consumergroup", Action::Update),
            Self::DeleteConsumerGroup => ("DELETE_CONSUMER_GROUP", "consumergroup", Action::Delete),
        }
    }
}

/// Stores a work request for a change made now, and answers with it: changes of Queue bring nothing else.
pub(super) fn accepted(
    session: &Session<'_>,
    context: &Context<'_>,
    change: Change,
    (compartment_id, resource_id): (&str, &str),
) -> Result<Reply, ApiError> {
    let (operation_type, entity_type, action) = change.words();
    let done = Done {
        action,
        operation_type,
        entity_type,
        compartment_id,
        resource_id,
    };
    let work_id = WORK_REQUESTS.record(session, context.now_ms, &done)?;
    // The status is unconfirmed.
    Ok(Reply::empty(202).with_header(HEADER, work_id))
}

fn collection(entity_type: &str) -> &'static str {
    match entity_type {
        "consumergroup" => "/20210201/consumerGroups",
        _ => "/20210201/queues",
    }
}
