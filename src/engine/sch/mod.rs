//! Connector Hub: connectors that move records from a source, through tasks, to a target.
//!
//! Semantics and limits are those of the service as far as they are known (behaviour.md, section 6). What no
//! source states is marked "unconfirmed" where it is decided.
//!
//! A record goes from its source into a *stage*, where it waits for a function task or for the target, and leaves
//! with others as a *batch*. [`Engine::move_connectors`] does what the engine can do alone;
//! [`Engine::due_shipments`] hands out the batches for functions and object storage.

mod connectors;
mod details;
mod engine_targets;
mod followed_logs;
mod giving_back;
mod log_files;
mod log_filter;
mod measures;
mod metric_details;
mod metric_source;
mod metric_target;
mod movement;
mod moving;
mod object_names;
mod plugins;
mod shipments;
mod sources;
mod stages;
mod start;
mod stream_records;
mod traces;
mod unknown_keys;
mod wakening;
mod work;

use super::{Context, Engine};
use crate::api::sch::Sch as Operation;
use crate::call::{ApiError, Call, Reply};

pub use followed_logs::{FollowRequest, FollowedLogError};
pub use shipments::{Arrival, Cargo, Fault, MOST_OBJECT_SECONDS, Shipment, ShipmentId};
pub(super) use wakening::Connectors;
use work::WORK_REQUESTS;

/// Answers a call of an operation of Connector Hub.
pub(super) fn answer(
    engine: &Engine,
    context: &Context<'_>,
    operation: Operation,
    call: &Call,
) -> Result<Reply, ApiError> {
    let reply = match operation {
        Operation::GetConnectorPlugin => return plugins::get(call),
        Operation::ListConnectorPlugins => return plugins::list(call),
        Operation::GetServiceConnector => return connectors::get(context, call),
        Operation::ListServiceConnectors => return connectors::list(context, call),
        Operation::GetWorkRequest => return WORK_REQUESTS.get(context, call),
        Operation::ListWorkRequests => return WORK_REQUESTS.list(context, call),
        Operation::ListWorkRequestErrors => return WORK_REQUESTS.list_errors(context, call),
        Operation::ListWorkRequestLogs => return WORK_REQUESTS.list_logs(context, call),

        Operation::CreateServiceConnector => connectors::create(context, call),
        Operation::UpdateServiceConnector => connectors::update(context, call),
        Operation::DeleteServiceConnector => connectors::delete(context, call),
        Operation::ActivateServiceConnector => connectors::activate(context, call),
        Operation::DeactivateServiceConnector => connectors::deactivate(context, call),
        Operation::ChangeServiceConnectorCompartment => {
            connectors::change_compartment(context, call)
        }
    }?;
    engine.begin_at_the_newest(context)?;
    engine.look_at_connectors()?;
    Ok(reply)
}
