//! An engine with a clock to turn, points in it, and the program on a data folder.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use ocelot::api::model::{Kind, Model};
use ocelot::api::monitoring;
use ocelot::api::operation::{Place, ReplyBody};
use ocelot::call::{ApiError, Call, Reply};
use ocelot::clock::{Clock, rfc3339};
use ocelot::engine::{Engine, EngineOptions, Home};
use serde_json::{Value, json};

/// When the tests begin: 2026-03-14T01:02:00Z.
pub(crate) const START_MS: i64 = 1_773_450_120_000;

pub(crate) const MINUTE_MS: i64 = 60_000;
pub(crate) const HOUR_MS: i64 = 60 * MINUTE_MS;
pub(crate) const DAY_MS: i64 = 24 * HOUR_MS;

pub(crate) const COMPARTMENT: &str = "ocid1.compartment.oc1..shop";

/// A clock that stands still until it is turned.
#[derive(Clone)]
pub(crate) struct Time(Arc<AtomicI64>);

impl Time {
    pub(crate) fn advance(&self, by_ms: i64) {
        self.0.fetch_add(by_ms, Ordering::SeqCst);
    }
}

impl Clock for Time {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// An engine under test.
pub(crate) struct Bench {
    pub(crate) engine: Engine,
    pub(crate) time: Time,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::over(&Home::Memory, EngineOptions::default())
    }

    pub(crate) fn over(home: &Home, options: EngineOptions) -> Self {
        let time = Time(Arc::new(AtomicI64::new(START_MS)));
        let clock = Box::new(time.clone());
        let engine = Engine::open_with(home, options, clock, Duration::from_secs(1)).unwrap();
        Self { engine, time }
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.time.now_ms()
    }

    /// A call of an operation of Monitoring, to be filled in.
    pub(crate) fn call(&self, operation: &str) -> Asked<'_> {
        let mut operations = monitoring::SERVICE.operations();
        let operation = operations.find(|one| one.id.to_string() == operation);
        Asked {
            engine: &self.engine,
            call: Call::new(operation.unwrap()),
        }
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

/// A call in the making.
#[must_use]
pub(crate) struct Asked<'e> {
    engine: &'e Engine,
    pub(crate) call: Call,
}

impl Asked<'_> {
    /// Sets a parameter where the operation has it.
    pub(crate) fn with(mut self, wire: &'static str, value: &str) -> Self {
        let mut params = self.call.operation.params.iter();
        let place = params.find(|param| param.wire == wire).unwrap().place;
        assert_eq!(place, Place::Query);
        self.call.query.insert(wire, value.to_owned());
        self
    }

    pub(crate) fn body(mut self, body: Value) -> Self {
        self.call.body = Some(body);
        self
    }

    /// The same call, made by another tenancy.
    pub(crate) fn by(mut self, tenancy_id: &str) -> Self {
        self.call.origin.tenancy_id = tenancy_id.to_owned();
        self
    }

    pub(crate) fn answer(self) -> Result<Reply, ApiError> {
        self.engine.answer(&self.call)
    }

    /// The reply, whose body is as the operation's model says.
    pub(crate) fn ok(self) -> Reply {
        let operation = self.call.operation;
        let name = operation.id;
        let reply = self.answer().unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(reply.status, 200);
        match (operation.reply, &reply.body) {
            (ReplyBody::Object(model), Some(body)) => check_shape(model.name, model, body),
            (ReplyBody::List(model), Some(Value::Array(items))) => {
                items
                    .iter()
                    .for_each(|one| check_shape(model.name, model, one));
            }
            other => panic!("{name} answered with {other:?}"),
        }
        reply
    }

    pub(crate) fn value(self) -> Value {
        self.ok().body.unwrap()
    }

    /// The message of an error that has this status and code.
    pub(crate) fn fails(self, status: u16, code: &str) -> String {
        let name = self.call.operation.id;
        let error = self.answer().err();
        let error = error.unwrap_or_else(|| panic!("{name} did not fail"));
        assert_eq!((error.status, &*error.code), (status, code), "{error}");
        error.message
    }
}

/// Holds a reply against its model: all fields are known, those that must be there are, and each holds what
/// it may.
fn check_shape(path: &str, model: &'static Model, value: &Value) {
    let object = value
        .as_object()
        .unwrap_or_else(|| panic!("{path} is {value}"));
    let discriminator = model.variants.as_ref();
    let discriminator =
        discriminator.and_then(|variants| object.get(variants.discriminator)?.as_str());
    let model = model.variant(discriminator);
    for key in object.keys() {
        assert!(model.field(key).is_some(), "{path} has no {key}");
    }
    for field in model.fields {
        let path = format!("{path}.{}", field.wire);
        match object.get(field.wire) {
            None | Some(Value::Null) => assert!(!field.required, "{path} is missing"),
            Some(value) => check_kind(&path, field.kind, value),
        }
    }
}

fn check_kind(path: &str, kind: Kind, value: &Value) {
    match kind {
        Kind::Object(model) => check_shape(path, model, value),
        Kind::List(kind) => array(value)
            .iter()
            .for_each(|one| check_kind(path, *kind, one)),
        Kind::Map(kind) => {
            let entries = value.as_object().unwrap_or_else(|| panic!("{path}"));
            entries
                .values()
                .for_each(|one| check_kind(path, *kind, one));
        }
        Kind::Text | Kind::DateTime => assert!(value.is_string(), "{path} is {value}"),
        Kind::Integer => assert!(value.is_i64(), "{path} is {value}"),
        Kind::Float => assert!(value.is_number(), "{path} is {value}"),
        Kind::Boolean => assert!(value.is_boolean(), "{path} is {value}"),
        Kind::Choice(choices) => assert!(choices.contains(&text(value)), "{path} is {value}"),
        Kind::Any => {}
    }
}

/// The program on one data folder, with nothing of the user's surroundings.
pub(crate) fn command(home: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("ocelot"));
    command
        .env_clear()
        .env("HOME", home.join("nobody"))
        .env("OCELOT_HOME", home)
        .args(words)
        .stdin(Stdio::null());
    command
}

pub(crate) fn run(home: &Path, words: &[&str]) -> Output {
    command(home, words).output().unwrap()
}

/// What a program that went well printed.
pub(crate) fn printed(output: &Output) -> Value {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {stderr}", output.status);
    serde_json::from_slice(&output.stdout).unwrap()
}
