//! Queues: create, show, change and delete them.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::resource::{self, ResourceKind, Tags, check_text};
use super::super::{Context, ocid, retry};
use super::capabilities::Capabilities;
use super::work::{Change, accepted};
use super::{Queue, check_range, consumer_groups, lists, purge};
use crate::call::{ApiError, Call, Reply};
use crate::clock::rfc3339;
use crate::store::{Filter, Resource, Session};

pub(in crate::engine) const QUEUE: ResourceKind = ResourceKind {
    ocid_type: "queue",
    noun: "queue",
};

/// Bounds and defaults. Source: behaviour.md 2.1; the default of the delivery count is unconfirmed.
const RETENTION_SECONDS: std::ops::RangeInclusive<i64> = 10..=604_800;
const DEFAULT_RETENTION_SECONDS: i64 = 86_400;
const VISIBILITY_SECONDS: std::ops::RangeInclusive<i64> = 1..=43_200;
const DEFAULT_VISIBILITY_SECONDS: i64 = 30;
const TIMEOUT_SECONDS: std::ops::RangeInclusive<i64> = 0..=30;
const DEFAULT_TIMEOUT_SECONDS: i64 = 30;
const DELIVERY_COUNT: std::ops::RangeInclusive<i64> = 0..=20;
const DEFAULT_DELIVERY_COUNT: i64 = 0;
const CHANNEL_PERCENT: std::ops::RangeInclusive<i64> = 1..=100;
const DEFAULT_CHANNEL_PERCENT: i64 = 100;

/// What only queues have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct QueueDetails {
    /// The number that its messages have in the store.
    pub number: i64,
    pub retention_seconds: i64,
    pub visibility_seconds: i64,
    pub timeout_seconds: i64,
    /// Deliveries before a message is a dead letter; 0 if it never is.
    pub delivery_count: i64,
    /// How much of the queue's capacity one channel may use.
    pub channel_percent: i64,
    pub kms_key_id: Option<String>,
    pub takes_large_messages: bool,
    /// The primary consumer group, where the queue can have groups.
    pub primary_group_id: Option<String>,
    /// The number of the newest consumer group.
    pub last_group_no: i64,
    time_updated_ms: i64,
    freeform_tags: Tags,
    defined_tags: Tags,
}

pub(super) type QueueResource = Resource<QueueDetails>;

impl QueueResource {
    /// How long messages are kept, in milliseconds.
    pub(super) fn retention_ms(&self) -> i64 {
        self.details.retention_seconds * 1000
    }

    /// Notes a change made now.
    pub(super) fn touch_at(&mut self, now_ms: i64) {
        self.details.time_updated_ms = now_ms;
        self.touch();
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateDetails {
    display_name: String,
    compartment_id: String,
    retention_in_seconds: Option<i64>,
    #[serde(flatten)]
    changeable: Changeable,
}

/// What can be set at the beginning and changed later.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Changeable {
    visibility_in_seconds: Option<i64>,
    timeout_in_seconds: Option<i64>,
    channel_consumption_limit: Option<i64>,
    dead_letter_queue_delivery_count: Option<i64>,
    custom_encryption_key_id: Option<String>,
    capabilities: Option<Value>,
    freeform_tags: Option<Tags>,
    defined_tags: Option<Tags>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UpdateDetails {
    display_name: Option<String>,
    #[serde(flatten)]
    changeable: Changeable,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ChangeCompartmentDetails {
    compartment_id: String,
}

/// Refuses a number of deliveries that the service does not take.
pub(super) fn check_delivery_count(field: &str, count: i64) -> Result<(), ApiError> {
    check_range(field, count, DELIVERY_COUNT)
}

impl Changeable {
    fn check(&self) -> Result<(), ApiError> {
        for (field, value, range) in [
            (
                "visibilityInSeconds",
                self.visibility_in_seconds,
                VISIBILITY_SECONDS,
            ),
            ("timeoutInSeconds", self.timeout_in_seconds, TIMEOUT_SECONDS),
            (
                "channelConsumptionLimit",
                self.channel_consumption_limit,
                CHANNEL_PERCENT,
            ),
            (
                "deadLetterQueueDeliveryCount",
                self.dead_letter_queue_delivery_count,
                DELIVERY_COUNT,
            ),
        ] {
            if let Some(value) = value {
                check_range(field, value, range)?;
            }
        }
        Ok(())
    }

    /// Sets what is given, except the capabilities.
    fn apply(self, details: &mut QueueDetails) {
        let set = |place: &mut i64, value: Option<i64>| *place = value.unwrap_or(*place);
        set(&mut details.visibility_seconds, self.visibility_in_seconds);
        set(&mut details.timeout_seconds, self.timeout_in_seconds);
        set(&mut details.channel_percent, self.channel_consumption_limit);
        set(
            &mut details.delivery_count,
            self.dead_letter_queue_delivery_count,
        );
        if let Some(key_id) = self.custom_encryption_key_id {
            // An empty one stands for the key that the service manages.
            details.kms_key_id = Some(key_id).filter(|id| !id.is_empty());
        }
        if let Some(tags) = self.freeform_tags {
            details.freeform_tags = tags;
        }
        if let Some(tags) = self.defined_tags {
            details.defined_tags = tags;
        }
    }
}

fn new_details(number: i64, retention_seconds: i64, context: &Context<'_>) -> QueueDetails {
    QueueDetails {
        number,
        retention_seconds,
        visibility_seconds: DEFAULT_VISIBILITY_SECONDS,
        timeout_seconds: DEFAULT_TIMEOUT_SECONDS,
        delivery_count: DEFAULT_DELIVERY_COUNT,
        channel_percent: DEFAULT_CHANNEL_PERCENT,
        kms_key_id: None,
        takes_large_messages: false,
        primary_group_id: None,
        last_group_no: 0,
        time_updated_ms: context.now_ms,
        freeform_tags: Tags::new(),
        defined_tags: Tags::new(),
    }
}

/// Answers with a work request on a queue.
pub(super) fn record(
    session: &Session<'_>,
    context: &Context<'_>,
    change: Change,
    queue: &QueueResource,
) -> Result<Reply, ApiError> {
    accepted(session, context, change, (&queue.compartment_id, &queue.id))
}

pub(super) fn get(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let queue: QueueResource = context
        .store
        .read(|session| QUEUE.remembered(session, call.path_value("queueId")?, context.now_ms))?;
    Ok(Reply::ok(shown(context, &queue)).with_header("etag", &queue.etag))
}

/// Lists the queues of a compartment, or the one that is named. Source: behaviour.md 2.2.
pub(super) fn list(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    lists::check_narrowed(call, ["compartmentId", "id"])?;
    let filter = Filter {
        compartment_id: call.query_text("compartmentId"),
        ..lists::common_filter(context, call)
    };
    lists::resources(context, call, QUEUE, &filter, |queue| {
        summary(context, queue)
    })
}

pub(super) fn update(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let details: UpdateDetails = call.typed_body()?;
    if let Some(name) = &details.display_name {
        check_text("displayName", name)?;
    }
    details.changeable.check()?;
    let given = details.changeable.capabilities.as_ref();
    let capabilities = given.map(|_| Capabilities::read(given)).transpose()?;
    context.store.write(|session| {
        let mut queue: QueueResource = QUEUE.live(session, call.path_value("queueId")?)?;
        queue.check_etag(call)?;
        if let Some(name) = details.display_name {
            queue.name = name;
        }
        details.changeable.apply(&mut queue.details);
        if let Some(capabilities) = capabilities {
            capabilities.apply(session, context.now_ms, &mut queue)?;
        }
        queue.touch_at(context.now_ms);
        session.put_resource(QUEUE.ocid_type, &queue)?;
        record(session, context, Change::UpdateQueue, &queue)
    })
}

/// Moves a queue to another compartment; its consumer groups go with it.
pub(super) fn change_compartment(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let details: ChangeCompartmentDetails = call.typed_body()?;
    check_text("compartmentId", &details.compartment_id)?;
    context.store.write(|session| {
        let mut queue: QueueResource = QUEUE.live(session, call.path_value("queueId")?)?;
        queue.check_etag(call)?;
        queue.compartment_id.clone_from(&details.compartment_id);
        queue.touch_at(context.now_ms);
        session.put_resource(QUEUE.ocid_type, &queue)?;
        consumer_groups::move_all(session, &queue)?;
        record(session, context, Change::MoveQueue, &queue)
    })
}

impl Queue {
    /// Makes a queue; in the cloud that takes a while.
    pub(super) fn create_queue(
        &self,
        context: &Context<'_>,
        call: &Call,
    ) -> Result<Reply, ApiError> {
        let details: CreateDetails = call.typed_body()?;
        check_text("displayName", &details.display_name)?;
        check_text("compartmentId", &details.compartment_id)?;
        let retention_seconds = details
            .retention_in_seconds
            .unwrap_or(DEFAULT_RETENTION_SECONDS);
        check_range("retentionInSeconds", retention_seconds, RETENTION_SECONDS)?;
        details.changeable.check()?;
        let capabilities = Capabilities::read(details.changeable.capabilities.as_ref())?;
        retry::once(context, call, |session| {
            self.check_quota(session)?;
            let mut queue = Resource {
                id: ocid::new(QUEUE.ocid_type),
                name: details.display_name,
                compartment_id: details.compartment_id,
                parent_id: None,
                state: "ACTIVE".to_owned(),
                etag: ocid::new_etag(),
                time_created_ms: context.now_ms,
                time_deleted_ms: None,
                details: new_details(session.create_queue_state()?, retention_seconds, context),
            };
            details.changeable.apply(&mut queue.details);
            capabilities.apply(session, context.now_ms, &mut queue)?;
            session.put_resource(QUEUE.ocid_type, &queue)?;
            record(session, context, Change::CreateQueue, &queue)
        })
    }

    /// Deletes a queue with its messages; its record can be looked at for 90 days more.
    pub(super) fn delete_queue(
        &self,
        context: &Context<'_>,
        call: &Call,
    ) -> Result<Reply, ApiError> {
        let (queue, reply) = context.store.write(|session| {
            let mut queue: QueueResource = QUEUE.live(session, call.path_value("queueId")?)?;
            queue.check_etag(call)?;
            queue.details.time_updated_ms = context.now_ms;
            queue.delete(context.now_ms);
            session.put_resource(QUEUE.ocid_type, &queue)?;
            consumer_groups::delete_records(session, context.now_ms, &queue)?;
            session.doom_queue(queue.details.number)?;
            resource::forget_old(session, context.now_ms)?;
            let reply = record(session, context, Change::DeleteQueue, &queue)?;
            Ok::<_, ApiError>((queue, reply))
        })?;
        let number = queue.details.number;
        purge::remove_all(|limit| {
            let store = &context.store;
            store.write(|session| session.remove_some_of_queue(number, limit))
        })?;
        self.changes.tell(&queue.id);
        Ok(reply)
    }
}

fn shown(context: &Context<'_>, queue: &QueueResource) -> Value {
    let details = &queue.details;
    let mut shown = summary(context, queue);
    let capabilities = capabilities_of(queue);
    let own = json!({
        "retentionInSeconds": details.retention_seconds,
        "visibilityInSeconds": details.visibility_seconds,
        "timeoutInSeconds": details.timeout_seconds,
        "deadLetterQueueDeliveryCount": details.delivery_count,
        "channelConsumptionLimit": details.channel_percent,
        "customEncryptionKeyId": details.kms_key_id,
        // The service does not tell what they were enabled with.
        "capabilities": capabilities.map(|name| json!({ "type": name })).collect::<Vec<_>>(),
    });
    if let (Some(fields), Value::Object(own)) = (shown.as_object_mut(), own) {
        fields.extend(own);
    }
    shown
}

fn summary(context: &Context<'_>, queue: &QueueResource) -> Value {
    let details = &queue.details;
    json!({
        "id": queue.id,
        "displayName": queue.name,
        "compartmentId": queue.compartment_id,
        "timeCreated": rfc3339(queue.time_created_ms),
        "timeUpdated": rfc3339(details.time_updated_ms),
        "lifecycleState": queue.state,
        "lifecycleDetails": null,
        "messagesEndpoint": context.origin.rest_address,
        "capabilities": capabilities_of(queue).collect::<Vec<_>>(),
        "freeformTags": details.freeform_tags,
        "definedTags": details.defined_tags,
        // The model has no field for it, and system tags are what a service adds of its own.
        "systemTags": { "ocelot": { "deadLetterQueueId": dead_letter_queue_id(&queue.id) } },
    })
}

fn capabilities_of(queue: &QueueResource) -> impl Iterator<Item = &'static str> {
    let groups = queue.details.primary_group_id.is_some();
    let large = queue.details.takes_large_messages;
    let groups = groups.then_some("CONSUMER_GROUPS");
    groups.into_iter().chain(large.then_some("LARGE_MESSAGES"))
}

const DEAD_LETTER_PREFIX: &str = "ocid1.deadletterqueue.";
const QUEUE_PREFIX: &str = "ocid1.queue.";

/// The OCID under which a queue's dead letters are read. That there is one is documented; its form is not.
pub(super) fn dead_letter_queue_id(queue_id: &str) -> String {
    queue_id.replacen(QUEUE_PREFIX, DEAD_LETTER_PREFIX, 1)
}

/// The queue whose dead letters are read under an OCID.
pub(super) fn queue_of_dead_letters(id: &str) -> Option<String> {
    let rest = id.strip_prefix(DEAD_LETTER_PREFIX)?;
    Some(format!("{QUEUE_PREFIX}{rest}"))
}
