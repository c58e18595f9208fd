//! What a rule says of itself: event types that nobody emits, targets that are not there, and events that were
//! not taken.

use ocelot::call::Origin;
use ocelot::engine::events::{EventSketch, NewEvent};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::bench::{Bench, faas, ons, oss, text};

const GONE: &str = "ocid1.onstopic.oc1..gone";

fn message(rule: &Value) -> String {
    text(&rule["lifecycleMessage"])
}

fn action(rule: &Value, index: usize) -> (String, String) {
    let action = &rule["actions"]["actions"][index];
    (
        text(&action["lifecycleState"]),
        text(&action["lifecycleMessage"]),
    )
}

/// Emits an event with these details, and returns what is told of it.
fn emit(bench: &Bench, data: Value) -> Value {
    let event = NewEvent::Sketch(EventSketch {
        event_type: "com.oraclecloud.objectstorage.createobject".to_owned(),
        data: Some(data),
        ..EventSketch::default()
    });
    let told = bench.engine.emit_event(&event, &Origin::default());
    told.unwrap()
}

#[test]
fn an_unknown_event_type_is_accepted_with_a_warning() {
    let bench = Bench::new();
    let stream = bench.stream("audit");
    let condition = json!({"eventType": ["com.oraclecloud.objectstorage.createobjet", "my.own"]});
    let reply = bench.creating("r", &condition, &[oss(&stream)]).ok();
    let warning = reply.header("ocelot-warning").unwrap().to_owned();
    let begins = "No service is known to emit com.oraclecloud.objectstorage.createobjet (the nearest \
                  known: com.oraclecloud.objectstorage.createobject, ";
    assert!(warning.starts_with(begins), "{warning}");
    assert!(warning.ends_with("; nor my.own"), "{warning}");
    let rule = reply.body.unwrap();
    assert_eq!(rule["lifecycleState"], "ACTIVE");
    assert_eq!(message(&rule), warning);
    let id = text(&rule["id"]);
    // What does not concern the condition warns of nothing.
    let reply = bench.updating(&id, json!({"isEnabled": true})).ok();
    assert_eq!(reply.header("ocelot-warning"), None);
    assert_eq!(message(&reply.body.unwrap()), warning);
    let condition = "{\"eventType\": \"com.oraclecloud.objectstorage.createobject\"}";
    let reply = bench.updating(&id, json!({ "condition": condition })).ok();
    assert_eq!(reply.header("ocelot-warning"), None);
    assert_eq!(reply.body.unwrap()["lifecycleMessage"], Value::Null);
}

#[test]
fn a_warning_is_a_line_of_plain_characters() {
    let bench = Bench::new();
    let stream = bench.stream("audit");
    let condition = json!({"eventType": "zu\nviel\u{1f4a3}é"});
    let reply = bench.creating("r", &condition, &[oss(&stream)]).ok();
    let warning = reply.header("ocelot-warning").unwrap();
    assert_eq!(
        warning,
        "No service is known to emit zu\\nviel\\u{1f4a3}\\u{e9}"
    );
}

#[test]
fn targets_that_are_not_there_are_told() {
    let bench = Bench::new();
    let actions = [ons(GONE), oss("orders"), faas("ocid1.fnfunc.oc1..lab")];
    let reply = bench.creating("r", &json!({}), &actions).ok();
    assert!(reply.header("ocelot-warning").is_some());
    let rule = reply.body.unwrap();
    assert_eq!(rule["lifecycleState"], "ACTIVE");
    assert_eq!(
        message(&rule),
        format!(
            "actions.actions[0]: There is no topic {GONE}. actions.actions[1]: There is no stream orders. \
             actions.actions[2]: There is no function ocid1.fnfunc.oc1..lab on this machine; ocelot local \
             function add makes one"
        )
    );
    let failed = ("FAILED".to_owned(), format!("There is no topic {GONE}"));
    assert_eq!(action(&rule, 0), failed);
    assert_eq!(action(&rule, 1).0, "FAILED");
    assert_eq!(action(&rule, 2).0, "FAILED");

    // What comes later is found.
    let id = text(&rule["id"]);
    let stream = bench.stream("orders");
    assert_eq!(action(&bench.get(&id), 1).0, "ACTIVE");
    bench.topic("t");
    assert_eq!(bench.events_in(&stream).len(), 1);
}

#[test]
fn an_event_that_was_not_taken_is_told() {
    let bench = Bench::new();
    let stream = bench.stream("audit");
    let id = bench.rule("r", &json!({}), &[ons(GONE), oss(&stream)]);
    let reply = bench.call("GetRule").with("ruleId", &id).ok();
    let etag = reply.header("etag").map(str::to_owned);
    bench.topic("t");
    // One action does not keep the other from its event.
    let event = bench.events_in(&stream).remove(0);
    let told = action(&bench.get(&id), 0).1;
    assert_eq!(told, format!("There is no topic {GONE}"));
    // To be told of the event, the topic must be there now.
    let emitted = emit(&bench, json!({}));
    let refused = &emitted["rules"][0]["actions"][0]["refused"];
    assert_eq!(refused, &json!(format!("Unknown topic {GONE}")));
    assert_eq!(emitted["rules"][0]["actions"][1]["refused"], Value::Null);
    assert_ne!(emitted["event-id"], event["eventID"]);
    // That is no change of the rule.
    let reply = bench.call("GetRule").with("ruleId", &id).ok();
    assert_eq!(reply.header("etag").map(str::to_owned), etag);
}

#[test]
fn an_event_that_is_too_large_for_a_stream_is_told() {
    let bench = Bench::new();
    let stream = bench.stream("audit");
    let id = bench.rule("r", &json!({}), &[oss(&stream)]);
    let emitted = emit(&bench, json!({"much": "x".repeat(1 << 20)}));
    let event_id = text(&emitted["event-id"]);
    let rule = bench.get(&id);
    let (state, told) = action(&rule, 0);
    assert_eq!(state, "ACTIVE");
    let begins = format!(
        "The event {event_id} was not taken at 2026-03-14T01:02:03.456Z: Request size is limited to 1 MiB"
    );
    assert!(told.starts_with(&begins), "{told}");
    assert_eq!(message(&rule), format!("actions.actions[0]: {told}"));
    assert_eq!(bench.events_in(&stream).len(), 0);
    // New actions have nothing to complain of.
    let rule = bench.updating(&id, json!({"actions": {"actions": [oss(&stream)]}}));
    assert_eq!(rule.value()["lifecycleMessage"], Value::Null);
}

#[test]
fn a_rule_on_the_deletion_of_its_own_target_does_not_go_in_circles() {
    let bench = Bench::new();
    let stream = bench.stream("audit");
    let topic = bench.topic("alerts");
    bench.subscribe(&topic, "oncall@example.com");
    let condition = json!({"eventType": "com.oraclecloud.notification.*"});
    let id = bench.rule("watch", &condition, &[ons(&topic), oss(&stream)]);
    bench
        .call("UpdateTopic")
        .with("topicId", &topic)
        .body(json!({"description": "d"}))
        .ok();
    assert_eq!(bench.due().len(), 1);
    bench.call("DeleteTopic").with("topicId", &topic).ok();
    let events = bench.events_in(&stream);
    let types: Vec<&Value> = events.iter().map(|event| &event["eventType"]).collect();
    assert_eq!(
        types,
        [
            "com.oraclecloud.notification.updatetopic",
            "com.oraclecloud.notification.deletetopic",
        ]
    );
    assert_eq!(bench.due(), []);
    let rule = bench.get(&id);
    let told = action(&rule, 0);
    assert_eq!(
        told,
        ("FAILED".to_owned(), format!("There is no topic {topic}"))
    );
    assert_eq!(action(&rule, 1).0, "ACTIVE");
}

#[test]
fn an_event_that_comes_too_fast_for_a_stream_waits_for_its_turn() {
    let bench = Bench::strict();
    let stream = bench.stream("audit");
    let id = bench.rule("r", &json!({}), &[oss(&stream)]);
    for _ in 0..2 {
        emit(&bench, json!({"much": "x".repeat(600_000)}));
    }
    assert_eq!(bench.get(&id)["lifecycleMessage"], Value::Null);
    bench.time.advance(10_000);
    // Whatever is asked next brings it.
    bench.get(&id);
    assert_eq!(bench.events_in(&stream).len(), 2);
}

#[test]
fn an_event_that_cannot_be_stored_is_put_when_it_can() {
    let folder = TempDir::new().unwrap();
    let bench = Bench::in_folder(folder.path());
    let stream = bench.stream("audit");
    let id = bench.rule("r", &json!({}), &[oss(&stream)]);
    let log = folder.path().join("streams").join(&stream);
    std::fs::create_dir_all(log.parent().unwrap()).unwrap();
    let _ = std::fs::remove_dir_all(&log);
    std::fs::write(&log, "in the way").unwrap();
    bench.topic("t");
    assert_eq!(bench.get(&id)["lifecycleMessage"], Value::Null);
    std::fs::remove_file(&log).unwrap();
    assert_eq!(bench.get(&id)["lifecycleMessage"], Value::Null);
    let events = bench.events_in(&stream);
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["data"]["resourceName"], "t");
}
