//! Taking messages out of a queue for good, for connectors.

use serde_json::{Value, json};

use super::super::super::Context;
use super::super::address::Address;
use super::super::receipts::Receipt;
use super::MOST_ENTRIES;
use super::get::Taker;
use super::settle::remove;
use crate::call::ApiError;
use crate::store::Session;

/// Takes visible messages out of a queue, or of one channel of it: 20 at most of each channel. They are gone with
/// the transaction.
pub(in crate::engine) fn take_out(
    session: &Session<'_>,
    context: &Context<'_>,
    queue_id: &str,
    channel: Option<&str>,
) -> Result<Vec<Value>, ApiError> {
    let address = Address::of_queue(session, context, queue_id)?;
    let mut taken = Vec::new();
    let mut deliveries = Vec::new();
    for lane in address.lanes(session, channel)? {
        let mut taker = Taker::new(session, &address, context.now_ms, context.now_ms + 1)?;
        taker.take(&lane, MOST_ENTRIES)?;
        for message in taker.messages {
            let mut message = json!(message);
            let receipt = message.as_object_mut().and_then(|fields| {
                fields.remove("visibleAfter");
                fields.remove("receipt")
            });
            let receipt = receipt.as_ref().and_then(Value::as_str);
            if let Some(receipt) = receipt.and_then(Receipt::decode) {
                let id = receipt.message_id;
                deliveries.extend(session.deliveries_between(receipt.group_no, &(id..=id))?);
            }
            taken.push(message);
        }
    }
    remove(session, &address, deliveries)?;
    Ok(taken)
}
