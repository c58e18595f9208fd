//! Channels: named lanes inside a queue, which are there while they hold messages.

use serde_json::json;

use super::super::Context;
use super::super::listing::Request;
use super::address::{Address, Side};
use super::{lists, stats};
use crate::call::{ApiError, Call, Reply};
use crate::store::{Order, Page, Place, PlaceValue};

/// The channel of messages that name none. Unconfirmed.
pub const DEFAULT: &str = "default-channel";

/// Longest name. Unconfirmed, as the letters are.
const MOST_BYTES: usize = 64;

/// Refuses what cannot be the name of a channel.
pub(in crate::engine) fn check_name(field: &str, name: &str) -> Result<(), ApiError> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    let wrong = |reason: &str| {
        let shown: String = name.chars().take(80).collect();
        Err(ApiError::invalid(format!(
            "{field} {reason}: a channel has 1 to {MOST_BYTES} letters, digits, dots, dashes and \
             underscores, and not {shown:?}"
        )))
    };
    match name.len() {
        0 => wrong("is empty"),
        1..=MOST_BYTES if name.bytes().all(is_allowed) => Ok(()),
        1..=MOST_BYTES => wrong("has other letters than a channel can have"),
        _ => wrong("is too long"),
    }
}

/// A channel that a call names in its query string.
pub(super) fn of_query<'c>(call: &'c Call, wire: &str) -> Result<Option<&'c str>, ApiError> {
    let name = call.query_text(wire);
    name.map_or(Ok(()), |name| check_name(wire, name))?;
    Ok(name)
}

/// Lists the channels that hold messages, by name.
pub(super) fn list(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let request = Request::of(call, lists::LIMITS, ("channelId", Order::Ascending))?;
    let channel = of_query(call, "channelFilter")?;
    let mut channels = context.store.write(|session| {
        let address = Address::of(session, context, call)?;
        let mut channels = Vec::new();
        for lane in address.lanes(session, channel)? {
            let tally = stats::tally(session, &address.queue, &lane, context.now_ms)?;
            let counts = match address.side {
                Side::Messages => tally.queue,
                Side::DeadLetters => tally.dead_letters,
            };
            if counts.messages() > 0 {
                channels.push(lane.channel);
            }
        }
        Ok::<_, ApiError>(channels)
    })?;
    let place = |channel: &String| Place {
        value: PlaceValue::Text(channel.clone()),
        id: channel.clone(),
    };
    let (items, reply) = request.fetch(place, |order, after, limit| {
        if order == Order::Descending {
            channels.reverse();
        }
        let from = after.map_or(0, |after| {
            let is_before = |name: &String| match order {
                Order::Ascending => *name <= after.id,
                Order::Descending => *name >= after.id,
            };
            channels.partition_point(is_before)
        });
        let mut items = channels.split_off(from);
        let more = items.len() > limit;
        items.truncate(limit);
        Ok(Page { items, more })
    })?;
    Ok(Reply {
        body: Some(json!({ "items": items })),
        ..reply
    })
}
