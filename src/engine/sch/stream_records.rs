//! Messages of streams as records, and records as messages again.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::log::{NewHeader, NewRecord, Record, RecordHeader};

/// A message as a record: keys and values are base64. A null value, which Kafka clients put, stays null. Source:
/// behaviour.md 6.4.
#[derive(Serialize, Deserialize)]
struct StreamRecord {
    stream: String,
    partition: String,
    key: Option<String>,
    value: Option<String>,
    offset: i64,
    timestamp: i64,
    /// Headers of Kafka clients, only on the way to another stream: the service's records have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    headers: Vec<Header>,
}

#[derive(Serialize, Deserialize)]
struct Header {
    key: String,
    value: Option<String>,
}

/// The record that a message of a stream becomes, with its headers where its way leads to a stream.
pub(super) fn text_of(
    (stream, partition): (&str, u32),
    record: &Record,
    keeps_headers: bool,
) -> Result<String, serde_json::Error> {
    let headers = record.headers.iter().filter(|_| keeps_headers);
    let headers = headers.map(|header| Header {
        key: STANDARD.encode(&header.key),
        value: encoded(&header.value),
    });
    serde_json::to_string(&StreamRecord {
        stream: stream.to_owned(),
        partition: partition.to_string(),
        key: encoded(&record.key),
        value: encoded(&record.value),
        offset: record.offset,
        timestamp: record.timestamp_ms,
        headers: headers.collect(),
    })
}

fn encoded(bytes: &Option<Vec<u8>>) -> Option<String> {
    bytes.as_ref().map(|bytes| STANDARD.encode(bytes))
}

/// A message for a stream. Its time will be that of its arrival there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Message {
    key: Option<Vec<u8>>,
    value: Option<Vec<u8>>,
    headers: Vec<RecordHeader>,
}

impl Message {
    /// The message that a record was; nothing of another record.
    pub(super) fn read(text: &str) -> Option<Self> {
        let record: StreamRecord = serde_json::from_str(text).ok()?;
        let headers = record.headers.into_iter().map(|header| {
            Some(RecordHeader {
                key: STANDARD.decode(header.key).ok()?,
                value: decoded(header.value).ok()?,
            })
        });
        Some(Self {
            headers: headers.collect::<Option<_>>()?,
            key: decoded(record.key).ok()?,
            value: decoded(record.value).ok()?,
        })
    }

    /// A record as it is, without a key.
    pub(super) fn holding(text: &str) -> Self {
        Self {
            key: None,
            value: Some(text.as_bytes().to_vec()),
            headers: Vec::new(),
        }
    }

    /// How many bytes its key and its value have.
    pub(super) fn sizes(&self) -> (usize, usize) {
        let size_of = |field: &Option<Vec<u8>>| field.as_ref().map_or(0, Vec::len);
        (size_of(&self.key), size_of(&self.value))
    }

    pub(super) fn headers(&self) -> Vec<NewHeader<'_>> {
        let headers = self.headers.iter().map(|header| NewHeader {
            key: &header.key,
            value: header.value.as_deref(),
        });
        headers.collect()
    }

    /// The message as the log takes it, with its headers.
    pub(super) fn with<'m>(&'m self, headers: &'m [NewHeader<'m>]) -> NewRecord<'m> {
        NewRecord {
            key: self.key.as_deref(),
            value: self.value.as_deref(),
            headers,
        }
    }
}

fn decoded(text: Option<String>) -> Result<Option<Vec<u8>>, base64::DecodeError> {
    text.map(|text| STANDARD.decode(text)).transpose()
}
