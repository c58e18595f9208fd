//! What an operation causes in other services.
//!
//! Services do not call each other. A service notes its effects in the transaction of its change, so that a
//! killed process loses none, and the engine carries them out after the call, or when the data folder is
//! opened next. A process that is killed in between may put a message into a stream twice; nothing is ever
//! left out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::Context;
use super::resource::Tags;
use crate::clock::rfc3339;
use crate::store::{Resource, Session, StoreError};

/// How many effects are carried out after one call at most: effects cause effects, and a circle of them is
/// not to hold up a call for ever.
pub(super) const MOST_AT_ONCE: usize = 1000;

/// Something to be done in another service than the one that causes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Effect {
    /// An event happened, for the rules to see.
    Event(Box<Envelope>),
    /// A message is to be published to a topic.
    Publish(Publication),
    /// A message is to be put into a stream.
    Put {
        /// The stream's OCID.
        stream_id: String,
        /// The key, if it has one.
        key: Option<String>,
        /// The message.
        value: String,
    },
    /// A function is to be run.
    Invoke {
        /// The function's OCID.
        function_id: String,
        /// What it is given.
        body: String,
    },
}

/// A message for all confirmed subscriptions of a topic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Publication {
    /// The topic's OCID.
    pub topic_id: String,
    /// Who publishes.
    pub sender: Sender,
    /// The subject line of emails.
    pub title: Option<String>,
    /// The text.
    pub body: String,
}

/// Who publishes a message. SMS carries those of alarms and connectors only. Source: behaviour.md 3.5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sender {
    /// A caller of the service.
    Caller,
    /// A rule of Events.
    Rule,
    /// An alarm.
    Alarm,
    /// A connector.
    Connector,
}

/// An event as rules, topics, streams and functions see it: CloudEvents 0.1. Source: behaviour.md 4.3.
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
    extensions: BTreeMap<String, String>,
    data: EventData,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct EventData {
    compartment_id: String,
    resource_name: String,
    resource_id: String,
    freeform_tags: Tags,
    defined_tags: Tags,
    additional_details: BTreeMap<String, Value>,
}

impl Envelope {
    /// The event that `event_type` happened now to a resource of the service `source`.
    pub(super) fn about<D>(
        resource: &Resource<D>,
        (source, event_type): (&str, &str),
        (freeform_tags, defined_tags): (&Tags, &Tags),
        now_ms: i64,
    ) -> Self {
        Self {
            cloud_events_version: "0.1".to_owned(),
            event_type_version: "2.0".to_owned(),
            event_type: event_type.to_owned(),
            source: source.to_owned(),
            event_time: rfc3339(now_ms),
            content_type: "application/json".to_owned(),
            event_id: Uuid::new_v4().to_string(),
            extensions: BTreeMap::from([(
                "compartmentId".to_owned(),
                resource.compartment_id.clone(),
            )]),
            data: EventData {
                compartment_id: resource.compartment_id.clone(),
                resource_name: resource.name.clone(),
                resource_id: resource.id.clone(),
                freeform_tags: freeform_tags.clone(),
                defined_tags: defined_tags.clone(),
                additional_details: BTreeMap::new(),
            },
        }
    }
}

impl Effect {
    /// Notes that this is to be done, in the transaction of the change that causes it.
    pub(super) fn note(
        &self,
        session: &Session<'_>,
        context: &Context<'_>,
    ) -> Result<(), StoreError> {
        session.note_effect(&context.origin.rest_address, self)
    }
}
