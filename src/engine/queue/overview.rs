//! What waits in queues, in numbers.

use super::super::overview::QueueOverview;
use super::consumer_groups;
use super::queues::{QUEUE, QueueResource};
use super::stats::{Tally, tally};
use crate::call::ApiError;
use crate::store::{Filter, Order, Session, SortBy};

/// The queues of a tenancy, by name: each once, or once for each of its consumer groups.
pub(in crate::engine) fn overview(
    session: &Session<'_>,
    now_ms: i64,
) -> Result<Vec<QueueOverview>, ApiError> {
    let sort = (SortBy::Name, Order::Ascending);
    let filter = Filter::default();
    let page = session.resources(QUEUE.ocid_type, &filter, sort, None, usize::MAX)?;
    let mut found = Vec::new();
    let live = page.items.into_iter();
    for queue in live.filter(|queue: &QueueResource| queue.time_deleted_ms.is_none()) {
        if queue.details.primary_group_id.is_none() {
            found.push(counts(session, &queue, (0, None), now_ms)?);
            continue;
        }
        for group in consumer_groups::groups_of(session, &queue.id)? {
            let named = (group.details.number, Some(group.name));
            found.push(counts(session, &queue, named, now_ms)?);
        }
    }
    Ok(found)
}

fn counts(
    session: &Session<'_>,
    queue: &QueueResource,
    (group_no, group): (i64, Option<String>),
    now_ms: i64,
) -> Result<QueueOverview, ApiError> {
    let queue_no = queue.details.number;
    let mut total = Tally::default();
    for lane in session.queue_lanes(queue_no, group_no)? {
        let tally = tally(session, queue, &lane, now_ms)?;
        total.queue += tally.queue;
        total.dead_letters += tally.dead_letters;
    }
    Ok(QueueOverview {
        id: queue.id.clone(),
        name: queue.name.clone(),
        group,
        visible: total.queue.visible,
        in_flight: total.queue.in_flight,
        dead_letters: total.dead_letters.messages(),
        messages_put: session.queue_state(queue_no)?.last_message,
    })
}
