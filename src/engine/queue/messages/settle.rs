//! Deleting delivered messages, and changing how long they stay hidden: what receipts are for.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::super::Context;
use super::super::address::{Address, Side};
use super::super::measure::measured;
use super::super::receipts::Receipt;
use super::super::{Queue, check_range};
use super::{VISIBILITY_SECONDS, check_entries, consecutive, leave_lanes};
use crate::api::queue::Queue as Operation;
use crate::call::{ApiError, Call, Reply};
use crate::clock::rfc3339;
use crate::store::{Delivery, Session, Standing, number_of, queue_no_of};

/// Deliveries of a queue's messages to delete, as they come.
#[derive(Debug, Deserialize)]
pub struct DeleteQueueMessages<'c> {
    #[serde(borrow)]
    entries: Vec<DeleteEntry<'c>>,
}

#[derive(Debug, Deserialize)]
struct DeleteEntry<'c> {
    #[serde(borrow)]
    receipt: Cow<'c, str>,
}

/// What became of the entries of a request, in their order: they succeed or fail one by one.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct QueueBatchResult<T> {
    entries: Vec<BatchEntry<T>>,
    server_failures: usize,
    client_failures: usize,
}

#[derive(Debug, Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
enum BatchEntry<T> {
    Done(T),
    Failed {
        error_code: u16,
        error_message: String,
    },
}

/// Nothing is told of a message that is deleted.
#[derive(Debug, Serialize)]
pub struct Deleted {}

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
    measured(context, Operation::DeleteMessage, call, || {
        context.store.write(|session| {
            let address = Address::of(session, context, call)?;
            let receipt = read_receipt("messageReceipt", receipt, &address)?;
            let delivery = find(session, context, "messageReceipt", &receipt)?;
            remove(session, address.group_no, vec![delivery])
        })
    })?;
    Ok(Reply::empty(204))
}

/// The field of a receipt in a request with many entries.
fn receipt_field(index: usize) -> String {
    format!("entries[{index}].receipt")
}

impl Queue {
    /// Deletes messages; the result tells of each whether it is.
    pub(in crate::engine) fn delete_messages(
        &self,
        context: &Context<'_>,
        call: &Call,
        request: &DeleteQueueMessages<'_>,
    ) -> Result<QueueBatchResult<Deleted>, ApiError> {
        measured(context, Operation::DeleteMessages, call, || {
            delete_all(context, call, request)
        })
    }

    /// Changes how long one message stays hidden.
    pub(in super::super) fn update_message(
        &self,
        context: &Context<'_>,
        call: &Call,
    ) -> Result<Reply, ApiError> {
        let details: UpdateDetails = call.typed_body()?;
        let receipt = ("messageReceipt", call.path_value("messageReceipt")?);
        let visibility = ("visibilityInSeconds", details.visibility_in_seconds);
        let (queue_id, updated) = measured(context, Operation::UpdateMessage, call, || {
            context.store.write(|session| {
                let address = Address::of(session, context, call)?;
                let updated = update_one(session, context, &address, receipt, visibility)?;
                Ok((address.queue.id, updated))
            })
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
        let (queue_id, results) = measured(context, Operation::UpdateMessages, call, || {
            update_all(context, call, &details)
        })?;
        self.changes.tell(&queue_id);
        Ok(Reply::ok(json!(QueueBatchResult::of(results))))
    }
}

/// The queue, and what became of each entry.
type Updated = (String, Vec<Result<Value, ApiError>>);

/// Changes how long the messages stay hidden that receipts name, each for itself.
fn update_all(
    context: &Context<'_>,
    call: &Call,
    details: &UpdateAllDetails<'_>,
) -> Result<Updated, ApiError> {
    check_entries("entries", details.entries.len())?;
    context.store.write(|session| {
        let address = Address::of(session, context, call)?;
        let entries = details.entries.iter().enumerate();
        let results = entries.map(|(index, entry)| {
            let receipt = receipt_field(index);
            let visibility = format!("entries[{index}].visibilityInSeconds");
            update_one(
                session,
                context,
                &address,
                (&receipt, entry.receipt),
                (&visibility, entry.visibility_in_seconds),
            )
        });
        let results = results.collect();
        Ok((address.queue.id, results))
    })
}

/// Deletes what receipts name, each for itself.
fn delete_all(
    context: &Context<'_>,
    call: &Call,
    request: &DeleteQueueMessages<'_>,
) -> Result<QueueBatchResult<Deleted>, ApiError> {
    check_entries("entries", request.entries.len())?;
    let results = context.store.write(|session| {
        let address = Address::of(session, context, call)?;
        let receipts: Vec<Result<Receipt, ApiError>> = (0..)
            .zip(&request.entries)
            .map(|(index, entry)| read_receipt(&receipt_field(index), &entry.receipt, &address))
            .collect();
        let mut held = last_deliveries(session, address.group_no, receipts.iter().flatten())?;
        let mut removed = Vec::with_capacity(receipts.len());
        let results = (0..).zip(receipts).map(|(index, receipt)| {
            let receipt = receipt?;
            let field = receipt_field(index);
            let delivery = held.get(&receipt.message_id).copied();
            removed.push(current(context, &field, &receipt, delivery)?);
            // A receipt that stands there twice is good once.
            held.remove(&receipt.message_id);
            Ok(Deleted {})
        });
        let results: Vec<Result<Deleted, ApiError>> = results.collect();
        remove(session, address.group_no, removed)?;
        Ok::<_, ApiError>(results)
    })?;
    Ok(QueueBatchResult::of(results))
}

/// Removes messages that were delivered to a consumer group.
pub(super) fn remove(
    session: &Session<'_>,
    group_no: i64,
    mut deliveries: Vec<Delivery>,
) -> Result<(), ApiError> {
    for ids in consecutive(deliveries.iter().map(|one| one.message_id)) {
        session.remove_deliveries_between(group_no, &ids)?;
    }
    // Of a purged message only the receipt was left.
    deliveries.retain(|delivery| delivery.standing != Standing::Purged);
    leave_lanes(session, &deliveries)
}

/// The receipt stays valid: the reply has no other.
fn update_one(
    session: &Session<'_>,
    context: &Context<'_>,
    address: &Address,
    (receipt_field, receipt): (&str, &str),
    (field, visibility_seconds): (&str, i64),
) -> Result<Value, ApiError> {
    check_range(field, visibility_seconds, VISIBILITY_SECONDS)?;
    let receipt = read_receipt(receipt_field, receipt, address)?;
    let mut delivery = find(session, context, receipt_field, &receipt)?;
    delivery.visible_ms = context.now_ms + visibility_seconds * 1000;
    session.put_delivery(&delivery)?;
    Ok(json!({
        "id": number_of(delivery.message_id),
        "visibleAfter": rfc3339(delivery.visible_ms),
    }))
}

/// Reads a receipt, which must be of the queue and the group that a call is about.
fn read_receipt(field: &str, text: &str, address: &Address) -> Result<Receipt, ApiError> {
    let Some(receipt) = Receipt::decode(text) else {
        return Err(ApiError::invalid(format!(
            "{field} is no receipt: give one from the reply of get-messages"
        )));
    };
    check_belongs(address, field, &receipt)?;
    Ok(receipt)
}

/// The delivery that a receipt is of.
fn find(
    session: &Session<'_>,
    context: &Context<'_>,
    field: &str,
    receipt: &Receipt,
) -> Result<Delivery, ApiError> {
    let id = receipt.message_id;
    let found = session.deliveries_between(receipt.group_no, &(id..=id))?;
    current(context, field, receipt, found.first().copied())
}

/// The last deliveries to a consumer group of the messages that receipts name, by the number of the message.
pub(super) fn last_deliveries<'r>(
    session: &Session<'_>,
    group_no: i64,
    receipts: impl Iterator<Item = &'r Receipt>,
) -> Result<HashMap<i64, Delivery>, ApiError> {
    let mut last = HashMap::new();
    for ids in consecutive(receipts.map(|receipt| receipt.message_id)) {
        let deliveries = session.deliveries_between(group_no, &ids)?;
        last.extend(deliveries.into_iter().map(|one| (one.message_id, one)));
    }
    Ok(last)
}

/// The last delivery of a message, while it is the one that a receipt is of.
///
/// A receipt outlives the time that its message is hidden, until the message is delivered again: unconfirmed.
fn current(
    context: &Context<'_>,
    field: &str,
    receipt: &Receipt,
    delivery: Option<Delivery>,
) -> Result<Delivery, ApiError> {
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

impl<T> QueueBatchResult<T> {
    fn of(results: Vec<Result<T, ApiError>>) -> Self {
        let failures = |is_counted: fn(u16) -> bool| {
            let errors = results.iter().filter_map(|result| result.as_ref().err());
            errors.filter(|error| is_counted(error.status)).count()
        };
        Self {
            server_failures: failures(|status| status >= 500),
            client_failures: failures(|status| status < 500),
            entries: results.into_iter().map(BatchEntry::of).collect(),
        }
    }
}

impl<T> BatchEntry<T> {
    fn of(result: Result<T, ApiError>) -> Self {
        match result {
            Ok(done) => Self::Done(done),
            Err(error) => Self::Failed {
                error_code: error.status,
                error_message: error.message,
            },
        }
    }
}
