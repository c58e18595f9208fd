//! Gauges of queues: what they hold, at the moment when somebody asks or a minute is over.

use serde_json::{Value, json};

use crate::own::{ask, call, points};
use crate::requests::queue;
use crate::support::{Bench, COMPARTMENT, HOUR_MS, MINUTE_MS, array, text};

fn put(bench: &Bench, queue: &str, contents: &[&str]) {
    let messages: Vec<Value> = contents
        .iter()
        .map(|content| json!({ "content": content }))
        .collect();
    ask(
        bench,
        "PutMessages",
        &[("queueId", queue)],
        json!({ "messages": messages }),
    );
}

fn gauge(bench: &Bench, query: &str) -> Vec<Vec<(i64, f64)>> {
    points(bench, "oci_queue", query)
}

/// Visible, in flight, bytes and minutes, as measured now, for one statistic.
fn held(bench: &Bench, statistic: &str) -> [Vec<Vec<(i64, f64)>>; 4] {
    [
        "MessagesInQueueCount[1m]{isVisible = \"true\"}",
        "MessagesInQueueCount[1m]{isVisible = \"false\"}",
        "QueueSize[1m]",
        "ConsumerLag[1m]",
    ]
    .map(|metric| gauge(bench, &format!("{metric}.{statistic}()")))
}

#[test]
fn queues_tell_what_they_hold() {
    let bench = Bench::new();
    let id = queue(&bench, json!({"visibilityInSeconds": 120}));
    assert_eq!(
        held(&bench, "max"),
        [0.0; 4].map(|zero| vec![vec![(0, zero)]])
    );
    put(&bench, &id, &["one", "two", "three"]);
    bench.time.advance(MINUTE_MS / 2);
    put(&bench, &id, &["four"]);
    ask(&bench, "GetMessages", &[("queueId", &id)], Value::Null);
    // However often somebody asks, a minute has one value: the last.
    for statistic in ["sum", "mean", "min", "max", "count"] {
        let [visible, in_flight, bytes, lag] = held(&bench, statistic);
        let last = |streams: &Vec<Vec<(i64, f64)>>| *streams[0].last().unwrap();
        let expected = match statistic {
            "count" => [1.0; 4],
            _ => [3.0, 1.0, 15.0, 0.5],
        };
        let found = [visible, in_flight, bytes, lag].map(|streams| last(&streams));
        assert_eq!(found, expected.map(|value| (1, value)), "{statistic}");
    }
    // The oldest is in flight, then seen again, then expired.
    bench.time.advance(2 * MINUTE_MS);
    let [visible, in_flight, bytes, lag] = held(&bench, "last");
    assert_eq!(visible[0].last(), Some(&(3, 4.0)));
    assert_eq!(in_flight[0].last(), Some(&(3, 0.0)));
    assert_eq!(bytes[0].last(), Some(&(3, 15.0)));
    assert_eq!(lag[0].last(), Some(&(3, 2.5)));
    bench.time.advance(24 * HOUR_MS);
    let now = 24 * 60 + 3;
    for streams in held(&bench, "last") {
        assert_eq!(streams[0].last(), Some(&(now, 0.0)));
    }
}

#[test]
fn gauges_have_a_unit_and_the_dimensions_of_the_service() {
    let bench = Bench::new();
    let id = queue(&bench, json!({}));
    for (name, unit, visible) in [
        ("MessagesInQueueCount", "count", Some("true")),
        ("QueueSize", "bytes", None),
        ("ConsumerLag", "minutes", None),
    ] {
        let query = json!({"namespace": "oci_queue"});
        let query = bench.query(&format!("{name}[1m].max()"), query);
        let found = query.iter().find(|stream| {
            let is_visible = &stream["dimensions"]["isVisible"];
            visible.is_none() || is_visible == &json!(visible)
        });
        let mut dimensions = json!({"resourceId": id, "region": "local"});
        if visible.is_some() {
            dimensions["isVisible"] = json!(visible);
        }
        let found = found.unwrap();
        assert_eq!(found["dimensions"], dimensions);
        assert_eq!(found["metadata"], json!({ "unit": unit }));
        assert_eq!(found["compartmentId"], COMPARTMENT);
    }
}

#[test]
fn each_consumer_group_has_gauges_of_its_own() {
    let bench = Bench::new();
    let capability = json!({"type": "CONSUMER_GROUPS", "isPrimaryConsumerGroupEnabled": true});
    let id = queue(&bench, json!({ "capabilities": [capability] }));
    let body = json!({
        "displayName": "urgent", "queueId": id, "filter": ":urgent", "isEnabled": true,
    });
    ask(&bench, "CreateConsumerGroup", &[], body);
    put(&bench, &id, &["for the primary group alone"]);
    let streams = bench.query(
        "MessagesInQueueCount[1m]{isVisible = \"true\"}.last()",
        json!({"namespace": "oci_queue"}),
    );
    let mut values: Vec<f64> = streams
        .iter()
        .map(|stream| {
            assert!(
                text(&stream["dimensions"]["consumerGroupId"]).starts_with("ocid1.consumergroup.")
            );
            array(&stream["aggregatedDatapoints"])[0]["value"]
                .as_f64()
                .unwrap()
        })
        .collect();
    values.sort_by(f64::total_cmp);
    assert_eq!(values, [0.0, 1.0]);
}

#[test]
fn dead_letters_are_no_longer_in_the_queue() {
    let bench = Bench::new();
    let id = queue(
        &bench,
        json!({"visibilityInSeconds": 30, "deadLetterQueueDeliveryCount": 1}),
    );
    put(&bench, &id, &["poison"]);
    ask(&bench, "GetMessages", &[("queueId", &id)], Value::Null);
    assert_eq!(held(&bench, "max")[1], [[(0, 1.0)]]);
    bench.time.advance(MINUTE_MS);
    for streams in held(&bench, "max") {
        assert_eq!(streams[0].last(), Some(&(1, 0.0)));
    }
}

#[test]
fn other_namespaces_are_asked_for_without_looking_at_queues() {
    let bench = Bench::new();
    let id = queue(&bench, json!({}));
    put(&bench, &id, &["one"]);
    bench.query("orders[1m].sum()", json!({"namespace": "shop"}));
    bench.list(json!({"namespace": "OCI_Streaming"}));
    let named = |bench: &Bench| {
        let series = bench.list(json!({"namespace": "oci_streaming"}));
        series.len()
    };
    assert_eq!(named(&bench), 0);
    // A list of all has them.
    let all = bench.list(json!({}));
    assert!(
        all.iter().any(|series| series["name"] == "QueueSize"),
        "{all:?}"
    );
    let listed = call("GetQueue", &[("queueId", &id)], Value::Null);
    bench.engine.answer(&listed).unwrap();
}

#[test]
fn a_query_measures_the_gauges_that_it_names() {
    let bench = Bench::new();
    queue(&bench, json!({}));
    gauge(&bench, "queuesize[1m].max() + ConsumerLag[1m].max()");
    bench.time.advance(MINUTE_MS);
    assert_eq!(gauge(&bench, "QueueSize[1m].max()"), [[(0, 0.0), (1, 0.0)]]);
    assert_eq!(
        gauge(&bench, "ConsumerLag[1m].max()"),
        [[(0, 0.0), (1, 0.0)]]
    );
    let depth = gauge(&bench, "MessagesInQueueCount[1m].max()");
    assert_eq!(depth, [[(1, 0.0)], [(1, 0.0)]]);
}

#[test]
fn a_gauge_that_stays_at_zero_is_stored_once_by_itself() {
    let bench = Bench::new();
    let id = queue(&bench, json!({}));
    let each_minute = |minutes: i64| {
        for _ in 0..minutes {
            bench.time.advance(MINUTE_MS);
            bench.engine.store_metrics_of_minute().unwrap();
        }
    };
    each_minute(3);
    put(&bench, &id, &["one"]);
    each_minute(2);
    ask(
        &bench,
        "PurgeQueue",
        &[("queueId", &id)],
        json!({"purgeType": "NORMAL"}),
    );
    each_minute(3);
    bench.time.advance(MINUTE_MS);
    // Whoever asks sees it as it is, and what comes next tells how it was.
    let size = gauge(&bench, "QueueSize[1m].max()");
    let known = [
        (1, 0.0),
        (2, 0.0),
        (3, 0.0),
        (4, 3.0),
        (5, 3.0),
        (6, 0.0),
        (9, 0.0),
    ];
    assert_eq!(size, [known], "{size:?}");
}

#[test]
fn what_was_held_while_nobody_looked_is_no_silence() {
    let bench = Bench::new();
    let id = queue(&bench, json!({}));
    bench.engine.store_metrics().unwrap();
    bench.time.advance(MINUTE_MS);
    put(&bench, &id, &["one"]);
    bench.engine.store_metrics().unwrap();
    bench.time.advance(3 * MINUTE_MS);
    assert_eq!(
        gauge(&bench, "QueueSize[1m].max()"),
        [[(0, 0.0), (1, 3.0), (2, 3.0), (3, 3.0), (4, 3.0)]]
    );
    // An age goes on as time does.
    assert_eq!(
        gauge(&bench, "ConsumerLag[1m].max()"),
        [[(0, 0.0), (1, 0.0), (2, 1.0), (3, 2.0), (4, 3.0)]]
    );
}
