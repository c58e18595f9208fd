//! How far consumer groups are behind.

use super::streams::{STREAM, Stream};
use super::{Streaming, TopicError};
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
    /// How far all groups are behind in all partitions. Messages that are not kept any more cannot be read and do
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
            for place in of_stream {
                let is_known = place
                    .last_used_ms
                    .is_none_or(|used_ms| used_ms >= horizon_ms);
                if is_known && let Some(messages) = self.lag(place, horizon_ms) {
                    lags.push(Lag {
                        place: place.clone(),
                        messages,
                    });
                }
            }
        }
        Ok(lags)
    }

    /// None where the partition cannot be read: that is for those to tell who read it.
    fn lag(&self, place: &GroupPlace, horizon_ms: i64) -> Option<i64> {
        let read = self
            .partitions
            .read(&place.stream_id, place.partition, |log, retained| {
                let oldest = retained.oldest_offset(log, horizon_ms)?;
                let next = place.next_offset.max(oldest);
                Ok::<_, TopicError>((log.end_offset() - next).max(0))
            });
        read.ok()
    }
}
