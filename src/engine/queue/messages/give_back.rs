//! Giving messages back to a queue that a connector took out of it and has not moved.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::address::{Address, Side};
use super::share;
use crate::call::ApiError;
use crate::clock::parse_rfc3339;
use crate::store::{
    Delivery, LaneCounts, NewQueueMessage, QueueLane, Session, Standing, queue_message_id,
};

/// A message as it was taken out.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::engine) struct TakenMessage {
    id: i64,
    content: String,
    delivery_count: i64,
    created_at: String,
    expire_after: String,
    metadata: Metadata,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    channel_id: String,
    custom_properties: Option<BTreeMap<String, String>>,
}

/// Puts messages back where they were, visible, as if they had not been taken; those that have expired since are
/// gone. False when the queue is.
pub(in crate::engine) fn give_back(
    session: &Session<'_>,
    now_ms: i64,
    queue_id: &str,
    messages: &[TakenMessage],
) -> Result<bool, ApiError> {
    let address = match Address::of_connector(session, queue_id) {
        Ok(address) => address,
        Err(error) if error.status == 404 => return Ok(false),
        Err(error) => return Err(error),
    };
    let queue_no = address.queue.details.number;
    let mut state = session.queue_state(queue_no)?;
    for message in messages {
        let time = |text: &str| {
            parse_rfc3339(text).ok_or_else(|| ApiError::internal(format!("{text} is no time")))
        };
        let (created_ms, expires_ms) = (time(&message.created_at)?, time(&message.expire_after)?);
        if expires_ms <= now_ms {
            continue;
        }
        put_back(session, &address, message, (created_ms, expires_ms))?;
        state.sweep_at_ms = state.sweep_at_ms.min(expires_ms);
    }
    session.put_queue_state(queue_no, state)?;
    Ok(true)
}

fn put_back(
    session: &Session<'_>,
    address: &Address,
    message: &TakenMessage,
    (created_ms, expires_ms): (i64, i64),
) -> Result<(), ApiError> {
    let properties = message.metadata.custom_properties.as_ref();
    let properties = properties.filter(|properties| !properties.is_empty());
    let texts = properties.into_iter().flatten();
    let of_properties: usize = texts.map(|(key, value)| key.len() + value.len()).sum();
    let bytes = i64::try_from(message.content.len() + of_properties).unwrap_or(i64::MAX);
    let message_id = queue_message_id(address.queue.details.number, message.id);
    let lane = lane_of(session, address, &message.metadata.channel_id)?;
    let delivery = Delivery {
        message_id,
        group_no: address.group_no,
        lane: lane.lane,
        standing: match address.side {
            Side::Messages => Standing::Live,
            Side::DeadLetters => Standing::DeadLetter,
        },
        // It stands before those that came after it.
        visible_ms: created_ms,
        expires_ms,
        // That to the connector does not count.
        deliveries: message.delivery_count.saturating_sub(1).max(0),
        receipt_no: 0,
        bytes,
    };
    let properties = properties.map(serde_json::to_string).transpose();
    session.hold_queue_message(&NewQueueMessage {
        id: message_id,
        holders: 1,
        created_ms,
        bytes,
        properties: properties.map_err(|error| ApiError::internal(error.to_string()))?,
        content: &message.content,
    })?;
    session.put_delivery(&delivery)?;
    Ok(session.change_queue_lane(lane.lane, &share(&delivery, 1))?)
}

/// The lane of a channel, which may have gone with its last message.
fn lane_of(session: &Session<'_>, address: &Address, channel: &str) -> Result<QueueLane, ApiError> {
    let (queue_no, group_no) = (address.queue.details.number, address.group_no);
    if let Some(lane) = session.queue_lane(queue_no, group_no, channel)? {
        return Ok(lane);
    }
    Ok(QueueLane {
        lane: session.create_queue_lane(queue_no, group_no, channel)?,
        group_no,
        channel: channel.to_owned(),
        counts: LaneCounts::default(),
    })
}
