//! What Monitoring must keep up with: a query over a day of 1,000 series with a point a minute in 50 ms.
//!
//! Calls go to the engine, over a folder for temporary files, durable as a server is by default.
// A benchmark that fails has nothing to report; macros of criterion make items without comments.
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use ocelot::api::monitoring::{self, Monitoring};
use ocelot::api::{OperationId, operation::Operation};
use ocelot::call::Call;
use ocelot::clock::{Clock, rfc3339};
use ocelot::engine::{Engine, Home};
use ocelot::log::Durability;
use serde_json::{Value, json};
use tempfile::TempDir;

const START_MS: i64 = 1_773_446_400_000;
const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const SERIES: i64 = 1000;

/// A clock that stands still until it is turned.
#[derive(Clone)]
struct Time(Arc<AtomicI64>);

impl Clock for Time {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

struct Bench {
    engine: Engine,
    time: Time,
    _home: TempDir,
}

fn operation(id: Monitoring) -> &'static Operation {
    let mut operations = monitoring::SERVICE.operations();
    operations
        .find(|one| one.id == OperationId::Monitoring(id))
        .unwrap()
}

impl Bench {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let folder = Home::Folder(home.path().to_owned());
        let time = Time(Arc::new(AtomicI64::new(START_MS)));
        let patience = Duration::from_secs(1);
        let clock = Box::new(time.clone());
        Self {
            engine: Engine::open_with(&folder, Durability::Os, clock, patience).unwrap(),
            time,
            _home: home,
        }
    }

    /// With a day of points.
    fn with_day() -> Self {
        let bench = Self::new();
        for _ in 0..24 {
            let since_ms = bench.time.now_ms();
            bench.time.0.fetch_add(HOUR_MS, Ordering::SeqCst);
            for first in (0..SERIES).step_by(50) {
                bench.answer(&post(
                    first,
                    (1..=60).map(|minute| since_ms + minute * MINUTE_MS),
                ));
            }
        }
        bench
    }

    fn answer(&self, call: &Call) -> Value {
        self.engine.answer(call).unwrap().body.unwrap()
    }
}

/// A post of points of fifty series.
fn post(first: i64, times_ms: impl Iterator<Item = i64> + Clone) -> Call {
    let metrics = (first..first + 50).map(|number| {
        let points = times_ms.clone().map(|at_ms| {
            json!({"timestamp": rfc3339(at_ms), "value": (at_ms / MINUTE_MS * number % 977) as f64 / 7.0})
        });
        json!({
            "namespace": "shop",
            "name": "load",
            "compartmentId": "c",
            "dimensions": {"host": format!("host-{number}"), "pool": format!("pool-{}", number % 10)},
            "datapoints": points.collect::<Vec<_>>(),
        })
    });
    let mut call = Call::new(operation(Monitoring::PostMetricData));
    call.body = Some(json!({"metricData": metrics.collect::<Vec<_>>()}));
    call
}

/// Every statistic of a point a minute, and windows of other lengths.
const QUERIES: [(&str, &str); 18] = [
    ("load[1m].groupBy(pool).count()", "1m"),
    ("load[1m].groupBy(pool).sum()", "1m"),
    ("load[1m].groupBy(pool).mean()", "1m"),
    ("load[1m].groupBy(pool).min()", "1m"),
    ("load[1m].groupBy(pool).max()", "1m"),
    ("load[1m].groupBy(pool).first()", "1m"),
    ("load[1m].groupBy(pool).last()", "1m"),
    ("load[1m].groupBy(pool).increment()", "1m"),
    ("load[1m].groupBy(pool).rate()", "1m"),
    ("load[1m].groupBy(pool).absent()", "1m"),
    ("load[1m].groupBy(pool).percentile(0.9)", "1m"),
    ("load[1m].grouping().percentile(0.5)", "1m"),
    ("load[1h].max()", "1h"),
    ("load[5m].groupBy(pool).percentile(0.9)", "5m"),
    ("load[5m].groupBy(pool).percentile(0.9)", "1m"),
    ("load[1h].groupBy(pool).percentile(0.9)", "1m"),
    ("load[1h].groupBy(pool).max()", "1m"),
    ("load[1m]{host = \"host-7\"}.mean()", "1m"),
];

fn query(criterion: &mut Criterion) {
    let bench = Bench::with_day();
    let mut group = criterion.benchmark_group("a day of 1,000 series");
    group.sample_size(20);
    for (query, resolution) in QUERIES {
        let mut call = Call::new(operation(Monitoring::SummarizeMetricsData));
        call.query.insert("compartmentId", "c".to_owned());
        call.body = Some(json!({
            "namespace": "shop", "query": query, "startTime": rfc3339(START_MS), "resolution": resolution,
        }));
        assert_ne!(bench.answer(&call), json!([]));
        let name = format!("{query} at {resolution}");
        group.bench_function(name, |bencher| bencher.iter(|| bench.answer(&call)));
    }
}

fn posts(criterion: &mut Criterion) {
    let bench = Bench::with_day();
    let mut group = criterion.benchmark_group("post");
    group.throughput(Throughput::Elements(50));
    let mut turn = 0;
    group.bench_function("a point of 50 series", |bencher| {
        bencher.iter_batched(
            || {
                turn += 1;
                let now_ms = bench.time.0.fetch_add(MINUTE_MS / 20, Ordering::SeqCst);
                post(turn % 20 * 50, std::iter::once(now_ms))
            },
            |call| bench.answer(&call),
            BatchSize::PerIteration,
        );
    });
}

criterion_group!(benches, query, posts);
criterion_main!(benches);
