//! Metadata (3), versions 0 to 12.
//!
//! - The pool is the cluster, this server its one broker, and leader of every partition.
//! - A topic that is not there is made when the client and the pool's `autoCreateTopicsEnable` allow it, with
//!   the pool's `numPartitions` and `logRetentionHours`.
//! - A topic's id follows from its stream's OCID.
//! - Everything in a pool is allowed to those who may use the pool, which is what the authorized operations say.

use std::collections::BTreeMap;
use std::sync::Arc;

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::metadata_response::{
    MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use kafka_protocol::messages::{ApiKey, MetadataRequest, MetadataResponse, TopicName};
use kafka_protocol::protocol::StrBytes;
use uuid::Uuid;

use super::super::error::Refusal;
use super::super::registry::{Api, Call, Closing, Handled};
use super::super::shape::{Field, Kind, always, between, since};
use super::super::{BROKER_ID, LEADER_EPOCH, topic_id};
use crate::engine::{NewTopic, Topic, TopicPool};

pub(in super::super) const API: Api = Api {
    key: ApiKey::Metadata,
    versions: 0..=12,
    shape: REQUEST,
    for_strangers: false,
    handle: |call| Box::pin(handle(call)),
};

const REQUEST: &[Field] = &[
    always(Kind::Structs(TOPIC)),
    since(4, Kind::Fixed(1)),       // allow auto topic creation
    between(8, 10, Kind::Fixed(1)), // include cluster authorized operations
    since(8, Kind::Fixed(1)),       // include topic authorized operations
];
const TOPIC: &[Field] = &[
    since(10, Kind::Fixed(16)), // topic id
    always(Kind::String),
];

/// READ, WRITE, CREATE, DELETE, ALTER, DESCRIBE, DESCRIBE_CONFIGS, ALTER_CONFIGS.
const TOPIC_OPERATIONS: i32 = bits(&[3, 4, 5, 6, 7, 8, 10, 11]);
/// CREATE, ALTER, DESCRIBE, CLUSTER_ACTION, DESCRIBE_CONFIGS, ALTER_CONFIGS, IDEMPOTENT_WRITE.
pub(super) const CLUSTER_OPERATIONS: i32 = bits(&[5, 7, 8, 9, 10, 11, 12]);

const fn bits(places: &[u8]) -> i32 {
    match places {
        [first, rest @ ..] => 1 << *first | bits(rest),
        [] => 0,
    }
}

async fn handle(call: Call<'_>) -> Handled {
    let request: MetadataRequest = call.request()?;
    let mut pool = call.pool()?;
    if request.allow_auto_topic_creation || call.version() < 4 {
        pool = create_missing(&call, pool, request.topics.as_deref().unwrap_or_default())?;
    }
    let mut topics: Vec<MetadataResponseTopic> = match &request.topics {
        Some(asked) if !(asked.is_empty() && call.version() == 0) => asked
            .iter()
            .map(|asked| answer_topic(&pool, asked))
            .collect(),
        _ => pool.topics.values().map(|topic| known(topic)).collect(),
    };
    if request.include_topic_authorized_operations {
        for topic in topics.iter_mut().filter(|topic| topic.error_code == 0) {
            topic.topic_authorized_operations = TOPIC_OPERATIONS;
        }
    }
    let (host, port) = call.kafka.broker_address(call.connection);
    let broker = MetadataResponseBroker::default()
        .with_node_id(BROKER_ID)
        .with_host(StrBytes::from_string(host))
        .with_port(port);
    let mut response = MetadataResponse::default()
        .with_brokers(vec![broker])
        .with_cluster_id(Some(StrBytes::from_string(pool.id.clone())))
        .with_controller_id(BROKER_ID)
        .with_topics(topics);
    if request.include_cluster_authorized_operations {
        response.cluster_authorized_operations = CLUSTER_OPERATIONS;
    }
    call.answer(&response)
}

/// Makes the topics that are not there, if the pool allows it.
fn create_missing(
    call: &Call<'_>,
    pool: Arc<TopicPool>,
    asked: &[MetadataRequestTopic],
) -> Result<Arc<TopicPool>, Closing> {
    if !pool.auto_create {
        return Ok(pool);
    }
    let missing = asked
        .iter()
        .filter_map(|asked| asked.name.as_ref())
        .filter(|name| !pool.topics.contains_key(name.as_str()) && is_legal(name));
    let mut created = false;
    for name in missing {
        let new = NewTopic {
            name: name.to_string(),
            partitions: pool.default_partitions,
            retention_hours: pool.default_retention_hours,
        };
        match call.topics().create(&pool, &new) {
            // Somebody else may have made it in the meantime.
            Err(error) if error.status != 409 => return Err(error.into()),
            _ => created = true,
        }
    }
    match created {
        true => call.pool(),
        false => Ok(pool),
    }
}

/// Whether Kafka takes a name for a topic.
pub(super) fn is_legal(name: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (1..=249).contains(&name.len()) && name != "." && name != ".." && name.bytes().all(legal)
}

fn answer_topic(pool: &TopicPool, asked: &MetadataRequestTopic) -> MetadataResponseTopic {
    let found = find(&pool.topics, asked.name.as_ref(), asked.topic_id);
    let error = match (found, &asked.name) {
        (Some(topic), _) => return known(topic),
        (None, None) => ResponseError::UnknownTopicId,
        (None, Some(name)) if !is_legal(name) => ResponseError::InvalidTopicException,
        (None, Some(_)) => Refusal::unknown_topic().error,
    };
    MetadataResponseTopic::default()
        .with_error_code(error.code())
        .with_name(asked.name.clone().or_else(|| Some(TopicName::default())))
        .with_topic_id(asked.topic_id)
}

/// The topic of this name or, where no name is given, with this id.
pub(super) fn find<'t>(
    topics: &'t BTreeMap<String, Arc<Topic>>,
    name: Option<&TopicName>,
    id: Uuid,
) -> Option<&'t Arc<Topic>> {
    match name {
        Some(name) => topics.get(name.as_str()),
        None => topics.values().find(|topic| topic_id(topic) == id),
    }
}

fn known(topic: &Topic) -> MetadataResponseTopic {
    let partitions = (0..topic.partitions).map(|partition| {
        MetadataResponsePartition::default()
            .with_partition_index(partition.cast_signed())
            .with_leader_id(BROKER_ID)
            .with_leader_epoch(LEADER_EPOCH)
            .with_replica_nodes(vec![BROKER_ID])
            .with_isr_nodes(vec![BROKER_ID])
    });
    MetadataResponseTopic::default()
        .with_name(Some(TopicName(StrBytes::from_string(topic.name.clone()))))
        .with_topic_id(topic_id(topic))
        .with_partitions(partitions.collect())
}
