//! What the service in the cloud refuses and this engine does only when it is strict: rates, and the quota of
//! partitions. Source: behaviour.md 1.1 and 1.7.
//!
//! A MB is 1,048,576 bytes, as in the service's text "Request size is limited to 1 MiB". Keys and values
//! count, as they are decoded; of Kafka clients the batches, as they are sent.

use super::super::Context;
use super::super::rates::{Rate, Throttled};
use super::Streaming;
use super::cursors::Reader;
use super::streams::{STREAM, Stream};
use crate::api::streaming::Streaming as Operation;
use crate::call::ApiError;
use crate::store::{Filter, Order, Page, Session, SortBy};

const WRITTEN: Rate = Rate::per_second("bytes written to a partition", 1 << 20);

const READ: Rate = Rate::per_second("bytes read from a partition", 2 << 20);

/// One that reads without a group counts as a group of its partition: unconfirmed.
const GETS: Rate = Rate::per_second("reads of a consumer group", 5);

/// Of each kind, in a tenancy. That it is a tenancy's is unconfirmed.
const CALLS: Rate = Rate::per_second("requests of this kind", 5);

/// Most partitions of a tenancy.
const MOST_PARTITIONS: i64 = 200;

/// What a call counts as; nothing for those that have no rate, or one of another kind.
fn counted_as(operation: Operation) -> Option<Operation> {
    use Operation as O;
    match operation {
        O::GetStream | O::ListStreams => Some(O::ListStreams),
        O::GetStreamPool | O::ListStreamPools => Some(O::ListStreamPools),
        O::UpdateStream | O::ChangeStreamCompartment => Some(O::UpdateStream),
        O::UpdateStreamPool | O::ChangeStreamPoolCompartment => Some(O::UpdateStreamPool),
        O::GetConnectHarness | O::ListConnectHarnesses => Some(O::ListConnectHarnesses),
        O::UpdateConnectHarness | O::ChangeConnectHarnessCompartment => {
            Some(O::UpdateConnectHarness)
        }
        O::CreateStreamPool
        | O::DeleteStreamPool
        | O::CreateStream
        | O::DeleteStream
        | O::CreateConnectHarness
        | O::DeleteConnectHarness
        | O::CreateCursor
        | O::CreateGroupCursor
        | O::ConsumerCommit
        | O::ConsumerHeartbeat
        | O::GetGroup
        | O::UpdateGroup => Some(operation),
        O::PutMessages
        | O::GetMessages
        | O::GetWorkRequest
        | O::ListWorkRequests
        | O::ListWorkRequestErrors
        | O::ListWorkRequestLogs => None,
    }
}

impl Streaming {
    /// Counts a call, unless there were too many of its kind.
    pub(super) fn count_call(
        &self,
        context: &Context<'_>,
        operation: Operation,
    ) -> Result<(), Throttled> {
        match (self.strictness.rates(), counted_as(operation)) {
            (Some(rates), Some(kind)) => {
                let whom = format!("{kind:?} {}", context.origin.tenancy_id);
                rates.take(&CALLS, &whom, 1, context.now_ms)
            }
            _ => Ok(()),
        }
    }

    /// Counts bytes that are about to be written, unless there were too many.
    pub(super) fn count_write(
        &self,
        (stream_id, partition): (&str, u32),
        bytes: usize,
        now_ms: i64,
    ) -> Result<(), Throttled> {
        match self.strictness.rates() {
            Some(rates) => rates.take(&WRITTEN, &place(stream_id, partition), bytes, now_ms),
            None => Ok(()),
        }
    }

    /// Counts bytes that were written, and returns for how many milliseconds their sender is to rest.
    pub(super) fn count_written(
        &self,
        (stream_id, partition): (&str, u32),
        bytes: usize,
        now_ms: i64,
    ) -> i64 {
        let rates = self.strictness.rates();
        rates.map_or(0, |rates| {
            rates.charge(&WRITTEN, &place(stream_id, partition), bytes, now_ms)
        })
    }

    /// Says whether a partition may be read, after all that was read lately.
    pub(super) fn may_read(
        &self,
        (stream_id, partition): (&str, u32),
        now_ms: i64,
    ) -> Result<(), Throttled> {
        match self.strictness.rates() {
            Some(rates) => rates.take(&READ, &place(stream_id, partition), 0, now_ms),
            None => Ok(()),
        }
    }

    /// Counts bytes that were read, and returns for how many milliseconds their reader is to rest.
    pub(super) fn count_read(
        &self,
        (stream_id, partition): (&str, u32),
        bytes: usize,
        now_ms: i64,
    ) -> i64 {
        let rates = self.strictness.rates();
        rates.map_or(0, |rates| {
            rates.charge(&READ, &place(stream_id, partition), bytes, now_ms)
        })
    }

    /// Counts a get, unless there were too many.
    pub(super) fn count_get(
        &self,
        stream: &Stream,
        reader: &Reader,
        now_ms: i64,
    ) -> Result<(), Throttled> {
        let Some(rates) = self.strictness.rates() else {
            return Ok(());
        };
        let whom = match reader {
            Reader::Group(reader) => format!("{} group {}", stream.id, reader.group),
            Reader::Partitions(positions) => {
                // Those of several partitions begin with another one each time.
                let first = positions.iter().map(|(partition, _)| *partition).min();
                place(&stream.id, first.unwrap_or_default())
            }
        };
        rates.take(&GETS, &whom, 1, now_ms)
    }

    /// Refuses partitions beyond the quota of the tenancy.
    pub(super) fn check_quota(&self, session: &Session<'_>, more: i64) -> Result<(), ApiError> {
        if !self.strictness.is_strict() {
            return Ok(());
        }
        let used = partitions_in_use(session)?;
        match used + more {
            ..=MOST_PARTITIONS => Ok(()),
            _ => Err(ApiError::new(
                400,
                "LimitExceeded",
                format!(
                    "You exceed the number of allowed partitions: {used} of {MOST_PARTITIONS} are in use, and {more} \
                     more are asked for"
                ),
            )),
        }
    }
}

fn place(stream_id: &str, partition: u32) -> String {
    format!("{stream_id}/{partition}")
}

fn partitions_in_use(session: &Session<'_>) -> Result<i64, ApiError> {
    let filter = Filter {
        state: Some("ACTIVE"),
        ..Filter::default()
    };
    let sort = (SortBy::Name, Order::Ascending);
    let streams: Page<Stream> =
        session.resources(STREAM.ocid_type, &filter, sort, None, usize::MAX)?;
    let partitions = streams.items.iter().map(|stream| stream.details.partitions);
    Ok(partitions.map(i64::from).sum())
}
