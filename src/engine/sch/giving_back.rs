//! Giving back to a queue what a connector holds of it and has not moved: a message is consumed when the target has
//! it. Source: the documentation of the queue source, "a message that has been transferred to the connector's target
//! is considered consumed".
//!
//! What a function task has made of messages cannot be given back; it stays with the connector. So does what its
//! queue has no longer.

use super::super::queue;
use super::movement::Movement;
use crate::call::ApiError;
use crate::store::{Session, WaitingRecord};

/// What is given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All, even what somebody is sending now: it may arrive twice.
    All,
    /// All but what somebody is sending now.
    NotUnderWay,
}

/// Gives the messages back that a connector holds.
pub(super) fn give_back(
    session: &Session<'_>,
    now_ms: i64,
    connector_id: &str,
    movement: &mut Movement,
    part: Part,
) -> Result<(), ApiError> {
    for lane in &mut movement.lanes {
        let kept_up_to = match (part, &lane.under_way) {
            (Part::NotUnderWay, Some(batch)) if batch.leased_until_ms > now_ms => batch.last_number,
            _ => 0,
        };
        let held = session.held_records(lane.key(connector_id), kept_up_to)?;
        let given_back = give_back_records(session, now_ms, &held)?;
        if given_back.is_empty() {
            continue;
        }
        for record in given_back {
            session.remove_record(record.number)?;
            lane.records -= 1;
            lane.bytes -= i64::try_from(record.text.len()).unwrap_or(i64::MAX);
        }
        if kept_up_to == 0 {
            lane.under_way = None;
            lane.failure = None;
        }
    }
    Ok(())
}

/// Gives messages back; returns the records whose messages are in their queue again.
fn give_back_records<'r>(
    session: &Session<'_>,
    now_ms: i64,
    held: &'r [WaitingRecord],
) -> Result<Vec<&'r WaitingRecord>, ApiError> {
    let receipts = held.iter().filter_map(|record| record.receipt.clone());
    let receipts: Vec<String> = receipts.collect();
    let is_back = queue::give_back(session, now_ms, &receipts)?;
    let records = held.iter().zip(is_back);
    Ok(records
        .filter_map(|(record, is_back)| is_back.then_some(record))
        .collect())
}
