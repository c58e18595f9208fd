//! AlterConfigs (33), versions 0 to 2.
//!
//! - Replaces the whole configuration of a topic: what is not given goes back to its default, which for the
//!   retention is the pool's `logRetentionHours`.
//! - See `configs.rs` for what can be set.

use kafka_protocol::messages::alter_configs_response::AlterConfigsResourceResponse;
use kafka_protocol::messages::{AlterConfigsRequest, AlterConfigsResponse, ApiKey};

use super::super::configs::{self, Change, RESET_ALL};
use super::super::registry::{Api, Call, Handled};
use super::super::repeats::{named_twice, repeated};
use super::super::shape::{Field, Kind, always};

pub(in super::super) const API: Api = Api {
    key: ApiKey::AlterConfigs,
    versions: 0..=2,
    shape: REQUEST,
    for_strangers: false,
    handle: |call| Box::pin(handle(call)),
};

const REQUEST: &[Field] = &[
    always(Kind::Structs(RESOURCE)),
    always(Kind::Fixed(1)), // validate only
];
const RESOURCE: &[Field] = &[
    always(Kind::Fixed(1)), // type
    always(Kind::String),   // name
    always(Kind::Structs(SETTING)),
];
const SETTING: &[Field] = &[always(Kind::String), always(Kind::String)];

async fn handle(call: Call<'_>) -> Handled {
    let request: AlterConfigsRequest = call.request()?;
    let repeated = repeated(&request.resources, |resource| {
        (resource.resource_type, resource.resource_name.as_str())
    });
    let mut responses = Vec::with_capacity(request.resources.len());
    for resource in &request.resources {
        let given = resource
            .configs
            .iter()
            .map(|setting| Change::Set(&setting.name, setting.value.as_deref()));
        let changes = std::iter::once(RESET_ALL).chain(given).map(Ok);
        let target = (resource.resource_type, resource.resource_name.as_str());
        let result = match repeated.contains(&target) {
            true => Err(named_twice("resource")),
            false => configs::change(&call, target, changes, request.validate_only)?,
        };
        let (code, text) = configs::outcome(&result);
        responses.push(
            AlterConfigsResourceResponse::default()
                .with_error_code(code)
                .with_error_message(text)
                .with_resource_type(resource.resource_type)
                .with_resource_name(resource.resource_name.clone()),
        );
    }
    call.answer(&AlterConfigsResponse::default().with_responses(responses))
}
