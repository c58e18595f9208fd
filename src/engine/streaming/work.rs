//! Work requests of Streaming: every change of a resource leaves one, and each has succeeded when it is
//! there, because the engine answers when the work is done.

use serde_json::{Value, json};

use super::super::Context;
use super::super::listing::{Limits, Request};
use super::super::ocid;
use crate::call::{ApiError, Call, Reply};
use crate::clock::rfc3339;
use crate::store::{Order, Place, PlaceValue, Session, WorkFilter, WorkRequest};

const SERVICE: &str = "streaming";

/// Most items in a page. Unconfirmed for work requests; the services' usual bounds.
const LIMITS: Limits = Limits {
    default: 100,
    most: 1000,
};

/// How every list of work requests and of their logs is sorted, unless told otherwise.
const SORTED: (&str, Order) = ("TIMEACCEPTED", Order::Descending);

/// What was done to a resource.
#[derive(Clone, Copy, Debug)]
pub(super) enum Action {
    Create,
    Update,
    Delete,
}

/// The kinds of resources that work requests of Streaming speak of.
#[derive(Clone, Copy, Debug)]
pub(super) enum Entity {
    Stream,
    StreamPool,
    ConnectHarness,
}

/// The header that names the work request of a reply.
pub(super) const HEADER: &str = "opc-work-request-id";

/// Stores a work request for a change made now, and returns its OCID.
pub(super) fn record(
    session: &Session<'_>,
    now_ms: i64,
    (action, entity): (Action, Entity),
    (compartment_id, resource_id): (&str, &str),
) -> Result<String, ApiError> {
    let (verb, action_type) = match action {
        Action::Create => ("CREATE", "CREATED"),
        Action::Update => ("UPDATE", "UPDATED"),
        Action::Delete => ("DELETE", "DELETED"),
    };
    // Terraform finds the resource by the words in the entity type (behaviour.md 1.12).
    let entity_type = match entity {
        Entity::Stream => "stream",
        Entity::StreamPool => "stream_pool",
        Entity::ConnectHarness => "connect_harness",
    };
    let work = WorkRequest {
        id: ocid::new("streamworkrequest"),
        service: SERVICE.to_owned(),
        compartment_id: compartment_id.to_owned(),
        resource_id: resource_id.to_owned(),
        operation_type: format!("{verb}_{}", entity_type.to_uppercase()),
        entity_type: entity_type.to_owned(),
        action_type: action_type.to_owned(),
        time_accepted_ms: now_ms,
    };
    session.insert_work_request(&work)?;
    Ok(work.id)
}

pub(super) fn get(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let work = find(context, call)?;
    Ok(Reply::ok(shown(&work)))
}

pub(super) fn list(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let request = Request::of(call, LIMITS, SORTED)?;
    let filter = WorkFilter {
        service: SERVICE,
        compartment_id: call.query_text("compartmentId"),
        resource_id: call.query_text("resourceId"),
        id: call.query_text("workRequestId"),
    };
    // The service wants a compartment; an OCID that tells what is meant is enough here.
    if (filter.compartment_id, filter.resource_id, filter.id) == (None, None, None) {
        return Err(ApiError::missing("compartmentId is missing"));
    }
    let (items, reply) = context.store.read(|session| {
        request.fetch(place, |order, after, limit| {
            session.work_requests(&filter, order, after, limit)
        })
    })?;
    let items: Vec<Value> = items.iter().map(shown).collect();
    Ok(Reply {
        body: Some(json!({ "items": items })),
        ..reply
    })
}

/// No work request has failed: what cannot be done is refused before one is made.
pub(super) fn list_errors(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    Request::of(call, LIMITS, SORTED)?;
    find(context, call)?;
    Ok(Reply::ok(json!({ "items": [] })))
}

pub(super) fn list_logs(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    Request::of(call, LIMITS, SORTED)?;
    let work = find(context, call)?;
    let entry = json!({
        "message": format!("{} of {} succeeded.", work.operation_type, work.resource_id),
        "timestamp": rfc3339(work.time_accepted_ms),
    });
    Ok(Reply::ok(json!({ "items": [entry] })))
}

fn find(context: &Context<'_>, call: &Call) -> Result<WorkRequest, ApiError> {
    let id = call.path_value("workRequestId")?;
    let work = context
        .store
        .read(|session| session.work_request(SERVICE, id))?;
    work.ok_or_else(|| ApiError::not_found(format!("Unknown work request {id}")))
}

fn place(work: &WorkRequest) -> Place {
    Place {
        value: PlaceValue::Number(work.time_accepted_ms),
        id: work.id.clone(),
    }
}

fn shown(work: &WorkRequest) -> Value {
    let time = rfc3339(work.time_accepted_ms);
    json!({
        "id": work.id,
        "operationType": work.operation_type,
        "status": "SUCCEEDED",
        "compartmentId": work.compartment_id,
        "resources": [{
            "entityType": work.entity_type,
            "actionType": work.action_type,
            "identifier": work.resource_id,
            "entityUri": entity_uri(work),
        }],
        "percentComplete": 100.0,
        "timeAccepted": time,
        "timeStarted": time,
        "timeFinished": time,
    })
}

fn entity_uri(work: &WorkRequest) -> String {
    let collection = match work.entity_type.as_str() {
        "stream_pool" => "streampools",
        "connect_harness" => "connectharnesses",
        _ => "streams",
    };
    format!("/20180418/{collection}/{}", work.resource_id)
}
