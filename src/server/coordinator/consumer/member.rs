//! A member of a KIP-848 group.

use std::collections::BTreeSet;

use super::super::error::ErrorCode;
use super::super::topics::{PartitionSet, TopicId};
use super::super::turn::Turn;
use super::super::types::{Client, ConsumerHeartbeatRequest};
use super::assignor::Assignor;

/// The epoch of a static member that is away.
pub(super) const AWAY_EPOCH: i32 = -2;

/// Which topics a member wants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Subscription {
    pub(super) names: BTreeSet<String>,
    pub(super) pattern: Option<String>,
}

/// How far a member is on the way to its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// It was at the target of its epoch.
    Stable,
    /// It holds what it must give up first.
    Revoking,
    /// It waits for what another member holds.
    Waiting,
}

#[derive(Debug)]
pub(super) struct Member {
    pub(super) instance_id: Option<String>,
    pub(super) rack_id: Option<String>,
    pub(super) client: Client,
    pub(super) subscription: Subscription,
    /// The topics that the subscription comes to.
    pub(super) topics: BTreeSet<TopicId>,
    pub(super) assignor: Option<Assignor>,
    pub(super) epoch: i32,
    /// The epoch before: of a member that missed the answer.
    pub(super) previous_epoch: i32,
    pub(super) progress: Progress,
    /// What it shall hold, by the assignor.
    pub(super) target: PartitionSet,
    /// What it may hold now.
    pub(super) assigned: PartitionSet,
    /// What it must give up and may still hold.
    pub(super) revoking: PartitionSet,
    pub(super) rebalance_timeout_ms: i64,
    session_deadline_ms: i64,
    pub(super) revocation_deadline_ms: Option<i64>,
}

impl Member {
    /// A member that joins.
    pub(super) fn joining(instance_id: Option<String>) -> Self {
        Self {
            instance_id,
            rack_id: None,
            client: Client::default(),
            subscription: Subscription::default(),
            topics: BTreeSet::new(),
            assignor: None,
            epoch: 0,
            previous_epoch: 0,
            progress: Progress::Stable,
            target: PartitionSet::new(),
            assigned: PartitionSet::new(),
            revoking: PartitionSet::new(),
            rebalance_timeout_ms: 0,
            session_deadline_ms: 0,
            revocation_deadline_ms: None,
        }
    }

    /// It starts anew, and says that it holds nothing: others may have what it held.
    pub(super) fn restart(&mut self) {
        self.epoch = 0;
        self.previous_epoch = 0;
        self.progress = Progress::Stable;
        self.assigned.clear();
        self.revoking.clear();
        self.revocation_deadline_ms = None;
    }

    /// A static member leaves for a while. What it holds is kept for it until its session ends.
    pub(super) fn go_away(&mut self) {
        self.epoch = AWAY_EPOCH;
        self.progress = Progress::Stable;
        self.revoking.clear();
        self.revocation_deadline_ms = None;
    }

    /// Takes over what the request says. Returns whether the group must assign anew.
    pub(super) fn update(&mut self, request: &ConsumerHeartbeatRequest) -> bool {
        self.client = request.client.clone();
        if let Some(rack) = &request.rack_id {
            self.rack_id = Some(rack.clone());
        }
        if let Some(timeout_ms) = request.rebalance_timeout_ms {
            self.rebalance_timeout_ms = i64::from(timeout_ms);
        }
        let before = (self.subscription.clone(), self.assignor);
        if let Some(names) = &request.topic_names {
            self.subscription.names = names.iter().cloned().collect();
        }
        if let Some(pattern) = &request.topic_pattern {
            self.subscription.pattern = (!pattern.is_empty()).then(|| pattern.clone());
        }
        if let Some(assignor) = &request.assignor {
            self.assignor = Assignor::by_name(assignor);
        }
        before != (self.subscription.clone(), self.assignor)
    }

    /// Counts its session from now.
    pub(super) fn begin_session(&mut self, turn: &Turn<'_>) {
        self.session_deadline_ms = turn.after(turn.settings.consumer_session_timeout_ms);
    }

    /// When it is out.
    pub(super) fn deadline_ms(&self) -> i64 {
        self.revocation_deadline_ms
            .map_or(self.session_deadline_ms, |at| {
                at.min(self.session_deadline_ms)
            })
    }

    /// Whether it holds its target of this epoch.
    pub(super) fn is_settled(&self, epoch: i32) -> bool {
        self.progress == Progress::Stable && self.epoch == epoch
    }

    /// Whether it may hold a partition, as far as we know.
    pub(super) fn held(&self) -> impl Iterator<Item = &super::super::topics::TopicPartition> {
        self.assigned.iter().chain(&self.revoking)
    }

    /// Whether a heartbeat's epoch is right. One behind is if it can be that the answer was lost.
    pub(super) fn check_heartbeat_epoch(
        &self,
        epoch: i32,
        owned: Option<&PartitionSet>,
    ) -> Result<(), ErrorCode> {
        let missed_answer = epoch == self.previous_epoch
            && epoch < self.epoch
            && owned.is_some_and(|owned| owned.is_subset(&self.assigned));
        if epoch == self.epoch || missed_answer {
            Ok(())
        } else {
            Err(ErrorCode::FencedMemberEpoch)
        }
    }

    /// Whether a commit's or fetch's epoch is right.
    pub(super) fn check_current_epoch(&self, epoch: i32) -> Result<(), ErrorCode> {
        if epoch == self.epoch {
            Ok(())
        } else {
            Err(ErrorCode::StaleMemberEpoch)
        }
    }
}
