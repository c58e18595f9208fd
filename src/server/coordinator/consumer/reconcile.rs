//! The way of one member to its target (KIP-848, "Reconciliation").

use super::super::topics::{PartitionSet, TopicPartition};
use super::super::turn::Turn;
use super::ConsumerGroup;
use super::member::{Member, Progress};

impl ConsumerGroup {
    /// Takes the member as far as it can come, by what it holds (`owned`) and what others do.
    /// Returns whether it shall hold something else than before, or has just joined.
    pub(super) fn reconcile(
        &mut self,
        turn: &Turn<'_>,
        id: &str,
        owned: Option<&PartitionSet>,
    ) -> bool {
        let Some(member) = self.members.get(id) else {
            return false;
        };
        let must_wait = match member.progress {
            Progress::Stable => member.epoch == self.epoch,
            Progress::Revoking => still_holds(owned, &member.revoking),
            Progress::Waiting => false,
        };
        if must_wait {
            return false;
        }
        let elsewhere: PartitionSet = self
            .members
            .iter()
            .filter(|(other, _)| *other != id)
            .flat_map(|(_, other)| other.held())
            .copied()
            .collect();
        let epoch = self.epoch;
        let Some(member) = self.members.get_mut(id) else {
            return false;
        };
        let before = (member.epoch == 0, member.assigned.clone());
        member.advance(turn, epoch, owned, &elsewhere);
        before != (false, member.assigned.clone())
    }
}

impl Member {
    fn advance(
        &mut self,
        turn: &Turn<'_>,
        epoch: i32,
        owned: Option<&PartitionSet>,
        elsewhere: &PartitionSet,
    ) {
        let kept: PartitionSet = self.assigned.intersection(&self.target).copied().collect();
        let revoking: PartitionSet = self.assigned.difference(&kept).copied().collect();
        let (taken, free): (Vec<TopicPartition>, Vec<TopicPartition>) = self
            .target
            .difference(&kept)
            .partition(|partition| elsewhere.contains(partition));
        self.assigned = kept;
        if still_holds(owned, &revoking) {
            self.progress = Progress::Revoking;
            self.revoking = revoking;
            self.revocation_deadline_ms = Some(turn.after(self.rebalance_timeout_ms));
            return;
        }
        self.assigned.extend(free);
        self.revoking.clear();
        self.revocation_deadline_ms = None;
        self.progress = if taken.is_empty() {
            Progress::Stable
        } else {
            Progress::Waiting
        };
        if self.epoch != epoch {
            self.previous_epoch = self.epoch;
            self.epoch = epoch;
        }
    }
}

/// Whether a member holds some of these partitions still. One that does not say does.
fn still_holds(owned: Option<&PartitionSet>, partitions: &PartitionSet) -> bool {
    match owned {
        _ if partitions.is_empty() => false,
        None => true,
        Some(owned) => !owned.is_disjoint(partitions),
    }
}
