//! An engine with a clock to turn, queues in it, and the program on a data folder.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use ocelot::api::model::{Kind, Model};
use ocelot::api::operation::{Place, ReplyBody};
use ocelot::api::queue;
use ocelot::call::{ApiError, Call, Reply};
use ocelot::clock::Clock;
use ocelot::engine::{Attempt, Engine, EngineOptions, Home, LocalRequest, QueuePart, Strictness};
use ocelot::log::Durability;
use serde_json::{Value, json};

/// When the tests begin: 2026-03-14T01:02:03.456Z.
pub(crate) const START_MS: i64 = 1_773_450_123_456;

pub(crate) const SECOND_MS: i64 = 1000;
pub(crate) const HOUR_MS: i64 = 3_600_000;

pub(crate) const COMPARTMENT: &str = "ocid1.compartment.oc1..shop";

/// A clock that stands still until it is turned.
#[derive(Clone)]
pub(crate) struct Time(Arc<AtomicI64>);

impl Time {
    pub(crate) fn advance(&self, by_ms: i64) {
        self.0.fetch_add(by_ms, Ordering::SeqCst);
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

impl Clock for Time {
    fn now_ms(&self) -> i64 {
        self.now_ms()
    }
}

/// An engine under test.
pub(crate) struct Bench {
    pub(crate) engine: Engine,
    pub(crate) time: Time,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::over(&Home::Memory, Time(Arc::new(AtomicI64::new(START_MS))))
    }

    pub(crate) fn in_folder(folder: &Path) -> Self {
        let time = Time(Arc::new(AtomicI64::new(START_MS)));
        Self::over(&Home::Folder(folder.to_owned()), time)
    }

    /// One that refuses what the service in the cloud refuses.
    pub(crate) fn strict() -> Self {
        let options = EngineOptions {
            strictness: Strictness::new(true),
            ..EngineOptions::default()
        };
        let time = Time(Arc::new(AtomicI64::new(START_MS)));
        Self::with(&Home::Memory, options, time)
    }

    fn over(home: &Home, time: Time) -> Self {
        Self::with(home, Durability::Os.into(), time)
    }

    fn with(home: &Home, options: EngineOptions, time: Time) -> Self {
        let clock = Box::new(time.clone());
        let patience = Duration::from_secs(1);
        let engine = Engine::open_with(home, options, clock, patience).unwrap();
        Self { engine, time }
    }

    /// The same folder, opened again at the same time.
    pub(crate) fn reopened(self) -> Self {
        let Self { engine, time } = self;
        let home = Home::Folder(engine.folder().unwrap().to_owned());
        drop(engine);
        Self::over(&home, time)
    }

    /// A call of an operation of Queue, to be filled in.
    pub(crate) fn call(&self, operation: &str) -> Asked<'_> {
        asked(&self.engine, operation)
    }

    /// A new queue with these settings.
    pub(crate) fn queue(&self, settings: Value) -> Queue<'_> {
        let mut details = json!({"displayName": "jobs", "compartmentId": COMPARTMENT});
        merge(&mut details, settings);
        let work = self.call("CreateQueue").body(details).ok();
        let id = self.work_on(&work);
        Queue {
            engine: &self.engine,
            id,
            group: None,
        }
    }

    /// A queue that is there already.
    pub(crate) fn at(&self, id: &str) -> Queue<'_> {
        Queue {
            engine: &self.engine,
            id: id.to_owned(),
            group: None,
        }
    }

    /// The resource that a reply's work request was on.
    pub(crate) fn work_on(&self, reply: &Reply) -> String {
        let work_id = reply.header("opc-work-request-id").unwrap();
        let call = self.call("GetWorkRequest").with("workRequestId", work_id);
        let work = call.value();
        assert_eq!(work["status"], "SUCCEEDED");
        text(&work["resources"][0]["identifier"])
    }

    /// Brings the dead letters of a queue back, and returns the report.
    pub(crate) fn redrive(&self, queue: &str, dry_run: bool) -> Value {
        let part = QueuePart {
            queue: queue.to_owned(),
            ..QueuePart::default()
        };
        let request = LocalRequest::RedriveQueue { part, dry_run };
        self.engine.control(&request).unwrap()
    }

    pub(crate) fn group(&self, queue: &Queue<'_>, details: Value) -> String {
        let mut body = json!({ "queueId": queue.id });
        merge(&mut body, details);
        let reply = self.call("CreateConsumerGroup").body(body).ok();
        self.work_on(&reply)
    }
}

fn asked<'e>(engine: &'e Engine, operation: &str) -> Asked<'e> {
    let mut operations = queue::SERVICE.operations();
    let operation = operations
        .find(|one| one.id.to_string() == operation)
        .unwrap();
    Asked {
        engine,
        call: Call::new(operation),
    }
}

fn merge(object: &mut Value, more: Value) {
    let more = more.as_object().unwrap().clone();
    object.as_object_mut().unwrap().extend(more);
}

/// A queue, or its dead letters, as a consumer group sees them.
#[derive(Clone)]
pub(crate) struct Queue<'e> {
    engine: &'e Engine,
    pub(crate) id: String,
    group: Option<String>,
}

impl<'e> Queue<'e> {
    /// The same queue for the readers of a group.
    pub(crate) fn of_group(&self, group: &str) -> Self {
        Self {
            group: Some(group.to_owned()),
            ..self.clone()
        }
    }

    /// The queue's dead letters, under their own OCID.
    pub(crate) fn dead_letters(&self) -> Self {
        let shown = asked(self.engine, "GetQueue").with("queueId", &self.id);
        let tags = &shown.value()["systemTags"]["ocelot"];
        Self {
            id: text(&tags["deadLetterQueueId"]),
            ..self.clone()
        }
    }

    pub(crate) fn call(&self, operation: &str) -> Asked<'e> {
        let call = asked(self.engine, operation).with("queueId", &self.id);
        match &self.group {
            Some(group) => call.with("consumerGroupId", group),
            None => call,
        }
    }

    /// Puts messages, and returns their ids.
    pub(crate) fn put(&self, contents: &[&str]) -> Vec<i64> {
        self.put_to(None, contents)
    }

    pub(crate) fn put_to(&self, channel: Option<&str>, contents: &[&str]) -> Vec<i64> {
        let messages = contents.iter().map(|content| match channel {
            None => json!({ "content": content }),
            Some(channel) => json!({"content": content, "metadata": {"channelId": channel}}),
        });
        self.put_all(messages.collect())
    }

    pub(crate) fn put_all(&self, messages: Vec<Value>) -> Vec<i64> {
        let call = asked(self.engine, "PutMessages").with("queueId", &self.id);
        let reply = call.body(json!({ "messages": messages })).value();
        let put = reply["messages"].as_array().unwrap();
        assert_eq!(put.len(), messages.len());
        put.iter().map(|one| one["id"].as_i64().unwrap()).collect()
    }

    /// Gets messages without waiting.
    pub(crate) fn get(&self, limit: usize) -> Vec<Got> {
        self.get_with(limit, &[])
    }

    pub(crate) fn get_with(&self, limit: usize, more: &[(&'static str, &str)]) -> Vec<Got> {
        let mut call = self.call("GetMessages").with("timeoutInSeconds", "0");
        call = call.with("limit", &limit.to_string());
        for (wire, value) in more {
            call = call.with(wire, value);
        }
        let reply = call.value();
        let messages = reply["messages"].as_array().unwrap().iter();
        messages.map(Got::of).collect()
    }

    pub(crate) fn contents(&self, limit: usize) -> Vec<String> {
        let got = self.get(limit).into_iter();
        got.map(|message| message.content).collect()
    }

    pub(crate) fn delete(&self, receipt: &str) -> Result<Reply, ApiError> {
        let call = self.call("DeleteMessage");
        call.with("messageReceipt", receipt).answer()
    }

    pub(crate) fn hide(&self, receipt: &str, seconds: i64) -> Result<Reply, ApiError> {
        let call = self.call("UpdateMessage").with("messageReceipt", receipt);
        call.body(json!({ "visibilityInSeconds": seconds }))
            .answer()
    }

    /// Visible and in flight, in the queue and among its dead letters.
    pub(crate) fn stats(&self) -> [i64; 4] {
        let stats = self.call("GetStats").value();
        ["queue", "dlq"]
            .into_iter()
            .flat_map(|part| {
                ["visibleMessages", "inFlightMessages"]
                    .map(|field| stats[part][field].as_i64().unwrap())
            })
            .collect::<Vec<_>>()
            .try_into()
            .unwrap()
    }

    pub(crate) fn channels(&self) -> Vec<String> {
        let reply = self.call("ListChannels").value();
        reply["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(text)
            .collect()
    }
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
        let place = params
            .find(|param| param.wire == wire)
            .map(|param| param.place);
        let parameters = match place {
            Some(Place::Path) => &mut self.call.path,
            Some(Place::Query) => &mut self.call.query,
            Some(Place::Header) | None => &mut self.call.headers,
            Some(Place::Body) => panic!("{wire} belongs to the body"),
        };
        parameters.insert(wire, value.to_owned());
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

    pub(crate) fn attempt(&self) -> Attempt {
        self.engine.attempt(&self.call).unwrap()
    }

    /// The same of a caller who waits already.
    pub(crate) fn attempt_again(&self) -> Attempt {
        self.engine.attempt_again(&self.call).unwrap()
    }

    pub(crate) fn answer(self) -> Result<Reply, ApiError> {
        self.engine.answer(&self.call)
    }

    /// The reply, whose body is as the operation's model says.
    pub(crate) fn ok(self) -> Reply {
        let operation = self.call.operation;
        let name = operation.id;
        let reply = self.answer().unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!((200..300).contains(&reply.status), "{reply:?}");
        match (operation.reply, &reply.body) {
            (ReplyBody::Object(model), Some(body)) => check_shape(model.name, model, body),
            (ReplyBody::Nothing, None) => {}
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
fn check_shape(path: &str, model: &Model, value: &Value) {
    let object = value
        .as_object()
        .unwrap_or_else(|| panic!("{path} is {value}"));
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
        Kind::List(kind) => {
            let values = value.as_array().unwrap_or_else(|| panic!("{path}"));
            values.iter().for_each(|one| check_kind(path, *kind, one));
        }
        Kind::Map(kind) => {
            let entries = value.as_object().unwrap_or_else(|| panic!("{path}"));
            entries
                .values()
                .for_each(|one| check_kind(path, *kind, one));
        }
        Kind::Choice(choices) => {
            let text = value.as_str().unwrap_or_else(|| panic!("{path}"));
            assert!(choices.contains(&text), "{path} is {text}");
        }
        Kind::Text | Kind::DateTime => assert!(value.is_string(), "{path} is {value}"),
        Kind::Integer => assert!(value.is_i64(), "{path} is {value}"),
        Kind::Float => assert!(value.is_number(), "{path} is {value}"),
        Kind::Boolean => assert!(value.is_boolean(), "{path} is {value}"),
        Kind::Any => {}
    }
}

/// A message that was got.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Got {
    pub(crate) id: i64,
    pub(crate) content: String,
    pub(crate) receipt: String,
    pub(crate) deliveries: i64,
    pub(crate) channel: String,
    pub(crate) value: Value,
}

impl Got {
    fn of(message: &Value) -> Self {
        Self {
            id: message["id"].as_i64().unwrap(),
            content: text(&message["content"]),
            receipt: text(&message["receipt"]),
            deliveries: message["deliveryCount"].as_i64().unwrap(),
            channel: text(&message["metadata"]["channelId"]),
            value: message.clone(),
        }
    }
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// The program on one data folder, with nothing of the user's surroundings.
#[derive(Clone)]
pub(crate) struct Program {
    pub(crate) home: PathBuf,
}

impl Program {
    pub(crate) fn over(home: &Path) -> Self {
        Self {
            home: home.to_owned(),
        }
    }

    pub(crate) fn command(&self, words: &str) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("ocelot"));
        command
            .env_clear()
            .env("HOME", self.home.join("nobody"))
            .env("OCELOT_HOME", &self.home)
            .args(words.split_whitespace())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs a command that goes well, and returns what it printed.
    pub(crate) fn run(&self, words: &str) -> Value {
        json_of(&self.command(words).output().unwrap())
    }

    /// Creates a queue with the name `jobs`.
    pub(crate) fn queue(&self, options: &str) {
        self.run(&format!(
            "queue queue-admin queue create --display-name jobs {options}"
        ));
    }
}

/// What a program that went well printed.
pub(crate) fn json_of(output: &Output) -> Value {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {stderr}", output.status);
    match output.stdout.as_slice() {
        [] => Value::Null,
        bytes => serde_json::from_slice(bytes).unwrap(),
    }
}
