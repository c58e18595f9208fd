//! Groups of KIP-848: members heartbeat, the coordinator assigns.
//!
//! Each change of the members, of what they subscribe to, or of the topics makes a new epoch with a
//! new target for each member. A member goes to its target at its own heartbeats: first it gives up
//! what it shall not hold, then it gets what it shall and nobody else holds any more.

mod assignor;
mod heartbeat;
mod member;
mod reconcile;

use std::collections::{BTreeMap, BTreeSet};

use super::error::ErrorCode;
use super::topics::{PartitionSet, TopicId, Topics};
use super::turn::Turn;
use super::types::{Commit, Fetch, GroupKey, GroupKind, GroupRecord};
use super::views::{ConsumerDescription, ConsumerMemberDescription, GroupState};
use assignor::{Assignor, Subscriber};
use member::Member;

pub(super) use heartbeat::{Refusal, check_request};

/// A KIP-848 group.
#[derive(Debug)]
pub(super) struct ConsumerGroup {
    epoch: i32,
    assignor: Assignor,
    members: BTreeMap<String, Member>,
    /// The member id of each instance id.
    instances: BTreeMap<String, String>,
    /// The topics that any member reads, with the number of partitions assigned.
    subscribed: BTreeMap<TopicId, i32>,
}

impl ConsumerGroup {
    /// A group that has no members, at this epoch.
    pub(super) fn new(epoch: i32) -> Self {
        Self {
            epoch,
            assignor: Assignor::default(),
            members: BTreeMap::new(),
            instances: BTreeMap::new(),
            subscribed: BTreeMap::new(),
        }
    }

    /// What must be stored of it: nothing until somebody joined.
    pub(super) fn record(&self, key: &GroupKey) -> Option<GroupRecord> {
        (self.epoch > 0).then(|| GroupRecord {
            key: key.clone(),
            kind: GroupKind::Consumer,
            epoch: self.epoch,
            protocol_type: None,
        })
    }

    /// Its epoch.
    pub(super) fn epoch(&self) -> i32 {
        self.epoch
    }

    /// Whether it has no members.
    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Its state, as others see it.
    pub(super) fn state(&self) -> GroupState {
        let is_settled = |member: &Member| member.is_settled(self.epoch);
        if self.members.is_empty() {
            GroupState::Empty
        } else if self.members.values().all(is_settled) {
            GroupState::Stable
        } else {
            GroupState::Reconciling
        }
    }

    /// For ConsumerGroupDescribe.
    pub(super) fn describe(&self) -> ConsumerDescription {
        let members = self
            .members
            .iter()
            .map(|(id, member)| ConsumerMemberDescription {
                member_id: id.clone(),
                instance_id: member.instance_id.clone(),
                rack_id: member.rack_id.clone(),
                member_epoch: member.epoch,
                client: member.client.clone(),
                topic_names: member.subscription.names.iter().cloned().collect(),
                topic_pattern: member.subscription.pattern.clone(),
                assigned: member.assigned.clone(),
                target: member.target.clone(),
            });
        ConsumerDescription {
            state: self.state(),
            epoch: self.epoch,
            assignor: self.assignor.name(),
            members: members.collect(),
        }
    }

    /// Whether a commit may be stored.
    pub(super) fn check_commit(&self, commit: &Commit) -> Result<(), ErrorCode> {
        if commit.epoch < 0 && self.is_empty() {
            return Ok(());
        }
        let member = self.members.get(&commit.member_id);
        let member = member.ok_or(ErrorCode::UnknownMemberId)?;
        if !commit.knows_member_epochs {
            return Err(ErrorCode::UnsupportedVersion);
        }
        member.check_current_epoch(commit.epoch)
    }

    /// Whether committed offsets may be given out: not to a member that is behind.
    pub(super) fn check_fetch(&self, fetch: &Fetch) -> Result<(), ErrorCode> {
        match &fetch.member_id {
            None if fetch.epoch < 0 => Ok(()),
            None => Err(ErrorCode::UnknownMemberId),
            Some(id) => {
                let member = self.members.get(id);
                let member = member.ok_or(ErrorCode::UnknownMemberId)?;
                member.check_current_epoch(fetch.epoch)
            }
        }
    }

    /// The names of the topics that its members read.
    pub(super) fn subscribed_topics(&self, topics: &Topics) -> BTreeSet<String> {
        let named = self
            .members
            .values()
            .flat_map(|member| &member.subscription.names);
        let found = topics
            .iter()
            .filter(|(_, topic)| self.subscribed.contains_key(&topic.id))
            .map(|(name, _)| name);
        named.chain(found).cloned().collect()
    }

    /// Looks again at what the members subscribe to, and gives everybody a new target when that, or
    /// anything else (`is_changed`), is not as it was.
    pub(super) fn refresh(&mut self, turn: &Turn<'_>, mut is_changed: bool) {
        let mut found: BTreeMap<String, BTreeSet<TopicId>> = BTreeMap::new();
        for member in self.members.values_mut() {
            let mut topics: BTreeSet<TopicId> = member
                .subscription
                .names
                .iter()
                .filter_map(|name| turn.topics.get(name))
                .map(|topic| topic.id)
                .collect();
            if let Some(pattern) = &member.subscription.pattern {
                let matches = found.entry(pattern.clone()).or_insert_with(|| {
                    // A wrong pattern was refused when the member brought it.
                    (turn.matcher)(pattern, turn.topics).unwrap_or_default()
                });
                topics.extend(&*matches);
            }
            is_changed |= topics != member.topics;
            member.topics = topics;
        }
        let subscribed = self.count_partitions(turn.topics);
        if is_changed || subscribed != self.subscribed {
            self.subscribed = subscribed;
            self.epoch = self.epoch.saturating_add(1);
            self.assign();
        }
    }

    /// Removes members that are silent, or that do not give up what they must.
    pub(super) fn expire(&mut self, turn: &Turn<'_>) {
        let late: Vec<String> = self
            .members
            .iter()
            .filter(|(_, member)| member.deadline_ms() <= turn.now_ms)
            .map(|(id, _)| id.clone())
            .collect();
        for id in &late {
            self.remove(id);
        }
        if !late.is_empty() {
            self.refresh(turn, true);
        }
    }

    /// When [`Self::expire`] has something to do next.
    pub(super) fn next_deadline_ms(&self) -> Option<i64> {
        self.members
            .values()
            .map(|member| member.deadline_ms())
            .min()
    }

    fn remove(&mut self, id: &str) -> Option<Member> {
        let member = self.members.remove(id)?;
        if let Some(instance) = &member.instance_id {
            self.instances.remove(instance);
        }
        Some(member)
    }

    fn count_partitions(&self, topics: &Topics) -> BTreeMap<TopicId, i32> {
        let wanted: BTreeSet<TopicId> = self
            .members
            .values()
            .flat_map(|member| member.topics.iter().copied())
            .collect();
        topics
            .values()
            .filter(|topic| wanted.contains(&topic.id))
            .map(|topic| (topic.id, topic.partitions))
            .collect()
    }

    /// Sets all members' targets.
    fn assign(&mut self) {
        self.assignor =
            assignor::preferred(self.members.values().filter_map(|member| member.assignor));
        let subscribers: Vec<Subscriber<'_>> = self
            .members
            .iter()
            .map(|(id, member)| Subscriber {
                // A static member keeps its place when it comes back under another id.
                name: member.instance_id.as_deref().unwrap_or(id),
                topics: &member.topics,
                holds: &member.target,
            })
            .collect();
        let targets: Vec<PartitionSet> = self.assignor.assign(&subscribers, &self.subscribed);
        for (member, target) in self.members.values_mut().zip(targets) {
            member.target = target;
        }
    }
}
