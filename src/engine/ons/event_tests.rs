//! The events that operations cause, in the order in which they are noted.

use serde_json::{Value, json};

use super::super::Context;
use super::super::metrics::Recorder;
use super::answer;
use crate::api::OperationId;
use crate::api::ons::SERVICE;
use crate::api::operation::Place;
use crate::call::{Call, Origin, Reply};
use crate::store::{Store, StoreError};

struct Bench {
    store: Store,
    origin: Origin,
}

impl Bench {
    fn ask(&self, name: &str, parameters: &[(&'static str, &str)], body: Value) -> Reply {
        let mut operations = SERVICE.operations();
        let entry = operations.find(|entry| entry.id.to_string() == name);
        let entry = entry.unwrap();
        let mut call = Call::new(entry);
        for (wire, value) in parameters {
            let mut params = entry.params.iter();
            let place = params.find(|param| param.wire == *wire).unwrap().place;
            let parameters = match place {
                Place::Path => &mut call.path,
                _ => &mut call.query,
            };
            parameters.insert(wire, (*value).to_owned());
        }
        call.body = Some(body);
        let context = Context {
            store: self.store.tenancy(&self.origin.tenancy_id),
            now_ms: 1_773_450_123_456,
            origin: &self.origin,
            recorder: &Recorder::default(),
        };
        let OperationId::Ons(operation) = entry.id else {
            panic!("{name} is of another service");
        };
        answer(&context, operation, &call).unwrap()
    }

    /// Takes out what is noted.
    fn events(&self) -> Vec<Value> {
        let mut events = Vec::new();
        while let Some(noted) = self
            .store
            .read(|session| session.next_effect::<Value>(0))
            .unwrap()
        {
            assert_eq!(noted.effect["kind"], "event");
            events.push(noted.effect);
            let removed: Result<(), StoreError> =
                self.store.write(|session| session.remove_effect(noted.id));
            removed.unwrap();
        }
        events
    }
}

#[test]
fn every_change_is_an_event() {
    let bench = Bench {
        store: Store::in_memory().unwrap(),
        origin: Origin::default(),
    };
    let compartment = json!({"compartmentId": "ocid1.compartment.oc1..a"});
    let topic = ("topicId", "alerts");
    bench.ask(
        "CreateTopic",
        &[],
        json!({"name": "alerts", "compartmentId": "ocid1.compartment.oc1..a",
               "freeformTags": {"team": "shop"}}),
    );
    bench.ask("UpdateTopic", &[topic], json!({"description": "d"}));
    bench.ask("ChangeTopicCompartment", &[topic], compartment.clone());
    let subscribe = json!({"topicId": "alerts", "compartmentId": "ocid1.compartment.oc1..a",
                           "protocol": "EMAIL", "endpoint": "a@example.com"});
    let first = bench.ask("CreateSubscription", &[], subscribe.clone());
    let first = first.body.unwrap()["id"].as_str().unwrap().to_owned();
    bench.ask(
        "UpdateSubscription",
        &[("subscriptionId", &first)],
        json!({}),
    );
    let subscription = ("subscriptionId", first.as_str());
    bench.ask(
        "ChangeSubscriptionCompartment",
        &[subscription],
        compartment,
    );
    let resend = "ResendSubscriptionConfirmation";
    bench.ask(resend, &[("id", &first)], Value::Null);
    bench.ask("DeleteSubscription", &[subscription], Value::Null);
    let second = bench.ask("CreateSubscription", &[], subscribe).body;
    let second = second.unwrap()["id"].as_str().unwrap().to_owned();
    let store = bench.store.tenancy(&bench.origin.tenancy_id);
    let token = store.read(|session| {
        let found = session.resource::<Value>("onssubscription", &second)?;
        Ok::<_, StoreError>(found.unwrap().details["unsubscribe_token"].clone())
    });
    let token = token.unwrap().as_str().unwrap().to_owned();
    bench.ask(
        "GetUnsubscription",
        &[("id", &second), ("token", &token), ("protocol", "EMAIL")],
        Value::Null,
    );
    bench.ask("DeleteTopic", &[topic], Value::Null);
    // What only looks is none.
    bench.ask(
        "ListTopics",
        &[("compartmentId", "ocid1.compartment.oc1..a")],
        Value::Null,
    );

    let events = bench.events();
    let types: Vec<&str> = events
        .iter()
        .map(|event| event["eventType"].as_str().unwrap())
        .map(|name| name.strip_prefix("com.oraclecloud.notification.").unwrap())
        .collect();
    assert_eq!(
        types,
        [
            "createtopic",
            "updatetopic",
            "movetopic",
            "createsubscription",
            "updatesubscription",
            "movesubscription",
            "resendsubscriptionconfirmation",
            "deletesubscription",
            "createsubscription",
            "getunsubscription",
            "deletetopic",
        ]
    );
    let created = &events[0];
    assert_eq!(created["source"], "notification");
    assert_eq!(created["cloudEventsVersion"], "0.1");
    assert_eq!(created["eventTime"], "2026-03-14T01:02:03.456Z");
    assert_eq!(created["contentType"], "application/json");
    assert_eq!(created["eventID"].as_str().unwrap().len(), 36);
    let compartment = "ocid1.compartment.oc1..a";
    assert_eq!(created["extensions"], json!({"compartmentId": compartment}));
    assert_eq!(created["data"]["resourceName"], "alerts");
    assert_eq!(created["data"]["compartmentId"], compartment);
    assert_eq!(created["data"]["freeformTags"], json!({"team": "shop"}));
    assert_eq!(created["data"]["additionalDetails"], json!({}));
}
