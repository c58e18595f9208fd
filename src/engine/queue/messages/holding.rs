//! Messages that a connector holds: they are in flight, as those that any consumer got, until the connector's target
//! has them or they expire.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::super::super::Context;
use super::super::address::Address;
use super::super::receipts::Receipt;
use super::get::Taker;
use super::settle::{last_deliveries, remove};
use super::share;
use crate::call::ApiError;
use crate::store::{Delivery, Session, Standing};

/// A message that a connector holds.
pub(in crate::engine) struct HeldMessage {
    /// As the service's queue source has it: without what is of the delivery.
    pub message: Value,
    /// What it is consumed or given back with.
    pub receipt: String,
}

/// How many messages of each channel are taken at once at most.
const MOST_AT_ONCE: usize = 500;

/// Takes visible messages of a queue, or of one channel of it, as far as more may be in flight. They stay hidden until
/// they expire.
pub(in crate::engine) fn hold(
    session: &Session<'_>,
    context: &Context<'_>,
    queue_id: &str,
    channel: Option<&str>,
) -> Result<Vec<HeldMessage>, ApiError> {
    let address = Address::of_queue(session, context, queue_id)?;
    let until_ms = context.now_ms.saturating_add(address.queue.retention_ms());
    let lanes = address.lanes(session, None)?;
    let mut taker = Taker::new(session, &address, context.now_ms, until_ms)?;
    let room = taker.room(&lanes)?;
    for lane in &lanes {
        if channel.is_none_or(|wanted| wanted == lane.channel) {
            let room = room.saturating_sub(taker.messages.len());
            taker.take(lane, room.min(MOST_AT_ONCE))?;
        }
    }
    let held = taker.messages.into_iter().map(|message| {
        let mut message = json!(message);
        let receipt = message.as_object_mut().and_then(|fields| {
            fields.remove("visibleAfter");
            fields.remove("receipt")
        });
        let Some(Value::String(receipt)) = receipt else {
            return Err(ApiError::internal(
                "a message was delivered without a receipt",
            ));
        };
        Ok(HeldMessage { message, receipt })
    });
    held.collect()
}

/// Deletes messages that have arrived where a connector moves them. Those that have expired or gone with their queue
/// meanwhile are passed over.
pub(in crate::engine) fn consume(
    session: &Session<'_>,
    receipts: &[String],
) -> Result<(), ApiError> {
    for (group_no, held) in by_group(session, receipts)? {
        remove(session, group_no, held.into_values().collect())?;
    }
    Ok(())
}

/// Makes messages visible again where they stood, as if they had not been taken. Tells of each whether its queue
/// has it again; it has not where the message was purged or has expired, or the queue is gone.
pub(in crate::engine) fn give_back(
    session: &Session<'_>,
    now_ms: i64,
    receipts: &[String],
) -> Result<Vec<bool>, ApiError> {
    let mut held = by_group(session, receipts)?;
    let given_back = receipts.iter().map(|text| {
        let receipt = Receipt::decode(text);
        let delivery = receipt.and_then(|receipt| {
            let of_group = held.get_mut(&receipt.group_no)?;
            of_group.remove(&receipt.message_id)
        });
        match delivery {
            Some(before) if before.standing != Standing::Purged && before.expires_ms > now_ms => {
                give_one_back(session, &before)
            }
            _ => Ok(false),
        }
    });
    given_back.collect()
}

fn give_one_back(session: &Session<'_>, before: &Delivery) -> Result<bool, ApiError> {
    let Some(message) = session.queue_message(before.message_id)? else {
        return Ok(false);
    };
    let delivery = Delivery {
        standing: Standing::Live,
        // It stands before those that came after it.
        visible_ms: message.created_ms,
        // That to the connector does not count.
        deliveries: before.deliveries.saturating_sub(1).max(0),
        receipt_no: 0,
        ..*before
    };
    session.put_delivery(&delivery)?;
    let mut change = share(before, -1);
    change += share(&delivery, 1);
    session.change_queue_lane(before.lane, &change)?;
    Ok(true)
}

/// The deliveries that receipts are of and that are still the last of their messages: by the number of the consumer
/// group, then by that of the message.
fn by_group(
    session: &Session<'_>,
    receipts: &[String],
) -> Result<HashMap<i64, HashMap<i64, Delivery>>, ApiError> {
    let receipts: Vec<Receipt> = receipts
        .iter()
        .filter_map(|text| Receipt::decode(text))
        .collect();
    let mut groups: HashMap<i64, Vec<&Receipt>> = HashMap::new();
    for receipt in &receipts {
        groups.entry(receipt.group_no).or_default().push(receipt);
    }
    let mut held = HashMap::new();
    for (group_no, of_group) in groups {
        let mut last = last_deliveries(session, group_no, of_group.iter().copied())?;
        let numbers: HashMap<i64, i64> = of_group
            .iter()
            .map(|receipt| (receipt.message_id, receipt.receipt_no))
            .collect();
        last.retain(|message_id, one| numbers.get(message_id) == Some(&one.receipt_no));
        held.insert(group_no, last);
    }
    Ok(held)
}
