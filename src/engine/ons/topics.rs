//! Topics.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::resource::{self, ResourceKind, Tags};
use super::super::{Context, ocid, retry};
use super::{Tagged, emit, lists, subscriptions};
use crate::call::{ApiError, Call, Reply};
use crate::clock::rfc3339;
use crate::store::{Filter, Order, Resource, Session};

pub(in crate::engine) const TOPIC: ResourceKind = ResourceKind {
    ocid_type: "onstopic",
    noun: "topic",
};

/// The longest name, in characters. Unconfirmed.
const MOST_NAME_CHARS: usize = 256;

/// What only topics have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct TopicDetails {
    /// What people answer text messages with.
    short_id: String,
    description: Option<String>,
    freeform_tags: Tags,
    defined_tags: Tags,
}

pub(super) type Topic = Resource<TopicDetails>;

impl Tagged for TopicDetails {
    fn tags(&self) -> (&Tags, &Tags) {
        (&self.freeform_tags, &self.defined_tags)
    }
}

impl TopicDetails {
    /// What people answer text messages with.
    pub(super) fn short_id(&self) -> &str {
        &self.short_id
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateDetails {
    name: String,
    compartment_id: String,
    description: Option<String>,
    freeform_tags: Option<Tags>,
    defined_tags: Option<Tags>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UpdateDetails {
    description: String,
    freeform_tags: Option<Tags>,
    defined_tags: Option<Tags>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ChangeCompartmentDetails {
    pub(super) compartment_id: String,
}

pub(super) fn create(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let details: CreateDetails = call.typed_body()?;
    check_name(&details.name)?;
    retry::once(context, call, |session| {
        check_unused(session, &details.name)?;
        let topic = Resource {
            id: ocid::new(TOPIC.ocid_type),
            name: details.name,
            compartment_id: details.compartment_id,
            parent_id: None,
            state: "ACTIVE".to_owned(),
            etag: ocid::new_etag(),
            time_created_ms: context.now_ms,
            time_deleted_ms: None,
            details: TopicDetails {
                short_id: new_short_id(),
                description: details.description,
                freeform_tags: details.freeform_tags.unwrap_or_default(),
                defined_tags: details.defined_tags.unwrap_or_default(),
            },
        };
        session.put_resource(TOPIC.ocid_type, &topic)?;
        emit(session, context, "createtopic", &topic)?;
        Ok(reply(context, &topic))
    })
}

/// Unconfirmed: letters, digits, hyphens and underscores.
fn check_name(name: &str) -> Result<(), ApiError> {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let length = name.chars().count();
    match name.chars().all(is_of_name) && (1..=MOST_NAME_CHARS).contains(&length) {
        true => Ok(()),
        false => Err(ApiError::invalid(format!(
            "name must be 1 to {MOST_NAME_CHARS} letters, digits, hyphens and underscores"
        ))),
    }
}

/// Names are unique in the tenancy. Source: behaviour.md 3.1; the status is unconfirmed.
fn check_unused(session: &Session<'_>, name: &str) -> Result<(), ApiError> {
    let namesakes: Vec<Topic> = session.resources_named(TOPIC.ocid_type, name)?;
    match namesakes.first() {
        None => Ok(()),
        Some(topic) => Err(ApiError::new(
            409,
            "NotAuthorizedOrResourceAlreadyExists",
            format!(
                "The tenancy has a topic named {name} already: {} in compartment {}",
                topic.id, topic.compartment_id
            ),
        )),
    }
}

/// Six letters and digits.
fn new_short_id() -> String {
    let text = Uuid::new_v4().simple().to_string();
    text.chars().take(6).collect()
}

pub(super) fn get(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let topic: Topic = context
        .store
        .read(|session| TOPIC.live(session, call.path_value("topicId")?))?;
    Ok(reply(context, &topic))
}

pub(super) fn list(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let filter = Filter {
        compartment_id: call.query_text("compartmentId"),
        id: call.query_text("id"),
        name: call.query_text("name"),
        state: call.query_text("lifecycleState"),
        ..lists::without_deleted()
    };
    let kind = (TOPIC, Order::Descending);
    let mut reply = lists::resources(context, call, kind, &filter, |topic| shown(context, topic))?;
    // This list has a header of its own for the page before. Source: behaviour.md 3.1.
    if let Some(token) = reply.headers.remove("opc-prev-page") {
        reply = reply.with_header("opc-previous-page", token);
    }
    Ok(reply)
}

pub(super) fn update(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let details: UpdateDetails = call.typed_body()?;
    context.store.write(|session| {
        let mut topic: Topic = TOPIC.live(session, call.path_value("topicId")?)?;
        topic.check_etag(call)?;
        topic.details.description = Some(details.description);
        if let Some(tags) = details.freeform_tags {
            topic.details.freeform_tags = tags;
        }
        if let Some(tags) = details.defined_tags {
            topic.details.defined_tags = tags;
        }
        topic.touch();
        session.put_resource(TOPIC.ocid_type, &topic)?;
        emit(session, context, "updatetopic", &topic)?;
        Ok(reply(context, &topic))
    })
}

/// Moves a topic. Its subscriptions stay where they are: they are moved one by one.
pub(super) fn change_compartment(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let details: ChangeCompartmentDetails = call.typed_body()?;
    retry::once(context, call, |session| {
        let mut topic: Topic = TOPIC.live(session, call.path_value("topicId")?)?;
        topic.check_etag(call)?;
        topic.compartment_id = details.compartment_id;
        topic.touch();
        session.put_resource(TOPIC.ocid_type, &topic)?;
        emit(session, context, "movetopic", &topic)?;
        Ok(Reply::empty(200).with_header("etag", &topic.etag))
    })
}

/// Deletes a topic with its subscriptions.
pub(super) fn delete(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    context.store.write(|session| {
        let mut topic: Topic = TOPIC.live(session, call.path_value("topicId")?)?;
        topic.check_etag(call)?;
        for subscription in subscriptions::of_topic(session, &topic.id)? {
            subscriptions::delete_record(session, context, subscription)?;
        }
        topic.delete(context.now_ms);
        session.put_resource(TOPIC.ocid_type, &topic)?;
        resource::forget_old(session, context.now_ms)?;
        emit(session, context, "deletetopic", &topic)?;
        Ok(Reply::empty(204))
    })
}

fn reply(context: &Context<'_>, topic: &Topic) -> Reply {
    Reply::ok(shown(context, topic)).with_header("etag", &topic.etag)
}

fn shown(context: &Context<'_>, topic: &Topic) -> Value {
    json!({
        "name": topic.name,
        "topicId": topic.id,
        "shortTopicId": topic.details.short_id,
        "compartmentId": topic.compartment_id,
        "lifecycleState": topic.state,
        "description": topic.details.description,
        "timeCreated": rfc3339(topic.time_created_ms),
        "etag": topic.etag,
        "freeformTags": topic.details.freeform_tags,
        "definedTags": topic.details.defined_tags,
        "apiEndpoint": context.origin.rest_address,
    })
}
