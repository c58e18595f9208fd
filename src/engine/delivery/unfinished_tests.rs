//! Effects that no call carries out: whoever makes deliveries is told, and finds what they cause.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use super::super::effects::Effect;
use super::super::{Changes, Engine, EngineOptions, Home, Strictness};
use crate::api::streaming::SERVICE;
use crate::call::{Call, LOCAL_TENANCY, Reply};
use crate::log::Durability;
use crate::store::StoreError;

fn run_a_function() -> Effect {
    Effect::Invoke {
        function_id: "ocid1.fnfunc.oc1..resize".to_owned(),
        body: "{}".to_owned(),
    }
}

#[test]
fn an_effect_that_nobody_carries_out_is_delivered_all_the_same() {
    let engine = Engine::open(&Home::Memory, Durability::Os).unwrap();
    let told = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&told);
    let _listening = engine.changes().listen(Changes::DELIVERIES, move || {
        count.fetch_add(1, Ordering::SeqCst);
    });
    let store = engine.store.tenancy(LOCAL_TENANCY);
    let undone: Result<(), StoreError> = store.write(|session| {
        session.note_effect("http://127.0.0.1:4590", &run_a_function())?;
        Err(rusqlite::Error::InvalidQuery.into())
    });
    assert!(undone.is_err());
    assert_eq!(told.load(Ordering::SeqCst), 0);
    assert_eq!(engine.next_delivery_in_ms().unwrap(), None);

    let noted: Result<(), StoreError> =
        store.write(|session| session.note_effect("http://127.0.0.1:4590", &run_a_function()));
    noted.unwrap();
    assert_eq!(told.load(Ordering::SeqCst), 1);
    assert_eq!(engine.next_delivery_in_ms().unwrap(), Some(0));
    assert_eq!(engine.due_deliveries(9).unwrap().len(), 1);
}

fn ask(engine: &Engine, operation: &str, stream_id: Option<&str>, body: Value) -> Reply {
    let mut operations = SERVICE.operations();
    let operation = operations.find(|one| one.id.to_string() == operation);
    let mut call = Call::new(operation.unwrap());
    if let Some(stream_id) = stream_id {
        call.path.insert("streamId", stream_id.to_owned());
    }
    call.body = Some(body);
    engine.answer(&call).unwrap()
}

#[test]
fn an_effect_that_comes_too_fast_is_tried_again_soon() {
    let options = EngineOptions {
        strictness: Strictness::new(true),
        ..EngineOptions::default()
    };
    let engine = Engine::open(&Home::Memory, options).unwrap();
    engine.set_clock_to(1_773_450_123_456, true).unwrap();
    let stream = json!({"name": "orders", "partitions": 1, "compartmentId": LOCAL_TENANCY});
    let made = ask(&engine, "CreateStream", None, stream).body.unwrap();
    let stream_id = made["id"].as_str().unwrap();
    // A second's worth.
    let full = json!({"messages": [{"value": "A".repeat((1 << 20) / 3 * 4)}]});
    ask(&engine, "PutMessages", Some(stream_id), full);

    let put = Effect::Put {
        stream_id: stream_id.to_owned(),
        key: None,
        value: "late".to_owned(),
    };
    let store = engine.store.tenancy(LOCAL_TENANCY);
    let noted: Result<(), StoreError> =
        store.write(|session| session.note_effect("http://127.0.0.1:4590", &put));
    noted.unwrap();
    assert_eq!(engine.next_delivery_in_ms().unwrap(), Some(1000));
    engine.advance_clock(1000).unwrap();
    assert_eq!(engine.next_delivery_in_ms().unwrap(), None);
    let left: Result<_, StoreError> = store.read(|session| session.next_effect::<Value>(0));
    assert!(left.unwrap().is_none());
}
