//! Consumer groups of Kafka clients, for the coordinator: offsets and state that survive a restart.
//!
//! A group belongs to a stream pool. Offsets name streams by their OCID, and go when the stream or the
//! pool is deleted. What a group's members are doing is the coordinator's to know; here is only what it
//! hands over.

use super::super::{Engine, EngineError};
use super::streams::{STREAM, Stream};
use crate::clock::Clock as _;
use crate::store::{FolderSession, KafkaGroup, KafkaOffset, StoreError};

/// Most characters of the text that a client notes with an offset, counted as Java does (UTF-16 units).
/// Source: Kafka's `offset.metadata.max.bytes`.
const MOST_METADATA_CHARS: usize = 4096;

/// How long a group without members is kept after it was last used: Kafka's `offsets.retention.minutes`,
/// seven days.
const RETENTION_MS: i64 = 7 * 24 * 3_600_000;

/// An offset that a group commits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewKafkaOffset {
    /// The stream's OCID.
    pub stream_id: String,
    /// Which partition.
    pub partition: u32,
    /// The offset to read next.
    pub offset: i64,
    /// The leader epoch that came with it, or -1.
    pub leader_epoch: i32,
    /// What the client notes with it.
    pub metadata: String,
}

/// Why one of the offsets of a commit was not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommitRefusal {
    /// The stream is deleted, of another pool, or has no such partition.
    #[error("the pool has no such partition")]
    UnknownPartition,
    /// The client's text is too long.
    #[error("the metadata has more than {MOST_METADATA_CHARS} characters")]
    MetadataTooLarge,
}

/// The groups of Kafka clients in an engine.
#[derive(Clone, Copy)]
pub struct KafkaGroups<'e> {
    engine: &'e Engine,
}

impl Engine {
    /// The groups of Kafka clients.
    pub fn kafka_groups(&self) -> KafkaGroups<'_> {
        KafkaGroups { engine: self }
    }
}

impl KafkaGroups<'_> {
    /// Commits offsets, as one change; the answer tells of each, in their order. Those that are refused do
    /// not keep the others from being stored.
    ///
    /// A group that is not known is made, without state: consumers without a group protocol only commit.
    pub fn commit_offsets(
        &self,
        pool_id: &str,
        group_id: &str,
        offsets: &[NewKafkaOffset],
    ) -> Result<Vec<Result<(), CommitRefusal>>, EngineError> {
        let now_ms = self.engine.clock.now_ms();
        self.engine.store.write(|session| {
            // Offsets of a stream mostly come together.
            let mut known: Option<(&str, u32)> = None;
            let mut results = Vec::with_capacity(offsets.len());
            for new in offsets {
                let partitions = match known {
                    Some((stream_id, partitions)) if stream_id == new.stream_id => partitions,
                    _ => partitions_of(session, pool_id, &new.stream_id)?,
                };
                known = Some((&new.stream_id, partitions));
                let checked = check(new, partitions);
                if checked.is_ok() {
                    session.put_kafka_offset(pool_id, group_id, &stored(new, now_ms))?;
                }
                results.push(checked);
            }
            if results.iter().any(Result::is_ok) {
                session.touch_kafka_group(pool_id, group_id, now_ms)?;
            }
            Ok(results)
        })
    }

    /// What a group has committed, by stream and partition; nothing for a group that is not known.
    pub fn committed_offsets(
        &self,
        pool_id: &str,
        group_id: &str,
    ) -> Result<Vec<KafkaOffset>, EngineError> {
        let offsets = self
            .engine
            .store
            .read::<_, StoreError>(|session| session.kafka_offsets(pool_id, group_id))?;
        Ok(offsets)
    }

    /// Forgets what a group has committed in some partitions of streams, as one change; the answer tells of
    /// each whether there was anything.
    pub fn delete_offsets(
        &self,
        pool_id: &str,
        group_id: &str,
        partitions: &[(String, u32)],
    ) -> Result<Vec<bool>, EngineError> {
        self.engine.store.write(|session| {
            let removed = partitions.iter().map(|(stream_id, partition)| {
                Ok(session.remove_kafka_offset(pool_id, group_id, (stream_id, *partition))?)
            });
            removed.collect()
        })
    }

    /// The groups of a pool, by id.
    pub fn list_groups(&self, pool_id: &str) -> Result<Vec<KafkaGroup>, EngineError> {
        let store = &self.engine.store;
        Ok(store.read::<_, StoreError>(|session| session.kafka_groups(pool_id))?)
    }

    /// A group of a pool, if it is known.
    pub fn group(&self, pool_id: &str, group_id: &str) -> Result<Option<KafkaGroup>, EngineError> {
        let store = &self.engine.store;
        Ok(store.read::<_, StoreError>(|session| session.kafka_group(pool_id, group_id))?)
    }

    /// Stores what the coordinator remembers of a group, which is used now.
    pub fn put_group(
        &self,
        pool_id: &str,
        group_id: &str,
        state: &[u8],
    ) -> Result<(), EngineError> {
        let group = KafkaGroup {
            id: group_id.to_owned(),
            state: Some(state.to_vec()),
            last_used_ms: self.engine.clock.now_ms(),
        };
        let store = &self.engine.store;
        Ok(store.write::<_, StoreError>(|session| session.put_kafka_group(pool_id, &group))?)
    }

    /// Forgets a group with its offsets; tells whether there was one.
    pub fn remove_group(&self, pool_id: &str, group_id: &str) -> Result<bool, EngineError> {
        let store = &self.engine.store;
        Ok(
            store
                .write::<_, StoreError>(|session| session.remove_kafka_group(pool_id, group_id))?,
        )
    }

    /// Forgets the groups that were not used for seven days and have no members, which only the coordinator
    /// knows (`has_members` is asked with pool and group). Returns their pools and ids.
    ///
    /// It reads one column of the groups, so it may be called every few minutes.
    pub fn expire_groups(
        &self,
        has_members: impl Fn(&str, &str) -> bool,
    ) -> Result<Vec<(String, String)>, EngineError> {
        let since_ms = self.engine.clock.now_ms() - RETENTION_MS;
        self.engine.store.write(|session| {
            let mut unused = session.kafka_groups_unused_since(since_ms)?;
            unused.retain(|(pool_id, group_id)| !has_members(pool_id, group_id));
            for (pool_id, group_id) in &unused {
                session.remove_kafka_group(pool_id, group_id)?;
            }
            Ok(unused)
        })
    }
}

/// How many partitions a stream of a pool has; none when it is deleted or of another pool.
fn partitions_of(
    session: &FolderSession<'_>,
    pool_id: &str,
    stream_id: &str,
) -> Result<u32, StoreError> {
    let stream: Option<Stream> = session.resource_below(pool_id, STREAM.ocid_type, stream_id)?;
    Ok(stream.map_or(0, |stream| stream.details.partitions))
}

fn check(new: &NewKafkaOffset, partitions: u32) -> Result<(), CommitRefusal> {
    if new.partition >= partitions {
        Err(CommitRefusal::UnknownPartition)
    } else if new.metadata.encode_utf16().count() > MOST_METADATA_CHARS {
        Err(CommitRefusal::MetadataTooLarge)
    } else {
        Ok(())
    }
}

fn stored(new: &NewKafkaOffset, now_ms: i64) -> KafkaOffset {
    KafkaOffset {
        stream_id: new.stream_id.clone(),
        partition: new.partition,
        offset: new.offset,
        leader_epoch: new.leader_epoch,
        metadata: new.metadata.clone(),
        committed_ms: now_ms,
    }
}
