//! Giving back to a queue what a connector has taken and not moved: a message is consumed when the target has it.
//! Source: the documentation of the queue source, "a message that has been transferred to the connector's target is
//! considered consumed".
//!
//! What a function task has made of messages cannot be given back; it stays with the connector.

use super::super::queue::{self, TakenMessage};
use super::details::Source;
use super::movement::{Lane, Movement};
use crate::call::ApiError;
use crate::store::Session;

/// What is given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All, even what somebody is sending now: it may arrive twice.
    All,
    /// All but what somebody is sending now.
    NotUnderWay,
}

/// Gives messages back that no function has seen, if the source is a queue, and the queue is there.
pub(super) fn give_back(
    session: &Session<'_>,
    now_ms: i64,
    (connector_id, source): (&str, &Source),
    movement: &mut Movement,
    part: Part,
) -> Result<(), ApiError> {
    let Source::Plugin { config_map, .. } = source else {
        return Ok(());
    };
    let queue_id = &config_map.queue_id;
    for lane in movement.lanes.iter_mut().filter(|lane| lane.stage == 0) {
        let kept_up_to = match (part, &lane.under_way) {
            (Part::NotUnderWay, Some(batch)) if batch.leased_until_ms > now_ms => batch.last_number,
            _ => 0,
        };
        let (numbers, messages) = messages_of(session, (connector_id, lane), kept_up_to)?;
        if numbers.is_empty() || !queue::give_back(session, now_ms, queue_id, &messages)? {
            continue;
        }
        for (number, bytes) in numbers {
            session.remove_record(number)?;
            lane.records -= 1;
            lane.bytes -= bytes;
        }
        if kept_up_to == 0 {
            lane.under_way = None;
            lane.failure = None;
        }
    }
    Ok(())
}

/// A record that is let go: its number, and its size in bytes.
type LetGo = (i64, i64);

/// The records behind a number that are messages, and the messages.
fn messages_of(
    session: &Session<'_>,
    (connector_id, lane): (&str, &Lane),
    after: i64,
) -> Result<(Vec<LetGo>, Vec<TakenMessage>), ApiError> {
    let records = session.records_while(lane.key(connector_id), after, |_| true)?;
    // Those of an earlier source are none.
    let messages = records.iter().filter_map(|record| {
        let bytes = i64::try_from(record.text.len()).unwrap_or(i64::MAX);
        let message = serde_json::from_str(&record.text).ok()?;
        Some(((record.number, bytes), message))
    });
    Ok(messages.unzip())
}
