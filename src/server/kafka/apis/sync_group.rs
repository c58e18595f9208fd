//! SyncGroup (14), versions 0 to 5.
//!
//! - Answered when the leader has assigned the partitions.
//! - From version 5 on, a client tells which protocol it believes to follow, and is refused when it is wrong.

use kafka_protocol::messages::{ApiKey, SyncGroupRequest, SyncGroupResponse};
use kafka_protocol::protocol::StrBytes;

use super::super::super::coordinator::SyncRequest;
use super::super::registry::{Api, Call, Handled};
use super::super::shape::{Field, Kind, always, since};

pub(in super::super) const API: Api = Api {
    key: ApiKey::SyncGroup,
    versions: 0..=5,
    shape: REQUEST,
    for_strangers: false,
    handle: |call| Box::pin(handle(call)),
};

const REQUEST: &[Field] = &[
    always(Kind::String),   // group
    always(Kind::Fixed(4)), // generation
    always(Kind::String),   // member id
    since(3, Kind::String), // instance id
    since(5, Kind::String), // protocol type
    since(5, Kind::String), // protocol
    always(Kind::Structs(ASSIGNMENT)),
];
const ASSIGNMENT: &[Field] = &[
    always(Kind::String), // member id
    always(Kind::Bytes),  // assignment
];

async fn handle(call: Call<'_>) -> Handled {
    let request: SyncGroupRequest = call.request()?;
    let group = request.group_id.clone();
    let groups = call.groups()?;
    call.answer(&match groups.ask(&group, sync(request)).await {
        Ok(synced) => SyncGroupResponse::default()
            .with_error_code(synced.error.number())
            .with_protocol_type(synced.protocol_type.map(StrBytes::from))
            .with_protocol_name(synced.protocol.map(StrBytes::from))
            .with_assignment(synced.assignment),
        Err(error) => SyncGroupResponse::default().with_error_code(error.number()),
    })
}

fn sync(request: SyncGroupRequest) -> SyncRequest {
    let assignments = request
        .assignments
        .into_iter()
        .map(|assigned| (assigned.member_id.to_string(), assigned.assignment));
    SyncRequest {
        member_id: request.member_id.to_string(),
        instance_id: request.group_instance_id.map(|id| id.to_string()),
        generation: request.generation_id,
        protocol_type: request.protocol_type.map(|name| name.to_string()),
        protocol: request.protocol_name.map(|name| name.to_string()),
        assignments: assignments.collect(),
    }
}
