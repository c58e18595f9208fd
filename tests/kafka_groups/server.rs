//! A server on a data folder, which can be killed and started again at the same address.

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::Command;

use test_support::Program;
pub(crate) use test_support::{PATIENCE, succeed};

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
        let home = Program::new();
        let server = home.serve("");
        Self { home, server }
    }

    /// Ends the server by a signal, and waits until it is gone.
    pub(crate) fn stop(&mut self, signal: &str) {
        self.signal(signal);
        self.server.ended();
    }

    /// Starts the server anew, where it was.
    pub(crate) fn start_again(&mut self) {
        let command = self
            .home
            .command_of(test_support::Server::words("127.0.0.1:0", self.kafka()));
        self.server = test_support::Server::start(command, self.home.folder());
    }

    /// Runs a helper to its end, which must be a good one, and returns what it said.
    pub(crate) fn run(&self, python: &Python, script: &str, args: &[&str]) -> String {
        let mut command = python.script(script);
        command.arg(self.kafka()).args(args);
        succeed(command)
    }

    /// Puts numbers into a topic; the first ones make it.
    pub(crate) fn produce(
        &self,
        python: &Python,
        topic: &str,
        partitions: u32,
        numbers: std::ops::Range<u64>,
    ) {
        let words = [
            partitions.to_string(),
            numbers.start.to_string(),
            numbers.end.to_string(),
        ];
        let [partitions, first, last] = words.each_ref().map(String::as_str);
        self.run(
            python,
            "produce.py",
            &[topic, partitions, first, last, "{}"],
        );
    }
}

/// A Python that has the clients.
pub(crate) struct Python(test_support::Python);

impl Python {
    /// `None` where the surroundings name none.
    pub(crate) fn find() -> Option<Self> {
        test_support::Python::find().map(Self)
    }

    /// A helper beside this file.
    pub(crate) fn script(&self, name: &str) -> Command {
        self.0.script(&format!("tests/kafka_groups/{name}"))
    }
}

/// The path of a helper.
pub(crate) fn helper(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/kafka_groups")
        .join(name)
}
