//! An engine in memory or in a folder, a clock to turn, and calls by the names of their operations.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ocelot::api::operation::Place;
use ocelot::api::{events, ons, streaming};
use ocelot::call::{ApiError, Call, LOCAL_TENANCY, Reply};
use ocelot::clock::Clock;
use ocelot::engine::delivery::Outcome;
use ocelot::engine::delivery::functions::{Definition, Runtime};
use ocelot::engine::{Engine, EngineOptions, Home, Strictness};
use serde_json::{Value, json};

/// When the tests begin: 2026-03-14T01:02:03.456Z.
pub(crate) const START_MS: i64 = 1_773_450_123_456;

/// The compartment of what the helpers create.
pub(crate) const COMPARTMENT: &str = "ocid1.compartment.oc1..shop";

/// The type of event that a new topic is.
pub(crate) const CREATE_TOPIC: &str = "com.oraclecloud.notification.createtopic";

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
        Self::over(&Home::Memory, false)
    }

    /// One that refuses what the service in the cloud refuses.
    pub(crate) fn strict() -> Self {
        Self::over(&Home::Memory, true)
    }

    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self::over(&Home::Folder(folder.to_owned()), false)
    }

    fn over(home: &Home, is_strict: bool) -> Self {
        let time = Time(Arc::new(AtomicI64::new(START_MS)));
        let options = EngineOptions {
            strictness: Strictness::new(is_strict),
            ..EngineOptions::default()
        };
        let clock = Box::new(time.clone());
        let engine = Engine::open_with(home, options, clock, Duration::from_secs(5)).unwrap();
        Self { engine, time }
    }

    /// A call of an operation, to be filled in.
    pub(crate) fn call(&self, operation: &str) -> Asked<'_> {
        let services = [&events::SERVICE, &ons::SERVICE, &streaming::SERVICE];
        let mut operations = services.iter().flat_map(|service| service.operations());
        let operation = operations.find(|one| one.id.to_string() == operation);
        Asked {
            engine: &self.engine,
            call: Call::new(operation.unwrap()),
        }
    }

    /// A new topic with a text message as its subscription, and its OCID.
    pub(crate) fn topic(&self, name: &str) -> String {
        let details = json!({"name": name, "compartmentId": COMPARTMENT});
        text(&self.call("CreateTopic").body(details).value()["topicId"])
    }

    /// Has an address get the messages of a topic.
    pub(crate) fn subscribe(&self, topic: &str, address: &str) {
        let details = json!({"topicId": topic, "compartmentId": COMPARTMENT,
                             "protocol": "EMAIL", "endpoint": address});
        let id = text(&self.call("CreateSubscription").body(details).value()["id"]);
        let asked = self.engine.inbox(1).unwrap().remove(0).message.message;
        let call = self.call("GetConfirmSubscription").with("id", &id);
        let token = asked.confirmation.unwrap().token;
        call.with("token", &token).with("protocol", "EMAIL").ok();
        self.due();
    }

    /// A new stream of one partition, and its OCID.
    pub(crate) fn stream(&self, name: &str) -> String {
        let details = json!({"name": name, "partitions": 1, "compartmentId": COMPARTMENT});
        text(&self.call("CreateStream").body(details).value()["id"])
    }

    /// A new function that nobody runs, and its OCID.
    pub(crate) fn function(&self, name: &str) -> String {
        let definition = Definition {
            runtime: Runtime::Command("cat".to_owned()),
            timeout_seconds: 1,
        };
        self.engine.add_function(name, definition).unwrap().id
    }

    /// A call for a new rule that is on.
    pub(crate) fn creating(&self, name: &str, condition: &Value, actions: &[Value]) -> Asked<'_> {
        self.call("CreateRule").body(json!({
            "displayName": name,
            "isEnabled": true,
            "condition": condition.to_string(),
            "compartmentId": LOCAL_TENANCY,
            "actions": {"actions": actions},
        }))
    }

    /// A new rule that is on, and its OCID.
    pub(crate) fn rule(&self, name: &str, condition: &Value, actions: &[Value]) -> String {
        text(&self.creating(name, condition, actions).value()["id"])
    }

    pub(crate) fn get(&self, rule: &str) -> Value {
        self.call("GetRule").with("ruleId", rule).value()
    }

    pub(crate) fn updating(&self, rule: &str, changes: Value) -> Asked<'_> {
        self.call("UpdateRule").with("ruleId", rule).body(changes)
    }

    /// The events in a stream, the oldest first.
    pub(crate) fn events_in(&self, stream: &str) -> Vec<Value> {
        let call = self.call("CreateCursor").with("streamId", stream);
        let details = json!({"partition": "0", "type": "TRIM_HORIZON"});
        let cursor = text(&call.body(details).value()["value"]);
        let mut events = Vec::new();
        let mut cursor = cursor;
        loop {
            let call = self.call("GetMessages").with("streamId", stream);
            let reply = call.with("cursor", &cursor).ok();
            reply
                .header("opc-next-cursor")
                .unwrap()
                .clone_into(&mut cursor);
            let messages = reply.body.unwrap();
            let messages = messages.as_array().unwrap();
            if messages.is_empty() {
                return events;
            }
            events.extend(messages.iter().map(event));
        }
    }

    /// Takes what is due, as endpoints and texts.
    pub(crate) fn due(&self) -> Vec<(String, String)> {
        let mut all = Vec::new();
        loop {
            let due = self.engine.due_deliveries(100).unwrap();
            if due.is_empty() {
                return all;
            }
            for delivery in due {
                self.engine
                    .finish_delivery(delivery.id, &Outcome::Delivered, None)
                    .unwrap();
                let task = delivery.task;
                all.push((task.destination.endpoint().to_owned(), task.message.body));
            }
        }
    }
}

/// The event that a message of a stream is. It has no key.
fn event(message: &Value) -> Value {
    assert_eq!(message["key"], Value::Null);
    let bytes = STANDARD.decode(message["value"].as_str().unwrap());
    serde_json::from_slice(&bytes.unwrap()).unwrap()
}

/// An action that is on.
pub(crate) fn ons(topic: &str) -> Value {
    json!({"actionType": "ONS", "topicId": topic, "isEnabled": true})
}

/// An action that is on.
pub(crate) fn oss(stream: &str) -> Value {
    json!({"actionType": "OSS", "streamId": stream, "isEnabled": true})
}

/// An action that is on.
pub(crate) fn faas(function: &str) -> Value {
    json!({"actionType": "FAAS", "functionId": function, "isEnabled": true})
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
        let place = params.find(|param| param.wire == wire);
        let parameters = match place.map(|param| param.place) {
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

    /// The same with another value at this place of its body.
    pub(crate) fn but(mut self, pointer: &str, value: Value) -> Self {
        let body = self.call.body.as_mut().unwrap();
        *body.pointer_mut(pointer).unwrap() = value;
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

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
