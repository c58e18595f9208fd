//! Messages that were delivered too often.

use serde_json::json;

use super::support::{Bench, Queue};

fn exhausted(bench: &Bench) -> Queue<'_> {
    let queue = bench.queue(json!({"deadLetterQueueDeliveryCount": 2}));
    queue.put(&["poison"]);
    for deliveries in 1..=2 {
        let got = queue.get(1);
        assert_eq!(got[0].deliveries, deliveries);
        bench.time.advance(30_000);
    }
    queue
}

#[test]
fn a_message_dies_when_its_last_delivery_is_over() {
    let bench = Bench::new();
    let queue = bench.queue(json!({"deadLetterQueueDeliveryCount": 1}));
    queue.put(&["poison"]);
    let got = queue.get(1);
    bench.time.advance(29_999);
    assert_eq!(queue.stats(), [0, 1, 0, 0]);
    bench.time.advance(1);
    assert_eq!(queue.stats(), [0, 0, 1, 0]);
    assert!(queue.get(1).is_empty());
    // Its receipt is of a delivery from the queue, where it is no more.
    let error = queue.delete(&got[0].receipt).unwrap_err();
    assert_eq!(
        (error.status, &*error.code),
        (404, "NotAuthorizedOrNotFound")
    );
    assert!(error.message.starts_with("messageReceipt is out of date"));
}

#[test]
fn dead_letters_are_read_under_their_own_id() {
    let bench = Bench::new();
    let queue = exhausted(&bench);
    let dead = queue.dead_letters();
    assert_eq!(dead.channels(), ["default-channel"]);
    assert_eq!(queue.channels(), [""; 0]);
    let got = dead.get(5);
    assert_eq!((got[0].content.as_str(), got[0].deliveries), ("poison", 3));
    assert_eq!(queue.stats(), [0, 0, 0, 1]);
    assert_eq!(dead.stats(), [0, 0, 0, 1]);
    // A receipt is good where it was given.
    let error = queue.delete(&got[0].receipt).unwrap_err();
    assert_eq!(error.status, 400);
    assert!(error.message.contains("dead letter queue"), "{error}");
    dead.hide(&got[0].receipt, 60).unwrap();
    bench.time.advance(60_000);
    assert_eq!(dead.get(1)[0].deliveries, 4);
    assert_eq!(dead.delete(&got[0].receipt).unwrap_err().status, 404);
    bench.time.advance(30_000);
    let again = dead.get(1);
    dead.delete(&again[0].receipt).unwrap();
    assert_eq!(queue.stats(), [0, 0, 0, 0]);
}

#[test]
fn nothing_is_put_there_by_hand() {
    let bench = Bench::new();
    let queue = bench.queue(json!({}));
    let dead = queue.dead_letters();
    let body = json!({"messages": [{"content": "x"}]});
    let call = bench.call("PutMessages").with("queueId", &dead.id);
    let message = call.body(body).fails(400, "InvalidParameter");
    assert!(message.starts_with("queueId "), "{message}");
    let unknown = dead.id.replace("ama", "amb");
    let call = bench.call("GetMessages").with("queueId", &unknown);
    let message = call.fails(404, "NotAuthorizedOrNotFound");
    assert!(
        message.starts_with("Unknown dead letter queue"),
        "{message}"
    );
}

#[test]
fn a_peek_counts_and_can_be_the_last() {
    let bench = Bench::new();
    let queue = bench.queue(json!({"deadLetterQueueDeliveryCount": 2}));
    queue.put(&["x"]);
    for deliveries in 1..=2 {
        let got = queue.get_with(1, &[("visibilityInSeconds", "0")]);
        assert_eq!(got[0].deliveries, deliveries);
    }
    assert_eq!(queue.stats(), [0, 0, 1, 0]);
}

#[test]
fn a_lower_count_moves_nothing_that_is_in_flight() {
    let bench = Bench::new();
    let queue = bench.queue(json!({"deadLetterQueueDeliveryCount": 5}));
    queue.put(&["x"]);
    for _ in 0..3 {
        queue.get(1);
        bench.time.advance(30_000);
    }
    let details = json!({"deadLetterQueueDeliveryCount": 2});
    queue.call("UpdateQueue").body(details).ok();
    assert_eq!(queue.stats(), [1, 0, 0, 0]);
    assert_eq!(queue.get(1)[0].deliveries, 4);
    bench.time.advance(30_000);
    assert_eq!(queue.stats(), [0, 0, 1, 0]);
}

#[test]
fn without_a_count_nothing_dies() {
    let bench = Bench::new();
    let queue = bench.queue(json!({}));
    queue.put(&["x"]);
    for deliveries in 1..=30 {
        assert_eq!(queue.get(1)[0].deliveries, deliveries);
        bench.time.advance(30_000);
    }
}

#[test]
fn dead_letters_expire_when_the_message_would_have() {
    let bench = Bench::new();
    let queue = bench.queue(json!({
        "deadLetterQueueDeliveryCount": 1, "retentionInSeconds": 100,
    }));
    queue.put(&["x"]);
    queue.get(1);
    bench.time.advance(99_999);
    assert_eq!(queue.stats(), [0, 0, 1, 0]);
    bench.time.advance(1);
    assert_eq!(queue.stats(), [0, 0, 0, 0]);
    assert!(queue.dead_letters().get(1).is_empty());
}

#[test]
fn what_is_brought_back_begins_anew() {
    let bench = Bench::new();
    let queue = exhausted(&bench);
    let held = queue.dead_letters().get(1);
    let report = bench.redrive("jobs", false);
    assert_eq!(
        (&report["messages"], &report["left-in-flight"]),
        (&json!(0), &json!(1))
    );
    bench.time.advance(30_000);
    let report = bench.redrive("jobs", true);
    let wanted = json!([{"channel-id": "default-channel", "messages": 1}]);
    assert_eq!(report["channels"], wanted);
    assert_eq!(queue.stats(), [0, 0, 1, 0]);
    bench.redrive("jobs", false);
    assert_eq!(queue.stats(), [1, 0, 0, 0]);
    let dead = queue.dead_letters();
    assert_eq!(dead.delete(&held[0].receipt).unwrap_err().status, 404);
    assert_eq!(queue.get(1)[0].deliveries, 1);
}
