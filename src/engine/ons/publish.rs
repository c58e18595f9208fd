//! Publishing: a message becomes a delivery for each confirmed subscription, in one transaction.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::super::Context;
use super::super::delivery::{self, Message, Task};
use super::super::effects::{Publication, Sender};
use super::super::metrics::{PUBLISHED, Subject};
use super::super::trace::{Hop, HopKind, HopResult, TraceParent};
use super::confirmation;
use super::endpoints::Protocol;
use super::subscriptions::{self, Subscription};
use super::topics::{TOPIC, Topic};
use crate::call::{ApiError, Call, Reply};
use crate::clock::rfc3339;
use crate::store::Session;

/// The largest request, in bytes. Source: behaviour.md 3.4.
const MOST_BYTES: usize = 64 * 1024;

#[derive(Deserialize)]
struct MessageDetails {
    title: Option<String>,
    body: String,
}

/// The text of a message: one for all, or one for each protocol.
enum Text {
    Raw(String),
    ByProtocol(Map<String, Value>),
}

impl Text {
    /// Reads the body of a message of type JSON. Source: behaviour.md 3.4.
    fn by_protocol(body: &str) -> Result<Self, ApiError> {
        let wrong = || {
            ApiError::invalid(
                "body of messageType JSON must be a JSON object of texts by protocol, one of them by the name \
                 default",
            )
        };
        let texts: Map<String, Value> = serde_json::from_str(body).map_err(|_| wrong())?;
        match texts.contains_key("default") && texts.values().all(Value::is_string) {
            true => Ok(Self::ByProtocol(texts)),
            false => Err(wrong()),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Raw(text) => text.len(),
            Self::ByProtocol(texts) => {
                let texts = texts.values().filter_map(Value::as_str);
                texts.map(str::len).sum()
            }
        }
    }

    fn for_protocol(&self, protocol: Protocol) -> &str {
        match self {
            Self::Raw(text) => text,
            Self::ByProtocol(texts) => {
                let mut named = texts.iter();
                let own = named.find(|(name, _)| name.eq_ignore_ascii_case(protocol.name()));
                let text = own.map(|(_, text)| text).or_else(|| texts.get("default"));
                text.and_then(Value::as_str).unwrap_or_default()
            }
        }
    }
}

pub(super) fn publish_message(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let bytes = call.body.as_ref().map_or(0, |body| body.to_string().len());
    if bytes > MOST_BYTES {
        return Err(ApiError::new(
            413,
            "PayloadTooLarge",
            format!("The request has {bytes} bytes; a message may have {MOST_BYTES}"),
        ));
    }
    let details: MessageDetails = call.typed_body()?;
    let message_type = call.headers.get("messageType");
    let text = match message_type {
        Some(kind) if kind.eq_ignore_ascii_case("JSON") => Text::by_protocol(&details.body)?,
        _ => Text::Raw(details.body),
    };
    let message_id = context.store.write(|session| {
        let topic: Topic = TOPIC.live(session, call.path_value("topicId")?)?;
        let title = details.title.as_deref();
        let published = Published {
            sender: Sender::Caller,
            parent: None,
        };
        fan_out(session, context, &topic, &published, (title, &text))
    })?;
    Ok(Reply {
        status: 202,
        body: Some(json!({
            "messageId": message_id,
            "timeStamp": rfc3339(context.now_ms),
        })),
        ..Reply::default()
    })
}

/// Publishes a message that another service caused. It has a trace of its own where it belongs to none.
pub(in crate::engine) fn publish(
    session: &Session<'_>,
    context: &Context<'_>,
    publication: &Publication,
    parent: Option<&TraceParent>,
) -> Result<(), ApiError> {
    let topic: Topic = TOPIC.live(session, &publication.topic_id)?;
    let text = match &publication.email_body {
        None => Text::Raw(publication.body.clone()),
        Some(for_email) => Text::ByProtocol(Map::from_iter([
            ("default".to_owned(), publication.body.as_str().into()),
            (Protocol::Email.name().to_owned(), for_email.as_str().into()),
        ])),
    };
    let title = publication.title.as_deref();
    let published = Published {
        sender: publication.sender,
        parent,
    };
    fan_out(session, context, &topic, &published, (title, &text))?;
    Ok(())
}

/// Where a message comes from.
struct Published<'p> {
    sender: Sender,
    parent: Option<&'p TraceParent>,
}

impl Published<'_> {
    /// Notes in the message's trace that it is handed to so many subscriptions.
    fn trace(
        &self,
        session: &Session<'_>,
        context: &Context<'_>,
        (topic, message_id, recipients): (&Topic, &str, usize),
    ) -> Result<TraceParent, ApiError> {
        let kind = HopKind::Topic {
            topic_id: topic.id.clone(),
            topic_name: Some(topic.name.clone()),
            sender: self.sender,
            message_id: Some(message_id.to_owned()),
            request_id: context.origin.request_id.clone(),
        };
        let hop = match recipients {
            0 => {
                let reason = "the topic has no active subscription that gets it";
                Hop::short(kind, HopResult::Published, reason)
            }
            _ => Hop::new(kind, HopResult::Published),
        };
        Ok(match self.parent {
            Some(parent) => parent.then(session, context.now_ms, &hop)?,
            None => TraceParent::begin(session, message_id, context.now_ms, &hop)?,
        })
    }
}

/// Puts a delivery for each active subscription into the outbox, and returns the message's id.
fn fan_out(
    session: &Session<'_>,
    context: &Context<'_>,
    topic: &Topic,
    published: &Published<'_>,
    (title, text): (Option<&str>, &Text),
) -> Result<String, ApiError> {
    let id = Uuid::new_v4().to_string();
    let names = [("topicDisplayName", topic.name.as_str())];
    let subject = Subject::of(&topic.id, context.now_ms).with(&names);
    let bytes = title.map_or(0, str::len) + text.len();
    context.recorder.message(&PUBLISHED, &subject, bytes);
    let mut recipients = subscriptions::of_topic(session, &topic.id)?;
    recipients.retain(|subscription| gets(subscription, published.sender));
    let trace = published.trace(session, context, (topic, &id, recipients.len()))?;
    for subscription in recipients {
        let protocol = subscription.details.protocol;
        let task = Task {
            destination: protocol.destination(subscription.endpoint()),
            message: Message {
                id: id.clone(),
                topic: Some(confirmation::named(topic)),
                recipient: Some(confirmation::recipient(context, &subscription)),
                title: title.map(str::to_owned),
                body: text.for_protocol(protocol).to_owned(),
                confirmation: None,
            },
            trace: None,
        };
        let patience_ms = subscription.details.policy.patience_ms();
        delivery::enqueue_traced(session, context.now_ms, task, patience_ms, Some(&trace))?;
    }
    Ok(id)
}

/// Text messages carry what alarms and connectors publish, and nothing else. Source: behaviour.md 3.5.
fn gets(subscription: &Subscription, sender: Sender) -> bool {
    let by_text_message = subscription.details.protocol == Protocol::Sms;
    let allowed = !by_text_message || matches!(sender, Sender::Alarm | Sender::Connector);
    subscription.is_active() && allowed
}
