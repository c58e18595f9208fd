//! Counts: how many messages wait, are in flight, and are dead letters.

use std::ops::AddAssign;

use serde_json::{Value, json};

use super::super::Context;
use super::address::Address;
use super::channels;
use super::queues::QueueResource;
use crate::call::{ApiError, Call, Reply};
use crate::store::{ExpiredDeliveries, LaneCounts, QueueLane, Session, Standing};

/// The counts of messages, or of dead letters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub visible: i64,
    pub in_flight: i64,
    pub bytes: i64,
}

impl Counts {
    pub(super) fn messages(&self) -> i64 {
        self.visible + self.in_flight
    }

    fn to_json(self) -> Value {
        json!({
            "visibleMessages": self.visible,
            "inFlightMessages": self.in_flight,
            "sizeInBytes": self.bytes,
        })
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.visible += other.visible;
        self.in_flight += other.in_flight;
        self.bytes += other.bytes;
    }
}

/// What lanes hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub queue: Counts,
    pub dead_letters: Counts,
}

/// What of a lane is hidden: how many messages, and the size of those in flight for the last time.
#[derive(Clone, Copy, Debug, Default)]
struct Hidden {
    live: i64,
    last: i64,
    last_bytes: i64,
    dead: i64,
}

/// Counts what a lane holds now.
///
/// The lane's own counts hold everything; what is hidden is counted in an index, and so is what has expired
/// and is not removed yet.
pub(super) fn tally(
    session: &Session<'_>,
    queue: &QueueResource,
    lane: &QueueLane,
    now_ms: i64,
) -> Result<Tally, ApiError> {
    let count = |standing| session.count_hidden(lane.lane, standing, now_ms);
    let (last, last_bytes) = count(Standing::LastChance)?;
    let mut hidden = Hidden {
        live: count(Standing::Live)?.0,
        last,
        last_bytes,
        dead: count(Standing::DeadLetter)?.0,
    };
    let mut counts = lane.counts;
    if session.queue_state(queue.details.number)?.sweep_at_ms <= now_ms {
        let until_ms = now_ms - queue.retention_ms();
        let (messages, bytes) = session.count_queue_runs_until(lane.lane, until_ms)?;
        counts.live_messages -= messages;
        counts.live_bytes -= bytes;
        for expired in session.count_expired_deliveries(lane.lane, now_ms)? {
            leave_out(&expired, &mut counts, &mut hidden);
        }
    }
    let dead_messages = counts.leaving_messages - hidden.last;
    Ok(Tally {
        queue: Counts {
            visible: counts.live_messages - hidden.live,
            in_flight: hidden.live + hidden.last,
            bytes: counts.live_bytes + hidden.last_bytes,
        },
        dead_letters: Counts {
            visible: dead_messages - hidden.dead,
            in_flight: hidden.dead,
            bytes: counts.leaving_bytes - hidden.last_bytes,
        },
    })
}

/// Takes what has expired out of the counts.
fn leave_out(expired: &ExpiredDeliveries, counts: &mut LaneCounts, hidden: &mut Hidden) {
    let (hidden_messages, hidden_bytes) = match expired.is_hidden {
        true => (expired.messages, expired.bytes),
        false => (0, 0),
    };
    match expired.standing {
        Standing::Live => hidden.live -= hidden_messages,
        Standing::LastChance => {
            hidden.last -= hidden_messages;
            hidden.last_bytes -= hidden_bytes;
        }
        Standing::DeadLetter => hidden.dead -= hidden_messages,
        Standing::Purged => return,
    }
    if expired.standing == Standing::Live {
        counts.live_messages -= expired.messages;
        counts.live_bytes -= expired.bytes;
    } else {
        counts.leaving_messages -= expired.messages;
        counts.leaving_bytes -= expired.bytes;
    }
}

/// The counts of a consumer group, or of one channel of it.
pub(super) fn get(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let channel = channels::of_query(call, "channelId")?;
    let total = context.store.write(|session| {
        let address = Address::of(session, context, call)?;
        let mut total = Tally::default();
        for lane in address.lanes(session, channel)? {
            let tally = tally(session, &address.queue, &lane, context.now_ms)?;
            total.queue += tally.queue;
            total.dead_letters += tally.dead_letters;
        }
        Ok::<_, ApiError>(total)
    })?;
    Ok(Reply::ok(json!({
        "queue": total.queue.to_json(),
        "dlq": total.dead_letters.to_json(),
        "channelId": channel,
        "consumerGroupId": call.query_text("consumerGroupId"),
    })))
}
