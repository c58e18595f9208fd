//! A clock that is set back holds up no connector.

use ocelot::engine::sch::Arrival;
use serde_json::json;

use crate::bench::{Bench, from_stream, to_bucket};

const HOUR_MS: i64 = 3_600_000;

fn lake() -> (Bench, String) {
    let bench = Bench::new();
    let from = bench.stream("orders", 1);
    let source = from_stream(&from, "LATEST");
    bench.connector("c", source, json!([]), to_bucket("lake"));
    (bench, from)
}

#[test]
fn what_gathers_and_what_has_failed_leaves() {
    let (bench, from) = lake();
    bench.put(&from, &[("k", "one")]);
    bench.shipments();
    bench.time.advance(-HOUR_MS);
    let one = bench.shipments().remove(0);
    bench.finish(&one, Arrival::Failed("full".to_owned().into()));
    assert!(bench.shipments().is_empty());
    bench.time.advance(-HOUR_MS);
    assert_eq!(bench.shipments().len(), 1);
    // The lease of one who is gone is over too.
    assert!(bench.shipments().is_empty());
    bench.time.advance(-HOUR_MS);
    assert_eq!(bench.objects().len(), 1);
}

#[test]
fn a_source_that_could_not_be_read_is_read() {
    let bench = Bench::new();
    let copy = bench.stream("copy", 1);
    let source = from_stream("ocid1.stream.oc1..missing", "LATEST");
    let target = json!({"kind": "streaming", "streamId": copy});
    bench.connector("c", source, json!([]), target);
    bench.engine.move_connectors().unwrap();
    assert_eq!(bench.engine.next_movement_in_ms(), Some(10_000));
    bench.time.advance(-HOUR_MS);
    bench.engine.move_connectors().unwrap();
    assert_eq!(bench.engine.next_movement_in_ms(), Some(20_000));
}
