//! What the engine counts of requests for messages: what was done, what failed, and what came too fast.

use ocelot::call::{Call, LOCAL_TENANCY};
use ocelot::engine::fault::{Effect, FaultRequest, NewFault};
use ocelot::engine::{EngineOptions, Home, LocalRequest, Strictness};
use serde_json::{Value, json};

use crate::own::{ask, batch, call, points, stream};
use crate::support::{Bench, COMPARTMENT, MINUTE_MS, array, text};

pub(crate) fn queue(bench: &Bench, more: Value) -> String {
    let mut body = json!({"displayName": "orders", "compartmentId": COMPARTMENT});
    crate::support::merge(&mut body, more);
    ask(bench, "CreateQueue", &[], body);
    let parameters = [("compartmentId", COMPARTMENT)];
    let listed = ask(bench, "ListQueues", &parameters, Value::Null);
    text(&listed["items"][0]["id"]).to_owned()
}

/// The status of a call that fails.
fn fails(bench: &Bench, name: &str, parameters: &[(&'static str, &str)], body: Value) -> u16 {
    let call = call(name, parameters, body);
    let error = bench.engine.answer(&call).err();
    error.unwrap_or_else(|| panic!("{name} went well")).status
}

/// What a statistic of a metric of one resource comes to in the minute when the tests begin; none without points.
fn value(bench: &Bench, (namespace, metric): (&str, &str), dimensions: &str) -> Option<f64> {
    let query = format!("{metric}[1m]{{{dimensions}}}.sum()");
    let streams = points(bench, namespace, &query);
    assert!(streams.len() < 2, "{query}: {streams:?}");
    let first = streams.first()?;
    assert_eq!((first.len(), first[0].0), (1, 0), "{query}: {streams:?}");
    Some(first[0].1)
}

fn of_stream(bench: &Bench, metric: &str, stream: &str) -> Option<f64> {
    let dimensions = format!("resourceId = \"{stream}\", region = \"local\"");
    value(bench, ("oci_streaming", metric), &dimensions)
}

#[test]
fn requests_of_streams_that_fail_are_faults() {
    let bench = Bench::new();
    let id = stream(&bench, 1);
    let named = [("streamId", id.as_str())];
    let bad = json!({"messages": [{"key": "?", "value": "?"}]});
    assert_eq!(fails(&bench, "PutMessages", &named, bad.clone()), 400);
    assert_eq!(
        fails(&bench, "PutMessages", &named, json!({"messages": []})),
        400
    );
    let large = json!({"messages": [{"key": null, "value": "eHh4".repeat(350_000)}]});
    assert_eq!(fails(&bench, "PutMessages", &named, large), 400);
    let cursor = [("streamId", id.as_str()), ("cursor", "none")];
    assert_eq!(fails(&bench, "GetMessages", &cursor, Value::Null), 400);
    // Of what is not there nothing is counted.
    let nowhere = [("streamId", "ocid1.stream.oc1.local.nowhere")];
    assert_eq!(fails(&bench, "PutMessages", &nowhere, bad), 400);
    assert_eq!(of_stream(&bench, "PutMessagesFault.Count", &id), Some(3.0));
    assert_eq!(of_stream(&bench, "GetMessagesFault.Count", &id), Some(1.0));
    for metric in [
        "PutMessagesSuccess.Count",
        "PutMessagesThroughput.Count",
        "PutMessagesThrottling.Count",
        "GetMessagesSuccess.Count",
    ] {
        assert_eq!(of_stream(&bench, metric, &id), None, "{metric}");
    }
    let listed = bench.list(json!({"namespace": "oci_streaming"}));
    assert_eq!(listed.len(), 2, "{listed:?}");
}

#[test]
fn puts_that_come_too_fast_are_throttled_by_the_message() {
    let options = EngineOptions {
        strictness: Strictness::new(true),
        ..EngineOptions::default()
    };
    let bench = Bench::over(&Home::Memory, options);
    let id = stream(&bench, 1);
    let named = [("streamId", id.as_str())];
    let half = json!({"key": null, "value": "eHh4".repeat(170_000)});
    let two = json!({"messages": [half.clone(), half]});
    ask(&bench, "PutMessages", &named, two.clone());
    assert_eq!(fails(&bench, "PutMessages", &named, two), 429);
    for (metric, expected) in [
        ("PutMessagesThrottling.Count", Some(2.0)),
        ("PutMessagesSuccess.Count", Some(1.0)),
        ("PutMessagesThroughput.Bytes", Some(1_020_000.0)),
        ("PutMessagesFault.Count", None),
    ] {
        assert_eq!(of_stream(&bench, metric, &id), expected, "{metric}");
    }
}

#[test]
fn what_a_fault_refuses_is_counted_as_if_the_service_had() {
    let bench = Bench::new();
    let id = stream(&bench, 1);
    let jobs = queue(&bench, json!({}));
    let struck = |service: &str, effect: Effect, call: &Call| {
        let fault = NewFault {
            service: service.to_owned(),
            operation: "put-messages".to_owned(),
            effect,
            times: Some(1),
            probability_ppm: None,
            seed: 0,
        };
        let add = LocalRequest::ManageFaults {
            request: FaultRequest::Add { fault },
        };
        bench.engine.control(&add).unwrap();
        let hit = bench.engine.strike(call).unwrap().hit.unwrap();
        bench.engine.answer_hit(call, hit).is_ok()
    };
    let body = json!({"messages": [{"value": "YQ=="}, {"value": "YQ=="}]});
    let put = call("PutMessages", &[("streamId", &id)], body);
    assert!(!struck("streaming", Effect::Status(429), &put));
    assert!(!struck("streaming", Effect::Status(500), &put));
    let half = Effect::Partial { failing: 1, of: 2 };
    assert!(struck("streaming", half, &put));
    for (metric, expected) in [
        ("PutMessagesThrottling.Count", 3.0),
        ("PutMessagesFault.Count", 1.0),
        ("PutMessagesSuccess.Count", 1.0),
        ("PutMessagesThroughput.Count", 1.0),
    ] {
        assert_eq!(of_stream(&bench, metric, &id), Some(expected), "{metric}");
    }
    let body = json!({"messages": [{"content": "one"}]});
    let put = call("PutMessages", &[("queueId", &jobs)], body);
    assert!(!struck("queue", Effect::Status(503), &put));
    let dimensions = format!("resourceId = \"{jobs}\", apiName = \"PutMessages\"");
    let successes = value(&bench, ("oci_queue", "RequestSuccess"), &dimensions);
    assert_eq!(successes, Some(0.0));
}

#[test]
fn kafka_clients_fail_and_read_as_others_do() {
    let bench = Bench::new();
    let id = stream(&bench, 1);
    let topics = bench.engine.topics(LOCAL_TENANCY);
    let shown = ask(&bench, "GetStream", &[("streamId", &id)], Value::Null);
    let pool = topics.pool(text(&shown["streamPoolId"])).unwrap().unwrap();
    let topic = &pool.topics["orders"];
    topics.append_batch(topic, 0, &batch(4)).unwrap();
    let mut broken = batch(4);
    *broken.last_mut().unwrap() ^= 1;
    topics.append_batch(topic, 0, &broken).unwrap_err();
    topics.count_read((topic, 0), (4, 100), std::time::Duration::from_millis(2));
    topics.count_failed_get(topic);
    for (metric, expected) in [
        ("PutMessagesRecords.Count", 4.0),
        ("PutMessagesSuccess.Count", 1.0),
        ("PutMessagesFault.Count", 1.0),
        ("GetMessagesThroughput.Count", 4.0),
        ("GetMessagesThroughput.Bytes", 100.0),
        ("GetMessagesFault.Count", 1.0),
    ] {
        assert_eq!(of_stream(&bench, metric, &id), Some(expected), "{metric}");
    }
}

#[test]
fn requests_of_queues_succeed_or_fail_by_operation() {
    let bench = Bench::new();
    let id = queue(&bench, json!({}));
    let named = [("queueId", id.as_str())];
    let messages: Vec<Value> = (0..5).map(|_| json!({"content": "12345"})).collect();
    ask(
        &bench,
        "PutMessages",
        &named,
        json!({ "messages": messages }),
    );
    let many = vec![json!({"content": "x"}); 21];
    assert_eq!(
        fails(&bench, "PutMessages", &named, json!({ "messages": many })),
        400
    );
    let got = ask(
        &bench,
        "GetMessages",
        &[("queueId", &id), ("limit", "5")],
        Value::Null,
    );
    let receipts: Vec<String> = array(&got["messages"])
        .iter()
        .map(|message| text(&message["receipt"]).to_owned())
        .collect();
    let wrong = [("queueId", id.as_str()), ("limit", "99")];
    assert_eq!(fails(&bench, "GetMessages", &wrong, Value::Null), 400);
    let one = [("queueId", id.as_str()), ("messageReceipt", &receipts[0])];
    ask(
        &bench,
        "UpdateMessage",
        &one,
        json!({"visibilityInSeconds": 60}),
    );
    ask(&bench, "DeleteMessage", &one, Value::Null);
    assert_eq!(fails(&bench, "DeleteMessage", &one, Value::Null), 404);
    let entry = |receipt: &String| json!({"receipt": receipt, "visibilityInSeconds": 60});
    let body = json!({"entries": [entry(&receipts[1])]});
    ask(&bench, "UpdateMessages", &named, body);
    let body = json!({"entries": [{"receipt": receipts[1]}, {"receipt": receipts[2]}]});
    ask(&bench, "DeleteMessages", &named, body);
    // Those who may not see the queue do not count.
    let mut foreign = call("GetMessages", &named, Value::Null);
    foreign.origin.tenancy_id = "ocid1.tenancy.oc1..other".to_owned();
    assert_eq!(bench.engine.answer(&foreign).unwrap_err().status, 404);
    for (api_name, requests, successes) in [
        ("PutMessages", 2.0, 1.0),
        ("GetMessages", 2.0, 1.0),
        ("UpdateMessage", 1.0, 1.0),
        ("DeleteMessage", 2.0, 1.0),
        ("UpdateMessages", 1.0, 1.0),
        ("DeleteMessages", 1.0, 1.0),
    ] {
        let dimensions = format!("resourceId = \"{id}\", apiName = \"{api_name}\"");
        let successful = value(&bench, ("oci_queue", "RequestSuccess"), &dimensions);
        assert_eq!(successful, Some(successes), "{api_name}");
        let query = format!("RequestSuccess[1m]{{{dimensions}}}.count()");
        let counted = points(&bench, "oci_queue", &query);
        assert_eq!(counted, [[(0, requests)]], "{api_name}");
        let query = format!("RequestsLatency[1m]{{{dimensions}}}.count()");
        let timed = points(&bench, "oci_queue", &query);
        assert_eq!(timed, [[(0, successes)]], "{api_name}");
    }
    // What goes in and comes out has five bytes each; deletes and updates move nothing.
    for api_name in ["PutMessages", "GetMessages"] {
        let dimensions = format!("apiName = \"{api_name}\"");
        let of = |metric| value(&bench, ("oci_queue", metric), &dimensions);
        assert_eq!(of("MessagesCount"), Some(5.0));
        assert_eq!(of("RequestsThroughput"), Some(25.0));
    }
    let moved = points(&bench, "oci_queue", "MessagesCount[1m].sum()");
    assert_eq!(moved.len(), 2, "{moved:?}");
}

#[test]
fn a_get_that_waits_is_one_request_and_what_it_finds_counts_when_it_is_found() {
    let bench = Bench::new();
    let id = queue(&bench, json!({}));
    let waiting = [("queueId", id.as_str()), ("timeoutInSeconds", "20")];
    let waiting = call("GetMessages", &waiting, Value::Null);
    bench.engine.attempt(&waiting).unwrap();
    bench.engine.attempt_again(&waiting).unwrap();
    bench.time.advance(MINUTE_MS);
    let body = json!({"messages": [{"content": "12345"}]});
    ask(&bench, "PutMessages", &[("queueId", &id)], body);
    bench.engine.attempt_again(&waiting).unwrap();
    let of = |metric: &str| {
        let query = format!("{metric}[1m]{{apiName = \"GetMessages\"}}.sum()");
        points(&bench, "oci_queue", &query)
    };
    assert_eq!(of("RequestSuccess"), [[(0, 1.0)]]);
    assert_eq!(of("MessagesCount"), [[(1, 1.0)]]);
    assert_eq!(of("RequestsThroughput"), [[(1, 5.0)]]);
}
