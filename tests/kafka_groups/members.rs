//! Members of a group, each a process, and what they tell.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Instant;

use serde_json::Value;

use crate::server::{PATIENCE, Python, Server};

/// A message that a member read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Read {
    pub(crate) partition: u64,
    pub(crate) offset: u64,
    pub(crate) value: u64,
    /// Whether the member could commit it.
    pub(crate) committed: bool,
}

/// What the member of a name says.
type Told = (&'static str, Value);

/// The members of a group that reads one topic.
pub(crate) struct Members {
    topic: String,
    processes: BTreeMap<&'static str, Child>,
    told: Receiver<Told>,
    tell: Sender<Told>,
    /// What each has now.
    pub(crate) assigned: BTreeMap<&'static str, BTreeSet<u64>>,
    /// What was taken from each, ever.
    pub(crate) revoked: BTreeMap<&'static str, BTreeSet<u64>>,
    /// What all have read.
    pub(crate) read: Vec<Read>,
}

impl Members {
    pub(crate) fn of(topic: &str) -> Self {
        let (tell, told) = channel();
        Self {
            topic: topic.to_owned(),
            processes: BTreeMap::new(),
            told,
            tell,
            assigned: BTreeMap::new(),
            revoked: BTreeMap::new(),
            read: Vec::new(),
        }
    }

    /// Starts a member with settings of librdkafka.
    pub(crate) fn start(
        &mut self,
        python: &Python,
        server: &Server,
        name: &'static str,
        config: &Value,
    ) {
        let mut process = python
            .script("member.py")
            .args([server.kafka(), &self.topic, &config.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(process.stdout.take().unwrap());
        let tell = self.tell.clone();
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let _ = tell.send((name, serde_json::from_str(&line).unwrap()));
            }
        });
        self.processes.insert(name, process);
        self.assigned.insert(name, BTreeSet::new());
    }

    /// Ends a member's input, upon which it leaves.
    pub(crate) fn end(&mut self, name: &'static str) {
        let mut process = self.processes.remove(name).unwrap();
        drop(process.stdin.take());
        assert!(process.wait().unwrap().success());
        self.until("the member has left", |members| {
            !members.assigned.contains_key(name)
        });
    }

    /// Kills a member, which has no time to say anything.
    pub(crate) fn kill(&mut self, name: &'static str) {
        let mut process = self.processes.remove(name).unwrap();
        process.kill().unwrap();
        process.wait().unwrap();
        self.assigned.remove(name);
    }

    /// Listens to the members until something has come about.
    pub(crate) fn until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !done(self) {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok((name, told)) = self.told.recv_timeout(left) else {
                panic!(
                    "not in time: {what}. Assigned {:?}, {} messages read",
                    self.assigned,
                    self.read.len()
                );
            };
            self.note(name, &told);
        }
    }

    /// Waits until each has so many partitions, of so many in all, and no two have the same.
    pub(crate) fn until_shared(&mut self, each: usize, all: usize) {
        self.until("the partitions are shared evenly", |members| {
            let shares = members.assigned.values();
            let held: BTreeSet<u64> = shares.clone().flatten().copied().collect();
            shares.clone().all(|share| share.len() == each) && held.len() == all
        });
    }

    /// Waits until all numbers below this were read.
    pub(crate) fn until_read(&mut self, end: u64) {
        self.until("everything is read", |members| {
            members.values().len() as u64 == end
        });
    }

    /// The numbers that were read.
    pub(crate) fn values(&self) -> BTreeSet<u64> {
        self.read.iter().map(|read| read.value).collect()
    }

    /// Checks that nothing was read again once it was committed.
    pub(crate) fn assert_none_read_twice(&self) {
        let mut committed = BTreeSet::new();
        for read in &self.read {
            let place = (read.partition, read.offset);
            assert!(!committed.contains(&place), "{read:?} was read again");
            if read.committed {
                committed.insert(place);
            }
        }
    }

    fn note(&mut self, name: &'static str, told: &Value) {
        let numbers = |field: &str| -> BTreeSet<u64> {
            let partitions = told[field].as_array().into_iter().flatten();
            partitions.filter_map(Value::as_u64).collect()
        };
        if let Some(value) = told["value"].as_u64() {
            self.read.push(Read {
                partition: told["partition"].as_u64().unwrap(),
                offset: told["offset"].as_u64().unwrap(),
                value,
                committed: told["committed"].as_bool().unwrap(),
            });
        }
        if told["closed"] == true {
            self.assigned.remove(name);
        }
        if let Some(share) = self.assigned.get_mut(name) {
            share.extend(numbers("assigned"));
            for gone in numbers("revoked").union(&numbers("lost")) {
                share.remove(gone);
                self.revoked.entry(name).or_default().insert(*gone);
            }
        }
    }
}

impl Drop for Members {
    fn drop(&mut self) {
        for process in self.processes.values_mut() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}
