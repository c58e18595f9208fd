//! An engine in memory, a clock to turn, and calls by the names of their operations.

use std::ops::Deref;

use ocelot::api::{Service, ons};
use ocelot::engine::delivery::{Delivery, Outcome};
use serde_json::json;
pub(crate) use test_support::{Asked, COMPARTMENT, DAY_MS, MINUTE_MS, START_MS, text};

const SERVICES: &[&Service] = &[&ons::SERVICE];

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
