//! Effects that no call carries out: whoever makes deliveries is told, and finds what they cause.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::super::effects::Effect;
use super::super::{Changes, Engine, Home};
use crate::call::LOCAL_TENANCY;
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
