//! What measuring costs: puts and gets of streams and queues by an engine that counts them and by one that does
//! not, storing what was counted of a thousand streams, and the gauges of a thousand queues.
//!
//! Streams and metadata lie in memory, so that the disk does not hide the difference.
// A benchmark that fails has nothing to report; macros of criterion make items without comments.
#![allow(clippy::unwrap_used, missing_docs)]

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use ocelot::api::monitoring::Monitoring;
use ocelot::api::queue::Queue;
use ocelot::api::streaming::{self, Streaming};
use ocelot::api::{OperationId, operation::Operation};
use ocelot::call::Call;
use ocelot::engine::{Engine, Home, PutMessages, PutQueueMessages};
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

/// An engine that counts, and one that does not.
fn engines() -> [(&'static str, Engine); 2] {
    [("counted", true), ("not counted", false)].map(|(name, counts)| {
        let engine = Engine::open(&Home::Memory, Durability::Os).unwrap();
        if !counts {
            engine.measure_nothing();
        }
        (name, engine)
    })
}

fn streams(criterion: &mut Criterion) {
    for messages in [1, 100] {
        let mut group = criterion.benchmark_group(format!("messages of streams: {messages}"));
        for (name, engine) in engines() {
            let call = stream(&engine, "bench");
            let text = request(messages);
            let request: PutMessages<'_> = serde_json::from_str(&text).unwrap();
            group.bench_function(BenchmarkId::new("put", name), |bencher| {
                bencher.iter(|| engine.put_messages(&call, &request).unwrap());
            });
            let mut cursor = Call::new(operation(Streaming::CreateCursor));
            cursor.path.clone_from(&call.path);
            cursor.body = Some(json!({"partition": "0", "type": "TRIM_HORIZON"}));
            let cursor = engine.answer(&cursor).unwrap().body.unwrap();
            let mut get = Call::new(operation(Streaming::GetMessages));
            get.path.clone_from(&call.path);
            let cursor = cursor["value"].as_str().unwrap().to_owned();
            get.query.insert("cursor", cursor);
            get.query.insert("limit", messages.to_string());
            group.bench_function(BenchmarkId::new("get", name), |bencher| {
                bencher.iter(|| engine.get_messages(&get).unwrap());
            });
        }
    }
}

/// Makes a queue, and returns its OCID.
fn queue(engine: &Engine, name: &str) -> String {
    let call = |id: Queue| Call::new(OperationId::Queue(id).operation().unwrap());
    let mut create = call(Queue::CreateQueue);
    create.body = Some(json!({"displayName": name, "compartmentId": "c"}));
    engine.answer(&create).unwrap();
    let mut list = call(Queue::ListQueues);
    list.query.insert("compartmentId", "c".to_owned());
    list.query.insert("displayName", name.to_owned());
    let listed = engine.answer(&list).unwrap().body.unwrap();
    listed["items"][0]["id"].as_str().unwrap().to_owned()
}

fn of_queue(id: Queue, queue_id: &str) -> Call {
    let mut call = Call::new(OperationId::Queue(id).operation().unwrap());
    call.path.insert("queueId", queue_id.to_owned());
    call
}

/// A message that is put, got and deleted.
fn queues(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("a message of a queue");
    for (name, engine) in engines() {
        let queue_id = queue(&engine, "bench");
        let put = of_queue(Queue::PutMessages, &queue_id);
        let get = of_queue(Queue::GetMessages, &queue_id);
        let mut delete = of_queue(Queue::DeleteMessage, &queue_id);
        let text = json!({"messages": [{"content": "x".repeat(256)}]}).to_string();
        let request: PutQueueMessages<'_> = serde_json::from_str(&text).unwrap();
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let put = engine.put_queue_messages(&[(&put, &request)]);
                assert!(put.iter().all(Result::is_ok));
                let got = engine.answer(&get).unwrap().body.unwrap();
                let receipt = got["messages"][0]["receipt"].as_str().unwrap();
                delete.path.insert("messageReceipt", receipt.to_owned());
                engine.answer(&delete).unwrap()
            });
        });
    }
}

/// A query of a metric of queues.
fn queue_query(name: &str) -> Call {
    let mut call = Call::new(
        OperationId::Monitoring(Monitoring::SummarizeMetricsData)
            .operation()
            .unwrap(),
    );
    call.query.insert("compartmentId", "c".to_owned());
    let query = format!("{name}[1m].grouping().sum()");
    call.body = Some(json!({"namespace": "oci_queue", "query": query}));
    call
}

/// What queues hold, as a server measures it each minute, and as queries ask for it; of some of them, since others are
/// empty.
fn gauges(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("the gauges of 1000 queues");
    for busy in [0, 100, 1000] {
        let engine = Engine::open(&Home::Memory, Durability::Os).unwrap();
        let text = json!({"messages": vec![json!({"content": "x"}); 20]}).to_string();
        let request: PutQueueMessages<'_> = serde_json::from_str(&text).unwrap();
        for number in 0..1000 {
            let queue_id = queue(&engine, &format!("queue{number}"));
            if number < busy {
                let put = of_queue(Queue::PutMessages, &queue_id);
                engine.put_queue_messages(&[(&put, &request)]);
            }
        }
        group.bench_function(BenchmarkId::new("busy", busy), |bencher| {
            bencher.iter(|| engine.store_metrics_of_minute().unwrap());
        });
        for name in ["QueueSize", "RequestSuccess"] {
            let query = queue_query(name);
            group.bench_function(BenchmarkId::new(name, busy), |bencher| {
                bencher.iter(|| engine.answer(&query).unwrap());
            });
        }
    }
}

/// What a command does that puts a message: the engine is opened over a folder, and what it counted is put down when
/// it is closed.
fn commands(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("a message by an engine of its own");
    for (name, counts) in [("counted", true), ("not counted", false)] {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::Folder(folder.path().to_owned());
        let open = || Engine::open(&home, Durability::Os).unwrap();
        let call = stream(&open(), "bench");
        let text = request(1);
        let request: PutMessages<'_> = serde_json::from_str(&text).unwrap();
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let engine = open();
                if !counts {
                    engine.measure_nothing();
                }
                engine.put_messages(&call, &request).unwrap()
            });
        });
    }
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

criterion_group!(benches, streams, queues, commands, store, gauges);
criterion_main!(benches);
