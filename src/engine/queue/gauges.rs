//! What queues hold, as it is measured for Monitoring.

use super::overview::{Readers, readers};
use super::stats::{Counts, tally};
use crate::call::ApiError;
use crate::store::Session;

/// What waits for the readers of a queue, dead letters left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::engine) struct QueueGauges {
    pub queue_id: String,
    /// The OCID of the consumer group, where the queue has some.
    pub group_id: Option<String>,
    /// Messages that can be got.
    pub visible: i64,
    /// Messages that were got and are not deleted.
    pub in_flight: i64,
    /// Their size, all together.
    pub bytes: i64,
    /// When the oldest of them was put, in milliseconds.
    pub oldest_ms: Option<i64>,
}

/// The gauges of a tenancy's queues. An empty queue costs one look.
pub(in crate::engine) fn gauges(
    session: &Session<'_>,
    now_ms: i64,
) -> Result<Vec<QueueGauges>, ApiError> {
    let readers = readers(session)?.into_iter();
    readers
        .map(|readers| of_readers(session, readers, now_ms))
        .collect()
}

fn of_readers(
    session: &Session<'_>,
    readers: Readers,
    now_ms: i64,
) -> Result<QueueGauges, ApiError> {
    let queue = readers.queue;
    let retention_ms = queue.retention_ms();
    let mut counts = Counts::default();
    let mut oldest_ms = None;
    for lane in session.queue_lanes(queue.details.number, readers.group_no)? {
        counts += tally(session, &queue, &lane, now_ms)?.queue;
        let runs = session.queue_runs_after(lane.lane, now_ms - retention_ms, 1)?;
        let put_ms = runs.first().map(|run| run.created_ms);
        let expires_ms = session.first_expiry_ms(lane.lane, now_ms)?;
        let got_ms = expires_ms.map(|expires_ms| expires_ms - retention_ms);
        oldest_ms = [oldest_ms, put_ms, got_ms].into_iter().flatten().min();
    }
    Ok(QueueGauges {
        queue_id: queue.id,
        group_id: readers.group.map(|group| group.id),
        visible: counts.visible,
        in_flight: counts.in_flight,
        bytes: counts.bytes,
        oldest_ms,
    })
}
