//! Consumer groups: readers who share a filtered copy of a queue's messages.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::resource::{self, ResourceKind, Tags, check_text};
use super::super::{Context, ocid, retry};
use super::filter::Filter as MessageFilter;
use super::queues::{QUEUE, QueueResource, check_delivery_count};
use super::work::{Change, accepted};
use super::{limit_exceeded, lists, purge};
use crate::call::{ApiError, Call, Reply};
use crate::clock::rfc3339;
use crate::store::{Filter, Order, Resource, Session, SortBy};

pub(super) const GROUP: ResourceKind = ResourceKind {
    ocid_type: "consumergroup",
    noun: "consumer group",
};

/// Most groups of a queue. Source: behaviour.md 2.1; that the primary one counts is unconfirmed.
const MOST_GROUPS: usize = 10;

/// The number of the primary group, and of the readers of a queue that has no groups.
const PRIMARY: i64 = 0;

const PRIMARY_NAME: &str = "Primary Consumer Group";

/// What stands for the queue's own delivery count in an update. Source: behaviour.md 2.6.
const QUEUES_OWN: i64 = -1;

/// What only consumer groups have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct GroupDetails {
    /// The number that its copies of messages have in the store.
    pub number: i64,
    /// Which messages it gets; empty for all.
    pub filter: String,
    /// Deliveries before a message is a dead letter, where that is not the queue's.
    pub delivery_count: Option<i64>,
    time_updated_ms: i64,
    freeform_tags: Tags,
    defined_tags: Tags,
}

pub(super) type Group = Resource<GroupDetails>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateDetails {
    display_name: String,
    queue_id: String,
    filter: Option<String>,
    is_enabled: Option<bool>,
    dead_letter_queue_delivery_count: Option<i64>,
    freeform_tags: Option<Tags>,
    defined_tags: Option<Tags>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UpdateDetails {
    display_name: Option<String>,
    filter: Option<String>,
    is_enabled: Option<bool>,
    dead_letter_queue_delivery_count: Option<i64>,
    freeform_tags: Option<Tags>,
    defined_tags: Option<Tags>,
}

/// What the capability `CONSUMER_GROUPS` says of the primary group.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PrimaryDetails {
    is_primary_consumer_group_enabled: Option<bool>,
    primary_consumer_group_display_name: Option<String>,
    primary_consumer_group_filter: Option<String>,
    primary_consumer_group_dead_letter_queue_delivery_count: Option<i64>,
}

impl PrimaryDetails {
    pub(super) fn check(&self, path: &str) -> Result<(), ApiError> {
        if let Some(name) = &self.primary_consumer_group_display_name {
            check_text(&format!("{path}.primaryConsumerGroupDisplayName"), name)?;
        }
        if let Some(filter) = &self.primary_consumer_group_filter {
            check_filter(&format!("{path}.primaryConsumerGroupFilter"), filter)?;
        }
        match self.primary_consumer_group_dead_letter_queue_delivery_count {
            None | Some(QUEUES_OWN) => Ok(()),
            Some(count) => check_delivery_count(
                &format!("{path}.primaryConsumerGroupDeadLetterQueueDeliveryCount"),
                count,
            ),
        }
    }
}

fn check_filter(field: &str, text: &str) -> Result<(), ApiError> {
    match MessageFilter::parse(text) {
        Ok(_) => Ok(()),
        Err(error) => Err(ApiError::invalid(format!("{field} {error}"))),
    }
}

fn state(is_enabled: bool) -> String {
    if is_enabled { "ACTIVE" } else { "INACTIVE" }.to_owned()
}

/// Gives a queue its primary group, or changes the one it has as far as `details` says.
pub(super) fn set_primary(
    session: &Session<'_>,
    now_ms: i64,
    queue: &mut QueueResource,
    details: PrimaryDetails,
) -> Result<(), ApiError> {
    let mut group: Group = match &queue.details.primary_group_id {
        Some(id) => GROUP.live(session, id)?,
        None => new_group(queue, PRIMARY_NAME.to_owned(), PRIMARY, now_ms),
    };
    if let Some(name) = details.primary_consumer_group_display_name {
        check_unused(session, &queue.id, &name, Some(&group.id))?;
        group.name = name;
    }
    if let Some(filter) = details.primary_consumer_group_filter {
        group.details.filter = filter;
    }
    if let Some(is_enabled) = details.is_primary_consumer_group_enabled {
        group.state = state(is_enabled);
    }
    if let Some(count) = details.primary_consumer_group_dead_letter_queue_delivery_count {
        group.details.delivery_count = Some(count).filter(|count| *count != QUEUES_OWN);
    }
    queue.details.primary_group_id = Some(group.id.clone());
    store(session, now_ms, group)
}

/// Takes the primary group from a queue, whose messages stay.
pub(super) fn remove_primary(
    session: &Session<'_>,
    now_ms: i64,
    queue: &mut QueueResource,
) -> Result<(), ApiError> {
    let Some(primary_id) = queue.details.primary_group_id.take() else {
        return Ok(());
    };
    for mut group in groups_of(session, &queue.id)? {
        if group.id != primary_id {
            return Err(ApiError::conflict(format!(
                "capabilities cannot lose CONSUMER_GROUPS while there is the consumer group {} ({}): delete \
                 it first",
                group.name, group.id
            )));
        }
        group.delete(now_ms);
        session.put_resource(GROUP.ocid_type, &group)?;
    }
    Ok(())
}

fn new_group(queue: &QueueResource, name: String, number: i64, now_ms: i64) -> Group {
    Resource {
        id: ocid::new(GROUP.ocid_type),
        name,
        compartment_id: queue.compartment_id.clone(),
        parent_id: Some(queue.id.clone()),
        state: state(true),
        etag: ocid::new_etag(),
        time_created_ms: now_ms,
        time_deleted_ms: None,
        details: GroupDetails {
            number,
            filter: String::new(),
            delivery_count: None,
            time_updated_ms: now_ms,
            freeform_tags: Tags::new(),
            defined_tags: Tags::new(),
        },
    }
}

fn store(session: &Session<'_>, now_ms: i64, mut group: Group) -> Result<(), ApiError> {
    group.details.time_updated_ms = now_ms;
    group.touch();
    Ok(session.put_resource(GROUP.ocid_type, &group)?)
}

/// Names are unique in a queue, whatever the case of their letters. The status is unconfirmed.
fn check_unused(
    session: &Session<'_>,
    queue_id: &str,
    name: &str,
    but_id: Option<&str>,
) -> Result<(), ApiError> {
    let lower = name.to_lowercase();
    let groups = groups_of(session, queue_id)?;
    let mut others = groups.iter().filter(|group| Some(&*group.id) != but_id);
    match others.find(|group| group.name.to_lowercase() == lower) {
        None => Ok(()),
        Some(group) => Err(ApiError::new(
            409,
            "NotAuthorizedOrResourceAlreadyExists",
            format!(
                "displayName is {name}, and the queue has a consumer group of that name already: {}",
                group.id
            ),
        )),
    }
}

/// The groups of a queue that are not deleted.
pub(super) fn groups_of(session: &Session<'_>, queue_id: &str) -> Result<Vec<Group>, ApiError> {
    let filter = Filter {
        parent_id: Some(queue_id),
        ..Filter::default()
    };
    let sort = (SortBy::Name, Order::Ascending);
    let page = session.resources(GROUP.ocid_type, &filter, sort, None, usize::MAX)?;
    let live = page.items.into_iter();
    Ok(live
        .filter(|group: &Group| group.time_deleted_ms.is_none())
        .collect())
}

/// The group of a queue with this OCID, or this name.
pub(super) fn of_queue(
    session: &Session<'_>,
    queue: &QueueResource,
    id: &str,
) -> Result<Group, ApiError> {
    let found = if ocid::is_ocid(id) {
        let group: Option<Group> = session.resource(GROUP.ocid_type, id)?;
        group.filter(|group| {
            group.parent_id.as_ref() == Some(&queue.id) && group.time_deleted_ms.is_none()
        })
    } else {
        let lower = id.to_lowercase();
        let mut groups = groups_of(session, &queue.id)?.into_iter();
        groups.find(|group| group.name.to_lowercase() == lower)
    };
    found.ok_or_else(|| {
        ApiError::not_found(format!(
            "consumerGroupId is {id}, and the queue {} has no such consumer group",
            queue.name
        ))
    })
}

pub(super) fn create(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let details: CreateDetails = call.typed_body()?;
    check_text("displayName", &details.display_name)?;
    let filter = details.filter.unwrap_or_default();
    check_filter("filter", &filter)?;
    if let Some(count) = details.dead_letter_queue_delivery_count {
        check_delivery_count("deadLetterQueueDeliveryCount", count)?;
    }
    retry::once(context, call, |session| {
        let mut queue: QueueResource = QUEUE.live(session, &details.queue_id)?;
        check_room(session, &queue)?;
        check_unused(session, &queue.id, &details.display_name, None)?;
        queue.details.last_group_no += 1;
        session.put_resource(QUEUE.ocid_type, &queue)?;
        let number = queue.details.last_group_no;
        let mut group = new_group(&queue, details.display_name, number, context.now_ms);
        group.state = state(details.is_enabled.unwrap_or(true));
        group.details.filter = filter;
        group.details.delivery_count = details.dead_letter_queue_delivery_count;
        group.details.freeform_tags = details.freeform_tags.unwrap_or_default();
        group.details.defined_tags = details.defined_tags.unwrap_or_default();
        session.put_resource(GROUP.ocid_type, &group)?;
        record(session, context, Change::CreateConsumerGroup, &group)
    })
}

fn check_room(session: &Session<'_>, queue: &QueueResource) -> Result<(), ApiError> {
    if queue.details.primary_group_id.is_none() {
        return Err(ApiError::conflict(format!(
            "queueId is {}, which cannot have consumer groups: give the queue the capability CONSUMER_GROUPS \
             first",
            queue.id
        )));
    }
    match groups_of(session, &queue.id)?.len() {
        ..MOST_GROUPS => Ok(()),
        _ => Err(limit_exceeded(format!(
            "queueId is {}, which has {MOST_GROUPS} consumer groups already, the most that a queue can have",
            queue.id
        ))),
    }
}

fn record(
    session: &Session<'_>,
    context: &Context<'_>,
    change: Change,
    group: &Group,
) -> Result<Reply, ApiError> {
    accepted(session, context, change, (&group.compartment_id, &group.id))
}

pub(super) fn get(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let group: Group = context.store.read(|session| {
        GROUP.remembered(session, call.path_value("consumerGroupId")?, context.now_ms)
    })?;
    let mut body = shown(&group);
    body["deadLetterQueueDeliveryCount"] = group.details.delivery_count.into();
    Ok(Reply::ok(body).with_header("etag", &group.etag))
}

/// Lists the groups of a queue, or the one that is named.
pub(super) fn list(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    lists::check_narrowed(call, ["queueId", "id"])?;
    let queue_id = match call.query_text("queueId") {
        None => None,
        Some(value) => Some(
            context
                .store
                .read(|session| QUEUE.remembered::<Value>(session, value, context.now_ms))?
                .id,
        ),
    };
    let filter = Filter {
        parent_id: queue_id.as_deref(),
        ..lists::common_filter(context, call)
    };
    lists::resources(context, call, GROUP, &filter, shown)
}

pub(super) fn update(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let details: UpdateDetails = call.typed_body()?;
    if let Some(name) = &details.display_name {
        check_text("displayName", name)?;
    }
    if let Some(filter) = &details.filter {
        check_filter("filter", filter)?;
    }
    match details.dead_letter_queue_delivery_count {
        None | Some(QUEUES_OWN) => {}
        Some(count) => check_delivery_count("deadLetterQueueDeliveryCount", count)?,
    }
    context.store.write(|session| {
        let mut group: Group = GROUP.live(session, call.path_value("consumerGroupId")?)?;
        group.check_etag(call)?;
        if let Some(name) = details.display_name {
            let queue_id = group.parent_id.as_deref().unwrap_or_default();
            check_unused(session, queue_id, &name, Some(&group.id))?;
            group.name = name;
        }
        if let Some(is_enabled) = details.is_enabled {
            group.state = state(is_enabled);
        }
        apply(
            &mut group.details,
            (details.filter, details.dead_letter_queue_delivery_count),
            (details.freeform_tags, details.defined_tags),
        );
        let reply = record(session, context, Change::UpdateConsumerGroup, &group)?;
        store(session, context.now_ms, group)?;
        Ok(reply)
    })
}

fn apply(
    group: &mut GroupDetails,
    (filter, delivery_count): (Option<String>, Option<i64>),
    (freeform_tags, defined_tags): (Option<Tags>, Option<Tags>),
) {
    if let Some(filter) = filter {
        group.filter = filter;
    }
    if let Some(count) = delivery_count {
        group.delivery_count = Some(count).filter(|count| *count != QUEUES_OWN);
    }
    if let Some(tags) = freeform_tags {
        group.freeform_tags = tags;
    }
    if let Some(tags) = defined_tags {
        group.defined_tags = tags;
    }
}

/// Deletes a group with its copies of messages; the primary one stays as long as its queue has groups.
pub(super) fn delete(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let (queue_no, group_no, reply) = context.store.write(|session| {
        let mut group: Group = GROUP.live(session, call.path_value("consumerGroupId")?)?;
        group.check_etag(call)?;
        if group.details.number == PRIMARY {
            return Err(ApiError::conflict(format!(
                "consumerGroupId is {}, the primary consumer group, which cannot be deleted: it can be \
                 disabled with isEnabled false",
                group.id
            )));
        }
        let queue_id = group.parent_id.clone().unwrap_or_default();
        let queue: QueueResource = QUEUE.live(session, &queue_id)?;
        group.details.time_updated_ms = context.now_ms;
        group.delete(context.now_ms);
        session.put_resource(GROUP.ocid_type, &group)?;
        resource::forget_old(session, context.now_ms)?;
        let reply = record(session, context, Change::DeleteConsumerGroup, &group)?;
        Ok((queue.details.number, group.details.number, reply))
    })?;
    purge::remove_group(context, queue_no, group_no)?;
    Ok(reply)
}

/// Marks the groups of a queue as deleted.
pub(super) fn delete_records(
    session: &Session<'_>,
    now_ms: i64,
    queue: &QueueResource,
) -> Result<(), ApiError> {
    for mut group in groups_of(session, &queue.id)? {
        group.delete(now_ms);
        session.put_resource(GROUP.ocid_type, &group)?;
    }
    Ok(())
}

/// Moves the groups of a queue to the queue's compartment.
pub(super) fn move_all(session: &Session<'_>, queue: &QueueResource) -> Result<(), ApiError> {
    for mut group in groups_of(session, &queue.id)? {
        group.compartment_id.clone_from(&queue.compartment_id);
        group.touch();
        session.put_resource(GROUP.ocid_type, &group)?;
    }
    Ok(())
}

fn shown(group: &Group) -> Value {
    let details = &group.details;
    json!({
        "id": group.id,
        "displayName": group.name,
        "queueId": group.parent_id,
        "filter": details.filter,
        "timeCreated": rfc3339(group.time_created_ms),
        "timeUpdated": rfc3339(details.time_updated_ms),
        "lifecycleState": group.state,
        "lifecycleDetails": null,
        "freeformTags": details.freeform_tags,
        "definedTags": details.defined_tags,
        "systemTags": {},
    })
}
