//! What streams hold, and how far their consumer groups have come.

use std::collections::{BTreeSet, HashMap};

use super::super::overview::{GroupKind, GroupOverview, StreamOverview};
use super::streams::{STREAM, Stream};
use super::{OffsetRange, Streaming};
use crate::call::ApiError;
use crate::store::{Filter, Order, Session, SortBy, TenancyStore};

/// A group's place in a stream: the offset it reads next, in each partition where it has committed one.
struct Progress {
    name: String,
    kind: GroupKind,
    stream_id: String,
    last_used_ms: i64,
    next_offsets: HashMap<u32, i64>,
}

impl Streaming {
    /// The streams of a tenancy with their consumer groups.
    pub(in crate::engine) fn overview(
        &self,
        store: TenancyStore<'_>,
        now_ms: i64,
    ) -> Result<(Vec<StreamOverview>, Vec<GroupOverview>), ApiError> {
        let (streams, progress) = store.read(|session| {
            let streams = streams(session)?;
            let mut progress = rest_groups(session, &streams, now_ms)?;
            progress.extend(kafka_groups(session, &streams)?);
            Ok::<_, ApiError>((streams, progress))
        })?;
        let mut ranges: HashMap<&str, (&Stream, Vec<OffsetRange>)> = HashMap::new();
        let mut shown = Vec::with_capacity(streams.len());
        for stream in &streams {
            match self.ranges(stream, now_ms) {
                Ok(of_stream) => {
                    shown.push(stream_overview(stream, &of_stream));
                    ranges.insert(&stream.id, (stream, of_stream));
                }
                // Deleted since it was listed.
                Err(error) if error.status == 404 => {}
                Err(error) => return Err(error),
            }
        }
        let groups = progress.into_iter().filter_map(|progress| {
            let (stream, ranges) = ranges.get(progress.stream_id.as_str())?;
            Some(group_overview(progress, stream, ranges))
        });
        Ok((shown, groups.collect()))
    }

    /// The offsets that each partition holds.
    fn ranges(&self, stream: &Stream, now_ms: i64) -> Result<Vec<OffsetRange>, ApiError> {
        let partitions = 0..stream.details.partitions;
        let ranges = partitions.map(|partition| {
            if !self.partitions.is_begun(&stream.id, partition)? {
                return Ok(OffsetRange { start: 0, end: 0 });
            }
            self.partitions
                .read(&stream.id, partition, |log, retained| {
                    Ok(OffsetRange {
                        start: retained.oldest_offset(log, stream.horizon_ms(now_ms))?,
                        end: log.end_offset(),
                    })
                })
        });
        ranges.collect()
    }
}

fn streams(session: &Session<'_>) -> Result<Vec<Stream>, ApiError> {
    let filter = Filter {
        state: Some("ACTIVE"),
        ..Filter::default()
    };
    let sort = (SortBy::Name, Order::Ascending);
    let page = session.resources(STREAM.ocid_type, &filter, sort, None, usize::MAX)?;
    Ok(page.items)
}

/// The groups of the service's own interface, but for those that count as forgotten.
fn rest_groups(
    session: &Session<'_>,
    streams: &[Stream],
    now_ms: i64,
) -> Result<Vec<Progress>, ApiError> {
    let mut found = Vec::new();
    for stream in streams {
        let groups = session.groups(&stream.id)?.into_iter();
        for group in groups.filter(|group| group.last_used_ms >= stream.horizon_ms(now_ms)) {
            let partitions = session.group_partitions(&stream.id, &group.name)?;
            found.push(Progress {
                name: group.name,
                kind: GroupKind::Rest,
                stream_id: stream.id.clone(),
                last_used_ms: group.last_used_ms,
                next_offsets: partitions
                    .iter()
                    .map(|partition| (partition.partition, partition.next_offset()))
                    .collect(),
            });
        }
    }
    Ok(found)
}

/// The groups of Kafka clients, once for each stream they have committed to.
fn kafka_groups(session: &Session<'_>, streams: &[Stream]) -> Result<Vec<Progress>, ApiError> {
    let pools: BTreeSet<&str> = streams
        .iter()
        .filter_map(|stream| stream.parent_id.as_deref())
        .collect();
    let mut found = Vec::new();
    for pool_id in pools {
        for group in session.kafka_groups(pool_id)? {
            let offsets = session.kafka_offsets(pool_id, &group.id)?;
            for of_stream in offsets.chunk_by(|one, next| one.stream_id == next.stream_id) {
                found.extend(of_stream.first().map(|first| {
                    Progress {
                        name: group.id.clone(),
                        kind: GroupKind::Kafka,
                        stream_id: first.stream_id.clone(),
                        last_used_ms: group.last_used_ms,
                        next_offsets: of_stream
                            .iter()
                            .map(|offset| (offset.partition, offset.offset))
                            .collect(),
                    }
                }));
            }
        }
    }
    Ok(found)
}

fn stream_overview(stream: &Stream, ranges: &[OffsetRange]) -> StreamOverview {
    StreamOverview {
        id: stream.id.clone(),
        name: stream.name.clone(),
        partitions: stream.details.partitions,
        messages: ranges.iter().map(|range| range.end - range.start).sum(),
        messages_put: ranges.iter().map(|range| range.end).sum(),
    }
}

/// Messages that are kept no more count for nobody's lag.
fn group_overview(progress: Progress, stream: &Stream, ranges: &[OffsetRange]) -> GroupOverview {
    let mut lag = 0;
    let mut worst = (0, 0);
    for (partition, range) in (0..).zip(ranges) {
        let next_offset = progress.next_offsets.get(&partition).copied();
        let behind = range.lag(next_offset);
        lag += behind;
        if behind > worst.1 {
            worst = (partition, behind);
        }
    }
    GroupOverview {
        name: progress.name,
        kind: progress.kind,
        stream: stream.name.clone(),
        lag,
        worst_partition: worst.0,
        last_used_ms: progress.last_used_ms,
    }
}
