//! What a version before there were traces has left in a folder.

use std::path::Path;
use std::time::Duration;

use ocelot::call::LOCAL_TENANCY;
use ocelot::clock::SystemClock;
use ocelot::engine::delivery::{Next, Outcome};
use ocelot::engine::{Engine, Home};
use ocelot::log::Durability;
use ocelot::store::{NewDelivery, Store, StoreError};
use serde_json::{Value, json};
use tempfile::TempDir;

fn open(folder: &Path) -> Engine {
    let home = Home::Folder(folder.to_owned());
    let clock = Box::new(SystemClock);
    Engine::open_with(&home, Durability::Os, clock, Duration::from_secs(5)).unwrap()
}

#[test]
fn effects_and_deliveries_without_a_trace_are_carried_out() {
    let folder = TempDir::new().unwrap();
    drop(open(folder.path()));
    let store = Store::open(&folder.path().join("ocelot.db"), Durability::Os).unwrap();
    let task = json!({
        "destination": {"email": "oncall@example.com"},
        "message": {"id": "m1", "topic": null, "recipient": null, "title": null, "body": "x",
                    "confirmation": null},
    });
    let delivery = NewDelivery {
        subscription_id: None,
        lane: "oncall@example.com",
        task: &task,
        due_ms: 0,
        patience_ms: 1,
    };
    let put: Result<(), StoreError> = store
        .tenancy(LOCAL_TENANCY)
        .write(|session| session.put_into_outbox(&delivery));
    put.unwrap();
    let effects = [
        json!({"kind": "put", "stream_id": "ocid1.stream.oc1..gone", "key": null, "value": "v"}),
        json!({"kind": "invoke", "function_id": "ocid1.fnfunc.oc1..lab", "body": "{}"}),
    ];
    for effect in &effects {
        let noted: Result<(), StoreError> = store
            .tenancy(LOCAL_TENANCY)
            .write(|session| session.note_effect("http://127.0.0.1:4590", effect));
        noted.unwrap();
    }
    drop(store);

    let engine = open(folder.path());
    let due = engine.due_deliveries(9).unwrap();
    assert_eq!(due.len(), 2);
    for delivery in due {
        let next = engine.finish_delivery(delivery.id, &Outcome::Delivered, None);
        assert_eq!(next.unwrap(), Next::Done);
    }
    // The call of the function has a trace of its own, and so has the message that was refused; the delivery, which was
    // there before, has none.
    let traces = engine.traces(9).unwrap();
    let sources: Vec<&str> = traces.iter().map(|trace| trace.source.as_str()).collect();
    let expected = [
        "call of ocid1.fnfunc.oc1..lab",
        "message to ocid1.stream.oc1..gone",
    ];
    assert_eq!(sources, expected);
    drop(engine);
    let store = Store::open(&folder.path().join("ocelot.db"), Durability::Os).unwrap();
    let left: Result<Option<_>, StoreError> = store.read(|session| session.next_effect::<Value>(0));
    assert_eq!(left.unwrap(), None);
}
