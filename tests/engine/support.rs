//! An engine in memory or in a folder, a clock to turn, and calls by the names of their operations.

use std::ops::Deref;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ocelot::api::{Service, streaming};
use ocelot::engine::{EngineError, EngineOptions, Home};
use serde_json::{Value, json};
pub(crate) use test_support::{Asked, COMPARTMENT, DAY_MS, HOUR_MS, MINUTE_MS, START_MS, text};
use uuid::Uuid;

const SERVICES: &[&Service] = &[&streaming::SERVICE];

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
        Self(test_support::Bench::new(SERVICES))
    }

    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self(test_support::Bench::in_folder(SERVICES, folder))
    }

    /// One that refuses what the service in the cloud refuses.
    pub(crate) fn strict() -> Self {
        Self(test_support::Bench::strict(SERVICES))
    }

    pub(crate) fn over(home: &Home) -> Result<Self, EngineError> {
        let options = EngineOptions::default();
        test_support::Bench::open(SERVICES, home, options, START_MS).map(Self)
    }

    /// The same folder, opened again at the same time.
    pub(crate) fn reopened(self) -> Self {
        Self(self.0.reopened())
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
