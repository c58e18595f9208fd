//! What an operation causes in other services.
//!
//! Services do not call each other. A service notes its effects in the transaction of its change, so that a
//! killed process loses none, and the engine carries them out after the call, or when the data folder is
//! opened next. A process that is killed in between may put a message into a stream twice; nothing is ever
//! left out.

use serde::{Deserialize, Serialize};

use super::Context;
use super::events::envelope::Envelope;
use super::trace::TraceParent;
use crate::store::{Session, StoreError};

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
    /// The text for those who get it by email, if that is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email_body: Option<String>,
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

/// The action of a rule that an event caused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionTaken {
    /// The rule's OCID.
    pub rule_id: String,
    /// The action's OCID.
    pub action_id: String,
    /// The event's own id.
    pub event_id: String,
}

/// An effect as it is noted: with whom to tell if it is refused, and where it is traced.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Note {
    /// What is to be done.
    #[serde(flatten)]
    pub effect: Effect,
    /// The action of a rule that does it, if one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<ActionTaken>,
    /// Where in a trace belongs what comes of it. Notes of the versions before there were traces have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<TraceParent>,
}

impl Effect {
    /// Notes that this is to be done, in the transaction of the change that causes it. The trace of an event
    /// begins here.
    pub(super) fn note(
        self,
        session: &Session<'_>,
        context: &Context<'_>,
    ) -> Result<(), StoreError> {
        let trace = match &self {
            Self::Event(envelope) => {
                let id = envelope.id();
                let begun = TraceParent::begin(session, id, context.now_ms, &envelope.hop())?;
                Some(begun)
            }
            Self::Publish(_) | Self::Put { .. } | Self::Invoke { .. } => None,
        };
        let note = Note {
            effect: self,
            action: None,
            trace,
        };
        session.note_effect(&context.origin.rest_address, &note)
    }

    /// The same for an action of a rule, which is told if it is refused.
    pub(super) fn note_for(
        self,
        action: ActionTaken,
        trace: Option<TraceParent>,
        session: &Session<'_>,
        context: &Context<'_>,
    ) -> Result<(), StoreError> {
        let note = Note {
            effect: self,
            action: Some(action),
            trace,
        };
        session.note_effect(&context.origin.rest_address, &note)
    }
}
