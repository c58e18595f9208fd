//! Messages expire, wherever they are, and leave no trace.

use serde_json::json;

use super::support::{Bench, SECOND_MS};

#[test]
fn messages_expire_where_they_are() {
    let bench = Bench::new();
    let queue = bench.queue(json!({"retentionInSeconds": 100}));
    queue.put(&["visible", "held", "lapsed"]);
    let lapsed = queue.get_with(1, &[("visibilityInSeconds", "1")]);
    let held = queue.get_with(1, &[("visibilityInSeconds", "1000")]);
    bench.time.advance(100 * SECOND_MS - 1);
    assert_eq!(queue.stats(), [2, 1, 0, 0]);
    bench.time.advance(1);
    assert_eq!(queue.stats(), [0, 0, 0, 0]);
    assert!(queue.get(20).is_empty());
    assert!(queue.channels().is_empty());
    for one in [&lapsed, &held] {
        assert_eq!(queue.delete(&one[0].receipt).unwrap_err().status, 404);
    }
}

#[test]
fn a_delivery_does_not_make_a_message_live_longer() {
    let bench = Bench::new();
    let queue = bench.queue(json!({"retentionInSeconds": 10}));
    queue.put(&["x"]);
    for _ in 0..4 {
        let got = queue.get_with(1, &[("visibilityInSeconds", "2")]);
        assert_eq!(got[0].value["expireAfter"], "2026-03-14T01:02:13.456Z");
        bench.time.advance(2 * SECOND_MS);
    }
    bench.time.advance(2 * SECOND_MS);
    assert!(queue.get(1).is_empty());
}

/// Far more expires at once than one call removes: counts and reads are right at once all the same.
#[test]
fn counts_are_right_before_everything_is_removed() {
    let bench = Bench::new();
    let queue = bench.queue(json!({
        "retentionInSeconds": 100, "deadLetterQueueDeliveryCount": 1,
    }));
    for channel in ["a", "b"] {
        for _ in 0..150 {
            queue.put_to(Some(channel), &["x"; 20]);
        }
        for _ in 0..60 {
            queue.get_with(20, &[("channelFilter", channel)]);
        }
    }
    bench.time.advance(50 * SECOND_MS);
    assert_eq!(queue.stats(), [3600, 0, 2400, 0]);
    queue.put_to(Some("a"), &["fresh"]);
    queue.dead_letters().get(20);
    bench.time.advance(50 * SECOND_MS);
    for _ in 0..3 {
        assert_eq!(queue.stats(), [1, 0, 0, 0]);
        assert_eq!(queue.channels(), ["a"]);
    }
    assert_eq!(queue.contents(20), ["fresh"]);
    for _ in 0..20 {
        assert_eq!(queue.stats(), [0, 1, 0, 0]);
    }
}

#[test]
fn a_clock_that_goes_back_loses_nothing() {
    let bench = Bench::new();
    let queue = bench.queue(json!({"retentionInSeconds": 100}));
    queue.put(&["later"]);
    bench.time.advance(-50 * SECOND_MS);
    queue.put(&["earlier"]);
    queue.get(1);
    bench.time.advance(100 * SECOND_MS);
    assert_eq!(queue.stats(), [1, 0, 0, 0]);
    assert_eq!(queue.contents(20), ["later"]);
    bench.time.advance(50 * SECOND_MS);
    assert_eq!(queue.stats(), [0, 0, 0, 0]);
}
