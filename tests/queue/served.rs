//! Queues behind a server that has the data folder.

use std::process::{Child, Output};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use test_support::{Server, eventually};

use super::support::{Program, json_of};

const WAIT: &str = "queue messages get-messages --queue-id jobs --timeout-in-seconds 30";

fn messages(output: &Output) -> Value {
    json_of(output)["data"]["messages"].clone()
}

#[test]
fn a_put_ends_the_wait_of_one() {
    let program = Program::new();
    let _server = program.serve("");
    program.queue("");
    let begun = Instant::now();
    let waiting: Vec<Child> = (0..4)
        .map(|_| program.command(WAIT).spawn().unwrap())
        .collect();
    for content in ["a", "b", "c", "d"] {
        program.run(&format!(
            "queue messages put-messages --queue-id jobs --text {content}"
        ));
    }
    let mut got: Vec<String> = waiting
        .into_iter()
        .map(|waiting| {
            let got = messages(&waiting.wait_with_output().unwrap());
            assert_eq!(got.as_array().unwrap().len(), 1);
            got[0]["content"].as_str().unwrap().to_owned()
        })
        .collect();
    got.sort();
    assert_eq!(got, ["a", "b", "c", "d"]);
    assert!(begun.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_message_that_becomes_visible_ends_a_wait() {
    let program = Program::new();
    let _server = program.serve("");
    program.queue("--visibility-in-seconds 1");
    program.run("queue messages put-messages --queue-id jobs --text x");
    program.run("queue messages get-messages --queue-id jobs");
    let begun = Instant::now();
    let got = messages(&program.command(WAIT).output().unwrap());
    assert_eq!(got[0]["delivery-count"], 2);
    assert!(begun.elapsed() < Duration::from_secs(20));
    // So does the clock when it is set.
    program.run("local clock advance -1h");
    let hidden = "queue messages get-messages --queue-id jobs --visibility-in-seconds 3600";
    program.run("local clock advance 1h");
    let got = program.run(&format!("{hidden} --timeout-in-seconds 30"));
    assert_eq!(got["data"]["messages"][0]["delivery-count"], 3);
    let waiting = program.command(WAIT).spawn().unwrap();
    program.run("local clock advance 2h");
    let got = messages(&waiting.wait_with_output().unwrap());
    assert_eq!(got[0]["delivery-count"], 4);
}

/// Whether the server has a request under way, as its metrics tell.
fn is_waiting(server: &Server, waiting: &mut Child) -> bool {
    assert!(waiting.try_wait().unwrap().is_none());
    let metrics = server.metrics();
    let mut lines = metrics.lines();
    let gauge = lines.find(|line| line.contains("requests_in_flight") && !line.starts_with('#'));
    gauge.is_some_and(|line| !line.ends_with(" 0"))
}

#[test]
fn a_wait_ends_with_its_time_and_with_the_server() {
    let program = Program::new();
    let server = program.serve("");
    program.queue("");
    let begun = Instant::now();
    let short = "queue messages get-messages --queue-id jobs --timeout-in-seconds 1";
    assert_eq!(
        messages(&program.command(short).output().unwrap()),
        json!([])
    );
    assert!(begun.elapsed() >= Duration::from_secs(1));
    let peeked = program.run("local queue peek --queue-id jobs --show visible,dlq");
    assert_eq!(peeked["data"]["messages"], json!([]));
    let unknown = program
        .command("local queue redrive --queue-id nobody")
        .output();
    let unknown = unknown.unwrap();
    assert_eq!(unknown.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("Unknown queue nobody"));
    // Whoever waits when the server is to end is answered before it does.
    let mut waiting = program.command(WAIT).spawn().unwrap();
    eventually("the wait", || is_waiting(&server, &mut waiting));
    server.signal("-TERM");
    assert_eq!(messages(&waiting.wait_with_output().unwrap()), json!([]));
    assert!(begun.elapsed() < Duration::from_secs(25));
}
