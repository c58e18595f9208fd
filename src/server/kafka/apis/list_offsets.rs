//! ListOffsets (2), versions 1 to 8.
//!
//! - Latest (-1), earliest (-2), the message with the largest time (-3, from version 7), and the earliest on
//!   this broker's disk (-4, from version 8), which is the earliest.
//! - By time: the first message appended at that time or later; offset and time -1 when there is none.
//! - Earliest heeds the topic's retention.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::list_offsets_request::ListOffsetsPartition;
use kafka_protocol::messages::list_offsets_response::{
    ListOffsetsPartitionResponse, ListOffsetsTopicResponse,
};
use kafka_protocol::messages::{ApiKey, ListOffsetsRequest, ListOffsetsResponse};

use super::super::LEADER_EPOCH;
use super::super::error::Refusal;
use super::super::registry::{Api, Call, Handled};
use super::super::shape::{Field, Kind, always, between, since};
use super::produce::find;
use crate::engine::TopicPool;
use crate::log::TimedOffset;

pub(in super::super) const API: Api = Api {
    key: ApiKey::ListOffsets,
    versions: 1..=8,
    shape: REQUEST,
    for_strangers: false,
    handle: |call| Box::pin(handle(call)),
};

const REQUEST: &[Field] = &[
    always(Kind::Fixed(4)),   // replica id
    since(2, Kind::Fixed(1)), // isolation level
    always(Kind::Structs(TOPIC)),
    since(10, Kind::Fixed(4)), // timeout
];
const TOPIC: &[Field] = &[always(Kind::String), always(Kind::Structs(PARTITION))];
const PARTITION: &[Field] = &[
    always(Kind::Fixed(4)),        // number
    since(4, Kind::Fixed(4)),      // current leader epoch
    always(Kind::Fixed(8)),        // time
    between(0, 0, Kind::Fixed(4)), // most offsets
];

const LATEST: i64 = -1;
const EARLIEST: i64 = -2;
const LARGEST_TIME: i64 = -3;
const EARLIEST_LOCAL: i64 = -4;

async fn handle(call: Call<'_>) -> Handled {
    let request: ListOffsetsRequest = call.request()?;
    let pool = call.pool()?;
    let topics = request.topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|asked| {
            let found = look_up(&call, &pool, &topic.name, asked);
            partition_response(call.version(), asked, found)
        });
        ListOffsetsTopicResponse::default()
            .with_name(topic.name.clone())
            .with_partitions(partitions.collect())
    });
    call.answer(&ListOffsetsResponse::default().with_topics(topics.collect()))
}

/// The offset asked for and its time; `None` when no message is that late.
fn look_up(
    call: &Call<'_>,
    pool: &TopicPool,
    name: &str,
    asked: &ListOffsetsPartition,
) -> Result<Option<(i64, i64)>, Refusal> {
    const NO_TIME: i64 = -1;
    let (topic, partition) = find(pool, name, asked.partition_index)?;
    check_leader_epoch(asked.current_leader_epoch)?;
    let topics = call.topics();
    Ok(match (asked.timestamp, call.version()) {
        (LATEST, _) => Some((topics.offsets(topic, partition)?.end, NO_TIME)),
        (EARLIEST, _) | (EARLIEST_LOCAL, 8..) => {
            Some((topics.offsets(topic, partition)?.start, NO_TIME))
        }
        (LARGEST_TIME, 7..) => topics.newest(topic, partition)?.map(pair),
        (time_ms @ 0.., _) => topics.offset_at_time(topic, partition, time_ms)?.map(pair),
        (time_ms, version) => {
            return Err(Refusal::new(
                ResponseError::UnsupportedVersion,
                format_args!("version {version} has no time {time_ms}"),
            ));
        }
    })
}

fn pair(found: TimedOffset) -> (i64, i64) {
    (found.offset, found.timestamp_ms)
}

/// Refuses a client that has heard of another leader than this one.
pub(super) fn check_leader_epoch(epoch: i32) -> Result<(), Refusal> {
    match epoch > LEADER_EPOCH {
        true => Err(Refusal::new(
            ResponseError::UnknownLeaderEpoch,
            "no leader had this epoch",
        )),
        false => Ok(()),
    }
}

fn partition_response(
    version: i16,
    asked: &ListOffsetsPartition,
    found: Result<Option<(i64, i64)>, Refusal>,
) -> ListOffsetsPartitionResponse {
    let response =
        ListOffsetsPartitionResponse::default().with_partition_index(asked.partition_index);
    match found {
        Ok(Some((offset, time_ms))) => response
            .with_offset(offset)
            .with_timestamp(time_ms)
            .with_leader_epoch(if version >= 4 { LEADER_EPOCH } else { -1 }),
        Ok(None) => response.with_offset(-1).with_timestamp(-1),
        Err(refusal) => response
            .with_error_code(refusal.code())
            .with_offset(-1)
            .with_timestamp(-1),
    }
}
