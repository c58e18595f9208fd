//! An engine in memory, a clock to turn, and calls by the names of their operations.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use ocelot::api::ons;
use ocelot::api::operation::Place;
use ocelot::call::{ApiError, Call, Reply};
use ocelot::clock::Clock;
use ocelot::engine::delivery::{Delivery, Outcome};
use ocelot::engine::{Engine, EngineOptions, Home, Strictness};
use ocelot::log::Durability;
use serde_json::{Value, json};

/// When the tests begin: 2026-03-14T01:02:03.456Z.
pub(crate) const START_MS: i64 = 1_773_450_123_456;
pub(crate) const MINUTE_MS: i64 = 60_000;
pub(crate) const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// The compartment of what the helpers create.
pub(crate) const COMPARTMENT: &str = "ocid1.compartment.oc1..shop";

/// A clock that stands still until it is turned.
#[derive(Clone)]
pub(crate) struct Time(Arc<AtomicI64>);

impl Time {
    pub(crate) fn advance(&self, by_ms: i64) {
        self.0.fetch_add(by_ms, Ordering::SeqCst);
    }

    pub(crate) fn since_start(&self) -> i64 {
        self.now_ms() - START_MS
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
        Self::with(Durability::Os.into())
    }

    /// One that refuses what the service in the cloud refuses.
    pub(crate) fn strict() -> Self {
        Self::with(EngineOptions {
            strictness: Strictness::new(true),
            ..EngineOptions::default()
        })
    }

    fn with(options: EngineOptions) -> Self {
        let time = Time(Arc::new(AtomicI64::new(START_MS)));
        let clock = Box::new(time.clone());
        let engine = Engine::open_with(&Home::Memory, options, clock, Duration::ZERO);
        Self {
            engine: engine.unwrap(),
            time,
        }
    }

    /// A call of an operation of Notifications, to be filled in.
    pub(crate) fn call(&self, operation: &str) -> Asked<'_> {
        let mut operations = ons::SERVICE.operations();
        let operation = operations
            .find(|one| one.id.to_string() == operation)
            .unwrap();
        Asked {
            engine: &self.engine,
            call: Call::new(operation),
        }
    }

    /// A new topic, and its OCID.
    pub(crate) fn topic(&self, name: &str) -> String {
        let details = json!({"name": name, "compartmentId": COMPARTMENT});
        text(&self.call("CreateTopic").body(details).value()["topicId"])
    }

    /// A new subscription to a topic, and its OCID.
    pub(crate) fn subscribe(&self, topic: &str, protocol: &str, endpoint: &str) -> String {
        text(&self.subscribing(topic, protocol, endpoint).value()["id"])
    }

    pub(crate) fn subscribing(&self, topic: &str, protocol: &str, endpoint: &str) -> Asked<'_> {
        self.call("CreateSubscription").body(json!({
            "topicId": topic,
            "compartmentId": COMPARTMENT,
            "protocol": protocol,
            "endpoint": endpoint,
        }))
    }

    /// A subscription that is confirmed, with nothing left to deliver.
    pub(crate) fn confirmed(&self, topic: &str, protocol: &str, endpoint: &str) -> String {
        let id = self.subscribe(topic, protocol, endpoint);
        self.confirming(&id, protocol).ok();
        for delivery in self.due() {
            self.engine
                .finish_delivery(delivery.id, &Outcome::Delivered, None)
                .unwrap();
        }
        id
    }

    /// Confirms a subscription with the token that is in the inbox.
    pub(crate) fn confirming(&self, id: &str, protocol: &str) -> Asked<'_> {
        let token = self.token(id);
        self.call("GetConfirmSubscription")
            .with("id", id)
            .with("token", &token)
            .with("protocol", protocol)
    }

    /// The token of the last request to confirm a subscription.
    pub(crate) fn token(&self, id: &str) -> String {
        let inbox = self.engine.inbox(100).unwrap();
        let message = inbox.into_iter().map(|entry| entry.message.message);
        let mut of_subscription = message.filter(|message| {
            let recipient = message.recipient.as_ref();
            recipient.is_some_and(|recipient| recipient.subscription_id == id)
        });
        of_subscription.next().unwrap().confirmation.unwrap().token
    }

    pub(crate) fn state(&self, subscription: &str) -> String {
        let call = self.call("GetSubscription");
        text(&call.with("subscriptionId", subscription).value()["lifecycleState"])
    }

    pub(crate) fn publishing(&self, topic: &str, body: &str) -> Asked<'_> {
        let call = self.call("PublishMessage").with("topicId", topic);
        call.body(json!({"title": "Alert", "body": body}))
    }

    pub(crate) fn due(&self) -> Vec<Delivery> {
        self.engine.due_deliveries(100).unwrap()
    }

    /// The endpoints and texts of what is due.
    pub(crate) fn due_texts(&self) -> Vec<(String, String)> {
        let due = self.due().into_iter().map(|delivery| delivery.task);
        due.map(|task| (task.destination.endpoint().to_owned(), task.message.body))
            .collect()
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

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
