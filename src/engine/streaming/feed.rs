//! Reading streams for connectors, which keep their positions themselves.

use std::collections::BTreeMap;

use super::super::Context;
use super::Streaming;
use super::cursors::{Start, oldest_kept};
use super::streams::{STREAM, Stream};
use crate::call::ApiError;
use crate::log::{Partition, ReadLimits, Record};

/// A stream as a connector reads it.
pub(in crate::engine) struct Feed<'s> {
    streaming: &'s Streaming,
    stream: Stream,
    now_ms: i64,
}

impl Streaming {
    /// The stream with this OCID, to be read.
    pub(in crate::engine) fn feed(
        &self,
        context: &Context<'_>,
        stream_id: &str,
    ) -> Result<Feed<'_>, ApiError> {
        Ok(Feed {
            streaming: self,
            stream: context
                .store
                .read(|session| STREAM.live(session, stream_id))?,
            now_ms: context.now_ms,
        })
    }
}

impl Feed<'_> {
    /// The stream's OCID.
    pub(in crate::engine) fn stream_id(&self) -> &str {
        &self.stream.id
    }

    /// The stream's name.
    pub(in crate::engine) fn name(&self) -> &str {
        &self.stream.name
    }

    /// The offsets of the oldest messages kept, by partition.
    pub(in crate::engine) fn oldest(&self) -> Result<BTreeMap<u32, i64>, ApiError> {
        self.offsets(Start::TrimHorizon)
    }

    /// The offsets behind the newest messages, by partition.
    pub(in crate::engine) fn ends(&self) -> Result<BTreeMap<u32, i64>, ApiError> {
        self.offsets(Start::Latest)
    }

    /// The offsets of the first messages from a time on, by partition.
    pub(in crate::engine) fn at_time(&self, time_ms: i64) -> Result<BTreeMap<u32, i64>, ApiError> {
        self.offsets(Start::AtTime(time_ms))
    }

    fn offsets(&self, start: Start) -> Result<BTreeMap<u32, i64>, ApiError> {
        let horizon_ms = self.stream.horizon_ms(self.now_ms);
        let resolve = |log: &Partition| start.resolve(log, horizon_ms);
        let partitions = 0..self.stream.details.partitions;
        let offsets = partitions.map(|partition| {
            let partitions = &self.streaming.partitions;
            let offset = partitions.with(&self.stream.id, partition, resolve)?;
            Ok((partition, offset))
        });
        offsets.collect()
    }

    /// The messages of a partition from an offset on, or from the oldest one where that is kept no longer.
    pub(in crate::engine) fn read(
        &self,
        partition: u32,
        offset: i64,
        limits: ReadLimits,
    ) -> Result<Vec<Record>, ApiError> {
        let horizon_ms = self.stream.horizon_ms(self.now_ms);
        let partitions = &self.streaming.partitions;
        partitions.with(&self.stream.id, partition, |log| {
            if offset >= log.end_offset() {
                return Ok(Vec::new());
            }
            let offset = offset.max(oldest_kept(log, horizon_ms)?);
            Ok(log.read(offset, limits)?)
        })
    }
}
