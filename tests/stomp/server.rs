//! A server of the test's own, on free ports, over a folder that goes with it.

use std::ops::Deref;
use std::path::PathBuf;
use std::process::Output;

use serde_json::Value;
pub(crate) use test_support::eventually;
use test_support::{Program, finish, printed};

pub(crate) struct Server {
    home: Program,
    server: test_support::Server,
}

impl Deref for Server {
    type Target = test_support::Server;

    fn deref(&self) -> &Self::Target {
        &self.server
    }
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    pub(crate) fn start_with(options: &[&str]) -> Self {
        let home = Program::new();
        let server = home.serve(&options.join(" "));
        Self { home, server }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path(name)
    }

    /// What a command line on the server's data folder prints, which the server answers.
    pub(crate) fn run(&self, line: &[&str]) -> Value {
        printed(&finish(self.home.command_of(line)))
    }

    /// Makes a queue, and returns its OCID.
    pub(crate) fn create_queue(&self, options: &[&str]) -> String {
        let create = ["queue", "queue-admin", "queue", "create", "--display-name"];
        self.run(&[&create[..], &["jobs"], options].concat());
        let list = ["queue", "queue-admin", "queue", "list"];
        let queues = self.run(&list);
        queues["data"]["items"][0]["id"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Puts messages over REST, given as the JSON of `--messages`.
    pub(crate) fn put(&self, queue: &str, messages: &Value) {
        let put = ["queue", "messages", "put-messages", "--queue-id", queue];
        self.run(&[&put[..], &["--messages", &messages.to_string()]].concat());
    }

    /// Gets messages over REST, without waiting.
    pub(crate) fn get(&self, queue: &str) -> Vec<Value> {
        let get = ["queue", "messages", "get-messages", "--queue-id", queue];
        let got = self.run(&[&get[..], &["--limit", "20", "--timeout-in-seconds", "0"]].concat());
        got["data"]["messages"].as_array().cloned().unwrap()
    }

    /// How many messages are visible, and in flight; and how many are dead letters.
    pub(crate) fn stats(&self, queue: &str) -> [u64; 3] {
        let stats = self.run(&["queue", "messages", "get-stats", "--queue-id", queue]);
        let count = |part: &str, name: &str| stats["data"][part][name].as_u64().unwrap();
        [
            count("queue", "visible-messages"),
            count("queue", "in-flight-messages"),
            count("dlq", "visible-messages") + count("dlq", "in-flight-messages"),
        ]
    }

    /// Asks the server to end, and waits until it has.
    pub(crate) fn stop(&mut self) -> Option<i32> {
        self.signal("-TERM");
        self.server.ended().code()
    }
}

/// What comes of a command line in an empty home.
pub(crate) fn outcome(line: &[&str]) -> Output {
    finish(Program::new().command_of(line))
}
