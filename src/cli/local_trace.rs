//! `ocelot local trace`: what became of an event or a message.

use std::collections::BTreeMap;

use clap::{Arg, ArgMatches, Command};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::builtin::{Answer, Builtin};
use super::error::CliError;
use super::globals::Globals;
use super::local::{OF_THE_ENGINE, ask};
use super::local_inbox::{limit, limit_of};
use crate::engine::LocalRequest;
use crate::engine::trace::{HopKind, ShownHop, Trace, TraceSummary};
use crate::output::Style;

/// What stands for the argument in help; completion knows it by this, too.
pub(super) const TRACE: &str = "TRACE";

/// How wide the columns of tables are, in characters: with the time they fill 100.
const HOP_WIDTH: usize = 42;
const RESULT_WIDTH: usize = 36;
const ID_WIDTH: usize = 36;
const SOURCE_WIDTH: usize = 26;

/// What nearly all types of events begin with, and a table has no room for.
const TYPE_PREFIX: &str = "com.oraclecloud.";

/// The command, for the tree.
pub(super) fn command() -> Command {
    Command::new("trace")
        .about("Show what became of an event or a message, hop by hop; or list the newest traces.")
        .after_help(
            "Examples:\n  ocelot local trace --output table\n  \
             ocelot local trace 3b0d5f0e-6a52-4c8e-9a53-0c5f2c9d4a11 --output table\n\n\
             Messages that callers put into streams and queues have no trace.",
        )
        .arg(Arg::new("id").value_name(TRACE).help(
            "The eventID of an event, the message id of a published message, its opc-request-id, the number \
             of a message in the inbox, or the call-id of a function's run. Without it, the newest traces \
             are listed.",
        ))
        .arg(limit("Most traces to list (default 50).").conflicts_with("id"))
}

/// The commands of this module.
pub(super) static BUILTINS: &[Builtin] = &[Builtin {
    words: "local trace",
    takes: OF_THE_ENGINE,
    run: |matches, globals| answer(matches, globals).map(Answer::data),
}];

fn answer(matches: &ArgMatches, globals: &Globals) -> Result<Value, CliError> {
    let id = matches.get_one::<String>("id").map(|id| id.trim());
    let data = match id {
        Some("") => {
            return Err(CliError::refused(
                "the id of the trace is blank: ocelot local trace lists the newest traces",
            ));
        }
        Some(id) => ask(globals, &LocalRequest::ShowTrace { id: id.to_owned() })?,
        None => {
            let limit = limit_of(matches);
            ask(globals, &LocalRequest::ListTraces { limit })?
        }
    };
    // A query is about the document; a table without one is for people.
    let for_people = globals.style == Style::Table && globals.query.is_none();
    match (for_people, id) {
        (false, _) => Ok(data),
        (true, Some(_)) => Ok(hop_rows(&read::<Trace>(data)?.hops)),
        (true, None) => Ok(read::<Vec<TraceSummary>>(data)?
            .iter()
            .map(trace_row)
            .collect()),
    }
}

/// What the engine, or a server's, has answered.
fn read<T: DeserializeOwned>(data: Value) -> Result<T, CliError> {
    serde_json::from_value(data)
        .map_err(|error| CliError::Server(format!("the trace cannot be read: {error}")))
}

/// A trace as a row of the list.
fn trace_row(trace: &TraceSummary) -> Value {
    json!({
        "id": wrapped(&trace.id, 0, ID_WIDTH),
        "result": trace.result,
        "source": wrapped(short_source(&trace.source), 0, SOURCE_WIDTH),
        "time": short_time(&trace.time),
    })
}

/// The hops as rows: each is indented below the one that led to it, and followed by what it led to.
fn hop_rows(hops: &[ShownHop]) -> Value {
    let mut children: BTreeMap<Option<usize>, Vec<&ShownHop>> = BTreeMap::new();
    for hop in hops.iter().rev() {
        children.entry(hop.parent).or_default().push(hop);
    }
    let mut next_of = |parent: Option<usize>, depth: usize| {
        let next = children.remove(&parent).unwrap_or_default();
        next.into_iter().map(move |hop| (hop, depth))
    };
    let mut rows = Vec::with_capacity(hops.len());
    let mut stack: Vec<(&ShownHop, usize)> = next_of(None, 0).collect();
    while let Some((hop, depth)) = stack.pop() {
        rows.push(hop_row(hop, depth));
        stack.extend(next_of(Some(hop.hop), depth + 1));
    }
    Value::Array(rows)
}

fn hop_row(hop: &ShownHop, depth: usize) -> Value {
    json!({
        "hop": wrapped(&place(&hop.details.kind), 2 * depth, HOP_WIDTH),
        "result": wrapped(&outcome(hop), 0, RESULT_WIDTH),
        "time": hop.time.get(11..23),
    })
}

/// Where a hop was, in a few words.
fn place(kind: &HopKind) -> String {
    match kind {
        HopKind::Event {
            event_type,
            resource_name,
            ..
        } => {
            let name = resource_name.as_deref().unwrap_or_default();
            let event_type = event_type.strip_prefix(TYPE_PREFIX).unwrap_or(event_type);
            format!("event {event_type} {name}")
        }
        HopKind::Rule { rule_name, .. } => format!("rule {rule_name}"),
        HopKind::Action { action_type, .. } => format!("action {action_type}"),
        HopKind::Stream {
            stream_id,
            stream_name,
            ..
        } => format!("stream {}", stream_name.as_ref().unwrap_or(stream_id)),
        HopKind::Topic {
            topic_id,
            topic_name,
            ..
        } => format!("topic {}", topic_name.as_ref().unwrap_or(topic_id)),
        HopKind::Delivery {
            protocol,
            endpoint,
            function_name,
            ..
        } => format!("{protocol} {}", function_name.as_ref().unwrap_or(endpoint)),
        HopKind::Attempt { attempt, .. } => format!("attempt {attempt}"),
        HopKind::Function { attempt, .. } => format!("attempt {attempt}, run of the function"),
        HopKind::Connector { connector_name, .. } => format!("connector {connector_name}"),
        HopKind::Object { path } => format!("object {path}"),
        HopKind::Inbox { number, .. } => format!("inbox message {number}"),
    }
}

/// What came of a hop, in a few words.
fn outcome(hop: &ShownHop) -> String {
    let result = json!(hop.details.result);
    let mut told = result.as_str().unwrap_or_default().to_owned();
    match &hop.details.kind {
        HopKind::Stream {
            partition: Some(partition),
            offset: Some(offset),
            ..
        } => told += &format!(" in partition {partition} at offset {offset}"),
        HopKind::Function {
            status,
            duration_in_ms,
            ..
        } => {
            let status = status.map(|status| format!("status {status}, "));
            told += &format!(" ({}{duration_in_ms} ms)", status.unwrap_or_default());
        }
        _ => {}
    }
    if let Some(reason) = &hop.details.reason {
        told += &format!(": {reason}");
    }
    if let HopKind::Attempt {
        time_next_attempt: Some(next),
        ..
    }
    | HopKind::Function {
        time_next_attempt: Some(next),
        ..
    } = &hop.details.kind
    {
        told += &format!("; again from {}", short_time(next));
    }
    told
}

/// What a trace began with, with no more of the type of an event than its last word.
fn short_source(source: &str) -> &str {
    let type_end = source.find(' ').unwrap_or(source.len());
    let (event_type, _) = source.split_at(type_end);
    match event_type.rfind('.') {
        Some(dot) if event_type.starts_with(TYPE_PREFIX) => &source[dot + 1..],
        _ => source,
    }
}

/// An instant without its year and its fractions: `03-14T01:02:03`.
fn short_time(time: &str) -> &str {
    time.get(5..19).unwrap_or(time)
}

/// A text in lines of at most `width` characters, each indented; words that are longer than a line are broken.
fn wrapped(text: &str, indent: usize, width: usize) -> String {
    // However deep a hop is, half of the column is for the text.
    let indent = " ".repeat(indent.min(width / 2));
    let options = textwrap::Options::new(width)
        .initial_indent(&indent)
        .subsequent_indent(&indent)
        // Ids and times are full of hyphens.
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    textwrap::fill(text, options)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_told_in_few_words() {
        let of_cloud = "com.oraclecloud.objectstorage.createobject report.v2.csv";
        assert_eq!(short_source(of_cloud), "createobject report.v2.csv");
        assert_eq!(short_source("com.oraclecloud.x.y"), "y");
        assert_eq!(
            short_source("com.example.order n.1"),
            "com.example.order n.1"
        );
        assert_eq!(short_source("message to a.b"), "message to a.b");
    }

    #[test]
    fn texts_are_wrapped_at_blanks_where_they_have_any() {
        assert_eq!(wrapped("one two three", 0, 8), "one two\nthree");
        assert_eq!(wrapped("one two three", 2, 9), "  one two\n  three");
        let deep = wrapped("ocid1.stream.oc1..aaaaaaaa and more", 80, 12);
        assert!(deep.lines().all(|line| line.len() <= 12), "{deep}");
    }
}
