//! From a queue, which is a plugin.

use serde_json::{Value, json};

use crate::bench::{Bench, COMPARTMENT, text, to_bucket};

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
    // They are in flight until the bucket has them, for as long as that takes.
    assert_eq!(counts(&bench, &queue), (0, 50, 0));
    bench.time.advance(420_000);
    assert_eq!(consumed(&bench, &queue), [] as [Value; 0]);
    assert_eq!(counts(&bench, &queue), (0, 50, 0));
    let objects = bench.objects();
    assert_eq!(counts(&bench, &queue), (0, 0, 0));
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

/// How many messages can be got, are in flight, and are dead letters.
fn counts(bench: &Bench, queue: &str) -> (i64, i64, i64) {
    let stats = bench.queue_call("GetStats").with("queueId", queue).value();
    let count = |side: &str, name: &str| stats[side][name].as_i64().unwrap();
    let in_flight = count("queue", "inFlightMessages");
    assert_eq!(count("dlq", "inFlightMessages"), 0);
    let dead_letters = count("dlq", "visibleMessages");
    (count("queue", "visibleMessages"), in_flight, dead_letters)
}

/// How many messages can be got.
fn visible(bench: &Bench, queue: &str) -> i64 {
    counts(bench, queue).0
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

/// What a metric of a queue is now.
fn gauge(bench: &Bench, queue: &str, metric: &str) -> f64 {
    bench.sum(
        "oci_queue",
        metric,
        &format!("{{resourceId = \"{queue}\"}}"),
    )
}

#[test]
fn what_a_connector_holds_is_in_the_metrics_of_its_queue() {
    let bench = Bench::new();
    let queue = bench.queue("jobs");
    let source = from_queue(json!({"queueId": queue}));
    bench.connector("c", source, json!([]), to_bucket("lake"));
    put(&bench, &queue, "a", &["one", "two"]);
    bench.engine.move_connectors().unwrap();
    assert_eq!(gauge(&bench, &queue, "MessagesInQueueCount"), 2.0);
}

#[test]
fn a_delivery_to_a_connector_makes_no_dead_letters() {
    let bench = Bench::new();
    let details = json!({"displayName": "jobs", "compartmentId": COMPARTMENT,
                         "deadLetterQueueDeliveryCount": 1});
    bench.queue_call("CreateQueue").body(details).ok();
    let list = bench
        .queue_call("ListQueues")
        .with("compartmentId", COMPARTMENT);
    let queue = text(&list.value()["items"][0]["id"]);
    let source = from_queue(json!({"queueId": queue}));
    let id = bench.connector("c", source, json!([]), to_bucket("lake"));
    put(&bench, &queue, "a", &["one"]);
    bench.engine.move_connectors().unwrap();
    assert_eq!(counts(&bench, &queue), (0, 1, 0));
    bench.time.advance(3_600_000);
    assert_eq!(counts(&bench, &queue), (0, 1, 0));
    bench.change("DeactivateServiceConnector", &id).ok();
    assert_eq!(counts(&bench, &queue), (1, 0, 0));
    assert_eq!(consumed(&bench, &queue)[0]["deliveryCount"], 1);
    // The one to a consumer did count.
    bench.time.advance(3_600_000);
    assert_eq!(counts(&bench, &queue), (0, 0, 1));
}

#[test]
fn what_its_queue_lets_go_of_arrives_nevertheless() {
    let bench = Bench::new();
    let target = json!({"kind": "objectStorage", "bucketName": "lake",
                        "batchRolloverTimeInMs": 1_000});
    for (name, goes) in [("expired", 0), ("purged", 1), ("deleted", 2)] {
        let queue = bench.queue(name);
        let source = from_queue(json!({"queueId": queue}));
        let id = bench.connector(name, source, json!([]), target.clone());
        put(&bench, &queue, "a", &[name]);
        bench.engine.move_connectors().unwrap();
        let call = |operation: &str| bench.queue_call(operation).with("queueId", &queue);
        match goes {
            0 => bench.time.advance(30 * 24 * 3_600_000),
            1 => {
                let purge = call("PurgeQueue").body(json!({"purgeType": "NORMAL"}));
                purge.ok();
            }
            _ => {
                call("DeleteQueue").ok();
            }
        }
        // What the queue has not any more does not come back to it.
        bench.change("DeactivateServiceConnector", &id).ok();
        bench.change("ActivateServiceConnector", &id).ok();
        if goes < 2 {
            assert_eq!(counts(&bench, &queue), (0, 0, 0), "{name}");
            put(&bench, &queue, "a", &["later"]);
        }
        bench.engine.move_connectors().unwrap();
        bench.time.advance(1_000);
        let objects = bench.objects();
        let records = objects.iter().flat_map(|(_, lines)| lines);
        let got: Vec<String> = records.map(|one| text(&one["content"])).collect();
        let wanted: &[&str] = match goes {
            2 => &[name],
            _ => &[name, "later"],
        };
        assert_eq!(got, wanted);
        if goes < 2 {
            assert_eq!(counts(&bench, &queue), (0, 0, 0), "{name}");
        }
    }
}

#[test]
fn what_is_under_way_belongs_to_the_queue_that_it_is_of() {
    let bench = Bench::new();
    let (queue, other) = (bench.queue("jobs"), bench.queue("other"));
    let source = from_queue(json!({"queueId": queue}));
    let id = bench.connector("c", source, json!([]), to_bucket("lake"));
    put(&bench, &queue, "a", &["one"]);
    put(&bench, &other, "a", &["not this"]);
    bench.shipments();
    bench.time.advance(420_000);
    let under_way = bench.shipments().remove(0);
    let source = from_queue(json!({"queueId": other}));
    bench.update(&id, json!({ "source": source }));
    bench.engine.move_connectors().unwrap();
    assert_eq!(counts(&bench, &queue), (0, 1, 0));
    assert_eq!(counts(&bench, &other), (0, 1, 0));
    bench.finish(&under_way, ocelot::engine::sch::Arrival::Stored);
    assert_eq!(counts(&bench, &queue), (0, 0, 0));
    assert_eq!(counts(&bench, &other), (0, 1, 0));
}

#[test]
fn messages_are_consumed_when_a_function_task_has_answered() {
    let bench = Bench::new();
    let (queue, stream) = (bench.queue("jobs"), bench.stream("results", 1));
    let function = bench.function("work");
    let source = from_queue(json!({"queueId": queue}));
    let tasks = json!([{"kind": "function", "functionId": function, "batchTimeInSec": 60}]);
    let target = json!({"kind": "streaming", "streamId": stream});
    bench.connector("c", source, tasks, target);
    put(&bench, &queue, "a", &["one", "two"]);
    bench.engine.move_connectors().unwrap();
    bench.time.advance(60_000);
    let shipment = bench.shipments().remove(0);
    assert_eq!(counts(&bench, &queue), (0, 2, 0));
    let failed = ocelot::engine::sch::Arrival::Failed("away".to_owned().into());
    bench.finish(&shipment, failed);
    assert_eq!(counts(&bench, &queue), (0, 2, 0));
    bench.time.advance(10_000);
    bench.calls(|_| "[1]".to_owned());
    assert_eq!(counts(&bench, &queue), (0, 0, 0));
    bench.engine.move_connectors().unwrap();
    assert_eq!(bench.messages(&stream), [(None, "1".to_owned())]);
}
