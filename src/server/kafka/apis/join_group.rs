//! JoinGroup (11), versions 0 to 9.
//!
//! - Answered when the rebalance is over: when all members have joined, or the time for it is up.
//! - From version 4 on, a new member first gets its id, and joins with it (KIP-394).
//! - The reason that a client gives, from version 8 on, is for the log.

use kafka_protocol::messages::join_group_response::JoinGroupResponseMember;
use kafka_protocol::messages::{ApiKey, JoinGroupRequest, JoinGroupResponse};
use kafka_protocol::protocol::StrBytes;

use super::super::super::coordinator::{ErrorCode, JoinRequest, JoinResponse, Protocol};
use super::super::registry::{Api, Call, Handled};
use super::super::shape::{Field, Kind, always, since};

pub(in super::super) const API: Api = Api {
    key: ApiKey::JoinGroup,
    versions: 0..=9,
    shape: REQUEST,
    for_strangers: false,
    handle: |call| Box::pin(handle(call)),
};

const REQUEST: &[Field] = &[
    always(Kind::String),     // group
    always(Kind::Fixed(4)),   // session timeout
    since(1, Kind::Fixed(4)), // rebalance timeout
    always(Kind::String),     // member id
    since(5, Kind::String),   // instance id
    always(Kind::String),     // protocol type
    always(Kind::Structs(PROTOCOL)),
    since(8, Kind::String), // reason
];
const PROTOCOL: &[Field] = &[
    always(Kind::String), // name
    always(Kind::Bytes),  // metadata
];

/// The first version that has a rebalance timeout.
const REBALANCE_TIMEOUT: i16 = 1;
/// The first version whose clients join with an id that they were given.
const MEMBER_ID_REQUIRED: i16 = 4;
/// The first version that can say that there is no protocol.
const NULLABLE_PROTOCOL: i16 = 7;
/// The first version whose leaders can be told to assign nothing.
const SKIP_ASSIGNMENT: i16 = 9;

async fn handle(call: Call<'_>) -> Handled {
    let request: JoinGroupRequest = call.request()?;
    if let Some(reason) = &request.reason {
        tracing::debug!(group = %request.group_id.0, member = %request.member_id, "joins: {reason}");
    }
    let member_id = request.member_id.clone();
    let group = request.group_id.clone();
    let groups = call.groups()?;
    let joined = groups.ask(&group, join(&call, request)).await;
    call.answer(&match joined {
        Ok(joined) => response(&call, joined),
        Err(error) => refusal(&call, error, member_id),
    })
}

fn join(call: &Call<'_>, request: JoinGroupRequest) -> JoinRequest {
    let instance_id = request.group_instance_id.map(|id| id.to_string());
    let protocols = request.protocols.into_iter().map(|protocol| Protocol {
        name: protocol.name.to_string(),
        metadata: protocol.metadata,
    });
    JoinRequest {
        fresh_member_id: call.fresh_member_id(instance_id.as_deref()),
        member_id: request.member_id.to_string(),
        instance_id,
        client: call.client(),
        session_timeout_ms: request.session_timeout_ms,
        rebalance_timeout_ms: match call.version() >= REBALANCE_TIMEOUT {
            true => request.rebalance_timeout_ms,
            false => request.session_timeout_ms,
        },
        protocol_type: request.protocol_type.to_string(),
        protocols: protocols.collect(),
        member_id_required: call.version() >= MEMBER_ID_REQUIRED,
        can_skip_assignment: call.version() >= SKIP_ASSIGNMENT,
    }
}

fn response(call: &Call<'_>, joined: JoinResponse) -> JoinGroupResponse {
    let members = joined.members.into_iter().map(|member| {
        JoinGroupResponseMember::default()
            .with_member_id(member.member_id.into())
            .with_group_instance_id(member.instance_id.map(StrBytes::from))
            .with_metadata(member.metadata)
    });
    JoinGroupResponse::default()
        .with_error_code(joined.error.number())
        .with_generation_id(joined.generation)
        .with_protocol_type(joined.protocol_type.map(StrBytes::from))
        .with_protocol_name(protocol_name(call, joined.protocol))
        .with_leader(joined.leader.into())
        .with_skip_assignment(joined.skip_assignment)
        .with_member_id(joined.member_id.into())
        .with_members(members.collect())
}

fn refusal(call: &Call<'_>, error: ErrorCode, member_id: StrBytes) -> JoinGroupResponse {
    JoinGroupResponse::default()
        .with_error_code(error.number())
        .with_generation_id(-1)
        .with_protocol_name(protocol_name(call, None))
        .with_member_id(member_id)
}

fn protocol_name(call: &Call<'_>, name: Option<String>) -> Option<StrBytes> {
    let name = name.map(StrBytes::from);
    match call.version() >= NULLABLE_PROTOCOL {
        true => name,
        false => Some(name.unwrap_or_default()),
    }
}
