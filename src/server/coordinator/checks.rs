//! Questions about groups: may offsets be stored, fetched or deleted, and what is there to see.

use std::collections::BTreeSet;

use super::error::ErrorCode;
use super::group::Group;
use super::requests::check_group_id;
use super::topics::Topics;
use super::types::{Action, Commit, Fetch, GroupKey, GroupKind};
use super::views::{ClassicDescription, ConsumerDescription, GroupListing, ListFilter};
use super::{Coordinator, Slot};

impl Coordinator {
    /// Whether a commit may be stored. One by a classic member counts as a heartbeat.
    ///
    /// The actions hold records only: one that commits without being a member makes the group.
    ///
    /// # Errors
    /// `UnknownMemberId`, `FencedInstanceId`, `IllegalGeneration`, `StaleMemberEpoch`: it is not by
    /// a member as it is now. `RebalanceInProgress`: not while the leader assigns.
    /// `InvalidGroupId`, `GroupIdNotFound`, `UnsupportedVersion`, `GroupMaxSizeReached`.
    pub(crate) fn check_commit(
        &mut self,
        now_ms: i64,
        key: &GroupKey,
        commit: &Commit,
    ) -> Result<Vec<Action>, ErrorCode> {
        self.now_ms = self.now_ms.max(now_ms);
        check_group_id(&key.group)?;
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
    pub(crate) fn check_fetch(&self, key: &GroupKey, fetch: &Fetch) -> Result<(), ErrorCode> {
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
    pub(crate) fn subscribed_topics(&self, key: &GroupKey) -> Result<BTreeSet<String>, ErrorCode> {
        let none = Topics::new();
        match self.group(key) {
            None => Err(ErrorCode::GroupIdNotFound),
            Some(Group::Classic(group)) => group.subscribed_topics(),
            Some(Group::Consumer(group)) => {
                Ok(group.subscribed_topics(self.topics.get(&key.scope).unwrap_or(&none)))
            }
        }
    }

    /// Whether a group can be deleted.
    ///
    /// # Errors
    /// `NonEmptyGroup`: it has members. `GroupIdNotFound`.
    pub(crate) fn check_delete(&self, key: &GroupKey) -> Result<(), ErrorCode> {
        match self.group(key) {
            None => Err(ErrorCode::GroupIdNotFound),
            Some(group) if !group.is_empty() => Err(ErrorCode::NonEmptyGroup),
            Some(_) => Ok(()),
        }
    }

    /// Deletes a group. The caller deletes its record and its offsets.
    ///
    /// # Errors
    /// As [`Coordinator::check_delete`].
    pub(crate) fn delete(&mut self, key: &GroupKey) -> Result<(), ErrorCode> {
        self.check_delete(key)?;
        self.remove(key);
        Ok(())
    }

    /// Forgets a scope and its groups, but for those with members. Whether nothing is left of it.
    pub(crate) fn forget_scope(&mut self, scope: &str) -> bool {
        let empty = |(key, slot): (&GroupKey, &Slot)| slot.group.is_empty().then(|| key.clone());
        let keys: Vec<GroupKey> = self.in_scope(scope).filter_map(empty).collect();
        for key in &keys {
            self.remove(key);
        }
        let nothing_left = self.in_scope(scope).next().is_none();
        if nothing_left {
            self.topics.remove(scope);
        }
        nothing_left
    }

    fn remove(&mut self, key: &GroupKey) {
        if let Some(Slot {
            deadline_ms: Some(deadline_ms),
            ..
        }) = self.slots.remove(key)
        {
            self.deadlines.remove(&(deadline_ms, key.clone()));
        }
    }

    /// The groups of a scope, by name.
    pub(crate) fn list(&self, scope: &str, filter: &ListFilter) -> Vec<GroupListing> {
        self.in_scope(scope)
            .map(|(key, slot)| slot.group.listing(&key.group))
            .filter(|listing| filter.accepts(listing))
            .collect()
    }

    /// For DescribeGroups: none when there is no such group, or it is of the other kind.
    pub(crate) fn describe_classic(&self, key: &GroupKey) -> Option<ClassicDescription> {
        match self.group(key)? {
            Group::Classic(group) => Some(group.describe()),
            Group::Consumer(_) => None,
        }
    }

    /// For ConsumerGroupDescribe: none when there is no such group, or it is of the other kind.
    pub(crate) fn describe_consumer(&self, key: &GroupKey) -> Option<ConsumerDescription> {
        match self.group(key)? {
            Group::Consumer(group) => Some(group.describe()),
            Group::Classic(_) => None,
        }
    }

    fn group(&self, key: &GroupKey) -> Option<&Group> {
        self.slots.get(key).map(|slot| &slot.group)
    }
}
