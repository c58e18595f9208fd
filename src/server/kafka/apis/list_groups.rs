//! ListGroups (16), versions 0 to 5.
//!
//! - The groups of the client's pool; from version 4 on of some states, from version 5 on of some kinds.

use kafka_protocol::messages::list_groups_response::ListedGroup;
use kafka_protocol::messages::{ApiKey, GroupId, ListGroupsRequest, ListGroupsResponse};
use kafka_protocol::protocol::StrBytes;

use super::super::super::coordinator::{GroupListing, ListFilter};
use super::super::registry::{Api, Call, Handled};
use super::super::shape::{Field, Kind, since};

pub(in super::super) const API: Api = Api {
    key: ApiKey::ListGroups,
    versions: 0..=5,
    shape: REQUEST,
    for_strangers: false,
    handle: |call| Box::pin(handle(call)),
};

const REQUEST: &[Field] = &[
    since(4, Kind::Values(&Kind::String)), // states
    since(5, Kind::Values(&Kind::String)), // kinds
];

async fn handle(call: Call<'_>) -> Handled {
    let request: ListGroupsRequest = call.request()?;
    let texts = |names: Vec<StrBytes>| names.iter().map(ToString::to_string).collect();
    let filter = ListFilter {
        states: texts(request.states_filter),
        kinds: texts(request.types_filter),
    };
    call.answer(&match call.groups()?.list(&filter) {
        Ok(groups) => {
            let groups = groups.into_iter().map(listed);
            ListGroupsResponse::default().with_groups(groups.collect())
        }
        Err(error) => ListGroupsResponse::default().with_error_code(error.number()),
    })
}

fn listed(group: GroupListing) -> ListedGroup {
    ListedGroup::default()
        .with_group_id(GroupId(group.group.into()))
        .with_protocol_type(group.protocol_type.into())
        .with_group_state(StrBytes::from_static_str(group.state.name()))
        .with_group_type(StrBytes::from_static_str(group.kind.name()))
}
