//! Messages that the engine puts by itself: those that connectors copy, and what rules and alarms send. They may
//! have what no request of REST can bring: a null value, and headers.

use std::time::Instant;

use super::super::Context;
use super::Streaming;
use super::put::{check_message, check_request};
use crate::call::ApiError;
use crate::log::NewRecord;

/// Where a message is that was put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) struct Placed {
    pub partition: u32,
    pub offset: i64,
}

impl Streaming {
    /// Puts messages into a stream, under the limits of one request, and tells where each is. When it fails, some
    /// may be there nevertheless.
    pub(in crate::engine) fn put_records(
        &self,
        context: &Context<'_>,
        stream_id: &str,
        records: &[NewRecord<'_>],
    ) -> Result<Vec<Placed>, ApiError> {
        let begun = Instant::now();
        let stream = self.stream_of(context, stream_id)?;
        let result = check(records).and_then(|()| self.put(context, &stream, records));
        self.measure_put(context, &stream.id, (&result, records.len()), begun);
        result?.placed()
    }
}

fn check(records: &[NewRecord<'_>]) -> Result<(), ApiError> {
    let bytes_of = |field: Option<&[u8]>| field.map_or(0, <[u8]>::len);
    let mut bytes = 0_usize;
    for record in records {
        let (key_bytes, value_bytes) = (bytes_of(record.key), bytes_of(record.value));
        check_message(key_bytes, value_bytes)?;
        bytes = bytes.saturating_add(key_bytes + value_bytes);
    }
    check_request(bytes)
}
