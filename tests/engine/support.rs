//! An engine in memory or in a folder, a clock to turn, and calls by the names of their operations.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ocelot::api::operation::Place;
use ocelot::api::streaming;
use ocelot::call::{ApiError, Call, Reply};
use ocelot::clock::Clock;
use ocelot::engine::{Engine, EngineError, EngineOptions, Home, Strictness};
use ocelot::log::Durability;
use serde_json::{Value, json};
use uuid::Uuid;

/// When the tests begin: 2026-03-14T01:02:03.456Z.
pub(crate) const START_MS: i64 = 1_773_450_123_456;

pub(crate) const MINUTE_MS: i64 = 60_000;
pub(crate) const HOUR_MS: i64 = 60 * MINUTE_MS;
pub(crate) const DAY_MS: i64 = 24 * HOUR_MS;

/// The compartment of what the helpers create.
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
        Self::over(&Home::Memory).unwrap()
    }

    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self::over(&Home::Folder(folder.to_owned())).unwrap()
    }

    /// One that refuses what the service in the cloud refuses.
    pub(crate) fn strict() -> Self {
        let time = Time(Arc::new(AtomicI64::new(START_MS)));
        let options = EngineOptions {
            strictness: Strictness::new(true),
            ..EngineOptions::default()
        };
        let clock = Box::new(time.clone());
        let engine = Engine::open_with(&Home::Memory, options, clock, Duration::ZERO).unwrap();
        Self { engine, time }
    }

    pub(crate) fn over(home: &Home) -> Result<Self, EngineError> {
        let time = Time(Arc::new(AtomicI64::new(START_MS)));
        let clock = Box::new(time.clone());
        let patience = Duration::from_millis(100);
        let engine = Engine::open_with(home, Durability::Os, clock, patience)?;
        Ok(Self { engine, time })
    }

    /// The same folder, opened again at the same time.
    pub(crate) fn reopened(self) -> Self {
        let Self { engine, time } = self;
        let home = Home::Folder(engine.folder().unwrap().to_owned());
        drop(engine);
        let clock = Box::new(time.clone());
        let engine = Engine::open_with(&home, Durability::Os, clock, Duration::ZERO).unwrap();
        Self { engine, time }
    }

    /// A call of an operation of Streaming, to be filled in.
    pub(crate) fn call(&self, operation: &str) -> Asked<'_> {
        let mut operations = streaming::SERVICE.operations();
        let operation = operations
            .find(|one| one.id.to_string() == operation)
            .unwrap();
        Asked {
            engine: &self.engine,
            call: Call::new(operation),
        }
    }

    /// A new stream in the default pool.
    pub(crate) fn stream(&self, name: &str, partitions: u32) -> String {
        self.stream_in(
            json!({"name": name, "partitions": partitions, "compartmentId": COMPARTMENT}),
        )
    }

    pub(crate) fn stream_in(&self, details: Value) -> String {
        text(&self.call("CreateStream").body(details).value()["id"])
    }

    pub(crate) fn pool(&self, name: &str) -> String {
        let details = json!({"name": name, "compartmentId": COMPARTMENT});
        text(&self.call("CreateStreamPool").body(details).value()["id"])
    }

    /// Puts messages without keys, and returns the entries.
    pub(crate) fn put(&self, stream: &str, values: &[&str]) -> Vec<Value> {
        let messages: Vec<Value> = values.iter().map(|value| message(None, value)).collect();
        self.put_all(stream, &messages)
    }

    /// Puts one message with a key, and returns its partition and offset.
    pub(crate) fn put_keyed(&self, stream: &str, key: &str, value: &str) -> (u32, i64) {
        let entries = self.put_all(stream, &[message(Some(key), value)]);
        let partition = entries[0]["partition"].as_str().unwrap().parse().unwrap();
        (partition, entries[0]["offset"].as_i64().unwrap())
    }

    pub(crate) fn put_all(&self, stream: &str, messages: &[Value]) -> Vec<Value> {
        let call = self.call("PutMessages").with("streamId", stream);
        let reply = call.body(json!({ "messages": messages })).value();
        assert_eq!(reply["failures"], 0, "{reply}");
        reply["entries"].as_array().unwrap().clone()
    }

    /// A cursor made of `details`.
    pub(crate) fn cursor(&self, stream: &str, details: Value) -> String {
        let call = self.call("CreateCursor").with("streamId", stream);
        text(&call.body(details).value()["value"])
    }

    /// A cursor of an instance of a group that begins with the oldest message.
    pub(crate) fn group_cursor(&self, stream: &str, group: &str, instance: &str) -> String {
        self.group_cursor_of(
            stream,
            json!({"groupName": group, "instanceName": instance, "type": "TRIM_HORIZON"}),
        )
    }

    pub(crate) fn group_cursor_of(&self, stream: &str, details: Value) -> String {
        let call = self.call("CreateGroupCursor").with("streamId", stream);
        text(&call.body(details).value()["value"])
    }

    /// Gets messages, and the next cursor.
    pub(crate) fn get(&self, stream: &str, cursor: &str) -> (Vec<Got>, String) {
        self.get_at_most(stream, cursor, 10_000)
    }

    pub(crate) fn get_at_most(
        &self,
        stream: &str,
        cursor: &str,
        limit: usize,
    ) -> (Vec<Got>, String) {
        let call = self.call("GetMessages").with("streamId", stream);
        let reply = call
            .with("cursor", cursor)
            .with("limit", &limit.to_string())
            .ok();
        let next = reply.header("opc-next-cursor").unwrap().to_owned();
        let messages = reply.body.unwrap();
        let got = messages.as_array().unwrap().iter().map(Got::of).collect();
        (got, next)
    }

    /// The values of the messages that a cursor gets.
    pub(crate) fn values(&self, stream: &str, cursor: &str) -> Vec<String> {
        let (messages, _) = self.get(stream, cursor);
        messages.into_iter().map(|message| message.value).collect()
    }

    /// A key for each partition of streams that have so many: the hash is the same for all streams.
    pub(crate) fn keys(&self, partitions: u32) -> Vec<String> {
        // A compartment of its own keeps it out of the tests' lists.
        let stream = self.stream_in(json!({
            "name": Uuid::new_v4().to_string(),
            "partitions": partitions,
            "compartmentId": "ocid1.compartment.oc1..keys",
        }));
        let keys: Vec<String> = (0..50 * partitions)
            .map(|nth| format!("key-{nth}"))
            .collect();
        let messages: Vec<Value> = keys.iter().map(|key| message(Some(key), "")).collect();
        let entries = self.put_all(&stream, &messages);
        let found = (0..partitions).map(|partition| {
            let text = partition.to_string();
            let nth = entries.iter().position(|entry| entry["partition"] == *text);
            keys[nth.unwrap()].clone()
        });
        found.collect()
    }

    pub(crate) fn group(&self, stream: &str, group: &str) -> Vec<Value> {
        let call = self.call("GetGroup").with("streamId", stream);
        let reply = call.with("groupName", group).value();
        reply["reservations"].as_array().unwrap().clone()
    }
}

/// A call in the making.
#[must_use]
pub(crate) struct Asked<'b> {
    engine: &'b Engine,
    pub(crate) call: Call,
}

impl Asked<'_> {
    /// Sets a parameter where the operation has it; what it does not have goes to the headers.
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

    pub(crate) fn answer(self) -> Result<Reply, ApiError> {
        self.engine.answer(&self.call)
    }

    pub(crate) fn ok(self) -> Reply {
        let name = self.call.operation.id;
        let reply = self.answer().unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!((200..300).contains(&reply.status), "{reply:?}");
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

/// A message that was got.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Got {
    pub(crate) partition: u32,
    pub(crate) offset: i64,
    pub(crate) key: Option<String>,
    pub(crate) value: String,
    pub(crate) timestamp: String,
}

impl Got {
    fn of(message: &Value) -> Self {
        let decoded = |field: &Value| {
            let bytes = STANDARD.decode(field.as_str()?).unwrap();
            Some(String::from_utf8_lossy(&bytes).into_owned())
        };
        Self {
            partition: message["partition"].as_str().unwrap().parse().unwrap(),
            offset: message["offset"].as_i64().unwrap(),
            key: decoded(&message["key"]),
            value: decoded(&message["value"]).unwrap(),
            timestamp: text(&message["timestamp"]),
        }
    }
}

/// A message to put.
pub(crate) fn message(key: Option<&str>, value: &str) -> Value {
    json!({"key": key.map(|key| STANDARD.encode(key)), "value": STANDARD.encode(value)})
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
