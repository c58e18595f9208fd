//! Lines that the official command line refused, or answered by itself, before any request: ours does
//! with the same exit status, and names the same options.

use std::io::{BufRead, BufReader};

use flate2::bufread::GzDecoder;
use serde_json::Value;

use crate::sandbox::Sandbox;

/// No server is here: what reaches it has passed every check, and is refused for that.
const NO_SERVER: &str = "http://127.0.0.1:1";

struct Case {
    id: String,
    argv: Vec<String>,
    status: i32,
    stdin: Option<String>,
    stdout: String,
    stderr: String,
}

impl Case {
    fn read(line: &str) -> Self {
        let case: Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| case[name].as_str().map(str::to_owned);
        let words = case["argv"].as_array().unwrap().iter();
        Self {
            id: text("id").unwrap(),
            argv: words
                .map(|word| word.as_str().unwrap().to_owned())
                .collect(),
            status: case["rc"].as_i64().unwrap().try_into().unwrap(),
            stdin: text("stdin"),
            stdout: text("stdout").unwrap(),
            stderr: text("stderr").unwrap(),
        }
    }

    /// The recorded lines whose kind begins so, and that ended with this status.
    fn of(kind: &str, status: i32) -> Vec<Self> {
        let golden: &[u8] = include_bytes!("../data/parity/golden.jsonl.gz");
        let lines = BufReader::new(GzDecoder::new(golden)).lines();
        let cases = lines.map(|line| Self::read(&line.unwrap()));
        let is_wanted = |case: &Self| {
            let (_, kind_of_case) = case.id.split_once('/').unwrap();
            kind_of_case.starts_with(kind) && case.status == status
        };
        cases.filter(is_wanted).collect()
    }

    /// What the recorded complaint is about: options with their dashes, parameters in quotes.
    fn names(&self) -> Vec<String> {
        let told = self.stdout.clone() + &self.stderr;
        let complaint = told
            .lines()
            .find(|line| line.contains("Error: ") || line.starts_with("Parameter '"))
            .unwrap_or_else(|| panic!("{} complains of nothing", self.id))
            .to_owned();
        // What follows is advice.
        let complaint = complaint.split(" Did you mean ").next().unwrap();
        let options = complaint
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '-')
            .filter(|word| word.starts_with("--") && word.len() > 2);
        let parameter = complaint
            .strip_prefix("Parameter ")
            .and_then(|rest| rest.split(' ').next());
        options.chain(parameter).map(str::to_owned).collect()
    }
}

/// Runs every case of a kind, and fails unless each is refused with its recorded status for the same
/// options, with nothing on stdout.
fn refused_as_recorded(kind: &str, status: i32, at_least: usize) {
    let sandbox = Sandbox::new().variable("OCELOT_TARGET", NO_SERVER);
    let cases = Case::of(kind, status);
    for case in &cases {
        let names = case.names();
        assert!(!names.is_empty(), "{} names nothing", case.id);
        let run = sandbox.ocelot("").args(&case.argv).status(status);
        run.stderr_has(names.iter().map(String::as_str)).check();
    }
    assert!(cases.len() >= at_least, "{} cases of {kind}", cases.len());
}

#[test]
fn missing_options() {
    refused_as_recorded("missing", 1, 63);
}

#[test]
fn unknown_options() {
    refused_as_recorded("unknown-option", 2, 62);
}

#[test]
fn wrong_choices() {
    refused_as_recorded("bad-choice-", 2, 32);
}

#[test]
fn wrong_numbers() {
    refused_as_recorded("bad-int-", 2, 45);
}

#[test]
fn wrong_times() {
    refused_as_recorded("time3-", 2, 4);
}

#[test]
fn malformed_json() {
    refused_as_recorded("bad-json-", 1, 50);
}

#[test]
fn blank_ids() {
    refused_as_recorded("blank", 1, 46);
}

#[test]
fn a_limit_and_all() {
    refused_as_recorded("limit-all", 1, 12);
}

#[test]
fn malformed_queries() {
    let sandbox = Sandbox::new().variable("OCELOT_TARGET", NO_SERVER);
    let cases = Case::of("query-bad", 1);
    for case in &cases {
        let run = sandbox.ocelot("").args(&case.argv).status(1);
        let told =
            "the expression of --query is malformed: it ends too soon\n  data[?\n        ^\n";
        run.stderr(told).check();
    }
    assert_eq!(cases.len(), 55);
}

#[test]
fn skeletons() {
    let sandbox = Sandbox::new();
    for (kind, at_least) in [("skeleton", 72), ("param-skeleton-", 38)] {
        let cases = Case::of(kind, 0);
        for case in &cases {
            let run = sandbox.ocelot("").args(&case.argv);
            run.stdout(&case.stdout).check();
        }
        assert!(cases.len() >= at_least, "{} cases of {kind}", cases.len());
    }
}

#[test]
fn a_no_to_the_question() {
    let sandbox = Sandbox::new().variable("OCELOT_TARGET", NO_SERVER);
    let cases = Case::of("confirm-no", 1);
    for case in &cases {
        let run = sandbox.ocelot("").args(&case.argv).status(1);
        let run = run.stdin(case.stdin.clone().unwrap());
        run.stdout(&case.stdout).stderr(&case.stderr).check();
    }
    assert_eq!(cases.len(), 8);
}

#[test]
fn nothing_was_kept_by_lines_that_were_refused() {
    let sandbox = Sandbox::new().variable("OCELOT_TARGET", NO_SERVER);
    sandbox
        .ocelot("streaming admin stream get --stream-id orders")
        .status(1)
        .stderr_has(["cannot connect to http://127.0.0.1:1"])
        .check();
    assert!(!sandbox.path("data").exists());
}
