//! Replays what the official command line printed, from the replies it was recorded with.
//!
//! `data/parity/golden.jsonl.gz` holds a command line, requests with their responses, stdout, stderr
//! and exit status a line. Here the responses go through the printed form without any network.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader};

use flate2::bufread::GzDecoder;
use ocelot::api::operation::{Method, Operation};
use ocelot::api::route::route;
use ocelot::api::{operations, skeleton};
use ocelot::call::{ApiError, Reply};
use ocelot::output::{self, ErrorContext, Format, Printed, Style};
use serde_json::{Value, json};

/// One recorded command line.
struct Case(Value);

impl Case {
    fn all() -> impl Iterator<Item = Self> {
        let golden: &[u8] = include_bytes!("data/parity/golden.jsonl.gz");
        let lines = BufReader::new(GzDecoder::new(golden)).lines();
        lines.map(|line| Self(serde_json::from_str(&line.unwrap()).unwrap()))
    }

    fn text(&self, name: &str) -> &str {
        self.0[name].as_str().unwrap()
    }

    fn status(&self) -> u64 {
        self.0["rc"].as_u64().unwrap()
    }

    fn argv(&self) -> Vec<&str> {
        let words = self.0["argv"].as_array().unwrap();
        words.iter().map(|word| word.as_str().unwrap()).collect()
    }

    fn value_of(&self, option: &str) -> Option<&str> {
        let argv = self.argv();
        let at = argv.iter().position(|word| *word == option)?;
        argv.get(at + 1).copied()
    }

    fn requests(&self) -> &[Value] {
        self.0["requests"].as_array().unwrap()
    }

    /// The operation that answered last, and its reply: of several pages, all of them in one.
    ///
    /// A resource that was seen to be gone is not printed; the work request that removed it is.
    fn outcome(&self) -> Option<(&'static Operation, Reply)> {
        let last = self.requests().last()?;
        let operation = reached(last);
        let mut outcome = reply_to(last);
        let deletes = self.operation().method == Method::Delete;
        if deletes && operation.state_field() == "lifecycleState" {
            outcome.body = None;
            outcome.headers.clear();
        }
        let pages = self
            .requests()
            .iter()
            .filter(|page| reached(page).id == operation.id);
        let bodies: Vec<Value> = pages.filter_map(|page| reply_to(page).body).collect();
        if bodies.len() > 1 {
            outcome.body = Some(joined(&bodies));
        }
        Some((operation, outcome))
    }

    /// What stands in the command line before its options.
    fn operation(&self) -> &'static Operation {
        let argv = self.argv();
        let words: Vec<_> = argv
            .iter()
            .take_while(|word| !word.starts_with('-'))
            .collect();
        let command = words
            .iter()
            .map(|word| **word)
            .collect::<Vec<_>>()
            .join(" ");
        let mut found = operations().filter(|operation| operation.command == command);
        found
            .next()
            .unwrap_or_else(|| panic!("no command {command}"))
    }

    fn format(&self) -> Format {
        let style = match self.value_of("--output") {
            Some("table") => Style::Table,
            _ => Style::Json,
        };
        let raw = self.argv().contains(&"--raw-output");
        Format::new(style, self.value_of("--query"), raw).unwrap()
    }

    /// What was printed, without questions and the progress of waiting, which do not come from the
    /// reply.
    fn printed(&self) -> Printed {
        let stdout = self.text("stdout");
        let stdout = stdout
            .strip_prefix("Are you sure you want to delete this resource? [y/N]: ")
            .unwrap_or(stdout);
        let stdout = stdout.split_inclusive('\n');
        let stderr = self.text("stderr").split_inclusive('\n');
        Printed {
            stdout: stdout
                .filter(|line| !line.starts_with("Encountered error while waiting"))
                .collect(),
            stderr: stderr
                .filter(|line| !line.starts_with("Action completed. Waiting"))
                .collect(),
        }
    }
}

/// The operation that a recorded request reached.
fn reached(request: &Value) -> &'static Operation {
    let method = match request["method"].as_str().unwrap() {
        "GET" => Method::Get,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        _ => Method::Delete,
    };
    route(method, request["path"].as_str().unwrap())
        .unwrap()
        .operation
}

fn reply_to(request: &Value) -> Reply {
    let response = &request["response"];
    let headers = response["headers"].as_object().unwrap();
    let headers = headers
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()));
    Reply {
        status: status_of(request),
        headers: headers.collect(),
        body: Some(response["body"].clone()).filter(|body| !body.is_null()),
    }
}

/// One list of the items of all pages.
fn joined(pages: &[Value]) -> Value {
    let items = |page: &Value| {
        page.get("items")
            .unwrap_or(page)
            .as_array()
            .unwrap()
            .clone()
    };
    let all: Vec<Value> = pages.iter().flat_map(items).collect();
    match pages[0].get("items") {
        Some(_) => json!({"items": all}),
        None => json!(all),
    }
}

fn status_of(request: &Value) -> u16 {
    request["response"]["status"]
        .as_u64()
        .unwrap()
        .try_into()
        .unwrap()
}

/// Cells of a table by row, without padding.
fn cells(table: &str) -> Vec<Vec<String>> {
    let rows = table.lines().filter(|line| line.starts_with('|'));
    let cells = |row: &str| {
        let inner = row
            .trim_start_matches("| ")
            .trim_end_matches(" |")
            .to_owned();
        inner
            .split(" | ")
            .map(|cell| cell.trim().to_owned())
            .collect()
    };
    rows.map(cells).collect()
}

fn holds_json(cell: &str) -> bool {
    cell.starts_with(['{', '['])
}

/// Byte for byte; but cells that hold objects are JSON here and Python there, and as wide as they are.
fn same_stdout(wanted: &str, got: &str) -> bool {
    let (wanted_cells, got_cells) = (cells(wanted), cells(got));
    if !wanted_cells.iter().flatten().any(|cell| holds_json(cell)) {
        return wanted == got;
    }
    wanted_cells.len() == got_cells.len()
        && wanted_cells.iter().zip(&got_cells).all(|(wanted, got)| {
            wanted.len() == got.len()
                && wanted
                    .iter()
                    .zip(got)
                    .all(|(wanted, got)| wanted == got || holds_json(wanted))
        })
}

/// Fails with the ids of all cases that differ, and the first of them in full.
fn report(differences: &[String], compared: usize, at_least: usize) {
    assert!(
        differences.is_empty(),
        "{} of {compared} differ: {}",
        differences.len(),
        differences.join("\n")
    );
    assert!(compared >= at_least, "only {compared} cases were compared");
}

#[test]
fn replies_are_printed_as_recorded() {
    let (mut differences, mut compared) = (Vec::new(), 0);
    for case in Case::all().filter(|case| case.status() == 0) {
        let Some((operation, reply)) = case.outcome() else {
            continue;
        };
        let first = reached(&case.requests()[0]);
        assert_eq!(first, case.operation(), "{}", case.text("id"));
        let wanted = case.printed();
        let got = output::reply(operation, reply, &case.format()).unwrap();
        if !same_stdout(&wanted.stdout, &got.stdout) || wanted.stderr != got.stderr {
            let id = case.text("id");
            differences.push(format!("{id}\nwanted {wanted:#?}\ngot {got:#?}"));
        }
        compared += 1;
    }
    report(&differences, compared, 640);
}

#[test]
fn errors_are_printed_as_recorded() {
    let (mut differences, mut compared) = (Vec::new(), 0);
    for case in Case::all().filter(|case| case.status() == 1) {
        let Some(request) = case.requests().first() else {
            continue;
        };
        if status_of(request) < 400 {
            continue;
        }
        let (wanted_title, wanted) = details(case.text("stderr"));
        let got = output::service_error(
            &error_in(request),
            &ErrorContext {
                operation: reached(request),
                request_endpoint: wanted["request_endpoint"].as_str().unwrap(),
                request_id: Some("stub-request-id/0001"),
                timestamp: wanted["timestamp"].as_str().unwrap(),
                cure: None,
            },
        );
        let (got_title, got) = details(&got);
        if wanted_title != got_title || !same_details(&wanted, &got) {
            let id = case.text("id");
            differences.push(format!(
                "{id}\nwanted {wanted_title} {wanted:#}\ngot {got_title} {got:#}"
            ));
        }
        compared += 1;
    }
    report(&differences, compared, 220);
}

fn error_in(request: &Value) -> ApiError {
    let body = &request["response"]["body"];
    ApiError {
        status: status_of(request),
        code: body["code"].as_str().unwrap().to_owned().into(),
        message: body["message"].as_str().unwrap().to_owned(),
        request_id: None,
        retry_after_seconds: None,
        clock_ahead_ms: None,
    }
}

fn details(stderr: &str) -> (String, Value) {
    let (title, details) = stderr.split_once(":\n").unwrap();
    assert!(
        details.starts_with("{\n    \"client_version\""),
        "{details}"
    );
    assert!(details.ends_with("\"\n}\n"), "{details}");
    (title.to_owned(), serde_json::from_str(details).unwrap())
}

/// The version and the tips are our own; all else is not.
fn same_details(wanted: &Value, got: &Value) -> bool {
    let (wanted, got) = (wanted.as_object().unwrap(), got.as_object().unwrap());
    let own = ["client_version", "logging_tips", "troubleshooting_tips"];
    wanted.keys().eq(got.keys())
        && wanted
            .iter()
            .all(|(key, value)| own.contains(&key.as_str()) || got[key] == *value)
}

#[test]
fn skeletons_are_printed_as_recorded() {
    let (mut differences, mut compared) = (Vec::new(), 0);
    for case in Case::all().filter(|case| case.status() == 0) {
        let got = if case.argv().contains(&"--generate-full-command-json-input") {
            skeleton::command(case.operation())
        } else if let Some(flag) = case.value_of("--generate-param-json-input") {
            skeleton::option(case.operation(), flag).unwrap()
        } else {
            continue;
        };
        let (wanted, got) = (case.text("stdout"), output::document(&got));
        if wanted != got {
            let id = case.text("id");
            differences.push(format!("{id}\nwanted {wanted}\ngot {got}"));
        }
        compared += 1;
    }
    report(&differences, compared, 110);
}

#[test]
fn malformed_queries_are_refused() {
    for case in Case::all().filter(|case| case.text("id").ends_with("/query-bad")) {
        let query = case.value_of("--query");
        let error = Format::new(Style::Json, query, false)
            .unwrap_err()
            .to_string();
        let caret = case
            .text("stderr")
            .lines()
            .last()
            .unwrap()
            .find('^')
            .unwrap();
        // The official command line puts the expression in quotes, ours is indented by two.
        assert_eq!(error.lines().last().unwrap().find('^'), Some(caret + 1));
    }
}
