//! A server of the test's own, on free ports, over a folder that goes with it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// The program that is tested.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_ocelot");

pub(crate) struct Server {
    process: Child,
    folder: TempDir,
    /// Where Kafka clients connect, as `host:port`.
    pub(crate) kafka: String,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    pub(crate) fn start_with(options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ready_file = folder.path().join("ready.json");
        let mut process = Command::new(PROGRAM)
            .args(["serve", "--http", "127.0.0.1:0", "--kafka", "127.0.0.1:0"])
            .args(["--stomp", "127.0.0.1:0"])
            .args(["--log", "warn", "--ready-file"])
            .arg(&ready_file)
            .args(options)
            .env_clear()
            .env("HOME", folder.path())
            .env("OCELOT_HOME", folder.path().join("data"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = process.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let ready = std::fs::read_to_string(&ready_file).expect(&line);
        let ready: Value = serde_json::from_str(&ready).unwrap();
        Self {
            kafka: ready["kafka"].as_str().unwrap().to_owned(),
            process,
            folder,
        }
    }

    /// A command line on the server's data folder, which the server answers.
    pub(crate) fn command(&self, line: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command
            .args(line)
            .env_clear()
            .env("HOME", self.folder.path())
            .env("OCELOT_HOME", self.folder.path().join("data"));
        command
    }

    /// What a command line prints, as JSON.
    pub(crate) fn run(&self, line: &[&str]) -> Value {
        let output = self.command(line).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{line:?}: {errors}");
        match output.stdout.is_empty() {
            true => Value::Null,
            false => serde_json::from_slice(&output.stdout).unwrap(),
        }
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

    /// The memory that the server holds, in bytes.
    pub(crate) fn memory_bytes(&self) -> u64 {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status
            .lines()
            .find(|line| line.starts_with("VmRSS"))
            .unwrap();
        let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        kib * 1024
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Waits until something holds, at most half a minute.
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "{what} does not come"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}
