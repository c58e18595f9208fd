//! The envelope: an event as rules, topics, streams and functions see it, CloudEvents 0.1.
//! Source: behaviour.md 4.3.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::super::delivery::place_of_url;
use super::super::resource::Tags;
use super::super::trace::{Hop, HopKind, HopResult, shortened};
use crate::clock::{parse_rfc3339, rfc3339};
use crate::store::Resource;

/// The fields of the envelope that hold a text.
pub(super) const TEXT_FIELDS: &[&str] = &[
    "cloudEventsVersion",
    "contentType",
    "eventID",
    "eventTime",
    "eventType",
    "eventTypeVersion",
    "source",
];

/// The fields of the envelope that hold an object.
pub(super) const OBJECT_FIELDS: &[&str] = &["data", "extensions"];

/// How many levels an event may have: what is noted must be readable, and readers stop at 128.
const MOST_LEVELS: usize = 100;

/// An event. What its data holds goes on as it came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope {
    cloud_events_version: String,
    event_type_version: String,
    event_type: String,
    source: String,
    event_time: String,
    content_type: String,
    #[serde(rename = "eventID")]
    event_id: String,
    extensions: Map<String, Value>,
    data: Map<String, Value>,
}

/// Why a document is no event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// It is JSON of another type.
    #[error(
        "event must be a JSON object, the whole envelope with {}",
        fields_of_envelope()
    )]
    NotObject,
    /// It has a field that events do not have.
    #[error(
        "event has {field:?}, which no event has: its fields are {}",
        fields_of_envelope()
    )]
    UnknownField {
        /// The field.
        field: String,
    },
    /// It lacks fields that every event has.
    #[error(
        "event lacks {}: give them, or give the type and the data, and the rest is filled in",
        fields.join(", ")
    )]
    Missing {
        /// The fields.
        fields: Vec<&'static str>,
    },
    /// A field is of another type, or blank.
    #[error("{field} must be {wanted}")]
    Wrong {
        /// The field.
        field: &'static str,
        /// What it must be.
        wanted: &'static str,
    },
    /// It has too many levels.
    #[error("event has {levels} levels of objects and lists; at most {MOST_LEVELS} are allowed")]
    TooDeep {
        /// How many.
        levels: usize,
    },
}

fn fields_of_envelope() -> String {
    [TEXT_FIELDS, OBJECT_FIELDS].concat().join(", ")
}

impl Envelope {
    /// The event that `event_type` happened now to a resource of the service `source`.
    pub(in crate::engine) fn about<D>(
        resource: &Resource<D>,
        kind: (&str, &str),
        (freeform_tags, defined_tags): (&Tags, &Tags),
        now_ms: i64,
    ) -> Self {
        let data = [
            ("compartmentId", json!(resource.compartment_id)),
            ("resourceName", json!(resource.name)),
            ("resourceId", json!(resource.id)),
            ("freeformTags", json!(freeform_tags)),
            ("definedTags", json!(defined_tags)),
            ("additionalDetails", json!({})),
        ];
        let data = data.map(|(name, value)| (name.to_owned(), value));
        Self::new(kind, data.into_iter().collect(), now_ms)
    }

    /// The event that `event_type` happens now in the service `source`, in the compartment that the data names.
    pub(super) fn new(
        (source, event_type): (&str, &str),
        data: Map<String, Value>,
        now_ms: i64,
    ) -> Self {
        let compartment_id = data.get("compartmentId").cloned();
        let compartment_id = compartment_id.map(|id| ("compartmentId".to_owned(), id));
        Self {
            cloud_events_version: "0.1".to_owned(),
            event_type_version: "2.0".to_owned(),
            event_type: event_type.to_owned(),
            source: source.to_owned(),
            event_time: rfc3339(now_ms),
            content_type: "application/json".to_owned(),
            event_id: Uuid::new_v4().to_string(),
            extensions: compartment_id.into_iter().collect(),
            data,
        }
    }

    /// Reads a whole event, and refuses one that lacks something or has what no event has.
    pub fn read(event: &Value) -> Result<Self, EventError> {
        let fields = event.as_object().ok_or(EventError::NotObject)?;
        let is_known = |name: &&str| TEXT_FIELDS.contains(name) || OBJECT_FIELDS.contains(name);
        let mut names = fields.keys().map(String::as_str);
        if let Some(field) = names.find(|name| !is_known(name)) {
            let field = field.to_owned();
            return Err(EventError::UnknownField { field });
        }
        let all = TEXT_FIELDS.iter().chain(OBJECT_FIELDS).copied();
        let missing = all.filter(|name| fields.get(*name).is_none_or(Value::is_null));
        let missing: Vec<&str> = missing.collect();
        if !missing.is_empty() {
            return Err(EventError::Missing { fields: missing });
        }
        check_types(fields)?;
        let envelope = Self::deserialize(event).map_err(|_| EventError::NotObject)?;
        envelope.checked()
    }

    /// The same event, unless it has too many levels.
    pub(super) fn checked(self) -> Result<Self, EventError> {
        let objects = [&self.data, &self.extensions];
        let deepest = objects.into_iter().map(levels_of_object).max();
        match 1 + deepest.unwrap_or(0) {
            ..=MOST_LEVELS => Ok(self),
            levels => Err(EventError::TooDeep { levels }),
        }
    }

    /// Its own id, a UUID where a service made it.
    pub fn id(&self) -> &str {
        &self.event_id
    }

    /// Its type.
    pub(super) fn event_type(&self) -> &str {
        &self.event_type
    }

    /// What it happened to, where it says so.
    pub(super) fn resource_id(&self) -> Option<&str> {
        self.data.get("resourceId")?.as_str()
    }

    /// The compartment that it happened in, where it says so.
    pub fn compartment_id(&self) -> Option<&str> {
        let mut objects = [&self.data, &self.extensions].into_iter();
        objects.find_map(|object| object.get("compartmentId")?.as_str())
    }

    /// What a trace of it begins with.
    pub(in crate::engine) fn hop(&self) -> Hop {
        let text = |name: &str| Some(shortened(self.data.get(name)?.as_str()?));
        let kind = HopKind::Event {
            source: shortened(&self.source),
            event_type: shortened(&self.event_type),
            resource_id: text("resourceId"),
            // A subscription is named by its endpoint.
            resource_name: text("resourceName").map(|name| place_of_url(&name).unwrap_or(name)),
        };
        Hop::new(kind, HopResult::Emitted)
    }

    /// The event as those who get it read it.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The event as conditions see it.
    pub fn to_json(&self) -> Map<String, Value> {
        match json!(self) {
            Value::Object(fields) => fields,
            _ => Map::new(),
        }
    }
}

fn check_types(fields: &Map<String, Value>) -> Result<(), EventError> {
    let is_text = |value: &Value| value.as_str().is_some_and(|text| !text.trim().is_empty());
    let check = |names: &[&'static str], wanted, fits: &dyn Fn(&Value) -> bool| {
        let mut names = names.iter();
        match names.find(|name| !fields.get(**name).is_some_and(fits)) {
            Some(field) => Err(EventError::Wrong { field, wanted }),
            None => Ok(()),
        }
    };
    let is_time = |value: &Value| value.as_str().and_then(parse_rfc3339).is_some();
    check(TEXT_FIELDS, "a text that is not empty", &is_text)?;
    check(OBJECT_FIELDS, "a JSON object", &Value::is_object)?;
    check(&["eventTime"], "an RFC 3339 time", &is_time)
}

/// How many objects and lists stand in each other. Whoever read them has seen to it that they are few.
fn levels(value: &Value) -> usize {
    match value {
        Value::Object(object) => levels_of_object(object),
        Value::Array(elements) => 1 + elements.iter().map(levels).max().unwrap_or(0),
        _ => 0,
    }
}

fn levels_of_object(object: &Map<String, Value>) -> usize {
    1 + object.values().map(levels).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole() -> Value {
        json!({
            "cloudEventsVersion": "0.1",
            "eventTypeVersion": "2.0",
            "eventType": "com.oraclecloud.objectstorage.createobject",
            "source": "ObjectStorage",
            "eventTime": "2026-03-14T01:02:03Z",
            "contentType": "application/json",
            "eventID": "dead-beef",
            "extensions": {"compartmentId": "ocid1.compartment.oc1..a"},
            "data": {"resourceName": "report.csv", "more": [1.5, null, {"deep": true}]},
        })
    }

    #[test]
    fn a_whole_event_is_taken_as_it_is() {
        let envelope = Envelope::read(&whole()).unwrap();
        assert_eq!(Value::Object(envelope.to_json()), whole());
        assert_eq!(envelope.id(), "dead-beef");
        assert_eq!(envelope.compartment_id(), Some("ocid1.compartment.oc1..a"));
    }

    #[test]
    fn what_is_no_event_is_told_by_its_field() {
        let with = |name: &str, value: Value| {
            let mut event = whole();
            event[name] = value;
            Envelope::read(&event).unwrap_err().to_string()
        };
        assert!(Envelope::read(&json!([])).is_err());
        assert!(with("eventId", json!("x")).contains("event has \"eventId\""));
        assert!(with("source", Value::Null).starts_with("event lacks source:"));
        assert_eq!(
            with("source", json!(1)),
            "source must be a text that is not empty"
        );
        assert_eq!(
            with("eventType", json!(" ")),
            "eventType must be a text that is not empty"
        );
        assert_eq!(with("data", json!([])), "data must be a JSON object");
        assert_eq!(
            with("eventTime", json!("now")),
            "eventTime must be an RFC 3339 time"
        );
    }

    #[test]
    fn an_event_that_could_not_be_read_again_is_refused() {
        let nested = |levels: usize| {
            let mut event = whole();
            let inner = (0..levels).fold(json!(1), |inner, _| json!([inner]));
            event["data"] = json!({ "nested": inner });
            Envelope::read(&event)
        };
        let noted = json!({"kind": "event", "note": nested(98).unwrap()}).to_string();
        assert!(serde_json::from_str::<Value>(&noted).is_ok());
        assert_eq!(nested(99), Err(EventError::TooDeep { levels: 101 }));
    }
}
