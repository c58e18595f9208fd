//! What `--dry-run` shows is what is sent.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::program::{CREATE, GET, run};
use crate::server::{Act, Server, json as response};

const PUT: &[&str] = &["streaming", "stream", "message", "put", "--stream-id", "s1"];

fn ok() -> Act {
    response(200, &[], &json!({"id": "s1"}))
}

/// A request as the server saw it, without the headers that only sending adds.
fn essence(request: &str) -> (String, Vec<String>, String) {
    const OF_SENDING: [&str; 7] = [
        "host",
        "user-agent",
        "content-length",
        "connection",
        "expect",
        "opc-request-id",
        "opc-retry-token",
    ];
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let first = lines.next().unwrap().to_owned();
    let mut headers: Vec<String> = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_ascii_lowercase(), value))
        .filter(|(name, _)| !OF_SENDING.contains(&name.as_str()))
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    headers.sort();
    (first, headers, body.to_owned())
}

/// Runs a line as a user would who has copied it.
fn run_in_shell(line: &str) {
    let output = Command::new("sh")
        .args(["-c", line])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}: {output:?}",
        line.get(..200).unwrap_or(line)
    );
}

#[test]
fn curl_sends_what_would_have_been_sent() {
    let long = "x".repeat(100_000);
    let commands: &[(&[&str], &[&str])] = &[
        (GET, &[]),
        (CREATE, &[]),
        (
            CREATE,
            &["--freeform-tags", r#"{"it's": "$HOME `x` \\ \"q\" ü @f"}"#],
        ),
        (
            &["streaming", "admin", "stream", "delete"],
            &["--force", "--stream-id", "a b/ü?", "--if-match", "e'1"],
        ),
        (
            &["streaming", "admin", "stream", "list"],
            &["--compartment-id", "c1", "--all", "--page-size", "3"],
        ),
        (
            &["ons", "message", "publish"],
            &["--topic-id", "t1", "--body", &long],
        ),
    ];
    for (command, options) in commands {
        let server = Server::start(vec![ok()]);
        let url = server.url();
        let shown = run(&url, command, &[options, &["--dry-run=curl"][..]].concat());
        assert_eq!(shown.status, Some(0), "{shown:#?}");
        assert_eq!(server.seen().len(), 0);
        // What is answered does not matter here: a list may well be none.
        run(&url, command, options);
        run_in_shell(&shown.stdout);
        let seen = server.seen();
        let [sent, by_curl] = &seen[..] else {
            panic!("{command:?}: {} requests", seen.len());
        };
        // No assert_eq: it would print bodies of a hundred kilobytes.
        assert!(essence(by_curl) == essence(sent), "{command:?} differs");
        assert!(by_curl.contains("opc-request-id: "));
    }
}

#[test]
fn data_tells_method_address_headers_and_body() {
    let server = Server::start(vec![ok()]);
    let options = ["--text", "hello", "--dry-run", "--opc-request-id", "mine"];
    let shown = run(&server.url(), PUT, &options);
    let wanted = json!({"data": {
        "method": "POST",
        "url": format!("{}/20180418/streams/s1/messages", server.url()),
        "headers": {
            "accept": "application/json",
            "content-type": "application/json",
            "opc-request-id": "mine",
        },
        "body": {"messages": [{"key": null, "value": "aGVsbG8="}]},
    }});
    assert_eq!(shown.succeeded(), wanted);
    assert_eq!(shown.stderr, "");
    assert_eq!(server.seen().len(), 0);
}

#[test]
fn a_repeatable_creation_shows_its_token() {
    let server = Server::start(vec![ok()]);
    let headers = |options: &[&str]| {
        let options = [options, &["--dry-run"]].concat();
        let shown: Value = run(&server.url(), crate::program::QUEUE, &options).succeeded();
        shown["data"]["headers"].clone()
    };
    assert!(headers(&[])["opc-retry-token"].is_string());
    assert!(headers(&["--no-retry"])["opc-retry-token"].is_null());
}

#[test]
fn header_injection_is_refused_here_too() {
    let server = Server::start(vec![ok()]);
    for form in ["--dry-run", "--dry-run=curl"] {
        let shown = run(&server.url(), GET, &["--opc-request-id", "a\r\nx: 1", form]);
        assert_eq!((shown.status, shown.stdout.as_str()), (Some(1), ""));
        assert!(
            shown.stderr.contains("cannot have this value"),
            "{shown:#?}"
        );
    }
}
