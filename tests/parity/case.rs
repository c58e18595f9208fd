//! A recorded command line: what was typed, what the servers answered, and what became of it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};

use flate2::bufread::GzDecoder;
use serde::Deserialize;
use serde_json::Value;

/// A request as it reached a server, and, where it was recorded, the response.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: BTreeMap<String, Vec<String>>,
    pub(crate) body: Option<Value>,
    pub(crate) headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) response: Response,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Option<Value>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) argv: Vec<String>,
    #[serde(default)]
    pub(crate) stdin: String,
    #[serde(default)]
    pub(crate) files: BTreeMap<String, String>,
    #[serde(rename = "rc")]
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) requests: Vec<Request>,
}

impl Case {
    /// The cases of a compressed file, one a line.
    pub(crate) fn read(file: &[u8]) -> Vec<Self> {
        let lines = BufReader::new(GzDecoder::new(file)).lines();
        lines
            .map(|line| serde_json::from_str(&line.unwrap()).unwrap())
            .collect()
    }

    /// What was tried in it: the part of its id behind the command.
    pub(crate) fn kind(&self) -> &str {
        self.id.split_once('/').map_or("", |(_, kind)| kind)
    }

    pub(crate) fn value_of(&self, option: &str) -> Option<&str> {
        let at = self.argv.iter().position(|word| word == option)?;
        self.argv.get(at + 1).map(String::as_str)
    }

    /// What a reader of a failure wants to know.
    pub(crate) fn told(&self) -> String {
        format!(
            "{}\n  argv: {:?}\n  exit: {}\n  stdout: {}\n  stderr: {}\n  sent: {:#?}",
            self.id, self.argv, self.status, self.stdout, self.stderr, self.requests
        )
    }
}
