//! Cursors: opaque texts that say where reading goes on.
//!
//! A cursor holds offsets, found when it is made; nothing is kept for it. It belongs to one stream and dies
//! five minutes after it was made. A checksum tells a cursor from other text.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::Context;
use super::Streaming;
use super::streams::{STREAM, Stream};
use crate::call::{ApiError, Call, Reply};
use crate::clock::parse_rfc3339;
use crate::log::Partition;

/// How long a cursor lives, in milliseconds. Source: behaviour.md 1.5.
const LIFE_MS: i64 = 5 * 60_000;

/// Where reading goes on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Cursor {
    /// The stream it belongs to.
    #[serde(rename = "s")]
    pub stream_id: String,
    /// When it was made, in milliseconds.
    #[serde(rename = "t")]
    pub made_ms: i64,
    /// What it reads.
    #[serde(rename = "r")]
    pub reader: Reader,
}

/// Who reads with a cursor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Reader {
    /// One reader on its own: each partition with the offset to read next. The first one is next in turn.
    #[serde(rename = "p")]
    Partitions(Vec<(u32, i64)>),
    /// An instance of a group.
    #[serde(rename = "g")]
    Group(GroupReader),
}

/// An instance of a consumer group, and how far its last reply went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct GroupReader {
    /// The group.
    #[serde(rename = "g")]
    pub group: String,
    /// The instance.
    #[serde(rename = "i")]
    pub instance: String,
    /// The group's generation when the cursor was made; a reset makes it stale.
    #[serde(rename = "n")]
    pub generation: i64,
    /// Whether the next read commits what this one got.
    #[serde(rename = "c")]
    pub commit_on_get: bool,
    /// What it holds.
    #[serde(rename = "p")]
    pub positions: Vec<GroupPosition>,
}

/// How far an instance has read a partition that it holds. A cursor may hold hundreds, so each is short.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "(u32, i64, i64)", into = "(u32, i64, i64)")]
pub(super) struct GroupPosition {
    /// The partition.
    pub partition: u32,
    /// The reservation it was read under.
    pub epoch: i64,
    /// The offset to read next.
    pub next_offset: i64,
}

impl From<(u32, i64, i64)> for GroupPosition {
    fn from((partition, epoch, next_offset): (u32, i64, i64)) -> Self {
        Self {
            partition,
            epoch,
            next_offset,
        }
    }
}

impl From<GroupPosition> for (u32, i64, i64) {
    fn from(position: GroupPosition) -> Self {
        (position.partition, position.epoch, position.next_offset)
    }
}

impl Cursor {
    pub(super) fn encode(&self) -> String {
        let mut bytes = serde_json::to_vec(self).unwrap_or_default();
        bytes.extend(crc32c::crc32c(&bytes).to_le_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a cursor of a stream that is still alive.
    pub(super) fn decode(text: &str, stream_id: &str, now_ms: i64) -> Result<Self, ApiError> {
        let cursor = Self::read(text)
            .filter(|cursor| cursor.stream_id == stream_id)
            .ok_or_else(invalid)?;
        match now_ms.saturating_sub(cursor.made_ms) > LIFE_MS {
            true => Err(ApiError::invalid(
                "The cursor is expired. Create a new one.",
            )),
            false => Ok(cursor),
        }
    }

    fn read(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (json, checksum) = bytes.split_last_chunk::<4>()?;
        if crc32c::crc32c(json) != u32::from_le_bytes(*checksum) {
            return None;
        }
        serde_json::from_slice(json).ok()
    }
}

/// The refusal of a cursor that was never one of this stream, or is none any more.
pub(super) fn invalid() -> ApiError {
    ApiError::invalid("The cursor is invalid. Create a new one.")
}

/// Where a new cursor stands, or a group begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Start {
    /// At the oldest message kept.
    TrimHorizon,
    /// Behind the newest message.
    Latest,
    /// At the first message from this time on, in milliseconds.
    AtTime(i64),
    /// At an offset.
    AtOffset(i64),
    /// Behind an offset.
    AfterOffset(i64),
}

impl Start {
    /// Reads `type`, `time` and `offset` of a request.
    pub(super) fn of(
        kind: &str,
        time: Option<&str>,
        offset: Option<i64>,
    ) -> Result<Self, ApiError> {
        let needed =
            |what: &str| ApiError::missing(format!("{what} is missing: type {kind} needs it"));
        match kind.to_ascii_uppercase().as_str() {
            "LATEST" => Ok(Self::Latest),
            "AT_TIME" => {
                let text = time.ok_or_else(|| needed("time"))?;
                let time_ms = parse_rfc3339(text);
                time_ms.map(Self::AtTime).ok_or_else(|| {
                    ApiError::invalid(format!("time must be an RFC 3339 time, not {text}"))
                })
            }
            "AT_OFFSET" => Ok(Self::AtOffset(offset.ok_or_else(|| needed("offset"))?)),
            "AFTER_OFFSET" => Ok(Self::AfterOffset(offset.ok_or_else(|| needed("offset"))?)),
            _ => Ok(Self::TrimHorizon),
        }
    }

    /// The offset that this means in a log now.
    pub(super) fn resolve(self, log: &Partition, horizon_ms: i64) -> Result<i64, ApiError> {
        let oldest = oldest_kept(log, horizon_ms)?;
        let end = log.end_offset();
        match self {
            Self::TrimHorizon => Ok(oldest),
            Self::Latest => Ok(end),
            // A time in the future means the end, one long past the oldest message: unconfirmed.
            Self::AtTime(time_ms) => {
                let found = log.offset_at_time(time_ms)?;
                Ok(found.map_or(end, |offset| offset.max(oldest)))
            }
            Self::AtOffset(offset) => within(offset, oldest, end),
            Self::AfterOffset(offset) => Ok(within(offset, oldest, end)? + 1),
        }
    }
}

fn within(offset: i64, oldest: i64, end: i64) -> Result<i64, ApiError> {
    match (oldest..end).contains(&offset) {
        true => Ok(offset),
        false if oldest == end => Err(ApiError::invalid(format!(
            "offset {offset} is not in the partition: it holds no messages"
        ))),
        false => Err(ApiError::invalid(format!(
            "offset {offset} is not in the partition: it holds {oldest} to {}",
            end - 1
        ))),
    }
}

/// The offset of the oldest message that retention keeps, or of the next one to come.
pub(super) fn oldest_kept(log: &Partition, horizon_ms: i64) -> Result<i64, ApiError> {
    let found = log.offset_at_time(horizon_ms)?;
    Ok(found.unwrap_or_else(|| log.end_offset()))
}

#[derive(Deserialize)]
struct CreateDetails<'c> {
    partition: Option<&'c str>,
    #[serde(rename = "type")]
    kind: &'c str,
    offset: Option<i64>,
    time: Option<&'c str>,
}

impl Streaming {
    /// Makes a cursor on one partition, or on all of them when none is named, as guides do.
    pub(super) fn create_cursor(
        &self,
        context: &Context<'_>,
        call: &Call,
    ) -> Result<Reply, ApiError> {
        let details: CreateDetails<'_> = call.typed_body()?;
        let stream = live_stream(context, call)?;
        let start = Start::of(details.kind, details.time, details.offset)?;
        let partitions = match (details.partition, start) {
            (Some(text), _) => vec![partition_index(text, &stream)?],
            (None, Start::AtOffset(_) | Start::AfterOffset(_)) => {
                return Err(ApiError::missing(
                    "partition is missing: an offset belongs to one partition",
                ));
            }
            (None, _) => (0..stream.details.partitions).collect(),
        };
        let horizon_ms = stream.horizon_ms(context.now_ms);
        let positions = partitions
            .into_iter()
            .map(|partition| {
                let resolve = |log: &Partition| start.resolve(log, horizon_ms);
                Ok((
                    partition,
                    self.partitions.with(&stream.id, partition, resolve)?,
                ))
            })
            .collect::<Result<_, ApiError>>()?;
        Ok(cursor_reply(&Cursor {
            stream_id: stream.id,
            made_ms: context.now_ms,
            reader: Reader::Partitions(positions),
        }))
    }
}

/// A reply that is a cursor.
pub(super) fn cursor_reply(cursor: &Cursor) -> Reply {
    Reply::ok(json!({ "value": cursor.encode() }))
}

/// The stream of a call, unless it is deleted.
pub(super) fn live_stream(context: &Context<'_>, call: &Call) -> Result<Stream, ApiError> {
    let id = call.path_value("streamId")?;
    context.store.read(|session| STREAM.live(session, id))
}

fn partition_index(text: &str, stream: &Stream) -> Result<u32, ApiError> {
    let index = text.parse::<u32>().ok();
    index
        .filter(|index| *index < stream.details.partitions)
        .ok_or_else(|| {
            ApiError::invalid(format!(
                "partition must be 0 to {}, not {text}",
                stream.details.partitions - 1
            ))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor() -> Cursor {
        Cursor {
            stream_id: "ocid1.stream.oc1..a".to_owned(),
            made_ms: 1_000,
            reader: Reader::Partitions(vec![(0, 5), (1, 0)]),
        }
    }

    #[test]
    fn reads_back_while_it_lives() {
        let text = cursor().encode();
        let read = |now_ms| Cursor::decode(&text, "ocid1.stream.oc1..a", now_ms);
        assert_eq!(read(1_000 + LIFE_MS).unwrap(), cursor());
        let error = read(1_001 + LIFE_MS).unwrap_err();
        assert_eq!(error.message, "The cursor is expired. Create a new one.");
    }

    #[test]
    fn refuses_what_is_no_cursor_of_the_stream() {
        let text = cursor().encode();
        let mut changed = text.clone().into_bytes();
        changed[3] ^= 1;
        let changed = String::from_utf8(changed).unwrap();
        for (text, stream) in [
            (text.as_str(), "ocid1.stream.oc1..b"),
            (changed.as_str(), "ocid1.stream.oc1..a"),
            ("", "ocid1.stream.oc1..a"),
            ("AAAA", "ocid1.stream.oc1..a"),
            ("not base64!", "ocid1.stream.oc1..a"),
        ] {
            let error = Cursor::decode(text, stream, 1_000).unwrap_err();
            assert_eq!(error.message, "The cursor is invalid. Create a new one.");
        }
    }
}
