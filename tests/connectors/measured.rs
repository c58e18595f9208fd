//! What connectors are measured by is what they moved.

use ocelot::engine::sch::Arrival;
use serde_json::json;

use crate::bench::{Bench, from_stream, to_bucket};

const HUB: &str = "oci_service_connector_hub";

impl Bench {
    /// The sum of a metric of connectors, as a whole number.
    fn measured(&self, metric: &str) -> i64 {
        let sum = self.sum(HUB, metric, "");
        assert!(sum.fract().abs() < f64::EPSILON, "{metric}: {sum}");
        sum as i64
    }
}

#[test]
fn counts_and_bytes_are_those_of_what_was_moved() {
    let bench = Bench::new();
    let (from, to) = (bench.stream("orders", 2), bench.stream("copy", 1));
    let target = json!({"kind": "streaming", "streamId": to});
    let id = bench.connector("archive", from_stream(&from, "LATEST"), json!([]), target);
    for round in 0..5 {
        bench.put(&from, &[("a", "one"), ("b", "two"), ("c", "three")]);
        bench.time.advance(1000 * round);
        bench.engine.move_connectors().unwrap();
    }
    assert_eq!(bench.messages(&to).len(), 15);
    assert_eq!(bench.measured("MessagesReadFromSource"), 15);
    assert_eq!(bench.measured("MessagesWrittenToTarget"), 15);
    let bytes = bench.measured("BytesReadFromSource");
    assert!(bytes > 15 * 50, "{bytes}");
    assert_eq!(bench.measured("BytesWrittenToTarget"), bytes);
    // How long the oldest has waited: 0, 1, 2, 3 and 4 s.
    assert_eq!(bench.measured("DataFreshness"), 10_000);
    for metric in [
        "ErrorsAtSource",
        "ErrorsAtTarget",
        "ServiceConnectorHubErrors",
    ] {
        assert_eq!(bench.measured(metric), 0, "{metric}");
    }
    let listed = bench.call("ListMetrics").body(json!({
        "namespace": HUB, "name": "LatencyAtTarget"
    }));
    let listed = listed
        .with("compartmentId", crate::bench::COMPARTMENT)
        .value();
    assert_eq!(
        listed[0]["dimensions"],
        json!({"connectorId": id, "connectorName": "archive", "connectorSourceType": "streaming",
               "connectorTargetType": "streaming"})
    );
}

#[test]
fn errors_have_the_code_and_type_of_what_refused() {
    let bench = Bench::new();
    let from = bench.stream("orders", 1);
    let target = json!({"kind": "notifications", "topicId": "gone"});
    bench.connector("lost", from_stream(&from, "LATEST"), json!([]), target);
    let gone = json!({"kind": "streaming", "streamId": "ocid1.stream.oc1..gone"});
    bench.connector("blind", gone, json!([]), to_bucket("lake"));
    bench.put(&from, &[("a", "one")]);
    bench.engine.move_connectors().unwrap();
    bench.time.advance(10_000);
    bench.engine.move_connectors().unwrap();
    let filter = "{errorCode = \"404\", errorType = \"NotAuthorizedOrNotFound\"}";
    for metric in ["ErrorsAtSource", "ErrorsAtTarget"] {
        let sum = bench.sum(HUB, metric, filter);
        assert!((sum - 2.0).abs() < f64::EPSILON, "{metric}: {sum}");
    }
    assert_eq!(bench.measured("MessagesReadFromSource"), 1);
    assert_eq!(bench.measured("MessagesWrittenToTarget"), 0);
}

#[test]
fn tasks_and_objects_are_measured_when_they_have_ended() {
    let bench = Bench::new();
    let from = bench.stream("orders", 1);
    let tasks =
        json!([{"kind": "function", "functionId": bench.function("shape"), "batchTimeInSec": 1}]);
    let mut target = to_bucket("lake");
    target["batchRolloverTimeInMs"] = json!(1);
    bench.connector("c", from_stream(&from, "LATEST"), tasks, target);
    bench.put(&from, &[("a", "one"), ("b", "two"), ("c", "three")]);
    bench.shipments();
    bench.time.advance(1000);
    let call = bench.shipments().remove(0);
    bench.finish(&call, Arrival::Failed("it broke".to_owned().into()));
    assert_eq!(bench.measured("MessagesWrittenToTask"), 0);
    let broken = bench.sum(HUB, "ErrorsAtTask", "{errorCode = \"-1\"}");
    assert!((broken - 1.0).abs() < f64::EPSILON);
    bench.time.advance(10_000);
    bench.calls(|_| "[1, 22]".to_owned());
    assert_eq!(bench.measured("MessagesWrittenToTask"), 3);
    assert_eq!(bench.measured("MessagesReadFromTask"), 2);
    assert_eq!(bench.measured("BytesReadFromTask"), 3);
    bench.time.advance(1);
    assert_eq!(bench.objects().len(), 1);
    assert_eq!(bench.measured("MessagesWrittenToTarget"), 2);
    assert_eq!(bench.measured("BytesWrittenToTarget"), 3);
    assert_eq!(bench.measured("ErrorsAtTarget"), 0);
}
