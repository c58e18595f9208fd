//! An engine with a clock to turn, points in it, and the program on a data folder.

use std::ops::Deref;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use ocelot::api::{Service, monitoring};
use ocelot::clock::rfc3339;
use ocelot::engine::{EngineOptions, Home};
use serde_json::{Value, json};
pub(crate) use test_support::{Asked, COMPARTMENT, DAY_MS, HOUR_MS, MINUTE_MS, printed};

/// When the tests begin: 2026-03-14T01:02:00Z.
pub(crate) const START_MS: i64 = 1_773_450_120_000;

const SERVICES: &[&Service] = &[&monitoring::SERVICE];

/// An engine under test.
pub(crate) struct Bench(test_support::Bench);

impl Deref for Bench {
    type Target = test_support::Bench;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::over(&Home::Memory, EngineOptions::default())
    }

    pub(crate) fn over(home: &Home, options: EngineOptions) -> Self {
        Self(test_support::Bench::open(SERVICES, home, options, START_MS).unwrap())
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.time.now_ms()
    }

    /// A post of metrics that all go well.
    pub(crate) fn post(&self, metrics: Vec<Value>) {
        let reply = self.post_call(metrics).value();
        assert_eq!(reply, json!({"failedMetricsCount": 0, "failedMetrics": []}));
    }

    pub(crate) fn post_call(&self, metrics: Vec<Value>) -> Asked<'_> {
        let body = json!({ "metricData": metrics });
        self.call("PostMetricData").body(body)
    }

    pub(crate) fn list(&self, details: Value) -> Vec<Value> {
        let call = self.call("ListMetrics").with("compartmentId", COMPARTMENT);
        array(&call.body(details).value())
    }

    pub(crate) fn query_call(&self, query: &str, more: Value) -> Asked<'_> {
        let mut body = json!({"namespace": "shop", "query": query});
        merge(&mut body, more);
        let call = self.call("SummarizeMetricsData");
        call.with("compartmentId", COMPARTMENT).body(body)
    }

    pub(crate) fn query(&self, query: &str, more: Value) -> Vec<Value> {
        array(&self.query_call(query, more).value())
    }

    /// The streams of a query in short: minutes from the start of the tests, and values.
    pub(crate) fn points(&self, query: &str, more: Value) -> Vec<Vec<(i64, f64)>> {
        let streams = self.query(query, more);
        let points = streams.iter().map(|stream| {
            let points = array(&stream["aggregatedDatapoints"]);
            let point = |point: &Value| {
                let at_ms = ocelot::clock::parse_rfc3339(text(&point["timestamp"])).unwrap();
                (
                    (at_ms - START_MS) / MINUTE_MS,
                    point["value"].as_f64().unwrap(),
                )
            };
            points.iter().map(point).collect()
        });
        points.collect()
    }
}

/// A metric of the tests with points: milliseconds and value.
pub(crate) fn metric(name: &str, dimensions: Value, points: &[(i64, f64)]) -> Value {
    let points = points
        .iter()
        .map(|(at_ms, value)| json!({"timestamp": rfc3339(*at_ms), "value": value}));
    json!({
        "namespace": "shop",
        "name": name,
        "compartmentId": COMPARTMENT,
        "dimensions": dimensions,
        "datapoints": points.collect::<Vec<_>>(),
    })
}

pub(crate) fn merge(object: &mut Value, more: Value) {
    let more = more.as_object().unwrap().clone();
    object.as_object_mut().unwrap().extend(more);
}

pub(crate) fn array(value: &Value) -> Vec<Value> {
    value.as_array().unwrap().clone()
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// The program on one data folder, with nothing of the user's surroundings.
pub(crate) fn command(home: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(test_support::ocelot());
    command
        .env_clear()
        .env("HOME", home.join("nobody"))
        .env("OCELOT_HOME", home)
        .args(words)
        .stdin(Stdio::null());
    command
}

pub(crate) fn run(home: &Path, words: &[&str]) -> Output {
    test_support::finish(command(home, words))
}
