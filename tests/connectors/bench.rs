//! An engine in memory or in a folder, a clock to turn, calls by the names of their operations, and the hands that
//! carry shipments.

use std::ops::Deref;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ocelot::api::{Service, monitoring, ons, queue, sch, streaming};
use ocelot::clock::rfc3339;
use ocelot::engine::delivery::Outcome;
use ocelot::engine::delivery::functions::{Definition, Runtime};
use ocelot::engine::sch::{Arrival, Cargo, Shipment};
use ocelot::engine::{EngineOptions, Home};
use serde_json::{Value, json};
pub(crate) use test_support::{Asked, COMPARTMENT, START_MS, lines, text};

const SERVICES: &[&Service] = &[
    &sch::SERVICE,
    &ons::SERVICE,
    &streaming::SERVICE,
    &monitoring::SERVICE,
];

/// An engine under test.
pub(crate) struct Bench(test_support::Bench);

impl Deref for Bench {
    type Target = test_support::Bench;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// An object that was stored: its path, and its lines.
pub(crate) type Object = (String, Vec<Value>);

impl Bench {
    pub(crate) fn new() -> Self {
        Self(test_support::Bench::new(SERVICES))
    }

    pub(crate) fn in_folder(folder: &Path, now_ms: i64) -> Self {
        let home = Home::Folder(folder.to_owned());
        let opened = test_support::Bench::open(SERVICES, &home, EngineOptions::default(), now_ms);
        Self(opened.unwrap())
    }

    /// One that has the folder until its end, as that of a server.
    pub(crate) fn of_server(folder: &Path) -> Self {
        let home = Home::Folder(folder.to_owned());
        let options = EngineOptions {
            keeps_folder: true,
            ..EngineOptions::default()
        };
        Self(test_support::Bench::open(SERVICES, &home, options, START_MS).unwrap())
    }

    /// The same of Queue, whose names are those of others.
    pub(crate) fn queue_call(&self, operation: &str) -> Asked<'_> {
        Asked::of(&self.engine, &[&queue::SERVICE], operation)
    }

    pub(crate) fn topic(&self, name: &str) -> String {
        let details = json!({"name": name, "compartmentId": COMPARTMENT});
        text(&self.call("CreateTopic").body(details).value()["topicId"])
    }

    /// Has an address get the messages of a topic.
    pub(crate) fn subscribe(&self, topic: &str, protocol: &str, address: &str) {
        let details = json!({"topicId": topic, "compartmentId": COMPARTMENT,
                             "protocol": protocol, "endpoint": address});
        let id = text(&self.call("CreateSubscription").body(details).value()["id"]);
        let asked = self.engine.inbox(1).unwrap().remove(0).message.message;
        let call = self.call("GetConfirmSubscription").with("id", &id);
        let token = asked.confirmation.unwrap().token;
        call.with("token", &token).with("protocol", protocol).ok();
        self.deliveries();
    }

    pub(crate) fn stream(&self, name: &str, partitions: i64) -> String {
        let details = json!({"name": name, "partitions": partitions, "compartmentId": COMPARTMENT});
        text(&self.call("CreateStream").body(details).value()["id"])
    }

    pub(crate) fn queue(&self, name: &str) -> String {
        let details = json!({"displayName": name, "compartmentId": COMPARTMENT});
        self.queue_call("CreateQueue").body(details).ok();
        let list = self.queue_call("ListQueues").with("displayName", name);
        let list = list.with("compartmentId", COMPARTMENT);
        text(&list.value()["items"][0]["id"])
    }

    /// A new function that nobody runs, and its OCID.
    pub(crate) fn function(&self, name: &str) -> String {
        let definition = Definition {
            runtime: Runtime::Command("cat".to_owned()),
            timeout_seconds: 1,
        };
        self.engine.add_function(name, definition).unwrap().id
    }

    /// Puts messages with these keys and values into a stream.
    pub(crate) fn put(&self, stream: &str, messages: &[(&str, &str)]) {
        let messages = messages.iter().map(
            |(key, value)| json!({"key": STANDARD.encode(key), "value": STANDARD.encode(value)}),
        );
        let messages: Vec<Value> = messages.collect();
        let body = json!({"messages": messages});
        let put = self.call("PutMessages").with("streamId", stream).body(body);
        assert_eq!(put.value()["failures"], 0);
    }

    /// The keys and values in a stream.
    pub(crate) fn messages(&self, stream: &str) -> Vec<(Option<String>, String)> {
        let decoded = |value: &Value| {
            let bytes = STANDARD.decode(value.as_str()?).unwrap();
            Some(String::from_utf8(bytes).unwrap())
        };
        let call = self.call("CreateCursor").with("streamId", stream);
        let mut cursor = text(&call.body(json!({"type": "TRIM_HORIZON"})).value()["value"]);
        let mut all = Vec::new();
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
                return all;
            }
            let got = messages.iter();
            all.extend(got.map(|one| (decoded(&one["key"]), decoded(&one["value"]).unwrap())));
        }
    }

    /// A call for a new connector.
    pub(crate) fn creating(
        &self,
        name: &str,
        source: Value,
        tasks: Value,
        target: Value,
    ) -> Asked<'_> {
        self.call("CreateServiceConnector").body(json!({
            "displayName": name,
            "compartmentId": COMPARTMENT,
            "source": source,
            "tasks": tasks,
            "target": target,
        }))
    }

    /// A new connector, and its OCID.
    pub(crate) fn connector(
        &self,
        name: &str,
        source: Value,
        tasks: Value,
        target: Value,
    ) -> String {
        let reply = self.creating(name, source, tasks, target).ok();
        let work_id = reply.header("opc-work-request-id").unwrap();
        let work = self.call("GetWorkRequest").with("workRequestId", work_id);
        text(&work.value()["resources"][0]["identifier"])
    }

    pub(crate) fn get(&self, connector: &str) -> Value {
        let call = self.call("GetServiceConnector");
        call.with("serviceConnectorId", connector).value()
    }

    /// Turns a connector on or off, or deletes it.
    pub(crate) fn change(&self, operation: &str, connector: &str) -> Asked<'_> {
        self.call(operation).with("serviceConnectorId", connector)
    }

    pub(crate) fn update(&self, connector: &str, changes: Value) {
        let call = self.call("UpdateServiceConnector");
        call.with("serviceConnectorId", connector)
            .body(changes)
            .ok();
    }

    /// Moves records, and takes the shipments that are due then.
    pub(crate) fn shipments(&self) -> Vec<Shipment> {
        self.engine.move_connectors().unwrap();
        self.engine.due_shipments(100).unwrap()
    }

    pub(crate) fn finish(&self, shipment: &Shipment, arrival: Arrival) {
        self.engine
            .finish_shipment(&shipment.id, arrival, None)
            .unwrap();
    }

    /// Stores the objects that are due.
    pub(crate) fn objects(&self) -> Vec<Object> {
        let mut stored = Vec::new();
        loop {
            let shipments = self.shipments();
            if shipments.is_empty() {
                return stored;
            }
            for shipment in &shipments {
                stored.push(object(shipment));
                self.finish(shipment, Arrival::Stored);
            }
        }
    }

    /// Runs the functions that are called now; returns what they got.
    pub(crate) fn calls(&self, answer: impl Fn(&Value) -> String) -> Vec<Value> {
        let mut bodies = Vec::new();
        for shipment in self.shipments() {
            let Cargo::Call { body, .. } = &shipment.cargo else {
                panic!("it is an object");
            };
            let body: Value = serde_json::from_str(body).unwrap();
            self.finish(&shipment, Arrival::Answered(answer(&body)));
            bodies.push(body);
        }
        bodies
    }

    /// The sum of a metric of the last day, over all series that have these dimensions.
    pub(crate) fn sum(&self, namespace: &str, metric: &str, filter: &str) -> f64 {
        let now_ms = self.time.now_ms();
        let call = self.call("SummarizeMetricsData").body(json!({
            "namespace": namespace,
            "query": format!("{metric}[1h]{filter}.sum()"),
            "startTime": rfc3339(now_ms - 24 * 3_600_000),
            "endTime": rfc3339(now_ms + 3_600_000),
        }));
        let series = call.with("compartmentId", COMPARTMENT).value();
        let points = series.as_array().unwrap().iter();
        let points = points.flat_map(|one| one["aggregatedDatapoints"].as_array().unwrap());
        points.map(|point| point["value"].as_f64().unwrap()).sum()
    }

    /// Takes the deliveries that are due, as endpoints and texts.
    pub(crate) fn deliveries(&self) -> Vec<(String, String)> {
        let mut all = Vec::new();
        loop {
            let due = self.engine.due_deliveries(100).unwrap();
            if due.is_empty() {
                return all;
            }
            for delivery in due {
                let id = delivery.id;
                let outcome = &Outcome::Delivered;
                self.engine.finish_delivery(id, outcome, None).unwrap();
                let task = delivery.task;
                all.push((task.destination.endpoint().to_owned(), task.message.body));
            }
        }
    }
}

/// The path and the lines of an object.
pub(crate) fn object(shipment: &Shipment) -> Object {
    let Cargo::Object { path, content, .. } = &shipment.cargo else {
        panic!("it is a call");
    };
    (path.clone(), lines(content))
}

/// The value of a record of a stream, decoded.
pub(crate) fn value_of(record: &Value) -> String {
    let bytes = STANDARD.decode(record["value"].as_str().unwrap()).unwrap();
    String::from_utf8(bytes).unwrap()
}

pub(crate) fn from_stream(stream: &str, cursor: &str) -> Value {
    json!({"kind": "streaming", "streamId": stream, "cursor": {"kind": cursor}})
}

pub(crate) fn to_bucket(bucket: &str) -> Value {
    json!({"kind": "objectStorage", "bucketName": bucket})
}
