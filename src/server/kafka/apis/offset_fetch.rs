//! OffsetFetch (9), versions 1 to 9.
//!
//! - Offset -1 where nothing is committed, also of groups and topics that are not known.
//! - Without topics (from version 2 on), everything that the group has committed.
//! - From version 8 on, several groups at a time; from version 9 on, a KIP-848 member is checked.
//! - There are no transactions, so that offsets are always stable (version 7).
//! - Version 10 stands for topic ids.

use std::collections::{BTreeMap, HashMap};

use kafka_protocol::messages::offset_fetch_request::OffsetFetchRequestGroup;
use kafka_protocol::messages::offset_fetch_response::{
    OffsetFetchResponseGroup, OffsetFetchResponsePartition, OffsetFetchResponsePartitions,
    OffsetFetchResponseTopic, OffsetFetchResponseTopics,
};
use kafka_protocol::messages::{ApiKey, OffsetFetchRequest, OffsetFetchResponse, TopicName};
use kafka_protocol::protocol::StrBytes;

use super::super::super::coordinator::{ErrorCode, Fetch};
use super::super::groups::PoolGroups;
use super::super::registry::{Api, Call, Handled};
use super::super::shape::{Field, Kind, always, between, since};
use crate::store::KafkaOffset;

pub(in super::super) const API: Api = Api {
    key: ApiKey::OffsetFetch,
    versions: 1..=9,
    shape: REQUEST,
    for_strangers: false,
    handle: |call| Box::pin(handle(call)),
};

const REQUEST: &[Field] = &[
    between(0, 7, Kind::String), // group
    between(0, 7, Kind::Structs(TOPIC)),
    since(8, Kind::Structs(GROUP)),
    since(7, Kind::Fixed(1)), // whether offsets must be stable
];
const GROUP: &[Field] = &[
    always(Kind::String),     // group
    since(9, Kind::String),   // member id
    since(9, Kind::Fixed(4)), // member epoch
    always(Kind::Structs(TOPIC)),
];
const TOPIC: &[Field] = &[
    always(Kind::String),
    always(Kind::Values(&Kind::Fixed(4))), // partitions
];

/// The first version that asks for several groups at a time.
const BATCHED: i16 = 8;
/// The first version that asks for all topics by naming none.
const ALL_TOPICS: i16 = 2;

/// Topics by name, each with partitions and what is committed in them.
type Committed = Vec<(TopicName, Vec<(i32, Option<KafkaOffset>)>)>;
/// Topics by name, each with partitions; `None` for all.
type Wanted = Option<Vec<(TopicName, Vec<i32>)>>;

async fn handle(call: Call<'_>) -> Handled {
    let request: OffsetFetchRequest = call.request()?;
    let groups = call.groups()?;
    if call.version() >= BATCHED {
        let asked = request.groups.into_iter();
        let answered = asked.map(|asked| answer_group(&groups, asked)).collect();
        return call.answer(&OffsetFetchResponse::default().with_groups(answered));
    }
    let topics = request.topics.map(|topics| {
        let topics = topics.into_iter();
        topics
            .map(|topic| (topic.name, topic.partition_indexes))
            .collect()
    });
    let wanted: Wanted = match call.version() >= ALL_TOPICS {
        true => topics,
        false => Some(topics.unwrap_or_default()),
    };
    let anybody = Fetch {
        member_id: None,
        epoch: -1,
    };
    call.answer(&match fetch(&groups, &request.group_id, &anybody, wanted) {
        Err(error) => OffsetFetchResponse::default().with_error_code(error.number()),
        Ok(committed) => {
            let topics = committed.into_iter().map(|(name, partitions)| {
                OffsetFetchResponseTopic::default()
                    .with_name(name)
                    .with_partitions(partitions.into_iter().map(single_partition).collect())
            });
            OffsetFetchResponse::default().with_topics(topics.collect())
        }
    })
}

fn answer_group(
    groups: &PoolGroups<'_>,
    asked: OffsetFetchRequestGroup,
) -> OffsetFetchResponseGroup {
    let fetcher = Fetch {
        member_id: asked.member_id.map(|id| id.to_string()),
        epoch: asked.member_epoch,
    };
    let wanted: Wanted = asked.topics.map(|topics| {
        let topics = topics.into_iter();
        topics
            .map(|topic| (topic.name, topic.partition_indexes))
            .collect()
    });
    let committed = fetch(groups, &asked.group_id, &fetcher, wanted);
    let response = OffsetFetchResponseGroup::default().with_group_id(asked.group_id);
    match committed {
        Err(error) => response.with_error_code(error.number()),
        Ok(committed) => {
            let topics = committed.into_iter().map(|(name, partitions)| {
                OffsetFetchResponseTopics::default()
                    .with_name(name)
                    .with_partitions(partitions.into_iter().map(partition).collect())
            });
            response.with_topics(topics.collect())
        }
    }
}

/// What a group has committed in the partitions that are wanted.
fn fetch(
    groups: &PoolGroups<'_>,
    group: &str,
    fetcher: &Fetch,
    wanted: Wanted,
) -> Result<Committed, ErrorCode> {
    let committed = groups.committed(group, fetcher)?;
    let topics = &groups.pool().topics;
    let Some(wanted) = wanted else {
        let names: HashMap<&str, &str> = topics
            .values()
            .map(|topic| (topic.id.as_str(), topic.name.as_str()))
            .collect();
        let mut by_topic: BTreeMap<&str, Vec<(i32, Option<KafkaOffset>)>> = BTreeMap::new();
        for offset in committed {
            if let Some(name) = names.get(offset.stream_id.as_str()) {
                let partition = offset.partition.cast_signed();
                by_topic
                    .entry(name)
                    .or_default()
                    .push((partition, Some(offset)));
            }
        }
        let all = by_topic.into_iter();
        return Ok(all
            .map(|(name, partitions)| {
                let name = TopicName(StrBytes::from_string(name.to_owned()));
                (name, partitions)
            })
            .collect());
    };
    let mut known: HashMap<(&str, i32), &KafkaOffset> = HashMap::new();
    for offset in &committed {
        let partition = offset.partition.cast_signed();
        known.insert((&offset.stream_id, partition), offset);
    }
    let found = wanted.into_iter().map(|(name, partitions)| {
        let stream_id = topics.get(name.as_str()).map(|topic| topic.id.as_str());
        let partitions = partitions.into_iter().map(|partition| {
            let offset = stream_id.and_then(|stream_id| known.get(&(stream_id, partition)));
            (partition, offset.map(|offset| KafkaOffset::clone(offset)))
        });
        let partitions = partitions.collect();
        (name, partitions)
    });
    Ok(found.collect())
}

fn partition((index, offset): (i32, Option<KafkaOffset>)) -> OffsetFetchResponsePartitions {
    let response = OffsetFetchResponsePartitions::default().with_partition_index(index);
    match offset {
        Some(offset) => response
            .with_committed_offset(offset.offset)
            .with_committed_leader_epoch(offset.leader_epoch)
            .with_metadata(Some(StrBytes::from_string(offset.metadata))),
        None => response
            .with_committed_offset(-1)
            .with_committed_leader_epoch(-1)
            .with_metadata(Some(StrBytes::default())),
    }
}

/// The same for a version that asks for one group.
fn single_partition(found: (i32, Option<KafkaOffset>)) -> OffsetFetchResponsePartition {
    let partition = partition(found);
    OffsetFetchResponsePartition::default()
        .with_partition_index(partition.partition_index)
        .with_committed_offset(partition.committed_offset)
        .with_committed_leader_epoch(partition.committed_leader_epoch)
        .with_metadata(partition.metadata)
}
