//! What clients do with queues, as Calls: for them the same rules hold as for REST.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use tokio::time::sleep;

use super::destination::Destination;
use super::session::{Settlement, Wish};
use crate::api::OperationId;
use crate::api::queue::Queue;
use crate::call::{ApiError, Call, Origin, Reply};
use crate::server::{Shared, wait};

/// The status of a refusal because calls come too fast.
const TOO_MANY_REQUESTS: u16 = 429;

/// Queues as one client sees them.
pub(super) struct Queues<'c> {
    pub(super) shared: &'c Shared,
    /// Who the client is.
    pub(super) origin: &'c Origin,
}

/// A message that was got.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Received {
    pub(super) id: i64,
    pub(super) content: String,
    pub(super) receipt: String,
    pub(super) delivery_count: i64,
    /// Until when others do not get it, in RFC 3339.
    pub(super) visible_after: String,
    /// Until when it is kept, in RFC 3339.
    pub(super) expire_after: String,
    pub(super) metadata: ReceivedMetadata,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReceivedMetadata {
    pub(super) channel_id: String,
}

#[derive(Deserialize)]
struct GotMessages {
    messages: Vec<Received>,
}

impl Queues<'_> {
    /// Puts a message.
    pub(super) async fn put(
        &self,
        destination: &Destination,
        content: &str,
    ) -> Result<(), ApiError> {
        let mut call = self.call(Queue::PutMessages, &destination.queue_id)?;
        let metadata = destination.channel.as_ref();
        let metadata = metadata.map(|channel| json!({ "channelId": channel }));
        call.body = Some(json!({ "messages": [{ "content": content, "metadata": metadata }] }));
        self.ask(&call).await.map(|_| ())
    }

    /// Gets as many messages at most. What comes within the time is got; there may be nothing.
    pub(super) async fn get(
        &self,
        wish: &Wish,
        limit: usize,
        timeout_seconds: u8,
    ) -> Result<Vec<Received>, ApiError> {
        let destination = &wish.destination;
        let mut call = self.call(Queue::GetMessages, &destination.queue_id)?;
        call.query.insert("limit", limit.to_string());
        call.query
            .insert("timeoutInSeconds", timeout_seconds.to_string());
        if let Some(channel) = &destination.channel {
            call.query.insert("channelFilter", channel.clone());
        }
        if let Some(seconds) = wish.visibility_seconds {
            call.query
                .insert("visibilityInSeconds", seconds.to_string());
        }
        let reply = self.ask(&call).await?;
        let got: Result<GotMessages, _> = serde_json::from_value(reply.body.unwrap_or_default());
        got.map(|got| got.messages).map_err(|error| {
            ApiError::internal(format!(
                "the messages that were got cannot be read: {error}"
            ))
        })
    }

    /// Settles a message that was got from a queue.
    pub(super) async fn settle(
        &self,
        queue_id: &str,
        receipt: &str,
        settlement: Settlement,
    ) -> Result<(), ApiError> {
        let mut call = match settlement {
            Settlement::Delete => self.call(Queue::DeleteMessage, queue_id)?,
            Settlement::Release => {
                let mut call = self.call(Queue::UpdateMessage, queue_id)?;
                call.body = Some(json!({ "visibilityInSeconds": 0 }));
                call
            }
        };
        call.path.insert("messageReceipt", receipt.to_owned());
        self.ask(&call).await.map(|_| ())
    }

    fn call(&self, operation: Queue, queue_id: &str) -> Result<Call, ApiError> {
        let operation = OperationId::Queue(operation).operation();
        let operation = operation.ok_or_else(|| ApiError::internal("an operation is missing"))?;
        let mut call = Call::new(operation);
        call.origin = self.origin.clone();
        call.path.insert("queueId", queue_id.to_owned());
        Ok(call)
    }

    /// Asks the engine. A client that is too fast is not refused but rests, and its connection with it; what a fault
    /// refuses is refused, whatever its status, since that is what its user wants to see.
    async fn ask(&self, call: &Call) -> Result<Reply, ApiError> {
        if self.shared.engine.has_faults() {
            let strike = self.shared.ask_engine(|engine| engine.strike(call))?;
            sleep(strike.delay).await;
            if let Some(hit) = strike.hit {
                return self
                    .shared
                    .ask_engine(|engine| engine.answer_hit(call, hit));
            }
        }
        loop {
            match wait::answer(self.shared, call).await {
                Err(error) if error.status == TOO_MANY_REQUESTS => {
                    let seconds = error.retry_after_seconds.unwrap_or(1);
                    sleep(Duration::from_secs(seconds.clamp(1, 30))).await;
                }
                other => return other,
            }
        }
    }
}
