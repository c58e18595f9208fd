//! Putting messages: decoded, sent to partitions by key, appended.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use serde::{Deserialize, Serialize, Serializer};

use super::super::Context;
use super::super::metrics::{GETS, Outcome, PUTS, Subject};
use super::streams::Stream;
use super::{Placed, Streaming, partitioner};
use crate::api::streaming::Streaming as Operation;
use crate::call::{ApiError, Call};
use crate::clock::rfc3339;
use crate::log::NewRecord;

/// Most bytes of a message, key and value together. Source: behaviour.md 1.1.
pub(super) const MOST_MESSAGE_BYTES: usize = 1024 * 1024;

/// Most bytes of keys and values, decoded, in one request. Source: behaviour.md 1.1.
const MOST_REQUEST_BYTES: usize = 1024 * 1024;

/// Most bytes of a key, decoded. Source: behaviour.md 1.1.
const MOST_KEY_BYTES: usize = 256;

/// Base64 with or without the padding at the end.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Messages to put, as they come.
#[derive(Debug, Deserialize)]
pub struct PutMessages<'c> {
    #[serde(borrow)]
    messages: Vec<Entry<'c>>,
}

#[derive(Debug, Deserialize)]
struct Entry<'c> {
    #[serde(borrow)]
    key: Option<Cow<'c, str>>,
    #[serde(borrow)]
    value: Cow<'c, str>,
}

/// What became of messages that were put, in their order.
#[derive(Debug, Serialize)]
pub struct PutResult {
    failures: usize,
    entries: Vec<PutEntry>,
    /// How many bytes of keys and values were put.
    #[serde(skip)]
    bytes: usize,
    /// How many messages came too fast.
    #[serde(skip)]
    throttled: usize,
}

/// What became of one message.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct PutEntry {
    #[serde(serialize_with = "as_text")]
    partition: Option<u32>,
    offset: Option<i64>,
    timestamp: Option<SharedText>,
    error: Option<SharedText>,
    error_message: Option<SharedText>,
}

/// What messages have in common that went to a partition together.
#[derive(Clone, Debug)]
struct SharedText(Arc<str>);

impl Serialize for SharedText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl From<String> for SharedText {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

/// The wire has partitions as strings.
pub(super) fn as_text<S: Serializer>(
    partition: &Option<u32>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match partition {
        Some(partition) => serializer.collect_str(partition),
        None => serializer.serialize_none(),
    }
}

/// The messages of a request, decoded one behind the other.
struct Decoded {
    bytes: Vec<u8>,
    messages: Vec<Message>,
}

/// Where in the bytes a message lies.
struct Message {
    key: Option<Range<usize>>,
    value: Range<usize>,
}

impl Streaming {
    /// Appends messages; the result tells of each where it went, in the order of the request.
    pub(in crate::engine) fn put_messages(
        &self,
        context: &Context<'_>,
        call: &Call,
        request: &PutMessages<'_>,
    ) -> Result<PutResult, ApiError> {
        let begun = Instant::now();
        let decoded = Decoded::of(&request.messages);
        // What is wrong with the request is told before that there is no such stream.
        let stream = match (self.stream(context, call), &decoded) {
            (Ok(stream), _) => stream,
            (Err(_), Err(error)) => return Err(error.clone()),
            (Err(error), Ok(_)) => return Err(error),
        };
        let result = decoded.and_then(|decoded| self.put(context, &stream, &decoded.records()));
        let measured = (&result, request.messages.len());
        self.measure_put(context, &stream.id, measured, begun);
        result
    }

    /// Counts a put of so many messages.
    pub(super) fn measure_put(
        &self,
        context: &Context<'_>,
        stream_id: &str,
        (result, messages): (&Result<PutResult, ApiError>, usize),
        begun: Instant,
    ) {
        let outcome = match result {
            Ok(result) => result.outcome(),
            Err(error) => Outcome::of_error(error, messages),
        };
        let subject = Subject::of(stream_id, context.now_ms);
        context
            .recorder
            .request(&PUTS, &subject, (outcome, begun.elapsed()));
    }

    /// Counts a request for messages that was refused before it came here: a put of so many, or a get.
    pub(in crate::engine) fn count_refused(
        &self,
        context: &Context<'_>,
        operation: Operation,
        call: &Call,
        (error, messages): (&ApiError, usize),
    ) {
        let (metrics, count) = match operation {
            Operation::PutMessages => (&PUTS, messages),
            Operation::GetMessages => (&GETS, 1),
            _ => return,
        };
        if let Ok(stream) = self.stream(context, call) {
            let subject = Subject::of(&stream.id, context.now_ms);
            let outcome = Outcome::of_error(error, count);
            let refused = (outcome, Duration::ZERO);
            context.recorder.request(metrics, &subject, refused);
        }
    }

    /// Appends messages to the partitions that their keys are of.
    pub(super) fn put(
        &self,
        context: &Context<'_>,
        stream: &Stream,
        messages: &[NewRecord<'_>],
    ) -> Result<PutResult, ApiError> {
        let mut by_partition: Vec<Vec<usize>> =
            vec![Vec::new(); stream.details.partitions as usize];
        for (index, message) in messages.iter().enumerate() {
            let partition = choose_partition(message.key, stream.details.partitions)?;
            if let Some(indexes) = by_partition.get_mut(partition as usize) {
                indexes.push(index);
            }
        }
        let mut result = PutResult {
            failures: 0,
            entries: vec![PutEntry::default(); messages.len()],
            bytes: 0,
            throttled: 0,
        };
        let mut throttled = None;
        for (partition, indexes) in (0_u32..).zip(&by_partition) {
            if indexes.is_empty() {
                continue;
            }
            let records = indexes.iter().filter_map(|index| messages.get(*index));
            let records: Vec<NewRecord<'_>> = records.copied().collect();
            let appended = self.append(context, stream, partition, &records);
            if appended.is_ok() {
                result.bytes += records.iter().map(content_bytes).sum::<usize>();
            }
            result.note(partition, indexes, &appended);
            if let Some(error) = appended.err().filter(is_throttling) {
                result.throttled += indexes.len();
                throttled = throttled.or(Some(error));
            }
        }
        match throttled {
            // Where some are taken, the entries tell of the others. Source: behaviour.md 1.7.
            Some(error) if result.failures == result.entries.len() => Err(error),
            _ => Ok(result),
        }
    }

    /// Appends messages to one partition, after the expired ones were let go.
    fn append(
        &self,
        context: &Context<'_>,
        stream: &Stream,
        partition: u32,
        records: &[NewRecord<'_>],
    ) -> Result<(i64, i64), ApiError> {
        let bytes = records.iter().map(content_bytes).sum();
        self.count_write((&stream.id, partition), bytes, context.now_ms)?;
        let horizon_ms = stream.horizon_ms(context.now_ms);
        let appended = self
            .partitions
            .append(&stream.id, partition, horizon_ms, |log| {
                Ok::<_, ApiError>(log.append(records, context.now_ms)?)
            })?;
        Ok((appended.base_offset, appended.timestamp_ms))
    }
}

/// What a message counts for: its key and its value.
fn content_bytes(record: &NewRecord<'_>) -> usize {
    record.value.map_or(0, <[u8]>::len) + record.key.map_or(0, <[u8]>::len)
}

fn is_throttling(error: &ApiError) -> bool {
    error.status == 429
}

impl PutResult {
    /// Where each message is, if all are somewhere. A disk that fails is told of the messages, and the request goes
    /// well.
    pub(super) fn placed(&self) -> Result<Vec<Placed>, ApiError> {
        let placed = self.entries.iter().map(|entry| match entry {
            PutEntry {
                partition: Some(partition),
                offset: Some(offset),
                ..
            } => Ok(Placed {
                partition: *partition,
                offset: *offset,
            }),
            PutEntry { error_message, .. } => {
                let reason = error_message.as_ref().map(|message| message.0.to_string());
                Err(ApiError::internal(reason.unwrap_or_default()))
            }
        });
        placed.collect()
    }

    fn outcome(&self) -> Outcome {
        match self.entries.len() - self.failures {
            0 => Outcome::Failed,
            messages => Outcome::Done {
                messages,
                bytes: self.bytes,
                throttled: self.throttled,
            },
        }
    }

    /// Notes what became of the messages that went to a partition together.
    fn note(&mut self, partition: u32, indexes: &[usize], appended: &Result<(i64, i64), ApiError>) {
        let first = match appended {
            Ok((_, timestamp_ms)) => PutEntry {
                partition: Some(partition),
                timestamp: Some(rfc3339(*timestamp_ms).into()),
                ..PutEntry::default()
            },
            Err(error) => {
                self.failures += indexes.len();
                PutEntry {
                    error: Some(error.status.to_string().into()),
                    error_message: Some(error.message.clone().into()),
                    ..PutEntry::default()
                }
            }
        };
        let base_offset = appended.as_ref().ok().map(|(base_offset, _)| *base_offset);
        for (nth, index) in (0_i64..).zip(indexes) {
            if let Some(entry) = self.entries.get_mut(*index) {
                *entry = PutEntry {
                    offset: base_offset.map(|base_offset| base_offset + nth),
                    ..first.clone()
                };
            }
        }
    }
}

impl Decoded {
    fn of(entries: &[Entry<'_>]) -> Result<Self, ApiError> {
        if entries.is_empty() {
            return Err(ApiError::invalid(
                "messages is empty: there is nothing to put",
            ));
        }
        let text_bytes: usize = entries.iter().map(Entry::text_bytes).sum();
        let mut decoded = Self {
            bytes: Vec::with_capacity(base64::decoded_len_estimate(text_bytes)),
            messages: Vec::with_capacity(entries.len()),
        };
        for (index, entry) in entries.iter().enumerate() {
            decoded.add(index, entry)?;
        }
        check_request(decoded.bytes.len())?;
        Ok(decoded)
    }

    fn add(&mut self, index: usize, entry: &Entry<'_>) -> Result<(), ApiError> {
        // An empty key is as good as none: unconfirmed.
        let key = entry.key.as_deref().filter(|key| !key.is_empty());
        let key = key
            .map(|key| self.add_text(index, "key", key))
            .transpose()?;
        let key_bytes = key.as_ref().map_or(0, Range::len);
        if key_bytes > MOST_KEY_BYTES {
            return Err(ApiError::invalid(format!(
                "messages[{index}].key has {key_bytes} bytes; at most {MOST_KEY_BYTES} are allowed"
            )));
        }
        let value = self.add_text(index, "value", &entry.value)?;
        self.messages.push(Message { key, value });
        Ok(())
    }

    fn add_text(
        &mut self,
        index: usize,
        field: &str,
        text: &str,
    ) -> Result<Range<usize>, ApiError> {
        let start = self.bytes.len();
        match append_decoded(text, &mut self.bytes) {
            true => Ok(start..self.bytes.len()),
            false => Err(not_base64(index, field, text)),
        }
    }

    fn key(&self, message: &Message) -> Option<&[u8]> {
        self.bytes.get(message.key.clone()?)
    }

    /// The messages as the log takes them.
    fn records(&self) -> Vec<NewRecord<'_>> {
        let records = self.messages.iter().map(|message| NewRecord {
            key: self.key(message),
            value: self.bytes.get(message.value.clone()),
            headers: &[],
        });
        records.collect()
    }
}

/// Refuses more bytes of keys and values than one request can put.
pub(super) fn check_request(bytes: usize) -> Result<(), ApiError> {
    if bytes > MOST_REQUEST_BYTES {
        return Err(ApiError::invalid(format!(
            "Request size is limited to 1 MiB; the keys and values of this one have {bytes} bytes"
        )));
    }
    Ok(())
}

/// Refuses a message that no request can put, by the sizes of its key and value in bytes.
pub(in crate::engine) fn check_message(
    key_bytes: usize,
    value_bytes: usize,
) -> Result<(), ApiError> {
    let bytes = key_bytes.saturating_add(value_bytes);
    if bytes > MOST_REQUEST_BYTES {
        return Err(ApiError::invalid(format!(
            "Request size is limited to 1 MiB; the key and value of the message have {bytes} bytes"
        )));
    }
    if key_bytes > MOST_KEY_BYTES {
        return Err(ApiError::invalid(format!(
            "the key of the message has {key_bytes} bytes; at most {MOST_KEY_BYTES} are allowed"
        )));
    }
    Ok(())
}

impl Entry<'_> {
    fn text_bytes(&self) -> usize {
        self.value.len() + self.key.as_deref().map_or(0, str::len)
    }
}

/// Appends what a text encodes; false when it is not base64. Nearly all texts have their padding, and those
/// are decoded many bytes at a time.
fn append_decoded(text: &str, bytes: &mut Vec<u8>) -> bool {
    base64_simd::STANDARD.decode_append(text, bytes).is_ok()
        || LENIENT.decode_vec(text, bytes).is_ok()
}

fn not_base64(index: usize, field: &str, text: &str) -> ApiError {
    let shown: String = text.chars().take(60).collect();
    let encoded = STANDARD.encode(&shown);
    let more = if shown.len() < text.len() { "…" } else { "" };
    ApiError::invalid(format!(
        "Unable to parse JSON body: messages[{index}].{field} must be base64, and {shown}{more} is not. \
         Encoded it is {encoded}{more}"
    ))
}

fn choose_partition(key: Option<&[u8]>, partitions: u32) -> Result<u32, ApiError> {
    match key {
        Some(key) => Ok(partitioner::for_key(key, partitions)),
        None => {
            let random = getrandom::u32()
                .map_err(|error| ApiError::internal(format!("no random numbers: {error}")))?;
            Ok(partitioner::for_random(random, partitions))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str) -> Option<Vec<u8>> {
        let mut bytes = b"before".to_vec();
        let done = append_decoded(text, &mut bytes);
        assert!(bytes.starts_with(b"before"), "{text}");
        done.then(|| bytes.split_off(6))
    }

    #[test]
    fn both_decoders_agree() {
        for text in [
            "",
            "YQ==",
            "YQ",
            "YQ=",
            "YWI=",
            "YWI",
            "YWJj",
            "Y",
            "YR==",
            "YR",
            "YWJ=",
            "YQ==YQ==",
            "Y Q=",
            "YQ\n",
            "_-_-",
            "/+/+",
            "====",
            "é",
            "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXowMTIzNDU2Nzg5YWJjZGVmZ2hpamtsbW5v",
            "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXowMTIzNDU2Nzg5YWJjZGVmZ2hpamtsbW5*",
        ] {
            assert_eq!(decoded(text), LENIENT.decode(text).ok(), "{text}");
        }
    }
}
