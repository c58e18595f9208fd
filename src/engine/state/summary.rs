//! What an engine keeps, in short: enough to tell what differs from another.

use ring::digest;
use serde_json::{Value, json};

use super::super::streaming::NEXT_PRODUCER_ID_SETTING;
use super::super::{Engine, EngineError};
use crate::api::OperationId;
use crate::api::queue::Queue;
use crate::api::streaming::Streaming;
use crate::call::{Call, Origin, Reply};
use crate::store::{Holding, ResourceKey};

/// Kinds whose names for users are others than in OCIDs.
const SHOWN_KINDS: [(&str, &str); 8] = [
    ("alarmsuppression", "alarm-suppression"),
    ("connectharness", "connect-harness"),
    ("consumergroup", "consumer-group"),
    ("eventrule", "rule"),
    ("onssubscription", "subscription"),
    ("onstopic", "topic"),
    ("serviceconnector", "service-connector"),
    ("streampool", "stream-pool"),
];

/// Metrics with such names are what the engine measures by itself.
const OWN_METRICS: &str = "oci_";

/// What a resource's service tells of it that is no setting.
const NO_SETTINGS: [&str; 2] = ["etag", "timeUpdated"];

impl Engine {
    /// What is kept, of all tenancies, but histories and the engine's own metrics: of each thing what it is, its
    /// settings, what tells whether it holds the same, and how many messages those have that hold any.
    pub fn summarize(&self) -> Result<Vec<Value>, EngineError> {
        let holdings = self.store.read(|session| session.holdings())?;
        let told = holdings.iter().filter(|one| match one.kind.as_str() {
            "setting" => one.name != NEXT_PRODUCER_ID_SETTING,
            "metric" => !one.name.starts_with(OWN_METRICS),
            _ => true,
        });
        told.map(|holding| self.summary(holding)).collect()
    }

    fn summary(&self, holding: &Holding) -> Result<Value, EngineError> {
        let messages = match holding.kind.as_str() {
            "stream" => Some(self.messages_in_stream(holding)?),
            "queue" => Some(self.messages_in_queue(holding)?),
            _ => None,
        };
        let shown = SHOWN_KINDS.iter().find(|(kind, _)| *kind == holding.kind);
        Ok(json!({
            "kind": shown.map_or(holding.kind.as_str(), |(_, shown)| shown),
            "name": holding.name,
            "id": holding.id,
            "tenancy-id": holding.tenancy_id,
            "settings": self.settings(holding)?,
            "content": holding.content,
            "messages": messages,
        }))
    }

    fn settings(&self, holding: &Holding) -> Result<Value, EngineError> {
        match (&holding.settings, holding.kind.as_str()) {
            (None, _) => {
                let mut shown = self.shown(ResourceKey {
                    tenancy_id: holding.tenancy_id.clone(),
                    kind: holding.kind.clone(),
                    id: holding.id.clone(),
                })?;
                if let Value::Object(fields) = &mut shown {
                    fields.retain(|name, _| !NO_SETTINGS.contains(&name.as_str()));
                }
                Ok(shown)
            }
            // Messages can be long, and many.
            (Some(message), "inbox-message") => Ok(json!({ "message": digest(message) })),
            (Some(settings), _) => serde_json::from_str(settings)
                .map_err(|error| EngineError::Refused(format!("{}: {error}", holding.name))),
        }
    }

    fn messages_in_stream(&self, stream: &Holding) -> Result<i64, EngineError> {
        let topics = self.topics(&stream.tenancy_id);
        let shown = topics.call(Streaming::GetStream, Some(&stream.id), None)?;
        let pool = shown
            .body
            .as_ref()
            .and_then(|body| body.get("streamPoolId"));
        let pool = topics.pool(pool.and_then(Value::as_str).unwrap_or_default())?;
        let topic = pool
            .as_ref()
            .and_then(|pool| pool.topics.values().find(|topic| topic.id == stream.id));
        let Some(topic) = topic else {
            return Ok(0);
        };
        let counts = (0..topic.partitions).map(|partition| {
            let range = topics.offsets(topic, partition);
            let range = range.map_err(|error| EngineError::Refused(error.to_string()))?;
            Ok(range.end - range.start)
        });
        counts.sum()
    }

    fn messages_in_queue(&self, queue: &Holding) -> Result<i64, EngineError> {
        let operation = OperationId::Queue(Queue::GetStats).operation();
        let operation = operation
            .ok_or_else(|| EngineError::Refused("GetStats is missing from the table".to_owned()))?;
        let mut call = Call::new(operation);
        call.origin = Origin {
            tenancy_id: queue.tenancy_id.clone(),
            ..Origin::default()
        };
        call.path.insert("queueId", queue.id.clone());
        let reply: Reply = self.answer(&call)?;
        let count = |part: &str, state: &str| {
            let stats = reply.body.as_ref().and_then(|body| body.get(part));
            let count = stats.and_then(|stats| stats.get(state));
            count.and_then(Value::as_i64).unwrap_or(0)
        };
        let states = ["visibleMessages", "inFlightMessages"];
        let both = states.map(|state| count("queue", state) + count("dlq", state));
        Ok(both.iter().sum())
    }
}

/// What stands for a text, however long it is.
fn digest(text: &str) -> String {
    let digest = digest::digest(&digest::SHA256, text.as_bytes());
    base64_simd::STANDARD.encode_to_string(digest)
}
