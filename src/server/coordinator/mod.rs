//! The coordinator of Kafka's consumer groups: who is a member, and who reads which partition.
//!
//! A pure state machine. An [`Event`] goes in with the time, [`Action`]s come out; nothing here
//! waits, stores, sends, asks a clock or draws lots. The caller
//!
//! * hands in each request with a [`Ticket`], and keeps the caller of a ticket waiting until an
//!   [`Action::Reply`] names it, in this turn or in a later one;
//! * does the actions in order: what an [`Action::Persist`] says is stored before what follows;
//! * sends [`Event::Tick`] at [`Coordinator::next_deadline_ms`];
//! * sends [`Event::TopicsChanged`] before a scope's first KIP-848 heartbeat and whenever topics
//!   come, grow or go;
//! * asks [`Coordinator::check_commit`] before it stores offsets, with nothing between the two, and
//!   keeps the offsets themselves.
//!
//! The kinds of groups are in `classic` and `consumer`. A group without members changes its kind
//! when somebody joins with the other protocol; one with members refuses.

// No panic can be reached from a request. Tests may panic: that is how they fail.
#![cfg_attr(
    not(test),
    deny(clippy::indexing_slicing, clippy::string_slice, clippy::panic)
)]

mod checks;
mod classic;
mod consumer;
mod error;
mod group;
mod requests;
mod settings;
mod subscription;
mod topics;
mod turn;
mod types;
mod views;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};

pub(super) use error::ErrorCode;
pub(super) use settings::Settings;
pub(super) use topics::{PartitionSet, Topic, TopicId, TopicMatcher, TopicPartition, Topics};
pub(super) use types::{
    Action, Client, Commit, ConsumerHeartbeatRequest, ConsumerHeartbeatResponse, Event, Fetch,
    GroupKey, GroupKind, GroupRecord, HeartbeatRequest, JoinRequest, JoinResponse, LeaveRequest,
    LeaveResponse, LeavingMember, Protocol, Request, Response, SyncRequest, SyncResponse, Ticket,
};
pub(super) use views::{
    ClassicDescription, ClassicMemberDescription, ConsumerDescription, ConsumerMemberDescription,
    GroupListing, ListFilter,
};

use group::Group;
use turn::Turn;

/// A group with what the coordinator notes about it.
#[derive(Debug)]
struct Slot {
    group: Group,
    /// What is stored of it, as far as the caller was told.
    record: Option<GroupRecord>,
    /// Its entry in the deadlines.
    deadline_ms: Option<i64>,
}

/// All groups of all scopes.
#[derive(Debug)]
pub(super) struct Coordinator {
    settings: Settings,
    matcher: TopicMatcher,
    slots: BTreeMap<GroupKey, Slot>,
    deadlines: BTreeSet<(i64, GroupKey)>,
    topics: HashMap<String, Topics>,
    now_ms: i64,
}

impl Coordinator {
    /// A coordinator without groups.
    pub(super) fn new(settings: Settings, matcher: TopicMatcher) -> Self {
        Self {
            settings,
            matcher,
            slots: BTreeMap::new(),
            deadlines: BTreeSet::new(),
            topics: HashMap::new(),
            now_ms: 0,
        }
    }

    /// Brings a group back as it was stored. To be called before any event of its scope.
    pub(super) fn restore(&mut self, record: GroupRecord) {
        let slot = Slot {
            group: Group::restored(&record),
            record: Some(record.clone()),
            deadline_ms: None,
        };
        self.slots.insert(record.key, slot);
    }

    /// Handles an event, after what was due by now. A clock that goes back counts as standing still.
    pub(super) fn handle(&mut self, now_ms: i64, event: Event) -> Vec<Action> {
        let mut actions = Vec::new();
        self.now_ms = self.now_ms.max(now_ms);
        self.expire(&mut actions);
        match event {
            Event::Request {
                key,
                ticket,
                request,
            } => self.request(&mut actions, &key, ticket, *request),
            Event::TopicsChanged { scope, topics } => {
                self.change_topics(&mut actions, scope, topics);
            }
            Event::Tick => {}
        }
        actions
    }

    /// Says that a record could not be stored: the group's next turn hands it out again.
    pub(super) fn not_stored(&mut self, key: &GroupKey) {
        if let Some(slot) = self.slots.get_mut(key) {
            slot.record = None;
        }
    }

    /// When the next [`Event::Tick`] is due, in milliseconds.
    pub(super) fn next_deadline_ms(&self) -> Option<i64> {
        self.deadlines.first().map(|(deadline_ms, _)| *deadline_ms)
    }

    fn expire(&mut self, actions: &mut Vec<Action>) {
        let due: Vec<GroupKey> = self
            .deadlines
            .iter()
            .take_while(|(deadline_ms, _)| *deadline_ms <= self.now_ms)
            .map(|(_, key)| key.clone())
            .collect();
        for key in due {
            self.take_turn(actions, &key, |group, turn| group.expire(turn));
        }
    }

    fn change_topics(&mut self, actions: &mut Vec<Action>, scope: String, topics: Topics) {
        if self.topics.get(&scope) == Some(&topics) {
            return;
        }
        let keys: Vec<GroupKey> = self
            .in_scope(&scope)
            .filter(|(_, slot)| !slot.group.is_empty())
            .map(|(key, _)| key.clone())
            .collect();
        self.topics.insert(scope, topics);
        for key in keys {
            self.take_turn(actions, &key, |group, turn| {
                if let Group::Consumer(group) = group {
                    group.refresh(turn, false);
                }
            });
        }
    }

    fn in_scope(&self, scope: &str) -> impl Iterator<Item = (&GroupKey, &Slot)> {
        let first = GroupKey {
            scope: scope.to_owned(),
            group: String::new(),
        };
        self.slots
            .range(first..)
            .take_while(move |(key, _)| key.scope == scope)
    }

    /// Lets a group that exists do some work, and sees to what follows: what must be stored goes
    /// before its replies, its deadline is noted, and a group that came to nothing is dropped.
    fn take_turn<T>(
        &mut self,
        actions: &mut Vec<Action>,
        key: &GroupKey,
        work: impl FnOnce(&mut Group, &mut Turn<'_>) -> T,
    ) -> Option<T> {
        let no_topics = Topics::new();
        let slot = self.slots.get_mut(key)?;
        let mut replies = Vec::new();
        let mut turn = Turn {
            now_ms: self.now_ms,
            settings: &self.settings,
            topics: self.topics.get(&key.scope).unwrap_or(&no_topics),
            matcher: self.matcher,
            replies: &mut replies,
        };
        let result = work(&mut slot.group, &mut turn);
        let record = slot.group.record(key);
        if let Some(record) = &record
            && slot.record.as_ref() != Some(record)
        {
            actions.push(Action::Persist(record.clone()));
        }
        actions.append(&mut replies);
        slot.record = record;
        let deadline_ms = slot.group.next_deadline_ms();
        if slot.deadline_ms != deadline_ms {
            if let Some(earlier_ms) = slot.deadline_ms {
                self.deadlines.remove(&(earlier_ms, key.clone()));
            }
            if let Some(deadline_ms) = deadline_ms {
                self.deadlines.insert((deadline_ms, key.clone()));
            }
            slot.deadline_ms = deadline_ms;
        }
        if slot.record.is_none() && slot.group.is_idle() {
            self.slots.remove(key);
        }
        Some(result)
    }
}
