//! How an endpoint says that it wants messages, and that it does not want them any more.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::Context;
use super::super::delivery::{self, Confirmation, Message, Recipient, Task, inbox};
use super::emit;
use super::endpoints::Protocol;
use super::subscriptions::{self, SUBSCRIPTION, Subscription};
use super::topics::{TOPIC, Topic};
use crate::call::{ApiError, Call, Reply};
use crate::store::Session;

/// How long a subscription can be confirmed, in milliseconds: 3 days. Source: behaviour.md 3.2.
const VALID_MS: i64 = 3 * 24 * 3_600_000;

/// Whoever knows it may confirm a subscription, until it expires.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Token {
    text: String,
    expires_ms: i64,
}

impl Token {
    pub(super) fn new(now_ms: i64) -> Self {
        Self {
            text: Uuid::new_v4().to_string(),
            expires_ms: now_ms + VALID_MS,
        }
    }
}

/// Asks the endpoint of a new subscription to confirm it: where it is delivered to, and in the inbox.
pub(super) fn ask(
    session: &Session<'_>,
    context: &Context<'_>,
    topic: &Topic,
    subscription: &Subscription,
) -> Result<(), ApiError> {
    let token = &subscription.details.token.text;
    let url = link(context, subscription, ("confirmation", token));
    let task = Task {
        destination: subscription
            .details
            .protocol
            .destination(subscription.endpoint()),
        message: Message {
            id: Uuid::new_v4().to_string(),
            topic: Some(named(topic)),
            recipient: Some(recipient(context, subscription)),
            title: None,
            body: request_text(topic, subscription.details.protocol, &url),
            confirmation: Some(Confirmation {
                token: token.clone(),
                url,
            }),
        },
        trace: None,
    };
    inbox::put(session, context.now_ms, &task)?;
    // The link is of no use after it has expired.
    let patience_ms = subscription.details.policy.patience_ms().min(VALID_MS);
    Ok(delivery::enqueue(
        session,
        context.now_ms,
        &task,
        patience_ms,
    )?)
}

/// Source of the forms, which are here in other words: behaviour.md 3.3.
fn request_text(topic: &Topic, protocol: Protocol, url: &str) -> String {
    let name = &topic.name;
    match protocol {
        Protocol::Sms => format!(
            "Topic {name}: REPLY 'CONFIRM {}' to confirm the subscription.",
            topic.details.short_id()
        ),
        _ => format!(
            "This endpoint was subscribed to the topic {name}. To confirm the subscription, visit {url} \
             within 3 days. If you do not want its messages, there is nothing to do."
        ),
    }
}

pub(super) fn named(topic: &Topic) -> delivery::Topic {
    delivery::Topic {
        id: topic.id.clone(),
        name: topic.name.clone(),
    }
}

pub(super) fn recipient(context: &Context<'_>, subscription: &Subscription) -> Recipient {
    let token = &subscription.details.unsubscribe_token;
    Recipient {
        subscription_id: subscription.id.clone(),
        protocol: subscription.details.protocol.name().to_owned(),
        unsubscribe_url: link(context, subscription, ("unsubscription", token)),
    }
}

/// The address of an operation that a browser calls: what it does, and the token that allows it.
fn link(
    context: &Context<'_>,
    subscription: &Subscription,
    (action, token): (&str, &str),
) -> String {
    format!(
        "{}/20181201/subscriptions/{}/{action}?token={token}&protocol={}",
        context.origin.rest_address.trim_end_matches('/'),
        subscription.id,
        subscription.details.protocol.name()
    )
}

/// Confirms a subscription. Confirming it twice is as good as once.
pub(super) fn confirm(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    context.store.write(|session| {
        let mut subscription = addressed(session, call)?;
        let token = &subscription.details.token;
        check_token(call, &token.text)?;
        if !subscription.is_active() {
            if token.expires_ms <= context.now_ms {
                return Err(ApiError::invalid(
                    "The token has expired: it is valid for 3 days. Have the confirmation sent again.",
                ));
            }
            subscription.state = "ACTIVE".to_owned();
            subscription.touch();
            session.put_resource(SUBSCRIPTION.ocid_type, &subscription)?;
            let reason = "the subscription was confirmed";
            delivery::drop_deliveries(session, context.now_ms, &subscription.id, reason)?;
        }
        let topic: Topic = TOPIC.live(session, subscription.topic_id())?;
        Ok(Reply::ok(json!({
            "topicName": topic.name,
            "topicId": topic.id,
            "endpoint": subscription.endpoint(),
            "unsubscribeUrl": recipient(context, &subscription).unsubscribe_url,
            "message": format!("The subscription to {} is confirmed.", topic.name),
            "subscriptionId": subscription.id,
        })))
    })
}

/// Sends the request for a confirmation again, with a new token.
pub(super) fn resend(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    context.store.write(|session| {
        let mut subscription: Subscription = SUBSCRIPTION.live(session, call.path_value("id")?)?;
        if subscription.is_active() {
            return Err(ApiError::conflict(
                "The subscription is active: there is nothing to confirm.",
            ));
        }
        subscription.details.token = Token::new(context.now_ms);
        subscription.touch();
        session.put_resource(SUBSCRIPTION.ocid_type, &subscription)?;
        let topic: Topic = TOPIC.live(session, subscription.topic_id())?;
        let reason = "a new request for the confirmation makes its token void";
        delivery::drop_deliveries(session, context.now_ms, &subscription.id, reason)?;
        ask(session, context, &topic, &subscription)?;
        let event_type = "resendsubscriptionconfirmation";
        emit(session, context, event_type, &subscription)?;
        Ok(subscriptions::reply(&subscription))
    })
}

/// Deletes a subscription for whoever has the link of its messages.
pub(super) fn unsubscribe(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    context.store.write(|session| {
        let subscription = addressed(session, call)?;
        check_token(call, &subscription.details.unsubscribe_token)?;
        let topic: Topic = TOPIC.live(session, subscription.topic_id())?;
        let endpoint = subscription.endpoint().to_owned();
        let deleted = subscriptions::delete_record(session, context, subscription)?;
        emit(session, context, "getunsubscription", &deleted)?;
        let told = format!("{endpoint} is unsubscribed from {}.", topic.name);
        Ok(Reply::ok(Value::String(told)))
    })
}

/// The subscription that a link is about.
fn addressed(session: &Session<'_>, call: &Call) -> Result<Subscription, ApiError> {
    let subscription: Subscription = SUBSCRIPTION.live(session, call.path_value("id")?)?;
    let protocol = Protocol::named(call.query_text("protocol").unwrap_or_default())?;
    match protocol == subscription.details.protocol {
        true => Ok(subscription),
        false => Err(ApiError::invalid(format!(
            "protocol is {}, but that of the subscription is {}",
            protocol.name(),
            subscription.details.protocol.name()
        ))),
    }
}

fn check_token(call: &Call, token: &str) -> Result<(), ApiError> {
    match call.query_text("token") == Some(token) {
        true => Ok(()),
        false => Err(ApiError::invalid(
            "token is not that of the subscription: give the one of its last message",
        )),
    }
}
