//! Effects that a killed process left are carried out when the folder is opened next.

use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ocelot::api::{ons, streaming};
use ocelot::call::{Call, LOCAL_TENANCY};
use ocelot::clock::SystemClock;
use ocelot::engine::delivery::{Destination, Outcome};
use ocelot::engine::effects::{Effect, Publication, Sender};
use ocelot::engine::{Engine, Home};
use ocelot::log::Durability;
use ocelot::store::{Store, StoreError};
use serde_json::{Value, json};
use tempfile::TempDir;

fn open(folder: &Path) -> Engine {
    let home = Home::Folder(folder.to_owned());
    let clock = Box::new(SystemClock);
    Engine::open_with(&home, Durability::Os, clock, Duration::from_secs(5)).unwrap()
}

/// Notes an effect as a service does, in a process that ends before it is carried out.
fn leave(folder: &Path, effect: &Effect) {
    let store = Store::open(&folder.join("ocelot.db"), Durability::Os).unwrap();
    store
        .tenancy(LOCAL_TENANCY)
        .write(|session| session.note_effect("http://127.0.0.1:4590", effect))
        .unwrap();
}

fn is_left(folder: &Path) -> bool {
    let store = Store::open(&folder.join("ocelot.db"), Durability::Os).unwrap();
    let next = store.read(|session| session.next_effect::<Value>(0));
    let next: Result<_, StoreError> = next;
    next.unwrap().is_some()
}

fn ask(engine: &Engine, operation: &str, path: Option<(&'static str, &str)>, body: Value) -> Value {
    let all = [&ons::SERVICE, &streaming::SERVICE];
    let mut operations = all.iter().flat_map(|service| service.operations());
    let operation = operations.find(|one| one.id.to_string() == operation);
    let mut call = Call::new(operation.unwrap());
    if let Some((wire, value)) = path {
        call.path.insert(wire, value.to_owned());
    }
    call.body = Some(body);
    engine.answer(&call).unwrap().body.unwrap_or_default()
}

#[test]
fn a_message_is_published_for_another_service() {
    let folder = TempDir::new().unwrap();
    let engine = open(folder.path());
    let compartment = "ocid1.compartment.oc1..shop";
    let details = json!({"name": "alerts", "compartmentId": compartment});
    let topic = ask(&engine, "CreateTopic", None, details);
    let topic_id = topic["topicId"].as_str().unwrap().to_owned();
    let subscribe = json!({"topicId": topic_id, "compartmentId": compartment,
        "protocol": "SMS", "endpoint": "+12065550100"});
    ask(&engine, "CreateSubscription", None, subscribe);
    let inbox = engine.inbox(1).unwrap();
    let asked = inbox[0].message.message.clone();
    let operation = ons::SERVICE.operations();
    let mut confirms = operation.filter(|one| one.id.to_string() == "GetConfirmSubscription");
    let mut call = Call::new(confirms.next().unwrap());
    call.path
        .insert("id", asked.recipient.unwrap().subscription_id);
    call.query
        .insert("token", asked.confirmation.unwrap().token);
    call.query.insert("protocol", "SMS".to_owned());
    engine.answer(&call).unwrap();
    for delivery in engine.due_deliveries(9).unwrap() {
        engine
            .finish_delivery(delivery.id, &Outcome::Delivered, None)
            .unwrap();
    }
    drop(engine);

    let publication = |sender| {
        Effect::Publish(Publication {
            topic_id: topic_id.clone(),
            sender,
            title: None,
            body: "cpu".to_owned(),
            email_body: None,
        })
    };
    // Text messages carry what alarms say, and not what rules do.
    leave(folder.path(), &publication(Sender::Rule));
    assert_eq!(open(folder.path()).due_deliveries(9).unwrap(), []);
    leave(folder.path(), &publication(Sender::Alarm));
    let due = open(folder.path()).due_deliveries(9).unwrap();
    assert_eq!(due.len(), 1);
    assert_eq!(due[0].task.message.body, "cpu");
    assert!(!is_left(folder.path()));
}

#[test]
fn messages_are_put_and_functions_are_run_for_another_service() {
    let folder = TempDir::new().unwrap();
    let engine = open(folder.path());
    let details =
        json!({"name": "orders", "partitions": 1, "compartmentId": "ocid1.compartment.oc1..a"});
    let stream = ask(&engine, "CreateStream", None, details);
    let stream_id = stream["id"].as_str().unwrap();
    drop(engine);
    leave(
        folder.path(),
        &Effect::Put {
            stream_id: stream_id.to_owned(),
            key: Some("k".to_owned()),
            value: "v".to_owned(),
        },
    );
    leave(
        folder.path(),
        &Effect::Invoke {
            function_id: "ocid1.fnfunc.oc1..resize".to_owned(),
            body: "{}".to_owned(),
        },
    );
    let engine = open(folder.path());
    let due = engine.due_deliveries(9).unwrap();
    let function = Destination::Function("ocid1.fnfunc.oc1..resize".to_owned());
    assert_eq!(due[0].task.destination, function);
    let path = ("streamId", stream_id);
    let body = json!({"partition": "0", "type": "TRIM_HORIZON"});
    let cursor = ask(&engine, "CreateCursor", Some(path), body);
    let mut operations = streaming::SERVICE.operations();
    let operation = operations.find(|one| one.id.to_string() == "GetMessages");
    let mut call = Call::new(operation.unwrap());
    call.path.insert("streamId", stream_id.to_owned());
    let cursor = cursor["value"].as_str().unwrap();
    call.query.insert("cursor", cursor.to_owned());
    let messages = engine.answer(&call).unwrap().body.unwrap();
    assert_eq!(messages[0]["value"], STANDARD.encode("v"));
    drop(engine);
    assert!(!is_left(folder.path()));
}

#[test]
fn what_is_refused_is_not_tried_for_ever() {
    let folder = TempDir::new().unwrap();
    drop(open(folder.path()));
    leave(
        folder.path(),
        &Effect::Put {
            stream_id: "ocid1.stream.oc1..gone".to_owned(),
            key: None,
            value: "v".to_owned(),
        },
    );
    drop(open(folder.path()));
    assert!(!is_left(folder.path()));
}
