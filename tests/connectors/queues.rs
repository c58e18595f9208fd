//! From a queue, which is a plugin.

use serde_json::{Value, json};

use crate::bench::{Bench, text, to_bucket};

fn from_queue(config: Value) -> Value {
    json!({"kind": "plugin", "pluginName": "QueueSource", "configMap": config})
}

fn put(bench: &Bench, queue: &str, channel: &str, contents: &[&str]) {
    let messages = contents
        .iter()
        .map(|content| json!({"content": content, "metadata": {"channelId": channel}}));
    let messages: Vec<Value> = messages.collect();
    let call = bench.queue_call("PutMessages").with("queueId", queue);
    call.body(json!({"messages": messages})).ok();
}

#[test]
fn messages_leave_the_queue_and_arrive_in_a_bucket() {
    let bench = Bench::new();
    let queue = bench.queue("jobs");
    let source = from_queue(json!({"queueId": "jobs"}));
    let id = bench.connector("c", source, json!([]), to_bucket("lake"));
    assert_eq!(bench.get(&id)["source"]["configMap"]["queueId"], queue);
    let contents: Vec<String> = (0..50).map(|n| n.to_string()).collect();
    for some in contents.chunks(20) {
        put(
            &bench,
            &queue,
            "a",
            &some.iter().map(String::as_str).collect::<Vec<_>>(),
        );
    }
    assert_eq!(bench.engine.next_movement_in_ms(), Some(0));
    bench.engine.move_connectors().unwrap();
    let stats = bench.queue_call("GetStats").with("queueId", &queue).value();
    assert_eq!(stats["queue"]["visibleMessages"], 0);
    assert_eq!(stats["queue"]["inFlightMessages"], 0);
    bench.time.advance(420_000);
    let objects = bench.objects();
    assert_eq!(objects.len(), 1);
    let name = format!("local/lake/{id}/20260314T010203Z_20260314T010203Z.0.data.gz");
    assert_eq!(objects[0].0, name);
    let got: Vec<String> = objects[0]
        .1
        .iter()
        .map(|one| text(&one["content"]))
        .collect();
    assert_eq!(got, contents);
    let first = &objects[0].1[0];
    assert_eq!(first["metadata"]["channelId"], "a");
    assert_eq!(first["createdAt"], "2026-03-14T01:02:03.456Z");
    assert_eq!(first.get("receipt"), None);
}

#[test]
fn a_channel_filter_leaves_the_others() {
    let bench = Bench::new();
    let (queue, topic) = (bench.queue("jobs"), bench.topic("alerts"));
    bench.subscribe(&topic, "SMS", "+15550100");
    let source = from_queue(json!({"queueId": queue, "channelFilter": "urgent"}));
    let target = json!({"kind": "notifications", "topicId": topic});
    bench.connector("c", source, json!([]), target);
    put(&bench, &queue, "urgent", &["now"]);
    put(&bench, &queue, "other", &["later"]);
    bench.engine.move_connectors().unwrap();
    let got = bench.deliveries();
    assert_eq!(got.len(), 1);
    let record: Value = serde_json::from_str(&got[0].1).unwrap();
    assert_eq!(record["content"], "now");
    let stats = bench.queue_call("GetStats").with("queueId", &queue).value();
    assert_eq!(stats["queue"]["visibleMessages"], 1);
}

/// The messages that a consumer gets of a queue, each of which is hidden then, and without what is of the delivery.
fn consumed(bench: &Bench, queue: &str) -> Vec<Value> {
    let call = bench.queue_call("GetMessages").with("queueId", queue);
    let reply = call.with("timeoutInSeconds", "0").with("limit", "20");
    let mut messages = reply.value()["messages"].as_array().unwrap().clone();
    for message in &mut messages {
        let fields = message.as_object_mut().unwrap();
        fields.remove("receipt");
        fields.remove("visibleAfter");
    }
    messages
}

/// How many messages can be got.
fn visible(bench: &Bench, queue: &str) -> i64 {
    let stats = bench.queue_call("GetStats").with("queueId", queue).value();
    stats["queue"]["visibleMessages"].as_i64().unwrap()
}

#[test]
fn what_was_not_moved_goes_back_to_the_queue_when_its_connector_is_deleted() {
    let bench = Bench::new();
    let (queue, twin) = (bench.queue("jobs"), bench.queue("twin"));
    let properties = json!({"colour": "red"});
    for queue in [&queue, &twin] {
        let messages = json!([
            {"content": "one", "metadata": {"channelId": "a", "customProperties": properties}},
            {"content": "two"},
            {"content": "three", "metadata": {"channelId": "a"}},
        ]);
        let call = bench.queue_call("PutMessages").with("queueId", queue);
        call.body(json!({ "messages": messages })).ok();
    }
    let source = from_queue(json!({"queueId": queue}));
    let id = bench.connector("c", source, json!([]), to_bucket("lake"));
    bench.engine.move_connectors().unwrap();
    assert_eq!(visible(&bench, &queue), 0);
    bench.time.advance(420_000);
    // Nobody knows what becomes of what is under way.
    assert_eq!(bench.shipments().len(), 1);
    bench.change("DeleteServiceConnector", &id).ok();
    assert_eq!(visible(&bench, &queue), 3);
    let of_channel = |queue: &str| {
        let mut all: Vec<Value> = (0..3).flat_map(|_| consumed(&bench, queue)).collect();
        all.sort_by_key(|one| one["id"].as_i64());
        all
    };
    let got = of_channel(&queue);
    assert_eq!(got.len(), 3);
    // As they would be had there been no connector.
    assert_eq!(got, of_channel(&twin));
    assert_eq!(got[0]["metadata"]["customProperties"], properties);
    // They expire with the others.
    bench.time.advance(24 * 3_600_000);
    put(&bench, &queue, "a", &["new"]);
    assert_eq!(consumed(&bench, &queue).len(), 1);
}

#[test]
fn one_that_is_turned_off_or_reads_elsewhere_gives_back_what_is_not_under_way() {
    let bench = Bench::new();
    let (queue, other) = (bench.queue("jobs"), bench.queue("other"));
    let source = from_queue(json!({"queueId": queue}));
    let id = bench.connector("c", source, json!([]), to_bucket("lake"));
    put(&bench, &queue, "a", &["one"]);
    bench.shipments();
    bench.time.advance(420_000);
    let under_way = bench.shipments().remove(0);
    put(&bench, &queue, "a", &["two"]);
    bench.engine.move_connectors().unwrap();
    bench.change("DeactivateServiceConnector", &id).ok();
    assert_eq!(visible(&bench, &queue), 1);
    // One that fails comes back as well.
    let failed = ocelot::engine::sch::Arrival::Failed("full".to_owned().into());
    bench.finish(&under_way, failed);
    assert_eq!(visible(&bench, &queue), 2);
    bench.change("ActivateServiceConnector", &id).ok();
    bench.engine.move_connectors().unwrap();
    assert_eq!(visible(&bench, &queue), 0);
    let source = from_queue(json!({"queueId": other}));
    bench.update(&id, json!({ "source": source }));
    bench.time.advance(420_000);
    assert!(bench.objects().is_empty());
    assert_eq!(visible(&bench, &queue), 2);
}
