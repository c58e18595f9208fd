//! What was noted is carried out, whatever happens to the process in between.

use std::path::Path;

use ocelot::call::LOCAL_TENANCY;
use ocelot::log::Durability;
use ocelot::store::{Store, StoreError};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::bench::{Bench, ons, oss};

/// Notes an effect as a service does, in a process that ends before it is carried out.
fn leave(folder: &Path, effect: &Value) {
    let store = Store::open(&folder.join("ocelot.db"), Durability::Os).unwrap();
    store
        .tenancy(LOCAL_TENANCY)
        .write(|session| session.note_effect("http://127.0.0.1:4590", effect))
        .unwrap();
}

fn is_left(folder: &Path) -> bool {
    let store = Store::open(&folder.join("ocelot.db"), Durability::Os).unwrap();
    let next = store.read(|session| session.next_effect::<Value>(0));
    let next: Result<_, StoreError> = next;
    next.unwrap().is_some()
}

/// An event as the first version noted it.
fn event() -> Value {
    json!({
        "kind": "event",
        "cloudEventsVersion": "0.1",
        "eventTypeVersion": "2.0",
        "eventType": "com.oraclecloud.notification.createtopic",
        "source": "notification",
        "eventTime": "2026-03-14T01:02:03.456Z",
        "contentType": "application/json",
        "eventID": "f6ef4d7f-51d8-4f4a-a66b-9a7a9c3a5b1e",
        "extensions": {"compartmentId": "ocid1.compartment.oc1..a"},
        "data": {
            "compartmentId": "ocid1.compartment.oc1..a",
            "resourceName": "alerts",
            "resourceId": "ocid1.onstopic.oc1..a",
            "freeformTags": {},
            "definedTags": {},
            "additionalDetails": {},
        },
    })
}

#[test]
fn events_and_actions_that_a_killed_process_left_are_carried_out() {
    let folder = TempDir::new().unwrap();
    let bench = Bench::in_folder(folder.path());
    let stream = bench.stream("audit");
    let rules = ["a", "b"].map(|name| bench.rule(name, &json!({}), &[oss(&stream)]));
    drop(bench);
    leave(folder.path(), &event());
    let bench = Bench::in_folder(folder.path());
    let events = bench.events_in(&stream);
    assert_eq!(events.len(), 2);
    let mut wanted = event();
    wanted.as_object_mut().unwrap().remove("kind");
    assert_eq!(events[0], wanted);
    drop(bench);
    assert!(!is_left(folder.path()));

    // Died after the event, before its actions: one of them to a topic that is gone.
    let bench = Bench::in_folder(folder.path());
    let gone = ons("ocid1.onstopic.oc1..gone");
    let rule = bench
        .updating(&rules[0], json!({"actions": {"actions": [gone]}}))
        .value();
    let action = rule.pointer("/actions/actions/0/id").unwrap();
    let taken = json!({"rule_id": rules[0], "action_id": action, "event_id": "e1"});
    drop(bench);
    leave(
        folder.path(),
        &json!({"kind": "publish", "topic_id": "ocid1.onstopic.oc1..gone", "sender": "rule",
                "title": null, "body": "{}", "action": taken}),
    );
    leave(
        folder.path(),
        &json!({"kind": "put", "stream_id": stream, "key": null, "value": "{\"b\": 1}",
                "action": taken}),
    );
    let bench = Bench::in_folder(folder.path());
    assert_eq!(bench.events_in(&stream)[2], json!({"b": 1}));
    drop(bench);
    assert!(!is_left(folder.path()));
}

#[test]
fn refusals_are_kept_with_the_rule() {
    let folder = TempDir::new().unwrap();
    let bench = Bench::in_folder(folder.path());
    let topic = bench.topic("alerts");
    let id = bench.rule("r", &json!({"source": "none"}), &[ons(&topic)]);
    let action = bench
        .get(&id)
        .pointer("/actions/actions/0/id")
        .unwrap()
        .clone();
    drop(bench);
    for rule_id in [&*id, "ocid1.eventrule.oc1..gone"] {
        let taken = json!({"rule_id": rule_id, "action_id": action, "event_id": "e1"});
        leave(
            folder.path(),
            &json!({"kind": "put", "stream_id": "ocid1.stream.oc1..gone", "key": null, "value": "{}",
                    "action": taken}),
        );
    }
    let bench = Bench::in_folder(folder.path());
    assert_eq!(
        bench.get(&id)["lifecycleMessage"],
        "actions.actions[0]: The event e1 was not taken at 2026-03-14T01:02:03.456Z: Unknown stream \
         ocid1.stream.oc1..gone"
    );
    drop(bench);
    assert!(!is_left(folder.path()));
}
