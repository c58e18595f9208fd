//! Queries over points in memory: examples, and a model that reckons every window by itself.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::ops::RangeInclusive;

use proptest::prelude::*;

use super::super::mql::{self, Grouping, MetricQuery, Statistic};
use super::{EvaluateError, Source, Stream, Windows, check_size, evaluate};
use crate::store::{Bucket, Series, SeriesKey, Stamped};

const MINUTE_MS: i64 = 60_000;

/// A point: milliseconds, value, count.
type Point = (i64, f64, u64);

#[derive(Clone, Debug, Default)]
struct Memory(Vec<(Series, Vec<Point>)>);

impl Memory {
    /// With one more series, whose dimensions are `name=value` pairs.
    fn with(mut self, name: &str, dimensions: &str, points: &[Point]) -> Self {
        let pairs = dimensions.split_whitespace();
        let dimensions = pairs.map(|pair| {
            let (name, value) = pair.split_once('=').unwrap();
            (name.to_owned(), value.to_owned())
        });
        let series = Series {
            series_no: self.0.len() as i64,
            key: SeriesKey {
                namespace: "shop".to_owned(),
                name: name.to_owned(),
                compartment_id: "c".to_owned(),
                resource_group: String::new(),
                dimensions: dimensions.collect(),
            },
            metadata: BTreeMap::new(),
        };
        self.0.push((series, points.to_vec()));
        self
    }

    /// With a point at the end of each minute.
    fn minutes(self, name: &str, dimensions: &str, values: &[(i64, f64)]) -> Self {
        let points = values
            .iter()
            .map(|(minute, value)| (minute * MINUTE_MS, *value, 1));
        self.with(name, dimensions, &points.collect::<Vec<_>>())
    }
}

impl Source for Memory {
    type Error = Infallible;

    fn series(&self, metric: &MetricQuery) -> Result<Vec<Series>, Infallible> {
        let group = metric.resource_group.as_deref().unwrap_or_default();
        let series = self.0.iter().map(|(series, _)| series);
        let asked = series
            .filter(|series| series.key.name == metric.name && series.key.resource_group == group);
        Ok(asked.cloned().collect())
    }

    fn visit_buckets(
        &self,
        series_no: i64,
        _minutes: &RangeInclusive<i64>,
        mut visit: impl FnMut(&Bucket),
    ) -> Result<(), Infallible> {
        let (_, points) = &self.0[usize::try_from(series_no).unwrap()];
        for (at_ms, value, count) in points {
            let (at_ms, value) = (*at_ms, *value);
            visit(&Bucket::of(Stamped { at_ms, value }, *count));
        }
        Ok(())
    }
}

fn streams(memory: &Memory, query: &str, (first, last, step): (i64, i64, i64)) -> Vec<Stream> {
    let query = mql::parse(query).unwrap_or_else(|error| panic!("{error}"));
    let windows = Windows { first, last, step };
    evaluate(&query, memory, windows).unwrap()
}

/// The streams in short: `dimensions: minute=value …`, in order.
fn shown(memory: &Memory, query: &str, windows: (i64, i64, i64)) -> Vec<String> {
    let streams = streams(memory, query, windows);
    let mut lines: Vec<String> = streams
        .iter()
        .map(|stream| {
            let dimensions = stream.identity.dimensions.iter();
            let dimensions: Vec<String> = dimensions
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            let points = stream.points.iter();
            let points: Vec<String> = points
                .map(|point| format!("{}={}", point.end_minute, point.value))
                .collect();
            format!("{}: {}", dimensions.join(","), points.join(" "))
        })
        .collect();
    lines.sort();
    lines
}

fn hosts() -> Memory {
    Memory::default()
        .minutes("cpu", "host=a pool=x", &[(1, 10.0), (2, 90.0), (3, 30.0)])
        .minutes("cpu", "host=b pool=x", &[(1, 20.0), (2, 95.0)])
        .minutes("cpu", "host=c-1 pool=y", &[(2, 5.0), (3, 99.0)])
        .minutes("free", "host=a pool=x", &[(2, 1.0), (3, 2.0)])
        .minutes("total", "site=one", &[(1, 100.0), (2, 200.0)])
}

#[test]
fn metrics_are_filtered_grouped_and_reckoned() {
    let all = (1, 3, 1);
    for (query, expected) in [
        (
            "cpu[1m]{pool = \"y\"}.mean()",
            vec!["host=c-1,pool=y: 2=5 3=99"],
        ),
        (
            "cpu[1m]{host =~ \"b|c-*\", pool != \"x\"}.mean()",
            vec!["host=c-1,pool=y: 2=5 3=99"],
        ),
        (
            "cpu[1m]{Pool = \"y\"}.max()",
            vec!["host=c-1,pool=y: 2=5 3=99"],
        ),
        ("cpu[1m]{pool = \"Y\"}.max()", vec![]),
        (
            "cpu[1m]{disk != \"1\"}.grouping().count()",
            vec![": 1=2 2=3 3=2"],
        ),
        ("cpu[1m]{disk =~ \"*\"}.grouping().count()", vec![]),
        (
            "cpu[1m]{compartmentID = \"c\"}.grouping().sum()",
            vec![": 1=30 2=190 3=129"],
        ),
        (
            "cpu[1m].groupBy(pool).max()",
            vec!["pool=x: 1=20 2=95 3=30", "pool=y: 2=5 3=99"],
        ),
        (
            "cpu[1m].grouping().percentile(0.5)",
            vec![": 1=10 2=90 3=30"],
        ),
        (
            "cpu[1m]{host=\"a\"}.increment()",
            vec!["host=a,pool=x: 2=80 3=-60"],
        ),
        (
            "cpu[1m].grouping().rate()",
            vec![": 2=2.5833333333333335 3=0.5666666666666667"],
        ),
        ("gone[1m].mean()", vec![]),
    ] {
        assert_eq!(shown(&hosts(), query, all), expected, "{query}");
    }
}

#[test]
fn predicates_filter_and_queries_combine() {
    let all = (1, 3, 1);
    for (query, expected) in [
        (
            "cpu[1m].mean() > 90",
            vec!["host=b,pool=x: 2=95", "host=c-1,pool=y: 3=99"],
        ),
        (
            "cpu[1m]{pool=\"x\"}.mean() in (20, 90)",
            vec!["host=a,pool=x: 2=90 3=30", "host=b,pool=x: 1=20"],
        ),
        (
            "cpu[1m]{host=\"a\"}.mean() not in (10, 90)",
            vec!["host=a,pool=x: 1=10 2=90"],
        ),
        (
            "100 - cpu[1m]{host=\"a\"}.mean()",
            vec!["host=a,pool=x: 1=90 2=10 3=70"],
        ),
        (
            "cpu[1m]{host=\"a\"}.mean() / (cpu[1m]{host=\"a\"}.mean() - 90) + 1 * 2",
            vec!["host=a,pool=x: 1=1.875 3=1.5"],
        ),
        (
            "cpu[1m].mean() - free[1m].mean()",
            vec!["host=a,pool=x: 2=89 3=28"],
        ),
        (
            "cpu[1m].groupBy(pool).sum() * 100 / cpu[1m].grouping().sum()",
            vec![
                "pool=x: 1=100 2=97.36842105263158 3=23.25581395348837",
                "pool=y: 2=2.6315789473684212 3=76.74418604651163",
            ],
        ),
        (
            "cpu[1m].mean() > 80 && free[1m].mean() >= 1",
            vec!["host=a,pool=x: 2=90"],
        ),
        (
            "free[1m].mean() > 1 || cpu[1m].mean() > 98",
            vec!["host=a,pool=x: 3=2", "host=c-1,pool=y: 3=99"],
        ),
        (
            "cpu[1m].mean() > 98 || cpu[1m].grouping().count() > 2",
            vec!["host=c-1,pool=y: 2=3 3=99"],
        ),
        ("(cpu[1m].max() > 80).grouping().sum()", vec![": 2=2 3=1"]),
        (
            "(cpu[1m].groupBy(pool).mean() < 99).grouping().count()",
            vec![": 1=1 2=2 3=1"],
        ),
        (
            "(cpu[1m].mean()).groupBy(pool).sum()",
            vec!["pool=x: 1=30 2=185 3=30", "pool=y: 2=5 3=99"],
        ),
        (
            "cpu[1m].groupBy(pool).max().grouping().min()",
            vec![": 1=20 2=5 3=30"],
        ),
        (
            "(cpu[1m].grouping().count()).increment()",
            vec![": 2=1 3=-1"],
        ),
        (
            "(cpu[1m].max() > 50 && cpu[1m].max() < 92).sum()",
            vec!["host=a,pool=x: 2=1"],
        ),
    ] {
        assert_eq!(shown(&hosts(), query, all), expected, "{query}");
    }
}

#[test]
fn windows_slide_by_the_resolution() {
    let values: Vec<(i64, f64)> = (1..=10).map(|minute| (minute, minute as f64)).collect();
    let memory = Memory::default().minutes("load", "host=a", &values);
    for (query, windows, expected) in [
        ("load[5m].max()", (5, 10, 5), "host=a: 5=5 10=10"),
        ("load[5m].max()", (4, 8, 1), "host=a: 4=4 5=5 6=6 7=7 8=8"),
        ("load[5m].min()", (4, 8, 1), "host=a: 4=1 5=1 6=2 7=3 8=4"),
        ("load[2m].sum()", (5, 10, 5), "host=a: 5=9 10=19"),
        (
            "load[3m].first()",
            (2, 10, 2),
            "host=a: 2=1 4=2 6=4 8=6 10=8",
        ),
        ("load[5m].percentile(.9)", (5, 7, 1), "host=a: 5=5 6=6 7=7"),
    ] {
        assert_eq!(shown(&memory, query, windows), [expected], "{query}");
    }
}

#[test]
fn absence_is_news_for_a_while() {
    let memory = Memory::default().minutes("beat", "host=a", &[(10, 1.0), (11, 1.0)]);
    for (query, windows, expected) in [
        (
            "beat[1m].absent(3m)",
            (8, 20, 1),
            "host=a: 10=0 11=0 12=1 13=1 14=1",
        ),
        (
            "beat[2m].absent(3)",
            (8, 20, 1),
            "host=a: 10=0 11=0 12=0 13=1 14=1",
        ),
        ("beat[1m].absent()", (130, 133, 1), "host=a: 130=1 131=1"),
        ("beat[1m].absent(1h)", (71, 71, 1), "host=a: 71=1"),
        (
            "(beat[1m].sum()).absent(2m)",
            (12, 20, 1),
            "host=a: 12=1 13=1",
        ),
        (
            "beat[1m].absent(3m) == 1",
            (8, 20, 1),
            "host=a: 12=1 13=1 14=1",
        ),
    ] {
        assert_eq!(shown(&memory, query, windows), [expected], "{query}");
    }
}

#[test]
fn results_may_not_be_too_large() {
    let streams = streams(&hosts(), "cpu[1m].mean()", (1, 3, 1));
    let refused = |streams_allowed, datapoints_allowed| {
        check_size::<Infallible>(&streams, streams_allowed, datapoints_allowed).unwrap_err()
    };
    assert_eq!(
        refused(2, 100),
        EvaluateError::TooManyStreams { found: 3, most: 2 }
    );
    assert_eq!(
        refused(3, 6),
        EvaluateError::TooManyDatapoints { found: 7, most: 6 }
    );
    assert!(
        refused(2, 100)
            .to_string()
            .starts_with("exceeded maximum metric streams")
    );
}

/// The value of a window, reckoned from its points by themselves.
fn model(statistic: &Statistic, points: &[Point]) -> Option<f64> {
    let mut sorted = points.to_vec();
    sorted.sort_by(|one, other| (one.0, one.1).partial_cmp(&(other.0, other.1)).unwrap());
    let (first, last) = (sorted.first()?.1, sorted.last()?.1);
    let mut values: Vec<f64> = sorted
        .iter()
        .flat_map(|(_, value, count)| std::iter::repeat_n(*value, usize::try_from(*count).unwrap()))
        .collect();
    values.sort_by(f64::total_cmp);
    let sum: f64 = values.iter().sum();
    Some(match statistic {
        Statistic::Count => values.len() as f64,
        Statistic::First => first,
        Statistic::Last => last,
        Statistic::Max => values[values.len() - 1],
        Statistic::Mean => sum / values.len() as f64,
        Statistic::Min => values[0],
        Statistic::Percentile(part) => {
            let rank = (part * values.len() as f64).ceil() as usize;
            values[rank.max(1) - 1]
        }
        Statistic::Sum => sum,
        Statistic::Absent(_) | Statistic::Increment | Statistic::Rate => unreachable!(),
    })
}

fn in_window(points: &[Point], end: i64, interval: i64) -> Vec<Point> {
    let (from, to) = ((end - interval) * MINUTE_MS, end * MINUTE_MS);
    let points = points.iter().copied();
    points
        .filter(|(at_ms, ..)| from < *at_ms && *at_ms <= to)
        .collect()
}

/// What a group of series comes to in a window, by the plain meaning of the words.
fn group_model(query: &MetricQuery, series: &[&Vec<Point>], end: i64) -> Option<f64> {
    let interval = query.interval.minutes();
    let all: Vec<Point> = series
        .iter()
        .flat_map(|points| points.iter().copied())
        .collect();
    match &query.statistic {
        Statistic::Absent(period) => {
            let before = in_window(&all, end, 1_000_000);
            let latest = before.iter().map(|point| point.0).max()?;
            let silent = end - (latest + MINUTE_MS - 1).div_euclid(MINUTE_MS);
            match silent {
                silent if silent < interval => Some(0.0),
                silent if silent <= period.map_or(120, |period| period.minutes()) => Some(1.0),
                _ => None,
            }
        }
        Statistic::Increment | Statistic::Rate => {
            let changes = series.iter().filter_map(|points| {
                let last = model(&Statistic::Last, &in_window(points, end, interval))?;
                let before = in_window(points, end - interval, interval);
                Some(last - model(&Statistic::Last, &before)?)
            });
            let changes: Vec<f64> = changes.collect();
            let sum: f64 = changes.iter().sum();
            let seconds = match query.statistic {
                Statistic::Rate => (interval * 60) as f64,
                _ => 1.0,
            };
            (!changes.is_empty()).then_some(sum / seconds)
        }
        statistic => model(statistic, &in_window(&all, end, interval)),
    }
}

fn points() -> impl Strategy<Value = Vec<Point>> {
    let at_ms = prop_oneof![
        0..200 * MINUTE_MS,
        (0..200_i64).prop_map(|minute| minute * MINUTE_MS)
    ];
    prop::collection::vec((at_ms, (-9..9_i32).prop_map(f64::from), 1..3_u64), 0..40)
}

fn query() -> impl Strategy<Value = String> {
    let interval = prop::sample::select(vec!["1m", "2m", "3m", "5m", "10m", "1h"]);
    let grouping = prop::sample::select(vec![
        "",
        ".grouping()",
        ".groupBy(host)",
        ".groupBy(disk, host)",
    ]);
    let statistic = prop::sample::select(vec![
        "absent()",
        "absent(7m)",
        "avg()",
        "count()",
        "first()",
        "increment()",
        "last()",
        "max()",
        "mean()",
        "min()",
        "percentile(0.1)",
        "percentile(0.5)",
        "percentile(0.99)",
        "rate()",
        "sum()",
    ]);
    (interval, grouping, statistic)
        .prop_map(|(interval, grouping, statistic)| format!("m[{interval}]{grouping}.{statistic}"))
}

proptest! {
    #[test]
    fn it_agrees_with_the_plain_meaning(
        one in points(),
        two in points(),
        three in points(),
        query in query(),
        step in prop::sample::select(vec![1_i64, 2, 4, 5, 15, 60]),
        from in 0..30_i64,
    ) {
        let named = [("host=a disk=1", one), ("host=a disk=2", two), ("host=b disk=1", three)];
        let mut memory = Memory::default();
        for (dimensions, points) in &named {
            memory = memory.with("m", dimensions, points);
        }
        let windows = (from * step, from * step + 100, step);
        let mql::Expression::Metric(parsed) = mql::parse(&query).unwrap() else {
            panic!("no metric");
        };
        let groups: Vec<Vec<&Vec<Point>>> = match &parsed.grouping {
            Some(Grouping::All) => vec![named.iter().map(|(_, points)| points).collect()],
            Some(Grouping::By(by)) if by.len() == 1 => {
                vec![vec![&named[0].1, &named[1].1], vec![&named[2].1]]
            }
            _ => named.iter().map(|(_, points)| vec![points]).collect(),
        };
        let ends = (windows.0..=windows.1).step_by(usize::try_from(step).unwrap());
        let mut expected: Vec<Vec<(i64, f64)>> = groups
            .iter()
            .map(|group| {
                let values = ends.clone().filter_map(|end| Some((end, group_model(&parsed, group, end)?)));
                values.collect()
            })
            .collect();
        expected.retain(|points: &Vec<(i64, f64)>| !points.is_empty());
        let found = streams(&memory, &query, windows);
        let mut found: Vec<Vec<(i64, f64)>> = found
            .iter()
            .map(|stream| stream.points.iter().map(|p| (p.end_minute, p.value)).collect())
            .collect();
        for list in [&mut expected, &mut found] {
            list.sort_by(|one, other| one.partial_cmp(other).unwrap());
        }
        prop_assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(&expected) {
            prop_assert_eq!(found.len(), expected.len(), "{:?} {:?}", found, expected);
            for (one, other) in found.iter().zip(expected) {
                prop_assert!(one.0 == other.0 && (one.1 - other.1).abs() < 1e-9, "{:?} {:?}", one, other);
            }
        }
    }
}
