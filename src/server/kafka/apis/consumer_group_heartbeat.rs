//! ConsumerGroupHeartbeat (68), versions 0 and 1: the one request of members of KIP-848 groups.
//!
//! - The server assigns the partitions, by `uniform` or `range`.
//! - From version 1 on, a member brings its own id, and may subscribe to a pattern of names, which has the
//!   syntax of RE2.

use std::collections::BTreeMap;

use kafka_protocol::messages::consumer_group_heartbeat_response::{Assignment, TopicPartitions};
use kafka_protocol::messages::{
    ApiKey, ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse,
};
use kafka_protocol::protocol::StrBytes;
use uuid::Uuid;

use super::super::super::coordinator::{
    ConsumerHeartbeatRequest, ConsumerHeartbeatResponse, PartitionSet, TopicPartition,
};
use super::super::registry::{Api, Call, Handled};
use super::super::shape::{Field, Kind, always, since};

pub(in super::super) const API: Api = Api {
    key: ApiKey::ConsumerGroupHeartbeat,
    versions: 0..=1,
    shape: REQUEST,
    for_strangers: false,
    handle: |call| Box::pin(handle(call)),
};

const REQUEST: &[Field] = &[
    always(Kind::String),                // group
    always(Kind::String),                // member id
    always(Kind::Fixed(4)),              // member epoch
    always(Kind::String),                // instance id
    always(Kind::String),                // rack
    always(Kind::Fixed(4)),              // rebalance timeout
    always(Kind::Values(&Kind::String)), // topic names
    since(1, Kind::String),              // pattern of topic names
    always(Kind::String),                // assignor
    always(Kind::Structs(OWNED)),
];
const OWNED: &[Field] = &[
    always(Kind::Fixed(16)),               // topic id
    always(Kind::Values(&Kind::Fixed(4))), // partitions
];

async fn handle(call: Call<'_>) -> Handled {
    let request: ConsumerGroupHeartbeatRequest = call.request()?;
    let group = request.group_id.clone();
    let groups = call.groups()?;
    let answered = groups.ask(&group, heartbeat(&call, request)).await;
    call.answer(&match answered {
        Ok(answered) => response(answered),
        Err(error) => ConsumerGroupHeartbeatResponse::default().with_error_code(error.number()),
    })
}

fn heartbeat(call: &Call<'_>, request: ConsumerGroupHeartbeatRequest) -> ConsumerHeartbeatRequest {
    let text = |text: Option<StrBytes>| text.map(|text| text.to_string());
    let names = request.subscribed_topic_names;
    let owned = request.topic_partitions.map(|owned| {
        let topics = owned.into_iter().flat_map(|owned| {
            let topic = owned.topic_id;
            let partitions = owned.partitions.into_iter();
            partitions.map(move |partition| TopicPartition { topic, partition })
        });
        topics.collect()
    });
    ConsumerHeartbeatRequest {
        fresh_member_id: Uuid::new_v4().to_string(),
        member_id: request.member_id.to_string(),
        member_epoch: request.member_epoch,
        instance_id: text(request.instance_id),
        rack_id: text(request.rack_id),
        client: call.client(),
        rebalance_timeout_ms: Some(request.rebalance_timeout_ms).filter(|time_ms| *time_ms >= 0),
        topic_names: names.map(|names| names.iter().map(|name| name.to_string()).collect()),
        topic_pattern: text(request.subscribed_topic_regex),
        assignor: text(request.server_assignor),
        owned,
    }
}

fn response(answered: ConsumerHeartbeatResponse) -> ConsumerGroupHeartbeatResponse {
    let assignment = answered.assignment.map(|assigned| {
        let topics = by_topic(&assigned).into_iter().map(|(topic, partitions)| {
            TopicPartitions::default()
                .with_topic_id(topic)
                .with_partitions(partitions)
        });
        Assignment::default().with_topic_partitions(topics.collect())
    });
    ConsumerGroupHeartbeatResponse::default()
        .with_error_code(answered.error.number())
        .with_error_message(answered.message.map(StrBytes::from))
        .with_member_id(answered.member_id.map(StrBytes::from))
        .with_member_epoch(answered.member_epoch)
        .with_heartbeat_interval_ms(answered.heartbeat_interval_ms)
        .with_assignment(assignment)
}

/// The topics of partitions, each with the numbers of its own.
pub(super) fn by_topic(partitions: &PartitionSet) -> BTreeMap<Uuid, Vec<i32>> {
    let mut topics: BTreeMap<Uuid, Vec<i32>> = BTreeMap::new();
    for partition in partitions {
        let numbers = topics.entry(partition.topic).or_default();
        numbers.push(partition.partition);
    }
    topics
}
