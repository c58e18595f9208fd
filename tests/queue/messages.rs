//! Putting, getting, deleting and hiding messages.

use serde_json::{Value, json};

use super::support::{Bench, HOUR_MS, SECOND_MS};

#[test]
fn a_message_as_the_service_shows_it() {
    let bench = Bench::new();
    let queue = bench.queue(json!({}));
    let body = json!({"messages": [{"content": "This is a message"}]});
    let put = queue.call("PutMessages").body(body).value();
    let id = put["messages"][0]["id"].as_i64().unwrap();
    let expires = "2026-03-15T01:02:03.456Z";
    assert_eq!(
        put,
        json!({"messages": [{"id": id, "expireAfter": expires}]})
    );
    bench.time.advance(SECOND_MS);
    let got = queue.get(1);
    assert_eq!(
        got[0].value,
        json!({
            "id": id,
            "content": "This is a message",
            "receipt": got[0].receipt,
            "deliveryCount": 1,
            "visibleAfter": "2026-03-14T01:02:34.456Z",
            "expireAfter": expires,
            "createdAt": "2026-03-14T01:02:03.456Z",
            "metadata": {"channelId": "default-channel", "customProperties": {}},
        })
    );
}

#[test]
fn what_became_visible_first_comes_first() {
    let bench = Bench::new();
    let queue = bench.queue(json!({}));
    queue.put(&["a", "b"]);
    let a = queue.get(1);
    bench.time.advance(10 * SECOND_MS);
    queue.put(&["c"]);
    queue.hide(&a[0].receipt, 0).unwrap();
    bench.time.advance(SECOND_MS);
    queue.put(&["d"]);
    assert_eq!(queue.contents(20), ["b", "a", "c", "d"]);
}

#[test]
fn a_message_is_hidden_for_as_long_as_was_said() {
    let bench = Bench::new();
    let queue = bench.queue(json!({"visibilityInSeconds": 5}));
    queue.put(&["x"]);
    for (asked, seconds) in [(None, 5), (Some("7"), 7), (Some("43200"), 43_200)] {
        let more: Vec<_> = asked
            .map(|text| ("visibilityInSeconds", text))
            .into_iter()
            .collect();
        assert_eq!(queue.get_with(1, &more).len(), 1, "{asked:?}");
        bench.time.advance(seconds * SECOND_MS - 1);
        assert!(queue.get(1).is_empty(), "{asked:?}");
        assert_eq!(queue.stats(), [0, 1, 0, 0]);
        bench.time.advance(1);
        assert_eq!(queue.stats(), [1, 0, 0, 0]);
    }
}

#[test]
fn a_peek_hides_nothing_and_counts() {
    let bench = Bench::new();
    let queue = bench.queue(json!({}));
    queue.put(&["x"]);
    for deliveries in 1..=3 {
        let got = queue.get_with(1, &[("visibilityInSeconds", "0")]);
        assert_eq!(got[0].deliveries, deliveries);
        assert_eq!(queue.stats(), [1, 0, 0, 0]);
    }
}

#[test]
fn a_receipt_belongs_to_one_delivery() {
    let bench = Bench::new();
    let queue = bench.queue(json!({}));
    queue.put(&["x"]);
    let first = queue.get(1);
    bench.time.advance(30 * SECOND_MS);
    // Nobody else has it: the receipt is still good.
    queue.hide(&first[0].receipt, 10).unwrap();
    bench.time.advance(10 * SECOND_MS);
    let second = queue.get(1);
    for result in [
        queue.delete(&first[0].receipt),
        queue.hide(&first[0].receipt, 10),
    ] {
        let error = result.unwrap_err();
        assert_eq!(
            (error.status, &*error.code),
            (404, "NotAuthorizedOrNotFound")
        );
    }
    assert_eq!(queue.delete(&second[0].receipt).unwrap().status, 204);
    assert_eq!(queue.delete(&second[0].receipt).unwrap_err().status, 404);
}

#[test]
fn hiding_counts_from_now_and_keeps_the_receipt() {
    let bench = Bench::new();
    let queue = bench.queue(json!({}));
    let ids = queue.put(&["x"]);
    let got = queue.get(1);
    bench.time.advance(20 * SECOND_MS);
    let reply = queue.hide(&got[0].receipt, 60).unwrap();
    let wanted = json!({"id": ids[0], "visibleAfter": "2026-03-14T01:03:23.456Z"});
    assert_eq!(reply.body, Some(wanted));
    bench.time.advance(60 * SECOND_MS - 1);
    assert!(queue.get(1).is_empty());
    queue.hide(&got[0].receipt, 0).unwrap();
    assert_eq!(queue.get(1)[0].deliveries, 2);
}

#[test]
fn ids_are_never_used_again() {
    let bench = Bench::new();
    let queue = bench.queue(json!({}));
    let first = queue.put(&["x", "y"]);
    for got in queue.get(2) {
        queue.delete(&got.receipt).unwrap();
    }
    let second = queue.put(&["z"]);
    assert!(second[0] > first[1]);
}

#[test]
fn everything_is_there_after_a_restart() {
    let home = tempfile::tempdir().unwrap();
    let bench = Bench::in_folder(home.path());
    let queue = bench.queue(json!({"deadLetterQueueDeliveryCount": 2}));
    let id = queue.id.clone();
    queue.put(&["a", "b", "c"]);
    let got = queue.get(2);
    let bench = bench.reopened();
    let queue = bench.at(&id);
    assert_eq!(queue.stats(), [1, 2, 0, 0]);
    queue.delete(&got[0].receipt).unwrap();
    bench.time.advance(HOUR_MS);
    let bench = bench.reopened();
    let contents = bench.at(&id).contents(20);
    assert_eq!(contents, ["c", "b"]);
}

#[test]
fn content_is_any_text() {
    let bench = Bench::new();
    let queue = bench.queue(json!({}));
    let contents = ["", "строка ✓\n\0", "{\"json\": true}"];
    queue.put(&contents);
    assert_eq!(queue.contents(20), contents);
    let stats = queue.call("GetStats").value();
    let bytes: usize = contents.iter().map(|one| one.len()).sum();
    assert_eq!(stats["queue"]["sizeInBytes"], Value::from(bytes));
}
