//! Connectors: a source, a target, and what is done to records on the way.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::listing::{Limits, Request};
use super::super::resource::{self, REMEMBERED_MS, ResourceKind, Tags, check_text};
use super::super::{Context, ocid, retry};
use super::details::{self, Source, Target, Task};
use super::giving_back::{self, Part};
use super::movement::{Failure, Movement};
use super::moving::Moment;
use super::stages::target_stage;
use super::work::{Change, accepted};
use super::{traces, unknown_keys};
use crate::call::{ApiError, Call, Reply};
use crate::clock::rfc3339;
use crate::store::{Filter, Order, Resource, Session, SortBy};

pub(super) const CONNECTOR: ResourceKind = ResourceKind {
    ocid_type: "serviceconnector",
    noun: "service connector",
};

/// How many connectors a page holds. Unconfirmed; the services' usual bounds.
const LIMITS: Limits = Limits {
    default: 100,
    most: 1000,
};

const ACTIVE: &str = "ACTIVE";
const INACTIVE: &str = "INACTIVE";

/// A connector that moves, but has come upon an obstacle. Unconfirmed: that its state tells.
const NEEDS_ATTENTION: &str = "NEEDS_ATTENTION";

/// After how long an obstacle turns a connector off, in milliseconds: 7 days. Unconfirmed; that the service does
/// so at some time is documented (behaviour.md 6.2).
const MOST_TROUBLE_MS: i64 = 7 * 24 * 3_600_000;

/// What only connectors have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ConnectorDetails {
    description: Option<String>,
    pub source: Source,
    pub tasks: Vec<Task>,
    pub target: Target,
    time_updated_ms: i64,
    freeform_tags: Tags,
    defined_tags: Tags,
}

pub(super) type Connector = Resource<ConnectorDetails>;

impl Connector {
    /// Whether it moves anything.
    pub(super) fn is_active(&self) -> bool {
        matches!(self.state.as_str(), ACTIVE | NEEDS_ATTENTION)
    }

    fn turn(&mut self, state: &str) {
        state.clone_into(&mut self.state);
    }

    fn touch_at(&mut self, now_ms: i64) {
        self.details.time_updated_ms = now_ms;
        self.touch();
    }

    /// Lets the state tell whether the connector has come upon an obstacle; a failure that lasts turns it off. That is
    /// no change by a caller: the etag stays.
    pub(super) fn heed(&mut self, movement: &Movement, now_ms: i64) {
        let lasts = |failure: &Failure| now_ms.saturating_sub(failure.since_ms) > MOST_TROUBLE_MS;
        match movement.failure() {
            _ if !self.is_active() => {}
            Some(failure) if lasts(failure) => self.turn(INACTIVE),
            _ if movement.is_hindered() => self.turn(NEEDS_ATTENTION),
            _ => self.turn(ACTIVE),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateDetails {
    display_name: String,
    compartment_id: String,
    description: Option<String>,
    source: Value,
    tasks: Option<Vec<Value>>,
    target: Value,
    freeform_tags: Option<Tags>,
    defined_tags: Option<Tags>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UpdateDetails {
    display_name: Option<String>,
    description: Option<String>,
    source: Option<Value>,
    tasks: Option<Vec<Value>>,
    target: Option<Value>,
    freeform_tags: Option<Tags>,
    defined_tags: Option<Tags>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ChangeCompartmentDetails {
    compartment_id: String,
}

/// The parts of a connector as a caller gives them.
struct GivenParts {
    source: Option<Value>,
    tasks: Option<Vec<Value>>,
    target: Option<Value>,
}

impl GivenParts {
    /// Has a reply tell of what the connector did not take.
    fn tell_of_unknown(self, reply: Reply, connector: &Connector) -> Reply {
        let own = &connector.details;
        let source = self
            .source
            .map(|given| ("source", given, json!(own.source)));
        let tasks = self.tasks;
        let tasks = tasks.map(|given| ("tasks", Value::Array(given), json!(own.tasks)));
        let target = self
            .target
            .map(|given| ("target", given, json!(own.target)));
        let parts: Vec<_> = [source, tasks, target].into_iter().flatten().collect();
        unknown_keys::tell(reply, &parts)
    }
}

fn read_source(session: &Session<'_>, value: Value) -> Result<Source, ApiError> {
    details::check_plugin(&value)?;
    details::read::<Source>("source", value)?.checked(session)
}

fn read_target(session: &Session<'_>, value: Value) -> Result<Target, ApiError> {
    details::read::<Target>("target", value)?.checked(session)
}

fn read_tasks(session: &Session<'_>, values: Vec<Value>) -> Result<Vec<Task>, ApiError> {
    let tasks = values.into_iter().enumerate().map(|(index, value)| {
        details::read::<Task>(&format!("tasks[{index}]"), value)?.checked(session, index)
    });
    tasks.collect()
}

pub(super) fn create(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let given: CreateDetails = call.typed_body()?;
    check_text("displayName", &given.display_name)?;
    check_text("compartmentId", &given.compartment_id)?;
    retry::once(context, call, |session| {
        let parts = GivenParts {
            source: Some(given.source.clone()),
            tasks: given.tasks.clone(),
            target: Some(given.target.clone()),
        };
        let source = read_source(session, given.source)?;
        let tasks = read_tasks(session, given.tasks.unwrap_or_default())?;
        let target = read_target(session, given.target)?;
        details::check_pair(&source, &tasks, &target)?;
        let connector = Resource {
            id: ocid::new(CONNECTOR.ocid_type),
            name: given.display_name,
            compartment_id: given.compartment_id,
            parent_id: None,
            state: ACTIVE.to_owned(),
            etag: ocid::new_etag(),
            time_created_ms: context.now_ms,
            time_deleted_ms: None,
            details: ConnectorDetails {
                description: given.description,
                source,
                tasks,
                target,
                time_updated_ms: context.now_ms,
                freeform_tags: given.freeform_tags.unwrap_or_default(),
                defined_tags: given.defined_tags.unwrap_or_default(),
            },
        };
        let movement = Movement::from_now(context.now_ms, &context.origin.rest_address);
        put(session, &connector, &movement)?;
        let reply = accepted(session, context, Change::Create, &connector)?;
        Ok(parts.tell_of_unknown(reply, &connector))
    })
}

/// Stores a connector with its movement.
pub(super) fn put(
    session: &Session<'_>,
    connector: &Connector,
    movement: &Movement,
) -> Result<(), ApiError> {
    session.put_resource(CONNECTOR.ocid_type, connector)?;
    Ok(session.put_movement(&connector.id, connector.is_active(), movement)?)
}

/// How far a connector has come.
pub(super) fn movement_of(session: &Session<'_>, id: &str) -> Result<Movement, ApiError> {
    let movement = session.movement(id)?;
    movement.ok_or_else(|| ApiError::internal(format!("the movement of {id} is lost")))
}

pub(super) fn get(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    context.store.read(|session| {
        let id = call.path_value("serviceConnectorId")?;
        let connector: Connector = CONNECTOR.remembered(session, id, context.now_ms)?;
        let mut shown = summary(session, &connector)?;
        let own = &connector.details;
        if let Some(fields) = shown.as_object_mut() {
            let lifecycle_details = fields.get("lifecycleDetails").cloned();
            // The interface has the name in both spellings. Source: behaviour.md 6.1.
            fields.insert("lifecyleDetails".to_owned(), json!(lifecycle_details));
            fields.insert("source".to_owned(), details::shown(&own.source));
            fields.insert(
                "tasks".to_owned(),
                own.tasks.iter().map(details::shown).collect(),
            );
            fields.insert("target".to_owned(), details::shown(&own.target));
        }
        Ok(Reply::ok(shown).with_header("etag", &connector.etag))
    })
}

/// Lists connectors, by default the newest first. Source: behaviour.md 6.2.
pub(super) fn list(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let filter = Filter {
        compartment_id: call.query_text("compartmentId"),
        name: call.query_text("displayName"),
        state: call.query_text("lifecycleState"),
        deleted_after_ms: Some(context.now_ms - REMEMBERED_MS),
        ..Filter::default()
    };
    let by_name = call
        .query_text("sortBy")
        .is_some_and(|column| column.eq_ignore_ascii_case("displayName"));
    let (sort_by, sorted) = match by_name {
        true => (SortBy::Name, ("displayName", Order::Ascending)),
        false => (SortBy::TimeCreated, ("timeCreated", Order::Descending)),
    };
    let request = Request::of(call, LIMITS, sorted)?;
    let place = |connector: &Connector| connector.place(sort_by);
    context.store.read(|session| {
        let (connectors, reply) = request.fetch(place, |order, after, limit| {
            let kind = CONNECTOR.ocid_type;
            session.resources(kind, &filter, (sort_by, order), after, limit)
        })?;
        let items = connectors.iter().map(|one| summary(session, one));
        let items: Vec<Value> = items.collect::<Result<_, _>>()?;
        Ok(Reply {
            body: Some(json!({ "items": items })),
            ..reply
        })
    })
}

/// Changes a connector. What it has taken already stays, and takes the new way; another source is read from its
/// own beginning.
pub(super) fn update(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let given: UpdateDetails = call.typed_body()?;
    if let Some(name) = &given.display_name {
        check_text("displayName", name)?;
    }
    context.store.write(|session| {
        let mut connector = live(session, call)?;
        connector.check_etag(call)?;
        let mut movement = movement_of(session, &connector.id)?;
        connector.name = given.display_name.unwrap_or(connector.name);
        let before = connector.details.clone();
        let parts = GivenParts {
            source: given.source.clone(),
            tasks: given.tasks.clone(),
            target: given.target.clone(),
        };
        let own = &mut connector.details;
        own.description = given.description.or(own.description.take());
        if let Some(source) = given.source {
            own.source = read_source(session, source)?;
        }
        if let Some(target) = given.target {
            own.target = read_target(session, target)?;
        }
        if let Some(tasks) = given.tasks {
            own.tasks = read_tasks(session, tasks)?;
        }
        details::check_pair(&own.source, &own.tasks, &own.target)?;
        own.freeform_tags = given.freeform_tags.unwrap_or(own.freeform_tags.clone());
        own.defined_tags = given.defined_tags.unwrap_or(own.defined_tags.clone());
        movement.forget_failures();
        if !own.source.goes_on(&before.source) {
            let (id, part) = (connector.id.as_str(), Part::NotUnderWay);
            giving_back::give_back(session, context.now_ms, id, &mut movement, part)?;
            movement.begin_anew(context.now_ms);
        }
        if own.tasks != before.tasks || own.target != before.target {
            let stages = (target_stage(&before.tasks), target_stage(&own.tasks));
            movement.change_stages(session, &connector.id, stages)?;
        }
        connector.heed(&movement, context.now_ms);
        connector.touch_at(context.now_ms);
        put(session, &connector, &movement)?;
        let reply = accepted(session, context, Change::Update, &connector)?;
        Ok(parts.tell_of_unknown(reply, &connector))
    })
}

fn live(session: &Session<'_>, call: &Call) -> Result<Connector, ApiError> {
    CONNECTOR.live(session, call.path_value("serviceConnectorId")?)
}

pub(super) fn change_compartment(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let given: ChangeCompartmentDetails = call.typed_body()?;
    check_text("compartmentId", &given.compartment_id)?;
    context.store.write(|session| {
        let mut connector = live(session, call)?;
        connector.check_etag(call)?;
        connector.compartment_id = given.compartment_id;
        connector.touch_at(context.now_ms);
        session.put_resource(CONNECTOR.ocid_type, &connector)?;
        accepted(session, context, Change::Update, &connector)
    })
}

pub(super) fn activate(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    switch(context, call, Change::Activate)
}

pub(super) fn deactivate(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    switch(context, call, Change::Deactivate)
}

/// Turns a connector on or off. What it has taken, and where it stands, stay; messages go back to their queue. The refusal of one that is on or
/// off already is unconfirmed.
fn switch(context: &Context<'_>, call: &Call, change: Change) -> Result<Reply, ApiError> {
    let on = matches!(change, Change::Activate);
    retry::once(context, call, |session| {
        let mut connector = live(session, call)?;
        connector.check_etag(call)?;
        if connector.is_active() == on {
            return Err(ApiError::new(
                409,
                "IncorrectState",
                format!(
                    "the service connector {} is {} already",
                    connector.id, connector.state
                ),
            ));
        }
        let mut movement = movement_of(session, &connector.id)?;
        movement.forget_failures();
        connector.turn(if on { ACTIVE } else { INACTIVE });
        connector.touch_at(context.now_ms);
        let moment = Moment {
            connector: connector.clone(),
            movement,
        };
        moment.store(session, context.now_ms)?;
        accepted(session, context, change, &connector)
    })
}

/// Deletes a connector with what it has taken, but for messages, which go back to their queue; its record can be looked at for a while.
pub(super) fn delete(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    context.store.write(|session| {
        let mut connector = live(session, call)?;
        connector.check_etag(call)?;
        connector.details.time_updated_ms = context.now_ms;
        connector.delete(context.now_ms);
        session.put_resource(CONNECTOR.ocid_type, &connector)?;
        let mut movement = movement_of(session, &connector.id)?;
        let id = connector.id.as_str();
        giving_back::give_back(session, context.now_ms, id, &mut movement, Part::All)?;
        traces::note_end(session, context, &connector.id, &movement.lanes)?;
        session.remove_movement(&connector.id)?;
        resource::forget_old(session, context.now_ms)?;
        accepted(session, context, Change::Delete, &connector)
    })
}

fn summary(session: &Session<'_>, connector: &Connector) -> Result<Value, ApiError> {
    let own = &connector.details;
    let movement: Option<Movement> = session.movement(&connector.id)?;
    let told = movement.and_then(|movement| movement.told(connector.is_active()));
    Ok(json!({
        "id": connector.id,
        "displayName": connector.name,
        "description": own.description,
        "compartmentId": connector.compartment_id,
        "timeCreated": rfc3339(connector.time_created_ms),
        "timeUpdated": rfc3339(own.time_updated_ms),
        "lifecycleState": connector.state,
        "lifecycleDetails": told,
        "freeformTags": own.freeform_tags,
        "definedTags": own.defined_tags,
        "systemTags": {},
    }))
}
