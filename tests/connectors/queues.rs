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
