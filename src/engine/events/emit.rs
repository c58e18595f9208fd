//! Events that a user emits, in the place of services that are not on this machine.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::super::effects::Effect;
use super::super::{Context, Engine, EngineError, ocid};
use super::envelope::{Envelope, EventError};
use super::routing::Event;
use super::rules::{self, RULE, Rule};
use super::types;
use crate::call::{ApiError, LOCAL_TENANCY, Origin};
use crate::clock::Clock;
use crate::store::Session;

/// What the data of an event can have besides what is its service's own. Source: behaviour.md 4.3.
const DATA_FIELDS: [&str; 8] = [
    "additionalDetails",
    "availabilityDomain",
    "compartmentId",
    "compartmentName",
    "definedTags",
    "freeformTags",
    "resourceId",
    "resourceName",
];

/// The source of an event whose type names no service.
const OWN_SOURCE: &str = "ocelot";

/// The resource of an event where its name is not said.
const EXAMPLE: &str = "example";

/// An event to emit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NewEvent {
    /// The envelope as a whole.
    Whole(Value),
    /// What is to be said of it; the rest is filled in.
    Sketch(EventSketch),
}

/// What a user says of an event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventSketch {
    /// Its type.
    pub event_type: String,
    /// The service; by default the one that the type names.
    pub source: Option<String>,
    /// The compartment; by default the local tenancy's root.
    pub compartment_id: Option<String>,
    /// The resource's name.
    pub resource_name: Option<String>,
    /// The resource's OCID; by default a new one.
    pub resource_id: Option<String>,
    /// Its data, or the additional details of its data.
    pub data: Option<Value>,
}

impl NewEvent {
    fn envelope(&self, now_ms: i64) -> Result<Envelope, EventError> {
        match self {
            Self::Whole(event) => Envelope::read(event),
            Self::Sketch(sketch) => sketch.envelope(now_ms),
        }
    }
}

impl EventSketch {
    fn envelope(&self, now_ms: i64) -> Result<Envelope, EventError> {
        if self.event_type.trim().is_empty() {
            return Err(EventError::Wrong {
                field: "eventType",
                wanted: "a text that is not empty",
            });
        }
        let service = types::service_of(&self.event_type);
        let source = self.source.as_deref().or(service).unwrap_or(OWN_SOURCE);
        let data = self.data(service)?;
        Envelope::new((source, &self.event_type), data, now_ms).checked()
    }

    /// The data: as it is given, with the compartment and what else was said; or around the details given.
    fn data(&self, service: Option<&str>) -> Result<Map<String, Value>, EventError> {
        let given = match &self.data {
            None => None,
            Some(Value::Object(given)) => Some(given),
            Some(_) => {
                return Err(EventError::Wrong {
                    field: "data",
                    wanted: "a JSON object",
                });
            }
        };
        let said = [
            ("compartmentId", &self.compartment_id),
            ("resourceName", &self.resource_name),
            ("resourceId", &self.resource_id),
        ];
        let said = said
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), json!(value.as_ref()?))));
        let is_whole = |given: &&Map<String, Value>| {
            let mut names = given.keys();
            names.any(|name| DATA_FIELDS.contains(&name.as_str()))
        };
        let mut data = match given.filter(is_whole) {
            Some(whole) => whole.clone(),
            None => around(given, service),
        };
        data.extend(said);
        data.entry("compartmentId")
            .or_insert_with(|| LOCAL_TENANCY.into());
        Ok(data)
    }
}

/// The data of an event with these details.
fn around(details: Option<&Map<String, Value>>, service: Option<&str>) -> Map<String, Value> {
    let data = [
        ("resourceName", json!(EXAMPLE)),
        ("resourceId", json!(ocid::new(service.unwrap_or(EXAMPLE)))),
        ("freeformTags", json!({})),
        ("definedTags", json!({})),
        (
            "additionalDetails",
            json!(details.cloned().unwrap_or_default()),
        ),
    ];
    let data = data.map(|(name, value)| (name.to_owned(), value));
    data.into_iter().collect()
}

impl Engine {
    /// Emits an event in the tenancy of `origin`, and answers with what its rules make of it, as JSON with
    /// kebab-case keys.
    pub fn emit_event(&self, event: &NewEvent, origin: &Origin) -> Result<Value, EngineError> {
        let context = Context {
            store: self.store.tenancy(&origin.tenancy_id),
            now_ms: self.clock.now_ms(),
            origin,
            recorder: &self.recorder,
        };
        let envelope = event.envelope(context.now_ms)?;
        let event = Event::of(&envelope);
        let (wanting, others) = context.store.write(|session| {
            let rules = rules::of_tenancy(session)?;
            Effect::Event(Box::new(envelope.clone())).note(session, &context)?;
            Ok::<_, ApiError>(
                rules
                    .into_iter()
                    .partition::<Vec<Rule>, _>(|rule| event.is_wanted_by(rule)),
            )
        })?;
        self.carry_out_effects()?;
        let wanting: Vec<Value> = context.store.read(|session| {
            let shown = wanting
                .iter()
                .map(|rule| rule_shown(session, rule, &envelope));
            shown.collect::<Result<_, ApiError>>()
        })?;
        let others = others.iter().map(|rule| {
            json!({
                "id": rule.id,
                "display-name": rule.name,
                "reason": event.reason_against(rule),
            })
        });
        Ok(json!({
            "event-id": envelope.id(),
            "event": envelope,
            "rules": wanting,
            "other-rules": others.collect::<Vec<_>>(),
        }))
    }
}

/// A rule with the actions that it has taken, and what came of them.
fn rule_shown(session: &Session<'_>, rule: &Rule, envelope: &Envelope) -> Result<Value, ApiError> {
    // As it is now: refusals are noted there.
    let now: Option<Rule> = session.resource(RULE.ocid_type, &rule.id)?;
    let actions = now
        .as_ref()
        .unwrap_or(rule)
        .enabled_actions()
        .map(|action| {
            let failure = action.failure.as_ref();
            let failure = failure.filter(|failure| failure.event_id == envelope.id());
            json!({
                "id": action.id,
                "action-type": action.action_type.name(),
                "target-id": action.target_id,
                "refused": failure.map(|failure| &failure.reason),
            })
        });
    Ok(json!({
        "id": rule.id,
        "display-name": rule.name,
        "actions": actions.collect::<Vec<_>>(),
    }))
}
