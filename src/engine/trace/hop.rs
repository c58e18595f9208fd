//! What can happen to an event or a message on its way.

use serde::{Deserialize, Serialize};

use super::super::effects::Sender;

/// Most characters of a text that whoever emits an event chooses.
const MOST_CHARS: usize = 255;

/// The beginning of a text, as far as a hop has room for it: an event may be as large as a request.
pub(in crate::engine) fn shortened(text: &str) -> String {
    text.chars().take(MOST_CHARS).collect()
}

/// The other id of the trace of a message in a stream. Those of a partition sort by offset.
pub(super) fn message_alias(stream_id: &str, partition: &str, offset: i64) -> String {
    format!("{stream_id}/{partition}/{offset:020}")
}

/// Something that happened to an event or a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Hop {
    /// What it was.
    #[serde(flatten)]
    pub kind: HopKind,
    /// What came of it.
    pub result: HopResult,
    /// Why it came to no more than that.
    pub reason: Option<String>,
}

/// The kinds of hops.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum HopKind {
    /// An event happened.
    Event {
        /// The service that it comes from.
        source: String,
        /// Its type.
        event_type: String,
        /// The OCID of the resource that it happened to, if it names one.
        resource_id: Option<String>,
        /// The resource's name.
        resource_name: Option<String>,
    },
    /// A rule wants the event.
    Rule {
        /// Its OCID.
        rule_id: String,
        /// Its name.
        rule_name: String,
    },
    /// An action of a rule.
    Action {
        /// Its OCID.
        action_id: String,
        /// Its type, as `ONS`.
        action_type: String,
        /// The OCID of the topic, stream or function.
        target_id: String,
    },
    /// A message was to be put into a stream.
    Stream {
        /// The stream's OCID.
        stream_id: String,
        /// Its name, where there is such a stream.
        stream_name: Option<String>,
        /// The partition that it is in.
        partition: Option<String>,
        /// Its offset there.
        offset: Option<i64>,
    },
    /// A message was to be published to a topic.
    Topic {
        /// The topic's OCID.
        topic_id: String,
        /// Its name, where there is such a topic.
        topic_name: Option<String>,
        /// Who publishes it.
        sender: Sender,
        /// The message's id, the same for all subscriptions.
        message_id: Option<String>,
        /// The id of the request, where a caller of a server publishes.
        request_id: Option<String>,
    },
    /// Something is to be delivered to an endpoint.
    Delivery {
        /// The protocol, as `EMAIL`.
        protocol: String,
        /// Where it goes, without what is secret in it.
        endpoint: String,
        /// The name of the function, where it goes to one of this machine.
        function_name: Option<String>,
        /// The subscription's OCID, where it is for one.
        subscription_id: Option<String>,
    },
    /// It was tried to deliver it.
    Attempt {
        /// Which try it was; the first is 1.
        attempt: u32,
        /// When it is tried again from.
        time_next_attempt: Option<String>,
    },
    /// A function was run to deliver it.
    Function {
        /// Which try it was; the first is 1.
        attempt: u32,
        /// The function's OCID.
        function_id: String,
        /// The id of the run, which the function's logs show.
        call_id: String,
        /// The exit status of a command, or an HTTP status.
        status: Option<i32>,
        /// How long it took.
        duration_in_ms: i64,
        /// When it is tried again from.
        time_next_attempt: Option<String>,
    },
    /// A connector moves it on.
    Connector {
        /// Its OCID.
        connector_id: String,
        /// Its name.
        connector_name: String,
    },
    /// It is in an object.
    Object {
        /// Namespace, bucket and name, as a path.
        path: String,
    },
    /// It was kept in the inbox of this machine.
    Inbox {
        /// Which try it was; the first is 1.
        attempt: u32,
        /// The number of the message there.
        number: i64,
    },
}

/// What came of a hop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HopResult {
    /// The event was told to the rules.
    Emitted,
    /// The rule's condition is met.
    Matched,
    /// The action has begun.
    Started,
    /// The action is disabled.
    Disabled,
    /// The message is in the stream, or the object.
    Put,
    /// The connector has it, or its function, and what becomes of it goes on.
    Taken,
    /// The message was handed to the topic's subscriptions.
    Published,
    /// The service refused it.
    Refused,
    /// It is to be delivered.
    Queued,
    /// It has arrived.
    Delivered,
    /// It has not arrived, and is tried again.
    Failed,
    /// It has not arrived, and is not tried again.
    GivenUp,
    /// It is not to be delivered any more.
    Dropped,
}

impl Hop {
    /// A hop that came to what it was to come to.
    pub(in crate::engine) fn new(kind: HopKind, result: HopResult) -> Self {
        Self {
            kind,
            result,
            reason: None,
        }
    }

    /// A hop that came to less, and why.
    pub(in crate::engine) fn short(
        kind: HopKind,
        result: HopResult,
        reason: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            result,
            reason: Some(reason.into()),
        }
    }

    /// Another id by which a user may look for the trace.
    pub(super) fn alias(&self) -> Option<String> {
        match &self.kind {
            HopKind::Topic {
                message_id,
                request_id,
                ..
            } => request_id.clone().or_else(|| message_id.clone()),
            HopKind::Function { call_id, .. } => Some(call_id.clone()),
            HopKind::Stream {
                stream_id,
                partition: Some(partition),
                offset: Some(offset),
                ..
            } => Some(message_alias(stream_id, partition, *offset)),
            HopKind::Inbox { number, .. } => Some(number.to_string()),
            HopKind::Event { .. }
            | HopKind::Rule { .. }
            | HopKind::Action { .. }
            | HopKind::Stream { .. }
            | HopKind::Delivery { .. }
            | HopKind::Attempt { .. }
            | HopKind::Connector { .. }
            | HopKind::Object { .. } => None,
        }
    }
}
