//! OffsetDelete (47), version 0.
//!
//! - Topics that a member of the group reads are refused with GROUP_SUBSCRIBED_TO_TOPIC.
//! - Deleting what was not committed is no error.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::offset_delete_request::OffsetDeleteRequestTopic;
use kafka_protocol::messages::offset_delete_response::{
    OffsetDeleteResponsePartition, OffsetDeleteResponseTopic,
};
use kafka_protocol::messages::{ApiKey, OffsetDeleteRequest, OffsetDeleteResponse};

use super::super::super::coordinator::ErrorCode;
use super::super::registry::{Api, Call, Handled};
use super::super::shape::{Field, Kind, always};
use super::produce::find;
use crate::engine::TopicPool;

pub(in super::super) const API: Api = Api {
    key: ApiKey::OffsetDelete,
    versions: 0..=0,
    shape: REQUEST,
    for_strangers: false,
    handle: |call| Box::pin(handle(call)),
};

const REQUEST: &[Field] = &[
    always(Kind::String), // group
    always(Kind::Structs(TOPIC)),
];
const TOPIC: &[Field] = &[always(Kind::String), always(Kind::Structs(PARTITION))];
const PARTITION: &[Field] = &[always(Kind::Fixed(4))];

async fn handle(call: Call<'_>) -> Handled {
    let request: OffsetDeleteRequest = call.request()?;
    let groups = call.groups()?;
    let asked = request.topics.iter();
    let known: Vec<(String, Vec<(String, u32)>)> = asked
        .map(|topic| (topic.name.to_string(), partitions(groups.pool(), topic)))
        .collect();
    let outcomes = match groups.delete_offsets(&request.group_id, &known) {
        Ok(outcomes) => outcomes,
        Err(error) => {
            return call.answer(&OffsetDeleteResponse::default().with_error_code(error.number()));
        }
    };
    let topics = request.topics.into_iter().zip(outcomes);
    let topics = topics.map(|(topic, outcome)| response(groups.pool(), topic, outcome));
    call.answer(&OffsetDeleteResponse::default().with_topics(topics.collect()))
}

/// The partitions of a topic that are there, each with its stream's OCID.
fn partitions(pool: &TopicPool, topic: &OffsetDeleteRequestTopic) -> Vec<(String, u32)> {
    let asked = topic.partitions.iter();
    let known = asked.filter_map(|partition| {
        let (topic, number) = find(pool, &topic.name, partition.partition_index).ok()?;
        Some((topic.id.clone(), number))
    });
    known.collect()
}

fn response(
    pool: &TopicPool,
    topic: OffsetDeleteRequestTopic,
    outcome: Result<(), ErrorCode>,
) -> OffsetDeleteResponseTopic {
    let partitions = topic.partitions.iter().map(|partition| {
        let index = partition.partition_index;
        let code = match outcome {
            Err(error) => error.number(),
            Ok(()) if find(pool, &topic.name, index).is_ok() => 0,
            Ok(()) => ResponseError::UnknownTopicOrPartition.code(),
        };
        OffsetDeleteResponsePartition::default()
            .with_partition_index(index)
            .with_error_code(code)
    });
    let partitions = partitions.collect();
    OffsetDeleteResponseTopic::default()
        .with_name(topic.name)
        .with_partitions(partitions)
}
