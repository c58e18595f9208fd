//! LeaveGroup (13), versions 0 to 5.
//!
//! - From version 3 on, several members may leave at a time, each with an outcome of its own; those with an
//!   instance id are removed by an administrator.
//! - The reason that a client gives, in version 5, is for the log.

use kafka_protocol::messages::leave_group_request::MemberIdentity;
use kafka_protocol::messages::leave_group_response::MemberResponse;
use kafka_protocol::messages::{ApiKey, LeaveGroupRequest, LeaveGroupResponse};
use kafka_protocol::protocol::StrBytes;

use super::super::super::coordinator::{ErrorCode, LeaveRequest, LeaveResponse, LeavingMember};
use super::super::registry::{Api, Call, Handled};
use super::super::shape::{Field, Kind, always, between, since};

pub(in super::super) const API: Api = Api {
    key: ApiKey::LeaveGroup,
    versions: 0..=5,
    shape: REQUEST,
    for_strangers: false,
    handle: |call| Box::pin(handle(call)),
};

const REQUEST: &[Field] = &[
    always(Kind::String),        // group
    between(0, 2, Kind::String), // member id
    since(3, Kind::Structs(MEMBER)),
];
const MEMBER: &[Field] = &[
    always(Kind::String),   // member id
    always(Kind::String),   // instance id
    since(5, Kind::String), // reason
];

/// The first version that names several members.
const BATCHED: i16 = 3;

async fn handle(call: Call<'_>) -> Handled {
    let request: LeaveGroupRequest = call.request()?;
    let members = match call.version() >= BATCHED {
        true => request.members.into_iter().map(leaving).collect(),
        false => vec![LeavingMember {
            member_id: request.member_id.to_string(),
            instance_id: None,
        }],
    };
    let groups = call.groups()?;
    let left = groups.ask(&request.group_id, LeaveRequest { members });
    call.answer(&match left.await {
        Ok(left) if call.version() >= BATCHED => response(left),
        Ok(left) => {
            let error = left.members.first().map_or(ErrorCode::None, |left| left.1);
            LeaveGroupResponse::default().with_error_code(error.number())
        }
        Err(error) => LeaveGroupResponse::default().with_error_code(error.number()),
    })
}

fn leaving(member: MemberIdentity) -> LeavingMember {
    if let Some(reason) = &member.reason {
        tracing::debug!(member = %member.member_id, "leaves its group: {reason}");
    }
    LeavingMember {
        member_id: member.member_id.to_string(),
        instance_id: member.group_instance_id.map(|id| id.to_string()),
    }
}

fn response(left: LeaveResponse) -> LeaveGroupResponse {
    let members = left.members.into_iter().map(|(member, error)| {
        MemberResponse::default()
            .with_member_id(member.member_id.into())
            .with_group_instance_id(member.instance_id.map(StrBytes::from))
            .with_error_code(error.number())
    });
    LeaveGroupResponse::default().with_members(members.collect())
}
