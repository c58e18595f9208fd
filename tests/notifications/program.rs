//! The program in a home of its own.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

/// How long a run may take before it counts as hanging.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Program {
    folder: TempDir,
}

impl Program {
    /// A home with a topic `alerts`.
    pub(crate) fn with_alerts() -> Self {
        let program = Self {
            folder: TempDir::new().unwrap(),
        };
        program.data("ons topic create --name alerts");
        program
    }

    pub(crate) fn empty() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file into the home folder, and tells its path.
    pub(crate) fn write(&self, name: &str, content: &str) -> String {
        fs::write(self.path(name), content).unwrap();
        self.path(name).to_str().unwrap().to_owned()
    }

    /// The program, ready to be run by hand.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ocelot"));
        command
            .args(words(line))
            .env_clear()
            .env("HOME", self.folder.path())
            .env("OCELOT_HOME", self.path("data"))
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        command
    }

    /// Runs a line, which must succeed.
    pub(crate) fn run(&self, line: &str) -> Output {
        let command = self.command(line);
        let run = assert_cmd::Command::from_std(command)
            .timeout(PATIENCE)
            .output();
        let output = run.unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{line}\n{stderr}");
        output
    }

    /// The data that a line prints; it has nothing to complain of.
    pub(crate) fn data(&self, line: &str) -> Value {
        let output = self.run(line);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(stderr, "", "{line}");
        match output.stdout.is_empty() {
            true => Value::Null,
            false => serde_json::from_slice::<Value>(&output.stdout).unwrap()["data"].take(),
        }
    }

    /// What a line that succeeds tells on stderr.
    pub(crate) fn notes(&self, line: &str) -> String {
        String::from_utf8(self.run(line).stderr).unwrap()
    }

    /// Confirms the newest subscription.
    pub(crate) fn confirm_newest(&self) {
        let inbox = self.data("local inbox list");
        let mut entries = inbox.as_array().unwrap().iter();
        let asks = entries.find(|entry| !entry["confirmation-url"].is_null());
        let number = &asks.unwrap()["number"];
        self.data(&format!("local inbox confirm {number}"));
    }

    /// Subscribes an endpoint and confirms it, delivering nothing.
    pub(crate) fn subscribe(&self, protocol: &str, endpoint: &str) {
        self.data(&format!(
            "ons subscription create --topic-id alerts --protocol {protocol} \
             --subscription-endpoint {endpoint} --delivery-timeout 0"
        ));
        if protocol != "ORACLE_FUNCTIONS" {
            self.confirm_newest();
        }
    }

    pub(crate) fn under_way(&self) -> i64 {
        let status = self.data("local status");
        status["deliveries-under-way"].as_i64().unwrap()
    }
}

/// The words of a line: those in single quotes are one.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (number, part) in line.split('\'').enumerate() {
        match number % 2 {
            1 => words.push(part.to_owned()),
            _ => words.extend(part.split_whitespace().map(str::to_owned)),
        }
    }
    words
}

/// A Python with the packages of `tests/requirements.txt`.
pub(crate) fn python() -> String {
    std::env::var("OCELOT_PYTHON").unwrap_or_else(|_| "python3".to_owned())
}
