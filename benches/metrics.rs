//! What measuring costs: a put of one message and of a hundred, each counted in the engine's own metrics, and
//! storing what was counted of a thousand streams.
//!
//! Streams and metadata lie in memory, so that the disk does not hide the difference.
// A benchmark that fails has nothing to report; macros of criterion make items without comments.
#![allow(clippy::unwrap_used, missing_docs)]

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use ocelot::api::streaming::{self, Streaming};
use ocelot::api::{OperationId, operation::Operation};
use ocelot::call::Call;
use ocelot::engine::{Engine, Home, PutMessages};
use ocelot::log::Durability;
use serde_json::json;

fn operation(id: Streaming) -> &'static Operation {
    let mut operations = streaming::SERVICE.operations();
    operations
        .find(|one| one.id == OperationId::Streaming(id))
        .unwrap()
}

/// A stream, as a call for it names it.
fn stream(engine: &Engine, name: &str) -> Call {
    let mut create = Call::new(operation(Streaming::CreateStream));
    create.body = Some(json!({"name": name, "partitions": 1, "compartmentId": "c"}));
    let created = engine.answer(&create).unwrap().body.unwrap();
    let mut put = Call::new(operation(Streaming::PutMessages));
    let id = created["id"].as_str().unwrap();
    put.path.insert("streamId", id.to_owned());
    put
}

/// A request to put messages of 256 bytes.
fn request(messages: usize) -> String {
    let message = json!({"key": "a2V5", "value": "eHh4".repeat(85)});
    json!({ "messages": vec![message; messages] }).to_string()
}

fn put(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("put");
    for messages in [1, 100] {
        let engine = Engine::open(&Home::Memory, Durability::Os).unwrap();
        let call = stream(&engine, "bench");
        let text = request(messages);
        let request: PutMessages<'_> = serde_json::from_str(&text).unwrap();
        group.bench_function(BenchmarkId::new("messages", messages), |bencher| {
            bencher.iter(|| engine.put_messages(&call, &request).unwrap());
        });
    }
    group.finish();
}

fn store(criterion: &mut Criterion) {
    let engine = Engine::open(&Home::Memory, Durability::Os).unwrap();
    let calls: Vec<Call> = (0..1000)
        .map(|number| stream(&engine, &format!("stream{number}")))
        .collect();
    let text = request(1);
    let request: PutMessages<'_> = serde_json::from_str(&text).unwrap();
    criterion.bench_function("store what was counted of 1000 streams", |bencher| {
        bencher.iter_batched(
            || {
                for call in &calls {
                    engine.put_messages(call, &request).unwrap();
                }
            },
            |()| engine.store_metrics().unwrap(),
            criterion::BatchSize::PerIteration,
        );
    });
}

criterion_group!(benches, put, store);
criterion_main!(benches);
