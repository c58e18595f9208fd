//! Cursors of a reader on its own: the five types, bounds, life time, and all partitions at once.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::{Asked, Bench, DAY_MS, MINUTE_MS, message};

fn create(bench: &Bench, details: Value) -> Asked<'_> {
    bench
        .call("CreateCursor")
        .with("streamId", "orders")
        .body(details)
}

/// One partition with messages "0", "1", … a minute apart.
fn with_messages(count: usize) -> Bench {
    let bench = Bench::new();
    bench.stream("orders", 1);
    for nth in 0..count {
        bench.put("orders", &[&nth.to_string()]);
        bench.time.advance(MINUTE_MS);
    }
    bench
}

fn read(bench: &Bench, mut details: Value) -> Vec<String> {
    details["partition"] = "0".into();
    bench.values("orders", &bench.cursor("orders", details))
}

#[test]
fn each_type_stands_where_it_says() {
    let bench = with_messages(4);
    assert_eq!(
        read(&bench, json!({"type": "TRIM_HORIZON"})),
        ["0", "1", "2", "3"]
    );
    assert_eq!(read(&bench, json!({"type": "LATEST"})), [""; 0]);
    assert_eq!(
        read(&bench, json!({"type": "AT_OFFSET", "offset": 0})),
        ["0", "1", "2", "3"]
    );
    assert_eq!(
        read(&bench, json!({"type": "AT_OFFSET", "offset": 3})),
        ["3"]
    );
    assert_eq!(
        read(&bench, json!({"type": "AFTER_OFFSET", "offset": 0})),
        ["1", "2", "3"]
    );
    assert_eq!(
        read(&bench, json!({"type": "AFTER_OFFSET", "offset": 3})),
        [""; 0]
    );
}

#[test]
fn a_time_stands_for_the_first_message_from_then_on() {
    let bench = with_messages(3);
    let at = |time: &str| read(&bench, json!({"type": "AT_TIME", "time": time}));
    assert_eq!(at("2026-03-14T01:02:03.456Z"), ["0", "1", "2"]);
    assert_eq!(at("2026-03-14T01:02:03.457Z"), ["1", "2"]);
    assert_eq!(at("2026-03-14T01:03:03.456Z"), ["1", "2"]);
    assert_eq!(at("2026-03-14T03:03:03.456+02:00"), ["1", "2"]);
    // Before all that is kept: the oldest. In the future: only what comes.
    assert_eq!(at("1970-01-01T00:00:00Z"), ["0", "1", "2"]);
    assert_eq!(at("2026-03-14T01:05:00Z"), [""; 0]);
    let future = bench.cursor(
        "orders",
        json!({"partition": "0", "type": "AT_TIME", "time": "2030-01-01T00:00:00Z"}),
    );
    bench.put("orders", &["new"]);
    assert_eq!(bench.values("orders", &future), ["new"]);
}

#[test]
fn an_offset_lies_between_the_oldest_and_the_newest() {
    let bench = with_messages(3);
    for kind in ["AT_OFFSET", "AFTER_OFFSET"] {
        for offset in [-1, 3, 4, i64::MAX, i64::MIN] {
            let details = json!({"partition": "0", "type": kind, "offset": offset});
            let message = create(&bench, details).fails(400, "InvalidParameter");
            assert!(message.contains("0 to 2"), "{message}");
        }
    }
    bench.time.advance(DAY_MS - 2 * MINUTE_MS);
    let details = json!({"partition": "0", "type": "AT_OFFSET", "offset": 0});
    create(&bench, details).fails(400, "InvalidParameter");
    bench.stream("empty", 1);
    let empty = bench.call("CreateCursor").with("streamId", "empty");
    let message = empty.body(json!({"partition": "0", "type": "AT_OFFSET", "offset": 0}));
    assert!(
        message
            .fails(400, "InvalidParameter")
            .contains("no messages")
    );
}

#[test]
fn what_a_type_needs_must_be_there() {
    let bench = with_messages(1);
    for (details, field) in [
        (json!({"partition": "0", "type": "AT_OFFSET"}), "offset"),
        (
            json!({"partition": "0", "type": "AFTER_OFFSET", "time": "2026-01-01T00:00:00Z"}),
            "offset",
        ),
        (
            json!({"partition": "0", "type": "AT_TIME", "offset": 1}),
            "time",
        ),
        (json!({"type": "AT_OFFSET", "offset": 0}), "partition"),
        (json!({"partition": "0"}), "type"),
    ] {
        let message = create(&bench, details).fails(400, "MissingParameter");
        assert!(message.contains(field), "{message}");
    }
    for partition in ["1", "-1", "x", "", "0x0", "4294967296"] {
        let details = json!({"partition": partition, "type": "LATEST"});
        let message = create(&bench, details).fails(400, "InvalidParameter");
        assert!(message.contains("partition"), "{message}");
    }
}

#[test]
fn latest_is_found_when_the_cursor_is_made() {
    let bench = with_messages(2);
    let latest = bench.cursor("orders", json!({"partition": "0", "type": "LATEST"}));
    bench.put("orders", &["2", "3"]);
    assert_eq!(bench.values("orders", &latest), ["2", "3"]);
    bench.put("orders", &["4"]);
    assert_eq!(bench.values("orders", &latest), ["2", "3", "4"]);
}

#[test]
fn a_cursor_lives_five_minutes() {
    let bench = with_messages(1);
    let first = bench.cursor("orders", json!({"partition": "0", "type": "TRIM_HORIZON"}));
    bench.time.advance(5 * MINUTE_MS);
    let (_, next) = bench.get("orders", &first);
    bench.time.advance(1);
    let asked = |cursor: &str| {
        bench
            .call("GetMessages")
            .with("streamId", "orders")
            .with("cursor", cursor)
    };
    let message = asked(&first).fails(400, "InvalidParameter");
    assert_eq!(message, "The cursor is expired. Create a new one.");
    // The reply's cursor has five minutes of its own.
    bench.time.advance(5 * MINUTE_MS - 1);
    asked(&next).ok();
    bench.time.advance(1);
    asked(&next).fails(400, "InvalidParameter");
}

#[test]
fn a_cursor_belongs_to_its_stream() {
    let bench = with_messages(1);
    bench.stream("other", 1);
    let cursor = bench.cursor("orders", json!({"partition": "0", "type": "TRIM_HORIZON"}));
    for cursor in [
        cursor.as_str(),
        "x",
        "AAAAAAAA",
        &cursor[1..],
        &format!("{cursor}A"),
    ] {
        let call = bench
            .call("GetMessages")
            .with("streamId", "other")
            .with("cursor", cursor);
        let message = call.fails(400, "InvalidParameter");
        assert_eq!(message, "The cursor is invalid. Create a new one.");
    }
}

#[test]
fn a_cursor_can_be_used_again_and_by_many() {
    let bench = with_messages(5);
    let cursor = bench.cursor("orders", json!({"partition": "0", "type": "TRIM_HORIZON"}));
    let (first, next) = bench.get_at_most("orders", &cursor, 2);
    assert_eq!(bench.get_at_most("orders", &cursor, 2).0, first);
    assert_eq!(bench.values("orders", &next), ["2", "3", "4"]);
    assert_eq!(bench.values("orders", &next), ["2", "3", "4"]);
}

#[test]
fn an_empty_place_gives_nothing_and_a_cursor() {
    let bench = with_messages(0);
    let cursor = bench.cursor("orders", json!({"partition": "0", "type": "TRIM_HORIZON"}));
    let (messages, next) = bench.get("orders", &cursor);
    assert!(messages.is_empty());
    bench.put("orders", &["a"]);
    assert_eq!(bench.values("orders", &next), ["a"]);
}

#[test]
fn a_read_has_a_limit_of_1_to_10000() {
    let bench = with_messages(3);
    let cursor = bench.cursor("orders", json!({"partition": "0", "type": "TRIM_HORIZON"}));
    assert_eq!(bench.get_at_most("orders", &cursor, 1).0.len(), 1);
    assert_eq!(bench.get_at_most("orders", &cursor, 10_000).0.len(), 3);
    for limit in ["0", "10001", "-1", "all"] {
        let call = bench
            .call("GetMessages")
            .with("streamId", "orders")
            .with("cursor", &cursor);
        let message = call.with("limit", limit).fails(400, "InvalidParameter");
        assert!(message.contains("limit"), "{message}");
    }
    let none = bench.call("GetMessages").with("streamId", "orders");
    assert!(none.fails(400, "MissingParameter").contains("cursor"));
}

#[test]
fn a_message_comes_as_the_service_writes_it() {
    let bench = with_messages(1);
    let cursor = bench.cursor("orders", json!({"partition": "0", "type": "TRIM_HORIZON"}));
    let call = bench
        .call("GetMessages")
        .with("streamId", "orders")
        .with("cursor", &cursor);
    assert_eq!(
        call.value(),
        json!([{
            "stream": "orders", "partition": "0", "key": null, "value": "MA==", "offset": 0,
            "timestamp": "2026-03-14T01:02:03.456Z",
        }])
    );
}

#[test]
fn large_messages_come_a_few_at_a_time_and_all_come() {
    let bench = with_messages(0);
    let large = "x".repeat(700_000);
    for nth in 0..6 {
        bench.put_all("orders", &[message(None, &format!("{nth}{large}"))]);
    }
    let mut cursor = bench.cursor("orders", json!({"partition": "0", "type": "TRIM_HORIZON"}));
    let mut seen = Vec::new();
    while seen.len() < 6 {
        let (messages, next) = bench.get("orders", &cursor);
        assert!((1..=2).contains(&messages.len()));
        seen.extend(messages.into_iter().map(|message| message.offset));
        cursor = next;
    }
    assert_eq!(seen, [0, 1, 2, 3, 4, 5]);
}

#[test]
fn a_cursor_without_a_partition_reads_them_all() {
    let bench = Bench::new();
    bench.stream("orders", 5);
    let keys = bench.keys(5);
    // Partition 0 has many more than the others, and must not keep them out.
    for nth in 0..400 {
        bench.put_keyed("orders", &keys[0], &nth.to_string());
    }
    for key in &keys[1..] {
        for nth in 0..3 {
            bench.put_keyed("orders", key, &nth.to_string());
        }
    }
    for limit in [1, 7, 50, 10_000] {
        let mut cursor = bench.cursor("orders", json!({"type": "TRIM_HORIZON"}));
        let mut seen: BTreeMap<u32, Vec<i64>> = BTreeMap::new();
        let (mut total, mut reads) = (0, 0);
        while total < 412 {
            let (messages, next) = bench.get_at_most("orders", &cursor, limit);
            assert!(!messages.is_empty() && messages.len() <= limit);
            total += messages.len();
            for message in messages {
                seen.entry(message.partition)
                    .or_default()
                    .push(message.offset);
            }
            cursor = next;
            reads += 1;
            if reads == 15 {
                assert!(
                    (1..5).all(|p| seen.contains_key(&p)),
                    "limit {limit}: {seen:?}"
                );
            }
        }
        for (partition, offsets) in &seen {
            let count = if *partition == 0 { 400 } else { 3 };
            assert_eq!(*offsets, (0..count).collect::<Vec<_>>(), "limit {limit}");
        }
        assert!(bench.get("orders", &cursor).0.is_empty());
    }
}

#[test]
fn a_latest_cursor_on_all_partitions_gets_what_comes_to_any() {
    let bench = Bench::new();
    bench.stream("orders", 3);
    let keys = bench.keys(3);
    for key in &keys {
        bench.put_keyed("orders", key, "old");
    }
    let cursor = bench.cursor("orders", json!({"type": "LATEST"}));
    for key in &keys {
        bench.put_keyed("orders", key, "new");
    }
    assert_eq!(bench.values("orders", &cursor), ["new"; 3]);
}
