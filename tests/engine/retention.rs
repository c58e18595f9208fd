//! Retention: messages are kept for the stream's hours, by the clock.

use serde_json::json;

use crate::support::{Bench, COMPARTMENT, HOUR_MS, MINUTE_MS};

const OUTSIDE: &str = "The cursor is outside the retention period and is now invalid.";

fn oldest(bench: &Bench) -> Vec<String> {
    let cursor = bench.cursor("orders", json!({"partition": "0", "type": "TRIM_HORIZON"}));
    bench.values("orders", &cursor)
}

#[test]
fn messages_vanish_when_their_time_is_over() {
    let bench = Bench::new();
    bench.stream_in(json!({
        "name": "orders", "partitions": 1, "retentionInHours": 48, "compartmentId": COMPARTMENT,
    }));
    bench.put("orders", &["a", "b"]);
    bench.time.advance(HOUR_MS);
    bench.put("orders", &["c"]);
    bench.time.advance(47 * HOUR_MS);
    assert_eq!(oldest(&bench), ["a", "b", "c"]);
    bench.time.advance(1);
    assert_eq!(oldest(&bench), ["c"]);
    bench.time.advance(HOUR_MS);
    assert_eq!(oldest(&bench), [""; 0]);
    // Offsets go on.
    assert_eq!(bench.put("orders", &["d"])[0]["offset"], 3);
    assert_eq!(oldest(&bench), ["d"]);
}

#[test]
fn a_cursor_on_expired_messages_is_outside_the_retention_period() {
    let bench = Bench::new();
    bench.stream("orders", 1);
    bench.put("orders", &["a"]);
    bench.time.advance(24 * HOUR_MS);
    let cursor = bench.cursor("orders", json!({"partition": "0", "type": "TRIM_HORIZON"}));
    let everywhere = bench.cursor("orders", json!({"type": "TRIM_HORIZON"}));
    bench.time.advance(MINUTE_MS);
    for cursor in [&cursor, &everywhere] {
        let call = bench
            .call("GetMessages")
            .with("streamId", "orders")
            .with("cursor", cursor);
        assert_eq!(call.fails(400, "InvalidParameter"), OUTSIDE);
    }
}

#[test]
fn a_group_that_lags_behind_retention_is_told_and_cured_by_a_reset() {
    let bench = Bench::new();
    bench.stream("orders", 1);
    bench.put("orders", &["a", "b"]);
    let cursor = bench.group_cursor("orders", "g", "i");
    bench.get_at_most("orders", &cursor, 1);
    bench.time.advance(20 * HOUR_MS);
    let again = bench.group_cursor("orders", "g", "i");
    bench.put("orders", &["c"]);
    bench.time.advance(4 * HOUR_MS + 1);
    let late = bench.group_cursor("orders", "g", "i");
    for (cursor, expected) in [
        (&again, "The cursor is expired. Create a new one."),
        (&late, OUTSIDE),
    ] {
        let call = bench
            .call("GetMessages")
            .with("streamId", "orders")
            .with("cursor", cursor);
        assert_eq!(call.fails(400, "InvalidParameter"), expected);
    }
    bench
        .call("UpdateGroup")
        .with("streamId", "orders")
        .with("groupName", "g")
        .body(json!({"type": "TRIM_HORIZON"}))
        .ok();
    let cursor = bench.group_cursor("orders", "g", "i");
    assert_eq!(bench.values("orders", &cursor), ["c"]);
}

#[test]
fn expired_messages_leave_the_disk_when_new_ones_come() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::in_folder(folder.path());
    bench.stream("orders", 1);
    let large = "x".repeat(500_000);
    for _ in 0..4 {
        bench.put("orders", &[&large]);
    }
    assert!(bench.engine.status().unwrap().messages_bytes > 2_000_000);
    bench.time.advance(25 * HOUR_MS);
    bench.put("orders", &["new"]);
    assert!(bench.engine.status().unwrap().messages_bytes < 10_000);
    assert_eq!(oldest(&bench), ["new"]);
    assert_eq!(oldest(&bench.reopened()), ["new"]);
}
