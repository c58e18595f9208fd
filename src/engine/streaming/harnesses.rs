//! Connect harnesses: names under which Kafka Connect keeps its state.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::resource::{self, ResourceKind, Tags, check_name};
use super::super::{Context, ocid, retry};
use super::lists;
use super::work::{self, Action, Entity};
use crate::call::{ApiError, Call, Reply};
use crate::clock::rfc3339;
use crate::store::{Filter, Resource, Session};

const HARNESS: ResourceKind = ResourceKind {
    ocid_type: "connectharness",
    noun: "connect harness",
};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct HarnessDetails {
    freeform_tags: Tags,
    defined_tags: Tags,
}

type Harness = Resource<HarnessDetails>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateDetails {
    name: String,
    compartment_id: String,
    freeform_tags: Option<Tags>,
    defined_tags: Option<Tags>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UpdateDetails {
    freeform_tags: Option<Tags>,
    defined_tags: Option<Tags>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ChangeCompartmentDetails {
    compartment_id: String,
}

pub(super) fn create(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let details: CreateDetails = call.typed_body()?;
    check_name(&details.name)?;
    let harness = Resource {
        id: ocid::new(HARNESS.ocid_type),
        name: details.name,
        compartment_id: details.compartment_id,
        parent_id: None,
        state: "ACTIVE".to_owned(),
        etag: ocid::new_etag(),
        time_created_ms: context.now_ms,
        time_deleted_ms: None,
        details: HarnessDetails {
            freeform_tags: details.freeform_tags.unwrap_or_default(),
            defined_tags: details.defined_tags.unwrap_or_default(),
        },
    };
    retry::once(context, call, |session| {
        session.put_resource(HARNESS.ocid_type, &harness)?;
        let work_id = record(session, context, Action::Create, &harness)?;
        // The reply shows the harness in the making, as the service's does; the next look finds it active.
        let mut in_the_making = harness;
        in_the_making.state = "CREATING".to_owned();
        Ok(Reply::ok(shown(&in_the_making))
            .with_header("etag", &in_the_making.etag)
            .with_header(work::HEADER, work_id))
    })
}

fn record(
    session: &Session<'_>,
    context: &Context<'_>,
    action: Action,
    harness: &Harness,
) -> Result<String, ApiError> {
    work::record(
        session,
        context.now_ms,
        (action, Entity::ConnectHarness),
        (&harness.compartment_id, &harness.id),
    )
}

pub(super) fn get(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let harness: Harness = context.store.read(|session| {
        HARNESS.remembered(
            session,
            call.path_value("connectHarnessId")?,
            context.now_ms,
        )
    })?;
    Ok(Reply::ok(shown(&harness)).with_header("etag", &harness.etag))
}

pub(super) fn list(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let filter = Filter {
        compartment_id: call.query_text("compartmentId"),
        ..lists::common_filter(context, call)
    };
    lists::resources(context, call, HARNESS, &filter, summary)
}

/// Changes a harness and stores it, with its work request.
fn change(
    context: &Context<'_>,
    call: &Call,
    change: impl FnOnce(&mut Harness),
) -> Result<(Harness, String), ApiError> {
    context.store.write(|session| {
        let mut harness: Harness = HARNESS.live(session, call.path_value("connectHarnessId")?)?;
        harness.check_etag(call)?;
        change(&mut harness);
        harness.touch();
        session.put_resource(HARNESS.ocid_type, &harness)?;
        let action = match harness.time_deleted_ms {
            Some(_) => {
                resource::forget_old(session, context.now_ms)?;
                Action::Delete
            }
            None => Action::Update,
        };
        let work_id = record(session, context, action, &harness)?;
        Ok((harness, work_id))
    })
}

pub(super) fn update(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let details: UpdateDetails = call.typed_body()?;
    let (harness, work_id) = change(context, call, |harness| {
        if let Some(tags) = details.freeform_tags {
            harness.details.freeform_tags = tags;
        }
        if let Some(tags) = details.defined_tags {
            harness.details.defined_tags = tags;
        }
    })?;
    Ok(Reply::ok(shown(&harness))
        .with_header("etag", &harness.etag)
        .with_header(work::HEADER, work_id))
}

pub(super) fn change_compartment(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let details: ChangeCompartmentDetails = call.typed_body()?;
    let (_, work_id) = change(context, call, |harness| {
        harness.compartment_id = details.compartment_id;
    })?;
    Ok(Reply::empty(200).with_header(work::HEADER, work_id))
}

pub(super) fn delete(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let (_, work_id) = change(context, call, |harness| harness.delete(context.now_ms))?;
    Ok(Reply::empty(204).with_header(work::HEADER, work_id))
}

fn shown(harness: &Harness) -> Value {
    let mut shown = summary(harness);
    if let Some(fields) = shown.as_object_mut() {
        fields.insert("lifecycleStateDetails".into(), Value::Null);
    }
    shown
}

fn summary(harness: &Harness) -> Value {
    json!({
        "id": harness.id,
        "name": harness.name,
        "compartmentId": harness.compartment_id,
        "lifecycleState": harness.state,
        "timeCreated": rfc3339(harness.time_created_ms),
        "freeformTags": harness.details.freeform_tags,
        "definedTags": harness.details.defined_tags,
    })
}
