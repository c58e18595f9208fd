//! CreatePartitions (37), versions 0 to 3.
//!
//! - Always refused: the partitions of a stream are fixed when it is made, as in the service
//!   (behaviour.md 1.1). It is served so that clients are told so.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::create_partitions_response::CreatePartitionsTopicResult;
use kafka_protocol::messages::{ApiKey, CreatePartitionsRequest, CreatePartitionsResponse};

use super::super::error::Refusal;
use super::super::registry::{Api, Call, Handled};
use super::super::repeats::{named_twice, once_each};
use super::super::shape::{Field, Kind, always};

pub(in super::super) const API: Api = Api {
    key: ApiKey::CreatePartitions,
    versions: 0..=3,
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
    always(Kind::Fixed(4)), // count
    always(Kind::Structs(ASSIGNMENT)),
];
const ASSIGNMENT: &[Field] = &[always(Kind::Values(&Kind::Fixed(4)))];

async fn handle(call: Call<'_>) -> Handled {
    let request: CreatePartitionsRequest = call.request()?;
    let pool = call.pool()?;
    let topics = once_each(&request.topics, |topic| topic.name.as_str());
    let results = topics.into_iter().map(|(topic, is_repeated)| {
        let refusal = match pool.topics.get(topic.name.as_str()) {
            _ if is_repeated => named_twice("topic"),
            None => Refusal::unknown_topic(),
            Some(known) => Refusal::new(
                ResponseError::InvalidPartitions,
                format_args!(
                    "the stream has {} partitions, and their number is fixed when a stream is made",
                    known.partitions
                ),
            ),
        };
        CreatePartitionsTopicResult::default()
            .with_name(topic.name.clone())
            .with_error_code(refusal.code())
            .with_error_message(refusal.text())
    });
    call.answer(&CreatePartitionsResponse::default().with_results(results.collect()))
}
