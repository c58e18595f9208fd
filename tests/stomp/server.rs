//! A server of the test's own, on free ports, over a folder that goes with it.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

pub(crate) struct Server {
    process: Child,
    folder: TempDir,
    ready: Value,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    pub(crate) fn start_with(options: &[&str]) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), options)
    }

    /// A server over a folder that may have been used before.
    pub(crate) fn start_in(folder: TempDir, options: &[&str]) -> Self {
        let ready_file = folder.path().join("ready.json");
        let mut process = command(folder.path(), &["serve", "--http", "127.0.0.1:0"])
            .args(["--kafka", "127.0.0.1:0", "--stomp", "127.0.0.1:0"])
            .args(["--log", "info", "--ready-file"])
            .arg(&ready_file)
            .args(options)
            .stdout(Stdio::piped())
            .stderr(fs::File::create(folder.path().join("log")).unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = process.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let ready = fs::read(&ready_file).expect(&line);
        Self {
            process,
            ready: serde_json::from_slice(&ready).unwrap(),
            folder,
        }
    }

    /// Where STOMP clients connect, as `host:port`.
    pub(crate) fn stomp(&self) -> &str {
        self.ready["stomp"].as_str().unwrap()
    }

    /// The URL of REST.
    pub(crate) fn http(&self) -> &str {
        self.ready["http"].as_str().unwrap()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What the server has told on stderr.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap()
    }

    /// What a command line on the server's data folder prints, which the server answers.
    pub(crate) fn run(&self, line: &[&str]) -> Value {
        run(self.folder.path(), line)
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

    /// What the server counts.
    pub(crate) fn metrics(&self) -> String {
        let address = self.http().trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).unwrap();
        let ask = format!("GET /metrics HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
        stream.write_all(ask.as_bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }

    /// The memory that the server holds, in bytes.
    pub(crate) fn memory_bytes(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let mut lines = status.lines();
        let line = lines.find(|line| line.starts_with("VmRSS")).unwrap();
        let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        kib * 1024
    }

    /// Asks the server to end, and waits until it has.
    pub(crate) fn stop(&mut self) -> Option<i32> {
        let pid = self.process.id().to_string();
        let told = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(told.unwrap().success());
        self.process.wait().unwrap().code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn command(home: &Path, line: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ocelot"));
    command
        .args(line)
        .env_clear()
        .env("HOME", home)
        .env("OCELOT_HOME", home.join("data"))
        .stdin(Stdio::null());
    command
}

/// What a command line on a data folder prints, as JSON.
pub(crate) fn run(home: &Path, line: &[&str]) -> Value {
    let output = command(home, line).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{line:?}: {errors}");
    match output.stdout.is_empty() {
        true => Value::Null,
        false => serde_json::from_slice(&output.stdout).unwrap(),
    }
}

/// What comes of a command line in an empty home.
pub(crate) fn outcome(line: &[&str]) -> Output {
    let home = tempfile::tempdir().unwrap();
    command(home.path(), line).output().unwrap()
}

/// Waits until something holds, at most half a minute.
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        let waited = begun.elapsed();
        assert!(waited < Duration::from_secs(30), "{what} does not come");
        std::thread::sleep(Duration::from_millis(5));
    }
}
