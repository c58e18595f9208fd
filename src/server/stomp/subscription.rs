//! A subscription: asks its queue for messages again and again, and sends them to the client.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::timeout;

use super::Stomp;
use super::deliveries::{Deliveries, Reader, Room};
use super::error::Refusal;
use super::frame::{Command, Frame};
use super::outgoing::{Closed, Outgoing};
use super::queue::{Queues, Received, received};
use super::version::Version;
use crate::call::{ApiError, Origin, Reply};
use crate::clock::parse_rfc3339;
use crate::engine::{Attempt, DEFAULT_CHANNEL, Listening, Wait};

/// A subscription.
pub(super) struct Subscription {
    pub(super) stomp: Arc<Stomp>,
    pub(super) origin: Origin,
    pub(super) reader: Arc<Reader>,
    pub(super) deliveries: Arc<Deliveries>,
    pub(super) outgoing: Outgoing,
    /// The subscriptions of a connection get and send in turns: of what its client does not take, no more than one
    /// reply is kept.
    pub(super) turn: Arc<Mutex<()>>,
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

/// What is listened to.
struct Ear {
    key: String,
    _listening: Listening,
}

impl Subscription {
    /// Sends messages until that is impossible, those first that there were when the client subscribed.
    pub(super) async fn run(self, first: Reply) -> Result<Infallible, Ending> {
        // From here on nothing is missed: what came before is found at the next look.
        let mut ear = self.listen(&self.reader.wish.destination.queue_id);
        self.send(first).await?;
        loop {
            let limit = self.room().await;
            match self.get(limit).await? {
                None => {}
                // The resource has another name than the client knows it by.
                Some(wait) if wait.key != ear.key => ear = self.listen(&wait.key),
                Some(wait) => self.rest(wait.retry_after).await,
            }
        }
    }

    /// Listens to the changes of a resource. Whatever is listened to, one hears when the clock is set.
    fn listen(&self, key: &str) -> Ear {
        let reader = Arc::clone(&self.reader);
        let changes = self.stomp.shared.engine.changes();
        Ear {
            _listening: changes.listen(key, move || reader.wake.notify_one()),
            key: key.to_owned(),
        }
    }

    /// Waits for a change, at most so long.
    async fn rest(&self, pause: Option<Duration>) {
        let changed = self.reader.wake.notified();
        match pause {
            // Whichever comes first, the next look tells what there is.
            Some(pause) => timeout(pause, changed).await.unwrap_or_default(),
            None => changed.await,
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
                    self.rest(Some(Duration::from_millis(pause_ms))).await;
                }
            }
        }
    }

    /// Sends the messages that there are, or tells what to wait for.
    async fn get(&self, limit: usize) -> Result<Option<Wait>, Ending> {
        let _turn = self.turn.lock().await;
        let queues = Queues {
            shared: &self.stomp.shared,
            origin: &self.origin,
        };
        match queues.get(&self.reader.wish, limit).await? {
            Attempt::Nothing(wait) => Ok(Some(wait)),
            Attempt::Done(reply) => {
                self.send(reply).await?;
                Ok(None)
            }
        }
    }

    async fn send(&self, reply: Reply) -> Result<(), Ending> {
        for message in received(reply)? {
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
