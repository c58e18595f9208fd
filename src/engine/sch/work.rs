//! What work requests of Connector Hub speak of.

use super::super::Context;
use super::super::work::{Action, Done, HEADER, WorkRequests};
use super::connectors::Connector;
use crate::call::{ApiError, Reply};
use crate::store::Session;

pub(super) const WORK_REQUESTS: WorkRequests = WorkRequests {
    service: "sch",
    ocid_type: "workrequest",
    collection: |_| "/20200909/serviceConnectors",
};

/// The changes that leave a work request. A move to another compartment counts as an update: there is no name
/// for it. Source: behaviour.md 6.2.
#[derive(Clone, Copy, Debug)]
pub(super) enum Change {
    Create,
    Update,
    Delete,
    Activate,
    Deactivate,
}

impl Change {
    fn words(self) -> (&'static str, Action) {
        match self {
            Self::Create => ("CREATE_SERVICE_CONNECTOR", Action::Create),
            Self::Update => ("UPDATE_SERVICE_CONNECTOR", Action::Update),
            Self::Delete => ("DELETE_SERVICE_CONNECTOR", Action::Delete),
            Self::Activate => ("ACTIVATE_SERVICE_CONNECTOR", Action::Update),
            Self::Deactivate => ("DEACTIVATE_SERVICE_CONNECTOR", Action::Update),
        }
    }
}

/// Stores a work request for a change made now, and answers with it: changes bring nothing else.
pub(super) fn accepted(
    session: &Session<'_>,
    context: &Context<'_>,
    change: Change,
    connector: &Connector,
) -> Result<Reply, ApiError> {
    let (operation_type, action) = change.words();
    let done = Done {
        action,
        operation_type,
        entity_type: "serviceconnector",
        compartment_id: &connector.compartment_id,
        resource_id: &connector.id,
    };
    let work_id = WORK_REQUESTS.record(session, context.now_ms, &done)?;
    // The status is unconfirmed.
    Ok(Reply::empty(202).with_header(HEADER, work_id))
}
