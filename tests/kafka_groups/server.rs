//! A server on a data folder, which can be killed and started again at the same address.

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

/// How long anything may take. Much more than it does, since machines are busy at times.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) struct Server {
    home: TempDir,
    process: Child,
    /// Where Kafka is served.
    pub(crate) kafka: SocketAddr,
}

impl Server {
    pub(crate) fn start() -> Self {
        let home = tempfile::tempdir().unwrap();
        let (process, kafka) = serve(home.path(), "127.0.0.1:0");
        Self {
            home,
            process,
            kafka,
        }
    }

    /// Ends the server by a signal, and waits until it is gone.
    pub(crate) fn stop(&mut self, signal: &str) {
        let pid = self.process.id().to_string();
        let sent = Command::new("kill").args([signal, &pid]).status().unwrap();
        assert!(sent.success());
        self.process.wait().unwrap();
    }

    /// Starts the server anew, where it was.
    pub(crate) fn start_again(&mut self) {
        let (process, _) = serve(self.home.path(), &self.kafka.to_string());
        self.process = process;
    }

    /// Runs a helper to its end, which must be a good one, and returns what it said.
    pub(crate) fn run(&self, python: &Python, script: &str, args: &[&str]) -> String {
        let mut command = python.script(script);
        command.arg(self.kafka.to_string()).args(args);
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

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn serve(home: &Path, kafka: &str) -> (Child, SocketAddr) {
    let ready = home.join("ready.json");
    let mut process = Command::new(assert_cmd::cargo::cargo_bin!("ocelot"))
        .env_clear()
        .env("HOME", home)
        .args(["serve", "--http", "127.0.0.1:0", "--kafka", kafka])
        .args(["--stomp", "127.0.0.1:0"])
        .args(["--log", "warn", "--data-dir"])
        .arg(home.join("data"))
        .arg("--ready-file")
        .arg(&ready)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut stdout = BufReader::new(process.stdout.take().unwrap());
    stdout.read_line(&mut line).unwrap();
    assert!(line.contains("ready"), "the server did not start: {line:?}");
    let ready: Value = serde_json::from_slice(&std::fs::read(ready).unwrap()).unwrap();
    let kafka = ready["kafka"].as_str().unwrap().parse().unwrap();
    (process, kafka)
}

/// A Python that has the clients.
pub(crate) struct Python(OsString);

impl Python {
    /// `None` where the surroundings name none.
    pub(crate) fn find() -> Option<Self> {
        let python = std::env::var_os("OCELOT_PYTHON").map(Self);
        if python.is_none() {
            eprintln!("OCELOT_PYTHON is not set: no Kafka client to test with");
        }
        python
    }

    /// A helper beside this file.
    pub(crate) fn script(&self, name: &str) -> Command {
        let mut command = Command::new(&self.0);
        command.arg(helper(name));
        command
    }
}

/// The path of a helper.
pub(crate) fn helper(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/kafka_groups")
        .join(name)
}

/// Runs a command to its end, which must be a good one and come in time; returns what it said.
pub(crate) fn succeed(command: Command) -> String {
    let mut command = assert_cmd::Command::from_std(command);
    let output = command.timeout(PATIENCE).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}",
        output.status,
        text(&output.stderr)
    );
    text(&output.stdout)
}
