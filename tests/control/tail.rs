//! `message tail` and `group lag`: what is shown of a stream, and that no group learns of it.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;

use ocelot::engine::{Engine, NewKafkaOffset};
use ocelot::log::Durability;
use serde_json::{Value, json};

use crate::server::{Home, PATIENCE, run};

const TAIL: &str = "streaming stream message tail --stream-id orders";

/// A home with a stream of two partitions. At noon, an hour apart, come messages `one` to `five`.
fn with_orders() -> Home {
    let home = Home::new();
    home.ok("streaming admin stream create --name orders --partitions 2");
    for (hour, word) in ["one", "two", "three", "four", "five"].iter().enumerate() {
        let hour = 12 + hour;
        home.ok(&format!(
            "local clock set 2026-03-14T{hour}:00:00Z --frozen"
        ));
        put(&home, &format!("--key {} --text {word}", word.len()));
    }
    home
}

fn put(home: &Home, messages: &str) {
    home.ok(&format!(
        "streaming stream message put --stream-id orders {messages}"
    ));
}

fn values(home: &Home, options: &str) -> Vec<String> {
    let mut command = home.command(&format!("{TAIL} {options}"));
    command.args(["--format", "{value}"]);
    let output = run(command);
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{options}: {stderr}");
    let stdout = String::from_utf8(output.stdout).unwrap();
    stdout.lines().map(str::to_owned).collect()
}

#[test]
fn the_newest_are_shown_in_the_order_of_their_times() {
    let home = with_orders();
    assert_eq!(values(&home, ""), ["one", "two", "three", "four", "five"]);
    assert_eq!(values(&home, "-n 2"), ["four", "five"]);
    assert_eq!(values(&home, "-n 0"), [""; 0]);
    assert_eq!(values(&home, "--since 90m"), ["four", "five"]);
    assert_eq!(values(&home, "--since 5h -n 1"), ["five"]);
    let middle = "--since 2026-03-14T13:00:00Z --until 2026-03-14T15:00:00Z -n 9";
    assert_eq!(values(&home, middle), ["two", "three"]);
    assert_eq!(values(&home, "--until 1h"), ["one", "two", "three"]);
    // However many are asked for, and whatever partitions they are in.
    let all = ["one", "two", "three", "four", "five"];
    assert_eq!(values(&home, "--since 9h"), all);
    assert_eq!(values(&home, "--since 9h --until 1h"), all[..3]);
}

#[test]
fn many_messages_of_one_partition_stand_where_they_belong_among_those_of_others() {
    let home = Home::new();
    home.ok("streaming admin stream create --name orders --partitions 2");
    let batch = |key: &str, count: usize| {
        let lines: String = (0..count).map(|line| format!("{key} {line}\n")).collect();
        let file = home.write("lines", &lines);
        put(&home, &format!("--file {file} --key {key}"));
        home.ok("local clock advance 1h");
        lines
    };
    home.ok("local clock set 2026-03-14T12:00:00Z --frozen");
    // More than one reply holds, and less than all partitions have.
    let expected = batch("one", 1200) + &batch("four", 10) + &batch("one", 1200);
    let partition = |key: &str| {
        let line = format!("streaming stream message put --stream-id orders --text x --key {key}");
        home.json(&line)["entries"][0]["partition"].clone()
    };
    assert_ne!(partition("one"), partition("four"));
    let expected: Vec<&str> = expected.lines().chain(["x", "x"]).collect();
    assert_eq!(values(&home, "--since 9h"), expected);
    assert_eq!(values(&home, "-n 2000 --since 9h"), expected[412..]);
}

#[test]
fn a_number_without_its_unit_is_not_taken_for_a_time_in_1970() {
    let home = with_orders();
    for (text, part) in [
        ("10", "90s, 10m or 7d"),
        ("0", "90s, 10m or 7d"),
        ("20260314", "a number is seconds since 1970"),
        ("soon", "in seconds since 1970"),
    ] {
        let output = home.run(&format!("{TAIL} --since {text}"));
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains(part), "{stderr}");
    }
    assert_eq!(values(&home, "--since 1773504000"), ["five"]);
}

#[test]
fn filters_look_further_back() {
    let home = with_orders();
    assert_eq!(values(&home, "--key 3 -n 1"), ["two"]);
    assert_eq!(values(&home, "--grep ^t -n 2"), ["two", "three"]);
    let partitions = [
        values(&home, "--partition 0"),
        values(&home, "--partition 1"),
    ];
    assert_eq!(partitions.concat().len(), 5);
    assert!(
        partitions.iter().all(|values| !values.is_empty()),
        "{partitions:?}"
    );
}

#[test]
fn messages_are_json_unless_a_format_is_given() {
    let home = with_orders();
    let line: Value = serde_json::from_str(&home.ok(&format!("{TAIL} -n 1"))).unwrap();
    assert_eq!(line["value"], "five");
    assert_eq!(line["key"], "4");
    assert!(
        line["timestamp"]
            .as_str()
            .unwrap()
            .starts_with("2026-03-14T16:00"),
        "{line}"
    );
    let output = home.run(&format!("{TAIL} --format {{wert}}"));
    assert_eq!(output.status.code(), Some(2));
    let output = home.run(&format!("{TAIL} --grep ("));
    assert_eq!(output.status.code(), Some(2));
    let output = home.run(&format!("{TAIL} --partition 7"));
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_server_tells_the_same_and_new_messages_are_followed() {
    let home = with_orders();
    let server = home.serve("");
    let endpoint = format!("--endpoint {}", server.url());
    assert_eq!(values(&home, &format!("{endpoint} -n 2")), ["four", "five"]);
    for options in ["", &endpoint] {
        let mut follower = home
            .command(&format!("{TAIL} -n 1 --follow {options}"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(follower.stdout.take().unwrap()).lines();
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let message: Value = serde_json::from_str(&line).unwrap();
                sender
                    .send(message["value"].as_str().unwrap().to_owned())
                    .unwrap();
            }
        });
        let next = || receiver.recv_timeout(PATIENCE).unwrap();
        let first = next();
        put(&home, "--key a --text six");
        put(&home, "--key b --text seven");
        let mut came = [first, next(), next()];
        came[1..].sort();
        assert!(
            ["five", "six", "seven"].contains(&came[0].as_str()),
            "{came:?}"
        );
        assert_eq!(came[1..], ["seven", "six"]);
        follower.kill().unwrap();
        follower.wait().unwrap();
    }
}

fn lag(home: &Home, group: &str, options: &str) -> Vec<Value> {
    let line =
        format!("streaming stream group lag --stream-id orders --group-name {group} {options}");
    home.json(&line).as_array().unwrap().clone()
}

fn total(rows: &[Value]) -> i64 {
    rows.iter().map(|row| row["lag"].as_i64().unwrap()).sum()
}

#[test]
fn lag_counts_what_a_group_has_not_committed() {
    let home = with_orders();
    let cursor = home.ok(
        "streaming stream cursor create-group-cursor --stream-id orders --group-name billing --type TRIM_HORIZON \
         --query data.value --raw-output",
    );
    assert_eq!(total(&lag(&home, "billing", "")), 5);
    let got = home.run(&format!(
        "streaming stream message get --stream-id orders --cursor {cursor} --limit 5 --decode"
    ));
    let told = String::from_utf8(got.stderr).unwrap();
    let next = told
        .trim()
        .strip_prefix("opc-next-cursor: ")
        .unwrap()
        .to_owned();
    let read = String::from_utf8(got.stdout).unwrap().lines().count() as i64;
    home.ok(&format!(
        "streaming stream group commit --stream-id orders --cursor {next}"
    ));
    assert_eq!(total(&lag(&home, "billing", "")), 5 - read);
    put(&home, "--text six");
    assert_eq!(total(&lag(&home, "billing", "")), 6 - read);
    let group = home.json("streaming stream group get --stream-id orders --group-name billing");
    for row in lag(&home, "billing", "") {
        let partition = row["partition"].to_string();
        let reservations = group["reservations"].as_array().unwrap();
        let known = reservations
            .iter()
            .find(|known| known["partition"] == partition.as_str());
        assert_eq!(known.unwrap()["committed-offset"], row["committed-offset"]);
        assert_eq!(row["protocol"], "REST");
    }
    let server = home.serve("");
    let endpoint = format!("--endpoint {}", server.url());
    assert_eq!(lag(&home, "billing", &endpoint), lag(&home, "billing", ""));
    let output = home.run("streaming stream group lag --stream-id orders --group-name nobody");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("Unknown group nobody"));
}

#[test]
fn lag_of_kafka_groups_is_known_to_the_engine_of_this_machine() {
    let home = with_orders();
    let stream = home.json("streaming admin stream get --stream-id orders");
    let home_folder = ocelot::engine::Home::Folder(home.data());
    let engine = Engine::open(&home_folder, Durability::Os).unwrap();
    let offset = NewKafkaOffset {
        stream_id: stream["id"].as_str().unwrap().to_owned(),
        partition: 0,
        offset: 1,
        leader_epoch: -1,
        metadata: String::new(),
    };
    let pool = stream["stream-pool-id"].as_str().unwrap();
    let stored = engine
        .kafka_groups()
        .commit_offsets(pool, "sinks", &[offset]);
    assert!(stored.unwrap()[0].is_ok());
    drop(engine);
    let rows = lag(&home, "sinks", "");
    assert_eq!(rows[0]["committed-offset"], json!(1));
    assert_eq!(rows[1]["committed-offset"], Value::Null);
    assert_eq!(total(&rows), 4);
    let server = home.serve("");
    assert_eq!(lag(&home, "sinks", ""), rows);
    // The address of its server leads to the same engine, by whatever name, and that of another does not.
    for host in ["127.0.0.1", "localhost"] {
        let url = server.url().replace("127.0.0.1", host);
        assert_eq!(lag(&home, "sinks", &format!("--endpoint {url}")), rows);
    }
    let other = Home::new();
    let of_other = other.serve("");
    other.ok("streaming admin stream create --name orders --partitions 2");
    let line = "streaming stream group lag --stream-id orders --group-name sinks";
    let output = home.run(&format!("{line} --endpoint {}", of_other.url()));
    assert_eq!(output.status.code(), Some(1));
    drop(server);
    // What is not kept any more cannot be read.
    home.ok("local clock advance 30h");
    assert_eq!(total(&lag(&home, "sinks", "")), 0);
}
