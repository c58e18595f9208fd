//! In what a run differs from what was recorded.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::bench::Run;
use crate::case::{Case, Request};

/// A side of a run that is compared by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aspect {
    Exit,
    Sent,
    Printed,
    Error,
}

pub(crate) fn differences(case: &Case, run: &Run) -> Vec<Aspect> {
    let same = [
        (Aspect::Exit, run.status == Some(case.status)),
        (Aspect::Sent, same_requests(case, run)),
        (Aspect::Printed, same_stdout(case, run)),
        (Aspect::Error, same_error(case, run)),
    ];
    same.into_iter()
        .filter(|(_, same)| !same)
        .map(|(aspect, _)| aspect)
        .collect()
}

/// A request without what says nothing: any retry token is as good as another.
type Meaning<'r> = (
    &'r str,
    &'r str,
    &'r BTreeMap<String, Vec<String>>,
    &'r Option<Value>,
    Vec<(&'r str, &'r str)>,
);

fn meaning(request: &Request) -> Meaning<'_> {
    let headers = request.headers.iter();
    let headers = headers
        .map(|(name, value)| match name.as_str() {
            "opc-retry-token" => (name.as_str(), "TOKEN"),
            _ => (name.as_str(), value.as_str()),
        })
        .filter(|(name, _)| *name != "accept")
        .filter(|(name, _)| *name != "content-type" || request.body.is_some());
    (
        &request.method,
        &request.path,
        &request.query,
        &request.body,
        headers.collect(),
    )
}

fn same_requests(case: &Case, run: &Run) -> bool {
    let mut wanted: Vec<_> = case.requests.iter().map(meaning).collect();
    let mut got: Vec<_> = run.requests.iter().map(meaning).collect();
    if case.value_of("--wait-for-state").is_some() {
        // How many looks there is time for depends on how busy the machine is.
        wanted.dedup();
        got.dedup();
    }
    wanted == got
}

fn same_stdout(case: &Case, run: &Run) -> bool {
    if case.status == 2 || case.stdout.contains("Usage:") {
        // Usage errors go to stderr here.
        return true;
    }
    let lines = case.stdout.split_inclusive('\n');
    // This warning does no harm on stderr, where it is here.
    let wanted: String = lines
        .filter(|line| !line.starts_with("Encountered error while waiting"))
        .collect();
    wanted == run.stdout || (wanted.contains("| ") && same_tables(&wanted, &run.stdout))
}

/// Cells that hold objects are JSON here and Python there, and as wide as they are.
fn same_tables(wanted: &str, got: &str) -> bool {
    let (wanted, got) = (cells(wanted), cells(got));
    let same_cell = |wanted: &str, got: &str| wanted == got || wanted.starts_with(['{', '[']);
    let same_row = |wanted: &[&str], got: &[&str]| {
        wanted.len() == got.len() && wanted.iter().zip(got).all(|(a, b)| same_cell(a, b))
    };
    wanted.len() == got.len() && wanted.iter().zip(&got).all(|(a, b)| same_row(a, b))
}

fn cells(table: &str) -> Vec<Vec<&str>> {
    let rows = table.lines().filter(|line| line.starts_with('|'));
    rows.map(|row| {
        let row = row.strip_prefix("| ").unwrap_or(row);
        let row = row.strip_suffix(" |").unwrap_or(row);
        row.split(" | ").map(str::trim).collect()
    })
    .collect()
}

fn same_error(case: &Case, run: &Run) -> bool {
    if case.status == 0 {
        return true;
    }
    if let Some(wanted) = service_error(&case.stderr) {
        return service_error(&run.stderr) == Some(wanted);
    }
    // The words are our own; the options that are wrong must be named.
    let text = format!("{}{}", case.stdout, case.stderr);
    let line = match text.split_once("Error: ") {
        Some((_, error)) => error,
        None => text.trim(),
    };
    let line = line.lines().next().unwrap_or_default();
    let ours = format!("{}{}", run.stderr, run.stdout);
    !ours.trim().is_empty() && options(line).all(|option| ours.contains(option))
}

/// The fields of a service error that carry meaning.
fn service_error(text: &str) -> Option<Vec<Value>> {
    let (title, details) = text.split_once(":\n{")?;
    let title = title.rsplit('\n').next().unwrap_or_default();
    if !title.ends_with("Error") && !title.ends_with("Exception") {
        return None;
    }
    let details = details.get(..=details.rfind('}')?)?;
    let details: Value = serde_json::from_str(&format!("{{{details}")).ok()?;
    let fields = [
        "code",
        "message",
        "status",
        "operation_name",
        "request_endpoint",
        "target_service",
        "opc-request-id",
    ];
    let values = fields.iter().map(|field| details[field].clone());
    Some(values.chain([Value::from(title)]).collect())
}

fn options(line: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    line.split(move |c| !is_part(c))
        .filter(|word| word.starts_with("--") && word.len() > 3)
}
