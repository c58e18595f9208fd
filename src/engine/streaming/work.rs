//! What work requests of Streaming speak of.

pub(super) use super::super::work::{Action, HEADER};
use super::super::work::{Done, WorkRequests};
use crate::call::ApiError;
use crate::store::Session;

pub(super) const WORK_REQUESTS: WorkRequests = WorkRequests {
    service: "streaming",
    ocid_type: "streamworkrequest",
    collection,
    // The service wants a compartment; an OCID that tells what is meant is enough here.
};

/// The kinds of resources that work requests of Streaming speak of.
#[derive(Clone, Copy, Debug)]
pub(super) enum Entity {
    Stream,
    StreamPool,
    ConnectHarness,
}

/// Stores a work request for a change made now, and returns its OCID.
pub(super) fn record(
    session: &Session<'_>,
    now_ms: i64,
    (action, entity): (Action, Entity),
    (compartment_id, resource_id): (&str, &str),
) -> Result<String, ApiError> {
    // Terraform finds the resource by the words in the entity type (behaviour.md 1.12).
    let entity_type = match entity {
        Entity::Stream => "stream",
        Entity::StreamPool => "stream_pool",
        Entity::ConnectHarness => "connect_harness",
    };
    let operation_type = format!("{}_{}", action.verb(), entity_type.to_uppercase());
    let done = Done {
        action,
        operation_type: &operation_type,
        entity_type,
        compartment_id,
        resource_id,
    };
    WORK_REQUESTS.record(session, now_ms, &done)
}

fn collection(entity_type: &str) -> &'static str {
    match entity_type {
        "stream_pool" => "/20180418/streampools",
        "connect_harness" => "/20180418/connectharnesses",
        _ => "/20180418/streams",
    }
}
