//! Posting points: what is taken, what is refused, and what happens to the rest of a batch.

use serde_json::{Value, json};

use crate::support::{Bench, HOUR_MS, MINUTE_MS, START_MS, array, merge, metric, text};

fn orders(more: Value) -> Value {
    let mut orders = metric("orders", json!({"site": "berlin"}), &[(START_MS, 1.0)]);
    merge(&mut orders, more);
    orders
}

fn point(at_ms: i64) -> Value {
    json!({"timestamp": ocelot::clock::rfc3339(at_ms), "value": 1})
}

#[test]
fn what_the_rules_allow_is_taken() {
    let dimensions: serde_json::Map<String, Value> = (0..20)
        .map(|number| (format!("d{number}"), json!("x".repeat(512))))
        .collect();
    for more in [
        json!({"namespace": "a_1"}),
        json!({"name": "my-App.success_rate$"}),
        json!({"resourceGroup": "frontend-fleet"}),
        json!({"resourceGroup": null, "metadata": null}),
        json!({ "dimensions": dimensions }),
        json!({"dimensions": {"a/b:c=d": "größe 1"}}),
        json!({"metadata": {"unit": "bytes"}}),
        json!({"datapoints": [point(START_MS - 2 * HOUR_MS + 1), point(START_MS + 10 * MINUTE_MS - 1)]}),
        json!({"datapoints": [{"timestamp": "2026-03-14T02:02:00+01:00", "value": -1e300, "count": 7}]}),
    ] {
        Bench::new().post(vec![orders(more)]);
    }
}

#[test]
fn what_the_rules_forbid_is_refused() {
    let many: serde_json::Map<String, Value> = (0..21)
        .map(|number| (format!("d{number}"), json!("x")))
        .collect();
    for (more, said) in [
        (
            json!({"namespace": "oci_shop"}),
            "namespace must not begin with oci_",
        ),
        (
            json!({"namespace": "ORACLE_shop"}),
            "namespace must not begin with oracle_",
        ),
        (json!({"namespace": "1shop"}), "namespace must be a letter"),
        (
            json!({"namespace": "my.shop"}),
            "namespace must be a letter",
        ),
        (
            json!({"namespace": "a".repeat(257)}),
            "namespace must be a letter",
        ),
        (json!({"name": "orders now"}), "name must be a letter"),
        (json!({"name": ""}), "name must be a letter"),
        (
            json!({"resourceGroup": "_x"}),
            "resourceGroup must be a letter",
        ),
        (json!({"compartmentId": " "}), "compartmentId is empty"),
        (
            json!({"dimensions": {}}),
            "dimensions must be 1 to 20, not 0",
        ),
        (
            json!({ "dimensions": many }),
            "dimensions must be 1 to 20, not 21",
        ),
        (
            json!({"dimensions": {"a b": "x"}}),
            "a dimension's key must be",
        ),
        (
            json!({"dimensions": {"": "x"}}),
            "a dimension's key must be",
        ),
        (
            json!({"dimensions": {"a": ""}}),
            "the value of dimension a must",
        ),
        (
            json!({"dimensions": {"a": "x".repeat(513)}}),
            "the value of dimension a must",
        ),
        (
            json!({"metadata": {"unit": "x".repeat(257)}}),
            "keys and values of metadata",
        ),
        (json!({"datapoints": []}), "datapoints is empty"),
        (
            json!({"datapoints": [point(START_MS - 2 * HOUR_MS)]}),
            "less than two hours ago",
        ),
        (
            json!({"datapoints": [point(START_MS + 10 * MINUTE_MS)]}),
            "less than ten minutes ahead",
        ),
        (
            json!({"datapoints": [{"timestamp": "2026-03-14T01:02:00Z", "value": 1, "count": 0}]}),
            "count must be greater than 0",
        ),
        (
            json!({"datapoints": [{"timestamp": "2026-03-14T01:02:00Z", "value": 1, "count": -3}]}),
            "count must be greater than 0",
        ),
    ] {
        let bench = Bench::new();
        let message = bench
            .post_call(vec![orders(more)])
            .fails(400, "InvalidParameter");
        assert!(message.contains(said), "{message}");
        assert!(message.starts_with("1 of 1 metrics cannot be stored, and nothing was: "));
        assert_eq!(bench.list(json!({})), Vec::<Value>::new());
    }
}

/// Metrics of another shape than a metric has, and what is said of the second of a batch.
fn malformed() -> [(Value, &'static str, &'static str); 6] {
    let missing = "MissingParameter";
    let invalid = "InvalidParameter";
    let mut nameless = orders(json!({}));
    nameless.as_object_mut().unwrap().remove("name");
    [
        (nameless, missing, "metricData[1].name is missing"),
        (
            orders(json!({"datapoints": [{"value": 1}]})),
            missing,
            "metricData[1].datapoints[0].timestamp is missing",
        ),
        (
            orders(json!({"dimensions": {"a": 1}})),
            invalid,
            "metricData[1].dimensions.a must be a string, not 1",
        ),
        (
            orders(json!({"datapoints": [{"timestamp": "now", "value": 1}]})),
            invalid,
            "metricData[1].datapoints[0].timestamp must be an RFC 3339 time, not \"now\"",
        ),
        (
            orders(json!({"datapoints": "none"})),
            invalid,
            "metricData[1].datapoints must be a JSON list, not \"none\"",
        ),
        (
            json!(5),
            invalid,
            "metricData[1] must be a JSON object, not 5",
        ),
    ]
}

#[test]
fn a_malformed_metric_spoils_an_atomic_batch_or_only_itself() {
    for (bad, code, said) in malformed() {
        let bench = Bench::new();
        let metrics = json!([orders(json!({})), bad]);
        let batch = |atomicity: Value| {
            let body = json!({"metricData": metrics, "batchAtomicity": atomicity});
            bench.call("PostMetricData").body(body)
        };
        let refused = batch(json!("ATOMIC")).fails(400, code);
        let nothing_was = "1 of 2 metrics cannot be stored, and nothing was: ";
        assert_eq!(refused, format!("{nothing_was}{said}"));
        assert_eq!(bench.list(json!({})), Vec::<Value>::new());

        let told = json!({
            "failedMetricsCount": 1,
            "failedMetrics": [{"message": said, "metricData": metrics[1]}],
        });
        // What is shown of the metric is as malformed as it came.
        let stored = |atomicity| batch(atomicity).answer().unwrap().body.unwrap();
        assert_eq!(stored(json!("NON_ATOMIC")), told);
        assert_eq!(bench.list(json!({})).len(), 1);
        assert_eq!(stored(json!(null)), told);
        // Without a good one there is nothing to store.
        let alone = bench.post_call(vec![metrics[1].clone()]).fails(400, code);
        let nothing_was = "1 of 1 metrics cannot be stored, and nothing was: ";
        assert!(alone.starts_with(nothing_was), "{alone}");
    }
}

#[test]
fn bodies_of_another_shape_are_refused_as_a_whole() {
    let bench = Bench::new();
    let good = orders(json!({}));
    for (body, code, said) in [
        (json!({}), "MissingParameter", "metricData is missing"),
        (
            json!({"metricData": good}),
            "InvalidParameter",
            "metricData must be a JSON list",
        ),
        (
            json!({"metricData": []}),
            "InvalidParameter",
            "metricData has no metrics",
        ),
        (
            json!({"metricData": [good], "batchAtomicity": "SOME"}),
            "InvalidParameter",
            "batchAtomicity must be one of",
        ),
    ] {
        let call = bench.call("PostMetricData").body(body);
        let message = call.fails(400, code);
        assert!(message.contains(said), "{message}");
    }
    assert_eq!(bench.list(json!({})), Vec::<Value>::new());
}

#[test]
fn the_good_part_of_a_batch_is_stored_unless_it_is_atomic() {
    let bench = Bench::new();
    let bad = orders(json!({"namespace": "oci_shop"}));
    let metrics = vec![orders(json!({})), bad.clone()];
    let atomic = json!({"metricData": metrics.clone(), "batchAtomicity": "ATOMIC"});
    let message = bench
        .call("PostMetricData")
        .body(atomic)
        .fails(400, "InvalidParameter");
    assert!(
        message.starts_with("1 of 2 metrics cannot be stored"),
        "{message}"
    );
    assert!(bench.list(json!({})).is_empty());

    let reply = bench.post_call(metrics).value();
    assert_eq!(reply["failedMetricsCount"], 1);
    let failed = array(&reply["failedMetrics"]);
    assert_eq!(failed[0]["metricData"], bad);
    assert!(text(&failed[0]["message"]).contains("reserved"));
    assert_eq!(bench.list(json!({})).len(), 1);
}

#[test]
fn a_post_has_fifty_streams_at_most() {
    let bench = Bench::new();
    let streams = |count: usize| -> Vec<Value> {
        let one = |number| orders(json!({"dimensions": {"number": format!("{number}")}}));
        (0..count).map(one).collect()
    };
    let mut fifty = streams(50);
    fifty.extend(streams(50));
    bench.post(fifty);
    let message = bench.post_call(streams(51)).fails(400, "InvalidParameter");
    assert!(
        message.contains("51 metric streams; at most 50"),
        "{message}"
    );
    assert_eq!(bench.list(json!({})).len(), 50);
}

#[test]
fn tenancies_do_not_see_each_others_metrics() {
    let bench = Bench::new();
    bench.post(vec![orders(json!({}))]);
    let list = bench
        .call("ListMetrics")
        .with("compartmentId", crate::support::COMPARTMENT);
    assert_eq!(
        list.body(json!({})).by("ocid1.tenancy.oc1..b").value(),
        json!([])
    );
    let query = bench.query_call("orders[1m].sum()", json!({}));
    assert_eq!(query.by("ocid1.tenancy.oc1..b").value(), json!([]));
    assert_eq!(bench.query("orders[1m].sum()", json!({})).len(), 1);
}
