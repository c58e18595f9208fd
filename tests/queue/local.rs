//! `ocelot local queue`.

use serde_json::json;

use super::support::Program;

#[test]
fn peeking_changes_nothing() {
    let program = Program::new();
    program.queue("--dlq-delivery-count 1");
    let get = "queue messages get-messages --queue-id jobs";
    program.run("local clock set 2026-03-14T00:00:00Z --frozen");
    program.run("queue messages put-messages --queue-id jobs --text dead");
    program.run(get);
    program.run("local clock advance 30s");
    program.run("queue messages put-messages --queue-id jobs --text held");
    program.run(get);
    program.run("queue messages put-messages --queue-id jobs --text new --channel-id eu");
    let peek = || {
        program.run("local queue peek --queue-id jobs --show visible,in-flight,dlq")["data"].clone()
    };
    let first = peek();
    let states = first["messages"].as_array().unwrap().iter();
    let states: Vec<_> = states
        .map(|one| json!([one["state"], one["content"], one["delivery-count"]]))
        .collect();
    assert_eq!(
        states,
        [
            json!(["visible", "new", 0]),
            json!(["in-flight", "held", 1]),
            json!(["dlq", "dead", 1]),
        ]
    );
    assert_eq!(first["messages"][0]["metadata"]["channel-id"], "eu");
    assert_eq!(peek(), first);
    let id = first["dead-letter-queue-id"].as_str().unwrap();
    let dead = program.run(&format!("queue messages get-messages --queue-id {id}"));
    assert_eq!(dead["data"]["messages"][0]["content"], "dead");
    let only = program.run("local queue peek --queue-id jobs --channel-id none");
    assert_eq!(only["data"]["messages"], json!([]));
    let output = program
        .command("local queue peek --queue-id nobody")
        .output();
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(stderr, "Error: Unknown queue nobody\n");
    let wrong = program
        .command("local queue peek --queue-id jobs --show all")
        .output();
    assert_eq!(wrong.unwrap().status.code(), Some(2));
}

#[test]
fn dead_letters_are_brought_back() {
    let program = Program::new();
    program.queue("--dlq-delivery-count 1");
    program.run("queue messages put-messages --queue-id jobs --text a --text b");
    program.run("queue messages get-messages --queue-id jobs --limit 2");
    program.run("local clock advance 1m");
    let redrive = |options: &str| {
        program.run(&format!("local queue redrive --queue-id jobs {options}"))["data"].clone()
    };
    let moved = json!([{"channel-id": "default-channel", "messages": 2}]);
    let report = |dry_run: bool| json!({"messages": 2, "channels": moved, "left-in-flight": 0, "dry-run": dry_run});
    assert_eq!(redrive("--dry-run"), report(true));
    assert_eq!(redrive(""), report(false));
    assert_eq!(redrive("")["messages"], 0);
    let got = program.run("queue messages get-messages --queue-id jobs --limit 2");
    assert_eq!(got["data"]["messages"][1]["delivery-count"], 1);
}
