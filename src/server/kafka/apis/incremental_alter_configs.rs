//! IncrementalAlterConfigs (44), versions 0 and 1.
//!
//! - Sets single settings of a topic, or puts them back to their defaults; no setting is a list to append to.
//! - See `configs.rs` for what can be set.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::incremental_alter_configs_request::AlterableConfig;
use kafka_protocol::messages::incremental_alter_configs_response::AlterConfigsResourceResponse;
use kafka_protocol::messages::{
    ApiKey, IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse,
};

use super::super::configs::{self, Change};
use super::super::error::Refusal;
use super::super::registry::{Api, Call, Handled};
use super::super::repeats::{named_twice, repeated};
use super::super::shape::{Field, Kind, always};

pub(in super::super) const API: Api = Api {
    key: ApiKey::IncrementalAlterConfigs,
    versions: 0..=1,
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
const SETTING: &[Field] = &[
    always(Kind::String),   // name
    always(Kind::Fixed(1)), // operation
    always(Kind::String),   // value
];

const SET: i8 = 0;
const DELETE: i8 = 1;

async fn handle(call: Call<'_>) -> Handled {
    let request: IncrementalAlterConfigsRequest = call.request()?;
    let repeated = repeated(&request.resources, |resource| {
        (resource.resource_type, resource.resource_name.as_str())
    });
    let mut responses = Vec::with_capacity(request.resources.len());
    for resource in &request.resources {
        let target = (resource.resource_type, resource.resource_name.as_str());
        let changes = resource.configs.iter().map(change);
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
    call.answer(&IncrementalAlterConfigsResponse::default().with_responses(responses))
}

fn change(asked: &AlterableConfig) -> Result<Change<'_>, Refusal> {
    match asked.config_operation {
        SET => Ok(Change::Set(&asked.name, asked.value.as_deref())),
        DELETE => Ok(Change::Reset(&asked.name)),
        _ => Err(Refusal::new(
            ResponseError::InvalidConfig,
            format_args!(
                "{} is no list to append to or take from",
                asked.name.as_str()
            ),
        )),
    }
}
