//! Bringing dead letters back, which the service leaves to its users.

use serde_json::{Value, json};

use super::super::Engine;
use super::address::Address;
use super::messages::share;
use super::{QueuePart, stats};
use crate::call::{ApiError, LOCAL_TENANCY};
use crate::clock::Clock;
use crate::store::{Delivery, DeliveryRange, LaneCounts, Session, Standing, TenancyStore};

/// How many dead letters one step moves at most.
const STEP: usize = 1000;

/// What came of bringing dead letters back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Redriven {
    /// Whether nothing was moved.
    dry_run: bool,
    /// How many are back in each channel, or would be.
    channels: Vec<(String, i64)>,
    /// How many were left where they are, because a consumer of the dead letter queue has them.
    in_flight: i64,
}

impl Redriven {
    /// The report as JSON, with kebab-case keys.
    pub(in super::super) fn to_json(&self) -> Value {
        let messages: i64 = self.channels.iter().map(|(_, count)| count).sum();
        let channels = self.channels.iter();
        let channels =
            channels.map(|(channel, count)| json!({ "channel-id": channel, "messages": count }));
        json!({
            "messages": messages,
            "channels": channels.collect::<Vec<_>>(),
            "left-in-flight": self.in_flight,
            "dry-run": self.dry_run,
        })
    }
}

impl Engine {
    /// Moves dead letters back to where they came from, as if they had never been delivered; they still expire
    /// when they would have. With `dry_run` nothing moves.
    pub(in super::super) fn redrive_queue(
        &self,
        part: &QueuePart,
        dry_run: bool,
    ) -> Result<Redriven, ApiError> {
        let now_ms = self.clock.now_ms();
        let store = self.store.tenancy(LOCAL_TENANCY);
        let (address, lanes) = store.read(|session| {
            let address = Address::of_part(session, part)?;
            let lanes = address.lanes(session, part.channel.as_deref())?;
            Ok::<_, ApiError>((address, lanes))
        })?;
        let mut redriven = Redriven {
            dry_run,
            ..Redriven::default()
        };
        for lane in &lanes {
            let tally =
                store.read(|session| stats::tally(session, &address.queue, lane, now_ms))?;
            redriven.in_flight += tally.dead_letters.in_flight;
            let count = match dry_run {
                true => tally.dead_letters.visible,
                false => redrive_lane(store, lane.lane, now_ms)?,
            };
            if count > 0 {
                redriven.channels.push((lane.channel.clone(), count));
            }
        }
        self.changes.tell(&address.queue.id);
        Ok(redriven)
    }
}

/// Moves the dead letters of a lane back, in steps that let others have their turn; returns how many.
fn redrive_lane(store: TenancyStore<'_>, lane: i64, now_ms: i64) -> Result<i64, ApiError> {
    let mut count = 0;
    for standing in [Standing::LastChance, Standing::DeadLetter] {
        let range = DeliveryRange::all(lane, standing)
            .visible(now_ms)
            .unexpired(now_ms);
        loop {
            let moved = store.write(|session| redrive_some(session, now_ms, &range))?;
            if moved == 0 {
                break;
            }
            count += moved;
        }
    }
    Ok(count)
}

fn redrive_some(
    session: &Session<'_>,
    now_ms: i64,
    range: &DeliveryRange,
) -> Result<i64, ApiError> {
    let mut change = LaneCounts::default();
    let mut moved = 0;
    for before in session.deliveries(range, STEP)? {
        let delivery = Delivery {
            standing: Standing::Live,
            visible_ms: now_ms,
            deliveries: 0,
            // Receipts of earlier deliveries are out of date.
            receipt_no: 0,
            ..before
        };
        session.put_delivery(&delivery)?;
        change += share(&before, -1);
        change += share(&delivery, 1);
        moved += 1;
    }
    if moved > 0 {
        session.change_queue_lane(range.lane, &change)?;
    }
    Ok(moved)
}
