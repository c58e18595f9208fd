//! Subscriptions: endpoints that want the messages of a topic.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::resource::{self, ResourceKind, Tags};
use super::super::{Context, delivery, ocid, retry};
use super::confirmation::{self, Token};
use super::endpoints::Protocol;
use super::policy::DeliveryPolicy;
use super::topics::{ChangeCompartmentDetails, TOPIC, Topic};
use super::{Tagged, emit, lists};
use crate::call::{ApiError, Call, Reply};
use crate::store::{Filter, Order, Resource, Session, SortBy};

pub(super) const SUBSCRIPTION: ResourceKind = ResourceKind {
    ocid_type: "onssubscription",
    noun: "subscription",
};

/// What only subscriptions have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct SubscriptionDetails {
    pub(super) protocol: Protocol,
    pub(super) policy: DeliveryPolicy,
    /// Confirms the subscription.
    pub(super) token: Token,
    /// Ends the subscription.
    pub(super) unsubscribe_token: String,
    metadata: Option<String>,
    freeform_tags: Tags,
    defined_tags: Tags,
}

/// A subscription has its topic as parent, and its endpoint as name.
pub(super) type Subscription = Resource<SubscriptionDetails>;

impl Tagged for SubscriptionDetails {
    fn tags(&self) -> (&Tags, &Tags) {
        (&self.freeform_tags, &self.defined_tags)
    }
}

impl Subscription {
    /// Where its messages go.
    pub(super) fn endpoint(&self) -> &str {
        &self.name
    }

    /// Whether it gets messages.
    pub(super) fn is_active(&self) -> bool {
        self.state == "ACTIVE"
    }

    /// The OCID of its topic.
    pub(super) fn topic_id(&self) -> &str {
        self.parent_id.as_deref().unwrap_or_default()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateDetails {
    topic_id: String,
    compartment_id: String,
    protocol: String,
    endpoint: String,
    metadata: Option<String>,
    freeform_tags: Option<Tags>,
    defined_tags: Option<Tags>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UpdateDetails {
    delivery_policy: Option<DeliveryPolicy>,
    freeform_tags: Option<Tags>,
    defined_tags: Option<Tags>,
}

pub(super) fn create(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let details: CreateDetails = call.typed_body()?;
    let protocol = Protocol::named(&details.protocol)?;
    retry::once(context, call, |session| {
        let topic: Topic = TOPIC.live(session, &details.topic_id)?;
        check_compartment(&topic, &details.compartment_id)?;
        let endpoint = protocol.check_endpoint(session, &details.endpoint)?;
        if let Some(earlier) = same(session, &topic, protocol, &endpoint)? {
            return Ok(reply(&earlier));
        }
        let subscription = Resource {
            id: ocid::new(SUBSCRIPTION.ocid_type),
            name: endpoint,
            compartment_id: details.compartment_id,
            parent_id: Some(topic.id.clone()),
            state: match protocol.needs_confirmation() {
                true => "PENDING".to_owned(),
                false => "ACTIVE".to_owned(),
            },
            etag: ocid::new_etag(),
            time_created_ms: context.now_ms,
            time_deleted_ms: None,
            details: SubscriptionDetails {
                protocol,
                policy: DeliveryPolicy::default(),
                token: Token::new(context.now_ms),
                unsubscribe_token: Uuid::new_v4().to_string(),
                metadata: details.metadata,
                freeform_tags: details.freeform_tags.unwrap_or_default(),
                defined_tags: details.defined_tags.unwrap_or_default(),
            },
        };
        session.put_resource(SUBSCRIPTION.ocid_type, &subscription)?;
        if protocol.needs_confirmation() {
            confirmation::ask(session, context, &topic, &subscription)?;
        }
        emit(session, context, "createsubscription", &subscription)?;
        Ok(reply(&subscription))
    })
}

/// A new subscription is in the compartment of its topic. Source: behaviour.md 3.2.
fn check_compartment(topic: &Topic, compartment_id: &str) -> Result<(), ApiError> {
    match topic.compartment_id == compartment_id {
        true => Ok(()),
        false => Err(ApiError::invalid(format!(
            "compartmentId is {compartment_id}, but the topic {} is in {}: a subscription is created in the \
             compartment of its topic",
            topic.name, topic.compartment_id
        ))),
    }
}

/// Subscribing an endpoint once more changes nothing. Unconfirmed.
fn same(
    session: &Session<'_>,
    topic: &Topic,
    protocol: Protocol,
    endpoint: &str,
) -> Result<Option<Subscription>, ApiError> {
    let all: Vec<Subscription> = session.resources_named(SUBSCRIPTION.ocid_type, endpoint)?;
    Ok(all.into_iter().find(|subscription| {
        subscription.topic_id() == topic.id && subscription.details.protocol == protocol
    }))
}

/// The subscriptions of a topic that are not deleted.
pub(super) fn of_topic(
    session: &Session<'_>,
    topic_id: &str,
) -> Result<Vec<Subscription>, ApiError> {
    let filter = Filter {
        parent_id: Some(topic_id),
        ..lists::without_deleted()
    };
    let sort = (SortBy::TimeCreated, Order::Ascending);
    let page = session.resources(SUBSCRIPTION.ocid_type, &filter, sort, None, usize::MAX)?;
    Ok(page.items)
}

pub(super) fn get(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let subscription = context.store.read(|session| {
        SUBSCRIPTION.remembered(session, call.path_value("subscriptionId")?, context.now_ms)
    })?;
    Ok(reply(&subscription))
}

pub(super) fn list(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let topic_id = call
        .query_text("topicId")
        .map(|value| context.store.read(|session| TOPIC.resolve(session, value)))
        .transpose()?;
    let filter = Filter {
        compartment_id: call.query_text("compartmentId"),
        parent_id: topic_id.as_deref(),
        ..lists::without_deleted()
    };
    let kind = (SUBSCRIPTION, Order::Ascending);
    let mut reply = lists::resources(context, call, kind, &filter, summary)?;
    // This list leads on, not back. Source: behaviour.md 3.2.
    reply.headers.remove("opc-prev-page");
    Ok(reply)
}

/// Changes a subscription, and answers with what can be changed. Source: behaviour.md 3.2.
pub(super) fn update(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let details: UpdateDetails = call.typed_body()?;
    context.store.write(|session| {
        let id = call.path_value("subscriptionId")?;
        let mut subscription: Subscription = SUBSCRIPTION.live(session, id)?;
        subscription.check_etag(call)?;
        if let Some(policy) = details.delivery_policy {
            policy.check()?;
            subscription.details.policy = policy;
        }
        if let Some(tags) = details.freeform_tags {
            subscription.details.freeform_tags = tags;
        }
        if let Some(tags) = details.defined_tags {
            subscription.details.defined_tags = tags;
        }
        subscription.touch();
        session.put_resource(SUBSCRIPTION.ocid_type, &subscription)?;
        emit(session, context, "updatesubscription", &subscription)?;
        let body = json!({
            "deliveryPolicy": subscription.details.policy,
            "freeformTags": subscription.details.freeform_tags,
            "definedTags": subscription.details.defined_tags,
        });
        Ok(Reply::ok(body).with_header("etag", &subscription.etag))
    })
}

pub(super) fn change_compartment(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let details: ChangeCompartmentDetails = call.typed_body()?;
    retry::once(context, call, |session| {
        let id = call.path_value("subscriptionId")?;
        let mut subscription: Subscription = SUBSCRIPTION.live(session, id)?;
        subscription.check_etag(call)?;
        subscription.compartment_id = details.compartment_id;
        subscription.touch();
        session.put_resource(SUBSCRIPTION.ocid_type, &subscription)?;
        emit(session, context, "movesubscription", &subscription)?;
        Ok(Reply::empty(200).with_header("etag", &subscription.etag))
    })
}

pub(super) fn delete(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    context.store.write(|session| {
        let id = call.path_value("subscriptionId")?;
        let subscription: Subscription = SUBSCRIPTION.live(session, id)?;
        subscription.check_etag(call)?;
        let deleted = delete_record(session, context, subscription)?;
        emit(session, context, "deletesubscription", &deleted)?;
        resource::forget_old(session, context.now_ms)?;
        Ok(Reply::empty(204))
    })
}

/// Marks a subscription as deleted. What is on its way to it is not delivered any more.
pub(super) fn delete_record(
    session: &Session<'_>,
    context: &Context<'_>,
    mut subscription: Subscription,
) -> Result<Subscription, ApiError> {
    subscription.delete(context.now_ms);
    session.put_resource(SUBSCRIPTION.ocid_type, &subscription)?;
    let reason = "the subscription was deleted";
    delivery::drop_deliveries(session, context.now_ms, &subscription.id, reason)?;
    Ok(subscription)
}

pub(super) fn reply(subscription: &Subscription) -> Reply {
    let policy = serde_json::to_string(&subscription.details.policy).unwrap_or_default();
    let mut body = common(subscription);
    if let Some(fields) = body.as_object_mut() {
        fields.insert("deliverPolicy".to_owned(), policy.into());
        if let Some(metadata) = &subscription.details.metadata {
            fields.insert("metadata".to_owned(), metadata.as_str().into());
        }
    }
    Reply::ok(body).with_header("etag", &subscription.etag)
}

/// In lists the policy is an object, and not its text. Source: behaviour.md 3.2.
fn summary(subscription: &Subscription) -> Value {
    let mut body = common(subscription);
    if let Some(fields) = body.as_object_mut() {
        fields.insert(
            "deliveryPolicy".to_owned(),
            json!(subscription.details.policy),
        );
    }
    body
}

fn common(subscription: &Subscription) -> Value {
    json!({
        "id": subscription.id,
        "topicId": subscription.topic_id(),
        "protocol": subscription.details.protocol.name(),
        "endpoint": subscription.endpoint(),
        "lifecycleState": subscription.state,
        "compartmentId": subscription.compartment_id,
        "createdTime": subscription.time_created_ms,
        "etag": subscription.etag,
        "freeformTags": subscription.details.freeform_tags,
        "definedTags": subscription.details.defined_tags,
    })
}
