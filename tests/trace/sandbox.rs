//! The program in a home of its own, with a clock that stands still.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

/// The instant at which the clock stands when a test begins.
pub(crate) const NOON: &str = "2026-03-14T12:00:00.000Z";

/// How long a run may take before it counts as hanging.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Sandbox {
    folder: TempDir,
}

impl Sandbox {
    /// A home with a topic `alerts`.
    pub(crate) fn with_alerts() -> Self {
        let sandbox = Self {
            folder: TempDir::new().unwrap(),
        };
        sandbox.data(&format!("local clock set {NOON} --frozen"));
        sandbox.data("ons topic create --name alerts");
        sandbox
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
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

    /// What comes of a line, whatever it is.
    pub(crate) fn output(&self, line: &str) -> Output {
        let command = self.command(line);
        let run = assert_cmd::Command::from_std(command)
            .timeout(PATIENCE)
            .output();
        run.unwrap()
    }

    /// What a line that succeeds prints.
    pub(crate) fn text(&self, line: &str) -> String {
        let output = self.output(line);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{line}\n{stderr}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The data that a line prints.
    pub(crate) fn data(&self, line: &str) -> Value {
        match self.text(line).as_str() {
            "" => Value::Null,
            printed => serde_json::from_str::<Value>(printed).unwrap()["data"].take(),
        }
    }

    /// What a line that fails with status 1 says; it prints nothing.
    pub(crate) fn refusal(&self, line: &str) -> String {
        let output = self.output(line);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{line}\n{stderr}");
        assert_eq!(output.stdout, b"", "{line}");
        stderr
    }

    /// Subscribes an endpoint to `alerts` and confirms it, with nothing left to deliver.
    pub(crate) fn subscribe(&self, protocol: &str, endpoint: &str) {
        self.data(&format!(
            "ons subscription create --topic-id alerts --protocol {protocol} \
             --subscription-endpoint {endpoint} --delivery-timeout 0"
        ));
        if protocol != "ORACLE_FUNCTIONS" {
            let inbox = self.data("local inbox list");
            let mut entries = inbox.as_array().unwrap().iter();
            let asks = entries.find(|entry| !entry["confirmation-url"].is_null());
            self.data(&format!("local inbox confirm {}", asks.unwrap()["number"]));
        }
    }

    /// Publishes a message to `alerts`, and tells its id.
    pub(crate) fn publish(&self, options: &str) -> String {
        let line = format!("ons message publish --topic-id alerts --body x {options}");
        string(&self.data(&line)["message-id"])
    }

    pub(crate) fn trace(&self, id: &str) -> Value {
        self.data(&format!("local trace {id}"))
    }
}

/// The kinds and results of a trace's hops, each with the place of the hop that led to it.
pub(crate) fn shape(trace: &Value) -> Vec<(String, String, Option<u64>)> {
    let hops = trace["hops"].as_array().unwrap().iter();
    hops.map(|hop| {
        (
            string(&hop["kind"]),
            string(&hop["result"]),
            hop["parent"].as_u64(),
        )
    })
    .collect()
}

/// What a test expects of [`shape`].
pub(crate) fn hop(
    kind: &str,
    result: &str,
    parent: impl Into<Option<u64>>,
) -> (String, String, Option<u64>) {
    (kind.to_owned(), result.to_owned(), parent.into())
}

pub(crate) fn string(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
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
