//! DeleteRecords (21), versions 0 to 2.
//!
//! - Lets go of the messages before an offset, for REST readers as well; -1 stands for all there are.
//! - The answer has the first offset that is left.

use kafka_protocol::messages::delete_records_request::DeleteRecordsPartition;
use kafka_protocol::messages::delete_records_response::{
    DeleteRecordsPartitionResult, DeleteRecordsTopicResult,
};
use kafka_protocol::messages::{ApiKey, DeleteRecordsRequest, DeleteRecordsResponse};

use super::super::error::{Refusal, code_of};
use super::super::registry::{Api, Call, Handled};
use super::super::shape::{Field, Kind, always};
use super::produce::find;
use crate::engine::TopicPool;

pub(in super::super) const API: Api = Api {
    key: ApiKey::DeleteRecords,
    versions: 0..=2,
    shape: REQUEST,
    for_strangers: false,
    handle: |call| Box::pin(handle(call)),
};

const REQUEST: &[Field] = &[
    always(Kind::Structs(TOPIC)),
    always(Kind::Fixed(4)), // timeout
];
const TOPIC: &[Field] = &[always(Kind::String), always(Kind::Structs(PARTITION))];
const PARTITION: &[Field] = &[
    always(Kind::Fixed(4)), // number
    always(Kind::Fixed(8)), // offset
];

/// Stands for the offset that the next message gets.
const END: i64 = -1;

async fn handle(call: Call<'_>) -> Handled {
    let request: DeleteRecordsRequest = call.request()?;
    let pool = call.pool()?;
    let topics = request.topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|asked| {
            let deleted = delete(&call, &pool, &topic.name, asked);
            DeleteRecordsPartitionResult::default()
                .with_partition_index(asked.partition_index)
                .with_error_code(code_of(&deleted))
                .with_low_watermark(deleted.unwrap_or(-1))
        });
        DeleteRecordsTopicResult::default()
            .with_name(topic.name.clone())
            .with_partitions(partitions.collect())
    });
    call.answer(&DeleteRecordsResponse::default().with_topics(topics.collect()))
}

fn delete(
    call: &Call<'_>,
    pool: &TopicPool,
    name: &str,
    asked: &DeleteRecordsPartition,
) -> Result<i64, Refusal> {
    let (topic, partition) = find(pool, name, asked.partition_index)?;
    let topics = call.topics();
    let range = call.kafka.blocking(|| {
        let offset = match asked.offset {
            END => topics.offsets(topic, partition)?.end,
            offset => offset,
        };
        topics.trim_before_offset(topic, partition, offset)
    })?;
    Ok(range.start)
}
