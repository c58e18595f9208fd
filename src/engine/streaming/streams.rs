//! Streams: a number of partitions with a name, in a pool.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::resource::{self, ResourceKind, Tags, check_name};
use super::super::{Context, ocid};
use super::pools::{self, POOL, Pool};
use super::work::{self, Action, Entity};
use super::{Streaming, lists};
use crate::call::{ApiError, Call, Reply};
use crate::clock::rfc3339;
use crate::store::{Filter, Order, Resource, Session, SortBy};

pub(in crate::engine) const STREAM: ResourceKind = ResourceKind {
    ocid_type: "stream",
    noun: "stream",
};

/// How long messages are kept, in hours. Source: behaviour.md 1.1.
const RETENTION_HOURS: std::ops::RangeInclusive<i64> = 24..=168;
const DEFAULT_RETENTION_HOURS: i64 = 24;

/// Most partitions of a stream: a whole tenancy's quota in the cloud. Source: behaviour.md 1.1.
const MOST_PARTITIONS: i64 = 200;

/// What only streams have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct StreamDetails {
    /// How many partitions it has, numbered from 0.
    pub partitions: u32,
    /// How long messages are kept, in hours.
    pub retention_hours: i64,
    freeform_tags: Tags,
    defined_tags: Tags,
}

pub(super) type Stream = Resource<StreamDetails>;

impl Stream {
    /// The time that messages must be younger than to be kept, in milliseconds.
    pub(super) fn horizon_ms(&self, now_ms: i64) -> i64 {
        horizon_ms(self.details.retention_hours, now_ms)
    }
}

/// The time that messages must be younger than to be kept so many hours, in milliseconds.
pub(super) fn horizon_ms(retention_hours: i64, now_ms: i64) -> i64 {
    now_ms - retention_hours * 3_600_000
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateDetails {
    name: String,
    partitions: i64,
    compartment_id: Option<String>,
    stream_pool_id: Option<String>,
    retention_in_hours: Option<i64>,
    freeform_tags: Option<Tags>,
    defined_tags: Option<Tags>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UpdateDetails {
    stream_pool_id: Option<String>,
    freeform_tags: Option<Tags>,
    defined_tags: Option<Tags>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ChangeCompartmentDetails {
    compartment_id: String,
}

/// Refuses a retention that the service does not offer.
pub(super) fn check_retention(field: &str, hours: i64) -> Result<(), ApiError> {
    match RETENTION_HOURS.contains(&hours) {
        true => Ok(()),
        false => Err(ApiError::invalid(format!(
            "{field} must be 24 to 168, not {hours}"
        ))),
    }
}

/// Refuses a number of partitions that no stream can have.
pub(super) fn check_partitions(field: &str, count: i64) -> Result<(), ApiError> {
    match count {
        1..=MOST_PARTITIONS => Ok(()),
        ..1 => Err(ApiError::invalid(format!(
            "{field} must be at least 1, not {count}"
        ))),
        _ => Err(ApiError::new(
            400,
            "LimitExceeded",
            format!("You exceed the number of allowed partitions: {field} is {count}, at most 200"),
        )),
    }
}

impl Streaming {
    /// Makes a stream; in the cloud that takes a while.
    pub(super) fn create_stream(
        &self,
        context: &Context<'_>,
        call: &Call,
    ) -> Result<Reply, ApiError> {
        let details: CreateDetails = call.typed_body()?;
        check_name(&details.name)?;
        check_partitions("partitions", details.partitions)?;
        let retention_hours = details
            .retention_in_hours
            .unwrap_or(DEFAULT_RETENTION_HOURS);
        check_retention("retentionInHours", retention_hours)?;
        let (stream, work_id) = context.store.write(|session| {
            let pool = pool_for(session, context.now_ms, &details)?;
            check_unused(session, &pool.id, &details.name)?;
            self.check_quota(session, details.partitions)?;
            let stream = Resource {
                id: ocid::new(STREAM.ocid_type),
                name: details.name,
                compartment_id: pool.compartment_id,
                parent_id: Some(pool.id),
                state: "ACTIVE".to_owned(),
                etag: ocid::new_etag(),
                time_created_ms: context.now_ms,
                time_deleted_ms: None,
                details: StreamDetails {
                    partitions: u32::try_from(details.partitions).unwrap_or_default(),
                    retention_hours,
                    freeform_tags: details.freeform_tags.unwrap_or_default(),
                    defined_tags: details.defined_tags.unwrap_or_default(),
                },
            };
            session.put_resource(STREAM.ocid_type, &stream)?;
            let work_id = record(session, context, Action::Create, &stream)?;
            Ok::<_, ApiError>((stream, work_id))
        })?;
        // The reply shows the stream in the making, as the service's does; the next look finds it active.
        let mut in_the_making = stream;
        in_the_making.state = "CREATING".to_owned();
        Ok(Reply::ok(shown(context, &in_the_making))
            .with_header("etag", &in_the_making.etag)
            .with_header(work::HEADER, work_id))
    }
}

/// The pool that a new stream goes to. The cloud takes a compartment or a pool; documents give both, which
/// is fine when they agree.
fn pool_for(session: &Session<'_>, now_ms: i64, details: &CreateDetails) -> Result<Pool, ApiError> {
    match (&details.stream_pool_id, &details.compartment_id) {
        (Some(pool_id), compartment_id) => {
            let pool = POOL.live(session, pool_id)?;
            check_agrees(&pool, compartment_id.as_deref())?;
            Ok(pool)
        }
        (None, Some(compartment_id)) => pools::default_pool(session, now_ms, compartment_id),
        (None, None) => Err(ApiError::missing(
            "compartmentId or streamPoolId is missing: one of them tells where the stream goes",
        )),
    }
}

fn check_agrees(pool: &Pool, compartment_id: Option<&str>) -> Result<(), ApiError> {
    match compartment_id {
        Some(id) if id != pool.compartment_id => Err(ApiError::invalid(format!(
            "compartmentId is {id}, but the stream pool {} is in {}: leave one of the two out",
            pool.name, pool.compartment_id
        ))),
        _ => Ok(()),
    }
}

/// Names are unique in a pool. The status is unconfirmed.
fn check_unused(session: &Session<'_>, pool_id: &str, name: &str) -> Result<(), ApiError> {
    let filter = Filter {
        parent_id: Some(pool_id),
        name: Some(name),
        state: Some("ACTIVE"),
        ..Filter::default()
    };
    let sort = (SortBy::Name, Order::Ascending);
    let page = session.resources::<StreamDetails>(STREAM.ocid_type, &filter, sort, None, 1)?;
    match page.items.first() {
        None => Ok(()),
        Some(stream) => Err(name_taken(name, &stream.id)),
    }
}

/// 409: another stream of the pool has the name.
pub(super) fn name_taken(name: &str, stream_id: &str) -> ApiError {
    ApiError::new(
        409,
        "NotAuthorizedOrResourceAlreadyExists",
        format!("The stream pool has a stream named {name} already: {stream_id}"),
    )
}

fn record(
    session: &Session<'_>,
    context: &Context<'_>,
    action: Action,
    stream: &Stream,
) -> Result<String, ApiError> {
    work::record(
        session,
        context.now_ms,
        (action, Entity::Stream),
        (&stream.compartment_id, &stream.id),
    )
}

pub(super) fn get(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let stream: Stream = context
        .store
        .read(|session| STREAM.remembered(session, call.path_value("streamId")?, context.now_ms))?;
    Ok(Reply::ok(shown(context, &stream)).with_header("etag", &stream.etag))
}

/// Lists streams. The cloud takes a compartment or a pool; documents give both, which narrows the list to
/// where they agree.
pub(super) fn list(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let compartment_id = call.query_text("compartmentId");
    let pool = call.query_text("streamPoolId");
    if compartment_id.is_none() && pool.is_none() {
        return Err(ApiError::missing(
            "compartmentId or streamPoolId is missing",
        ));
    }
    let pool_id = pool
        .map(|value| context.store.read(|session| POOL.resolve(session, value)))
        .transpose()?;
    let filter = Filter {
        compartment_id,
        parent_id: pool_id.as_deref(),
        ..lists::common_filter(context, call)
    };
    lists::resources(context, call, STREAM, &filter, |stream| {
        summary(context, stream)
    })
}

pub(super) fn update(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let details: UpdateDetails = call.typed_body()?;
    let (stream, work_id) = context.store.write(|session| {
        let mut stream: Stream = STREAM.live(session, call.path_value("streamId")?)?;
        stream.check_etag(call)?;
        if let Some(pool_id) = &details.stream_pool_id {
            let pool: Pool = POOL.live(session, pool_id)?;
            move_to(session, &mut stream, &pool)?;
        }
        if let Some(tags) = details.freeform_tags {
            stream.details.freeform_tags = tags;
        }
        if let Some(tags) = details.defined_tags {
            stream.details.defined_tags = tags;
        }
        stream.touch();
        session.put_resource(STREAM.ocid_type, &stream)?;
        let work_id = record(session, context, Action::Update, &stream)?;
        Ok::<_, ApiError>((stream, work_id))
    })?;
    Ok(Reply::ok(shown(context, &stream))
        .with_header("etag", &stream.etag)
        .with_header(work::HEADER, work_id))
}

/// Changes how long the messages of a stream are kept. Kafka clients may; REST has no operation for it.
pub(super) fn set_retention(
    context: &Context<'_>,
    stream_id: &str,
    hours: i64,
) -> Result<(), ApiError> {
    check_retention("retention in hours", hours)?;
    context.store.write(|session| {
        let mut stream: Stream = STREAM.live(session, stream_id)?;
        stream.details.retention_hours = hours;
        stream.touch();
        session.put_resource(STREAM.ocid_type, &stream)?;
        record(session, context, Action::Update, &stream)?;
        Ok(())
    })
}

fn move_to(session: &Session<'_>, stream: &mut Stream, pool: &Pool) -> Result<(), ApiError> {
    if stream.parent_id.as_deref() != Some(&pool.id) {
        check_unused(session, &pool.id, &stream.name)?;
    }
    stream.parent_id = Some(pool.id.clone());
    stream.compartment_id.clone_from(&pool.compartment_id);
    Ok(())
}

/// Moves a stream into the default pool of another compartment, as the service does.
pub(super) fn change_compartment(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let details: ChangeCompartmentDetails = call.typed_body()?;
    let work_id = context.store.write(|session| {
        let mut stream: Stream = STREAM.live(session, call.path_value("streamId")?)?;
        stream.check_etag(call)?;
        let pool = pools::default_pool(session, context.now_ms, &details.compartment_id)?;
        move_to(session, &mut stream, &pool)?;
        stream.touch();
        session.put_resource(STREAM.ocid_type, &stream)?;
        record(session, context, Action::Update, &stream)
    })?;
    Ok(Reply::empty(200).with_header(work::HEADER, work_id))
}

/// The streams of a pool that are not deleted.
pub(super) fn streams_of(session: &Session<'_>, pool_id: &str) -> Result<Vec<Stream>, ApiError> {
    let filter = Filter {
        parent_id: Some(pool_id),
        state: Some("ACTIVE"),
        ..Filter::default()
    };
    let sort = (SortBy::Name, Order::Ascending);
    let page = session.resources(STREAM.ocid_type, &filter, sort, None, usize::MAX)?;
    Ok(page.items)
}

/// Marks a stream as deleted, forgets its groups, and notes that its logs are to be removed.
pub(super) fn delete_record(
    session: &Session<'_>,
    now_ms: i64,
    mut stream: Stream,
) -> Result<(), ApiError> {
    stream.delete(now_ms);
    session.put_resource(STREAM.ocid_type, &stream)?;
    session.doom_log(&stream.id)?;
    session.remove_groups(&stream.id)?;
    session.remove_kafka_offsets_of(&stream.id)?;
    resource::forget_old(session, now_ms)
}

impl Streaming {
    /// Deletes a stream with its messages; its record can be looked at for 90 days more.
    pub(super) fn delete_stream(
        &self,
        context: &Context<'_>,
        call: &Call,
    ) -> Result<Reply, ApiError> {
        let (stream, work_id) = context.store.write(|session| {
            let stream: Stream = STREAM.live(session, call.path_value("streamId")?)?;
            stream.check_etag(call)?;
            delete_record(session, context.now_ms, stream.clone())?;
            let work_id = record(session, context, Action::Delete, &stream)?;
            Ok::<_, ApiError>((stream, work_id))
        })?;
        self.remove_logs(context, &stream.id)?;
        Ok(Reply::empty(204).with_header(work::HEADER, work_id))
    }
}

fn shown(context: &Context<'_>, stream: &Stream) -> Value {
    let mut shown = summary(context, stream);
    if let Some(fields) = shown.as_object_mut() {
        fields.insert(
            "retentionInHours".into(),
            stream.details.retention_hours.into(),
        );
        fields.insert("lifecycleStateDetails".into(), Value::Null);
    }
    shown
}

fn summary(context: &Context<'_>, stream: &Stream) -> Value {
    json!({
        "id": stream.id,
        "name": stream.name,
        "partitions": stream.details.partitions,
        "streamPoolId": stream.parent_id,
        "compartmentId": stream.compartment_id,
        "lifecycleState": stream.state,
        "timeCreated": rfc3339(stream.time_created_ms),
        "messagesEndpoint": context.origin.rest_address,
        "freeformTags": stream.details.freeform_tags,
        "definedTags": stream.details.defined_tags,
    })
}
