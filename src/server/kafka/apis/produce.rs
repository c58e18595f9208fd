//! Produce (0), versions 3 to 11.
//!
//! - One batch of version 2 a partition; legacy message sets are refused with UNSUPPORTED_FOR_MESSAGE_FORMAT.
//! - A batch is checked, given its offsets and its time (log append time, as the service does), and stored as
//!   it came, compressed or not.
//! - acks 1 and all are the same, since there is one broker. With acks 0 nothing is answered; a failure ends
//!   the connection, as in Kafka, for the producer to notice.
//! - Larger batches than [`MOST_BATCH_BYTES`] are refused with MESSAGE_TOO_LARGE, and so are those with a message of
//!   more than 1 MiB once it is decompressed.
//! - Where the engine is strict, who sends more than a partition takes a second is told to rest, and nothing
//!   more is read from the connection for so long.
//! - Transactions are refused with TRANSACTIONAL_ID_AUTHORIZATION_FAILED.
//! - Version 12 stands for transactions of the second kind, 13 for topic ids.

use bytes::Bytes;
use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
use kafka_protocol::messages::produce_response::{PartitionProduceResponse, TopicProduceResponse};
use kafka_protocol::messages::{ApiKey, ProduceRequest, ProduceResponse};

use super::super::error::{Refusal, code_of, text_of};
use super::super::faults;
use super::super::registry::{Api, Call, Closing, Handled};
use super::super::shape::{Field, Kind, always};
use crate::engine::fault::PUT;
use crate::engine::{Topic, TopicPool};
use crate::log::Appended;

pub(in super::super) const API: Api = Api {
    key: ApiKey::Produce,
    versions: 3..=11,
    shape: REQUEST,
    for_strangers: false,
    handle: |call| Box::pin(handle(call)),
};

const REQUEST: &[Field] = &[
    always(Kind::String),   // transactional id
    always(Kind::Fixed(2)), // acks
    always(Kind::Fixed(4)), // timeout
    always(Kind::Structs(TOPIC)),
];
const TOPIC: &[Field] = &[always(Kind::String), always(Kind::Structs(PARTITION))];
const PARTITION: &[Field] = &[
    always(Kind::Fixed(4)), // number
    always(Kind::Bytes),    // records
];

/// Most bytes of a batch: a message of 1 MiB (behaviour.md 1.1) and what a batch has around it.
pub(in super::super) const MOST_BATCH_BYTES: usize = (1 << 20) + (4 << 10);

async fn handle(call: Call<'_>) -> Handled {
    let request: ProduceRequest = call.request()?;
    let pool = call.pool()?;
    let allowed = check(&request);
    let batches = || {
        request
            .topic_data
            .iter()
            .map(|topic| topic.partition_data.len())
            .sum()
    };
    let faults = faults::strike(&call, PUT, batches).await;
    let mut faults = faults.into_iter().flatten();
    let mut first_failure = None;
    let mut rest_ms = 0;
    let mut responses = Vec::with_capacity(request.topic_data.len());
    for topic in &request.topic_data {
        let mut partitions = Vec::with_capacity(topic.partition_data.len());
        for data in &topic.partition_data {
            let appended = match (&allowed, faults.next().flatten()) {
                (Ok(()), Some(fault)) => {
                    if let Ok((topic, _)) = find(&pool, &topic.name, data.index) {
                        call.topics().count_failed_put(topic);
                    }
                    Err(fault)
                }
                (Ok(()), None) => append(&call, &pool, topic, data),
                (Err(refusal), _) => Err(refusal.clone()),
            };
            if appended.is_ok() {
                rest_ms = rest_ms.max(rest_after(&call, &pool, topic, data));
            }
            if let Err(refusal) = &appended {
                first_failure.get_or_insert_with(|| refusal.clone());
            }
            partitions.push(partition_response(data.index, &appended));
        }
        responses.push(
            TopicProduceResponse::default()
                .with_name(topic.name.clone())
                .with_partition_responses(partitions),
        );
    }
    let throttle_ms = call.connection.throttle(rest_ms);
    match (request.acks, first_failure) {
        (0, None) => Ok(None),
        (0, Some(refusal)) => Err(Closing::Unacknowledged(refusal.message)),
        _ => call.answer(
            &ProduceResponse::default()
                .with_responses(responses)
                .with_throttle_time_ms(throttle_ms),
        ),
    }
}

fn check(request: &ProduceRequest) -> Result<(), Refusal> {
    if !(-1..=1).contains(&request.acks) {
        return Err(Refusal::new(
            ResponseError::InvalidRequiredAcks,
            format_args!("acks must be 0, 1 or -1 (all), not {}", request.acks),
        ));
    }
    match &request.transactional_id {
        None => Ok(()),
        Some(_) => Err(Refusal::new(
            ResponseError::TransactionalIdAuthorizationFailed,
            "transactions are not supported, as in the service",
        )),
    }
}

fn append(
    call: &Call<'_>,
    pool: &TopicPool,
    topic: &TopicProduceData,
    data: &PartitionProduceData,
) -> Result<Appended, Refusal> {
    let (topic, partition) = find(pool, &topic.name, data.index)?;
    let batch = data.records.as_deref().unwrap_or_default();
    if batch.len() > MOST_BATCH_BYTES {
        call.topics().count_failed_put(topic);
        return Err(Refusal::new(
            ResponseError::MessageTooLarge,
            format_args!(
                "the batch has {} bytes; at most {MOST_BATCH_BYTES} are taken",
                batch.len()
            ),
        ));
    }
    let appended = call
        .kafka
        .storing(|| call.topics().append_batch(topic, partition, batch));
    Ok(appended?)
}

/// For how many milliseconds the producer of a batch that was stored is to rest.
fn rest_after(
    call: &Call<'_>,
    pool: &TopicPool,
    topic: &TopicProduceData,
    data: &PartitionProduceData,
) -> i64 {
    let bytes = data.records.as_ref().map_or(0, Bytes::len);
    let found = find(pool, &topic.name, data.index);
    found.map_or(0, |(topic, partition)| {
        call.topics().count_written(topic, partition, bytes)
    })
}

/// The topic of a pool, and the number of a partition that it has.
pub(in super::super) fn find<'p>(
    pool: &'p TopicPool,
    name: &str,
    index: i32,
) -> Result<(&'p Topic, u32), Refusal> {
    let topic = pool.topics.get(name).ok_or_else(Refusal::unknown_topic)?;
    match u32::try_from(index) {
        Ok(partition) if partition < topic.partitions => Ok((topic, partition)),
        _ => Err(Refusal::unknown_topic()),
    }
}

fn partition_response(
    index: i32,
    appended: &Result<Appended, Refusal>,
) -> PartitionProduceResponse {
    let (base_offset, time_ms) = match appended {
        Ok(appended) => (appended.base_offset, appended.timestamp_ms),
        Err(_) => (-1, -1),
    };
    PartitionProduceResponse::default()
        .with_index(index)
        .with_error_code(code_of(appended))
        .with_error_message(text_of(appended))
        .with_base_offset(base_offset)
        .with_log_append_time_ms(time_ms)
}
