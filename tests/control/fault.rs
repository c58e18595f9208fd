//! `ocelot local fault`: whom faults strike, how often, and what they do.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::server::{Home, run};

const PUT: &str = "streaming stream message put --stream-id orders";

fn with_orders() -> Home {
    let home = Home::new();
    home.ok("streaming admin stream create --name orders --partitions 1");
    home
}

fn add(home: &Home, options: &str) {
    home.ok(&format!("local fault add --service streaming {options}"));
}

/// The status of a put of three messages, and how many of them failed.
fn put(home: &Home, options: &str) -> (Option<i32>, Option<i64>) {
    let output = home.run(&format!("{PUT} --text a --text b --text c {options}"));
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (output.status.code(), printed["data"]["failures"].as_i64())
}

#[test]
fn a_fault_strikes_as_often_as_it_is_told() {
    let home = with_orders();
    add(&home, "--operation put-messages --status 429 --times 2");
    let output = home.run(&format!("{PUT} --text a"));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr.contains("\"TooManyRequests\"") && stderr.contains("local fault"),
        "{stderr}"
    );
    home.ok("streaming admin stream get --stream-id orders");
    assert_eq!(put(&home, "").0, Some(1));
    assert_eq!(put(&home, ""), (Some(0), Some(0)));
    let list = home.json("local fault list");
    assert_eq!(list[0]["struck"], 2);
    assert_eq!(list[0]["times-left"], 0);
    assert_eq!(home.json("local fault clear"), Value::Array(Vec::new()));
}

#[test]
fn a_server_strikes_the_same() {
    let home = with_orders();
    let server = home.serve("");
    add(&home, "--operation put-messages --status 503 --times 1");
    let endpoint = format!("--endpoint {} --no-retry", server.url());
    assert_eq!(put(&home, &endpoint).0, Some(1));
    assert_eq!(put(&home, &endpoint), (Some(0), Some(0)));
    add(&home, "--operation get-stream --latency 1s");
    let begun = Instant::now();
    server.get("/20180418/streams");
    assert!(begun.elapsed() < Duration::from_secs(1));
    let begun = Instant::now();
    home.ok("streaming admin stream get --stream-id orders");
    assert!(begun.elapsed() >= Duration::from_secs(1));
    server.stop();
    let begun = Instant::now();
    home.ok("streaming admin stream get --stream-id orders");
    assert!(begun.elapsed() >= Duration::from_secs(1));
}

#[test]
fn a_share_of_the_messages_fails_and_the_others_are_stored() {
    let home = with_orders();
    add(&home, "--operation put-messages --partial 1/3");
    for _ in 0..2 {
        assert_eq!(put(&home, ""), (Some(0), Some(1)));
    }
    let server = home.serve("");
    assert_eq!(
        put(&home, &format!("--endpoint {}", server.url())),
        (Some(0), Some(1))
    );
    let tail = "streaming stream message tail --stream-id orders --format {value}";
    assert_eq!(
        home.ok(tail).lines().collect::<Vec<_>>(),
        ["a", "b"].repeat(3)
    );
    home.ok("local fault clear 1");
    add(&home, "--operation put-messages --partial 1/1");
    assert_eq!(put(&home, ""), (Some(0), Some(3)));
}

#[test]
fn the_lines_that_were_refused_are_told() {
    let home = with_orders();
    add(&home, "--operation put-messages --partial 1/3");
    let file = home.write("lines", "one\ntwo\nthree\nfour\nfive\nsix\n");
    let line = format!("streaming stream message put --stream-id orders --file {file}");
    let told = home.fails(&line, 1);
    assert!(
        told.starts_with("Error: the service refused 2 messages, of lines 3 and 6: ")
            && told.ends_with("(4 messages were put; nothing behind line 6 was sent)\n"),
        "{told}"
    );
}

#[test]
fn chance_is_the_same_with_the_same_seed() {
    let home = with_orders();
    let server = home.serve("");
    let draw = || {
        home.ok("local fault clear");
        add(
            &home,
            "--operation get-stream --status 500 --probability 0.5 --seed 7",
        );
        assert_eq!(home.json("local fault list")[0]["seed"], 7);
        let id = home.ok("streaming admin stream list --query data[0].id --raw-output");
        let get = || server.get(&format!("/20180418/streams/{id}")).status;
        (0..40).map(|_| get()).collect::<Vec<_>>()
    };
    let (first, second) = (draw(), draw());
    assert_eq!(first, second);
    let refused = first.iter().filter(|status| **status == 500).count();
    assert!((8..=32).contains(&refused), "{first:?}");
}

#[test]
fn faults_that_are_used_up_take_no_place_from_others() {
    let home = with_orders();
    let server = home.serve("");
    add(&home, "--operation list-streams --status 500 --times 1");
    assert_eq!(server.get("/20180418/streams").status, 500);
    // Those that may strike yet.
    for _ in 0..100 {
        add(&home, "--operation get-stream --status 500");
    }
    let list = home.json("local fault list");
    let ids = list.as_array().unwrap().iter();
    let ids: Vec<i64> = ids.map(|fault| fault["id"].as_i64().unwrap()).collect();
    assert_eq!(ids, (2..=101).collect::<Vec<i64>>());
    let refused = home.run("local fault add --service streaming --status 500");
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("fault clear"));
}

#[test]
fn a_probability_is_kept_as_it_is_given() {
    let home = Home::new();
    for given in ["0.000001", "0.1", "0.333333", "1", "0"] {
        home.ok("local fault clear");
        add(&home, &format!("--status 500 --probability {given}"));
        let list = home.json("local fault list");
        assert_eq!(list[0]["probability"].as_f64(), given.parse().ok());
    }
}

#[test]
fn slips_are_told_with_what_is_nearest() {
    let home = Home::new();
    let refusal = |line: &str| {
        let output = home.run(&format!("local fault add {line}"));
        let stderr = String::from_utf8(output.stderr).unwrap();
        (output.status.code().unwrap(), stderr)
    };
    let (status, told) = refusal("--service streams --status 429");
    assert!(status == 1 && told.contains("is streaming meant"), "{told}");
    let (status, told) = refusal("--service streaming --operation put-message --status 429");
    assert!(
        status == 1 && told.contains("is put-messages meant"),
        "{told}"
    );
    let (status, told) = refusal("--service streaming --status 299");
    assert!(status == 1 && told.contains("429"), "{told}");
    let (status, told) = refusal("--service queue --operation put-messages --partial 1/2");
    assert!(
        status == 1 && told.contains("only puts into streams"),
        "{told}"
    );
    for line in [
        "--service streaming",
        "--service streaming --status 429 --latency 2s",
        "--service streaming --status 429 --probability 2",
        "--service streaming --status 429 --probability 0.0000001",
        "--service streaming --status 429 --probability 0.1234567",
        "--service streaming --partial half",
        "--service streaming --latency 0s",
    ] {
        assert_eq!(refusal(line).0, 2, "{line}");
    }
}

#[test]
fn a_reset_takes_faults_away() {
    let home = with_orders();
    add(&home, "--status 500");
    home.ok("local reset --force");
    assert_eq!(home.json("local fault list"), Value::Array(Vec::new()));
    home.ok("streaming admin stream list");
}

/// Puts with librdkafka, reads it back, and prints what came.
const CLIENT: &str = "
import sys
from confluent_kafka import Consumer, Producer
server = {'bootstrap.servers': sys.argv[1]}
failed = []
producer = Producer({**server, 'retry.backoff.ms': 50, 'retry.backoff.max.ms': 50})
for word in ['one', 'two']:
    producer.produce('orders', word, on_delivery=lambda error, _: error and failed.append(error))
    left = producer.flush(30)
    assert left == 0 and not failed, (left, failed)
consumer = Consumer({**server, 'group.id': 'g', 'auto.offset.reset': 'earliest'})
consumer.subscribe(['orders'])
got = []
while len(got) < 2:
    message = consumer.poll(30)
    assert message is not None
    if not message.error():
        got.append(message.value().decode())
consumer.close()
print(*got)
";

#[test]
fn kafka_clients_meet_them_and_try_again() {
    let Ok(python) = std::env::var("OCELOT_PYTHON") else {
        panic!("OCELOT_PYTHON names the Python with confluent-kafka");
    };
    let home = with_orders();
    let server = home.serve("");
    add(&home, "--operation put-messages --status 503 --times 2");
    add(&home, "--operation put-messages --status 429 --times 1");
    add(&home, "--operation put-messages --partial 1/4 --times 1");
    add(&home, "--operation get-messages --status 500 --times 2");
    add(&home, "--operation get-messages --latency 50ms --times 2");
    let mut client = Command::new(python);
    client.args(["-c", CLIENT, server.ready["kafka"].as_str().unwrap()]);
    let output = run(client);
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "one two\n",
        "{stderr}"
    );
    let list = home.json("local fault list");
    let struck: Vec<i64> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["struck"].as_i64().unwrap())
        .collect();
    assert_eq!(
        (struck[0], struck[1], struck[3], struck[4]),
        (2, 1, 2, 2),
        "{list}"
    );
}

#[test]
fn messages_of_queues_are_struck_like_other_calls() {
    let home = Home::new();
    home.ok("queue queue-admin queue create --display-name jobs");
    let put = "queue messages put-messages --queue-id jobs --text job";
    let add = "local fault add --service queue --operation put-messages --status 503 --times 1";
    home.ok(add);
    assert_eq!(home.run(put).status.code(), Some(1));
    home.ok(put);
    let server = home.serve("");
    home.ok(add);
    let put = format!("{put} --endpoint {} --no-retry", server.url());
    assert_eq!(home.run(&put).status.code(), Some(1));
    home.ok(&put);
}
