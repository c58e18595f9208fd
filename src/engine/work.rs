//! Work requests: every change of a resource leaves one, and each has succeeded when it is there, because
//! the engine answers when the work is done.

use serde_json::{Value, json};

use super::Context;
use super::listing::{Limits, Request};
use super::ocid;
use crate::call::{ApiError, Call, Reply};
use crate::clock::rfc3339;
use crate::store::{Order, Place, PlaceValue, Session, WorkFilter, WorkRequest};

/// Most items in a page. Unconfirmed for work requests; the services' usual bounds.
const LIMITS: Limits = Limits {
    default: 100,
    most: 1000,
};

/// How every list of work requests and of their logs is sorted, unless told otherwise.
const SORTED: (&str, Order) = ("TIMEACCEPTED", Order::Descending);

/// The header that names the work request of a reply.
pub(super) const HEADER: &str = "opc-work-request-id";

/// What was done to a resource.
#[derive(Clone, Copy, Debug)]
pub(super) enum Action {
    Create,
    Update,
    Delete,
}

impl Action {
    /// The first word of an operation type, as `CREATE`.
    pub(super) fn verb(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
        }
    }

    /// What became of the resource, as `CREATED`.
    fn outcome(self) -> &'static str {
        match self {
            Self::Create => "CREATED",
            Self::Update => "UPDATED",
            Self::Delete => "DELETED",
        }
    }
}

/// The work requests of one service.
pub(super) struct WorkRequests {
    /// The first word of the service's commands, under which they are stored.
    pub service: &'static str,
    /// The type in their OCIDs.
    pub ocid_type: &'static str,
    /// The path of a resource of an entity type up to its OCID, as `/20180418/streams`.
    pub collection: fn(entity_type: &str) -> &'static str,
}

/// Work that was done.
pub(super) struct Done<'d> {
    /// What kind of change.
    pub action: Action,
    /// The change by the service's name, as `CREATE_STREAM`.
    pub operation_type: &'d str,
    /// The kind of resource by the service's name, as `stream`.
    pub entity_type: &'d str,
    /// The compartment of the resource.
    pub compartment_id: &'d str,
    /// The resource.
    pub resource_id: &'d str,
}

impl WorkRequests {
    /// Stores a work request for a change made now, and returns its OCID.
    pub(super) fn record(
        &self,
        session: &Session<'_>,
        now_ms: i64,
        done: &Done<'_>,
    ) -> Result<String, ApiError> {
        let work = WorkRequest {
            id: ocid::new(self.ocid_type),
            service: self.service.to_owned(),
            compartment_id: done.compartment_id.to_owned(),
            resource_id: done.resource_id.to_owned(),
            operation_type: done.operation_type.to_owned(),
            entity_type: done.entity_type.to_owned(),
            action_type: done.action.outcome().to_owned(),
            time_accepted_ms: now_ms,
        };
        session.insert_work_request(&work)?;
        Ok(work.id)
    }

    pub(super) fn get(&self, context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
        let work = self.find(context, call)?;
        Ok(Reply::ok(self.shown(&work)))
    }

    pub(super) fn list(&self, context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
        let request = Request::of(call, LIMITS, SORTED)?;
        let filter = WorkFilter {
            service: self.service,
            compartment_id: call.query_text("compartmentId"),
            resource_id: call.query_text("resourceId"),
            id: call.query_text("workRequestId"),
        };
        let is_narrowed =
            (filter.compartment_id, filter.resource_id, filter.id) != (None, None, None);
        if !is_narrowed {
            return Err(ApiError::missing(
                "compartmentId or workRequestId is missing: one of them tells what to list",
            ));
        }
        let (items, reply) = context.store.read(|session| {
            request.fetch(place, |order, after, limit| {
                session.work_requests(&filter, order, after, limit)
            })
        })?;
        let items: Vec<Value> = items.iter().map(|work| self.shown(work)).collect();
        Ok(Reply {
            body: Some(json!({ "items": items })),
            ..reply
        })
    }

    /// No work request has failed: what cannot be done is refused before one is made.
    pub(super) fn list_errors(
        &self,
        context: &Context<'_>,
        call: &Call,
    ) -> Result<Reply, ApiError> {
        Request::of(call, LIMITS, SORTED)?;
        self.find(context, call)?;
        Ok(Reply::ok(json!({ "items": [] })))
    }

    pub(super) fn list_logs(&self, context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
        Request::of(call, LIMITS, SORTED)?;
        let work = self.find(context, call)?;
        let entry = json!({
            "message": format!("{} of {} succeeded.", work.operation_type, work.resource_id),
            "timestamp": rfc3339(work.time_accepted_ms),
        });
        Ok(Reply::ok(json!({ "items": [entry] })))
    }

    fn find(&self, context: &Context<'_>, call: &Call) -> Result<WorkRequest, ApiError> {
        let id = call.path_value("workRequestId")?;
        let work = context
            .store
            .read(|session| session.work_request(self.service, id))?;
        work.ok_or_else(|| ApiError::not_found(format!("Unknown work request {id}")))
    }

    fn shown(&self, work: &WorkRequest) -> Value {
        let time = rfc3339(work.time_accepted_ms);
        let collection = (self.collection)(&work.entity_type);
        json!({
            "id": work.id,
            "operationType": work.operation_type,
            "status": "SUCCEEDED",
            "compartmentId": work.compartment_id,
            "resources": [{
                "entityType": work.entity_type,
                "actionType": work.action_type,
                "identifier": work.resource_id,
                "entityUri": format!("{collection}/{}", work.resource_id),
            }],
            "percentComplete": 100.0,
            "timeAccepted": time,
            "timeStarted": time,
            "timeFinished": time,
        })
    }
}

fn place(work: &WorkRequest) -> Place {
    Place {
        value: PlaceValue::Number(work.time_accepted_ms),
        id: work.id.clone(),
    }
}
