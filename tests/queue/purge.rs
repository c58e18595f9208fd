//! Purging queues.

use serde_json::{Value, json};

use super::support::{Bench, Queue};

/// A queue with a visible message, one in flight and a dead letter in each of two channels.
fn filled(bench: &Bench) -> Queue<'_> {
    let queue = bench.queue(json!({"deadLetterQueueDeliveryCount": 1}));
    for channel in ["a", "b"] {
        queue.put_to(Some(channel), &["dead"]);
        queue.get_with(1, &[("channelFilter", channel)]);
    }
    bench.time.advance(30_000);
    for channel in ["a", "b"] {
        queue.put_to(Some(channel), &["in flight"]);
        queue.get_with(1, &[("channelFilter", channel)]);
        queue.put_to(Some(channel), &["visible"]);
    }
    assert_eq!(queue.stats(), [2, 2, 2, 0]);
    queue
}

fn purge(queue: &Queue<'_>, details: Value) {
    queue.call("PurgeQueue").body(details).ok();
}

#[test]
fn the_parts_that_were_named_are_emptied() {
    for (details, left) in [
        (json!({"purgeType": "NORMAL"}), [0, 0, 2, 0]),
        (json!({"purgeType": "DLQ"}), [2, 2, 0, 0]),
        (json!({"purgeType": "BOTH"}), [0, 0, 0, 0]),
        (
            json!({"purgeType": "BOTH", "channelIds": ["b"]}),
            [1, 1, 1, 0],
        ),
        (
            json!({"purgeType": "BOTH", "channelIds": ["c"]}),
            [2, 2, 2, 0],
        ),
        (
            json!({"purgeType": "BOTH", "consumerGroupId": "all"}),
            [0, 0, 0, 0],
        ),
    ] {
        let bench = Bench::new();
        let queue = filled(&bench);
        purge(&queue, details.clone());
        assert_eq!(queue.stats(), left, "{details}");
        bench.time.advance(30_000);
        let [visible, in_flight, dead, _] = left;
        assert_eq!(
            queue.stats(),
            [visible, 0, dead + in_flight, 0],
            "{details}"
        );
    }
}

#[test]
fn whoever_holds_a_purged_message_can_finish() {
    let bench = Bench::new();
    let queue = bench.queue(json!({}));
    queue.put(&["x", "y"]);
    let got = queue.get(2);
    purge(&queue, json!({"purgeType": "NORMAL"}));
    queue.hide(&got[0].receipt, 0).unwrap();
    assert!(queue.get(2).is_empty());
    for one in &got {
        assert_eq!(queue.delete(&one.receipt).unwrap().status, 204);
    }
    assert_eq!(queue.delete(&got[0].receipt).unwrap_err().status, 404);
}

#[test]
fn a_large_queue_is_emptied_in_steps() {
    let bench = Bench::new();
    let queue = bench.queue(json!({}));
    for _ in 0..150 {
        queue.put(&["x"; 20]);
    }
    for _ in 0..60 {
        queue.get(20);
    }
    bench.time.advance(30_000);
    purge(&queue, json!({"purgeType": "BOTH"}));
    assert_eq!(queue.stats(), [0, 0, 0, 0]);
    assert_eq!(queue.put(&["after"]).len(), 1);
    assert_eq!(queue.contents(1), ["after"]);
}

#[test]
fn groups_are_purged_one_by_one() {
    let bench = Bench::new();
    let queue = bench.queue(json!({"capabilities": [{"type": "CONSUMER_GROUPS"}]}));
    bench.group(&queue, json!({"displayName": "g"}));
    let group = queue.of_group("g");
    queue.put(&["x"]);
    purge(&queue, json!({"purgeType": "NORMAL"}));
    assert_eq!((queue.stats()[0], group.stats()[0]), (0, 1));
    purge(
        &queue,
        json!({"purgeType": "NORMAL", "consumerGroupId": "g"}),
    );
    assert_eq!(group.stats()[0], 0);
    queue.put(&["y"]);
    purge(
        &queue,
        json!({"purgeType": "NORMAL", "consumerGroupId": "all"}),
    );
    assert_eq!((queue.stats()[0], group.stats()[0]), (0, 0));
}

#[test]
fn what_cannot_be_purged_is_named() {
    let bench = Bench::new();
    let queue = bench.queue(json!({}));
    for (details, status, code, field) in [
        (
            json!({"purgeType": "ALL"}),
            400,
            "InvalidParameter",
            "purgeType",
        ),
        (json!({}), 400, "MissingParameter", "purgeType"),
        (
            json!({"purgeType": "DLQ", "channelIds": ["a b"]}),
            400,
            "InvalidParameter",
            "channelIds[0]",
        ),
        (
            json!({"purgeType": "DLQ", "consumerGroupId": "none"}),
            404,
            "NotAuthorizedOrNotFound",
            "consumerGroupId",
        ),
    ] {
        let call = queue.call("PurgeQueue").body(details);
        let message = call.fails(status, code);
        assert!(message.starts_with(field), "{message}");
    }
}
