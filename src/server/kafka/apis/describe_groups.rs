//! DescribeGroups (15), versions 0 to 6.
//!
//! - Classic groups. One that is not there, or of the other kind, is Dead; from version 6 on it is refused
//!   with GROUP_ID_NOT_FOUND.
//! - Whoever may use the pool may do everything with its groups, which is what the authorized operations say.

use kafka_protocol::messages::describe_groups_response::{DescribedGroup, DescribedGroupMember};
use kafka_protocol::messages::{ApiKey, DescribeGroupsRequest, DescribeGroupsResponse, GroupId};
use kafka_protocol::protocol::StrBytes;

use super::super::super::coordinator::{ClassicDescription, ClassicMemberDescription, ErrorCode};
use super::super::registry::{Api, Call, Handled};
use super::super::shape::{Field, Kind, always, since};

pub(in super::super) const API: Api = Api {
    key: ApiKey::DescribeGroups,
    versions: 0..=6,
    shape: REQUEST,
    for_strangers: false,
    handle: |call| Box::pin(handle(call)),
};

const REQUEST: &[Field] = &[
    always(Kind::Values(&Kind::String)), // groups
    since(3, Kind::Fixed(1)),            // include authorized operations
];

/// READ, DELETE, DESCRIBE.
pub(super) const GROUP_OPERATIONS: i32 = 1 << 3 | 1 << 6 | 1 << 8;

/// The state of a group that is not there.
const DEAD: &str = "Dead";

/// The first version that says that a group is not there.
const NOT_FOUND: i16 = 6;

async fn handle(call: Call<'_>) -> Handled {
    let request: DescribeGroupsRequest = call.request()?;
    let groups = call.groups()?;
    let asked = request.groups.into_iter();
    let described = asked.map(|group| {
        let mut described = match groups.describe_classic(&group) {
            Ok(description) => describe(group, description),
            Err(error) => refuse(&call, group, error),
        };
        if request.include_authorized_operations && described.error_code == 0 {
            described.authorized_operations = GROUP_OPERATIONS;
        }
        described
    });
    call.answer(&DescribeGroupsResponse::default().with_groups(described.collect()))
}

fn describe(group: GroupId, description: ClassicDescription) -> DescribedGroup {
    let members = description.members.into_iter().map(describe_member);
    DescribedGroup::default()
        .with_group_id(group)
        .with_group_state(StrBytes::from_static_str(description.state.name()))
        .with_protocol_type(description.protocol_type.into())
        .with_protocol_data(description.protocol.into())
        .with_members(members.collect())
}

fn describe_member(member: ClassicMemberDescription) -> DescribedGroupMember {
    DescribedGroupMember::default()
        .with_member_id(member.member_id.into())
        .with_group_instance_id(member.instance_id.map(StrBytes::from))
        .with_client_id(member.client.id.into())
        .with_client_host(member.client.host.into())
        .with_member_metadata(member.metadata)
        .with_member_assignment(member.assignment)
}

fn refuse(call: &Call<'_>, group: GroupId, error: ErrorCode) -> DescribedGroup {
    let refused = DescribedGroup::default().with_group_id(group);
    let dead = StrBytes::from_static_str(DEAD);
    match error {
        ErrorCode::GroupIdNotFound if call.version() < NOT_FOUND => refused.with_group_state(dead),
        ErrorCode::GroupIdNotFound => refused
            .with_group_state(dead)
            .with_error_code(error.number())
            .with_error_message(Some(StrBytes::from_static_str(
                "the stream pool has no such classic group",
            ))),
        error => refused.with_error_code(error.number()),
    }
}
