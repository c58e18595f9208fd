//! The program in a home of its own.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::bench::lines;

/// How long a run may take before it counts as hanging.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Program {
    folder: TempDir,
}

impl Program {
    pub(crate) fn new() -> Self {
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

    pub(crate) fn output(&self, line: &str) -> Output {
        let command = assert_cmd::Command::from_std(self.command(line));
        { command }.timeout(PATIENCE).output().unwrap()
    }

    /// The data that a line prints, which must succeed, and what it tells on stderr.
    pub(crate) fn told(&self, line: &str) -> (Value, String) {
        let output = self.output(line);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{line}\n{stderr}");
        let document: Value = match output.stdout.is_empty() {
            true => Value::Null,
            false => serde_json::from_slice(&output.stdout).unwrap(),
        };
        (document["data"].clone(), stderr)
    }

    /// The data that a line prints; it has nothing to complain of.
    pub(crate) fn data(&self, line: &str) -> Value {
        let (data, stderr) = self.told(line);
        assert_eq!(stderr, "", "{line}");
        data
    }

    /// What a line that fails with this status tells; it prints nothing.
    pub(crate) fn fails(&self, line: &str, status: i32) -> String {
        let output = self.output(line);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(status), "{line}\n{stderr}");
        assert!(output.stdout.is_empty(), "{line}");
        stderr
    }

    /// The objects below a folder: their paths in it, and their lines.
    pub(crate) fn objects(&self, root: &str) -> Vec<(String, Vec<Value>)> {
        let root = self.path(root);
        let mut found = Vec::new();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "gz") {
                    let name = path
                        .strip_prefix(&root)
                        .unwrap()
                        .to_str()
                        .unwrap()
                        .to_owned();
                    found.push((name, lines(&fs::read(&path).unwrap())));
                }
            }
        }
        found.sort_by(|one, other| one.0.cmp(&other.0));
        found
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
