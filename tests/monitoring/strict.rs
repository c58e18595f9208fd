//! An engine that refuses what the service in the cloud refuses: rates.

use ocelot::engine::{EngineOptions, Home, Strictness};
use serde_json::json;

use crate::support::{Bench, START_MS, metric};

#[test]
fn requests_a_second_are_counted() {
    let options = EngineOptions {
        strictness: Strictness::new(true),
        ..EngineOptions::default()
    };
    let bench = Bench::over(&Home::Memory, options);
    let post = || {
        bench.post_call(vec![metric(
            "orders",
            json!({"site": "a"}),
            &[(START_MS, 1.0)],
        )])
    };
    for _ in 0..50 {
        post().ok();
    }
    let message = post().fails(429, "TooManyRequests");
    assert!(
        message.contains("at most 50 posts of metric data a second"),
        "{message}"
    );
    for _ in 0..10 {
        bench.query_call("orders[1m].sum()", json!({})).ok();
        bench.list(json!({}));
    }
    bench
        .query_call("orders[1m].sum()", json!({}))
        .fails(429, "TooManyRequests");
    bench.time.advance(100);
    bench.query_call("orders[1m].sum()", json!({})).ok();
    post().ok();
}
