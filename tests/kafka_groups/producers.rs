//! Idempotent producers: each message once, and in order, whatever happens to the server.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::Value;

use crate::server::{Python, Server};

const MESSAGES: u64 = 20_000;
const PARTITIONS: u64 = 3;

#[test]
fn idempotent_producer_outlives_a_server_that_is_killed() {
    let Some(python) = Python::find() else { return };
    let mut server = Server::start();
    let mut producer = python
        .script("produce.py")
        .args([server.kafka(), "orders", "3", "0"])
        .args([&MESSAGES.to_string(), PRODUCER])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let told = BufReader::new(producer.stdout.take().unwrap()).lines();
    let mut kills = [1_000, 5_000, 12_000].into_iter().peekable();
    let mut acknowledged = 0;
    for line in told.map_while(Result::ok) {
        acknowledged = line.parse().unwrap();
        if kills.next_if(|place| acknowledged >= *place).is_some() {
            server.stop("-KILL");
            server.start_again();
        }
    }
    assert!(producer.wait().unwrap().success());
    assert_eq!(acknowledged, MESSAGES);
    assert_eq!(kills.peek(), None, "the server was not killed often enough");

    let stored = server.run(&python, "read.py", &["orders"]);
    let stored: Value = serde_json::from_str(&stored).unwrap();
    for partition in 0..PARTITIONS {
        let sent: Vec<u64> = (partition..MESSAGES).step_by(PARTITIONS as usize).collect();
        let stored = stored[partition.to_string()].as_array().unwrap();
        let stored: Vec<u64> = stored.iter().filter_map(Value::as_u64).collect();
        let differs = stored
            .iter()
            .zip(&sent)
            .position(|(one, other)| one != other);
        assert_eq!(
            (differs, stored.len()),
            (None, sent.len()),
            "partition {partition}"
        );
    }
}

/// Many small batches, so that some are on their way whenever the server dies.
const PRODUCER: &str = r#"{
    "enable.idempotence": true,
    "linger.ms": 1,
    "batch.num.messages": 20,
    "queue.buffering.max.messages": 2000
}"#;
