//! Messages: put, get, delete, and change how long they stay hidden.

mod get;
mod holding;
mod put;
mod settle;

pub use get::GotQueueMessages;
pub(in crate::engine) use holding::{consume, give_back, hold};
pub use put::{PutQueueMessages, PutQueueResult};
pub(super) use settle::delete;
pub use settle::{DeleteQueueMessages, Deleted, QueueBatchResult};

use std::ops::RangeInclusive;

use serde_json::Value;

use crate::call::ApiError;
use crate::store::{Delivery, LaneCounts, QueueMessage, Session, Standing};

/// Longest time that a message can be hidden, in seconds. Source: behaviour.md 2.1.
const VISIBILITY_SECONDS: RangeInclusive<i64> = 0..=43_200;

/// Most entries of one request, and messages of one reply. Source: behaviour.md 2.1.
const MOST_ENTRIES: usize = 20;

/// Refuses a request with no entries, or with too many.
fn check_entries(field: &str, count: usize) -> Result<(), ApiError> {
    match count {
        1..=MOST_ENTRIES => Ok(()),
        0 => Err(ApiError::invalid(format!("{field} is empty"))),
        _ => Err(ApiError::invalid(format!(
            "{field} has {count} entries; at most {MOST_ENTRIES} are allowed"
        ))),
    }
}

/// Takes a delivered message out of its lane's counts, and lets go of the message.
pub(super) fn leave_lane(session: &Session<'_>, delivery: &Delivery) -> Result<(), ApiError> {
    leave_lanes(session, std::slice::from_ref(delivery))
}

/// The same for messages that were delivered to one consumer group.
fn leave_lanes(session: &Session<'_>, deliveries: &[Delivery]) -> Result<(), ApiError> {
    let mut changes: Vec<(i64, LaneCounts)> = Vec::with_capacity(1);
    for delivery in deliveries {
        let change = share(delivery, -1);
        match changes.iter_mut().find(|(lane, _)| *lane == delivery.lane) {
            Some((_, sum)) => *sum += change,
            None => changes.push((delivery.lane, change)),
        }
    }
    for (lane, change) in &changes {
        session.change_queue_lane(*lane, change)?;
    }
    for ids in consecutive(deliveries.iter().map(|one| one.message_id)) {
        session.release_queue_messages(&ids)?;
    }
    Ok(())
}

/// Numbers as ranges of consecutive ones: what lies together is read and removed at once.
fn consecutive(ids: impl Iterator<Item = i64>) -> Vec<RangeInclusive<i64>> {
    let mut ids: Vec<i64> = ids.collect();
    ids.sort_unstable();
    ids.chunk_by(|id, next| next - id <= 1)
        .filter_map(|chunk| Some(*chunk.first()?..=*chunk.last()?))
        .collect()
}

/// What a delivered message adds to its lane's counts, `sign` times.
pub(super) fn share(delivery: &Delivery, sign: i64) -> LaneCounts {
    let bytes = sign * delivery.bytes;
    match delivery.standing {
        Standing::Live => LaneCounts {
            live_messages: sign,
            live_bytes: bytes,
            held_messages: sign,
            ..LaneCounts::default()
        },
        Standing::LastChance => LaneCounts {
            held_messages: sign,
            leaving_messages: sign,
            leaving_bytes: bytes,
            ..LaneCounts::default()
        },
        Standing::DeadLetter => LaneCounts {
            leaving_messages: sign,
            leaving_bytes: bytes,
            ..LaneCounts::default()
        },
        Standing::Purged => LaneCounts::default(),
    }
}

/// A message's custom properties as they came.
pub(super) fn properties(message: &QueueMessage) -> Result<Value, ApiError> {
    match &message.properties {
        None => Ok(Value::Object(serde_json::Map::new())),
        Some(text) => serde_json::from_str(text).map_err(|error| {
            ApiError::internal(format!("custom properties cannot be read: {error}"))
        }),
    }
}
