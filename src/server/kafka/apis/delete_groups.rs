//! DeleteGroups (42), versions 0 to 2.
//!
//! - A group goes with its offsets. One with members is refused with NON_EMPTY_GROUP. One that the request names
//!   twice is deleted once.

use kafka_protocol::messages::delete_groups_response::DeletableGroupResult;
use kafka_protocol::messages::{ApiKey, DeleteGroupsRequest, DeleteGroupsResponse};

use super::super::registry::{Api, Call, Handled};
use super::super::repeats::once_each;
use super::super::shape::{Field, Kind, always};

pub(in super::super) const API: Api = Api {
    key: ApiKey::DeleteGroups,
    versions: 0..=2,
    shape: REQUEST,
    for_strangers: false,
    handle: |call| Box::pin(handle(call)),
};

const REQUEST: &[Field] = &[always(Kind::Values(&Kind::String))]; // groups

async fn handle(call: Call<'_>) -> Handled {
    let request: DeleteGroupsRequest = call.request()?;
    let groups = call.groups()?;
    let names = once_each(&request.groups_names, |group| group.as_str());
    let deleted = names.into_iter().map(|(group, _)| {
        let code = groups.delete(group).err().map_or(0, |error| error.number());
        DeletableGroupResult::default()
            .with_group_id(group.clone())
            .with_error_code(code)
    });
    call.answer(&DeleteGroupsResponse::default().with_results(deleted.collect()))
}
