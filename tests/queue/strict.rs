//! An engine that refuses what the service in the cloud refuses: rates, and the number of queues.

use ocelot::engine::Attempt;
use serde_json::json;

use super::support::{Asked, Bench, COMPARTMENT, Queue};

const KIB: usize = 1024;

/// Puts half a megabyte, the most that one request may hold.
fn put_half<'e>(queue: &Queue<'e>) -> Asked<'e> {
    let messages = vec![json!({"content": "x".repeat(256 * KIB)}); 2];
    queue
        .call("PutMessages")
        .body(json!({ "messages": messages }))
}

fn get<'e>(queue: &Queue<'e>) -> Asked<'e> {
    queue.call("GetMessages").with("timeoutInSeconds", "0")
}

/// The number of milliseconds at the end of a message, which clients read.
fn wait_ms(message: &str) -> i64 {
    let number = message
        .strip_suffix(" ms")
        .and_then(|rest| rest.rsplit_once("next request can be made in "));
    let (_, number) = number.unwrap_or_else(|| panic!("{message}"));
    number.parse().unwrap()
}

#[test]
fn a_tenancy_has_ten_queues() {
    let bench = Bench::strict();
    let create = || {
        let details = json!({"displayName": "jobs", "compartmentId": COMPARTMENT});
        bench.call("CreateQueue").body(details)
    };
    let first = bench.queue(json!({}));
    for _ in 0..9 {
        create().ok();
    }
    let message = create().fails(400, "LimitExceeded");
    assert!(message.contains("10 queues"), "{message}");
    create().by("ocid1.tenancy.oc1..other").ok();
    first.call("DeleteQueue").ok();
    create().ok();
}

#[test]
fn a_queue_takes_ten_megabytes_a_second() {
    let bench = Bench::strict();
    let (queue, other) = (bench.queue(json!({})), bench.queue(json!({})));
    for _ in 0..20 {
        put_half(&queue).ok();
    }
    let message = put_half(&queue).fails(429, "TooManyRequests");
    assert_eq!(wait_ms(&message), 50);
    put_half(&other).ok();
    bench.time.advance(49);
    put_half(&queue).fails(429, "TooManyRequests");
    bench.time.advance(1);
    put_half(&queue).ok();
    assert_eq!(queue.stats(), [42, 0, 0, 0]);
}

#[test]
fn a_queue_gives_ten_megabytes_a_second() {
    let bench = Bench::strict();
    let queue = bench.queue(json!({}));
    for _ in 0..24 {
        put_half(&queue).ok();
        bench.time.advance(50);
    }
    // What is more than there is left is paid afterwards.
    for _ in 0..5 {
        assert_eq!(queue.get(20).len(), 8);
    }
    assert_eq!(queue.get(20).len(), 8);
    let message = get(&queue).fails(429, "TooManyRequests");
    assert_eq!(wait_ms(&message), 200);
    // Dead letters are of the same queue.
    let get_dead = queue.dead_letters().call("GetMessages");
    get_dead.fails(429, "TooManyRequests");
    bench.time.advance(200);
    get(&queue).ok();
}

#[test]
fn a_queue_answers_a_thousand_calls_of_a_kind_a_second() {
    let bench = Bench::strict();
    let (queue, other) = (bench.queue(json!({})), bench.queue(json!({})));
    for _ in 0..1000 {
        get(&queue).ok();
    }
    let message = get(&queue).fails(429, "TooManyRequests");
    assert_eq!(wait_ms(&message), 1);
    get(&other).ok();
    queue.call("GetStats").ok();
    for _ in 0..1000 {
        queue.put(&["x"]);
    }
    let put = queue.call("PutMessages");
    let put = put.body(json!({"messages": [{"content": "x"}]}));
    put.fails(429, "TooManyRequests");
    bench.time.advance(1);
    get(&queue).ok();
    get(&queue).fails(429, "TooManyRequests");
}

#[test]
fn a_call_that_waits_is_counted_once() {
    let bench = Bench::strict();
    let queue = bench.queue(json!({}));
    let waiting = queue.call("GetMessages").call;
    let first = bench.engine.attempt(&waiting).unwrap();
    assert!(matches!(first, Attempt::Nothing(_)));
    for _ in 0..2000 {
        let again = bench.engine.attempt_again(&waiting).unwrap();
        assert!(matches!(again, Attempt::Nothing(_)));
    }
    for _ in 0..999 {
        bench.engine.attempt(&waiting).unwrap();
    }
    let refused = bench.engine.attempt(&waiting).unwrap_err();
    assert_eq!((refused.status, &*refused.code), (429, "TooManyRequests"));
    queue.put(&["x"]);
    let got = bench.engine.attempt_again(&waiting).unwrap();
    assert!(matches!(got, Attempt::Done(_)));
}

#[test]
fn without_being_strict_nothing_of_this_is_refused() {
    let bench = Bench::new();
    let queue = bench.queue(json!({}));
    for _ in 0..12 {
        bench.queue(json!({}));
    }
    for _ in 0..24 {
        put_half(&queue).ok();
    }
    for _ in 0..6 {
        assert_eq!(queue.get(20).len(), 8);
    }
    for _ in 0..1100 {
        queue.call("GetStats").ok();
    }
}
