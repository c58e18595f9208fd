//! What becomes of points as time passes: coarser, then gone; and what a query may look back to.

use ocelot::engine::{EngineOptions, Home};
use serde_json::{Value, json};

use crate::support::{Bench, DAY_MS, HOUR_MS, MINUTE_MS, START_MS, metric};

/// One series for 100 days: each hour at 15, 30 and 45 minutes past, the number of the hour.
fn post_days(bench: &Bench, days: i64) {
    for hour in 0..days * 24 {
        bench.time.advance(HOUR_MS);
        let begin = bench.now_ms() - HOUR_MS;
        let points: Vec<(i64, f64)> = [15, 30, 45]
            .map(|minute| (begin + minute * MINUTE_MS, hour as f64))
            .to_vec();
        bench.post(vec![metric("load", json!({"host": "a"}), &points)]);
    }
}

fn count(bench: &Bench, query: &str, days: i64) -> f64 {
    let start = ocelot::clock::rfc3339(bench.now_ms() - days * DAY_MS);
    let points = bench.points(query, json!({ "startTime": start }));
    let streams: Vec<(i64, f64)> = points.into_iter().flatten().collect();
    streams.iter().map(|(_, value)| value).sum()
}

#[test]
fn points_become_coarser_and_go_after_ninety_days() {
    let home = tempfile::tempdir().unwrap();
    let bench = Bench::over(
        &Home::Folder(home.path().to_owned()),
        EngineOptions::default(),
    );
    post_days(&bench, 100);
    // Three an hour, however coarse they are kept: nothing is lost, and nothing counts twice.
    assert_eq!(count(&bench, "load[1h].count()", 89), 89.0 * 72.0);
    // The first day begins at midnight, an hour before the range does.
    assert_eq!(count(&bench, "load[1d].count()", 89), 89.0 * 72.0 + 3.0);
    // A query looks back as far as its resolution lets it.
    assert_eq!(count(&bench, "load[1m].count()", 50), 7.0 * 72.0);
    assert_eq!(count(&bench, "load[5m].count()", 50), 30.0 * 72.0);
    assert_eq!(count(&bench, "load[1h].count()", 200), 90.0 * 72.0);
    // Values and times survive: the last value of each hour is its number.
    let start = ocelot::clock::rfc3339(bench.now_ms() - 80 * DAY_MS);
    let range = json!({"startTime": start, "resolution": "1h"});
    for (query, of_last) in [("load[1h].last()", 0.0), ("load[1h].increment()", -1.0)] {
        let points = &bench.points(query, range.clone())[0];
        let hour = |minute: i64| (minute * MINUTE_MS / HOUR_MS) as f64;
        for (minute, value) in points {
            // The tests begin two minutes after the hour, so a window holds the points of two rounds.
            let expected = if of_last == 0.0 { hour(*minute) } else { 1.0 };
            assert!(
                (value - expected).abs() <= 1.0,
                "{minute}: {value} and not {expected}"
            );
        }
    }
    let chunks = chunks(home.path(), bench);
    // 7 days of 2 hours, 23 of 10 hours, 60 of 5 days, and what is not yet old enough as a whole.
    assert!(
        (84 + 55 + 12..84 + 55 + 12 + 10).contains(&chunks),
        "{chunks}"
    );
}

/// How many rows hold the points.
fn chunks(home: &std::path::Path, bench: Bench) -> i64 {
    drop(bench);
    let database = rusqlite::Connection::open(home.join("ocelot.db")).unwrap();
    let count = database.query_row("SELECT COUNT(*) FROM metric_chunk", [], |row| row.get(0));
    count.unwrap()
}

#[test]
fn silent_series_are_forgotten_with_their_points() {
    let home = tempfile::tempdir().unwrap();
    let bench = Bench::over(
        &Home::Folder(home.path().to_owned()),
        EngineOptions::default(),
    );
    let metrics = |name: &str, count: i64| -> Vec<Value> {
        let at_ms = bench.now_ms();
        let one =
            |number: i64| metric(name, json!({"number": number.to_string()}), &[(at_ms, 1.0)]);
        (0..count).map(one).collect()
    };
    bench.post(metrics("old", 10));
    bench.time.advance(80 * DAY_MS);
    bench.post(metrics("young", 1));
    assert_eq!(bench.list(json!({})).len(), 11);
    bench.time.advance(11 * DAY_MS);
    // Some are forgotten with each post that begins a new stretch of time.
    for _ in 0..4 {
        bench.post(metrics("young", 1));
        bench.time.advance(4 * HOUR_MS);
    }
    assert_eq!(bench.list(json!({"name": "old"})), Vec::<Value>::new());
    assert_eq!(bench.list(json!({})).len(), 1);
    assert!(chunks(home.path(), bench) <= 5);
}

#[test]
fn points_survive_the_end_of_the_process() {
    let home = tempfile::tempdir().unwrap();
    let folder = Home::Folder(home.path().to_owned());
    let bench = Bench::over(&folder, EngineOptions::default());
    bench.post(vec![metric(
        "load",
        json!({"host": "a"}),
        &[(START_MS, 3.0), (START_MS - 1, 4.0)],
    )]);
    drop(bench);
    let bench = Bench::over(&folder, EngineOptions::default());
    bench.post(vec![metric(
        "load",
        json!({"host": "a"}),
        &[(START_MS - 2, 5.0)],
    )]);
    assert_eq!(bench.points("load[1m].sum()", json!({})), [[(0, 12.0)]]);
    assert_eq!(bench.points("load[1m].first()", json!({})), [[(0, 5.0)]]);
    assert_eq!(
        bench.points("load[1m].percentile(0.4)", json!({})),
        [[(0, 4.0)]]
    );
}
