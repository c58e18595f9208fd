//! How far consumer groups are behind.

use std::collections::HashSet;

use super::streams::{STREAM, Stream};
use super::{OffsetRange, Streaming, TopicError};
use crate::call::ApiError;
use crate::store::{GroupPlace, Store};

/// How many messages of a partition a group has not read yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::engine) struct Lag {
    /// Which group of which stream, and which partition.
    pub place: GroupPlace,
    /// How many messages.
    pub messages: i64,
}

impl Streaming {
    /// How far all groups are behind in all partitions of the streams they read: those of Kafka clients also where
    /// they have committed nothing, as long as they have in another partition of the stream. Messages that are not kept any more cannot be read and do
    /// not count; nor do groups of REST that were not used for so long that they are forgotten.
    pub(in crate::engine) fn lags(&self, store: &Store, now_ms: i64) -> Result<Vec<Lag>, ApiError> {
        let places = store.read(|session| session.group_places())?;
        let mut lags = Vec::with_capacity(places.len());
        for of_stream in places.chunk_by(|one, next| one.stream_id == next.stream_id) {
            let Some(first) = of_stream.first() else {
                continue;
            };
            let stream: Option<Stream> = store
                .tenancy(&first.tenancy_id)
                .read(|session| session.resource(STREAM.ocid_type, &first.stream_id))?;
            let Some(stream) = stream else {
                continue;
            };
            let horizon_ms = stream.horizon_ms(now_ms);
            let is_known = |place: &GroupPlace| {
                let used_ms = place.last_used_ms;
                used_ms.is_none_or(|used_ms| used_ms >= horizon_ms)
            };
            let known = of_stream.iter().filter(|place| is_known(place));
            lags.extend(known.filter_map(|place| {
                let next_offset = Some(place.next_offset);
                self.lag(place.clone(), next_offset, horizon_ms)
            }));
            for uncommitted in uncommitted(of_stream, stream.details.partitions) {
                if self
                    .partitions
                    .is_begun(&uncommitted.stream_id, uncommitted.partition)?
                {
                    lags.extend(self.lag(uncommitted, None, horizon_ms));
                }
            }
        }
        Ok(lags)
    }

    /// None where the partition cannot be read: that is for those to tell who read it.
    fn lag(&self, place: GroupPlace, next_offset: Option<i64>, horizon_ms: i64) -> Option<Lag> {
        let read = self
            .partitions
            .read(&place.stream_id, place.partition, |log, retained| {
                let range = OffsetRange {
                    start: retained.oldest_offset(log, horizon_ms)?,
                    end: log.end_offset(),
                };
                Ok::<_, TopicError>(range.lag(next_offset))
            });
        let messages = read.ok()?;
        Some(Lag { place, messages })
    }
}

/// The partitions of a stream where groups of Kafka clients have committed nothing that have elsewhere in it. Groups
/// of REST have a place in each.
fn uncommitted(of_stream: &[GroupPlace], partitions: u32) -> Vec<GroupPlace> {
    let same_group = |one: &GroupPlace, next: &GroupPlace| {
        one.group == next.group && one.last_used_ms.is_none() == next.last_used_ms.is_none()
    };
    let mut found = Vec::new();
    for of_group in of_stream.chunk_by(same_group) {
        let Some(first) = of_group
            .first()
            .filter(|first| first.last_used_ms.is_none())
        else {
            continue;
        };
        let committed: HashSet<u32> = of_group.iter().map(|place| place.partition).collect();
        let without = (0..partitions).filter(|partition| !committed.contains(partition));
        found.extend(without.map(|partition| GroupPlace {
            partition,
            ..first.clone()
        }));
    }
    found
}
