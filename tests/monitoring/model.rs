//! Points posted in any order and number, queried, and reckoned once more by themselves.

use proptest::prelude::*;
use serde_json::json;

use crate::support::{Bench, HOUR_MS, MINUTE_MS, START_MS, metric};

/// The points of a window, sorted by time and value.
fn in_window(points: &[(i64, f64)], end_minute: i64, interval: i64) -> Vec<(i64, f64)> {
    let end_ms = START_MS + end_minute * MINUTE_MS;
    let begin_ms = end_ms - interval * MINUTE_MS;
    let points = points.iter().copied();
    let mut points: Vec<_> = points
        .filter(|(at_ms, _)| begin_ms < *at_ms && *at_ms <= end_ms)
        .collect();
    points.sort_by(|one, other| one.partial_cmp(other).unwrap());
    points
}

fn reckon(statistic: &str, points: &[(i64, f64)]) -> f64 {
    let mut values: Vec<f64> = points.iter().map(|(_, value)| *value).collect();
    values.sort_by(f64::total_cmp);
    match statistic {
        "count" => values.len() as f64,
        "sum" => values.iter().sum(),
        "min" => values[0],
        "max" => values[values.len() - 1],
        "first" => points[0].1,
        "last" => points[points.len() - 1].1,
        "percentile" => values[values.len().div_ceil(2) - 1],
        other => panic!("{other}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn queries_agree_with_the_points_that_were_posted(
        posts in prop::collection::vec(
            prop::collection::vec((1 - 2 * HOUR_MS..=0, -50..50_i32), 1..20),
            1..8,
        ),
        interval in prop::sample::select(vec![1_i64, 3, 5, 60]),
    ) {
        let bench = Bench::new();
        let mut all: Vec<(i64, f64)> = Vec::new();
        for points in posts {
            let points: Vec<(i64, f64)> = points
                .into_iter()
                .map(|(age_ms, value)| (START_MS + age_ms, f64::from(value)))
                .collect();
            bench.post(vec![metric("m", json!({"host": "a"}), &points)]);
            all.extend(points);
        }
        // The tests begin two minutes after the hour; windows lie at multiples of the interval.
        let first = (2 - 200 + interval - 1).div_euclid(interval) * interval - 2;
        let ends: Vec<i64> = (0..)
            .map(|number| first + number * interval)
            .take_while(|end| *end < interval)
            .filter(|end| !in_window(&all, *end, interval).is_empty())
            .collect();
        for statistic in ["count", "sum", "min", "max", "first", "last", "percentile"] {
            let argument = if statistic == "percentile" { "0.5" } else { "" };
            let query = format!("m[{interval}m].{statistic}({argument})");
            let expected: Vec<(i64, f64)> = ends
                .iter()
                .map(|end| (*end, reckon(statistic, &in_window(&all, *end, interval))))
                .collect();
            prop_assert_eq!(&bench.points(&query, json!({}))[0], &expected, "{}", query);
        }
    }
}
