//! Reading as an instance of a consumer group: commit, share out the partitions, read.
//!
//! The steps are the service's (behaviour.md 1.8): partitions change hands; what the instance's last reply
//! held is committed; messages are handed out. An instance that gives up a partition commits it first.

use super::super::Context;
use super::Streaming;
use super::cursors::{GroupPosition, GroupReader};
use super::groups::{commit_to, member, touch};
use super::messages::Batch;
use super::streams::Stream;
use crate::call::ApiError;
use crate::store::{GroupPartition, Instance, Session};

impl Streaming {
    /// Reads into the batch what the instance's partitions hold, and returns how far it came.
    pub(super) fn read_group(
        &self,
        context: &Context<'_>,
        batch: &mut Batch<'_>,
        mut reader: GroupReader,
    ) -> Result<GroupReader, ApiError> {
        let mut mine = context
            .store
            .write(|session| take_part(session, context, batch, &reader))?;
        self.take_back_lost(context, batch.stream, &mut reader, &mut mine)?;
        // Each reply begins with another partition, so that a busy one does not keep out the others.
        if let Some(last) = reader.positions.first() {
            let begin = mine.partition_point(|one| one.partition <= last.partition);
            mine.rotate_left(begin);
        }
        let mut positions = Vec::with_capacity(mine.len());
        for partition in &mine {
            let read_before = reader.positions.iter().find(|position| {
                position.partition == partition.partition && position.epoch == partition.epoch
            });
            let from = read_before.map_or(partition.next_offset(), |position| position.next_offset);
            let next_offset = self.read_partition(context, batch, partition.partition, from)?;
            positions.push(GroupPosition {
                partition: partition.partition,
                epoch: partition.epoch,
                next_offset,
            });
        }
        reader.positions = positions;
        Ok(reader)
    }

    /// Takes back what was committed or handed out of messages that are not there: without fsync a power
    /// cut may take the last ones, and others get their offsets. The group goes on with those.
    fn take_back_lost(
        &self,
        context: &Context<'_>,
        stream: &Stream,
        reader: &mut GroupReader,
        mine: &mut [GroupPartition],
    ) -> Result<(), ApiError> {
        for partition in mine {
            let end = self
                .partitions
                .with(&stream.id, partition.partition, |log| {
                    Ok::<_, ApiError>(log.end_offset())
                })?;
            for position in &mut reader.positions {
                if position.partition == partition.partition {
                    position.next_offset = position.next_offset.min(end);
                }
            }
            if partition.next_offset() > end {
                partition.start_offset = partition.start_offset.min(end);
                partition.committed_offset = end.checked_sub(1).filter(|last| *last >= 0);
                context.store.write(|session| {
                    session.put_group_partition(&stream.id, &reader.group, partition)
                })?;
            }
        }
        Ok(())
    }
}

/// Commits the last reply, shares out the partitions, and returns those of the instance.
fn take_part(
    session: &Session<'_>,
    context: &Context<'_>,
    batch: &Batch<'_>,
    reader: &GroupReader,
) -> Result<Vec<GroupPartition>, ApiError> {
    let (stream, now_ms) = (batch.stream, context.now_ms);
    let (group, mut me) = member(session, context, stream, reader)?;
    me.last_seen_ms = now_ms;
    session.put_instance(&stream.id, &group.name, &me)?;
    let mut partitions = session.group_partitions(&stream.id, &group.name)?;
    let before = partitions.clone();
    let instances = session.instances(&stream.id, &group.name)?;
    // Before, for what it gives up now; after, for what it had lost by its timeout and nobody else took.
    commit_last_reply(&mut partitions, reader, now_ms);
    share_out(&mut partitions, &instances, &me, now_ms);
    commit_last_reply(&mut partitions, reader, now_ms);
    for (old, new) in before.iter().zip(&partitions) {
        if old != new {
            session.put_group_partition(&stream.id, &group.name, new)?;
        }
    }
    forget_silent(session, &stream.id, &group.name, &instances, now_ms)?;
    touch(session, context, stream, group)?;
    partitions.retain(|partition| partition.holder(now_ms) == Some(&me.name));
    Ok(partitions)
}

/// Commits what the last reply held of the partitions that the instance holds now. It asks for more, so it
/// is done with that reply, even if its reservation ended in the meantime. What another instance has taken is
/// that one's to commit.
fn commit_last_reply(partitions: &mut [GroupPartition], reader: &GroupReader, now_ms: i64) {
    for position in reader.positions.iter().filter(|_| reader.commit_on_get) {
        let held = partitions.iter_mut().find(|partition| {
            partition.partition == position.partition
                && partition.holder(now_ms) == Some(&reader.instance)
        });
        if let Some(held) = held {
            commit_to(held, position);
        }
    }
}

/// Gives the instance its share: it gives up what it has too much of, and takes what is free.
///
/// Nothing is taken from another instance that is still heard of: that one gives up its surplus when it
/// reads next. So a partition never has two readers.
fn share_out(
    partitions: &mut [GroupPartition],
    instances: &[Instance],
    me: &Instance,
    now_ms: i64,
) {
    let share = share(partitions.len(), instances, me, now_ms);
    let mut held = 0;
    for partition in partitions.iter_mut() {
        if partition.holder(now_ms) == Some(&me.name) {
            held += 1;
            if held > share {
                partition.reserved_instance = None;
                partition.reserved_until_ms = None;
            } else {
                partition.reserved_until_ms = Some(now_ms + me.timeout_ms);
            }
        }
    }
    for partition in partitions.iter_mut() {
        if held < share && partition.holder(now_ms).is_none() {
            held += 1;
            partition.epoch += 1;
            partition.reserved_instance = Some(me.name.clone());
            partition.reserved_until_ms = Some(now_ms + me.timeout_ms);
        }
    }
}

/// How many partitions an instance gets: as many as the others, or one more for the first by name.
fn share(partitions: usize, instances: &[Instance], me: &Instance, now_ms: i64) -> usize {
    let mut alive: Vec<&str> = instances
        .iter()
        .filter(|instance| instance.name == me.name || !is_silent(instance, now_ms))
        .map(|instance| instance.name.as_str())
        .collect();
    alive.sort_unstable();
    let rank = alive.iter().position(|name| *name == me.name).unwrap_or(0);
    let count = alive.len().max(1);
    partitions / count + usize::from(rank < partitions % count)
}

/// Whether an instance was silent for its timeout: at that very millisecond its reservations end too.
fn is_silent(instance: &Instance, now_ms: i64) -> bool {
    now_ms - instance.last_seen_ms >= instance.timeout_ms
}

/// Forgets instances that have been silent for so long that no cursor of theirs is alive.
fn forget_silent(
    session: &Session<'_>,
    stream_id: &str,
    group: &str,
    instances: &[Instance],
    now_ms: i64,
) -> Result<(), ApiError> {
    const HOUR_MS: i64 = 3_600_000;
    for instance in instances {
        if now_ms - instance.last_seen_ms > HOUR_MS {
            session.remove_instance(stream_id, group, &instance.name)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance(name: &str) -> Instance {
        Instance {
            name: name.to_owned(),
            timeout_ms: 100,
            last_seen_ms: 1_000,
        }
    }

    fn partitions(count: u32) -> Vec<GroupPartition> {
        (0..count)
            .map(|partition| GroupPartition {
                partition,
                start_offset: 0,
                committed_offset: None,
                epoch: 0,
                reserved_instance: None,
                reserved_until_ms: None,
            })
            .collect()
    }

    fn held(partitions: &[GroupPartition], name: &str, now_ms: i64) -> Vec<u32> {
        let held = partitions.iter().filter(|p| p.holder(now_ms) == Some(name));
        held.map(|p| p.partition).collect()
    }

    #[test]
    fn a_second_instance_gets_its_half_when_the_first_reads_again() {
        let mut all = partitions(5);
        let both = [instance("a"), instance("b")];
        share_out(&mut all, &both[..1], &both[0], 1_000);
        assert_eq!(held(&all, "a", 1_000), [0, 1, 2, 3, 4]);
        share_out(&mut all, &both, &both[1], 1_000);
        assert_eq!(held(&all, "b", 1_000), [0_u32; 0]);
        share_out(&mut all, &both, &both[0], 1_010);
        share_out(&mut all, &both, &both[1], 1_010);
        assert_eq!(held(&all, "a", 1_010), [0, 1, 2]);
        assert_eq!(held(&all, "b", 1_010), [3, 4]);
    }

    #[test]
    fn a_silent_instance_loses_its_partitions() {
        let mut all = partitions(2);
        let a = instance("a");
        let b = Instance {
            last_seen_ms: 2_000,
            ..instance("b")
        };
        share_out(&mut all, std::slice::from_ref(&a), &a, 1_000);
        share_out(&mut all, &[a, b.clone()], &b, 2_000);
        assert_eq!(held(&all, "b", 2_000), [0, 1]);
        assert_eq!(all[0].epoch, 2);
    }

    #[test]
    fn surplus_instances_get_nothing() {
        let mut all = partitions(1);
        let both = [instance("a"), instance("b")];
        share_out(&mut all, &both, &both[1], 1_000);
        assert_eq!(held(&all, "b", 1_000), [0_u32; 0]);
        share_out(&mut all, &both, &both[0], 1_000);
        assert_eq!(held(&all, "a", 1_000), [0]);
    }
}
