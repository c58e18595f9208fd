//! Deleting delivered messages, and changing how long they stay hidden: what receipts are for.

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::super::Context;
use super::super::address::{Address, Side};
use super::super::receipts::Receipt;
use super::super::{Queue, check_range};
use super::{VISIBILITY_SECONDS, check_entries, leave_lane};
use crate::call::{ApiError, Call, Reply};
use crate::clock::rfc3339;
use crate::store::{Delivery, Session, Standing, number_of, queue_no_of};

#[derive(Deserialize)]
struct DeleteDetails<'c> {
    #[serde(borrow)]
    entries: Vec<DeleteEntry<'c>>,
}

#[derive(Deserialize)]
struct DeleteEntry<'c> {
    receipt: &'c str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UpdateDetails {
    visibility_in_seconds: i64,
}

#[derive(Deserialize)]
struct UpdateAllDetails<'c> {
    #[serde(borrow)]
    entries: Vec<UpdateEntry<'c>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UpdateEntry<'c> {
    receipt: &'c str,
    visibility_in_seconds: i64,
}

/// Deletes one message.
pub(in super::super) fn delete(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let receipt = call.path_value("messageReceipt")?;
    context.store.write(|session| {
        let address = Address::of(session, context, call)?;
        delete_one(session, context, &address, ("messageReceipt", receipt))
    })?;
    Ok(Reply::empty(204))
}

/// Deletes messages; the reply tells of each whether it is.
pub(in super::super) fn delete_all(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let details: DeleteDetails<'_> = call.typed_body()?;
    check_entries("entries", details.entries.len())?;
    let results = context.store.write(|session| {
        let address = Address::of(session, context, call)?;
        let entries = details.entries.iter().enumerate();
        let results = entries.map(|(index, entry)| {
            let field = format!("entries[{index}].receipt");
            delete_one(session, context, &address, (&field, entry.receipt)).map(|()| json!({}))
        });
        Ok::<Vec<_>, ApiError>(results.collect())
    })?;
    Ok(batch_reply(results))
}

impl Queue {
    /// Changes how long one message stays hidden.
    pub(in super::super) fn update_message(
        &self,
        context: &Context<'_>,
        call: &Call,
    ) -> Result<Reply, ApiError> {
        let details: UpdateDetails = call.typed_body()?;
        let receipt = ("messageReceipt", call.path_value("messageReceipt")?);
        let visibility = ("visibilityInSeconds", details.visibility_in_seconds);
        let (queue_id, updated) = context.store.write(|session| {
            let address = Address::of(session, context, call)?;
            let updated = update_one(session, context, &address, receipt, visibility)?;
            Ok::<_, ApiError>((address.queue.id, updated))
        })?;
        self.changes.tell(&queue_id);
        Ok(Reply::ok(updated))
    }

    /// Changes how long messages stay hidden; the reply tells of each whether it was done.
    pub(in super::super) fn update_messages(
        &self,
        context: &Context<'_>,
        call: &Call,
    ) -> Result<Reply, ApiError> {
        let details: UpdateAllDetails<'_> = call.typed_body()?;
        check_entries("entries", details.entries.len())?;
        let (queue_id, results) = context.store.write(|session| {
            let address = Address::of(session, context, call)?;
            let entries = details.entries.iter().enumerate();
            let results = entries.map(|(index, entry)| {
                let receipt = format!("entries[{index}].receipt");
                let visibility = format!("entries[{index}].visibilityInSeconds");
                update_one(
                    session,
                    context,
                    &address,
                    (&receipt, entry.receipt),
                    (&visibility, entry.visibility_in_seconds),
                )
            });
            let results: Vec<_> = results.collect();
            Ok::<_, ApiError>((address.queue.id, results))
        })?;
        self.changes.tell(&queue_id);
        Ok(batch_reply(results))
    }
}

/// Deletes the message of a receipt, which a field of this name has.
pub(super) fn delete_one(
    session: &Session<'_>,
    context: &Context<'_>,
    address: &Address,
    receipt: (&str, &str),
) -> Result<(), ApiError> {
    let delivery = find(session, context, address, receipt)?;
    session.remove_delivery(&delivery)?;
    match delivery.standing {
        Standing::Purged => Ok(()),
        _ => leave_lane(session, &delivery),
    }
}

/// The receipt stays valid: the reply has no other.
fn update_one(
    session: &Session<'_>,
    context: &Context<'_>,
    address: &Address,
    receipt: (&str, &str),
    (field, visibility_seconds): (&str, i64),
) -> Result<Value, ApiError> {
    check_range(field, visibility_seconds, VISIBILITY_SECONDS)?;
    let mut delivery = find(session, context, address, receipt)?;
    delivery.visible_ms = context.now_ms + visibility_seconds * 1000;
    session.put_delivery(&delivery)?;
    Ok(json!({
        "id": number_of(delivery.message_id),
        "visibleAfter": rfc3339(delivery.visible_ms),
    }))
}

/// The delivery that a receipt is of, while it is the message's last one.
///
/// A receipt outlives the time that its message is hidden, until the message is delivered again: unconfirmed.
fn find(
    session: &Session<'_>,
    context: &Context<'_>,
    address: &Address,
    (field, text): (&str, &str),
) -> Result<Delivery, ApiError> {
    let Some(receipt) = Receipt::decode(text) else {
        return Err(ApiError::invalid(format!(
            "{field} is no receipt: give one from the reply of get-messages"
        )));
    };
    check_belongs(address, field, &receipt)?;
    let delivery = session.delivery(receipt.message_id, receipt.group_no)?;
    let delivery = delivery.filter(|delivery| {
        delivery.receipt_no == receipt.receipt_no
            && delivery.expires_ms > context.now_ms
            && is_current(delivery, receipt.side, context.now_ms)
    });
    delivery.ok_or_else(|| {
        ApiError::not_found(format!(
            "{field} is out of date: the message is deleted or has expired, or was delivered again, or is a \
             dead letter now"
        ))
    })
}

/// Whether a message is still where it was delivered.
fn is_current(delivery: &Delivery, side: Side, now_ms: i64) -> bool {
    match (delivery.standing, side) {
        (Standing::Purged, _) => true,
        (Standing::Live, side) => side == Side::Messages,
        (Standing::LastChance, side) => side == Side::Messages && delivery.visible_ms > now_ms,
        (Standing::DeadLetter, side) => side == Side::DeadLetters,
    }
}

/// Refuses a receipt that another queue or consumer group gave.
fn check_belongs(address: &Address, field: &str, receipt: &Receipt) -> Result<(), ApiError> {
    let wrong = |reason: &str| Err(ApiError::invalid(format!("{field} {reason}")));
    if queue_no_of(receipt.message_id) != address.queue.details.number {
        return wrong("is of a message of another queue: give it with that queue's queueId");
    }
    if receipt.group_no != address.group_no {
        return wrong("is of another consumer group: give it with that group's consumerGroupId");
    }
    match (receipt.side, address.side) {
        (Side::DeadLetters, Side::Messages) => {
            wrong("is of a dead letter: give it with the queueId of the dead letter queue")
        }
        (Side::Messages, Side::DeadLetters) => {
            wrong("is not of a dead letter: give it with the queueId of the queue itself")
        }
        _ => Ok(()),
    }
}

/// The reply of a request with many entries, which succeed or fail one by one.
fn batch_reply(results: Vec<Result<Value, ApiError>>) -> Reply {
    let failures = |is_counted: fn(u16) -> bool| {
        let errors = results.iter().filter_map(|result| result.as_ref().err());
        errors.filter(|error| is_counted(error.status)).count()
    };
    let server_failures = failures(|status| status >= 500);
    let client_failures = failures(|status| status < 500);
    let entries = results.into_iter().map(|result| {
        result.unwrap_or_else(
            |error| json!({ "errorCode": error.status, "errorMessage": error.message }),
        )
    });
    Reply::ok(json!({
        "entries": entries.collect::<Vec<_>>(),
        "serverFailures": server_failures,
        "clientFailures": client_failures,
    }))
}
