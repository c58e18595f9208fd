//! Who makes deliveries is told by the engine when there is something to do, whichever call caused it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ocelot::engine::Changes;
use ocelot::engine::delivery::Outcome;

use crate::bench::Bench;

#[test]
fn whatever_makes_something_due_is_told() {
    let bench = Bench::new();
    let topic = bench.topic("alerts");
    bench.confirmed("alerts", "HTTPS", "https://a.example.com/");
    let told = Arc::new(AtomicBool::new(false));
    let wake = Arc::clone(&told);
    let changes = bench.engine.changes();
    let listening = changes.listen(Changes::DELIVERIES, move || {
        wake.store(true, Ordering::SeqCst);
    });
    let is_told = || told.swap(false, Ordering::SeqCst);

    bench.publishing("alerts", "x").ok();
    assert!(is_told(), "a publication");
    let due = bench.due();
    let finished =
        bench
            .engine
            .finish_delivery(due[0].id, &Outcome::Failed("it hangs up".to_owned()), None);
    finished.unwrap();
    assert!(!is_told(), "whoever delivers knows what came of it");
    let subscription = bench.subscribe("alerts", "HTTPS", "https://b.example.com/");
    assert!(is_told(), "a request to confirm");
    bench
        .call("ResendSubscriptionConfirmation")
        .with("id", &subscription)
        .ok();
    assert!(is_told(), "the same once more");
    bench.engine.advance_clock(1000).unwrap();
    assert!(is_told(), "the clock");

    bench
        .publishing("nobody", "x")
        .fails(404, "NotAuthorizedOrNotFound");
    bench.call("GetTopic").with("topicId", &topic).ok();
    assert!(!is_told(), "nothing became due");
    drop(listening);
    bench.publishing("alerts", "y").ok();
    assert!(!is_told(), "nobody listens");
}
