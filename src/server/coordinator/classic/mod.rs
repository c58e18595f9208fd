//! Groups of the classic protocol: members join, one of them, the leader, assigns, and all sync.
//!
//! The rules are those of Kafka's GroupCoordinator, with KIP-345 (static members), KIP-394 (a member
//! is given its id first) and KIP-814 (a leader that has nothing to assign).
//!
//! Waiting members hold a ticket in their own entry. It is taken out in one place
//! ([`ClassicGroup::answer_waiting`] and the two completions), so no ticket is answered twice.

mod heartbeat;
mod join;
mod leave;
mod member;
mod rebalance;
mod static_member;
mod sync;
mod timers;

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use super::error::ErrorCode;
use super::subscription;
use super::turn::Turn;
use super::types::{Commit, GroupKey, GroupKind, GroupRecord};
use super::views::{ClassicDescription, ClassicMemberDescription, GroupState};
use member::Member;
use rebalance::Rebalance;

/// The protocol type of groups whose members consume topics.
pub(super) const CONSUMER_PROTOCOL_TYPE: &str = "consumer";

/// Where a group stands.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Phase {
    /// It has no members.
    Empty,
    /// Waits for members to join.
    Preparing(Rebalance),
    /// All joined: waits for the leader's assignment.
    Completing,
    /// All have their assignment.
    Stable,
}

/// A group of the classic protocol.
#[derive(Debug)]
pub(super) struct ClassicGroup {
    phase: Phase,
    generation: i32,
    protocol_type: Option<String>,
    protocol: Option<String>,
    leader: Option<String>,
    members: BTreeMap<String, Member>,
    /// Ids that were given to members that did not join with them yet, with the time they lapse.
    pending: BTreeMap<String, i64>,
    /// The member id of each instance id.
    instances: BTreeMap<String, String>,
    /// Members of this generation that did not sync yet, and until when they may.
    unsynced: BTreeSet<String>,
    sync_deadline_ms: Option<i64>,
    /// Offsets were committed to it: it exists though nobody joined.
    holds_offsets: bool,
}

impl ClassicGroup {
    /// A group that has no members, at this generation.
    pub(super) fn new(generation: i32, protocol_type: Option<String>) -> Self {
        Self {
            phase: Phase::Empty,
            generation,
            protocol_type,
            protocol: None,
            leader: None,
            members: BTreeMap::new(),
            pending: BTreeMap::new(),
            instances: BTreeMap::new(),
            unsynced: BTreeSet::new(),
            sync_deadline_ms: None,
            holds_offsets: false,
        }
    }

    /// A group that is known by its offsets.
    pub(super) fn of_offsets(generation: i32, protocol_type: Option<String>) -> Self {
        Self {
            holds_offsets: true,
            ..Self::new(generation, protocol_type)
        }
    }

    /// What must be stored of it: nothing until it comes to a generation or offsets.
    pub(super) fn record(&self, key: &GroupKey) -> Option<GroupRecord> {
        (self.generation > 0 || self.holds_offsets).then(|| GroupRecord {
            key: key.clone(),
            kind: GroupKind::Classic,
            epoch: self.generation,
            protocol_type: self.protocol_type.clone(),
        })
    }

    /// Its generation.
    pub(super) fn generation(&self) -> i32 {
        self.generation
    }

    /// Whether it has no members, though some may be about to join.
    pub(super) fn is_empty(&self) -> bool {
        self.phase == Phase::Empty
    }

    /// Whether nothing at all is known of it but its record.
    pub(super) fn is_idle(&self) -> bool {
        self.is_empty() && self.pending.is_empty()
    }

    /// Its state, as others see it.
    pub(super) fn state(&self) -> GroupState {
        match self.phase {
            Phase::Empty => GroupState::Empty,
            Phase::Preparing(_) => GroupState::PreparingRebalance,
            Phase::Completing => GroupState::CompletingRebalance,
            Phase::Stable => GroupState::Stable,
        }
    }

    /// Its protocol type, empty when nobody ever joined.
    pub(super) fn protocol_type(&self) -> String {
        self.protocol_type.clone().unwrap_or_default()
    }

    /// For DescribeGroups.
    pub(super) fn describe(&self) -> ClassicDescription {
        let protocol = match self.phase {
            Phase::Stable => self.protocol.as_deref(),
            _ => None,
        };
        let members = self.members.iter().map(|(id, member)| {
            let shown = |bytes: &Bytes| protocol.map(|_| bytes.clone()).unwrap_or_default();
            ClassicMemberDescription {
                member_id: id.clone(),
                instance_id: member.instance_id.clone(),
                client: member.client.clone(),
                metadata: member.metadata(protocol),
                assignment: shown(&member.assignment),
            }
        });
        ClassicDescription {
            state: self.state(),
            protocol_type: self.protocol_type(),
            protocol: protocol.unwrap_or_default().to_owned(),
            members: members.collect(),
        }
    }

    /// Whether a commit may be stored; one by a member counts as a heartbeat.
    ///
    /// While the leader assigns, a member of the generation is told to wait for the end of it.
    pub(super) fn check_commit(
        &mut self,
        turn: &mut Turn<'_>,
        commit: &Commit,
    ) -> Result<(), ErrorCode> {
        if commit.epoch < 0 && self.is_empty() {
            self.holds_offsets = true;
            return Ok(());
        }
        self.check_member(&commit.member_id, commit.instance_id.as_deref())?;
        let is_of_generation = |member: &Member| !member.is_new();
        if commit.epoch != self.generation
            || !self
                .members
                .get(&commit.member_id)
                .is_some_and(is_of_generation)
        {
            return Err(ErrorCode::IllegalGeneration);
        }
        if self.phase == Phase::Completing {
            return Err(ErrorCode::RebalanceInProgress);
        }
        self.touch(turn, &commit.member_id);
        Ok(())
    }

    /// The topics that its members read.
    ///
    /// # Errors
    /// `NonEmptyGroup` when it has members and nobody can tell what they read.
    pub(super) fn subscribed_topics(&self) -> Result<BTreeSet<String>, ErrorCode> {
        let metadata = self
            .members
            .values()
            .flat_map(|member| &member.protocols)
            .map(|protocol| &protocol.metadata);
        let is_consumer = self.protocol_type.as_deref() == Some(CONSUMER_PROTOCOL_TYPE);
        let mut topics = BTreeSet::new();
        for bytes in metadata {
            let more = is_consumer.then(|| subscription::topics(bytes)).flatten();
            topics.extend(more.ok_or(ErrorCode::NonEmptyGroup)?);
        }
        Ok(topics)
    }

    /// Whether this is a member, and the one that holds its instance id.
    fn check_member(&self, member_id: &str, instance_id: Option<&str>) -> Result<(), ErrorCode> {
        if let Some(instance) = instance_id {
            match self.instances.get(instance) {
                None => return Err(ErrorCode::UnknownMemberId),
                Some(holder) if holder != member_id => return Err(ErrorCode::FencedInstanceId),
                Some(_) => {}
            }
        }
        if self.members.contains_key(member_id) {
            Ok(())
        } else {
            Err(ErrorCode::UnknownMemberId)
        }
    }

    fn is_leader(&self, member_id: &str) -> bool {
        self.leader.as_deref() == Some(member_id)
    }

    /// Notes that a member is alive.
    fn touch(&mut self, turn: &Turn<'_>, member_id: &str) {
        if let Some(member) = self.members.get_mut(member_id) {
            member.begin_session(turn);
        }
    }
}
