//! Stream pools. Each compartment has a default pool, made when it is first needed.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::resource::{self, ResourceKind, Tags, check_name};
use super::super::{Context, ocid, retry};
use super::streams::STREAM;
use super::work::{self, Action, Entity};
use super::{Streaming, lists, streams};
use crate::call::{ApiError, Call, Reply};
use crate::clock::rfc3339;
use crate::store::{Filter, Order, Resource, Session, SortBy};

pub(super) const POOL: ResourceKind = ResourceKind {
    ocid_type: "streampool",
    noun: "stream pool",
};

/// Name of the pool that streams without one go to. Unconfirmed: the name that the console shows.
const DEFAULT_NAME: &str = "DefaultPool";

/// Most security attributes of a pool. Source: behaviour.md 1.1.
const MOST_SECURITY_ATTRIBUTES: usize = 3;

/// What only pools have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct PoolDetails {
    pub(super) kafka: KafkaSettings,
    kms_key_id: Option<String>,
    private_endpoint: Option<PrivateEndpoint>,
    security_attributes: Tags,
    freeform_tags: Tags,
    defined_tags: Tags,
}

/// A default pool has its compartment as parent, other pools have none.
pub(super) type Pool = Resource<PoolDetails>;

impl Pool {
    fn is_default(&self) -> bool {
        self.parent_id.is_some()
    }
}

/// How Kafka clients may make topics in a pool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct KafkaSettings {
    pub(super) auto_create_topics_enable: bool,
    pub(super) log_retention_hours: i64,
    pub(super) num_partitions: i64,
}

impl Default for KafkaSettings {
    /// Source: behaviour.md 1.3, from replies of the service.
    fn default() -> Self {
        Self {
            auto_create_topics_enable: false,
            log_retention_hours: 24,
            num_partitions: 1,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PrivateEndpoint {
    subnet_id: Option<String>,
    private_endpoint_ip: Option<String>,
    nsg_ids: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct KafkaDetails {
    auto_create_topics_enable: Option<bool>,
    log_retention_hours: Option<i64>,
    num_partitions: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeyDetails {
    kms_key_id: String,
}

impl KeyDetails {
    /// The key; an empty one stands for the key that the service manages.
    fn key_id(self) -> Option<String> {
        Some(self.kms_key_id).filter(|id| !id.is_empty())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateDetails {
    compartment_id: String,
    name: String,
    kafka_settings: Option<KafkaDetails>,
    custom_encryption_key_details: Option<KeyDetails>,
    private_endpoint_details: Option<PrivateEndpoint>,
    security_attributes: Option<Tags>,
    freeform_tags: Option<Tags>,
    defined_tags: Option<Tags>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UpdateDetails {
    name: Option<String>,
    kafka_settings: Option<KafkaDetails>,
    custom_encryption_key_details: Option<KeyDetails>,
    security_attributes: Option<Tags>,
    freeform_tags: Option<Tags>,
    defined_tags: Option<Tags>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ChangeCompartmentDetails {
    compartment_id: String,
}

impl KafkaSettings {
    /// Takes over what is given. `bootstrapServers` is told, not taken.
    fn merge(&mut self, details: KafkaDetails) -> Result<(), ApiError> {
        if let Some(enabled) = details.auto_create_topics_enable {
            self.auto_create_topics_enable = enabled;
        }
        if let Some(hours) = details.log_retention_hours {
            streams::check_retention("kafkaSettings.logRetentionHours", hours)?;
            self.log_retention_hours = hours;
        }
        if let Some(count) = details.num_partitions {
            streams::check_partitions("kafkaSettings.numPartitions", count)?;
            self.num_partitions = count;
        }
        Ok(())
    }
}

fn check_security_attributes(attributes: &Tags) -> Result<(), ApiError> {
    let count: usize = attributes
        .values()
        .map(|namespace| namespace.as_object().map_or(0, serde_json::Map::len))
        .sum();
    match count {
        0..=MOST_SECURITY_ATTRIBUTES => Ok(()),
        _ => Err(ApiError::new(
            400,
            "LimitExceeded",
            format!("securityAttributes holds {count} attributes; at most 3 are allowed"),
        )),
    }
}

pub(super) fn create(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let details: CreateDetails = call.typed_body()?;
    check_name(&details.name)?;
    let security_attributes = details.security_attributes.unwrap_or_default();
    check_security_attributes(&security_attributes)?;
    let mut kafka = KafkaSettings::default();
    if let Some(settings) = details.kafka_settings {
        kafka.merge(settings)?;
    }
    let pool = new_pool(
        context.now_ms,
        details.compartment_id,
        details.name,
        PoolDetails {
            kafka,
            kms_key_id: details
                .custom_encryption_key_details
                .and_then(KeyDetails::key_id),
            private_endpoint: details.private_endpoint_details,
            security_attributes,
            freeform_tags: details.freeform_tags.unwrap_or_default(),
            defined_tags: details.defined_tags.unwrap_or_default(),
        },
    );
    retry::once(context, call, |session| {
        session.put_resource(POOL.ocid_type, &pool)?;
        let work_id = record(session, context, Action::Create, &pool)?;
        Ok(Reply::ok(in_the_making(context, &pool))
            .with_header("etag", &pool.etag)
            .with_header(work::HEADER, work_id))
    })
}

/// A new pool as the service's reply shows it; the next look finds it active.
fn in_the_making(context: &Context<'_>, pool: &Pool) -> Value {
    let mut body = shown(context, pool);
    set(&mut body, "lifecycleState", "CREATING".into());
    if let Some(kafka) = body.get_mut("kafkaSettings") {
        set(kafka, "bootstrapServers", Value::Null);
    }
    body
}

fn set(object: &mut Value, key: &str, value: Value) {
    if let Some(object) = object.as_object_mut() {
        object.insert(key.to_owned(), value);
    }
}

fn new_pool(now_ms: i64, compartment_id: String, name: String, details: PoolDetails) -> Pool {
    Resource {
        id: ocid::new(POOL.ocid_type),
        name,
        compartment_id,
        parent_id: None,
        state: "ACTIVE".to_owned(),
        etag: ocid::new_etag(),
        time_created_ms: now_ms,
        time_deleted_ms: None,
        details,
    }
}

fn record(
    session: &Session<'_>,
    context: &Context<'_>,
    action: Action,
    pool: &Pool,
) -> Result<String, ApiError> {
    work::record(
        session,
        context.now_ms,
        (action, Entity::StreamPool),
        (&pool.compartment_id, &pool.id),
    )
}

/// The default pool of a compartment, made now if there is none.
pub(super) fn default_pool(
    session: &Session<'_>,
    now_ms: i64,
    compartment_id: &str,
) -> Result<Pool, ApiError> {
    let filter = Filter {
        parent_id: Some(compartment_id),
        state: Some("ACTIVE"),
        ..Filter::default()
    };
    let sort = (SortBy::TimeCreated, Order::Ascending);
    let found = session.resources(POOL.ocid_type, &filter, sort, None, 1)?;
    if let Some(pool) = found.items.into_iter().next() {
        return Ok(pool);
    }
    let mut pool = new_pool(
        now_ms,
        compartment_id.to_owned(),
        DEFAULT_NAME.to_owned(),
        PoolDetails {
            kafka: KafkaSettings::default(),
            kms_key_id: None,
            private_endpoint: None,
            security_attributes: Tags::new(),
            freeform_tags: Tags::new(),
            defined_tags: Tags::new(),
        },
    );
    pool.parent_id = Some(compartment_id.to_owned());
    session.put_resource(POOL.ocid_type, &pool)?;
    Ok(pool)
}

pub(super) fn get(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let pool: Pool = context.store.read(|session| {
        POOL.remembered(session, call.path_value("streamPoolId")?, context.now_ms)
    })?;
    Ok(Reply::ok(shown(context, &pool)).with_header("etag", &pool.etag))
}

pub(super) fn list(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let filter = Filter {
        compartment_id: call.query_text("compartmentId"),
        ..lists::common_filter(context, call)
    };
    lists::resources(context, call, POOL, &filter, summary)
}

pub(super) fn update(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let details: UpdateDetails = call.typed_body()?;
    let (pool, work_id) = context.store.write(|session| {
        let mut pool: Pool = POOL.live(session, call.path_value("streamPoolId")?)?;
        pool.check_etag(call)?;
        apply(&mut pool, details)?;
        pool.touch();
        session.put_resource(POOL.ocid_type, &pool)?;
        let work_id = record(session, context, Action::Update, &pool)?;
        Ok::<_, ApiError>((pool, work_id))
    })?;
    Ok(Reply::ok(shown(context, &pool))
        .with_header("etag", &pool.etag)
        .with_header(work::HEADER, work_id))
}

fn apply(pool: &mut Pool, details: UpdateDetails) -> Result<(), ApiError> {
    if let Some(name) = details.name {
        check_name(&name)?;
        pool.name = name;
    }
    if let Some(settings) = details.kafka_settings {
        pool.details.kafka.merge(settings)?;
    }
    if let Some(key) = details.custom_encryption_key_details {
        pool.details.kms_key_id = key.key_id();
    }
    if let Some(attributes) = details.security_attributes {
        check_security_attributes(&attributes)?;
        pool.details.security_attributes = attributes;
    }
    if let Some(tags) = details.freeform_tags {
        pool.details.freeform_tags = tags;
    }
    if let Some(tags) = details.defined_tags {
        pool.details.defined_tags = tags;
    }
    Ok(())
}

pub(super) fn change_compartment(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let details: ChangeCompartmentDetails = call.typed_body()?;
    let work_id = context.store.write(|session| {
        let mut pool: Pool = POOL.live(session, call.path_value("streamPoolId")?)?;
        pool.check_etag(call)?;
        for mut stream in streams::streams_of(session, &pool.id)? {
            stream.compartment_id.clone_from(&details.compartment_id);
            stream.touch();
            session.put_resource(STREAM.ocid_type, &stream)?;
        }
        pool.compartment_id = details.compartment_id;
        // In its new compartment it is a pool like others: that one has a default pool of its own.
        pool.parent_id = None;
        pool.touch();
        session.put_resource(POOL.ocid_type, &pool)?;
        record(session, context, Action::Update, &pool)
    })?;
    Ok(Reply::empty(200).with_header(work::HEADER, work_id))
}

impl Streaming {
    /// Deletes a pool with all its streams, as the service does.
    pub(super) fn delete_pool(
        &self,
        context: &Context<'_>,
        call: &Call,
    ) -> Result<Reply, ApiError> {
        let (streams, work_id) = context.store.write(|session| {
            let mut pool: Pool = POOL.live(session, call.path_value("streamPoolId")?)?;
            pool.check_etag(call)?;
            if pool.is_default() {
                return Err(ApiError::conflict(
                    "The default stream pool cannot be deleted",
                ));
            }
            let streams = streams::streams_of(session, &pool.id)?;
            for stream in &streams {
                streams::delete_record(session, context.now_ms, stream.clone())?;
            }
            session.remove_kafka_groups(&pool.id)?;
            pool.delete(context.now_ms);
            session.put_resource(POOL.ocid_type, &pool)?;
            resource::forget_old(session, context.now_ms)?;
            Ok((streams, record(session, context, Action::Delete, &pool)?))
        })?;
        for stream in streams {
            self.remove_logs(context, &stream.id)?;
        }
        Ok(Reply::empty(204).with_header(work::HEADER, work_id))
    }
}

fn shown(context: &Context<'_>, pool: &Pool) -> Value {
    let details = &pool.details;
    let endpoint = details.private_endpoint.as_ref();
    json!({
        "id": pool.id,
        "name": pool.name,
        "compartmentId": pool.compartment_id,
        "lifecycleState": pool.state,
        "lifecycleStateDetails": null,
        "timeCreated": rfc3339(pool.time_created_ms),
        "kafkaSettings": {
            "bootstrapServers": context.origin.kafka_address,
            "autoCreateTopicsEnable": details.kafka.auto_create_topics_enable,
            "logRetentionHours": details.kafka.log_retention_hours,
            "numPartitions": details.kafka.num_partitions,
        },
        "customEncryptionKey": {
            "kmsKeyId": details.kms_key_id,
            "keyState": if details.kms_key_id.is_some() { "ACTIVE" } else { "NONE" },
        },
        "isPrivate": endpoint.is_some(),
        "endpointFqdn": null,
        "privateEndpointSettings": {
            "subnetId": endpoint.and_then(|e| e.subnet_id.as_deref()),
            "privateEndpointIp": endpoint.and_then(|e| e.private_endpoint_ip.as_deref()),
            "nsgIds": endpoint.and_then(|e| e.nsg_ids.as_deref()),
        },
        "securityAttributes": details.security_attributes,
        "freeformTags": details.freeform_tags,
        "definedTags": details.defined_tags,
    })
}

fn summary(pool: &Pool) -> Value {
    json!({
        "id": pool.id,
        "name": pool.name,
        "compartmentId": pool.compartment_id,
        "lifecycleState": pool.state,
        "timeCreated": rfc3339(pool.time_created_ms),
        "isPrivate": pool.details.private_endpoint.is_some(),
        "securityAttributes": pool.details.security_attributes,
        "freeformTags": pool.details.freeform_tags,
        "definedTags": pool.details.defined_tags,
    })
}
