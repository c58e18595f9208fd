//! A server of the test's own, on free ports, over a folder that goes with it.

use std::ops::Deref;
use std::process::Command;

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

    /// A command line on the server's data folder, which the server answers.
    pub(crate) fn command(&self, line: &[&str]) -> Command {
        self.home.command_of(line)
    }

    /// What a command line prints, as JSON.
    pub(crate) fn run(&self, line: &[&str]) -> Value {
        printed(&finish(self.command(line)))
    }

    /// Makes a stream in the default pool, and returns its OCID.
    pub(crate) fn create_stream(&self, name: &str, partitions: u32) -> String {
        let partitions = partitions.to_string();
        let created = self.run(&[
            "streaming",
            "admin",
            "stream",
            "create",
            "--name",
            name,
            "--partitions",
            &partitions,
            "--compartment-id",
            "ocid1.tenancy.oc1..local",
        ]);
        created["data"]["id"].as_str().unwrap().to_owned()
    }

    /// Puts messages over REST, given as the JSON of `--messages`.
    pub(crate) fn put(&self, stream: &str, messages: &str) {
        self.run(&[
            "streaming",
            "stream",
            "message",
            "put",
            "--stream-id",
            stream,
            "--messages",
            messages,
        ]);
    }

    /// Gets the messages of a partition over REST, from the oldest on.
    pub(crate) fn get(&self, stream: &str, partition: u32) -> Vec<Value> {
        let partition = partition.to_string();
        let cursor = self.run(&[
            "streaming",
            "stream",
            "cursor",
            "create-cursor",
            "--stream-id",
            stream,
            "--partition",
            &partition,
            "--type",
            "TRIM_HORIZON",
        ]);
        let cursor = cursor["data"]["value"].as_str().unwrap();
        let got = self.run(&[
            "streaming",
            "stream",
            "message",
            "get",
            "--stream-id",
            stream,
            "--cursor",
            cursor,
        ]);
        // Nothing is printed where there is nothing.
        got["data"].as_array().cloned().unwrap_or_default()
    }
}
