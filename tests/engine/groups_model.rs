//! A consumer group against a simple model, over random interleavings of what its instances do.
//!
//! Whatever happens: a partition has one reader at a time; an instance sees a partition's messages in
//! order; nothing is committed that was not delivered; and in the end the group has got every message.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::json;

use crate::support::{Bench, text};

const PARTITIONS: u32 = 3;
const TIMEOUT_MS: i64 = 1_000;

#[derive(Clone, Debug)]
enum Step {
    /// Puts a message into a partition.
    Put(u32),
    /// An instance reads, at most so many messages.
    Get(usize, usize),
    Heartbeat(usize),
    Commit(usize),
    /// An instance forgets all it knows, and begins again with a new cursor.
    Restart(usize),
    /// The last read of an instance is made again with the cursor it was made with.
    Repeat(usize),
    /// Time passes.
    Wait(i64),
}

fn step(instances: usize) -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..PARTITIONS).prop_map(Step::Put),
        6 => (0..instances, 1..6_usize).prop_map(|(instance, limit)| Step::Get(instance, limit)),
        1 => (0..instances).prop_map(Step::Heartbeat),
        2 => (0..instances).prop_map(Step::Commit),
        1 => (0..instances).prop_map(Step::Restart),
        1 => (0..instances).prop_map(Step::Repeat),
        2 => (1..TIMEOUT_MS + 200).prop_map(Step::Wait),
    ]
}

struct Instance {
    name: String,
    commits_on_get: bool,
    cursor: Option<String>,
    /// The cursor of its last read.
    used: Option<String>,
    /// The last offset it saw of each partition, since it got hold of it.
    seen: BTreeMap<u32, i64>,
}

struct World {
    bench: Bench,
    keys: Vec<String>,
    instances: Vec<Instance>,
    put: BTreeSet<(u32, i64)>,
    got: BTreeSet<(u32, i64)>,
    committed: BTreeMap<u32, i64>,
}

/// Who reads a partition, and the last offset committed, or -1.
struct Reservation {
    holder: Option<String>,
    committed: i64,
}

impl World {
    fn new(commits_on_get: &[bool]) -> Self {
        let bench = Bench::new();
        bench.stream("orders", PARTITIONS);
        let keys = bench.keys(PARTITIONS);
        let instances = commits_on_get
            .iter()
            .enumerate()
            .map(|(nth, commits)| Instance {
                name: format!("i{nth}"),
                commits_on_get: *commits,
                cursor: None,
                used: None,
                seen: BTreeMap::new(),
            });
        Self {
            instances: instances.collect(),
            bench,
            keys,
            put: BTreeSet::new(),
            got: BTreeSet::new(),
            committed: BTreeMap::new(),
        }
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Put(partition) => {
                let key = &self.keys[*partition as usize];
                let place = self.bench.put_keyed("orders", key, "x");
                assert_eq!(place.0, *partition);
                self.put.insert(place);
            }
            Step::Get(nth, limit) => {
                let cursor = self.cursor(*nth);
                self.read(*nth, &cursor, *limit);
            }
            Step::Repeat(nth) => {
                if let Some(cursor) = self.instances[*nth].used.clone() {
                    self.instances[*nth].seen.clear();
                    self.read(*nth, &cursor, 5);
                }
            }
            Step::Heartbeat(nth) => self.renew(*nth, "ConsumerHeartbeat"),
            Step::Commit(nth) => self.renew(*nth, "ConsumerCommit"),
            Step::Restart(nth) => {
                let instance = &mut self.instances[*nth];
                (instance.cursor, instance.used) = (None, None);
                instance.seen.clear();
            }
            Step::Wait(by_ms) => self.bench.time.advance(*by_ms),
        }
        self.check();
    }

    fn cursor(&mut self, nth: usize) -> String {
        let instance = &mut self.instances[nth];
        if let Some(cursor) = &instance.cursor {
            return cursor.clone();
        }
        let cursor = self.bench.group_cursor_of(
            "orders",
            json!({
                "groupName": "g", "instanceName": instance.name, "type": "TRIM_HORIZON",
                "timeoutInMs": TIMEOUT_MS, "commitOnGet": instance.commits_on_get,
            }),
        );
        instance.cursor = Some(cursor.clone());
        cursor
    }

    fn read(&mut self, nth: usize, cursor: &str, limit: usize) {
        let (messages, next) = self.bench.get_at_most("orders", cursor, limit);
        let group = self.group();
        let instance = &mut self.instances[nth];
        // What it no longer holds may come again from the last commit on.
        let holds = |partition: &u32| group[partition].holder.as_ref() == Some(&instance.name);
        instance.seen.retain(|partition, _| holds(partition));
        for message in messages {
            assert!(holds(&message.partition), "read without holding");
            let last = instance.seen.insert(message.partition, message.offset);
            // In the meantime another may have had the partition, and committed.
            let committed = group[&message.partition].committed;
            assert!(
                last.is_none_or(|last| message.offset <= last.max(committed) + 1),
                "offset {} after {last:?}: one was skipped",
                message.offset
            );
            self.got.insert((message.partition, message.offset));
        }
        instance.used = Some(cursor.to_owned());
        instance.cursor = Some(next);
    }

    fn renew(&mut self, nth: usize, operation: &str) {
        let Some(cursor) = self.instances[nth].cursor.clone() else {
            return;
        };
        let call = self.bench.call(operation).with("streamId", "orders");
        match call.with("cursor", &cursor).answer() {
            Ok(reply) => self.instances[nth].cursor = Some(text(&reply.body.unwrap()["value"])),
            Err(error) => assert_eq!(error.message, "Trying to commit unreserved partition"),
        }
    }

    /// What the group tells of each partition; it is not there before its first cursor.
    fn group(&self) -> BTreeMap<u32, Reservation> {
        let call = self.bench.call("GetGroup").with("streamId", "orders");
        let Ok(reply) = call.with("groupName", "g").answer() else {
            return BTreeMap::new();
        };
        let body = reply.body.unwrap();
        let told = body["reservations"].as_array().unwrap().iter().map(|one| {
            let partition = one["partition"].as_str().unwrap().parse().unwrap();
            let reservation = Reservation {
                holder: one["reservedInstance"].as_str().map(str::to_owned),
                committed: one["committedOffset"].as_i64().unwrap_or(-1),
            };
            (partition, reservation)
        });
        told.collect()
    }

    /// Nothing is committed that nobody got, and no commit is taken back.
    fn check(&mut self) {
        for (partition, reservation) in self.group() {
            let before = self.committed.insert(partition, reservation.committed);
            assert!(before.is_none_or(|before| before <= reservation.committed));
            for offset in 0..=reservation.committed {
                assert!(
                    self.got.contains(&(partition, offset)),
                    "{partition}/{offset} is lost"
                );
            }
        }
    }

    /// All instances but one are gone: the last one gets all that was not got.
    fn finish(mut self) {
        self.bench.time.advance(2 * TIMEOUT_MS);
        self.instances[0].cursor = None;
        self.instances[0].seen.clear();
        for _ in 0..3 {
            let cursor = self.cursor(0);
            self.read(0, &cursor, 10_000);
        }
        assert_eq!(self.got, self.put);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96,
        failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_lost_and_nobody_shares(
        commits_on_get in prop::collection::vec(any::<bool>(), 3),
        steps in prop::collection::vec(step(3), 1..80),
    ) {
        let mut world = World::new(&commits_on_get);
        for step in &steps {
            world.take(step);
        }
        world.finish();
    }
}
