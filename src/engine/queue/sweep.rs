//! Retention: expired messages are not seen by anyone, and removed by later calls, some in each.

use super::messages::leave_lane;
use super::queues::QueueResource;
use crate::call::ApiError;
use crate::store::{LaneCounts, NEVER_MS, QueueState, Session, Standing};

/// About how many messages one call removes at most, so that none takes long.
const MOST_REMOVED: usize = 1000;

/// Removes some expired messages of a queue, if there can be any. Returns what is kept of the queue.
pub(super) fn sweep(
    session: &Session<'_>,
    queue: &QueueResource,
    now_ms: i64,
) -> Result<QueueState, ApiError> {
    let queue_no = queue.details.number;
    let mut state = session.queue_state(queue_no)?;
    if state.sweep_at_ms > now_ms {
        return Ok(state);
    }
    let removed = sweep_deliveries(session, queue_no, now_ms)?;
    let room = MOST_REMOVED.saturating_sub(removed);
    let removed = removed + sweep_runs(session, queue, now_ms, room)?;
    if removed < MOST_REMOVED {
        let oldest_ms = session.oldest_queue_message_ms(queue_no)?;
        state.sweep_at_ms = oldest_ms.map_or(NEVER_MS, |ms| ms + queue.retention_ms());
    }
    session.put_queue_state(queue_no, state)?;
    Ok(state)
}

/// Removes the oldest deliveries that have expired: the order of messages is that in which they expire.
fn sweep_deliveries(session: &Session<'_>, queue_no: i64, now_ms: i64) -> Result<usize, ApiError> {
    let oldest = session.oldest_deliveries(queue_no, MOST_REMOVED)?;
    let expired = oldest.iter().take_while(|one| one.expires_ms <= now_ms);
    let mut removed = 0;
    for delivery in expired {
        session.remove_delivery(delivery)?;
        // Of a purged message only the receipt is left.
        if delivery.standing != Standing::Purged {
            leave_lane(session, delivery)?;
        }
        removed += 1;
    }
    Ok(removed)
}

fn sweep_runs(
    session: &Session<'_>,
    queue: &QueueResource,
    now_ms: i64,
    room: usize,
) -> Result<usize, ApiError> {
    let until_ms = now_ms - queue.retention_ms();
    let mut removed = 0;
    for lane in session.all_queue_lanes(queue.details.number)? {
        let mut change = LaneCounts::default();
        let limit = room.saturating_sub(removed);
        for run in session.queue_runs_until(lane.lane, until_ms, limit)? {
            session.remove_queue_run(&run)?;
            session.release_queue_messages(&run.ids())?;
            change.live_messages -= run.messages();
            change.live_bytes -= run.bytes;
            removed += usize::try_from(run.messages()).unwrap_or(1);
        }
        if change != LaneCounts::default() {
            session.change_queue_lane(lane.lane, &change)?;
        }
        if removed >= room {
            break;
        }
    }
    Ok(removed)
}
