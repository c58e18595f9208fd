//! Consumer groups: the coordinator with what it leaves to others, which is waiting, time and storage.
//!
//! A group belongs to the pool of the client. The groups of a pool are brought back from the store when the
//! first of its clients asks, without their members, who join anew.
//!
//! What the coordinator decides is done under one lock: it is stored, then those who wait are answered, so
//! that no answer tells what a restart would take back. Committed offsets are stored under the same lock as
//! the check of who commits them, so that no rebalance comes between the two.
//!
//! Sessions and rebalances run by a clock that nobody can set: one that stands still, as the engine's may,
//! would keep members for ever that are long gone.

mod ask;
mod clock;
mod pattern;
mod record;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

use super::super::coordinator::{
    Action, ClassicDescription, Client, Commit, ConsumerDescription, Coordinator, ErrorCode, Event,
    Fetch, GroupKey, GroupListing, ListFilter, Response, Settings, Ticket, Topic,
};
use super::registry::{Call, Closing};
use super::{Kafka, topic_id};
use crate::engine::{CommitRefusal, Engine, NewKafkaOffset, TopicPool};
use crate::store::KafkaOffset;
use ask::Ask;

pub(super) use clock::keep_time;

/// The groups of all pools.
pub(super) struct Groups {
    /// When the clock of the groups began.
    began: Instant,
    state: Mutex<State>,
    /// When the coordinator wants to be told the time, by the clock of the groups.
    deadline_ms: watch::Sender<Option<i64>>,
}

struct State {
    coordinator: Coordinator,
    /// Those who wait for an answer.
    waiting: HashMap<Ticket, oneshot::Sender<Response>>,
    last_ticket: u64,
    /// The pools whose groups are here, by OCID, as the coordinator knows their topics.
    pools: HashMap<String, Arc<TopicPool>>,
}

/// The groups of a client's pool.
pub(super) struct PoolGroups<'c> {
    kafka: &'c Kafka,
    pool: Arc<TopicPool>,
}

impl Groups {
    pub(super) fn new() -> Self {
        Self {
            began: Instant::now(),
            state: Mutex::new(State {
                coordinator: Coordinator::new(Settings::default(), pattern::matching_topics),
                waiting: HashMap::new(),
                last_ticket: 0,
                pools: HashMap::new(),
            }),
            deadline_ms: watch::Sender::new(None),
        }
    }

    /// Does something with the groups, and notes when the coordinator is to be told the time next.
    fn change<T>(&self, work: impl FnOnce(&mut State, i64) -> T) -> T {
        let mut state = self.state();
        let result = work(&mut state, self.now_ms());
        let deadline_ms = state.coordinator.next_deadline_ms();
        self.deadline_ms.send_if_modified(|known_ms| {
            let news = *known_ms != deadline_ms;
            *known_ms = deadline_ms;
            news
        });
        result
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Brings a pool's groups back if they are not here, and tells of topics that have changed.
    fn enter(
        &mut self,
        engine: &Engine,
        pool: &Arc<TopicPool>,
        now_ms: i64,
    ) -> Result<(), ErrorCode> {
        match self.pools.get(&pool.id) {
            Some(known) if Arc::ptr_eq(known, pool) => return Ok(()),
            Some(_) => {}
            None => {
                let groups = engine.kafka_groups().list_groups(&pool.id);
                for group in groups.map_err(unavailable)? {
                    self.coordinator.restore(record::restored(&pool.id, &group));
                }
            }
        }
        self.pools.insert(pool.id.clone(), Arc::clone(pool));
        let topics = pool.topics.values().map(|topic| {
            let known = Topic {
                id: topic_id(topic),
                partitions: topic.partitions.cast_signed(),
            };
            (topic.name.clone(), known)
        });
        let event = Event::TopicsChanged {
            scope: pool.id.clone(),
            topics: topics.collect(),
        };
        self.handle(engine, now_ms, event);
        Ok(())
    }

    fn handle(&mut self, engine: &Engine, now_ms: i64, event: Event) {
        let actions = self.coordinator.handle(now_ms, event);
        // Whoever is not answered hears that the coordinator is not available, and asks again.
        let _ = self.perform(engine, actions);
    }

    /// Does what the coordinator decided. After something that could not be stored nobody is answered: the
    /// answers may tell of it.
    fn perform(&mut self, engine: &Engine, actions: Vec<Action>) -> Result<(), ErrorCode> {
        let mut outcome = Ok(());
        for action in actions {
            match action {
                Action::Persist(group) => {
                    let state = record::stored(&group);
                    let GroupKey { scope, group: name } = &group.key;
                    if let Err(error) = engine.kafka_groups().put_group(scope, name, &state) {
                        self.coordinator.not_stored(&group.key);
                        outcome = Err(unavailable(error));
                    }
                }
                Action::Reply { ticket, response } => {
                    let waits = self.waiting.remove(&ticket);
                    if let Some(waits) = waits.filter(|_| outcome.is_ok()) {
                        // One that is gone needs no answer.
                        let _ = waits.send(response);
                    }
                }
            }
        }
        outcome
    }
}

impl Call<'_> {
    /// The groups of the client's pool.
    pub(super) fn groups(&self) -> Result<PoolGroups<'_>, Closing> {
        Ok(PoolGroups {
            kafka: self.kafka,
            pool: self.pool()?,
        })
    }

    /// The program that asks, as those who look at a group see it.
    pub(super) fn client(&self) -> Client {
        Client {
            id: self.client_id(),
            host: format!("/{}", self.connection.peer.ip().to_canonical()),
        }
    }

    /// An id for a new member, never used before.
    pub(super) fn fresh_member_id(&self, instance_id: Option<&str>) -> String {
        let prefix = instance_id.map_or_else(|| self.client_id(), str::to_owned);
        format!("{prefix}-{}", uuid::Uuid::new_v4())
    }
}

impl PoolGroups<'_> {
    /// Has a member's request answered, which may take until a rebalance is over.
    ///
    /// # Errors
    /// The coordinator cannot store what it decided, or the server ends.
    pub(super) async fn ask<A: Ask>(
        &self,
        group: &str,
        request: A,
    ) -> Result<A::Answer, ErrorCode> {
        let (answer, answered) = oneshot::channel();
        self.change(|state, now_ms| {
            state.last_ticket += 1;
            let ticket = Ticket(state.last_ticket);
            state.waiting.insert(ticket, answer);
            let event = Event::Request {
                key: self.key(group),
                ticket,
                request: Box::new(request.into_request()),
            };
            state.handle(&self.kafka.shared.engine, now_ms, event);
            Ok(())
        })?;
        let response = tokio::select! {
            response = answered => response.ok(),
            () = self.kafka.shared.stopping.begun() => None,
        };
        let answer = response.and_then(A::answer);
        answer.ok_or(ErrorCode::CoordinatorNotAvailable)
    }

    /// Stores offsets for one who may commit them. The answer tells of each, in their order.
    pub(super) fn commit(
        &self,
        group: &str,
        commit: &Commit,
        offsets: &[NewKafkaOffset],
    ) -> Result<Vec<Result<(), CommitRefusal>>, ErrorCode> {
        let engine = &self.kafka.shared.engine;
        self.change(|state, now_ms| {
            let key = self.key(group);
            let actions = state.coordinator.check_commit(now_ms, &key, commit)?;
            state.perform(engine, actions)?;
            let committed = engine
                .kafka_groups()
                .commit_offsets(&self.pool.id, group, offsets);
            committed.map_err(unavailable)
        })
    }

    /// What a group has committed, for one who may know it.
    pub(super) fn committed(
        &self,
        group: &str,
        fetch: &Fetch,
    ) -> Result<Vec<KafkaOffset>, ErrorCode> {
        let engine = &self.kafka.shared.engine;
        self.change(|state, _| {
            state.coordinator.check_fetch(&self.key(group), fetch)?;
            let committed = engine
                .kafka_groups()
                .committed_offsets(&self.pool.id, group);
            committed.map_err(unavailable)
        })
    }

    /// Forgets what a group has committed in topics that it does not read. The answer has the outcome for
    /// each topic, in their order.
    pub(super) fn delete_offsets(
        &self,
        group: &str,
        topics: &[(String, Vec<(String, u32)>)],
    ) -> Result<Vec<Result<(), ErrorCode>>, ErrorCode> {
        let engine = &self.kafka.shared.engine;
        self.change(|state, _| {
            let subscribed = state.coordinator.subscribed_topics(&self.key(group))?;
            let outcomes = topics.iter().map(|(name, partitions)| {
                if subscribed.contains(name) {
                    return Err(ErrorCode::GroupSubscribedToTopic);
                }
                let deleted =
                    engine
                        .kafka_groups()
                        .delete_offsets(&self.pool.id, group, partitions);
                deleted.map(drop).map_err(unavailable)
            });
            Ok(outcomes.collect())
        })
    }

    /// Deletes a group without members, with its offsets.
    pub(super) fn delete(&self, group: &str) -> Result<(), ErrorCode> {
        let engine = &self.kafka.shared.engine;
        self.change(|state, _| {
            let key = self.key(group);
            state.coordinator.check_delete(&key)?;
            let removed = engine.kafka_groups().remove_group(&self.pool.id, group);
            removed.map_err(unavailable)?;
            state.coordinator.delete(&key)
        })
    }

    /// The groups of the pool, by name.
    pub(super) fn list(&self, filter: &ListFilter) -> Result<Vec<GroupListing>, ErrorCode> {
        self.change(|state, _| Ok(state.coordinator.list(&self.pool.id, filter)))
    }

    /// A classic group.
    pub(super) fn describe_classic(&self, group: &str) -> Result<ClassicDescription, ErrorCode> {
        self.change(|state, _| {
            let found = state.coordinator.describe_classic(&self.key(group));
            found.ok_or(ErrorCode::GroupIdNotFound)
        })
    }

    /// A KIP-848 group.
    pub(super) fn describe_consumer(&self, group: &str) -> Result<ConsumerDescription, ErrorCode> {
        self.change(|state, _| {
            let found = state.coordinator.describe_consumer(&self.key(group));
            found.ok_or(ErrorCode::GroupIdNotFound)
        })
    }

    /// The pool, for its topics.
    pub(super) fn pool(&self) -> &TopicPool {
        &self.pool
    }

    fn change<T>(
        &self,
        work: impl FnOnce(&mut State, i64) -> Result<T, ErrorCode>,
    ) -> Result<T, ErrorCode> {
        let kafka = self.kafka;
        kafka.storing(|| {
            kafka.groups.change(|state, now_ms| {
                state.enter(&kafka.shared.engine, &self.pool, now_ms)?;
                work(state, now_ms)
            })
        })
    }

    fn key(&self, group: &str) -> GroupKey {
        GroupKey {
            scope: self.pool.id.clone(),
            group: group.to_owned(),
        }
    }
}

/// What a client hears when the engine cannot store or read: it asks again later.
fn unavailable(error: impl std::fmt::Display) -> ErrorCode {
    tracing::error!("consumer groups: {error}");
    ErrorCode::CoordinatorNotAvailable
}
