//! `ocelot local audit list`: what leaves an entry, and how entries are found.

use ocelot::api::operation::Method;
use serde_json::{Value, json};

use crate::server::Home;

fn entries(home: &Home, options: &str) -> Vec<Value> {
    let list = home.json(&format!("local audit list {options}"));
    list.as_array().unwrap().clone()
}

/// Operation, status and name of entries, the newest first.
fn told(entries: &[Value]) -> Value {
    let told = entries.iter();
    let told =
        told.map(|entry| json!([entry["operation"], entry["status"], entry["resource-name"]]));
    told.collect()
}

#[test]
fn changes_leave_an_entry_and_messages_do_not() {
    let home = Home::new();
    home.ok("local clock set 2026-03-14T12:00:00Z --frozen");
    home.ok("streaming admin stream create --name orders --partitions 1");
    home.ok("streaming stream message put --stream-id orders --text one");
    home.ok("streaming stream message tail --stream-id orders");
    home.ok("local clock set 2026-03-14T13:00:00Z --frozen");
    home.ok("queue queue-admin queue create --display-name jobs");
    home.ok("queue messages put-messages --queue-id jobs --text job");
    let refused = home.run("streaming admin stream create --name orders --partitions 1");
    assert_eq!(refused.status.code(), Some(1));
    home.ok("streaming admin stream delete --stream-id orders --force");
    let all = entries(&home, "");
    let status = |index: usize| all[index]["status"].as_u64().unwrap();
    assert_eq!(all.len(), 4, "{all:?}");
    assert_eq!(all[0]["operation"], "delete_stream");
    assert_eq!(all[0]["resource-id"], "orders");
    assert!(status(1) >= 400 && status(0) < 300);
    assert_eq!(all[2]["service"], "queue");
    assert_eq!(told(&all[3..]), json!([["create_stream", 200, "orders"]]));
    assert_eq!(all[3]["time"], "2026-03-14T12:00:00.000Z");
    assert!(
        all[3]["resource-id"]
            .as_str()
            .unwrap()
            .starts_with("ocid1.stream.")
    );
    assert_eq!(entries(&home, "--since 30m").len(), 3);
    assert_eq!(entries(&home, "--until 2026-03-14T12:30:00Z").len(), 1);
    assert_eq!(entries(&home, "--resource jobs").len(), 1);
    assert_eq!(entries(&home, "--resource orders --limit 2").len(), 2);
    let table = home.ok("local audit list --output table");
    assert!(
        table.contains("create_stream") && table.lines().all(|line| line.chars().count() <= 100),
        "{table}"
    );
}

#[test]
fn a_server_tells_the_request() {
    let home = Home::new();
    let server = home.serve("");
    server.stream("orders", 1);
    let refused = server.send(Method::Delete, "/20180418/streams/nothing", None);
    assert_eq!(refused.status, 404);
    let entries = entries(&home, "");
    assert_eq!(
        told(&entries),
        json!([
            ["delete_stream", 404, null],
            ["create_stream", 200, "orders"]
        ])
    );
    for entry in &entries {
        assert!(!entry["opc-request-id"].as_str().unwrap().is_empty());
        assert_eq!(entry["tenancy-id"], "ocid1.tenancy.oc1..local");
    }
}
