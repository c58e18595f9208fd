//! The clock of an engine: set, moved, stopped, kept in the folder, and held within its bounds.

use ocelot::clock::{MAX_MS, Setting};
use serde_json::json;

use crate::support::{Bench, DAY_MS, HOUR_MS, START_MS};

#[test]
fn a_moved_clock_runs_on_and_a_frozen_one_stands() {
    let bench = Bench::new();
    assert_eq!(
        bench.engine.advance_clock(HOUR_MS).unwrap().now_ms,
        START_MS + HOUR_MS
    );
    bench.time.advance(5);
    assert_eq!(bench.engine.clock().now_ms, START_MS + HOUR_MS + 5);
    bench.engine.set_clock_to(DAY_MS, true).unwrap();
    bench.time.advance(5);
    assert_eq!(bench.engine.clock().now_ms, DAY_MS);
    assert_eq!(bench.engine.advance_clock(1).unwrap().now_ms, DAY_MS + 1);
    bench.engine.set_clock(Setting::System).unwrap();
    assert_eq!(bench.engine.clock().now_ms, START_MS + 10);
}

#[test]
fn the_clock_of_a_folder_is_the_same_for_all_that_open_it() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::in_folder(folder.path());
    bench.engine.advance_clock(DAY_MS).unwrap();
    let bench = bench.reopened();
    assert_eq!(bench.engine.clock().now_ms, START_MS + DAY_MS);
    bench.engine.set_clock(Setting::System).unwrap();
    assert_eq!(bench.reopened().engine.clock().now_ms, START_MS);
}

#[test]
fn a_clock_shows_1970_to_9999_and_everything_works_at_both_ends() {
    let bench = Bench::new();
    for at_ms in [-1, MAX_MS + 1, i64::MIN, i64::MAX] {
        let message = bench
            .engine
            .set_clock_to(at_ms, true)
            .unwrap_err()
            .to_string();
        assert!(message.contains("1970 to 9999"), "{message}");
        assert!(
            bench
                .engine
                .advance_clock(if at_ms < 0 { i64::MIN } else { i64::MAX })
                .is_err()
        );
    }
    assert_eq!(bench.engine.clock().now_ms, START_MS);
    for (nth, at_ms) in [0, MAX_MS].into_iter().enumerate() {
        bench.engine.set_clock_to(at_ms, true).unwrap();
        let stream = bench.stream(&format!("s{nth}"), 1);
        bench.put(&stream, &["a"]);
        let cursor = bench.cursor(&stream, json!({"type": "TRIM_HORIZON"}));
        assert_eq!(bench.values(&stream, &cursor), ["a"]);
        let group = bench.group_cursor(&stream, "g", "i");
        assert_eq!(bench.values(&stream, &group), ["a"]);
        bench.call("DeleteStream").with("streamId", &stream).ok();
    }
    // A system clock that is wrong is brought within bounds.
    bench.engine.set_clock(Setting::System).unwrap();
    bench.time.advance(i64::MAX - START_MS);
    assert_eq!(bench.engine.clock().now_ms, MAX_MS);
}

#[test]
fn a_clock_that_goes_back_keeps_messages_in_order() {
    let bench = Bench::new();
    bench.stream("orders", 1);
    bench.engine.advance_clock(HOUR_MS).unwrap();
    bench.put("orders", &["a"]);
    bench.engine.set_clock(Setting::System).unwrap();
    bench.put("orders", &["b"]);
    let cursor = bench.cursor("orders", json!({"partition": "0", "type": "TRIM_HORIZON"}));
    let (messages, _) = bench.get("orders", &cursor);
    assert_eq!(messages[0].timestamp, "2026-03-14T02:02:03.456Z");
    assert_eq!(messages[1].timestamp, messages[0].timestamp);
}
