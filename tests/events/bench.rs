//! An engine in memory or in a folder, a clock to turn, and calls by the names of their operations.

use std::ops::Deref;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ocelot::api::{Service, events, ons, streaming};
use ocelot::call::LOCAL_TENANCY;
use ocelot::engine::delivery::Outcome;
use ocelot::engine::delivery::functions::{Definition, Runtime};
use serde_json::{Value, json};
pub(crate) use test_support::{Asked, COMPARTMENT, text};

/// The type of event that a new topic is.
pub(crate) const CREATE_TOPIC: &str = "com.oraclecloud.notification.createtopic";

const SERVICES: &[&Service] = &[&events::SERVICE, &ons::SERVICE, &streaming::SERVICE];

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

    /// One that refuses what the service in the cloud refuses.
    pub(crate) fn strict() -> Self {
        Self(test_support::Bench::strict(SERVICES))
    }

    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self(test_support::Bench::in_folder(SERVICES, folder))
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
