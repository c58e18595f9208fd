//! Messages: put into partitions by key, and got from where a cursor stands.

use base64::Engine as _;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::Context;
use super::super::rates::Throttled;
use super::cursors::{Cursor, Reader, live_stream, oldest_kept};
use super::streams::Stream;
use super::{Streaming, partitioner};
use crate::call::{ApiError, Call, Reply};
use crate::clock::rfc3339;
use crate::log::{NewRecord, ReadLimits};

/// Most bytes of keys and values, decoded, in one request. Source: behaviour.md 1.1.
const MOST_REQUEST_BYTES: usize = 1024 * 1024;

/// Most bytes of a key, decoded. Source: behaviour.md 1.1.
const MOST_KEY_BYTES: usize = 256;

/// Most messages in one reply. Source: behaviour.md 1.6.
const MOST_MESSAGES: usize = 10_000;

/// About how many bytes of keys and values one reply holds, so that it fits in memory on both sides.
const REPLY_BYTES: usize = 1024 * 1024;

/// Base64 with or without the padding at the end.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

#[derive(Deserialize)]
struct PutDetails<'c> {
    #[serde(borrow)]
    messages: Vec<Entry<'c>>,
}

#[derive(Deserialize)]
struct Entry<'c> {
    key: Option<&'c str>,
    value: &'c str,
}

/// A message as it came, decoded.
struct NewMessage {
    key: Option<Vec<u8>>,
    value: Vec<u8>,
}

impl NewMessage {
    fn bytes(&self) -> usize {
        self.value.len() + self.key.as_ref().map_or(0, Vec::len)
    }
}

impl Streaming {
    /// Appends messages; the reply tells of each where it went, in the order of the request.
    pub(super) fn put_messages(
        &self,
        context: &Context<'_>,
        call: &Call,
    ) -> Result<Reply, ApiError> {
        let details: PutDetails<'_> = call.typed_body()?;
        let messages = decode_all(&details.messages)?;
        let stream = live_stream(context, call)?;
        let mut by_partition: Vec<Vec<usize>> =
            vec![Vec::new(); stream.details.partitions as usize];
        for (index, message) in messages.iter().enumerate() {
            let partition = choose_partition(message, stream.details.partitions)?;
            if let Some(indexes) = by_partition.get_mut(partition as usize) {
                indexes.push(index);
            }
        }
        let mut entries = vec![Value::Null; messages.len()];
        let mut failures = 0;
        let mut throttled = None;
        for (partition, indexes) in (0_u32..).zip(&by_partition) {
            if indexes.is_empty() {
                continue;
            }
            let chosen: Vec<&NewMessage> =
                indexes.iter().filter_map(|i| messages.get(*i)).collect();
            let result = self.append(context, &stream, partition, &chosen);
            if let Err(error) = &result {
                failures += indexes.len();
                throttled = throttled.or_else(|| Some(error.clone()).filter(is_throttling));
            }
            for (nth, index) in (0_i64..).zip(indexes) {
                if let Some(entry) = entries.get_mut(*index) {
                    *entry = put_entry(partition, nth, &result);
                }
            }
        }
        match throttled {
            // Where some are taken, the entries tell of the others. Source: behaviour.md 1.7.
            Some(error) if failures == messages.len() => Err(error),
            _ => Ok(Reply::ok(
                json!({ "failures": failures, "entries": entries }),
            )),
        }
    }

    /// Appends messages to one partition, after the expired ones were let go.
    fn append(
        &self,
        context: &Context<'_>,
        stream: &Stream,
        partition: u32,
        messages: &[&NewMessage],
    ) -> Result<(i64, i64), ApiError> {
        let records: Vec<NewRecord<'_>> = messages
            .iter()
            .map(|message| NewRecord {
                key: message.key.as_deref(),
                value: &message.value,
                headers: &[],
            })
            .collect();
        let bytes = messages.iter().map(|message| message.bytes()).sum();
        self.count_write((&stream.id, partition), bytes, context.now_ms)?;
        let horizon_ms = stream.horizon_ms(context.now_ms);
        let appended = self
            .partitions
            .append(&stream.id, partition, horizon_ms, |log| {
                Ok::<_, ApiError>(log.append(&records, context.now_ms)?)
            })?;
        Ok((appended.base_offset, appended.timestamp_ms))
    }

    /// Gets messages from where a cursor stands; the reply brings the cursor for what follows.
    pub(super) fn get_messages(
        &self,
        context: &Context<'_>,
        call: &Call,
    ) -> Result<Reply, ApiError> {
        let stream = live_stream(context, call)?;
        let limit = limit(call)?;
        let text = call.query_text("cursor").unwrap_or_default();
        let cursor = Cursor::decode(text, &stream.id, context.now_ms)?;
        self.count_get(&stream, &cursor.reader, context.now_ms)?;
        let mut batch = Batch::new(&stream, limit);
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
        let reply = Reply::ok(Value::Array(batch.messages));
        Ok(reply.with_header("opc-next-cursor", next.encode()))
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
            batch.push(partition, &record);
        }
        let bytes = batch.bytes - bytes_before;
        self.count_read((&stream.id, partition), bytes, context.now_ms);
        Ok(next)
    }
}

fn is_throttling(error: &ApiError) -> bool {
    error.status == 429
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

fn decode_all(entries: &[Entry<'_>]) -> Result<Vec<NewMessage>, ApiError> {
    if entries.is_empty() {
        return Err(ApiError::invalid(
            "messages is empty: there is nothing to put",
        ));
    }
    let mut request_bytes = 0;
    let mut messages = Vec::with_capacity(entries.len());
    for (index, entry) in entries.iter().enumerate() {
        let message = decode(index, entry)?;
        request_bytes += message.bytes();
        messages.push(message);
    }
    match request_bytes {
        0..=MOST_REQUEST_BYTES => Ok(messages),
        _ => Err(ApiError::invalid(format!(
            "Request size is limited to 1 MiB; the keys and values of this one have {request_bytes} bytes"
        ))),
    }
}

fn decode(index: usize, entry: &Entry<'_>) -> Result<NewMessage, ApiError> {
    // An empty key is as good as none: unconfirmed.
    let key = entry.key.filter(|key| !key.is_empty());
    let key = key
        .map(|key| decode_base64(index, "key", key))
        .transpose()?;
    if let Some(length) = key
        .as_ref()
        .map(Vec::len)
        .filter(|length| *length > MOST_KEY_BYTES)
    {
        return Err(ApiError::invalid(format!(
            "messages[{index}].key has {length} bytes; at most {MOST_KEY_BYTES} are allowed"
        )));
    }
    let value = decode_base64(index, "value", entry.value)?;
    Ok(NewMessage { key, value })
}

fn decode_base64(index: usize, field: &str, text: &str) -> Result<Vec<u8>, ApiError> {
    LENIENT.decode(text).map_err(|_| {
        let shown: String = text.chars().take(60).collect();
        let encoded = STANDARD.encode(&shown);
        let more = if shown.len() < text.len() { "…" } else { "" };
        ApiError::invalid(format!(
            "Unable to parse JSON body: messages[{index}].{field} must be base64, and {shown}{more} is not. \
             Encoded it is {encoded}{more}"
        ))
    })
}

fn choose_partition(message: &NewMessage, partitions: u32) -> Result<u32, ApiError> {
    match &message.key {
        Some(key) => Ok(partitioner::for_key(key, partitions)),
        None => {
            let random = getrandom::u32()
                .map_err(|error| ApiError::internal(format!("no random numbers: {error}")))?;
            Ok(partitioner::for_random(random, partitions))
        }
    }
}

/// What became of one message: the `nth` of those that went to a partition together.
fn put_entry(partition: u32, nth: i64, result: &Result<(i64, i64), ApiError>) -> Value {
    match result {
        Ok((base_offset, timestamp_ms)) => json!({
            "partition": partition.to_string(),
            "offset": base_offset + nth,
            "timestamp": rfc3339(*timestamp_ms),
            "error": null,
            "errorMessage": null,
        }),
        Err(error) => json!({
            "partition": null,
            "offset": null,
            "timestamp": null,
            "error": error.status.to_string(),
            "errorMessage": error.message,
        }),
    }
}

/// The messages of one reply, and how many more fit.
pub(super) struct Batch<'s> {
    pub(super) stream: &'s Stream,
    messages: Vec<Value>,
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

    fn push(&mut self, partition: u32, record: &crate::log::Record) {
        let value = record.value.as_deref().unwrap_or_default();
        self.bytes += value.len() + record.key.as_deref().map_or(0, <[u8]>::len);
        self.messages.push(json!({
            "stream": self.stream.name,
            "partition": partition.to_string(),
            "key": record.key.as_deref().map(|key| STANDARD.encode(key)),
            "value": STANDARD.encode(value),
            "offset": record.offset,
            "timestamp": rfc3339(record.timestamp_ms),
        }));
    }
}
