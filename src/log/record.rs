//! Records: those handed in, those read, and their bytes inside a batch.

use super::batch::{BatchHeader, HEADER_BYTES};
use super::error::Fault;
use super::inflate::Inflate;
use super::varint::{self, Reader};

/// A record to append.
#[derive(Debug, Clone, Copy, Default)]
pub struct NewRecord<'a> {
    /// The key, where there is one.
    pub key: Option<&'a [u8]>,
    /// The value, which may be empty; `None` for a null one (a tombstone).
    pub value: Option<&'a [u8]>,
    /// Headers, in order.
    pub headers: &'a [NewHeader<'a>],
}

/// A header of a record to append.
#[derive(Debug, Clone, Copy)]
pub struct NewHeader<'a> {
    /// The name: UTF-8 by custom, which the log does not check.
    pub key: &'a [u8],
    /// The value, or null.
    pub value: Option<&'a [u8]>,
}

/// A record that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its place in the partition.
    pub offset: i64,
    /// When it was appended, in milliseconds since 1970.
    pub timestamp_ms: i64,
    /// The key, where there is one.
    pub key: Option<Vec<u8>>,
    /// The value; `None` where a Kafka producer sent null (a tombstone).
    pub value: Option<Vec<u8>>,
    /// Headers, in order.
    pub headers: Vec<RecordHeader>,
}

/// A header of a record that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordHeader {
    /// The name: UTF-8 by custom, which the log does not check.
    pub key: Vec<u8>,
    /// The value, or null.
    pub value: Option<Vec<u8>>,
}

/// A record inside the bytes of its batch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RecordView<'a> {
    pub(crate) offset: i64,
    pub(crate) timestamp_ms: i64,
    pub(crate) key: Option<&'a [u8]>,
    pub(crate) value: Option<&'a [u8]>,
    /// Count of headers, then the headers, which were checked to decode.
    header_count: i32,
    header_bytes: &'a [u8],
}

impl RecordView<'_> {
    /// What the record counts for against a reader's byte limit: key, value and headers.
    pub(crate) fn content_bytes(&self) -> usize {
        self.message_bytes() + self.header_bytes.len()
    }

    /// The bytes of its key and its value.
    pub(crate) fn message_bytes(&self) -> usize {
        self.key.map_or(0, <[u8]>::len) + self.value.map_or(0, <[u8]>::len)
    }

    pub(crate) fn to_record(self) -> Record {
        let mut reader = Reader::new(self.header_bytes);
        let headers = (0..self.header_count).map_while(|_| header(&mut reader));
        Record {
            offset: self.offset,
            timestamp_ms: self.timestamp_ms,
            key: self.key.map(<[u8]>::to_vec),
            value: self.value.map(<[u8]>::to_vec),
            headers: headers
                .map(|(key, value)| RecordHeader {
                    key: key.to_vec(),
                    value: value.map(<[u8]>::to_vec),
                })
                .collect(),
        }
    }
}

/// The records of a batch, in order, decompressed one at a time. Ends after the first fault.
pub(crate) struct Records<'a> {
    header: BatchHeader,
    source: Source<'a>,
    next_delta: i32,
    failed: bool,
}

/// Where the bytes of records come from.
enum Source<'a> {
    Stored(Reader<'a>),
    Inflated(Box<Inflate<'a>>),
}

impl<'a> Records<'a> {
    /// The records of a batch, which `batch` begins with.
    pub(crate) fn of(header: &BatchHeader, batch: &'a [u8]) -> Result<Self, Fault> {
        let bytes = batch.get(HEADER_BYTES..).unwrap_or_default();
        let source = match header.codec()? {
            None => Source::Stored(Reader::new(bytes)),
            Some(codec) => Source::Inflated(Box::new(Inflate::new(codec, bytes)?)),
        };
        Ok(Self {
            header: *header,
            source,
            next_delta: 0,
            failed: false,
        })
    }

    /// The next record, which lives until the one after it is asked for.
    pub(crate) fn next_record(&mut self) -> Option<Result<RecordView<'_>, Fault>> {
        if self.failed {
            return None;
        }
        if self.next_delta >= self.header.record_count {
            self.failed = true;
            return self.source.end().err().map(Err);
        }
        let delta = self.next_delta;
        self.next_delta += 1;
        let record = match self.source.next_body() {
            Ok(body) => body
                .and_then(|body| view(&self.header, delta, body))
                .ok_or(Fault::Record(delta)),
            Err(fault) => Err(fault),
        };
        self.failed = record.is_err();
        Some(record)
    }
}

impl Source<'_> {
    /// The bytes of the next record behind its length; `None` when they end before the record does.
    fn next_body(&mut self) -> Result<Option<&[u8]>, Fault> {
        match self {
            Self::Stored(reader) => Ok(reader.varint().and_then(|length| {
                let length = usize::try_from(length).ok()?;
                reader.bytes(length)
            })),
            Self::Inflated(inflate) => inflate.next_body(),
        }
    }

    /// Checks that nothing follows the last record.
    fn end(&mut self) -> Result<(), Fault> {
        let at_end = match self {
            Self::Stored(reader) => reader.is_empty(),
            Self::Inflated(inflate) => inflate.is_at_end()?,
        };
        if at_end { Ok(()) } else { Err(Fault::Trailing) }
    }
}

/// Reads the bytes of a record that follow its length.
fn view<'b>(batch: &BatchHeader, delta: i32, bytes: &'b [u8]) -> Option<RecordView<'b>> {
    let mut body = Reader::new(bytes);
    let _attributes = body.byte()?;
    let timestamp_delta = body.varlong()?;
    if body.varint()? != delta {
        return None;
    }
    let key = body.nullable()?;
    let value = body.nullable()?;
    let header_count = body.varint().filter(|&count| count >= 0)?;
    let header_bytes = body.bytes(body.remaining())?;
    let mut headers = Reader::new(header_bytes);
    for _ in 0..header_count {
        header(&mut headers)?;
    }
    headers.is_empty().then_some(RecordView {
        offset: batch.base_offset.saturating_add(i64::from(delta)),
        timestamp_ms: batch.record_timestamp_ms(timestamp_delta),
        key,
        value,
        header_count,
        header_bytes,
    })
}

fn header<'a>(reader: &mut Reader<'a>) -> Option<(&'a [u8], Option<&'a [u8]>)> {
    let key = reader.nullable()??;
    Some((key, reader.nullable()?))
}

/// Bytes of a record behind its length field.
pub(crate) fn record_body_bytes(record: &NewRecord<'_>, delta: i64) -> usize {
    let headers: usize = record
        .headers
        .iter()
        .map(|header| field_bytes(Some(header.key)) + field_bytes(header.value))
        .sum();
    2 + varint::size(delta)
        + field_bytes(record.key)
        + field_bytes(record.value)
        + varint::size(record.headers.len() as i64)
        + headers
}

pub(crate) fn put_record(buffer: &mut Vec<u8>, record: &NewRecord<'_>, delta: i64) {
    varint::put(buffer, record_body_bytes(record, delta) as i64);
    // Attributes, and no time stamp of its own: the batch's time is that of all its records.
    buffer.extend_from_slice(&[0, 0]);
    varint::put(buffer, delta);
    put_field(buffer, record.key);
    put_field(buffer, record.value);
    varint::put(buffer, record.headers.len() as i64);
    for header in record.headers {
        put_field(buffer, Some(header.key));
        put_field(buffer, header.value);
    }
}

fn field_bytes(field: Option<&[u8]>) -> usize {
    match field {
        None => 1,
        Some(bytes) => varint::size(bytes.len() as i64) + bytes.len(),
    }
}

fn put_field(buffer: &mut Vec<u8>, field: Option<&[u8]>) {
    match field {
        None => varint::put(buffer, -1),
        Some(bytes) => {
            varint::put(buffer, bytes.len() as i64);
            buffer.extend_from_slice(bytes);
        }
    }
}
