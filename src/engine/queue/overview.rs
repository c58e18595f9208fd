//! What waits in queues, in numbers.

use super::super::overview::QueueOverview;
use super::consumer_groups::{self, Group};
use super::queues::{QUEUE, QueueResource};
use super::stats::{Tally, tally};
use crate::call::ApiError;
use crate::store::{Filter, Order, Session, SortBy};

/// Who reads a queue: all its readers, or one of its consumer groups.
pub(super) struct Readers {
    pub(super) queue: QueueResource,
    /// The group's number; that of the primary one is 0, whether the queue can have groups or not.
    pub(super) group_no: i64,
    pub(super) group: Option<Group>,
}

/// The queues of a tenancy, by name: each once, or once for each of its consumer groups.
pub(super) fn readers(session: &Session<'_>) -> Result<Vec<Readers>, ApiError> {
    let sort = (SortBy::Name, Order::Ascending);
    let filter = Filter::default();
    let page = session.resources(QUEUE.ocid_type, &filter, sort, None, usize::MAX)?;
    let mut found = Vec::new();
    let live = page.items.into_iter();
    for queue in live.filter(|queue: &QueueResource| queue.time_deleted_ms.is_none()) {
        if queue.details.primary_group_id.is_none() {
            found.push(Readers {
                queue,
                group_no: 0,
                group: None,
            });
            continue;
        }
        for group in consumer_groups::groups_of(session, &queue.id)? {
            found.push(Readers {
                queue: queue.clone(),
                group_no: group.details.number,
                group: Some(group),
            });
        }
    }
    Ok(found)
}

/// What waits for the readers of each queue of a tenancy.
pub(in crate::engine) fn overview(
    session: &Session<'_>,
    now_ms: i64,
) -> Result<Vec<QueueOverview>, ApiError> {
    let readers = readers(session)?.into_iter();
    readers
        .map(|readers| counts(session, readers, now_ms))
        .collect()
}

fn counts(session: &Session<'_>, readers: Readers, now_ms: i64) -> Result<QueueOverview, ApiError> {
    let queue = readers.queue;
    let queue_no = queue.details.number;
    let mut total = Tally::default();
    for lane in session.queue_lanes(queue_no, readers.group_no)? {
        let tally = tally(session, &queue, &lane, now_ms)?;
        total.queue += tally.queue;
        total.dead_letters += tally.dead_letters;
    }
    Ok(QueueOverview {
        id: queue.id,
        name: queue.name,
        group: readers.group.map(|group| group.name),
        visible: total.queue.visible,
        in_flight: total.queue.in_flight,
        dead_letters: total.dead_letters.messages(),
        messages_put: session.queue_state(queue_no)?.last_message,
    })
}
