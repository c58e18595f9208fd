//! Queries: their replies, ranges, resolutions and limits.

use serde_json::{Value, json};

use crate::support::{Bench, COMPARTMENT, HOUR_MS, MINUTE_MS, START_MS, merge, metric};

/// Points each minute of the last hour at two sites: the minute's number, from -59 to 0, and twice as much.
fn bench() -> Bench {
    let bench = Bench::new();
    let minutes = -59..=0;
    let points = |factor: f64| -> Vec<(i64, f64)> {
        let minutes = minutes.clone();
        minutes
            .map(|minute| (START_MS + minute * MINUTE_MS, factor * minute as f64))
            .collect()
    };
    bench.post(vec![
        metric("orders", json!({"site": "berlin"}), &points(1.0)),
        metric("orders", json!({"site": "rome"}), &points(2.0)),
    ]);
    bench
}

fn at(minute: i64) -> String {
    ocelot::clock::rfc3339(START_MS + minute * MINUTE_MS)
}

#[test]
fn a_reply_tells_what_it_is_about() {
    let bench = bench();
    let mut fresh = metric("latency", json!({"site": "rome"}), &[(START_MS - 1, 2.5)]);
    merge(&mut fresh, json!({"metadata": {"unit": "ms"}}));
    bench.post(vec![fresh]);
    assert_eq!(
        bench.query("latency[1m].mean()", json!({})),
        [json!({
            "namespace": "shop",
            "resourceGroup": null,
            "compartmentId": COMPARTMENT,
            "name": "latency",
            "dimensions": {"site": "rome"},
            "metadata": {"unit": "ms"},
            "resolution": "1m",
            "aggregatedDatapoints": [{"timestamp": "2026-03-14T01:02:00.000Z", "value": 2.5}],
        })]
    );
    assert!(bench.query("gone[1m].mean()", json!({})).is_empty());
    assert!(
        bench
            .query("orders[1m].mean()", json!({"namespace": "other"}))
            .is_empty()
    );
}

#[test]
fn the_range_begins_with_its_start_and_ends_before_its_end() {
    let bench = bench();
    let berlin = "orders[1m]{site = \"berlin\"}.sum()";
    let range = |start: i64, end: i64| json!({"startTime": at(start), "endTime": at(end)});
    assert_eq!(
        bench.points(berlin, range(-5, -3)),
        [vec![(-5, -5.0), (-4, -4.0)]]
    );
    assert_eq!(bench.points(berlin, json!({}))[0].len(), 60);
    // The window that is open shows what was posted just now.
    bench.time.advance(MINUTE_MS + 1000);
    bench.post(vec![metric(
        "orders",
        json!({"site": "berlin"}),
        &[(bench.now_ms(), 7.0)],
    )]);
    let points = bench.points(berlin, json!({"startTime": at(0)}));
    assert_eq!(points, [vec![(0, 0.0), (2, 7.0)]]);
    let points = bench.points(berlin, range(0, 2));
    assert_eq!(points, [vec![(0, 0.0)]]);
    for (start, end) in [(0, 0), (0, -1), (3, 3)] {
        let call = bench.query_call(berlin, range(start, end));
        let message = call.fails(400, "InvalidParameter");
        assert!(message.contains("must be before endTime"), "{message}");
    }
}

#[test]
fn windows_lie_at_multiples_of_the_resolution() {
    let bench = bench();
    let berlin = |rest: &str| format!("orders{rest}");
    let range = json!({"startTime": at(-12), "endTime": at(0)});
    let site = "{site = \"berlin\"}";
    let points = |query: &str, more: Value| {
        let mut details = range.clone();
        merge(&mut details, more);
        bench.points(query, details)
    };
    // The tests begin two minutes after the hour.
    assert_eq!(
        points(&berlin(&format!("[5m]{site}.max()")), json!({})),
        [vec![(-12, -12.0), (-7, -7.0), (-2, -2.0)]]
    );
    assert_eq!(
        points(
            &berlin(&format!("[10m]{site}.count()")),
            json!({"resolution": "10m"})
        ),
        [vec![(-12, 10.0), (-2, 10.0)]]
    );
    assert_eq!(
        points(
            &berlin(&format!("[5m]{site}.min()")),
            json!({"resolution": "1m", "startTime": at(-3)})
        ),
        [vec![(-3, -7.0), (-2, -6.0), (-1, -5.0)]]
    );
    for wrong in ["61m", "2d", "0m", "5", "m", "+5m", "25h", "", "1s"] {
        let call = bench.query_call("orders[1m].sum()", json!({"resolution": wrong}));
        let message = call.fails(400, "InvalidParameter");
        assert!(
            message.starts_with("resolution must be 1m to 60m"),
            "{message}"
        );
    }
}

#[test]
fn what_the_query_says_is_reckoned() {
    let bench = bench();
    let last = json!({"startTime": at(-1)});
    for (query, expected) in [
        (
            "orders[1m].grouping().sum()",
            vec![vec![(-1, -3.0), (0, 0.0)]],
        ),
        (
            "orders[1m].groupBy(site).mean() < -1",
            vec![vec![(-1, -2.0)]],
        ),
        (
            "(orders[1m].max() < 0).grouping().sum()",
            vec![vec![(-1, 2.0)]],
        ),
        (
            "100 + orders[1m]{site =~ \"r*|x\"}.sum()",
            vec![vec![(-1, 98.0), (0, 100.0)]],
        ),
        ("orders[2m].grouping().increment()", vec![vec![(0, 6.0)]]),
        (
            "orders[1h].grouping().percentile(0.5)",
            vec![vec![(58, -1.0)]],
        ),
        (
            "ORDERS[1m]{SITE = \"rome\"}.last()",
            vec![vec![(-1, -2.0), (0, 0.0)]],
        ),
    ] {
        assert_eq!(bench.points(query, last.clone()), expected, "{query}");
    }
}

#[test]
fn a_query_that_cannot_be_read_is_shown_with_its_fault() {
    let bench = bench();
    let message = bench
        .query_call("orders[1m].average()", json!({}))
        .fails(400, "InvalidParameter");
    assert_eq!(
        message,
        "query cannot be read: expected a statistic: absent, avg, count, first, increment, last, max, mean, \
         min, percentile, rate or sum, found \"average\" at column 12\n  orders[1m].average()\n             ^"
    );
}

#[test]
fn resource_groups_are_kept_apart() {
    let bench = bench();
    let mut beta = metric("orders", json!({"site": "berlin"}), &[(START_MS, 77.0)]);
    merge(&mut beta, json!({"resourceGroup": "beta"}));
    bench.post(vec![beta]);
    let now = |more: Value| {
        let mut details = json!({"startTime": at(0)});
        merge(&mut details, more);
        details
    };
    let sum = "orders[1m].grouping().sum()";
    assert_eq!(bench.points(sum, now(json!({}))), [[(0, 0.0)]]);
    assert_eq!(
        bench.points(sum, now(json!({"resourceGroup": "beta"}))),
        [[(0, 77.0)]]
    );
    assert_eq!(
        bench.points("beta::orders[1m].max()", now(json!({}))),
        [[(0, 77.0)]]
    );
    let found = bench.query(sum, now(json!({"resourceGroup": "beta"})));
    assert_eq!(found[0]["resourceGroup"], "beta");
}

#[test]
fn results_have_their_limits() {
    let bench = Bench::new();
    for first in (0..2001).step_by(50) {
        let metrics = (first..(first + 50).min(2001)).map(|number| {
            metric(
                "many",
                json!({"number": number.to_string()}),
                &[(START_MS, 1.0)],
            )
        });
        bench.post(metrics.collect());
    }
    let message = bench
        .query_call("many[1m].sum()", json!({}))
        .fails(400, "InvalidParameter");
    assert!(
        message.starts_with("exceeded maximum metric streams: 2001"),
        "{message}"
    );
    assert_eq!(
        bench.points("many[1m].grouping().count()", json!({})),
        [[(0, 2001.0)]]
    );
    let spread: Vec<(i64, f64)> = (0..60)
        .map(|minute| (START_MS - minute * MINUTE_MS, 1.0))
        .collect();
    for first in (0..1700).step_by(50) {
        let metrics = (first..first + 50)
            .map(|number| metric("long", json!({"number": number.to_string()}), &spread));
        bench.post(metrics.collect());
    }
    let message = bench
        .query_call("long[1m].sum()", json!({}))
        .fails(400, "InvalidParameter");
    assert!(
        message.starts_with("exceeded maximum datapoints: 102000"),
        "{message}"
    );
    let since = bench.now_ms() - HOUR_MS / 2;
    let since = json!({"startTime": ocelot::clock::rfc3339(since)});
    assert_eq!(bench.query("long[1m].sum()", since).len(), 1700);
}

#[test]
fn a_reply_warns_of_what_it_leaves_out() {
    let bench = bench();
    let warning = |query: &str, more: Value| {
        let reply = bench.query_call(query, more).ok();
        reply.headers.get("ocelot-warning").cloned()
    };
    let sum = "orders[1m].sum()";
    assert_eq!(warning(sum, json!({})), None);
    let days = |days: i64| ocelot::clock::rfc3339(START_MS - days * 24 * HOUR_MS - 1);
    let told = warning(sum, json!({"startTime": days(7)})).unwrap();
    assert!(
        told.starts_with("nothing before 2026-03-07T01:02:00.000Z is looked at"),
        "{told}"
    );
    for (resolution, reaches, reaches_not) in [("5m", 29, 30), ("1h", 89, 90), ("1d", 89, 90)] {
        let query = format!("orders[{resolution}].sum()");
        let more = |days_back| json!({"startTime": days(days_back), "resolution": resolution});
        assert_eq!(warning(&query, more(reaches)), None, "{resolution}");
        assert!(warning(&query, more(reaches_not)).is_some(), "{resolution}");
    }
    assert_eq!(
        warning("orders[5m].sum()", json!({"resolution": "1m"})),
        None
    );
}

#[test]
fn a_resolution_longer_than_the_interval_is_refused() {
    let bench = bench();
    let longer = bench.query_call("orders[1m].sum()", json!({"resolution": "5m"}));
    let message = longer.fails(400, "InvalidParameter");
    assert_eq!(
        message,
        "resolution 5m is longer than the query's interval of 1m, so that what is between the windows would be \
         left out: ask for [5m], or for a resolution of 1m or less"
    );
}

#[test]
fn a_window_that_is_open_is_not_absent_yet() {
    let bench = Bench::new();
    let posted = metric("beats", json!({"host": "a"}), &[(bench.now_ms(), 1.0)]);
    bench.post(vec![posted]);
    bench.time.advance(MINUTE_MS / 2);
    let absent = || bench.points("beats[1m].absent()", json!({}));
    assert_eq!(absent(), [[(0, 0.0)]]);
    bench.time.advance(MINUTE_MS);
    assert_eq!(absent(), [[(0, 0.0), (1, 1.0)]]);
}

#[test]
fn a_range_that_is_empty_because_of_a_default_says_so() {
    let bench = bench();
    let query = "orders[1m].sum()";
    for (more, told) in [
        (
            json!({"endTime": at(-240)}),
            "startTime 2026-03-13T22:02:00.000Z (three hours ago, since none is given) must be before endTime \
             2026-03-13T21:02:00.000Z",
        ),
        (
            json!({"startTime": at(1)}),
            "startTime 2026-03-14T01:03:00.000Z must be before endTime 2026-03-14T01:02:00.000Z (now, since none \
             is given)",
        ),
    ] {
        let message = bench.query_call(query, more).fails(400, "InvalidParameter");
        assert_eq!(message, told);
    }
}

#[test]
fn a_namespace_without_a_name_is_refused() {
    let bench = bench();
    let query = bench.query_call("orders[1m].sum()", json!({"namespace": " "}));
    let message = query.fails(400, "InvalidParameter");
    assert_eq!(message, "namespace is empty: name one, as oci_queue");
    let list = bench.call("ListMetrics").with("compartmentId", COMPARTMENT);
    let list = list.body(json!({"namespace": ""}));
    let message = list.fails(400, "InvalidParameter");
    assert_eq!(message, "namespace is empty: name one, as oci_queue");
}
