//! Runs the program, and shows what became of it.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// What takes longer hangs.
const MOST: Duration = Duration::from_secs(60);

pub(crate) const GET: &[&str] = &["streaming", "admin", "stream", "get", "--stream-id", "s1"];
pub(crate) const CREATE: &[&str] = &[
    "streaming",
    "admin",
    "stream",
    "create",
    "--name",
    "orders",
    "--partitions",
    "1",
    "--compartment-id",
    "c1",
];

pub(crate) const QUEUE: &[&str] = &[
    "queue",
    "queue-admin",
    "queue",
    "create",
    "--display-name",
    "q",
    "--compartment-id",
    "c1",
];

#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) took: Duration,
}

impl Run {
    /// The error block that this run failed with: its title and its fields.
    #[track_caller]
    pub(crate) fn failure(&self) -> (String, Value) {
        assert_eq!(self.status, Some(1), "{self:#?}");
        assert_eq!(self.stdout, "", "{self:#?}");
        let (title, details) = self.stderr.split_once(":\n{").expect("an error block");
        let title = title.rsplit('\n').next().unwrap_or_default();
        let details = serde_json::from_str(&format!("{{{details}")).unwrap();
        (title.to_owned(), details)
    }

    /// The message of the error block, which has to have this title.
    #[track_caller]
    pub(crate) fn message(&self, wanted: &str) -> String {
        let (title, details) = self.failure();
        assert_eq!(title, wanted, "{self:#?}");
        details["message"].as_str().unwrap().to_owned()
    }

    #[track_caller]
    pub(crate) fn succeeded(&self) -> Value {
        assert_eq!(self.status, Some(0), "{self:#?}");
        serde_json::from_str(&self.stdout).unwrap()
    }
}

/// Runs a command against a URL.
pub(crate) fn run(url: &str, command: &[&str], options: &[&str]) -> Run {
    run_with(url, command, options, &[])
}

/// The same, with more variables in its environment.
pub(crate) fn run_with(
    url: &str,
    command: &[&str],
    options: &[&str],
    variables: &[(&str, &str)],
) -> Run {
    let home = tempfile::tempdir().unwrap();
    let words = [command, &["--endpoint", url], options].concat();
    run_at(home.path(), &words, variables)
}

/// Runs any line, with this home.
pub(crate) fn run_at(home: &Path, words: &[&str], variables: &[(&str, &str)]) -> Run {
    let begun = Instant::now();
    let child = Command::new(env!("CARGO_BIN_EXE_ocelot"))
        .args(words)
        .env_clear()
        .env("HOME", home)
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(child.wait_with_output()));
    let output = receiver
        .recv_timeout(MOST)
        .unwrap_or_else(|_| panic!("{words:?} hangs"));
    let output = output.unwrap();
    let run = Run {
        status: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
        took: begun.elapsed(),
    };
    assert!(!run.stderr.contains("panicked"), "{run:#?}");
    run
}
