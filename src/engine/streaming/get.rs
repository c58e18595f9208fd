//! Getting messages from where a cursor stands.

use std::time::Instant;

use serde::{Serialize, Serializer};

use super::super::Context;
use super::super::metrics::{GETS, Outcome, Subject};
use super::super::rates::Throttled;
use super::Streaming;
use super::cursors::{Cursor, Reader, oldest_kept};
use super::put::as_text;
use super::streams::Stream;
use crate::call::{ApiError, Call};
use crate::clock::rfc3339;
use crate::log::{ReadLimits, Record};

/// Most messages in one reply. Source: behaviour.md 1.6.
const MOST_MESSAGES: usize = 10_000;

/// About how many bytes of keys and values one reply holds, so that it fits in memory on both sides.
const REPLY_BYTES: usize = 1024 * 1024;

/// Messages that were got, and the cursor for what follows.
#[derive(Debug)]
pub struct GotMessages {
    /// The messages, as JSON that can be written.
    pub messages: Vec<Message>,
    /// What the next request asks with.
    pub next_cursor: String,
    /// How many bytes of keys and values the messages have.
    bytes: usize,
}

/// A message as it goes on the wire.
#[derive(Debug, Serialize)]
pub struct Message {
    stream: String,
    #[serde(serialize_with = "as_text")]
    partition: Option<u32>,
    #[serde(serialize_with = "as_base64")]
    key: Option<Vec<u8>>,
    /// Null as Kafka clients put it, told as a null key is: unconfirmed.
    #[serde(serialize_with = "as_base64")]
    value: Option<Vec<u8>>,
    offset: i64,
    timestamp: String,
}

fn as_base64<S: Serializer>(bytes: &Option<Vec<u8>>, serializer: S) -> Result<S::Ok, S::Error> {
    match bytes {
        Some(bytes) => serializer.serialize_str(&base64_simd::STANDARD.encode_to_string(bytes)),
        None => serializer.serialize_none(),
    }
}

impl Streaming {
    /// Gets messages from where a cursor stands; the result brings the cursor for what follows.
    pub(in crate::engine) fn get_messages(
        &self,
        context: &Context<'_>,
        call: &Call,
    ) -> Result<GotMessages, ApiError> {
        let begun = Instant::now();
        let stream = self.stream(context, call)?;
        let got = self.get(context, call, &stream);
        let outcome = match &got {
            Ok(got) => Outcome::Done {
                messages: got.messages.len(),
                bytes: got.bytes,
                throttled: 0,
            },
            Err(error) => Outcome::of_error(error, 1),
        };
        let subject = Subject::of(&stream.id, context.now_ms);
        context
            .recorder
            .request(&GETS, &subject, (outcome, begun.elapsed()));
        got
    }

    fn get(
        &self,
        context: &Context<'_>,
        call: &Call,
        stream: &Stream,
    ) -> Result<GotMessages, ApiError> {
        let limit = limit(call)?;
        let text = call.query_text("cursor").unwrap_or_default();
        let cursor = Cursor::decode(text, &stream.id, context.now_ms)?;
        self.count_get(stream, &cursor.reader, context.now_ms)?;
        let mut batch = Batch::new(stream, limit);
        let reader = match cursor.reader {
            Reader::Partitions(positions) => {
                Reader::Partitions(self.read_positions(context, &mut batch, positions)?)
            }
            Reader::Group(reader) => Reader::Group(self.read_group(context, &mut batch, reader)?),
        };
        let next = Cursor {
            stream_id: stream.id.clone(),
            made_ms: context.now_ms,
            reader,
        };
        if let Some(throttled) = batch.throttled.filter(|_| batch.messages.is_empty()) {
            return Err(throttled.into());
        }
        Ok(GotMessages {
            bytes: batch.bytes,
            messages: batch.messages,
            next_cursor: next.encode(),
        })
    }

    fn read_positions(
        &self,
        context: &Context<'_>,
        batch: &mut Batch<'_>,
        mut positions: Vec<(u32, i64)>,
    ) -> Result<Vec<(u32, i64)>, ApiError> {
        for (partition, offset) in &mut positions {
            *offset = self.read_partition(context, batch, *partition, *offset)?;
        }
        // The next reply begins with another partition, so that a busy one does not keep out the others.
        if positions.len() > 1 {
            positions.rotate_left(1);
        }
        Ok(positions)
    }

    /// Reads one partition into the batch, and returns the offset to read next.
    pub(super) fn read_partition(
        &self,
        context: &Context<'_>,
        batch: &mut Batch<'_>,
        partition: u32,
        offset: i64,
    ) -> Result<i64, ApiError> {
        let limits = batch.room();
        if limits.max_records == 0 {
            return Ok(offset);
        }
        let stream = batch.stream;
        // What may not be read now is passed over, for another time.
        if let Err(throttled) = self.may_read((&stream.id, partition), context.now_ms) {
            batch.throttled = Some(throttled);
            return Ok(offset);
        }
        let bytes_before = batch.bytes;
        let records = self.partitions.with(&stream.id, partition, |log| {
            if offset < oldest_kept(log, stream.horizon_ms(context.now_ms))? {
                return Err(ApiError::invalid(
                    "The cursor is outside the retention period and is now invalid.",
                ));
            }
            Ok(log.read(offset, limits)?)
        })?;
        let next = records.last().map_or(offset, |record| record.offset + 1);
        for record in records {
            batch.push(partition, record);
        }
        let bytes = batch.bytes - bytes_before;
        self.count_read((&stream.id, partition), bytes, context.now_ms);
        Ok(next)
    }
}

fn limit(call: &Call) -> Result<usize, ApiError> {
    match call.query_text("limit").map(|text| (text, text.parse())) {
        None => Ok(MOST_MESSAGES),
        Some((_, Ok(limit @ 1..=MOST_MESSAGES))) => Ok(limit),
        Some((text, _)) => Err(ApiError::invalid(format!(
            "limit must be 1 to {MOST_MESSAGES}, not {text}"
        ))),
    }
}

/// The messages of one reply, and how many more fit.
pub(super) struct Batch<'s> {
    pub(super) stream: &'s Stream,
    messages: Vec<Message>,
    limit: usize,
    bytes: usize,
    /// Why a partition was passed over.
    throttled: Option<Throttled>,
}

impl<'s> Batch<'s> {
    fn new(stream: &'s Stream, limit: usize) -> Self {
        Self {
            stream,
            messages: Vec::new(),
            limit,
            bytes: 0,
            throttled: None,
        }
    }

    fn room(&self) -> ReadLimits {
        let full = self.bytes >= REPLY_BYTES;
        ReadLimits {
            max_records: if full {
                0
            } else {
                self.limit - self.messages.len()
            },
            max_bytes: REPLY_BYTES.saturating_sub(self.bytes),
        }
    }

    fn push(&mut self, partition: u32, record: Record) {
        let bytes_of = |field: &Option<Vec<u8>>| field.as_ref().map_or(0, Vec::len);
        self.bytes += bytes_of(&record.key) + bytes_of(&record.value);
        self.messages.push(Message {
            stream: self.stream.name.clone(),
            partition: Some(partition),
            key: record.key,
            value: record.value,
            offset: record.offset,
            timestamp: rfc3339(record.timestamp_ms),
        });
    }
}
