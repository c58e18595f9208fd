//! Connectors and their plugins: made, shown, listed, changed, moved and deleted.

use serde_json::{Value, json};

use crate::bench::{Bench, COMPARTMENT, from_stream, text, to_bucket};

#[test]
fn a_connector_is_shown_as_it_was_made() {
    let bench = Bench::new();
    let stream = bench.stream("orders", 1);
    let mut call = bench.creating(
        "c",
        from_stream("orders", "LATEST"),
        json!([]),
        to_bucket("lake"),
    );
    let body = call.call.body.as_mut().unwrap();
    body["description"] = json!("d");
    body["freeformTags"] = json!({"a": "b"});
    let reply = call.ok();
    assert_eq!((reply.status, reply.body.clone()), (202, None));
    let work_id = reply.header("opc-work-request-id").unwrap();
    let work = bench
        .call("GetWorkRequest")
        .with("workRequestId", work_id)
        .value();
    assert_eq!(work["operationType"], "CREATE_SERVICE_CONNECTOR");
    assert_eq!(work["resources"][0]["entityType"], "serviceconnector");
    assert_eq!(work["resources"][0]["actionType"], "CREATED");
    let id = text(&work["resources"][0]["identifier"]);
    assert!(id.starts_with("ocid1.serviceconnector.oc1."));

    let reply = bench.change("GetServiceConnector", "c").ok();
    let etag = reply.header("etag").unwrap().to_owned();
    let shown = reply.body.unwrap();
    assert_eq!(shown["id"], id);
    assert_eq!(shown["lifecycleState"], "ACTIVE");
    assert_eq!(shown["description"], "d");
    assert_eq!(shown["freeformTags"], json!({"a": "b"}));
    assert_eq!(shown["tasks"], json!([]));
    assert_eq!(shown["source"]["streamId"], stream);
    assert_eq!(shown["source"]["cursor"], json!({"kind": "LATEST"}));
    assert_eq!(shown["target"]["bucketName"], "lake");
    assert_eq!(shown["timeCreated"], "2026-03-14T01:02:03.456Z");

    bench.time.advance(1000);
    let update = bench.change("UpdateServiceConnector", &id);
    let changes = json!({"displayName": "renamed", "target": to_bucket("pond"), "tasks": null});
    update.with("if-match", &etag).body(changes).ok();
    let shown = bench.get(&id);
    assert_eq!(shown["displayName"], "renamed");
    assert_eq!(shown["description"], "d");
    assert_eq!(shown["target"]["bucketName"], "pond");
    assert_eq!(shown["timeUpdated"], "2026-03-14T01:02:04.456Z");
    for operation in ["DeactivateServiceConnector", "DeleteServiceConnector"] {
        let stale = bench.change(operation, &id).with("if-match", &etag);
        assert_eq!(stale.refused().status, 412);
    }
    let moving = bench.change("ChangeServiceConnectorCompartment", &id);
    moving
        .body(json!({"compartmentId": "ocid1.compartment.oc1..other"}))
        .ok();
    assert_eq!(
        bench.get(&id)["compartmentId"],
        "ocid1.compartment.oc1..other"
    );
    bench.change("DeleteServiceConnector", &id).ok();
    assert_eq!(bench.get(&id)["lifecycleState"], "DELETED");
    assert_eq!(
        bench
            .change("ActivateServiceConnector", &id)
            .refused()
            .status,
        404
    );
    let works = bench
        .call("ListWorkRequests")
        .with("compartmentId", COMPARTMENT)
        .value();
    assert_eq!(works["items"].as_array().unwrap().len(), 2);
}

#[test]
fn all_settings_come_back_as_they_were_given() {
    let bench = Bench::new();
    let (stream, topic) = (bench.stream("s", 1), bench.topic("t"));
    let function = bench.function("f");
    let logging = json!({"kind": "logging", "logSources": [
        {"compartmentId": COMPARTMENT, "logGroupId": "_Audit", "logId": "ocid1.log.oc1..x"}]});
    let tasks = json!([{"kind": "logRule", "condition": "a = 1"},
        {"kind": "function", "functionId": function, "batchSizeInKbs": 5, "batchTimeInSec": 6}]);
    for target in [
        json!({"kind": "functions", "functionId": function, "batchSizeInKbs": 7, "batchTimeInSec": 8}),
        json!({"kind": "functions", "functionId": function, "batchSizeInNum": 9}),
        json!({"kind": "notifications", "topicId": topic, "enableFormattedMessaging": false}),
        json!({"kind": "objectStorage", "bucketName": "b", "namespace": "n", "objectNamePrefix": "p/q",
               "batchRolloverSizeInMBs": 10, "batchRolloverTimeInMs": 60_000}),
        json!({"kind": "streaming", "streamId": stream}),
        json!({"kind": "monitoring", "compartmentId": COMPARTMENT, "metricNamespace": "web", "metric": "calls"}),
        json!({"kind": "monitoring", "compartmentId": COMPARTMENT, "metricNamespace": "web", "metric": "calls",
               "dimensions": [
                   {"name": "a", "dimensionValue": {"kind": "jmesPath", "path": "logContent.data.\"a b\""}},
                   {"name": "b", "dimensionValue": {"kind": "static", "value": "v"}}]}),
    ] {
        let id = bench.connector("c", logging.clone(), tasks.clone(), target.clone());
        let shown = bench.get(&id);
        let bare = |value: &Value| {
            let mut fields = value.as_object().unwrap().clone();
            assert_eq!(fields.remove("privateEndpointMetadata"), Some(Value::Null));
            Value::Object(fields)
        };
        assert_eq!(bare(&shown["target"]), target);
        assert_eq!(bare(&shown["source"]), logging);
        let shown_tasks: Vec<Value> = shown["tasks"]
            .as_array()
            .unwrap()
            .iter()
            .map(bare)
            .collect();
        assert_eq!(Value::Array(shown_tasks), tasks);
    }
}

#[test]
fn lists_have_filters_an_order_and_pages() {
    let bench = Bench::new();
    for name in ["b", "a", "c"] {
        bench.connector(
            name,
            from_stream("s", "LATEST"),
            json!([]),
            to_bucket("lake"),
        );
        bench.time.advance(1);
    }
    bench.change("DeactivateServiceConnector", "a").ok();
    let names = |value: Value| {
        let items = value["items"].as_array().unwrap().clone();
        items
            .iter()
            .map(|one| text(&one["displayName"]))
            .collect::<Vec<_>>()
    };
    let list = || {
        bench
            .call("ListServiceConnectors")
            .with("compartmentId", COMPARTMENT)
    };
    assert_eq!(names(list().value()), ["c", "a", "b"]);
    assert_eq!(
        names(list().with("sortBy", "displayName").value()),
        ["a", "b", "c"]
    );
    assert_eq!(
        names(list().with("lifecycleState", "INACTIVE").value()),
        ["a"]
    );
    assert_eq!(names(list().with("displayName", "b").value()), ["b"]);
    let first = list().with("limit", "2").ok();
    let token = first.header("opc-next-page").unwrap().to_owned();
    let second = list().with("limit", "2").with("page", &token).ok();
    assert!(second.header("opc-prev-page").is_some());
    assert_eq!(names(second.body.unwrap()), ["b"]);
    let other = bench
        .call("ListServiceConnectors")
        .with("compartmentId", "ocid1.compartment.oc1..other");
    assert!(names(other.value()).is_empty());
}

#[test]
fn a_repeated_request_acts_once_and_a_wrong_state_is_told() {
    let bench = Bench::new();
    let create = || {
        let call = bench.creating(
            "c",
            from_stream("s", "LATEST"),
            json!([]),
            to_bucket("lake"),
        );
        call.with("opc-retry-token", "t").ok()
    };
    assert_eq!(create(), create());
    let error = bench.change("ActivateServiceConnector", "c").refused();
    assert_eq!((error.status, &*error.code), (409, "IncorrectState"));
    bench.change("DeactivateServiceConnector", "c").ok();
    let error = bench.change("DeactivateServiceConnector", "c").refused();
    assert_eq!((error.status, &*error.code), (409, "IncorrectState"));
}

#[test]
fn the_queue_is_a_plugin() {
    let bench = Bench::new();
    let list = bench.call("ListConnectorPlugins").value();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    assert_eq!(list["items"][0]["name"], "QueueSource");
    assert_eq!(list["items"][0].get("schema"), None);
    let none = bench
        .call("ListConnectorPlugins")
        .with("name", "Other")
        .value();
    assert_eq!(none["items"], json!([]));
    let get = |name: &str| {
        bench
            .call("GetConnectorPlugin")
            .with("connectorPluginName", name)
    };
    let schema = text(&get("QueueSource").value()["schema"]);
    let schema: Value = serde_json::from_str(&schema).unwrap();
    assert!(schema["openapi"].is_string());
    assert_eq!(get("Other").refused().status, 404);
}
