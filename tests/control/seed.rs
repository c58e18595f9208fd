//! `serve --seed`: resources that are there when the server is, once and not twice.

use std::fs;

use serde_json::{Value, json};
use test_support::eventually;

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

/// As the options of the create commands are spelled, and within as in their help.
const OPTIONS: &str = "
streams: [{name: orders, partitions: 1}]
topics: [{name: alerts}]
subscriptions:
  - {topic-id: alerts, protocol: EMAIL, subscription-endpoint: ann@example.com}
alarms:
  - display-name: busy
    namespace: shop
    query-text: Load[1m].max() > 3
    severity: CRITICAL
    destinations: [alerts]
    is-enabled: true
rules:
  - display-name: uploads
    is-enabled: true
    condition: {eventType: com.oraclecloud.objectstorage.createobject}
    actions: {actions: [{action-type: OSS, stream-id: orders, is-enabled: true}]}
service-connectors:
  - display-name: archive
    source: {kind: streaming, stream-id: orders, cursor: {kind: TRIM_HORIZON}}
    target: {kind: objectStorage, bucket-name: lake, batch-rollover-size-in-mbs: 1}
";

#[test]
fn fields_are_spelled_as_options_too() {
    let home = Home::new();
    let file = write(&home, OPTIONS);
    let server = home.serve(&format!("--seed {file}"));
    let connector = home.json("sch service-connector get --service-connector-id archive");
    assert_eq!(connector["target"]["batch-rollover-size-in-mbs"], 1);
    let alarms = home.json("monitoring alarm list");
    assert_eq!(alarms[0]["query"], "Load[1m].max() > 3");
    server.stop();
    home.serve(&format!("--seed {file}")).stop();
    let subscriptions = home.json("ons subscription list");
    assert_eq!(subscriptions.as_array().map(Vec::len), Some(1));
    // Nothing is in an empty file.
    let file = write(&home, "");
    home.serve(&format!("--seed {file}")).stop();
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
            "line 2: number 1 of streams has no text as its name",
        ),
        (
            "# Two.\nstreams:\n  - name: a\n    partitions: 1\n  - name: b\n    colour: red",
            "line 5: b of streams has colour",
        ),
        (
            "topics:\n- name: a\nstreams:\n  - name: b\n    partitions: many",
            "the seed's line 4: b of streams",
        ),
        ("streams: orders", "streams must be a list"),
        (
            "streams:\n  - {name: a, partitions: 1}\n  - {name: a, partitions: 9}",
            "the seed's line 3: a of streams: it stands in the seed twice",
        ),
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

/// The same names in places of their own, and resources that name others.
const BRANCHES: &str = "
stream-pools:
  - name: shop
  - name: shop
    compartment-id: ocid1.compartment.oc1..branch
  - name: returns
streams:
  - name: orders
    partitions: 1
  - {name: orders, partitions: 2, stream-pool-id: returns}
  - {name: orders, partitions: 3, compartment-id: ocid1.compartment.oc1..branch}
queues:
  - display-name: jobs
  - {display-name: jobs, compartment-id: ocid1.compartment.oc1..branch}
topics:
  - name: alarms
connect-harnesses:
  - name: sinks
alarms:
  - display-name: behind
    namespace: oci_streaming
    query: ConsumerLag[1m].max() > 1000
    severity: CRITICAL
    is-enabled: true
    destinations: [alarms]
  - display-name: behind
    compartment-id: ocid1.compartment.oc1..branch
    namespace: oci_streaming
    query: ConsumerLag[1m].max() > 1000
    severity: CRITICAL
    is-enabled: true
    destinations: [alarms]
service-connectors:
  - display-name: moves
    source: {kind: streaming, streamId: moved, cursor: {kind: LATEST}}
    target: {kind: notifications, topicId: alarms}
";

#[test]
fn names_are_compared_where_the_services_do_and_stand_for_resources() {
    let home = Home::new();
    // One name of one stream, for the connector.
    let seed = BRANCHES.replacen("queues:", "  - {name: moved, partitions: 1}\nqueues:", 1);
    let file = write(&home, &seed);
    for _ in 0..2 {
        let server = home.serve(&format!("--seed {file}"));
        let counts = home.json("local status")["resources"].clone();
        let counted = [
            // Two default pools among them.
            ("stream-pools", 5),
            ("streams", 4),
            ("queues", 2),
            ("topics", 1),
            ("connect-harnesses", 1),
            ("alarms", 2),
            ("service-connectors", 1),
        ];
        for (kind, count) in counted {
            assert_eq!(counts[kind], count, "{kind}: {counts}");
        }
        server.stop();
    }
    let topic = home.ok("ons topic list --query data[0].\"topic-id\" --raw-output");
    let alarms = home.json("monitoring alarm list");
    assert_eq!(alarms[0]["destinations"], json!([topic]));
    let connector = home.json("sch service-connector get --service-connector-id moves");
    assert_eq!(connector["target"]["topic-id"], json!(topic));
}

/// A log whose file lies beside the seed, and a connector that reads it.
const LOGS: &str = "
streams:
  - {name: entries, partitions: 1}
logs:
  - log-id: ocid1.log.oc1..web
    log-group-id: ocid1.loggroup.oc1..shop
    file: access.jsonl
  - {logId: ocid1.log.oc1..other, logGroupId: _Audit, compartmentId: ocid1.compartment.oc1..branch, file: /var/log/other}
service-connectors:
  - display-name: logs-to-entries
    source:
      kind: logging
      logSources: [{compartmentId: ocid1.tenancy.oc1..local, logId: ocid1.log.oc1..web}]
    target: {kind: streaming, streamId: entries}
";

#[test]
fn logs_are_followed_in_files_beside_the_seed() {
    let home = Home::new();
    let file = home.write("seeds/seed.yaml", LOGS);
    let log = home.write("seeds/access.jsonl", "");
    let server = home.serve(&format!("--seed {file}"));
    let followed = json!([
        {"log-id": "ocid1.log.oc1..other", "log-group-id": "_Audit", "compartment-id": "ocid1.compartment.oc1..branch",
         "file": "/var/log/other"},
        {"log-id": "ocid1.log.oc1..web", "log-group-id": "ocid1.loggroup.oc1..shop",
         "compartment-id": "ocid1.tenancy.oc1..local", "file": log},
    ]);
    assert_eq!(home.json("local log list"), followed);
    fs::write(&log, "{\"level\": \"warn\"}\n").unwrap();
    eventually("the connector reads the log", || {
        let shown = home.ok("streaming stream message tail --stream-id entries --format {value}");
        shown.contains("warn")
    });
    // What is followed elsewhere since then stays so, and comes back once it is not followed at all.
    home.ok("local log add --log-id ocid1.log.oc1..other --log-group-id _Audit --file elsewhere");
    home.ok("local log remove --log-id ocid1.log.oc1..web");
    server.stop();
    let server = home.serve(&format!("--seed {file}"));
    let again = home.json("local log list");
    assert_eq!(again[0]["file"], home.path("elsewhere").to_str().unwrap());
    assert_eq!(again[1], followed[1]);
    server.stop();
}

#[test]
fn logs_that_cannot_be_followed_are_refused() {
    let home = Home::new();
    let whole = "logId: l, logGroupId: g";
    for (log, told) in [
        (
            "file: a".to_owned(),
            "line 2: number 1 of logs has no text as its logId",
        ),
        (format!("{whole}, path: a"), "line 2: l of logs has path"),
        (
            whole.to_owned(),
            "the seed's line 2: l of logs: file must be a text",
        ),
        (
            format!("{whole}, file: 3"),
            "the seed's line 2: l of logs: file must be a text",
        ),
        (
            format!("{whole}, file: ' '"),
            "the seed's line 2: l of logs: file must be a text",
        ),
        (format!("{whole}, file: ."), "no regular file"),
        (
            "logId: l, file: a".to_owned(),
            "l of logs: logGroupId must be a text",
        ),
    ] {
        let file = write(&home, &format!("logs:\n  - {{{log}}}"));
        let line = format!(
            "serve --http 127.0.0.1:0 --kafka 127.0.0.1:0 --stomp 127.0.0.1:0 --seed {file}"
        );
        let stderr = home.fails(&line, 1);
        assert!(stderr.contains(told), "{log}: {stderr}");
    }
}
