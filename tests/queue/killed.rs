//! Programs that are killed at any moment: what they acknowledged is there, and nothing is there twice.

use std::collections::HashSet;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::support::Program;

/// The contents that a program with this output has put, for certain.
fn acknowledged(stdout: &[u8]) -> bool {
    serde_json::from_slice::<Value>(stdout).is_ok()
}

#[test]
fn what_was_acknowledged_survives() {
    const ROUNDS: u64 = 40;
    let program = Program::new();
    program.queue("--visibility-in-seconds 43200 --timeout-in-seconds 0");
    let mut certain = HashSet::new();
    let mut deleted = HashSet::new();
    for round in 0..ROUNDS {
        let put = (0..3)
            .map(|nth| format!("{round}-{nth}"))
            .collect::<Vec<_>>();
        let words = "queue messages put-messages --queue-id jobs --text";
        let mut command = program.command(words);
        command.args([&put[0], "--text", &put[1], "--text", &put[2]]);
        let mut putting = command.spawn().unwrap();
        let words = "queue messages get-messages --queue-id jobs --limit 2";
        let mut getting = program.command(words).spawn().unwrap();
        // Somewhere between its first instruction and its last.
        thread::sleep(Duration::from_millis(round % 20 * 5));
        putting.kill().unwrap();
        let output = putting.wait_with_output().unwrap();
        if acknowledged(&output.stdout) {
            certain.extend(put);
        }
        if round % 3 == 0 {
            getting.kill().unwrap();
        }
        let output = getting.wait_with_output().unwrap();
        let got: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        for message in got["data"]["messages"].as_array().into_iter().flatten() {
            let receipt = message["receipt"].as_str().unwrap();
            let words = "queue messages delete-message --queue-id jobs --force --message-receipt";
            let deletion = program.command(words).arg(receipt).spawn().unwrap();
            deletion.wait_with_output().unwrap();
            let content = message["content"].as_str().unwrap().to_owned();
            assert!(deleted.insert(content), "{message} was got twice");
        }
    }
    assert!(!certain.is_empty());
    // What a killed consumer got is in flight.
    let words = "local queue peek --queue-id jobs --limit 1000 --show visible,in-flight";
    let peeked = program.run(words);
    let left = peeked["data"]["messages"].as_array().unwrap().iter();
    let left: Vec<String> = left
        .map(|one| one["content"].as_str().unwrap().to_owned())
        .collect();
    let distinct: HashSet<&String> = left.iter().collect();
    assert_eq!(distinct.len(), left.len());
    for content in certain.difference(&deleted) {
        assert!(distinct.contains(content), "{content} is lost");
    }
    for content in &deleted {
        assert!(!distinct.contains(content), "{content} is back");
    }
    let stats = program.run("queue messages get-stats --queue-id jobs");
    let count = |field: &str| stats["data"]["queue"][field].as_u64().unwrap();
    let counted = count("visible-messages") + count("in-flight-messages");
    assert_eq!(usize::try_from(counted).unwrap(), left.len());
    // A request is put wholly or not at all.
    for round in 0..ROUNDS {
        let is_there = |nth| {
            let content = format!("{round}-{nth}");
            distinct.contains(&content) || deleted.contains(&content)
        };
        assert_eq!(
            [0, 1, 2]
                .map(is_there)
                .iter()
                .filter(|there| **there)
                .count()
                % 3,
            0
        );
    }
}
