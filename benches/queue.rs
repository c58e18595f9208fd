//! What queues must keep up with: 200,000 messages a second put in tens, and a get whose cost does not grow
//! with the depth of the queue.
//!
//! Calls go to the engine, over a folder for temporary files, durable as a server is by default.
// A benchmark that fails has nothing to report; macros of criterion make items without comments.
#![allow(clippy::unwrap_used, missing_docs)]

use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ocelot::api::queue::{self, Queue};
use ocelot::api::{OperationId, operation::Operation};
use ocelot::call::Call;
use ocelot::engine::{Engine, Home};
use ocelot::log::Durability;
use serde_json::{Value, json};
use tempfile::TempDir;

/// An engine with one queue.
struct Bench {
    engine: Engine,
    queue: String,
    put: Call,
    _home: TempDir,
}

fn operation(id: Queue) -> &'static Operation {
    let mut operations = queue::SERVICE.operations();
    operations
        .find(|one| one.id == OperationId::Queue(id))
        .unwrap()
}

impl Bench {
    /// A queue, and puts of `batch` messages of 256 bytes.
    fn new(batch: usize) -> Self {
        let home = tempfile::tempdir().unwrap();
        let engine = Engine::open(&Home::Folder(home.path().to_owned()), Durability::Os).unwrap();
        let mut create = Call::new(operation(Queue::CreateQueue));
        create.body = Some(json!({"displayName": "bench", "compartmentId": "c"}));
        engine.answer(&create).unwrap();
        let list = engine.answer(&Call::new(operation(Queue::ListQueues)));
        let queue = list.unwrap().body.unwrap()["items"][0]["id"].clone();
        let queue = queue.as_str().unwrap().to_owned();
        let mut put = call(&queue, Queue::PutMessages);
        let messages = vec![json!({"content": "x".repeat(256)}); batch];
        put.body = Some(json!({ "messages": messages }));
        Self {
            engine,
            queue,
            put,
            _home: home,
        }
    }

    fn put(&self) {
        self.engine.answer(&self.put).unwrap();
    }

    fn get(&self, limit: usize) -> Vec<Value> {
        let mut get = call(&self.queue, Queue::GetMessages);
        get.query.insert("limit", limit.to_string());
        get.query.insert("timeoutInSeconds", "0".to_owned());
        let body = self.engine.answer(&get).unwrap().body.unwrap();
        let messages = body["messages"].as_array().unwrap().iter();
        messages
            .map(|one| json!({ "receipt": one["receipt"] }))
            .collect()
    }

    fn delete(&self, receipts: Vec<Value>) {
        let mut delete = call(&self.queue, Queue::DeleteMessages);
        delete.body = Some(json!({ "entries": receipts }));
        let body = self.engine.answer(&delete).unwrap().body.unwrap();
        assert_eq!(body["clientFailures"], 0);
    }
}

fn call(queue: &str, id: Queue) -> Call {
    let mut call = Call::new(operation(id));
    call.path.insert("queueId", queue.to_owned());
    call
}

fn put(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("put");
    group.throughput(Throughput::Elements(10));
    let bench = Bench::new(10);
    group.bench_function("10 of 256 B", |bencher| bencher.iter(|| bench.put()));
}

fn cycle(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("put, get and delete");
    group.throughput(Throughput::Elements(10));
    let bench = Bench::new(10);
    group.bench_function("10 of 256 B", |bencher| {
        bencher.iter(|| {
            bench.put();
            bench.delete(bench.get(10));
        });
    });
}

fn get(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("get");
    group.measurement_time(Duration::from_secs(5));
    for depth in [10, 1_000_000] {
        let bench = Bench::new(10);
        for _ in 0..depth / 10 {
            bench.put();
        }
        group.bench_with_input(BenchmarkId::new("10 of", depth), &depth, |bencher, _| {
            bencher.iter_custom(|count| {
                let mut spent = Duration::ZERO;
                for _ in 0..count {
                    let begun = Instant::now();
                    let receipts = bench.get(10);
                    spent += begun.elapsed();
                    assert_eq!(receipts.len(), 10);
                    bench.delete(receipts);
                    bench.put();
                }
                spent
            });
        });
    }
}

criterion_group!(benches, put, cycle, get);
criterion_main!(benches);
