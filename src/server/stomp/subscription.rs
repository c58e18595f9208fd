//! A subscription: asks its queue for messages again and again, and sends them to the client.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::Stomp;
use super::deliveries::{Deliveries, Reader, Room};
use super::error::Refusal;
use super::frame::{Command, Frame};
use super::outgoing::{Closed, Outgoing};
use super::queue::{Queues, Received};
use super::version::Version;
use crate::call::{ApiError, Origin};
use crate::clock::parse_rfc3339;
use crate::engine::DEFAULT_CHANNEL;

/// How long one request for messages waits, in seconds: the longest that one may.
const TIMEOUT_SECONDS: u8 = 30;

/// A subscription.
pub(super) struct Subscription {
    pub(super) stomp: Arc<Stomp>,
    pub(super) origin: Origin,
    pub(super) reader: Arc<Reader>,
    pub(super) deliveries: Arc<Deliveries>,
    pub(super) outgoing: Outgoing,
}

/// Why a subscription ends by itself.
pub(super) enum Ending {
    /// The connection has ended.
    Closed,
    /// The queue gives nothing any more.
    Refused(Refusal),
}

impl From<Closed> for Ending {
    fn from(_: Closed) -> Self {
        Self::Closed
    }
}

impl From<ApiError> for Ending {
    fn from(error: ApiError) -> Self {
        Self::Refused(error.into())
    }
}

impl Subscription {
    /// Sends messages until that is impossible, those first that there were when the client subscribed.
    pub(super) async fn run(self, first: Vec<Received>) -> Result<Infallible, Ending> {
        let shared = &self.stomp.shared;
        let queues = Queues {
            shared,
            origin: &self.origin,
        };
        let wish = &self.reader.wish;
        // Whoever listens to anything hears when the clock is set, which may make room.
        let reader = Arc::clone(&self.reader);
        let wake = move || reader.wake.notify_one();
        let _listening = shared
            .engine
            .changes()
            .listen(&wish.destination.queue_id, wake);
        self.send(first).await?;
        loop {
            let limit = self.room().await;
            let messages = queues.get(wish, limit, TIMEOUT_SECONDS).await?;
            self.send(messages).await?;
            // A server that is to end keeps nobody waiting.
            if shared.stopping.has_begun() {
                return Err(Ending::Closed);
            }
        }
    }

    /// How many messages the client may have, once it may have some.
    async fn room(&self) -> usize {
        loop {
            let now_ms = self.now_ms();
            match self.deliveries.room(&self.reader, now_ms) {
                Room::For(messages) => return messages,
                Room::NoneUntil(end_ms) => {
                    let pause_ms = u64::try_from(end_ms - now_ms).unwrap_or_default();
                    let pause = Duration::from_millis(pause_ms);
                    // Whichever comes first, the next look tells whether there is room.
                    let _ = timeout(pause, self.reader.wake.notified()).await;
                }
            }
        }
    }

    async fn send(&self, messages: Vec<Received>) -> Result<(), Ending> {
        for message in messages {
            let visible_ms = parse_rfc3339(&message.visible_after).unwrap_or_default();
            let frame = frame(self.outgoing.version, &self.reader, &message, visible_ms);
            self.deliveries
                .add(&self.reader, message.receipt, visible_ms, self.now_ms());
            self.outgoing.send(&frame).await?;
        }
        Ok(())
    }

    fn now_ms(&self) -> i64 {
        self.stomp.shared.engine.clock().now_ms
    }
}

/// The MESSAGE frame of a message. Custom properties have no header. Source: behaviour.md 2.7.
fn frame(version: Version, reader: &Reader, message: &Received, visible_ms: i64) -> Frame {
    let wish = &reader.wish;
    let mut destination = wish.destination.clone();
    destination.channel = match message.metadata.channel_id.as_str() {
        DEFAULT_CHANNEL => None,
        channel => Some(channel.to_owned()),
    };
    let expire_ms = parse_rfc3339(&message.expire_after).unwrap_or_default();
    let mut frame = Frame::new(Command::Message)
        .with("subscription", &wish.id)
        .with("destination", destination.to_string())
        .with("message-id", &message.receipt);
    if version >= Version::V1_2 {
        frame = frame.with("ack", &message.receipt);
    }
    frame
        .with("expire-after", expire_ms.to_string())
        .with("visible-after", visible_ms.to_string())
        .with("delivery-count", message.delivery_count.to_string())
        .with("oci-message-id", message.id.to_string())
        .with_body(message.content.clone())
}
