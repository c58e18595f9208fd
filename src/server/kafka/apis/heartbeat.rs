//! Heartbeat (12), versions 0 to 4.
//!
//! - Tells a member that the group is rebalancing, by RebalanceInProgress.

use kafka_protocol::messages::{ApiKey, HeartbeatRequest, HeartbeatResponse};

use super::super::super::coordinator;
use super::super::registry::{Api, Call, Handled};
use super::super::shape::{Field, Kind, always, since};

pub(in super::super) const API: Api = Api {
    key: ApiKey::Heartbeat,
    versions: 0..=4,
    shape: REQUEST,
    for_strangers: false,
    handle: |call| Box::pin(handle(call)),
};

const REQUEST: &[Field] = &[
    always(Kind::String),   // group
    always(Kind::Fixed(4)), // generation
    always(Kind::String),   // member id
    since(3, Kind::String), // instance id
];

async fn handle(call: Call<'_>) -> Handled {
    let request: HeartbeatRequest = call.request()?;
    let heartbeat = coordinator::HeartbeatRequest {
        member_id: request.member_id.to_string(),
        instance_id: request.group_instance_id.map(|id| id.to_string()),
        generation: request.generation_id,
    };
    let answered = call.groups()?.ask(&request.group_id, heartbeat).await;
    let error = answered.unwrap_or_else(|error| error);
    call.answer(&HeartbeatResponse::default().with_error_code(error.number()))
}
