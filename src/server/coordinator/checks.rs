//! Questions about groups: may offsets be stored, fetched or deleted, and what is there to see.

use std::collections::BTreeSet;

use super::Coordinator;
use super::error::ErrorCode;
use super::group::Group;
use super::topics::Topics;
use super::types::{Action, Commit, Fetch, GroupKey, GroupKind};
use super::views::{ClassicDescription, ConsumerDescription, GroupListing, ListFilter};

impl Coordinator {
    /// Whether a commit may be stored. One by a classic member counts as a heartbeat.
    ///
    /// The actions hold records only: one that commits without being a member makes the group.
    ///
    /// # Errors
    /// `UnknownMemberId`, `FencedInstanceId`, `IllegalGeneration`, `StaleMemberEpoch`: it is not by
    /// a member as it is now. `RebalanceInProgress`: not while the leader assigns.
    /// `GroupIdNotFound`, `UnsupportedVersion`, `GroupMaxSizeReached`.
    pub fn check_commit(
        &mut self,
        now_ms: i64,
        key: &GroupKey,
        commit: &Commit,
    ) -> Result<Vec<Action>, ErrorCode> {
        self.now_ms = self.now_ms.max(now_ms);
        if !self.slots.contains_key(key) {
            match commit.epoch {
                ..0 => self.make_room(key, GroupKind::Classic)?,
                _ if commit.knows_member_epochs => return Err(ErrorCode::GroupIdNotFound),
                _ => return Err(ErrorCode::IllegalGeneration),
            }
        }
        let mut actions = Vec::new();
        let outcome = self.take_turn(&mut actions, key, |group, turn| match group {
            Group::Classic(group) => group.check_commit(turn, commit),
            Group::Consumer(group) => group.check_commit(commit),
        });
        outcome.unwrap_or(Err(ErrorCode::GroupIdNotFound))?;
        Ok(actions)
    }

    /// Whether committed offsets may be given out. A group that is not known has none, which is no
    /// error.
    ///
    /// # Errors
    /// `UnknownMemberId`, `StaleMemberEpoch`: the one that asks is not a member as it is now.
    pub fn check_fetch(&self, key: &GroupKey, fetch: &Fetch) -> Result<(), ErrorCode> {
        match self.group(key) {
            Some(Group::Consumer(group)) => group.check_fetch(fetch),
            Some(Group::Classic(_)) | None => Ok(()),
        }
    }

    /// The topics that the members of a group read: OffsetDelete must refuse them with
    /// [`ErrorCode::GroupSubscribedToTopic`].
    ///
    /// # Errors
    /// `GroupIdNotFound`. `NonEmptyGroup`: it has members, and only they know what they read.
    pub fn subscribed_topics(&self, key: &GroupKey) -> Result<BTreeSet<String>, ErrorCode> {
        let none = Topics::new();
        match self.group(key) {
            None => Err(ErrorCode::GroupIdNotFound),
            Some(Group::Classic(group)) => group.subscribed_topics(),
            Some(Group::Consumer(group)) => {
                Ok(group.subscribed_topics(self.topics.get(&key.scope).unwrap_or(&none)))
            }
        }
    }

    /// Deletes a group. The caller deletes its record and its offsets.
    ///
    /// # Errors
    /// `NonEmptyGroup`: it has members. `GroupIdNotFound`.
    pub fn delete(&mut self, key: &GroupKey) -> Result<(), ErrorCode> {
        let slot = self.slots.get(key).ok_or(ErrorCode::GroupIdNotFound)?;
        if !slot.group.is_empty() {
            return Err(ErrorCode::NonEmptyGroup);
        }
        if let Some(deadline_ms) = slot.deadline_ms {
            self.deadlines.remove(&(deadline_ms, key.clone()));
        }
        self.slots.remove(key);
        Ok(())
    }

    /// The groups of a scope, by name.
    pub fn list(&self, scope: &str, filter: &ListFilter) -> Vec<GroupListing> {
        self.in_scope(scope)
            .map(|(key, slot)| slot.group.listing(&key.group))
            .filter(|listing| filter.accepts(listing))
            .collect()
    }

    /// For DescribeGroups: none when there is no such group, or it is of the other kind.
    pub fn describe_classic(&self, key: &GroupKey) -> Option<ClassicDescription> {
        match self.group(key)? {
            Group::Classic(group) => Some(group.describe()),
            Group::Consumer(_) => None,
        }
    }

    /// For ConsumerGroupDescribe: none when there is no such group, or it is of the other kind.
    pub fn describe_consumer(&self, key: &GroupKey) -> Option<ConsumerDescription> {
        match self.group(key)? {
            Group::Consumer(group) => Some(group.describe()),
            Group::Classic(_) => None,
        }
    }

    fn group(&self, key: &GroupKey) -> Option<&Group> {
        self.slots.get(key).map(|slot| &slot.group)
    }
}
