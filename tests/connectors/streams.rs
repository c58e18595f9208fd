//! From a stream to a stream, and to a topic.

use serde_json::{Value, json};

use crate::bench::{Bench, from_stream, value_of};

fn sorted<T: Ord>(mut all: Vec<T>) -> Vec<T> {
    all.sort();
    all
}

#[test]
fn keys_and_values_arrive_in_another_stream() {
    let bench = Bench::new();
    let (from, to) = (bench.stream("orders", 3), bench.stream("copy", 2));
    bench.put(&from, &[("before", "0")]);
    let target = json!({"kind": "streaming", "streamId": to});
    bench.connector("all", from_stream(&from, "TRIM_HORIZON"), json!([]), target);
    let put: Vec<(String, String)> = (1..500)
        .map(|n| (format!("k{n}"), format!("v{n}")))
        .collect();
    let messages: Vec<(&str, &str)> = put.iter().map(|(k, v)| (&**k, &**v)).collect();
    bench.put(&from, &messages);
    bench.engine.move_connectors().unwrap();
    bench.engine.move_connectors().unwrap();
    let mut wanted: Vec<(Option<String>, String)> = put
        .into_iter()
        .map(|(key, value)| (Some(key), value))
        .collect();
    wanted.push((Some("before".to_owned()), "0".to_owned()));
    assert_eq!(sorted(bench.messages(&to)), sorted(wanted));
}

#[test]
fn latest_begins_when_the_connector_is_made_although_the_clock_stands_still() {
    let bench = Bench::new();
    let (from, to) = (bench.stream("orders", 1), bench.stream("copy", 1));
    bench.put(&from, &[("", "before")]);
    let target = json!({"kind": "streaming", "streamId": to});
    bench.connector("new", from_stream(&from, "LATEST"), json!([]), target);
    bench.put(&from, &[("", "after")]);
    bench.engine.move_connectors().unwrap();
    assert_eq!(bench.messages(&to), [(None, "after".to_owned())]);
}

#[test]
fn a_topic_gets_each_record_and_emails_may_be_formatted() {
    let bench = Bench::new();
    let (from, topic) = (bench.stream("orders", 1), bench.topic("alerts"));
    bench.subscribe(&topic, "EMAIL", "oncall@example.com");
    bench.subscribe(&topic, "SMS", "+15550100");
    let target = json!({"kind": "notifications", "topicId": "alerts"});
    let source = from_stream("orders", "TRIM_HORIZON");
    let id = bench.connector("tell", source, json!([]), target);
    assert_eq!(bench.get(&id)["target"]["topicId"], topic);
    bench.put(&from, &[("k", "one"), ("k", "two")]);
    bench.engine.move_connectors().unwrap();
    let got = bench.deliveries();
    // Connectors reach text messages too.
    assert_eq!(got.len(), 4);
    let mails = got.iter().filter(|(to, _)| to == "oncall@example.com");
    let records: Vec<Value> = mails
        .map(|(_, body)| serde_json::from_str(body).unwrap())
        .collect();
    assert_eq!(value_of(&records[0]), "one");
    assert_eq!(records[1]["stream"], "orders");
    assert_eq!(records[1]["partition"], "0");
    assert_eq!(records[1]["offset"], 1);
    assert_eq!(records[1]["timestamp"], 1_773_450_123_456_i64);

    let formatted =
        json!({"kind": "notifications", "topicId": topic, "enableFormattedMessaging": true});
    bench.update(&id, json!({"target": formatted}));
    bench.put(&from, &[("k", "three")]);
    bench.engine.move_connectors().unwrap();
    for (to, body) in bench.deliveries() {
        let is_formatted = body.starts_with("Service connector: tell\n\n{\n");
        assert_eq!(is_formatted, to == "oncall@example.com", "{body}");
    }
}

#[test]
fn a_target_that_comes_later_gets_everything() {
    let bench = Bench::new();
    let from = bench.stream("orders", 1);
    let target = json!({"kind": "streaming", "streamId": "copy"});
    let id = bench.connector(
        "early",
        from_stream(&from, "TRIM_HORIZON"),
        json!([]),
        target,
    );
    bench.put(&from, &[("k", "one")]);
    bench.engine.move_connectors().unwrap();
    let shown = bench.get(&id);
    assert_eq!(shown["lifecycleState"], "NEEDS_ATTENTION");
    let told = shown["lifecycleDetails"].as_str().unwrap();
    assert!(
        told.starts_with("The target refuses: Unknown stream copy."),
        "{told}"
    );
    assert!(
        told.contains("tried again at 2026-03-14T01:02:13.456Z"),
        "{told}"
    );
    assert_eq!(shown["lifecyleDetails"], shown["lifecycleDetails"]);
    assert_eq!(bench.engine.next_movement_in_ms(), Some(10_000));

    let copy = bench.stream("copy", 1);
    bench.engine.move_connectors().unwrap();
    assert_eq!(bench.messages(&copy), []);
    bench.time.advance(10_000);
    bench.engine.move_connectors().unwrap();
    assert_eq!(bench.messages(&copy).len(), 1);
    let shown = bench.get(&id);
    assert_eq!(shown["lifecycleState"], "ACTIVE");
    assert_eq!(shown["lifecycleDetails"], Value::Null);
}

#[test]
fn trouble_that_lasts_turns_a_connector_off() {
    let bench = Bench::new();
    let from = bench.stream("orders", 1);
    let target = json!({"kind": "notifications", "topicId": "gone"});
    let id = bench.connector(
        "lost",
        from_stream(&from, "TRIM_HORIZON"),
        json!([]),
        target,
    );
    bench.put(&from, &[("k", "one")]);
    for _ in 0..9 {
        bench.engine.move_connectors().unwrap();
        assert_eq!(bench.get(&id)["lifecycleState"], "NEEDS_ATTENTION");
        bench.time.advance(20 * 3_600_000);
    }
    bench.engine.move_connectors().unwrap();
    let shown = bench.get(&id);
    assert_eq!(shown["lifecycleState"], "INACTIVE");
    let told = shown["lifecycleDetails"].as_str().unwrap();
    assert!(
        told.contains("activate the connector to try again"),
        "{told}"
    );
    let topic = bench.topic("gone");
    bench.subscribe(&topic, "SMS", "+15550100");
    bench.change("ActivateServiceConnector", &id).ok();
    bench.engine.move_connectors().unwrap();
    assert_eq!(bench.deliveries().len(), 1);
}

#[test]
fn one_that_is_off_moves_nothing_and_goes_on_where_it_was() {
    let bench = Bench::new();
    let (from, to) = (bench.stream("orders", 1), bench.stream("copy", 1));
    let target = json!({"kind": "streaming", "streamId": to});
    let id = bench.connector("c", from_stream(&from, "LATEST"), json!([]), target);
    bench.change("DeactivateServiceConnector", &id).ok();
    assert_eq!(bench.engine.next_movement_in_ms(), None);
    bench.put(&from, &[("k", "one")]);
    bench.engine.move_connectors().unwrap();
    assert_eq!(bench.messages(&to), []);
    bench.change("ActivateServiceConnector", &id).ok();
    bench.engine.move_connectors().unwrap();
    assert_eq!(bench.messages(&to).len(), 1);
    bench.change("DeleteServiceConnector", &id).ok();
    bench.put(&from, &[("k", "two")]);
    bench.engine.move_connectors().unwrap();
    assert_eq!(bench.messages(&to).len(), 1);
}

#[test]
fn a_circle_of_connectors_holds_nobody_up() {
    let bench = Bench::new();
    let (one, two) = (bench.stream("one", 1), bench.stream("two", 1));
    for (from, to) in [(&one, &two), (&two, &one)] {
        let target = json!({"kind": "streaming", "streamId": to});
        bench.connector("round", from_stream(from, "LATEST"), json!([]), target);
    }
    bench.put(&one, &[("k", "and round")]);
    bench.engine.move_connectors().unwrap();
    assert!(bench.messages(&one).len() > 10);
    assert_eq!(bench.engine.next_movement_in_ms(), Some(0));
}

#[test]
fn an_idle_connector_asks_for_nothing_until_its_source_changes() {
    let bench = Bench::new();
    let (from, other) = (bench.stream("orders", 1), bench.stream("other", 1));
    assert_eq!(bench.engine.next_movement_in_ms(), None);
    let target = json!({"kind": "streaming", "streamId": "copy"});
    bench.connector("c", from_stream(&from, "LATEST"), json!([]), target);
    bench.engine.move_connectors().unwrap();
    bench.put(&other, &[("k", "v")]);
    assert_eq!(bench.engine.next_movement_in_ms(), None);
    bench.put(&from, &[("k", "v")]);
    assert_eq!(bench.engine.next_movement_in_ms(), Some(0));
}
