//! Consumer groups: commits, reservations, timeouts, shares, resets, limits.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::{Asked, Bench, COMPARTMENT, HOUR_MS, MINUTE_MS, text};

const UNRESERVED: &str = "Trying to commit unreserved partition";
const INVALID: &str = "The cursor is invalid. Create a new one.";

/// A stream `orders` with so many partitions, each with so many messages "0", "1", ….
fn with_messages(partitions: u32, count: usize) -> Bench {
    let bench = Bench::new();
    bench.stream("orders", partitions);
    for key in bench.keys(partitions) {
        for nth in 0..count {
            bench.put_keyed("orders", &key, &nth.to_string());
        }
    }
    bench
}

fn create(bench: &Bench, details: Value) -> Asked<'_> {
    bench
        .call("CreateGroupCursor")
        .with("streamId", "orders")
        .body(details)
}

fn with_cursor<'b>(bench: &'b Bench, operation: &str, cursor: &str) -> Asked<'b> {
    bench
        .call(operation)
        .with("streamId", "orders")
        .with("cursor", cursor)
}

fn manual(bench: &Bench, instance: &str) -> String {
    bench.group_cursor_of(
        "orders",
        json!({"groupName": "g", "instanceName": instance, "type": "TRIM_HORIZON", "commitOnGet": false}),
    )
}

fn committed(bench: &Bench) -> Vec<Value> {
    let reservations = bench.group("orders", "g");
    reservations
        .iter()
        .map(|one| one["committedOffset"].clone())
        .collect()
}

fn holders(bench: &Bench) -> Vec<Value> {
    let reservations = bench.group("orders", "g");
    reservations
        .iter()
        .map(|one| one["reservedInstance"].clone())
        .collect()
}

/// How many partitions each instance holds.
fn shares(bench: &Bench) -> BTreeMap<String, usize> {
    let mut shares = BTreeMap::new();
    for holder in holders(bench).iter().filter(|holder| !holder.is_null()) {
        *shares.entry(text(holder)).or_default() += 1;
    }
    shares
}

#[test]
fn a_group_is_shown_before_and_after_its_first_read() {
    let bench = with_messages(1, 2);
    bench
        .call("GetGroup")
        .with("streamId", "orders")
        .with("groupName", "g")
        .fails(404, "NotAuthorizedOrNotFound");
    let cursor = bench.group_cursor("orders", "g", "one");
    let group = || {
        bench
            .call("GetGroup")
            .with("streamId", "orders")
            .with("groupName", "g")
            .value()
    };
    let id = bench.call("GetStream").with("streamId", "orders").value()["id"].clone();
    assert_eq!(
        group(),
        json!({"streamId": id, "groupName": "g", "reservations": [{
            "partition": "0", "committedOffset": null, "reservedInstance": null, "timeReservedUntil": null,
        }]})
    );
    let (_, next) = bench.get("orders", &cursor);
    assert_eq!(
        group()["reservations"],
        json!([{
            "partition": "0", "committedOffset": null, "reservedInstance": "one",
            "timeReservedUntil": "2026-03-14T01:02:33.456Z",
        }])
    );
    bench.time.advance(1000);
    bench.get("orders", &next);
    assert_eq!(
        group()["reservations"],
        json!([{
            "partition": "0", "committedOffset": 1, "reservedInstance": "one",
            "timeReservedUntil": "2026-03-14T01:02:34.456Z",
        }])
    );
    bench.time.advance(30_000);
    assert_eq!(
        group()["reservations"],
        json!([{
            "partition": "0", "committedOffset": 1, "reservedInstance": null, "timeReservedUntil": null,
        }])
    );
}

#[test]
fn the_type_matters_only_when_the_group_is_made() {
    let bench = with_messages(1, 3);
    let latest = json!({"groupName": "g", "instanceName": "i", "type": "LATEST"});
    let cursor = bench.group_cursor_of("orders", latest);
    assert_eq!(bench.values("orders", &cursor), [""; 0]);
    bench.put("orders", &["new"]);
    let again = bench.group_cursor("orders", "g", "i");
    assert_eq!(bench.values("orders", &again), ["new"]);
    // Not even the time is looked at.
    create(&bench, json!({"groupName": "g", "type": "AT_TIME"})).ok();
    create(&bench, json!({"groupName": "h", "type": "AT_TIME"})).fails(400, "MissingParameter");
}

#[test]
fn a_group_begins_at_a_time() {
    let bench = Bench::new();
    bench.stream("orders", 1);
    bench.put("orders", &["early"]);
    bench.time.advance(MINUTE_MS);
    bench.put("orders", &["late"]);
    let details = json!({"groupName": "g", "type": "AT_TIME", "time": "2026-03-14T01:02:04Z"});
    let cursor = bench.group_cursor_of("orders", details);
    assert_eq!(bench.values("orders", &cursor), ["late"]);
}

#[test]
fn a_read_commits_the_reply_before_it() {
    let bench = with_messages(1, 6);
    let cursor = bench.group_cursor("orders", "g", "i");
    let (messages, second) = bench.get_at_most("orders", &cursor, 2);
    assert_eq!(messages.len(), 2);
    assert_eq!(committed(&bench), [Value::Null]);
    let (_, third) = bench.get_at_most("orders", &second, 2);
    assert_eq!(committed(&bench), [json!(1)]);
    bench.get_at_most("orders", &third, 2);
    assert_eq!(committed(&bench), [json!(3)]);
    // A read that is repeated gives the same again, and takes no commit back.
    let (again, _) = bench.get_at_most("orders", &third, 2);
    assert_eq!(again[0].value, "4");
    assert_eq!(committed(&bench), [json!(3)]);
}

#[test]
fn an_instance_that_crashed_loses_nothing() {
    let bench = with_messages(1, 4);
    let cursor = bench.group_cursor("orders", "g", "one");
    let (_, next) = bench.get_at_most("orders", &cursor, 1);
    let (lost, _) = bench.get_at_most("orders", &next, 2);
    assert_eq!(lost.len(), 2);
    // Another gets nothing until the reservation ends.
    let other = bench.group_cursor("orders", "g", "two");
    let (none, other) = bench.get("orders", &other);
    assert!(none.is_empty());
    bench.time.advance(30_000);
    assert_eq!(bench.values("orders", &other), ["1", "2", "3"]);
}

#[test]
fn an_instance_that_starts_again_goes_on_at_once() {
    let bench = with_messages(1, 3);
    let cursor = bench.group_cursor("orders", "g", "one");
    let (_, next) = bench.get_at_most("orders", &cursor, 1);
    bench.get_at_most("orders", &next, 1);
    let again = bench.group_cursor("orders", "g", "one");
    assert_eq!(bench.values("orders", &again), ["1", "2"]);
}

#[test]
fn a_slow_reader_goes_on_when_nobody_took_its_partition() {
    let bench = with_messages(1, 4);
    let cursor = bench.group_cursor("orders", "g", "one");
    let (_, next) = bench.get_at_most("orders", &cursor, 2);
    bench.time.advance(MINUTE_MS);
    assert_eq!(bench.values("orders", &next), ["2", "3"]);
    assert_eq!(committed(&bench), [json!(1)]);
}

#[test]
fn a_slow_reader_does_not_take_back_what_another_committed() {
    let bench = with_messages(1, 6);
    let slow = bench.group_cursor("orders", "g", "one");
    let (_, slow) = bench.get_at_most("orders", &slow, 2);
    bench.time.advance(MINUTE_MS);
    let fast = bench.group_cursor("orders", "g", "two");
    let (_, fast) = bench.get_at_most("orders", &fast, 4);
    let (_, slow) = bench.get("orders", &slow);
    bench.get_at_most("orders", &fast, 1);
    assert_eq!(committed(&bench), [json!(3)]);
    bench.time.advance(MINUTE_MS);
    assert_eq!(bench.values("orders", &slow), ["4", "5"]);
    assert_eq!(committed(&bench), [json!(3)]);
}

#[test]
fn commits_are_explicit_when_asked_for() {
    let bench = with_messages(1, 4);
    let cursor = manual(&bench, "one");
    let (_, second) = bench.get_at_most("orders", &cursor, 2);
    let (more, third) = bench.get_at_most("orders", &second, 1);
    assert_eq!(
        (more[0].value.as_str(), committed(&bench)),
        ("2", vec![Value::Null])
    );
    let reply = with_cursor(&bench, "ConsumerCommit", &second).value();
    assert_eq!(committed(&bench), [json!(1)]);
    let fresh = text(&reply["value"]);
    assert_eq!(bench.values("orders", &fresh), ["2", "3"]);
    with_cursor(&bench, "ConsumerCommit", &third).ok();
    assert_eq!(committed(&bench), [json!(2)]);
    // An older cursor commits nothing new.
    with_cursor(&bench, "ConsumerCommit", &second).ok();
    assert_eq!(committed(&bench), [json!(2)]);
    // Uncommitted messages come again to whoever starts anew.
    assert_eq!(bench.values("orders", &manual(&bench, "one")), ["3"]);
}

#[test]
fn a_commit_after_the_timeout_is_refused() {
    let bench = with_messages(1, 2);
    let (_, next) = bench.get("orders", &manual(&bench, "one"));
    bench.time.advance(30_000);
    for operation in ["ConsumerCommit", "ConsumerHeartbeat"] {
        let message = with_cursor(&bench, operation, &next).fails(400, "InvalidParameter");
        assert_eq!(message, UNRESERVED);
    }
    let (_, other) = bench.get("orders", &manual(&bench, "two"));
    assert_eq!(
        with_cursor(&bench, "ConsumerCommit", &next).fails(400, "InvalidParameter"),
        UNRESERVED
    );
    with_cursor(&bench, "ConsumerCommit", &other).ok();
    assert_eq!(committed(&bench), [json!(1)]);
}

#[test]
fn a_heartbeat_keeps_the_reservation_and_commits_nothing() {
    let bench = with_messages(1, 2);
    let (_, mut cursor) = bench.get("orders", &bench.group_cursor("orders", "g", "one"));
    let rival = bench.group_cursor("orders", "g", "two");
    for _ in 0..20 {
        bench.time.advance(29_999);
        cursor = text(&with_cursor(&bench, "ConsumerHeartbeat", &cursor).value()["value"]);
    }
    assert_eq!(
        (holders(&bench), committed(&bench)),
        (vec![json!("one")], vec![Value::Null])
    );
    let call = with_cursor(&bench, "GetMessages", &rival);
    assert_eq!(
        call.fails(400, "InvalidParameter"),
        "The cursor is expired. Create a new one."
    );
    let (none, _) = bench.get("orders", &bench.group_cursor("orders", "g", "two"));
    assert!(none.is_empty());
}

#[test]
fn the_timeout_is_the_instances_own() {
    let bench = with_messages(1, 1);
    let details = json!({"groupName": "g", "instanceName": "one", "type": "TRIM_HORIZON", "timeoutInMs": 100});
    bench.get("orders", &bench.group_cursor_of("orders", details));
    bench.time.advance(99);
    assert_eq!(holders(&bench), [json!("one")]);
    bench.time.advance(1);
    assert_eq!(holders(&bench), [Value::Null]);
    for timeout in [0, -1, 300_001, i64::MAX] {
        let details = json!({"groupName": "g", "type": "LATEST", "timeoutInMs": timeout});
        assert!(
            create(&bench, details)
                .fails(400, "InvalidParameter")
                .contains("timeoutInMs")
        );
    }
    for timeout in [1, 300_000] {
        create(
            &bench,
            json!({"groupName": "g", "type": "LATEST", "timeoutInMs": timeout}),
        )
        .ok();
    }
}

#[test]
fn partitions_are_shared_out_evenly() {
    let bench = with_messages(7, 1);
    let names = ["one", "two", "three"];
    let mut cursors: Vec<String> = names
        .iter()
        .map(|name| bench.group_cursor("orders", "g", name))
        .collect();
    for _ in 0..3 {
        for cursor in &mut cursors {
            *cursor = bench.get("orders", cursor).1;
        }
    }
    let mut found: Vec<usize> = shares(&bench).into_values().collect();
    found.sort_unstable();
    assert_eq!(found, [2, 2, 3]);
    // One leaves: its partitions go to the others.
    for _ in 0..2 {
        bench.time.advance(20_000);
        for cursor in &mut cursors[..2] {
            *cursor = bench.get("orders", cursor).1;
        }
    }
    let shares = shares(&bench);
    assert!(
        !shares.contains_key("three") && shares.values().sum::<usize>() == 7,
        "{shares:?}"
    );
    assert!(
        shares.values().all(|share| (3..=4).contains(share)),
        "{shares:?}"
    );
}

#[test]
fn a_newcomer_gets_its_share_when_the_others_read() {
    let bench = with_messages(4, 3);
    let one = bench.group_cursor("orders", "g", "one");
    let (all, one) = bench.get("orders", &one);
    assert_eq!(all.len(), 12);
    let two = bench.group_cursor("orders", "g", "two");
    let (none, two) = bench.get("orders", &two);
    assert!(none.is_empty());
    // The first gives up half, having committed what it read of it.
    bench.get("orders", &one);
    assert_eq!(committed(&bench), [json!(2), json!(2), json!(2), json!(2)]);
    for key in bench.keys(4) {
        bench.put_keyed("orders", &key, "new");
    }
    assert_eq!(bench.values("orders", &two), ["new", "new"]);
    assert_eq!(
        shares(&bench),
        BTreeMap::from([("one".to_owned(), 2), ("two".to_owned(), 2)])
    );
}

#[test]
fn more_instances_than_partitions_leave_some_empty_handed() {
    let bench = with_messages(2, 2);
    let mut total = 0;
    for name in ["a", "b", "c", "d"] {
        bench.group_cursor("orders", "g", name);
    }
    for name in ["d", "c", "b", "a"] {
        let (messages, _) = bench.get("orders", &bench.group_cursor("orders", "g", name));
        assert!(messages.is_empty() || messages.len() == 2);
        total += messages.len();
    }
    assert_eq!(total, 4);
}

#[test]
fn a_reset_moves_all_partitions_and_makes_cursors_stale() {
    let bench = with_messages(2, 3);
    let cursor = bench.group_cursor("orders", "g", "one");
    let (_, next) = bench.get("orders", &cursor);
    let (_, next) = bench.get("orders", &next);
    let reset = |details: Value| {
        bench
            .call("UpdateGroup")
            .with("streamId", "orders")
            .with("groupName", "g")
            .body(details)
    };
    let reply = reset(json!({"type": "TRIM_HORIZON"})).ok();
    assert_eq!((reply.status, reply.body), (204, None));
    assert_eq!(
        (committed(&bench), holders(&bench)),
        (vec![Value::Null; 2], vec![Value::Null; 2])
    );
    for operation in ["GetMessages", "ConsumerCommit", "ConsumerHeartbeat"] {
        assert_eq!(
            with_cursor(&bench, operation, &next).fails(400, "InvalidParameter"),
            INVALID
        );
    }
    assert_eq!(
        bench
            .values("orders", &bench.group_cursor("orders", "g", "one"))
            .len(),
        6
    );

    reset(json!({"type": "LATEST"})).ok();
    assert_eq!(
        bench.values("orders", &bench.group_cursor("orders", "g", "one")),
        [""; 0]
    );
    reset(json!({"type": "AT_TIME", "time": "2026-01-01T00:00:00Z"})).ok();
    assert_eq!(
        bench
            .values("orders", &bench.group_cursor("orders", "g", "one"))
            .len(),
        6
    );

    reset(json!({})).fails(400, "MissingParameter");
    reset(json!({"type": "AT_TIME"})).fails(400, "MissingParameter");
    reset(json!({"type": "AT_OFFSET"})).fails(400, "InvalidParameter");
    let unknown = bench
        .call("UpdateGroup")
        .with("streamId", "orders")
        .with("groupName", "none");
    unknown
        .body(json!({"type": "LATEST"}))
        .fails(404, "NotAuthorizedOrNotFound");
}

#[test]
fn a_group_is_forgotten_when_unused_for_the_streams_retention() {
    let bench = Bench::new();
    bench.stream_in(json!({
        "name": "orders", "partitions": 1, "retentionInHours": 48, "compartmentId": COMPARTMENT,
    }));
    let group = || {
        bench
            .call("GetGroup")
            .with("streamId", "orders")
            .with("groupName", "g")
    };
    bench.get("orders", &bench.group_cursor("orders", "g", "one"));
    bench.time.advance(47 * HOUR_MS);
    bench.get("orders", &bench.group_cursor("orders", "g", "one"));
    bench.time.advance(48 * HOUR_MS);
    group().ok();
    bench.time.advance(1);
    group().fails(404, "NotAuthorizedOrNotFound");
    // Its name begins anew.
    bench.put("orders", &["old"]);
    let latest = json!({"groupName": "g", "instanceName": "one", "type": "LATEST"});
    assert_eq!(
        bench.values("orders", &bench.group_cursor_of("orders", latest)),
        [""; 0]
    );
}

#[test]
fn a_stream_has_at_most_50_groups() {
    let bench = with_messages(1, 1);
    for nth in 0..50 {
        bench.group_cursor("orders", &format!("g{nth}"), "i");
    }
    let one_more = || create(&bench, json!({"groupName": "more", "type": "LATEST"}));
    assert!(one_more().fails(400, "LimitExceeded").contains("50"));
    // Those that are there can be used, and other streams have 50 of their own.
    bench.group_cursor("orders", "g7", "j");
    bench.stream("other", 1);
    bench.group_cursor("other", "more", "i");
    bench.time.advance(24 * HOUR_MS + 1);
    one_more().ok();
}

#[test]
fn an_instance_without_a_name_gets_one() {
    let bench = with_messages(1, 1);
    let cursor = bench.group_cursor_of("orders", json!({"groupName": "g", "type": "TRIM_HORIZON"}));
    bench.get("orders", &cursor);
    assert_eq!(text(&holders(&bench)[0]).len(), 36);
}

#[test]
fn names_are_not_blank_and_not_endless() {
    let bench = with_messages(1, 1);
    let long = "n".repeat(256);
    for (field, value) in [
        ("groupName", ""),
        ("groupName", " "),
        ("groupName", &long),
        ("instanceName", ""),
        ("instanceName", &long),
    ] {
        let mut details = json!({"groupName": "g", "type": "LATEST"});
        details[field] = value.into();
        assert!(
            create(&bench, details)
                .fails(400, "InvalidParameter")
                .contains(field),
            "{field}"
        );
    }
    create(
        &bench,
        json!({"groupName": "n".repeat(255), "type": "LATEST"}),
    )
    .ok();
}

#[test]
fn only_group_cursors_commit() {
    let bench = with_messages(1, 1);
    let cursor = bench.cursor("orders", json!({"partition": "0", "type": "TRIM_HORIZON"}));
    for operation in ["ConsumerCommit", "ConsumerHeartbeat"] {
        let message = with_cursor(&bench, operation, &cursor).fails(400, "InvalidParameter");
        assert!(message.contains("group cursor"), "{message}");
        bench
            .call(operation)
            .with("streamId", "orders")
            .fails(400, "MissingParameter");
    }
}

#[test]
fn a_group_cursor_expires_like_others() {
    let bench = with_messages(1, 1);
    let cursor = bench.group_cursor("orders", "g", "one");
    bench.time.advance(5 * MINUTE_MS);
    bench.get("orders", &cursor);
    bench.time.advance(1);
    let message = with_cursor(&bench, "GetMessages", &cursor).fails(400, "InvalidParameter");
    assert_eq!(message, "The cursor is expired. Create a new one.");
}

#[test]
fn groups_go_with_their_stream() {
    let bench = with_messages(1, 1);
    bench.group_cursor("orders", "g", "one");
    bench.call("DeleteStream").with("streamId", "orders").ok();
    bench.stream("orders", 1);
    bench
        .call("GetGroup")
        .with("streamId", "orders")
        .with("groupName", "g")
        .fails(404, "NotAuthorizedOrNotFound");
}

#[test]
fn a_busy_partition_does_not_keep_out_the_others() {
    let bench = with_messages(3, 30);
    let mut cursor = bench.group_cursor("orders", "g", "one");
    let mut seen: BTreeMap<u32, Vec<i64>> = BTreeMap::new();
    for round in 1..=90 {
        let (messages, next) = bench.get_at_most("orders", &cursor, 1);
        cursor = next;
        for message in messages {
            seen.entry(message.partition)
                .or_default()
                .push(message.offset);
        }
        assert_eq!(seen.len(), round.min(3));
    }
    assert!(
        seen.values()
            .all(|offsets| *offsets == (0..30).collect::<Vec<_>>()),
        "{seen:?}"
    );
}

/// Without fsync a power cut may take messages that a group has committed. Those that get their offsets
/// are read, by the old cursor as by a new one.
#[test]
fn a_group_goes_on_where_a_power_cut_left_the_log() {
    for new_cursor in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let bench = Bench::in_folder(folder.path());
        let stream = bench.stream("orders", 1);
        bench.put(&stream, &["kept"]);
        let log = folder.path().join("streams").join(&stream).join("0");
        let log = log.join("00000000000000000000.log");
        let kept_bytes = std::fs::metadata(&log).unwrap().len();
        bench.put(&stream, &["lost", "lost"]);
        let cursor = bench.group_cursor(&stream, "g", "one");
        let (messages, cursor) = bench.get(&stream, &cursor);
        assert_eq!(messages.len(), 3);
        let (messages, mut cursor) = bench.get(&stream, &cursor);
        assert_eq!(messages.len(), 0);
        assert_eq!(committed(&bench), [json!(2)]);

        let time = bench.time.clone();
        drop(bench);
        let file = std::fs::OpenOptions::new().write(true).open(&log).unwrap();
        file.set_len(kept_bytes).unwrap();
        let bench = Bench::in_folder(folder.path());
        assert_eq!(time.now_ms(), bench.time.now_ms());
        if new_cursor {
            cursor = bench.group_cursor(&stream, "g", "one");
        }
        let (messages, cursor) = bench.get(&stream, &cursor);
        assert_eq!(messages.len(), 0);
        assert_eq!(committed(&bench), [json!(0)]);
        bench.put(&stream, &["new"]);
        let (messages, cursor) = bench.get(&stream, &cursor);
        assert_eq!(messages.len(), 1);
        bench.get(&stream, &cursor);
        assert_eq!(committed(&bench), [json!(1)]);
    }
}
