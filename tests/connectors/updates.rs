//! Changes of connectors while they move.

use ocelot::engine::sch::Arrival;
use serde_json::json;

use crate::bench::{Bench, from_stream, object, to_bucket, value_of};

#[test]
fn what_is_under_way_when_tasks_change_is_moved_the_new_way() {
    let bench = Bench::new();
    let from = bench.stream("orders", 1);
    let tasks =
        json!([{"kind": "function", "functionId": bench.function("f"), "batchTimeInSec": 1}]);
    let id = bench.connector("c", from_stream(&from, "LATEST"), tasks, to_bucket("lake"));
    bench.put(&from, &[("k", "one")]);
    bench.shipments();
    bench.time.advance(1000);
    let call = bench.shipments().remove(0);
    bench.update(&id, json!({"tasks": []}));
    bench.time.advance(420_000);
    let to_store = bench.shipments().remove(0);
    // The function answers late: that is for nobody any more, and lets go of nothing.
    bench.finish(&call, Arrival::Answered("[]".to_owned()));
    bench.finish(&to_store, Arrival::Failed("full".to_owned().into()));
    bench.time.advance(10_000);
    let objects = bench.objects();
    assert_eq!(objects.len(), 1);
    assert_eq!(value_of(&objects[0].1[0]), "one");
}

#[test]
fn a_new_name_does_not_disturb_what_is_under_way() {
    let bench = Bench::new();
    let from = bench.stream("orders", 1);
    let id = bench.connector(
        "c",
        from_stream(&from, "LATEST"),
        json!([]),
        to_bucket("lake"),
    );
    bench.put(&from, &[("k", "one")]);
    bench.shipments();
    bench.time.advance(420_000);
    let shipment = bench.shipments().remove(0);
    bench.update(&id, json!({"displayName": "d", "description": "renamed"}));
    assert!(bench.shipments().is_empty());
    bench.finish(&shipment, Arrival::Stored);
    bench.time.advance(420_000);
    assert!(bench.objects().is_empty());
}

#[test]
fn another_bucket_gets_what_the_first_has_not() {
    let bench = Bench::new();
    let from = bench.stream("orders", 1);
    let id = bench.connector(
        "c",
        from_stream(&from, "LATEST"),
        json!([]),
        to_bucket("lake"),
    );
    bench.put(&from, &[("k", "one")]);
    bench.shipments();
    bench.time.advance(420_000);
    let to_lake = bench.shipments().remove(0);
    bench.update(&id, json!({"target": to_bucket("pond")}));
    let to_pond = bench.shipments().remove(0);
    assert!(object(&to_pond).0.starts_with("local/pond/"));
    bench.finish(&to_lake, Arrival::Stored);
    bench.finish(&to_pond, Arrival::Failed("full".to_owned().into()));
    bench.time.advance(10_000);
    let objects = bench.objects();
    assert_eq!(objects.len(), 1);
    assert!(objects[0].0.starts_with("local/pond/"));
}

#[test]
fn a_source_that_is_deleted_is_told_of_and_what_was_taken_arrives() {
    let bench = Bench::new();
    let from = bench.stream("orders", 1);
    let id = bench.connector(
        "c",
        from_stream(&from, "LATEST"),
        json!([]),
        to_bucket("lake"),
    );
    bench.put(&from, &[("k", "one")]);
    bench.shipments();
    bench.call("DeleteStream").with("streamId", &from).ok();
    bench.time.advance(420_000);
    let objects = bench.objects();
    assert_eq!(objects.len(), 1);
    assert_eq!(value_of(&objects[0].1[0]), "one");
    let shown = bench.get(&id);
    assert_eq!(shown["lifecycleState"], "NEEDS_ATTENTION");
    let details = shown["lifecycleDetails"].as_str().unwrap();
    assert!(details.contains("The source cannot be read"), "{details}");
    assert!(details.contains(&from), "{details}");
    // Another stream is its way out.
    let other = bench.stream("more", 1);
    bench.update(&id, json!({"source": from_stream(&other, "LATEST")}));
    bench.put(&other, &[("k", "two")]);
    bench.shipments();
    bench.time.advance(420_000);
    assert_eq!(value_of(&bench.objects()[0].1[0]), "two");
    assert_eq!(bench.get(&id)["lifecycleState"], "ACTIVE");
}

#[test]
fn one_that_is_off_and_updated_stays_off_and_keeps_its_place() {
    let bench = Bench::new();
    let (from, to) = (bench.stream("orders", 1), bench.stream("copy", 1));
    let target = json!({"kind": "streaming", "streamId": to});
    let id = bench.connector("c", from_stream(&from, "LATEST"), json!([]), target);
    bench.put(&from, &[("k", "one")]);
    bench.engine.move_connectors().unwrap();
    bench.change("DeactivateServiceConnector", &id).ok();
    bench.put(&from, &[("k", "two")]);
    bench.update(
        &id,
        json!({"description": "off", "source": from_stream(&from, "LATEST")}),
    );
    assert_eq!(bench.get(&id)["lifecycleState"], "INACTIVE");
    bench.engine.move_connectors().unwrap();
    assert_eq!(bench.messages(&to).len(), 1);
    bench.change("ActivateServiceConnector", &id).ok();
    bench.engine.move_connectors().unwrap();
    let values: Vec<String> = bench.messages(&to).into_iter().map(|one| one.1).collect();
    assert_eq!(values, ["one", "two"]);
}

#[test]
fn what_has_left_arrives_although_the_connector_is_off_by_then() {
    let bench = Bench::new();
    let from = bench.stream("orders", 1);
    let tasks =
        json!([{"kind": "function", "functionId": bench.function("f"), "batchTimeInSec": 1}]);
    let id = bench.connector("c", from_stream(&from, "LATEST"), tasks, to_bucket("lake"));
    bench.put(&from, &[("k", "one")]);
    bench.shipments();
    bench.time.advance(1000);
    let call = bench.shipments().remove(0);
    bench.change("DeactivateServiceConnector", &id).ok();
    bench.finish(&call, Arrival::Answered("[1]".to_owned()));
    bench.time.advance(3_600_000);
    assert!(bench.shipments().is_empty());
    assert_eq!(bench.get(&id)["lifecycleState"], "INACTIVE");
    bench.change("ActivateServiceConnector", &id).ok();
    let objects = bench.objects();
    assert_eq!(objects.len(), 1);
    assert_eq!(objects[0].1, [json!(1)]);
}

#[test]
fn another_cursor_of_the_same_stream_leaves_nothing_out() {
    let bench = Bench::new();
    let from = bench.stream("orders", 1);
    let source = from_stream(&from, "TRIM_HORIZON");
    let id = bench.connector("c", source, json!([]), to_bucket("lake"));
    bench.put(&from, &[("k", "taken")]);
    bench.shipments();
    bench.change("DeactivateServiceConnector", &id).ok();
    bench.put(&from, &[("k", "not yet taken")]);
    for cursor in ["LATEST", "TRIM_HORIZON"] {
        bench.update(&id, json!({"source": from_stream(&from, cursor)}));
    }
    bench.change("ActivateServiceConnector", &id).ok();
    bench.shipments();
    bench.time.advance(420_000);
    let objects = bench.objects();
    let values: Vec<String> = objects[0].1.iter().map(value_of).collect();
    assert_eq!(
        (objects.len(), values),
        (1, vec!["taken".to_owned(), "not yet taken".to_owned()])
    );
}
