//! Looking into a queue without touching it, which the service does not offer.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::Engine;
use super::address::{Address, Side};
use super::messages::properties;
use super::{QueuePart, queues};
use crate::call::{ApiError, LOCAL_TENANCY};
use crate::clock::{Clock, rfc3339};
use crate::store::{Delivery, DeliveryRange, QueueLane, QueueRun, Session, Standing, number_of};

/// Where a message of a queue is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PeekedState {
    /// It waits to be delivered.
    Visible,
    /// A consumer has it.
    InFlight,
    /// It is a dead letter.
    DeadLetter,
}

impl PeekedState {
    /// Every state with its name.
    pub const ALL: [(&str, Self); 3] = [
        ("visible", Self::Visible),
        ("in-flight", Self::InFlight),
        ("dlq", Self::DeadLetter),
    ];

    fn name(self) -> &'static str {
        let mut all = Self::ALL.iter();
        all.find(|(_, state)| *state == self)
            .map_or("", |(name, _)| name)
    }
}

/// A message that was looked at.
struct PeekedMessage {
    /// Its number in the queue.
    id: i64,
    state: PeekedState,
    content: String,
    channel: String,
    properties: Value,
    /// How often it was delivered.
    deliveries: i64,
    // When it was put, became visible or will, and expires.
    created_ms: i64,
    visible_ms: i64,
    expires_ms: i64,
}

impl PeekedMessage {
    /// The message as JSON, with kebab-case keys.
    fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "state": self.state.name(),
            "content": self.content,
            "delivery-count": self.deliveries,
            "created-at": rfc3339(self.created_ms),
            "visible-after": rfc3339(self.visible_ms),
            "expire-after": rfc3339(self.expires_ms),
            "metadata": {
                "channel-id": self.channel,
                "custom-properties": self.properties,
            },
        })
    }
}

impl Engine {
    /// The messages of a queue in these states, at most `limit` of each: those that became visible first, or
    /// will, before the others; and the OCID under which dead letters are got. Nothing changes.
    pub(in super::super) fn peek_queue(
        &self,
        part: &QueuePart,
        states: &[PeekedState],
        limit: usize,
    ) -> Result<Value, ApiError> {
        let now_ms = self.clock.now_ms();
        self.store.tenancy(LOCAL_TENANCY).read(|session| {
            let address = Address::of_part(session, part)?;
            let lanes = address.lanes(session, part.channel.as_deref())?;
            let look = Look {
                session,
                address: &address,
                now_ms,
                limit,
            };
            let mut messages = Vec::new();
            for state in states {
                let mut found = Vec::new();
                for lane in &lanes {
                    look.find(lane, *state, &mut found)?;
                }
                found.sort_by_key(|message| (message.visible_ms, message.id));
                found.truncate(limit);
                messages.extend(found.iter().map(PeekedMessage::to_json));
            }
            Ok(json!({
                "messages": messages,
                "dead-letter-queue-id": queues::dead_letter_queue_id(&address.queue.id),
            }))
        })
    }
}

/// Reads messages of lanes.
struct Look<'s> {
    session: &'s Session<'s>,
    address: &'s Address,
    now_ms: i64,
    limit: usize,
}

impl Look<'_> {
    fn find(
        &self,
        lane: &QueueLane,
        state: PeekedState,
        found: &mut Vec<PeekedMessage>,
    ) -> Result<(), ApiError> {
        if (state, self.address.side) == (PeekedState::Visible, Side::Messages) {
            self.find_fresh(lane, found)?;
        }
        for range in self.ranges(lane.lane, state) {
            let unexpired = range.unexpired(self.now_ms);
            for delivery in self.session.deliveries(&unexpired, self.limit)? {
                found.extend(self.delivered(lane, state, &delivery)?);
            }
        }
        Ok(())
    }

    /// Where the delivered messages of a lane are that have this state. Those of a dead letter queue are what
    /// its own readers would say.
    fn ranges(&self, lane: i64, state: PeekedState) -> Vec<DeliveryRange> {
        let visible = |standing| DeliveryRange::all(lane, standing).visible(self.now_ms);
        let hidden = |standing| DeliveryRange::all(lane, standing).hidden(self.now_ms);
        match (state, self.address.side) {
            (PeekedState::Visible, Side::Messages) => vec![visible(Standing::Live)],
            (PeekedState::InFlight, Side::Messages) => {
                vec![hidden(Standing::Live), hidden(Standing::LastChance)]
            }
            (PeekedState::DeadLetter, Side::Messages) => vec![
                visible(Standing::LastChance),
                DeliveryRange::all(lane, Standing::DeadLetter),
            ],
            (PeekedState::Visible, Side::DeadLetters) => {
                vec![visible(Standing::LastChance), visible(Standing::DeadLetter)]
            }
            (PeekedState::InFlight, Side::DeadLetters) => vec![hidden(Standing::DeadLetter)],
            (PeekedState::DeadLetter, Side::DeadLetters) => Vec::new(),
        }
    }

    /// The messages of a lane that were never delivered.
    fn find_fresh(&self, lane: &QueueLane, found: &mut Vec<PeekedMessage>) -> Result<(), ApiError> {
        let horizon_ms = self.now_ms - self.address.queue.retention_ms();
        let runs = self
            .session
            .queue_runs_after(lane.lane, horizon_ms, self.limit)?;
        let ids = runs
            .iter()
            .flat_map(|run: &QueueRun| run.first_id..=run.last_id);
        for message_id in ids.take(self.limit) {
            found.extend(self.message(lane, message_id)?);
        }
        Ok(())
    }

    fn delivered(
        &self,
        lane: &QueueLane,
        state: PeekedState,
        delivery: &Delivery,
    ) -> Result<Option<PeekedMessage>, ApiError> {
        let message = self.message(lane, delivery.message_id)?;
        Ok(message.map(|message| PeekedMessage {
            state,
            deliveries: delivery.deliveries,
            visible_ms: delivery.visible_ms,
            ..message
        }))
    }

    /// A message as if it were never delivered.
    fn message(
        &self,
        lane: &QueueLane,
        message_id: i64,
    ) -> Result<Option<PeekedMessage>, ApiError> {
        let Some(message) = self.session.queue_message(message_id)? else {
            return Ok(None);
        };
        Ok(Some(PeekedMessage {
            id: number_of(message_id),
            state: PeekedState::Visible,
            properties: properties(&message)?,
            content: message.content,
            channel: lane.channel.clone(),
            deliveries: 0,
            created_ms: message.created_ms,
            visible_ms: message.created_ms,
            expires_ms: message.created_ms + self.address.queue.retention_ms(),
        }))
    }
}
