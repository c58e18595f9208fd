//! `opc-retry-token`: a repeated request acts once.

use ocelot::api::streaming;
use serde_json::{Value, json};

use crate::support::{Asked, Bench, COMPARTMENT, HOUR_MS};

fn create<'b>(bench: &'b Bench, operation: &str, name: &str, token: &str) -> Asked<'b> {
    let call = bench.call(operation).with("opc-retry-token", token);
    call.body(json!({"name": name, "compartmentId": COMPARTMENT}))
}

fn operations() -> impl Iterator<Item = String> {
    let all = streaming::SERVICE.operations();
    all.filter(|operation| operation.takes_retry_token)
        .map(|operation| operation.id.to_string())
}

#[test]
fn a_repeated_request_gets_the_first_answer() {
    assert_eq!(operations().count(), 2);
    for operation in operations() {
        let bench = Bench::new();
        let first = create(&bench, &operation, "shop", "t1").ok();
        bench.time.advance(1000);
        assert_eq!(
            create(&bench, &operation, "shop", "t1").ok(),
            first,
            "{operation}"
        );
        assert_ne!(
            create(&bench, &operation, "shop", "t2").ok(),
            first,
            "{operation}"
        );
    }
}

#[test]
fn another_request_with_the_token_is_refused() {
    let bench = Bench::new();
    create(&bench, "CreateStreamPool", "shop", "t").ok();
    create(&bench, "CreateStreamPool", "store", "t").fails(409, "InvalidatedRetryToken");
    create(&bench, "CreateConnectHarness", "shop", "t").fails(409, "InvalidatedRetryToken");
}

#[test]
fn a_token_is_forgotten_after_24_hours() {
    let bench = Bench::new();
    let first = create(&bench, "CreateStreamPool", "shop", "t").ok();
    bench.time.advance(24 * HOUR_MS);
    assert_eq!(create(&bench, "CreateStreamPool", "shop", "t").ok(), first);
    bench.time.advance(1);
    assert_ne!(create(&bench, "CreateStreamPool", "shop", "t").ok(), first);
}

#[test]
fn a_failed_request_does_not_use_up_its_token() {
    let bench = Bench::new();
    let call = bench.call("CreateStreamPool").with("opc-retry-token", "t");
    let details = json!({
        "name": "shop", "compartmentId": COMPARTMENT, "kafkaSettings": {"logRetentionHours": 1},
    });
    call.body(details).fails(400, "InvalidParameter");
    create(&bench, "CreateStreamPool", "shop", "t").ok();
}

#[test]
fn an_empty_token_is_refused() {
    let bench = Bench::new();
    let message = create(&bench, "CreateStreamPool", "shop", " ").fails(400, "InvalidParameter");
    assert!(message.contains("opc-retry-token"), "{message}");
}

#[test]
fn a_token_is_ignored_where_the_service_takes_none() {
    let bench = Bench::new();
    let create = |name: &str| {
        let call = bench.call("CreateStream").with("opc-retry-token", "t");
        call.body(json!({"name": name, "partitions": 1, "compartmentId": COMPARTMENT}))
            .value()
    };
    assert_ne!(create("a")["id"], create("b")["id"]);
}

#[test]
fn requests_with_one_token_at_the_same_time_act_once() {
    let bench = Bench::new();
    let ids: Vec<Value> = std::thread::scope(|scope| {
        let asked: Vec<_> = (0..8)
            .map(|_| {
                scope
                    .spawn(|| create(&bench, "CreateStreamPool", "shop", "t").value()["id"].clone())
            })
            .collect();
        asked
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    let pools = bench
        .call("ListStreamPools")
        .with("compartmentId", COMPARTMENT)
        .value();
    assert_eq!(pools.as_array().unwrap().len(), 1);
}
