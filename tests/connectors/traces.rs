//! Traces go on through connectors.

use serde_json::{Value, json};

use crate::bench::text;
use crate::program::Program;

/// A program with a rule that puts events into the stream `uploads`.
fn with_rule() -> Program {
    let program = Program::new();
    program.data("local clock set 2026-03-14T01:02:03Z --frozen");
    for stream in ["uploads", "copy"] {
        program.data(&format!(
            "streaming admin stream create --name {stream} --partitions 1"
        ));
    }
    program.data(
        "events rule create --display-name uploads --is-enabled true --condition '{}' --actions \
         '{\"actions\": [{\"actionType\": \"OSS\", \"streamId\": \"uploads\", \"isEnabled\": true}]}'",
    );
    program
}

fn connect(program: &Program, name: &str, from: &str, target: &str, more: &str) {
    program.data(&format!(
        "sch service-connector create --display-name {name} --source \
         '{{\"kind\": \"streaming\", \"streamId\": \"{from}\"}}' --target '{target}' {more}"
    ));
}

/// Emits an event, and returns its id.
fn emit(program: &Program) -> String {
    let emitted = program.data("local event emit --type com.example.uploaded --resource-name cat");
    text(&emitted["event"]["eventID"])
}

/// The result of a trace, and its hops: kind, result, and the place of the one before.
fn trace(program: &Program, id: &str) -> (String, Vec<(String, String, Value)>) {
    let trace = program.data(&format!("local trace {id}"));
    let hops = trace["hops"].as_array().unwrap().iter();
    let hops = hops.map(|hop| {
        (
            text(&hop["kind"]),
            text(&hop["result"]),
            hop["parent"].clone(),
        )
    });
    (text(&trace["result"]), hops.collect())
}

fn hop(kind: &str, result: &str, parent: u64) -> (String, String, Value) {
    (kind.to_owned(), result.to_owned(), json!(parent))
}

#[test]
fn an_event_is_followed_from_stream_to_stream_to_object() {
    let program = with_rule();
    connect(
        &program,
        "copy",
        "uploads",
        "{\"kind\": \"streaming\", \"streamId\": \"copy\"}",
        "",
    );
    connect(
        &program,
        "lake",
        "copy",
        "{\"kind\": \"objectStorage\", \"bucketName\": \"lake\"}",
        "",
    );
    let id = emit(&program);
    let (result, hops) = trace(&program, &id);
    assert_eq!(
        hops[3..],
        [
            hop("stream", "put", 3),
            hop("connector", "taken", 4),
            hop("stream", "put", 5),
            hop("connector", "taken", 6),
        ]
    );
    assert_eq!(result, "under-way");
    program.data("local clock advance 7m");
    let (result, hops) = trace(&program, &id);
    assert_eq!(hops.last().unwrap(), &hop("object", "put", 7));
    assert_eq!((result.as_str(), hops.len()), ("delivered", 8));
    let shown = program.output(&format!("local trace {id} --output table"));
    let shown = String::from_utf8(shown.stdout).unwrap();
    for told in [
        "connector copy",
        "put in partition 0 at offset 0",
        "connector lake",
        "object",
        "local/lake/",
    ] {
        assert!(shown.contains(told), "{told}\n{shown}");
    }
}

#[test]
fn a_function_between_is_a_hop_and_a_failure_is_told_once() {
    let program = with_rule();
    let file = program.write("works", "");
    program.data("local function add --name shape --exec 'test ! -e works && cat'");
    connect(
        &program,
        "shaped",
        "uploads",
        "{\"kind\": \"notifications\", \"topicId\": \"gone\"}",
        "",
    );
    connect(
        &program,
        "lake",
        "uploads",
        "{\"kind\": \"objectStorage\", \"bucketName\": \"lake\", \"batchRolloverTimeInMs\": 1000}",
        "--tasks '[{\"kind\": \"function\", \"functionId\": \"shape\", \"batchTimeInSec\": 5}]'",
    );
    let id = emit(&program);
    for _ in 0..3 {
        program.told("local clock advance 10m");
    }
    let (result, hops) = trace(&program, &id);
    let failed = |kind: &str| {
        let kinds = hops.iter().filter(|hop| hop.0 == kind && hop.1 == "failed");
        kinds.count()
    };
    assert_eq!((failed("attempt"), failed("function")), (2, 0), "{hops:?}");
    assert_eq!(result, "under-way");
    std::fs::remove_file(file).unwrap();
    program.data("ons topic create --name gone --compartment-id x");
    program.told("local clock advance 10m");
    program.told("local clock advance 10m");
    let (result, hops) = trace(&program, &id);
    let kinds: Vec<(&str, &str)> = hops[4..].iter().map(|hop| (&*hop.0, &*hop.1)).collect();
    for wanted in [
        ("function", "taken"),
        ("object", "put"),
        ("topic", "published"),
    ] {
        assert!(kinds.contains(&wanted), "{wanted:?}: {kinds:?}");
    }
    assert_eq!(result, "delivered");
}

#[test]
fn what_callers_put_has_no_trace_behind_a_connector_either() {
    let program = with_rule();
    connect(
        &program,
        "copy",
        "uploads",
        "{\"kind\": \"streaming\", \"streamId\": \"copy\"}",
        "",
    );
    program.data(
        "streaming stream message put --stream-id uploads --messages '[{\"key\": null, \"value\": \"dg==\"}]'",
    );
    assert_eq!(program.data("local trace"), json!([]));
}

#[test]
fn a_circle_does_not_fill_the_traces_and_a_deleted_connector_ends_them() {
    let program = with_rule();
    let to = |stream: &str| format!("{{\"kind\": \"streaming\", \"streamId\": \"{stream}\"}}");
    connect(&program, "there", "uploads", &to("copy"), "");
    connect(&program, "back", "copy", &to("uploads"), "");
    let round = emit(&program);
    for _ in 0..3 {
        program.data("local clock advance 1s");
    }
    let hops = trace(&program, &round).1.len();
    assert!((200..210).contains(&hops), "{hops}");
    for name in ["there", "back"] {
        program.data(&format!(
            "sch service-connector delete --service-connector-id {name} --force"
        ));
    }
    connect(
        &program,
        "lake",
        "uploads",
        "{\"kind\": \"objectStorage\", \"bucketName\": \"lake\"}",
        "",
    );
    let id = emit(&program);
    assert_eq!(trace(&program, &id).0, "under-way");
    program.data("sch service-connector delete --service-connector-id lake --force");
    let (result, hops) = trace(&program, &id);
    assert_eq!(result, "failed");
    assert_eq!(hops.last().unwrap().1, "dropped");
}
