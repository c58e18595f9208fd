//! CreateTopics (19), versions 2 to 7.
//!
//! - Makes streams in the client's pool. Without a number of partitions (-1) or a retention they get the
//!   pool's `numPartitions` and `logRetentionHours`.
//! - `retention.ms` can be set; see `configs.rs` for the rest.
//! - Replication factors -1 and 1 to 3 are taken: the service keeps three copies whatever is asked for, and
//!   programs written for it ask for 3. Here there is one copy, which is what the answer says.
//! - Replicas can be assigned only to the one broker.
//! - A topic that the request names twice is refused once; the others are made.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::create_topics_request::CreatableTopic;
use kafka_protocol::messages::create_topics_response::{
    CreatableTopicConfigs, CreatableTopicResult,
};
use kafka_protocol::messages::{ApiKey, CreateTopicsRequest, CreateTopicsResponse};
use kafka_protocol::protocol::StrBytes;

use super::super::error::Refusal;
use super::super::registry::{Api, Call, Closing, Handled};
use super::super::repeats::{named_twice, once_each};
use super::super::shape::{Field, Kind, always};
use super::super::{BROKER_ID, configs, topic_id};
use super::metadata::is_legal;
use crate::engine::{NewTopic, TopicPool};

pub(in super::super) const API: Api = Api {
    key: ApiKey::CreateTopics,
    versions: 2..=7,
    shape: REQUEST,
    for_strangers: false,
    handle: |call| Box::pin(handle(call)),
};

const REQUEST: &[Field] = &[
    always(Kind::Structs(TOPIC)),
    always(Kind::Fixed(4)), // timeout
    always(Kind::Fixed(1)), // validate only
];
const TOPIC: &[Field] = &[
    always(Kind::String),
    always(Kind::Fixed(4)), // partitions
    always(Kind::Fixed(2)), // replication factor
    always(Kind::Structs(ASSIGNMENT)),
    always(Kind::Structs(SETTING)),
];
const ASSIGNMENT: &[Field] = &[
    always(Kind::Fixed(4)), // partition
    always(Kind::Values(&Kind::Fixed(4))),
];
const SETTING: &[Field] = &[always(Kind::String), always(Kind::String)];

/// Most partitions of a stream. Source: behaviour.md 1.1.
const MOST_PARTITIONS: i64 = 200;

async fn handle(call: Call<'_>) -> Handled {
    let request: CreateTopicsRequest = call.request()?;
    let mut results = Vec::with_capacity(request.topics.len());
    for (asked, is_repeated) in once_each(&request.topics, |topic| topic.name.as_str()) {
        let created = match is_repeated {
            true => Err(named_twice("topic")),
            false => create(&call, asked, request.validate_only)?,
        };
        results.push(match created {
            Ok(created) => created,
            Err(refusal) => CreatableTopicResult::default()
                .with_name(asked.name.clone())
                .with_error_code(refusal.code())
                .with_error_message(refusal.text()),
        });
    }
    call.answer(&CreateTopicsResponse::default().with_topics(results))
}

fn create(
    call: &Call<'_>,
    asked: &CreatableTopic,
    validate_only: bool,
) -> Result<Result<CreatableTopicResult, Refusal>, Closing> {
    let pool = call.pool()?;
    let topics = call.topics();
    let made = new_topic(&pool, asked).and_then(|new| {
        topics.check(&pool, &new)?;
        if !validate_only {
            topics.create(&pool, &new)?;
        }
        Ok(new)
    });
    let new = match made {
        Ok(new) => new,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let mut result = created(asked, &new);
    if let Some(topic) = call.pool()?.topics.get(&new.name) {
        result.topic_id = topic_id(topic);
    }
    Ok(Ok(result))
}

fn new_topic(pool: &TopicPool, asked: &CreatableTopic) -> Result<NewTopic, Refusal> {
    let refuse = |error, reason: String| Err(Refusal::new(error, reason));
    if !is_legal(&asked.name) {
        return refuse(
            ResponseError::InvalidTopicException,
            "a topic's name has 1 to 249 letters, digits, dots, underscores and hyphens".to_owned(),
        );
    }
    let partitions = match (asked.assignments.len(), asked.num_partitions) {
        (0, -1) => pool.default_partitions,
        (0, count) => i64::from(count),
        (count, -1) => {
            check_assignments(asked)?;
            i64::try_from(count).unwrap_or(i64::MAX)
        }
        _ => {
            return refuse(
                ResponseError::InvalidRequest,
                "with replicas assigned, the number of partitions must be -1".to_owned(),
            );
        }
    };
    if !(1..=MOST_PARTITIONS).contains(&partitions) {
        return refuse(
            ResponseError::InvalidPartitions,
            format!("a stream has 1 to {MOST_PARTITIONS} partitions, not {partitions}"),
        );
    }
    if !matches!(asked.replication_factor, -1 | 1..=3) {
        return refuse(
            ResponseError::InvalidReplicationFactor,
            format!(
                "the replication factor must be -1 or 1 to 3, not {}",
                asked.replication_factor
            ),
        );
    }
    let mut retention_hours = pool.default_retention_hours;
    for setting in &asked.configs {
        if let Some(hours) = configs::check(&setting.name, setting.value.as_deref())? {
            retention_hours = hours;
        }
    }
    Ok(NewTopic {
        name: asked.name.to_string(),
        partitions,
        retention_hours,
    })
}

/// Partitions 0, 1, 2 and so on, each on the one broker.
fn check_assignments(asked: &CreatableTopic) -> Result<(), Refusal> {
    let mut numbers: Vec<i32> = Vec::with_capacity(asked.assignments.len());
    let all_here = asked.assignments.iter().all(|assignment| {
        numbers.push(assignment.partition_index);
        assignment.broker_ids == [BROKER_ID]
    });
    numbers.sort_unstable();
    match all_here && numbers.iter().copied().eq(0..) {
        true => Ok(()),
        false => Err(Refusal::new(
            ResponseError::InvalidReplicaAssignment,
            format_args!(
                "replicas can be assigned for partitions 0, 1, 2 and so on, each to broker {} alone",
                BROKER_ID.0
            ),
        )),
    }
}

fn created(asked: &CreatableTopic, new: &NewTopic) -> CreatableTopicResult {
    const TOPIC_SOURCE: i8 = 1;
    const DEFAULT_SOURCE: i8 = 5;
    let settings = configs::of_topic(new.retention_hours)
        .into_iter()
        .map(|setting| {
            CreatableTopicConfigs::default()
                .with_name(StrBytes::from_static_str(setting.name))
                .with_value(Some(StrBytes::from_string(setting.value)))
                .with_read_only(setting.is_fixed)
                .with_config_source(match setting.is_fixed {
                    true => DEFAULT_SOURCE,
                    false => TOPIC_SOURCE,
                })
        });
    CreatableTopicResult::default()
        .with_name(asked.name.clone())
        .with_num_partitions(i32::try_from(new.partitions).unwrap_or(i32::MAX))
        .with_replication_factor(1)
        .with_configs(Some(settings.collect()))
}
