//! Metrics as a source and as a target.

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::bench::{Bench, COMPARTMENT, Object, START_MS, to_bucket};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// The metrics of a namespace in the compartment of the bench.
pub(crate) fn monitoring(namespace: &str) -> Value {
    json!({"kind": "monitoring", "monitoringSources": [{
        "compartmentId": COMPARTMENT,
        "namespaceDetails": {
            "kind": "selected",
            "namespaces": [{"namespace": namespace, "metrics": {"kind": "all"}}],
        },
    }]})
}

/// A bucket whose objects are written at once.
fn at_once() -> Value {
    let mut target = to_bucket("lake");
    target["batchRolloverTimeInMs"] = json!(1);
    target
}

/// The records of a metric in objects.
fn of_metric(objects: &[Object], name: &str) -> Vec<Value> {
    let records = objects.iter().flat_map(|(_, records)| records);
    records
        .filter(|record| record["name"] == name)
        .cloned()
        .collect()
}

/// How many messages the records of PutMessages tell of.
fn puts(objects: &[Object]) -> f64 {
    let records = of_metric(objects, "PutMessages");
    let points = records
        .iter()
        .flat_map(|record| record["datapoints"].as_array().unwrap());
    let values =
        points.map(|point| point["value"].as_f64().unwrap() * point["count"].as_f64().unwrap());
    values.sum()
}

impl Bench {
    /// Stores the objects of what was measured up to now.
    fn objects_of_metrics(&self) -> Vec<Object> {
        self.time.advance(MINUTE_MS + 10_000);
        self.engine.move_connectors().unwrap();
        self.time.advance(1);
        self.objects()
    }
}

#[test]
fn what_services_measure_becomes_a_record_a_series_and_minute() {
    let bench = Bench::new();
    let stream = bench.stream("orders", 1);
    let id = bench.connector("c", monitoring("oci_streaming"), json!([]), at_once());
    let shown = bench.get(&id);
    assert_eq!(
        shown["source"]["monitoringSources"][0]["namespaceDetails"]["namespaces"][0],
        json!({"namespace": "oci_streaming", "metrics": {"kind": "all"}})
    );
    bench.put(&stream, &[("k", "one"), ("k", "two")]);
    bench.time.advance(1000);
    bench.put(&stream, &[("k", "three"), ("k", "four")]);
    bench.put(&stream, &[("k", "five")]);
    // The minute ends after 55.544 s, and is read 10 s later.
    bench.time.advance(65_543);
    assert!(bench.objects().is_empty());
    assert_eq!(bench.engine.next_movement_in_ms(), Some(1));
    bench.time.advance(1);
    assert!(bench.shipments().is_empty());
    bench.time.advance(1);
    let objects = bench.objects();
    assert_eq!(objects.len(), 1);
    assert_eq!(
        objects[0].0,
        format!("local/lake/{id}/20260314T010203Z_20260314T010203Z.0.data.gz")
    );
    let records = of_metric(&objects, "PutMessages");
    assert_eq!(
        records,
        [json!({
            "namespace": "oci_streaming",
            "resourceGroup": null,
            "compartmentId": COMPARTMENT,
            "name": "PutMessages",
            "dimensions": {"streamId": stream},
            "metadata": {"unit": "count"},
            "datapoints": [
                {"timestamp": START_MS, "value": 1.0, "count": 1},
                {"timestamp": START_MS, "value": 2.0, "count": 2},
            ],
        })]
    );
    // Once, and no more.
    assert!(bench.objects_of_metrics().is_empty());
    assert_eq!(bench.get(&id)["lifecycleState"], "ACTIVE");
}

#[test]
fn only_what_is_selected_is_moved() {
    let bench = Bench::new();
    let stream = bench.stream("orders", 1);
    bench.connector("queues", monitoring("oci_queue"), json!([]), at_once());
    let mut elsewhere = monitoring("oci_streaming");
    elsewhere["monitoringSources"][0]["compartmentId"] = json!("ocid1.compartment.oc1..other");
    bench.connector("elsewhere", elsewhere, json!([]), at_once());
    bench.put(&stream, &[("k", "one")]);
    assert!(bench.objects_of_metrics().is_empty());
    // What is selected twice is moved once.
    let mut twice = monitoring("oci_streaming");
    let sources = twice["monitoringSources"].as_array_mut().unwrap();
    sources.push(sources[0].clone());
    bench.connector("twice", twice, json!([]), at_once());
    bench.put(&stream, &[("k", "one")]);
    assert_eq!(
        of_metric(&bench.objects_of_metrics(), "PutMessages").len(),
        1
    );
}

#[test]
fn every_minute_is_moved_once_also_by_engines_that_come_later() {
    let folder = TempDir::new().unwrap();
    let first = Bench::in_folder(folder.path(), START_MS);
    let stream = first.stream("orders", 1);
    first.connector("c", monitoring("oci_streaming"), json!([]), at_once());
    drop(first);
    let mut moved = Vec::new();
    for minute in 0..8 {
        let bench = Bench::in_folder(folder.path(), START_MS + minute * MINUTE_MS);
        bench.put(&stream, &[("k", "one"), ("k", "two")]);
        if minute % 3 == 2 {
            moved.extend(bench.objects());
        }
    }
    let last = Bench::in_folder(folder.path(), START_MS + 8 * MINUTE_MS);
    moved.extend(last.objects_of_metrics());
    assert_eq!(of_metric(&moved, "PutMessages").len(), 8);
    assert!((puts(&moved) - 16.0).abs() < f64::EPSILON);
}

#[test]
fn one_that_was_off_goes_on_where_it_was_and_metrics_are_kept_for_a_day() {
    let bench = Bench::new();
    let stream = bench.stream("orders", 1);
    let id = bench.connector("c", monitoring("oci_streaming"), json!([]), at_once());
    bench.change("DeactivateServiceConnector", &id).ok();
    bench.put(&stream, &[("k", "too old")]);
    bench.time.advance(10 * HOUR_MS);
    bench.put(&stream, &[("k", "one"), ("k", "two")]);
    bench.time.advance(20 * HOUR_MS);
    assert!(bench.objects_of_metrics().is_empty());
    bench.change("ActivateServiceConnector", &id).ok();
    let objects = bench.objects_of_metrics();
    assert!((puts(&objects) - 2.0).abs() < f64::EPSILON, "{objects:?}");
}

#[test]
fn a_target_that_is_away_holds_metrics_back_and_loses_none() {
    let bench = Bench::new();
    let target = json!({"kind": "streaming", "streamId": "copy"});
    let id = bench.connector("c", monitoring("oci_queue"), json!([]), target);
    let queue = bench.queue("jobs");
    let messages = json!({"messages": [{"content": "one"}, {"content": "two"}]});
    let put = bench.queue_call("PutMessages").with("queueId", &queue);
    put.body(messages).ok();
    bench.time.advance(MINUTE_MS + 10_000);
    bench.engine.move_connectors().unwrap();
    let details = bench.get(&id)["lifecycleDetails"].to_string();
    assert!(details.contains("The target refuses"), "{details}");
    let copy = bench.stream("copy", 1);
    bench.time.advance(10_000);
    bench.engine.move_connectors().unwrap();
    let records = bench.messages(&copy);
    let records = records.iter().map(|(key, value)| {
        assert_eq!(*key, None);
        serde_json::from_str::<Value>(value).unwrap()
    });
    let counts: Vec<Value> = records
        .filter(|record| record["name"] == "MessagesCount")
        .collect();
    assert_eq!(counts.len(), 1, "{counts:?}");
    assert_eq!(counts[0]["datapoints"][0]["value"], 2.0);
}

#[test]
fn functions_get_metrics_as_an_array() {
    let bench = Bench::new();
    let stream = bench.stream("orders", 1);
    let function = bench.function("forward");
    let target = json!({"kind": "functions", "functionId": function, "batchTimeInSec": 1});
    bench.connector("c", monitoring("oci_streaming"), json!([]), target);
    bench.put(&stream, &[("k", "one")]);
    bench.time.advance(MINUTE_MS + 10_000);
    assert!(bench.calls(|_| String::new()).is_empty());
    bench.time.advance(1000);
    let bodies = bench.calls(|_| String::new());
    assert_eq!(bodies.len(), 1);
    let records = bodies[0].as_array().unwrap();
    assert!(records.iter().any(|record| record["name"] == "PutMessages"));
}

/// A connector from the lines of a file to a metric, and the file.
fn from_log(bench: &Bench, folder: &TempDir, lines: &str) -> String {
    let file = folder.path().join("web.jsonl");
    std::fs::write(&file, lines).unwrap();
    let follow = serde_json::from_value(json!({
        "command": "add",
        "log_id": "ocid1.log.oc1..web",
        "log_group_id": "ocid1.loggroup.oc1..g",
        "compartment_id": COMPARTMENT,
        "file": file,
    }));
    bench.engine.manage_followed_logs(&follow.unwrap()).unwrap();
    let source = json!({"kind": "logging", "logSources": [{"compartmentId": COMPARTMENT}]});
    let path = |name: &str, path: &str| json!({"name": name, "dimensionValue": {"kind": "jmesPath", "path": path}});
    let target = json!({
        "kind": "monitoring",
        "compartmentId": COMPARTMENT,
        "metricNamespace": "web",
        "metric": "requests",
        "dimensions": [
            path("status", "logContent.data.status"),
            path("user", "logContent.data.user"),
            {"name": "site", "dimensionValue": {"kind": "static", "value": "shop"}},
        ],
    });
    bench.connector("count", source, json!([]), target)
}

#[test]
fn each_log_entry_is_a_point_of_a_metric() {
    let bench = Bench::new();
    let folder = TempDir::new().unwrap();
    let lines = "{\"status\": 200, \"user\": \"ann\"}\n{\"status\": 200, \"user\": \"ann\"}\n\
                 {\"status\": 500, \"user\": \"\"}\n{\"user\": \"bob\"}\n";
    let id = from_log(&bench, &folder, lines);
    let shown = bench.get(&id);
    assert_eq!(
        shown["target"]["dimensions"][2]["dimensionValue"]["value"],
        "shop"
    );
    bench.engine.move_connectors().unwrap();
    let listed = bench.call("ListMetrics").body(json!({"namespace": "web"}));
    let listed = listed.with("compartmentId", COMPARTMENT).value();
    let mut dimensions: Vec<Value> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["dimensions"].clone())
        .collect();
    dimensions.sort_by_key(Value::to_string);
    let of = |status: &str, user: &str| {
        json!({"connectorId": id, "connectorName": "count", "connectorSourceType": "logging",
               "site": "shop", "status": status, "user": user})
    };
    assert_eq!(
        dimensions,
        [
            of("200", "ann"),
            of("500", "SCH_EVAL_VALUE_EMPTY"),
            of("SCH_EVAL_INVALID_VALUE", "bob"),
        ]
    );
    let sum = |filter: &str| bench.sum("web", "requests", filter);
    assert!((sum("") - 4.0).abs() < f64::EPSILON);
    assert!((sum("{status = \"200\"}") - 2.0).abs() < f64::EPSILON);
    // Once, and no more.
    bench.engine.move_connectors().unwrap();
    assert!((sum("") - 4.0).abs() < f64::EPSILON);
}
