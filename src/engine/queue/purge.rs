//! Purging: removing many messages at once, in steps that let others have their turn.

use serde::Deserialize;

use super::super::Context;
use super::address::{Address, Side};
use super::messages::leave_lane;
use super::queues::{QUEUE, QueueResource};
use super::work::Change;
use super::{channels, queues};
use crate::call::{ApiError, Call, Reply};
use crate::store::{
    Delivery, DeliveryRange, LaneCounts, QueueLane, Session, Standing, StoreError, queue_message_id,
};

/// How many rows one step removes at most.
const STEP: usize = 1000;

/// Stands for every consumer group. Source: behaviour.md 2.2.
const ALL_GROUPS: &str = "all";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PurgeDetails<'c> {
    purge_type: &'c str,
    #[serde(borrow)]
    channel_ids: Option<Vec<&'c str>>,
    consumer_group_id: Option<&'c str>,
}

/// What is purged of a lane.
#[derive(Clone, Copy)]
struct Scope {
    messages: bool,
    dead_letters: bool,
    /// Messages up to this number, so that what is put meanwhile stays.
    last_id: i64,
}

/// Removes messages that were put before now. A consumer that holds one can still delete it.
pub(super) fn purge(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let details: PurgeDetails<'_> = call.typed_body()?;
    for (index, channel) in details.channel_ids.iter().flatten().enumerate() {
        channels::check_name(&format!("channelIds[{index}]"), channel)?;
    }
    let (queue, lanes, scope) = context.store.read(|session| {
        let queue: QueueResource = QUEUE.live(session, call.path_value("queueId")?)?;
        queue.check_etag(call)?;
        let lanes = lanes_of(session, &queue, &details)?;
        let queue_no = queue.details.number;
        let is = |name: &str| details.purge_type.eq_ignore_ascii_case(name);
        let scope = Scope {
            messages: is("NORMAL") || is("BOTH"),
            dead_letters: is("DLQ") || is("BOTH"),
            last_id: queue_message_id(queue_no, session.queue_state(queue_no)?.last_message),
        };
        Ok::<_, ApiError>((queue, lanes, scope))
    })?;
    for lane in &lanes {
        while context
            .store
            .write(|session| purge_some(session, context.now_ms, lane, scope))?
        {}
    }
    context
        .store
        .write(|session| queues::record(session, context, Change::PurgeQueue, &queue))
}

fn lanes_of(
    session: &Session<'_>,
    queue: &QueueResource,
    details: &PurgeDetails<'_>,
) -> Result<Vec<QueueLane>, ApiError> {
    let mut lanes = match details.consumer_group_id {
        Some(ALL_GROUPS) => session.all_queue_lanes(queue.details.number)?,
        group_id => Address::of_group(session, queue.clone(), group_id, Side::Messages)?
            .lanes(session, None)?,
    };
    if let Some(channels) = details.channel_ids.as_ref().filter(|ids| !ids.is_empty()) {
        lanes.retain(|lane| channels.contains(&lane.channel.as_str()));
    }
    Ok(lanes)
}

/// Purges some of a lane, and tells whether there may be more.
fn purge_some(
    session: &Session<'_>,
    now_ms: i64,
    lane: &QueueLane,
    scope: Scope,
) -> Result<bool, ApiError> {
    let mut removed = false;
    let mut purge = |range: DeliveryRange| -> Result<(), ApiError> {
        let range = DeliveryRange {
            last_id: scope.last_id,
            ..range
        };
        let found = session.deliveries(&range, STEP)?;
        removed |= !found.is_empty();
        let mut found = found.into_iter();
        found.try_for_each(|delivery| purge_delivery(session, now_ms, delivery))
    };
    let all = |standing| DeliveryRange::all(lane.lane, standing);
    if scope.messages {
        purge(all(Standing::Live))?;
        purge(all(Standing::LastChance).hidden(now_ms))?;
    }
    if scope.dead_letters {
        purge(all(Standing::LastChance).visible(now_ms))?;
        purge(all(Standing::DeadLetter))?;
    }
    if scope.messages {
        removed |= remove_runs(session, lane, scope.last_id)?;
    }
    Ok(removed)
}

/// Purges a message that was delivered. While it is in flight its receipt stays known, so that its consumer
/// can finish. Source: behaviour.md 2.2.
fn purge_delivery(
    session: &Session<'_>,
    now_ms: i64,
    mut delivery: Delivery,
) -> Result<(), ApiError> {
    leave_lane(session, &delivery)?;
    if delivery.visible_ms <= now_ms {
        return Ok(session.remove_delivery(&delivery)?);
    }
    delivery.standing = Standing::Purged;
    Ok(session.put_delivery(&delivery)?)
}

/// Removes some of the messages that were never delivered.
fn remove_runs(session: &Session<'_>, lane: &QueueLane, last_id: i64) -> Result<bool, ApiError> {
    const RUNS: usize = STEP / 20;
    let mut change = LaneCounts::default();
    for run in session.queue_runs_up_to(lane.lane, last_id, RUNS)? {
        session.remove_queue_run(&run)?;
        session.release_queue_messages(&run.ids())?;
        change.live_messages -= run.messages();
        change.live_bytes -= run.bytes;
    }
    let removed = change != LaneCounts::default();
    if removed {
        session.change_queue_lane(lane.lane, &change)?;
    }
    Ok(removed)
}

/// Removes what a consumer group that was deleted has left.
pub(super) fn remove_group(
    context: &Context<'_>,
    queue_no: i64,
    group_no: i64,
) -> Result<(), ApiError> {
    let scope = Scope {
        messages: true,
        dead_letters: true,
        last_id: i64::MAX,
    };
    let lanes = context
        .store
        .read(|session| session.queue_lanes(queue_no, group_no))?;
    for lane in &lanes {
        while context
            .store
            .write(|session| purge_some(session, context.now_ms, lane, scope))?
        {}
    }
    Ok(())
}

/// Removes all that a deleted queue has left, with a function that removes some and tells whether there is more.
pub(super) fn remove_all(
    remove_some: impl Fn(usize) -> Result<bool, StoreError>,
) -> Result<(), StoreError> {
    while remove_some(STEP)? {}
    Ok(())
}
