//! When deliveries are tried, tried again, and given up.

use ocelot::engine::delivery::{Next, Outcome};
use serde_json::json;

use crate::bench::{Bench, MINUTE_MS};

const HOOK: &str = "https://a.example.com/";

/// Fails whatever is due until nothing is left, and tells when it was tried, in milliseconds.
fn attempts(bench: &Bench) -> Vec<i64> {
    let mut tried = Vec::new();
    while let Some(in_ms) = bench.engine.next_delivery_in_ms().unwrap() {
        bench.time.advance(in_ms);
        for delivery in bench.due() {
            tried.push(bench.time.since_start());
            bench
                .engine
                .finish_delivery(delivery.id, &Outcome::Failed("no".to_owned()), None)
                .unwrap();
        }
    }
    tried
}

#[test]
fn pauses_double_until_two_hours_are_over() {
    let bench = Bench::new();
    bench.topic("alerts");
    bench.confirmed("alerts", "HTTPS", HOOK);
    bench.publishing("alerts", "x").ok();
    let minutes: Vec<i64> = attempts(&bench).iter().map(|ms| ms / MINUTE_MS).collect();
    assert_eq!(minutes, [0, 0, 1, 3, 7, 15, 31, 63]);
    assert_eq!(bench.engine.count_deliveries().unwrap(), 0);
}

#[test]
fn the_policy_of_the_subscription_ends_it() {
    let bench = Bench::new();
    bench.topic("alerts");
    let id = bench.confirmed("alerts", "HTTPS", HOOK);
    bench
        .call("UpdateSubscription")
        .with("subscriptionId", &id)
        .body(json!({"deliveryPolicy": {"backoffRetryPolicy":
            {"maxRetryDuration": 3 * MINUTE_MS, "policyType": "EXPONENTIAL"}}}))
        .ok();
    bench.publishing("alerts", "x").ok();
    let minutes: Vec<i64> = attempts(&bench).iter().map(|ms| ms / MINUTE_MS).collect();
    assert_eq!(minutes, [0, 0, 1, 3]);
}

#[test]
fn the_first_attempt_is_made_however_late() {
    let bench = Bench::new();
    bench.topic("alerts");
    bench.confirmed("alerts", "HTTPS", HOOK);
    bench.publishing("alerts", "x").ok();
    bench.time.advance(24 * 60 * MINUTE_MS);
    let due = bench.due();
    assert_eq!(due.len(), 1);
    let next = bench
        .engine
        .finish_delivery(due[0].id, &Outcome::Failed("no".to_owned()), None);
    assert_eq!(next.unwrap(), Next::GivenUp);
}

#[test]
fn an_endpoint_has_one_attempt_at_a_time_and_holds_up_no_other() {
    let bench = Bench::new();
    bench.topic("alerts");
    bench.confirmed("alerts", "HTTPS", HOOK);
    bench.time.advance(1);
    bench.confirmed("alerts", "HTTPS", "https://b.example.com/");
    for body in ["one", "two"] {
        bench.publishing("alerts", body).ok();
        bench.time.advance(1);
    }
    let first = bench.due();
    let endpoints: Vec<&str> = first
        .iter()
        .map(|delivery| delivery.task.destination.endpoint())
        .collect();
    assert_eq!(endpoints, [HOOK, "https://b.example.com/"]);
    assert_eq!(bench.due_texts(), []);
    // The second endpoint goes on while the first is still under way.
    bench
        .engine
        .finish_delivery(first[1].id, &Outcome::Delivered, None)
        .unwrap();
    let next = bench.due_texts();
    assert_eq!(
        next,
        [("https://b.example.com/".to_owned(), "two".to_owned())]
    );
    // What fails lets the next message of its endpoint go first.
    bench
        .engine
        .finish_delivery(first[0].id, &Outcome::Failed("no".to_owned()), None)
        .unwrap();
    let next = bench.due_texts();
    assert_eq!(next, [(HOOK.to_owned(), "two".to_owned())]);
}

#[test]
fn what_nobody_finishes_is_due_again() {
    let bench = Bench::new();
    bench.topic("alerts");
    bench.confirmed("alerts", "HTTPS", HOOK);
    bench.publishing("alerts", "x").ok();
    assert_eq!(bench.engine.next_delivery_in_ms().unwrap(), Some(0));
    let due = bench.due();
    assert_eq!(bench.due_texts(), []);
    assert_eq!(bench.engine.next_delivery_in_ms().unwrap(), Some(MINUTE_MS));
    bench.time.advance(MINUTE_MS);
    let again = bench.due();
    assert_eq!(again, due);
    // Finishing what is gone is no error.
    for _ in 0..2 {
        let next = bench
            .engine
            .finish_delivery(due[0].id, &Outcome::Delivered, None);
        assert_eq!(next.unwrap(), Next::Done);
    }
    assert_eq!(bench.engine.next_delivery_in_ms().unwrap(), None);
    assert_eq!(bench.time.since_start(), MINUTE_MS);
}
