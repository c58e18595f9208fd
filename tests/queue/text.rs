//! Plain text and lines on the command line.

use std::io::Write;
use std::process::Stdio;

use serde_json::json;

use super::support::{Program, json_of};

fn put_lines(program: &Program, options: &str, lines: &[u8]) -> std::process::Output {
    let words = format!("queue messages put-messages --queue-id jobs {options}");
    let mut command = program.command(&words);
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    // The program may stop reading at a line that it cannot put.
    let _ = child.stdin.take().unwrap().write_all(lines);
    child.wait_with_output().unwrap()
}

#[test]
fn text_goes_in_and_comes_out() {
    let program = Program::new();
    program.queue("");
    let put = program
        .run("queue messages put-messages --queue-id jobs --text -a --text b --channel-id eu");
    assert_eq!(put["data"]["messages"].as_array().unwrap().len(), 2);
    let words =
        "queue messages get-messages --queue-id jobs --limit 5 --channel-filter eu --decode";
    let got = program.command(words).output().unwrap();
    assert_eq!(String::from_utf8(got.stdout).unwrap(), "-a\nb\n");
    let stderr = String::from_utf8(got.stderr).unwrap();
    let receipts = stderr
        .lines()
        .map(|line| line.strip_prefix("receipt: ").unwrap());
    let receipts: Vec<&str> = receipts.collect();
    assert_eq!(receipts.len(), 2);
    for receipt in receipts {
        program.run(&format!(
            "queue messages delete-message --queue-id jobs --force --message-receipt {receipt}"
        ));
    }
    let stats = program.run("queue messages get-stats --queue-id jobs");
    assert_eq!(stats["data"]["queue"]["in-flight-messages"], 0);
}

#[test]
fn lines_go_in_as_many_at_once_as_fit() {
    let program = Program::new();
    program.queue("");
    let mut lines = Vec::new();
    for nth in 0..45 {
        lines.extend(format!("line {nth}\n").bytes());
    }
    // Three of these do not fit into one request.
    for _ in 0..3 {
        lines.extend([b"y".repeat(200 * 1024), b"\r\n".to_vec()].concat());
    }
    let put = json_of(&put_lines(&program, "", &lines));
    assert_eq!(put, json!({"data": {"messages": 48}}));
    let stats = program.run("queue messages get-stats --queue-id jobs");
    assert_eq!(stats["data"]["queue"]["visible-messages"], 48);
    let peeked = program.run("local queue peek --queue-id jobs --limit 46");
    let messages = peeked["data"]["messages"].as_array().unwrap();
    assert_eq!(messages[44]["content"], "line 44");
    assert_eq!(messages[45]["content"].as_str().unwrap().len(), 200 * 1024);
}

#[test]
fn a_line_that_is_no_text_stops_it() {
    let program = Program::new();
    program.queue("");
    let output = put_lines(&program, "--channel-id eu", b"good\n\xff\nnever\n");
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        stderr,
        "UsageError: line 2 is not UTF-8, and a queue takes text alone (1 message was put)\n"
    );
    let long = b"x".repeat(512 * 1024 + 1);
    let output = put_lines(&program, "", &long);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.contains("line 1 is too long: a message can have 512 KiB"),
        "{stderr}"
    );
    let output = put_lines(&program, "", b"");
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.contains("Missing option(s) --messages. Messages can also"),
        "{stderr}"
    );
}
