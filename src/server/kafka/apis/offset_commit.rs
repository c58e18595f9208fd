//! OffsetCommit (8), versions 2 to 9.
//!
//! - Offsets are stored when it is answered; metadata of up to 4096 characters with them.
//! - Who is not in a group may commit for one without members, with the generation -1.
//! - Offsets are kept as long as their group, which goes seven days after it was last used. The retention time
//!   of versions 2 to 4 changes nothing, as in Kafka from 2.1 on where it is the default.
//! - Version 10 stands for topic ids.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::offset_commit_request::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use kafka_protocol::messages::offset_commit_response::{
    OffsetCommitResponsePartition, OffsetCommitResponseTopic,
};
use kafka_protocol::messages::{ApiKey, OffsetCommitRequest, OffsetCommitResponse};

use super::super::super::coordinator::Commit;
use super::super::registry::{Api, Call, Handled};
use super::super::shape::{Field, Kind, always, between, since};
use super::produce::find;
use crate::engine::{CommitRefusal, NewKafkaOffset, TopicPool};

pub(in super::super) const API: Api = Api {
    key: ApiKey::OffsetCommit,
    versions: 2..=9,
    shape: REQUEST,
    for_strangers: false,
    handle: |call| Box::pin(handle(call)),
};

const REQUEST: &[Field] = &[
    always(Kind::String),          // group
    always(Kind::Fixed(4)),        // generation or member epoch
    always(Kind::String),          // member id
    since(7, Kind::String),        // instance id
    between(2, 4, Kind::Fixed(8)), // retention time
    always(Kind::Structs(TOPIC)),
];
const TOPIC: &[Field] = &[always(Kind::String), always(Kind::Structs(PARTITION))];
const PARTITION: &[Field] = &[
    always(Kind::Fixed(4)),   // number
    always(Kind::Fixed(8)),   // offset
    since(6, Kind::Fixed(4)), // leader epoch
    always(Kind::String),     // metadata
];

/// The first version whose clients know the errors of KIP-848.
const MEMBER_EPOCHS: i16 = 9;

async fn handle(call: Call<'_>) -> Handled {
    let request: OffsetCommitRequest = call.request()?;
    let groups = call.groups()?;
    let commit = Commit {
        member_id: request.member_id.to_string(),
        instance_id: request.group_instance_id.as_ref().map(ToString::to_string),
        epoch: request.generation_id_or_member_epoch,
        knows_member_epochs: call.version() >= MEMBER_EPOCHS,
    };
    let asked = request.topics.iter().flat_map(|topic| {
        let partitions = topic.partitions.iter();
        partitions.map(move |partition| (topic, partition))
    });
    // What is asked for, with its place in what is known.
    let mut known = Vec::new();
    let places: Vec<Option<usize>> = asked
        .map(|(topic, partition)| {
            known.push(new_offset(groups.pool(), topic, partition)?);
            Some(known.len() - 1)
        })
        .collect();
    let committed = groups.commit(&request.group_id, &commit, &known);
    let mut codes = places.into_iter().map(|place| match (&committed, place) {
        (Err(error), _) => error.number(),
        (Ok(outcomes), Some(place)) => outcomes.get(place).map_or(0, code_of),
        (Ok(_), None) => ResponseError::UnknownTopicOrPartition.code(),
    });
    let topics = request.topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().zip(&mut codes);
        let partitions = partitions.map(|(partition, code)| {
            OffsetCommitResponsePartition::default()
                .with_partition_index(partition.partition_index)
                .with_error_code(code)
        });
        OffsetCommitResponseTopic::default()
            .with_name(topic.name.clone())
            .with_partitions(partitions.collect())
    });
    call.answer(&OffsetCommitResponse::default().with_topics(topics.collect()))
}

/// The offset to commit; `None` when the pool has no such topic or partition.
fn new_offset(
    pool: &TopicPool,
    topic: &OffsetCommitRequestTopic,
    partition: &OffsetCommitRequestPartition,
) -> Option<NewKafkaOffset> {
    let (topic, number) = find(pool, &topic.name, partition.partition_index).ok()?;
    Some(NewKafkaOffset {
        stream_id: topic.id.clone(),
        partition: number,
        offset: partition.committed_offset,
        leader_epoch: partition.committed_leader_epoch,
        metadata: partition
            .committed_metadata
            .as_ref()
            .map_or_else(String::new, ToString::to_string),
    })
}

fn code_of(outcome: &Result<(), CommitRefusal>) -> i16 {
    match outcome {
        Ok(()) => 0,
        Err(CommitRefusal::UnknownPartition) => ResponseError::UnknownTopicOrPartition.code(),
        Err(CommitRefusal::MetadataTooLarge) => ResponseError::OffsetMetadataTooLarge.code(),
    }
}
