//! The program on a data folder, and what it answers.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

pub(crate) const COMPARTMENT: &str = "ocid1.compartment.oc1..shop";

/// The program on one data folder, with nothing of the user's surroundings.
#[derive(Clone)]
pub(crate) struct Program {
    pub(crate) home: PathBuf,
}

impl Program {
    pub(crate) fn over(home: &Path) -> Self {
        Self {
            home: home.to_owned(),
        }
    }

    pub(crate) fn command(&self, words: &str) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("ocelot"));
        command
            .env_clear()
            .env("HOME", self.home.join("nobody"))
            .env("OCELOT_HOME", &self.home)
            .args(words.split_whitespace())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Creates a stream, and returns its OCID.
    pub(crate) fn stream(&self, name: &str, partitions: u32) -> String {
        let mut command = self.command("streaming admin stream create --compartment-id");
        let partitions = partitions.to_string();
        command.args([COMPARTMENT, "--name", name, "--partitions", &partitions]);
        let created = json(&command.output().unwrap());
        created["data"]["id"].as_str().unwrap().to_owned()
    }

    /// A call that puts messages under one key.
    pub(crate) fn put(&self, stream: &str, key: &str, values: &[String]) -> Command {
        let mut command = self.command("streaming stream message put --stream-id");
        command.args([stream, "--key", key]);
        for value in values {
            command.args(["--text", value]);
        }
        command
    }

    /// A cursor on all partitions, at their beginning.
    pub(crate) fn cursor(&self, stream: &str) -> String {
        let words = "streaming stream cursor create-cursor --type TRIM_HORIZON --stream-id";
        let reply = json(&self.command(words).arg(stream).output().unwrap());
        reply["data"]["value"].as_str().unwrap().to_owned()
    }

    /// The messages that a cursor gets, and the next cursor.
    pub(crate) fn get(&self, stream: &str, cursor: &str) -> (Vec<Message>, String) {
        let mut command = self.command("streaming stream message get --limit 10000 --stream-id");
        let reply = json(&command.args([stream, "--cursor", cursor]).output().unwrap());
        let messages = reply["data"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let next = reply["opc-next-cursor"].as_str().unwrap().to_owned();
        (messages.iter().map(Message::of).collect(), next)
    }

    /// Every message of a stream.
    pub(crate) fn all(&self, stream: &str) -> Vec<Message> {
        let mut cursor = self.cursor(stream);
        let mut all = Vec::new();
        loop {
            let (messages, next) = self.get(stream, &cursor);
            if messages.is_empty() {
                return all;
            }
            all.extend(messages);
            cursor = next;
        }
    }
}

/// A message that was got.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Message {
    pub(crate) partition: u32,
    pub(crate) offset: i64,
    pub(crate) key: String,
    pub(crate) value: String,
}

impl Message {
    fn of(message: &Value) -> Self {
        let decoded = |field: &str| {
            let bytes = STANDARD.decode(message[field].as_str().unwrap()).unwrap();
            String::from_utf8(bytes).unwrap()
        };
        Self {
            partition: message["partition"].as_str().unwrap().parse().unwrap(),
            offset: message["offset"].as_i64().unwrap(),
            key: decoded("key"),
            value: decoded("value"),
        }
    }
}

/// What a program that went well printed.
pub(crate) fn json(output: &Output) -> Value {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && stderr.is_empty(),
        "{}: {stderr}",
        output.status
    );
    match output.stdout.as_slice() {
        [] => Value::Null,
        bytes => serde_json::from_slice(bytes).unwrap(),
    }
}

/// The partition and the first offset of an acknowledged put whose messages have one key.
pub(crate) fn acknowledged(reply: &Value) -> (u32, i64) {
    let data = &reply["data"];
    assert_eq!(data["failures"], 0, "{reply}");
    let entry = &data["entries"][0];
    let partition = entry["partition"].as_str().unwrap().parse().unwrap();
    (partition, entry["offset"].as_i64().unwrap())
}
