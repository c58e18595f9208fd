//! Into object storage: batches by size and time, the names of objects, and attempts that fail.

use std::collections::BTreeMap;

use ocelot::engine::sch::{Arrival, Cargo, Shipment};
use serde_json::json;
use tempfile::TempDir;

use crate::bench::{Bench, START_MS, from_stream, lines, object, to_bucket, value_of};

fn may_replace(shipment: &Shipment) -> bool {
    matches!(
        shipment.cargo,
        Cargo::Object {
            may_replace: true,
            ..
        }
    )
}

#[test]
fn a_batch_is_an_object_of_each_partition_after_seven_minutes() {
    let bench = Bench::new();
    let from = bench.stream("orders", 2);
    let target = json!({"kind": "objectStorage", "bucketName": "lake", "namespace": "acme",
                        "objectNamePrefix": "raw/orders/"});
    let id = bench.connector("c", from_stream(&from, "TRIM_HORIZON"), json!([]), target);
    let put: Vec<String> = (0..20).map(|n| n.to_string()).collect();
    bench.put(&from, &put.iter().map(|n| (&**n, &**n)).collect::<Vec<_>>());
    assert!(bench.shipments().is_empty());
    assert_eq!(bench.engine.next_movement_in_ms(), Some(420_000));
    bench.time.advance(61_000);
    bench.put(
        &from,
        &[("5", "late"), ("0", "late"), ("1", "late"), ("2", "late")],
    );
    bench.time.advance(358_999);
    assert!(bench.shipments().is_empty());
    bench.time.advance(1);
    let objects: BTreeMap<_, _> = bench.objects().into_iter().collect();
    let names: Vec<&String> = objects.keys().collect();
    let name = |partition: u32| {
        format!("acme/lake/raw/orders/{id}/{partition}/20260314T010203Z_20260314T010304Z.0.data.gz")
    };
    assert_eq!(names, [&name(0), &name(1)]);
    let mut values = Vec::new();
    for (partition, records) in objects.values().enumerate() {
        for (offset, record) in records.iter().enumerate() {
            assert_eq!(record["offset"], offset);
            assert_eq!(record["partition"], partition.to_string());
            values.push(value_of(record));
        }
    }
    assert_eq!(values.len(), 24);
    assert_eq!(bench.engine.next_movement_in_ms(), None);
}

#[test]
fn a_full_batch_does_not_wait() {
    let bench = Bench::new();
    let from = bench.stream("orders", 1);
    let mut target = to_bucket("lake");
    target["batchRolloverSizeInMBs"] = json!(1);
    let id = bench.connector("c", from_stream(&from, "TRIM_HORIZON"), json!([]), target);
    let value = "x".repeat(300_000);
    for _ in 0..4 {
        bench.put(&from, &[("", &value)]);
    }
    // Base64 makes 400 kB of each: two fit into a MiB.
    let objects = bench.objects();
    assert_eq!(objects.len(), 1);
    assert_eq!(objects[0].1.len(), 2);
    bench.time.advance(420_000);
    let rest = bench.objects();
    assert_eq!(rest.len(), 1);
    assert_eq!(rest[0].1.len(), 2);
    assert!(
        rest[0].0.starts_with(&format!("local/lake/{id}/0/")),
        "{}",
        rest[0].0
    );
}

#[test]
fn an_object_keeps_its_name_and_content_until_it_is_stored() {
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
    let first = bench.shipments().remove(0);
    assert!(!may_replace(&first));
    // Nobody else gets it meanwhile; what comes now is for the next batch.
    bench.put(&from, &[("k", "two")]);
    assert!(bench.shipments().is_empty());
    bench.finish(&first, Arrival::NameTaken);
    let other_name = bench.shipments().remove(0);
    assert_eq!(
        object(&other_name).0,
        object(&first).0.replace(".0.data", ".1.data")
    );
    assert!(!may_replace(&other_name));
    bench.finish(
        &other_name,
        Arrival::Failed("The target refuses: full".to_owned().into()),
    );
    let told = bench.get(&id)["lifecycleDetails"].to_string();
    assert!(told.contains("The target refuses: full"), "{told}");
    assert!(bench.shipments().is_empty());
    bench.time.advance(10_000);
    let again = bench.shipments().remove(0);
    // Whoever had it may have stored it before they failed.
    assert!(may_replace(&again));
    assert_eq!(object(&again), object(&other_name));
    // The one who has it now dies, and the lease ends.
    bench.time.advance(299_999);
    assert!(bench.shipments().is_empty());
    bench.time.advance(1);
    let after_lease = bench.shipments().remove(0);
    assert_eq!(object(&after_lease), object(&again));
    bench.finish(&after_lease, Arrival::Stored);
    // One who comes late is not heard.
    bench.finish(&again, Arrival::Failed("late".to_owned().into()));
    assert_eq!(bench.get(&id)["lifecycleState"], "ACTIVE");
    bench.time.advance(420_000);
    let next = bench.objects();
    assert_eq!(next.len(), 1);
    assert_eq!(value_of(&next[0].1[0]), "two");
}

#[test]
fn what_was_taken_and_the_position_outlive_the_process() {
    let folder = TempDir::new().unwrap();
    let bench = Bench::in_folder(folder.path(), START_MS);
    let from = bench.stream("orders", 1);
    bench.connector(
        "c",
        from_stream(&from, "LATEST"),
        json!([]),
        to_bucket("lake"),
    );
    bench.put(&from, &[("k", "taken")]);
    bench.shipments();
    bench.put(&from, &[("k", "not yet taken")]);
    drop(bench);
    let bench = Bench::in_folder(folder.path(), START_MS + 420_000);
    let lost = bench.shipments();
    assert_eq!(lost.len(), 1);
    drop((bench, lost));
    let bench = Bench::in_folder(folder.path(), START_MS + 2 * 420_000);
    let objects = bench.objects();
    let values: Vec<String> = objects
        .iter()
        .flat_map(|(_, lines)| lines)
        .map(value_of)
        .collect();
    assert_eq!(values, ["taken", "not yet taken"]);
}

#[test]
fn a_bucket_that_replaces_another_gets_what_waits() {
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
    let under_way = bench.shipments().remove(0);
    bench.update(&id, json!({"target": to_bucket("pond")}));
    let objects = bench.objects();
    assert_eq!(objects.len(), 1);
    assert!(objects[0].0.starts_with("local/pond/"));
    bench.finish(&under_way, Arrival::Stored);
    let Cargo::Object { content, .. } = &under_way.cargo else {
        panic!()
    };
    assert_eq!(lines(content), objects[0].1);
    assert!(bench.objects().is_empty());
}

#[test]
fn what_is_tried_again_replaces_no_other_object() {
    let bench = Bench::new();
    let from = bench.stream("orders", 1);
    let mut target = to_bucket("lake");
    target["batchRolloverTimeInMs"] = json!(10);
    bench.connector("c", from_stream(&from, "LATEST"), json!([]), target);
    bench.put(&from, &[("k", "one")]);
    bench.shipments();
    bench.time.advance(10);
    let one = bench.objects().remove(0);
    bench.put(&from, &[("k", "two")]);
    bench.shipments();
    bench.time.advance(10);
    let two = bench.shipments().remove(0);
    // The attempt does not reach the store, which still has the first object.
    bench.finish(&two, Arrival::Failed("no store".to_owned().into()));
    bench.time.advance(10_000);
    let again = bench.shipments().remove(0);
    assert!(may_replace(&again));
    assert_eq!(object(&again).0, one.0.replace(".0.data", ".1.data"));
    assert_eq!(object(&again), object(&two));
}
