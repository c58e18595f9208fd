//! A group of either kind.

use super::classic::{CONSUMER_PROTOCOL_TYPE, ClassicGroup};
use super::consumer::ConsumerGroup;
use super::turn::Turn;
use super::types::{GroupKey, GroupKind, GroupRecord};
use super::views::{GroupListing, GroupState};

/// A group of either kind.
#[derive(Debug)]
pub(super) enum Group {
    Classic(ClassicGroup),
    Consumer(ConsumerGroup),
}

impl Group {
    /// A group that nobody joined yet.
    pub(super) fn new(kind: GroupKind) -> Self {
        match kind {
            GroupKind::Classic => Self::Classic(ClassicGroup::new(0, None)),
            GroupKind::Consumer => Self::Consumer(ConsumerGroup::new(0)),
        }
    }

    /// The group of a record: without members, at the epoch it had.
    pub(super) fn restored(record: &GroupRecord) -> Self {
        let epoch = record.epoch.max(0);
        match record.kind {
            GroupKind::Classic => Self::Classic(ClassicGroup::of_offsets(
                epoch,
                record.protocol_type.clone(),
            )),
            GroupKind::Consumer => Self::Consumer(ConsumerGroup::new(epoch)),
        }
    }

    /// What must be stored of it.
    pub(super) fn record(&self, key: &GroupKey) -> Option<GroupRecord> {
        match self {
            Self::Classic(group) => group.record(key),
            Self::Consumer(group) => group.record(key),
        }
    }

    pub(super) fn kind(&self) -> GroupKind {
        match self {
            Self::Classic(_) => GroupKind::Classic,
            Self::Consumer(_) => GroupKind::Consumer,
        }
    }

    /// Turns a group without members into one of this kind, which goes on counting where it was.
    pub(super) fn convert_if_empty(&mut self, kind: GroupKind) {
        if !self.is_empty() || self.kind() == kind {
            return;
        }
        *self = match self {
            Self::Classic(group) => Self::Consumer(ConsumerGroup::new(group.generation())),
            Self::Consumer(group) => Self::Classic(ClassicGroup::new(
                group.epoch(),
                Some(CONSUMER_PROTOCOL_TYPE.to_owned()),
            )),
        };
    }

    /// Whether it has no members. Some may have been given an id to join with.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Classic(group) => group.is_empty(),
            Self::Consumer(group) => group.is_empty(),
        }
    }

    /// Whether nothing is known of it but its record.
    pub(super) fn is_idle(&self) -> bool {
        match self {
            Self::Classic(group) => group.is_idle(),
            Self::Consumer(group) => group.is_empty(),
        }
    }

    pub(super) fn next_deadline_ms(&self) -> Option<i64> {
        match self {
            Self::Classic(group) => group.next_deadline_ms(),
            Self::Consumer(group) => group.next_deadline_ms(),
        }
    }

    pub(super) fn expire(&mut self, turn: &mut Turn<'_>) {
        match self {
            Self::Classic(group) => group.expire(turn),
            Self::Consumer(group) => group.expire(turn),
        }
    }

    pub(super) fn listing(&self, name: &str) -> GroupListing {
        let (state, protocol_type): (GroupState, String) = match self {
            Self::Classic(group) => (group.state(), group.protocol_type()),
            Self::Consumer(group) => (group.state(), CONSUMER_PROTOCOL_TYPE.to_owned()),
        };
        GroupListing {
            group: name.to_owned(),
            kind: self.kind(),
            state,
            protocol_type,
        }
    }
}
