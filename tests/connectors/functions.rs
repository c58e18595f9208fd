//! Functions as targets and as tasks.

use ocelot::engine::sch::{Arrival, Cargo};
use serde_json::{Value, json};

use crate::bench::{Bench, START_MS, from_stream, to_bucket, value_of};

fn values(batch: &Value) -> Vec<String> {
    batch.as_array().unwrap().iter().map(value_of).collect()
}

#[test]
fn a_target_gets_batches_by_number_and_time() {
    let bench = Bench::new();
    let (from, function) = (bench.stream("orders", 1), bench.function("sink"));
    let target = json!({"kind": "functions", "functionId": "sink", "batchSizeInNum": 2,
                        "batchTimeInSec": 30});
    let id = bench.connector("c", from_stream(&from, "LATEST"), json!([]), target);
    assert_eq!(bench.get(&id)["target"]["functionId"], function);
    bench.put(&from, &[("k", "1"), ("k", "2"), ("k", "3")]);
    let got = bench.calls(|_| String::new());
    assert_eq!(got.iter().map(values).collect::<Vec<_>>(), [["1", "2"]]);
    assert!(bench.calls(|_| String::new()).is_empty());
    bench.time.advance(30_000);
    let got = bench.calls(|_| String::new());
    assert_eq!(got.iter().map(values).collect::<Vec<_>>(), [["3"]]);
}

#[test]
fn a_function_that_is_missing_is_told_of_and_waited_for() {
    let bench = Bench::new();
    let from = bench.stream("orders", 1);
    let target =
        json!({"kind": "functions", "functionId": "ocid1.fnfunc.oc1..gone", "batchSizeInNum": 1});
    bench.connector("c", from_stream(&from, "LATEST"), json!([]), target);
    bench.put(&from, &[("k", "1")]);
    let shipment = bench.shipments().remove(0);
    assert!(matches!(shipment.cargo, Cargo::Call { function: None, .. }));
}

#[test]
fn a_task_puts_records_of_its_own_in_the_place_of_a_batch() {
    let bench = Bench::new();
    let (from, _) = (bench.stream("orders", 2), bench.function("shape"));
    let tasks = json!([{"kind": "function", "functionId": "shape", "batchTimeInSec": 10}]);
    let id = bench.connector("c", from_stream(&from, "LATEST"), tasks, to_bucket("lake"));
    bench.put(&from, &[("a", "1"), ("b", "2"), ("c", "3")]);
    bench.shipments();
    bench.time.advance(10_000);
    let calls = bench.calls(|batch| {
        let kept = batch
            .as_array()
            .unwrap()
            .iter()
            .map(|one| json!({"n": value_of(one)}));
        Value::Array(kept.collect()).to_string()
    });
    assert_eq!(calls.len(), 1);
    bench.put(&from, &[("d", "dropped")]);
    bench.shipments();
    bench.time.advance(10_000);
    assert_eq!(bench.calls(|_| "[]".to_owned()).len(), 1);
    bench.put(&from, &[("e", "text")]);
    bench.shipments();
    bench.time.advance(10_000);
    assert_eq!(bench.calls(|_| "no JSON".to_owned()).len(), 1);

    bench.time.advance(400_000);
    let objects = bench.objects();
    let name = format!("local/lake/{id}/20260314T010213Z_20260314T010233Z.0.data.gz");
    assert_eq!(objects.len(), 1);
    assert_eq!(objects[0].0, name);
    let mut got: Vec<String> = objects[0].1.iter().map(Value::to_string).collect();
    got.sort();
    assert_eq!(
        got,
        [
            "\"no JSON\"",
            r#"{"n":"1"}"#,
            r#"{"n":"2"}"#,
            r#"{"n":"3"}"#
        ]
    );
}

#[test]
fn a_task_that_fails_gets_the_same_batch_again() {
    let bench = Bench::new();
    let (from, to) = (bench.stream("orders", 1), bench.stream("copy", 1));
    bench.function("shape");
    let tasks = json!([{"kind": "function", "functionId": "shape", "batchTimeInSec": 1}]);
    let target = json!({"kind": "streaming", "streamId": to});
    let id = bench.connector("c", from_stream(&from, "LATEST"), tasks, target);
    bench.put(&from, &[("k", "1")]);
    bench.shipments();
    bench.time.advance(1000);
    let shipment = bench.shipments().remove(0);
    bench.finish(
        &shipment,
        Arrival::Failed("The function shape failed".to_owned().into()),
    );
    assert_eq!(bench.get(&id)["lifecycleState"], "NEEDS_ATTENTION");
    bench.put(&from, &[("k", "2")]);
    bench.time.advance(10_000);
    let got = bench.calls(Value::to_string);
    assert_eq!(got.iter().map(values).collect::<Vec<_>>(), [["1"]]);
    bench.time.advance(1000);
    let got = bench.calls(Value::to_string);
    assert_eq!(got.iter().map(values).collect::<Vec<_>>(), [["2"]]);
    bench.engine.move_connectors().unwrap();
    // What a function answers has no key.
    let messages = bench.messages(&to);
    let records = messages.iter().map(|(key, value)| {
        assert_eq!(*key, None);
        value_of(&serde_json::from_str(value).unwrap())
    });
    assert_eq!(records.collect::<Vec<_>>(), ["1", "2"]);
}

#[test]
fn other_tasks_lose_nothing() {
    let bench = Bench::new();
    let (from, to) = (bench.stream("orders", 1), bench.stream("copy", 1));
    bench.function("shape");
    let tasks = json!([{"kind": "function", "functionId": "shape", "batchTimeInSec": 1}]);
    let source = from_stream(&from, "LATEST");
    let id = bench.connector("c", source, tasks, to_bucket("lake"));
    bench.put(&from, &[("k", "shaped")]);
    bench.shipments();
    bench.time.advance(1000);
    bench.calls(|_| "[1]".to_owned());
    bench.put(&from, &[("k", "as it is")]);
    bench.shipments();
    let target = json!({"kind": "streaming", "streamId": to});
    bench.update(&id, json!({"tasks": [], "target": target}));
    bench.engine.move_connectors().unwrap();
    let mut got: Vec<String> = bench
        .messages(&to)
        .into_iter()
        .map(|(_, value)| value)
        .collect();
    got.sort();
    assert_eq!(got, ["1", "as it is"]);
}

#[test]
fn a_batch_that_a_server_had_when_it_ended_leaves_again_at_once() {
    let home = tempfile::tempdir().unwrap();
    let server = Bench::of_server(home.path());
    let (from, _) = (server.stream("orders", 1), server.function("sink"));
    let target = json!({"kind": "functions", "functionId": "sink", "batchSizeInNum": 1});
    server.connector("c", from_stream(&from, "LATEST"), json!([]), target);
    server.put(&from, &[("k", "1")]);
    assert_eq!(server.shipments().len(), 1);
    assert!(server.shipments().is_empty());
    drop(server);
    let next = Bench::of_server(home.path());
    assert_eq!(next.shipments().len(), 1);
    assert!(next.shipments().is_empty());
    drop(next);
    // A command has it: another may be sending while nobody has the folder.
    let command = Bench::in_folder(home.path(), START_MS);
    assert_eq!(command.shipments().len(), 1);
    drop(command);
    assert!(Bench::of_server(home.path()).shipments().is_empty());
}
