//! `serve --seed`: resources that are there when the server is, once and not twice.

use std::fs;

use serde_json::{Value, json};

use crate::server::{Home, run};

const SHOP: &str = "
stream-pools:
  - name: shop
streams:
  - name: orders
    partitions: 3
    stream-pool-id: shop
  - name: returns
    partitions: 1
queues:
  - display-name: jobs
    dead-letter-queue-delivery-count: 3
topics:
  - name: alarms
  - name: news
subscriptions:
  - topic-id: alarms
    protocol: EMAIL
    endpoint: me@example.com
  - topic-id: news
    protocol: EMAIL
    endpoint: me@example.com
rules:
  - display-name: uploads
    is-enabled: true
    condition: {eventType: com.oraclecloud.objectstorage.createobject}
    actions:
      actions:
        - {actionType: OSS, streamId: orders, isEnabled: true}
";

fn write(home: &Home, text: &str) -> String {
    let file = home.path("seed.yaml");
    fs::write(&file, text).unwrap();
    file.display().to_string()
}

#[test]
fn what_is_missing_is_made_and_nothing_twice() {
    let home = Home::new();
    let file = write(&home, SHOP);
    let server = home.serve(&format!("--seed {file}"));
    let first = home.json("local status")["resources"].clone();
    let names = [
        "stream-pools",
        "streams",
        "queues",
        "topics",
        "subscriptions",
        "rules",
    ];
    let made: Vec<i64> = names
        .iter()
        .map(|name| first[name].as_i64().unwrap())
        .collect();
    // The second stream brings the default pool.
    assert_eq!(made, [2, 2, 1, 2, 2, 1], "{first}");
    let orders = home.json("streaming admin stream get --stream-id orders");
    assert_eq!(orders["partitions"], 3);
    home.ok("streaming admin stream delete --stream-id returns --force");
    server.stop();
    let server = home.serve(&format!("--seed {file}"));
    let counted = home.json("local status")["resources"].clone();
    assert_eq!(counted, first);
    let again = home.json("streaming admin stream get --stream-id orders");
    assert_eq!(again["id"], orders["id"]);
    server.stop();
}

#[test]
fn a_run_has_it_too() {
    let home = Home::new();
    let file = write(&home, SHOP);
    let mut command = home.command(&format!("run --seed {file} --"));
    command.args([
        env!("CARGO_BIN_EXE_ocelot"),
        "streaming",
        "admin",
        "stream",
        "list",
        "--query",
        "sort(data[].name)",
    ]);
    let output = run(command);
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(printed, json!(["orders", "returns"]));
}

#[test]
fn a_file_that_is_no_seed_is_refused_before_anything_is_served() {
    let home = Home::new();
    for (text, told) in [
        ("streams: [", "is no seed"),
        (
            "buckets:\n  - name: a",
            "buckets is nothing that a seed has",
        ),
        (
            "streams:\n  - partitions: 3",
            "number 1 of streams has no name",
        ),
        (
            "streams:\n  - name: a\n    colour: red",
            "a of streams has colour",
        ),
        (
            "streams:\n  - name: a\n    partitions: many",
            "the seed's a of streams",
        ),
        ("streams: orders", "streams is nothing"),
        ("- a", "is no seed"),
    ] {
        let file = write(&home, text);
        let output = home.run(&format!(
            "serve --http 127.0.0.1:0 --kafka 127.0.0.1:0 --seed {file}"
        ));
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{text}: {stderr}");
        assert!(stderr.contains(told), "{text}: {stderr}");
    }
    let output = home.run("serve --http 127.0.0.1:0 --kafka 127.0.0.1:0 --seed nowhere.yaml");
    assert_eq!(output.status.code(), Some(1));
}
