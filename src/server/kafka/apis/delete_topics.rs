//! DeleteTopics (20), versions 1 to 6.
//!
//! - Deletes streams with their messages, by name or, from version 6 on, by topic id.
//! - A topic that the request names twice is refused once; the others are deleted.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::delete_topics_request::DeleteTopicState;
use kafka_protocol::messages::delete_topics_response::DeletableTopicResult;
use kafka_protocol::messages::{ApiKey, DeleteTopicsRequest, DeleteTopicsResponse, TopicName};
use kafka_protocol::protocol::StrBytes;

use super::super::error::{Refusal, code_of, text_of};
use super::super::registry::{Api, Call, Closing, Handled};
use super::super::repeats::{named_twice, once_each};
use super::super::shape::{Field, Kind, always, between, since};
use super::super::topic_id;
use super::metadata::find;
use crate::engine::Topic;

pub(in super::super) const API: Api = Api {
    key: ApiKey::DeleteTopics,
    versions: 1..=6,
    shape: REQUEST,
    for_strangers: false,
    handle: |call| Box::pin(handle(call)),
};

const REQUEST: &[Field] = &[
    since(6, Kind::Structs(TOPIC)),
    between(0, 5, Kind::Values(&Kind::String)),
    always(Kind::Fixed(4)), // timeout
];
const TOPIC: &[Field] = &[always(Kind::String), always(Kind::Fixed(16))];

async fn handle(call: Call<'_>) -> Handled {
    let request: DeleteTopicsRequest = call.request()?;
    let by_name = request
        .topic_names
        .into_iter()
        .map(|name| DeleteTopicState::default().with_name(Some(name)));
    let topics: Vec<DeleteTopicState> = request.topics.into_iter().chain(by_name).collect();
    let mut responses = Vec::with_capacity(topics.len());
    for (asked, is_repeated) in once_each(&topics, |asked| (&asked.name, asked.topic_id)) {
        let deleted = match is_repeated {
            true => Err(named_twice("topic")),
            false => delete(&call, asked)?,
        };
        let mut response = DeletableTopicResult::default()
            .with_error_code(code_of(&deleted))
            .with_error_message(text_of(&deleted))
            .with_name(asked.name.clone())
            .with_topic_id(asked.topic_id);
        if let Ok(topic) = &deleted {
            response.name = Some(TopicName(StrBytes::from_string(topic.name.clone())));
            response.topic_id = topic_id(topic);
        }
        responses.push(response);
    }
    call.answer(&DeleteTopicsResponse::default().with_responses(responses))
}

fn delete(call: &Call<'_>, asked: &DeleteTopicState) -> Result<Result<Topic, Refusal>, Closing> {
    let pool = call.pool()?;
    let Some(topic) = find(&pool.topics, asked.name.as_ref(), asked.topic_id) else {
        return Ok(Err(match asked.name {
            Some(_) => Refusal::unknown_topic(),
            None => Refusal::new(ResponseError::UnknownTopicId, "no topic has this id"),
        }));
    };
    let deleted = call.kafka.blocking(|| call.topics().delete(topic));
    Ok(deleted.map(|()| Topic::clone(topic)).map_err(Refusal::from))
}
