//! Connectors that make no sense are refused, and the refusal says why.

use serde_json::{Value, json};

use crate::bench::{Bench, COMPARTMENT, from_stream, to_bucket};
use crate::metrics::monitoring;

fn logging() -> Value {
    json!({"kind": "logging", "logSources": [{"compartmentId": COMPARTMENT}]})
}

fn queue(config: Value) -> Value {
    json!({"kind": "plugin", "pluginName": "QueueSource", "configMap": config})
}

fn function() -> Value {
    json!([{"kind": "function", "functionId": "f"}])
}

#[test]
fn what_makes_no_sense_is_refused() {
    let bench = Bench::new();
    let stream = || from_stream("s", "LATEST");
    let bucket = || to_bucket("lake");
    let none = || json!([]);
    let topic = json!({"kind": "notifications", "topicId": "t"});
    let with = |mut value: Value, field: &str, other: Value| {
        value[field] = other;
        value
    };
    let both =
        json!({"kind": "functions", "functionId": "f", "batchSizeInNum": 1, "batchSizeInKbs": 1});
    let rule = |condition: &str| json!([{"kind": "logRule", "condition": condition}]);
    let analytics = json!({"kind": "loggingAnalytics", "logGroupId": "g"});
    let metrics = |changes: Value| {
        let mut target = json!({"kind": "monitoring", "compartmentId": "c", "metricNamespace": "n", "metric": "m"});
        target
            .as_object_mut()
            .unwrap()
            .extend(changes.as_object().unwrap().clone());
        target
    };
    let fixed =
        |name: &str| json!({"name": name, "dimensionValue": {"kind": "static", "value": "v"}});
    let path =
        |path: &str| json!({"name": "p", "dimensionValue": {"kind": "jmesPath", "path": path}});
    let cases = [
        (stream(), none(), analytics, "no Logging Analytics"),
        (
            stream(),
            none(),
            json!({"kind": "streaming", "streamId": "s"}),
            "source and target are the same stream",
        ),
        (
            queue(json!({})),
            none(),
            bucket(),
            "source.configMap.queueId is missing",
        ),
        (
            stream(),
            none(),
            metrics(json!({})),
            "cannot move data from streaming to monitoring",
        ),
        (
            monitoring("oci_queue"),
            none(),
            topic.clone(),
            "cannot move data from monitoring to notifications",
        ),
        (
            monitoring("oci_queue"),
            none(),
            metrics(json!({})),
            "cannot move data from monitoring to monitoring",
        ),
        (
            monitoring("custom"),
            none(),
            bucket(),
            "namespaces[0].namespace must begin with oci_",
        ),
        (
            json!({"kind": "monitoring", "monitoringSources": []}),
            none(),
            bucket(),
            "monitoringSources is empty",
        ),
        (
            monitoring("oci_queue"),
            rule("a = 1"),
            bucket(),
            "logRule is for sources of kind logging",
        ),
        (
            logging(),
            none(),
            metrics(json!({"metricNamespace": "oci_mine"})),
            "metricNamespace must not begin with oci_",
        ),
        (
            logging(),
            none(),
            metrics(json!({"metric": "1"})),
            "metric must be a letter",
        ),
        (
            logging(),
            none(),
            metrics(json!({"dimensions": [fixed("connectorId")]})),
            "dimensions[0].name must not be connectorId",
        ),
        (
            logging(),
            none(),
            metrics(json!({"dimensions": [fixed("a.b")]})),
            "without blanks and periods",
        ),
        (
            logging(),
            none(),
            metrics(json!({"dimensions": [fixed("a"), fixed("a")]})),
            "as that of another dimension",
        ),
        (
            logging(),
            none(),
            metrics(json!({"dimensions": [path("data.x")]})),
            "path must begin with logContent",
        ),
        (
            logging(),
            none(),
            metrics(json!({"dimensions": [path("logContent.[")]})),
            "is no JMESPath expression",
        ),
        (
            stream(),
            rule("a = 1"),
            bucket(),
            "logRule is for sources of kind logging",
        ),
        (
            logging(),
            rule("a ="),
            bucket(),
            "tasks[0].condition: it cannot be read at character 4",
        ),
        (
            stream(),
            function(),
            topic.clone(),
            "function is not for connectors from streaming",
        ),
        (
            queue(json!({"queueId": "q"})),
            function(),
            topic,
            "function is not for connectors from queue",
        ),
        (queue(json!({})), none(), bucket(), "queueId"),
        (
            queue(json!({"queueId": "q", "other": 1})),
            none(),
            bucket(),
            "other",
        ),
        (
            with(queue(json!({"brokers": "b"})), "pluginName", json!("X")),
            none(),
            bucket(),
            "QueueSource",
        ),
        (
            from_stream("ocid1.queue.oc1..a", "LATEST"),
            none(),
            bucket(),
            "begins with ocid1.stream.",
        ),
        (
            stream(),
            none(),
            both,
            "both batchSizeInKbs and batchSizeInNum",
        ),
        (
            stream(),
            none(),
            to_bucket(".."),
            "target.bucketName must be",
        ),
        (
            stream(),
            none(),
            to_bucket("a/b"),
            "target.bucketName must be",
        ),
        (
            stream(),
            none(),
            with(bucket(), "objectNamePrefix", json!("a/../b")),
            "objectNamePrefix",
        ),
        (
            stream(),
            none(),
            with(bucket(), "batchRolloverTimeInMs", json!(0)),
            "must be 1 to",
        ),
        (
            with(logging(), "logSources", json!([])),
            none(),
            bucket(),
            "logSources is empty",
        ),
        (
            json!({"kind": "odd"}),
            none(),
            bucket(),
            "source.kind must be one of",
        ),
    ];
    for (source, tasks, target, told) in cases {
        let error = bench.creating("c", source, tasks, target).refused();
        assert_eq!(
            (error.status, &*error.code),
            (400, "InvalidParameter"),
            "{error:?}"
        );
        assert!(error.message.contains(told), "{told}: {}", error.message);
    }
    let list = bench
        .call("ListServiceConnectors")
        .with("compartmentId", COMPARTMENT)
        .value();
    assert_eq!(list["items"], json!([]));
    let missing = bench.creating("c", json!({"kind": "streaming"}), json!([]), to_bucket("b"));
    assert_eq!(missing.refused().message, "source.streamId is missing");
    let works = bench.call("ListWorkRequests").refused();
    assert_eq!(works.message, "compartmentId is missing");
}

#[test]
fn keys_that_nobody_knows_are_told_of() {
    let bench = Bench::new();
    let mut source = from_stream("s", "LATEST");
    source["curser"] = json!({"kind": "TRIM_HORIZON"});
    source["privateEndpointMetadata"] = Value::Null;
    source["cursor"]["offset"] = json!(5);
    let mut tasks = function();
    tasks[0]["batchTimeInMs"] = json!(1);
    let mut target = to_bucket("lake");
    target["prefix"] = json!("p");
    let reply = bench.creating("c", source, tasks, target).ok();
    let warning = reply.header("ocelot-warning").unwrap();
    assert_eq!(
        warning,
        "No part of a connector has source.curser, source.cursor.offset, tasks[0].batchTimeInMs and 1 more: that has \
         no effect"
    );
    let update = bench.change("UpdateServiceConnector", "c");
    let reply = update.body(json!({"target": to_bucket("pond")})).ok();
    assert_eq!(reply.header("ocelot-warning"), None);
}
