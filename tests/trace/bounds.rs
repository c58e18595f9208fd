//! How much is kept, and what is never traced.

use ocelot::store::{MOST_TRACE_HOPS, NewTraceHop, Store, StoreError};
use rusqlite::Connection;
use serde_json::json;

use crate::sandbox::Sandbox;

/// How many rows a table of a folder has that no process has open.
fn count(sandbox: &Sandbox, table: &str) -> i64 {
    let database = Connection::open(sandbox.path("data/ocelot.db")).unwrap();
    let count = format!("SELECT COUNT(*) FROM {table}");
    database.query_row(&count, [], |row| row.get(0)).unwrap()
}

#[test]
fn the_newest_hops_are_kept() {
    let store = Store::in_memory().unwrap();
    let hop = json!({});
    let all = MOST_TRACE_HOPS + 500;
    for number in 0..all {
        let trace_id = number.to_string();
        let new = NewTraceHop {
            trace_id: &trace_id,
            parent_id: None,
            alias: None,
            time_ms: number,
            hop: &hop,
        };
        let put: Result<i64, StoreError> = store.write(|session| session.put_trace_hop(&new));
        put.unwrap();
    }
    let newest: Result<_, StoreError> = store.read(|session| session.newest_traces(usize::MAX, 0));
    let newest = newest.unwrap();
    // They are removed by the dozens.
    let kept = newest.len() as i64;
    assert!(
        (MOST_TRACE_HOPS..MOST_TRACE_HOPS + 100).contains(&kept),
        "{kept}"
    );
    assert_eq!(newest[0], (all - 1).to_string());
}

#[test]
fn old_hops_are_forgotten() {
    let sandbox = Sandbox::with_alerts();
    let old = sandbox.publish("");
    sandbox.data("local clock advance 29d");
    assert_eq!(sandbox.trace(&old)["id"], old);
    sandbox.data("local clock advance 2d");
    sandbox.refusal(&format!("local trace {old}"));
    assert_eq!(sandbox.data("local trace"), json!([]));
    let new = sandbox.publish("");
    assert_eq!(sandbox.data("local trace").as_array().unwrap().len(), 1);
    assert_eq!(sandbox.trace(&new)["id"], new);
    // Their room is given back when there is something new.
    for _ in 0..64 {
        sandbox.publish("");
    }
    assert!(count(&sandbox, "trace_hop") <= 65);
    sandbox.data("local reset --force");
    assert_eq!(count(&sandbox, "trace_hop"), 0);
}

#[test]
fn a_trace_without_its_beginning_says_so() {
    let sandbox = Sandbox::with_alerts();
    sandbox.subscribe("EMAIL", "oncall@example.com");
    let id = sandbox.publish("--delivery-timeout 0");
    sandbox.data("local clock advance 29d");
    sandbox.data("ons topic list");
    sandbox.data("local clock advance 2d");
    let trace = sandbox.trace(&id);
    assert_eq!(trace["is-complete"], false);
    assert_eq!(trace["hops"][0]["kind"], "inbox");
    assert_eq!(trace["hops"][0]["parent"], json!(null));
}

#[test]
fn putting_messages_leaves_no_trace() {
    let sandbox = Sandbox::with_alerts();
    sandbox.data("streaming admin stream create --name orders --partitions 1");
    sandbox.data("queue queue-admin queue create --display-name jobs");
    let before = count(&sandbox, "trace_hop");
    let changes = |sandbox: &Sandbox| {
        let database = Connection::open(sandbox.path("data/ocelot.db")).unwrap();
        let version = "SELECT seq FROM sqlite_sequence WHERE name = 'trace_hop'";
        database
            .query_row(version, [], |row| row.get::<_, i64>(0))
            .unwrap_or_default()
    };
    let written = changes(&sandbox);
    sandbox.data("streaming stream message put --stream-id orders --text hello");
    sandbox.data("queue messages put-messages --queue-id jobs --messages '[{\"content\": \"x\"}]'");
    assert_eq!(count(&sandbox, "trace_hop"), before);
    assert_eq!(changes(&sandbox), written);
}
