//! DescribeConfigs (32), versions 1 to 4.
//!
//! - Topics: the retention of the stream, and what is fixed. The broker: the pool's Kafka settings.
//! - Values are real: what is shown is what is applied.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::describe_configs_request::DescribeConfigsResource;
use kafka_protocol::messages::describe_configs_response::{
    DescribeConfigsResourceResult, DescribeConfigsResult,
};
use kafka_protocol::messages::{ApiKey, DescribeConfigsRequest, DescribeConfigsResponse};
use kafka_protocol::protocol::StrBytes;

use super::super::configs::{self, BROKER_RESOURCE, Setting, TOPIC_RESOURCE};
use super::super::error::Refusal;
use super::super::registry::{Api, Call, Handled};
use super::super::shape::{Field, Kind, always, since};
use crate::engine::TopicPool;

pub(in super::super) const API: Api = Api {
    key: ApiKey::DescribeConfigs,
    versions: 1..=4,
    shape: REQUEST,
    for_strangers: false,
    handle: |call| Box::pin(handle(call)),
};

const REQUEST: &[Field] = &[
    always(Kind::Structs(RESOURCE)),
    always(Kind::Fixed(1)),   // include synonyms
    since(3, Kind::Fixed(1)), // include documentation
];
const RESOURCE: &[Field] = &[
    always(Kind::Fixed(1)), // type
    always(Kind::String),   // name
    always(Kind::Values(&Kind::String)),
];

/// Where a value comes from: set for the topic, or the default.
const TOPIC_SOURCE: i8 = 1;
const DEFAULT_SOURCE: i8 = 5;

async fn handle(call: Call<'_>) -> Handled {
    let request: DescribeConfigsRequest = call.request()?;
    let pool = call.pool()?;
    let results = request.resources.iter().map(|resource| {
        let result = DescribeConfigsResult::default()
            .with_resource_type(resource.resource_type)
            .with_resource_name(resource.resource_name.clone());
        match settings(&pool, resource) {
            Ok(settings) => {
                let wanted = |setting: &Setting| match &resource.configuration_keys {
                    Some(keys) => keys.iter().any(|key| key.as_str() == setting.name),
                    None => true,
                };
                let shown = settings
                    .into_iter()
                    .filter(wanted)
                    .map(|setting| shown(setting, request.include_documentation));
                result.with_configs(shown.collect())
            }
            Err(refusal) => result
                .with_error_code(refusal.code())
                .with_error_message(refusal.text()),
        }
    });
    call.answer(&DescribeConfigsResponse::default().with_results(results.collect()))
}

fn settings(pool: &TopicPool, resource: &DescribeConfigsResource) -> Result<Vec<Setting>, Refusal> {
    match resource.resource_type {
        TOPIC_RESOURCE => match pool.topics.get(resource.resource_name.as_str()) {
            Some(topic) => Ok(configs::of_topic(topic.retention_hours)),
            None => Err(Refusal::unknown_topic()),
        },
        BROKER_RESOURCE => Ok(configs::of_broker(pool)),
        other => Err(Refusal::new(
            ResponseError::InvalidRequest,
            format_args!("resources of type {other} have no settings"),
        )),
    }
}

fn shown(setting: Setting, documented: bool) -> DescribeConfigsResourceResult {
    let source = match setting.is_fixed {
        true => DEFAULT_SOURCE,
        false => TOPIC_SOURCE,
    };
    let documentation = documented.then(|| StrBytes::from_static_str(setting.documentation));
    DescribeConfigsResourceResult::default()
        .with_name(StrBytes::from_static_str(setting.name))
        .with_value(Some(StrBytes::from_string(setting.value)))
        .with_read_only(setting.is_fixed)
        .with_config_source(source)
        .with_config_type(setting.kind as i8)
        .with_documentation(documentation)
}
