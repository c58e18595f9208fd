//! The courier of a server: it sends what becomes due while the engine is in use.

use std::sync::Arc;
use std::time::Duration;

use ocelot::delivery::{Courier, CourierOptions};
use ocelot::engine::Changes;
use tokio::runtime::Builder;
use tokio::sync::Notify;

use crate::bench::{Bench, MINUTE_MS};
use crate::receiver::{Manner, Receiver};

#[test]
fn it_sends_what_becomes_due_beside_an_endpoint_that_hangs() {
    let hanging = Receiver::new(Manner::Hangs);
    let quick = Receiver::accepting();
    let failing = Receiver::answering("500 Internal Server Error");
    let bench = Bench::new();
    bench.topic("alerts");
    for receiver in [&hanging, &quick, &failing] {
        bench.confirmed("alerts", "HTTPS", &receiver.url);
    }
    let wake = Arc::new(Notify::new());
    let told = Arc::clone(&wake);
    let changes = bench.engine.changes();
    let _listening = changes.listen(Changes::DELIVERIES, move || told.notify_one());
    let courier = Courier::new(CourierOptions::default());
    let script = async {
        bench.publishing("alerts", "one").ok();
        let quick = tokio::task::spawn_blocking(move || {
            let first = quick.next().body;
            (quick, first)
        });
        let (quick, first) = quick.await.unwrap();
        assert_eq!(first, "one");
        // The first is under way still at the endpoint that hangs.
        bench.publishing("alerts", "two").ok();
        let failing = tokio::task::spawn_blocking(move || {
            assert_eq!(quick.next().body, "two");
            // Both messages, and both again right away.
            let mut bodies: Vec<String> = (0..4).map(|_| failing.next().body).collect();
            bodies.sort();
            (failing, bodies)
        });
        let (failing, bodies) = failing.await.unwrap();
        assert_eq!(bodies, ["one", "one", "two", "two"]);
        let again = tokio::task::spawn_blocking(move || (failing.next(), failing.next()));
        // The courier may not have noted yet that the last one failed, and then the minute begins when it does.
        while !again.is_finished() {
            bench.time.advance(MINUTE_MS);
            wake.notify_one();
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        again.await.unwrap();
        assert!(!hanging.rest().is_empty());
    };
    let runtime = Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        tokio::select! {
            ended = courier.run(&bench.engine, &wake, |_| {}) => panic!("{ended:?}"),
            () = script => {}
            () = tokio::time::sleep(Duration::from_secs(60)) => panic!("it takes too long"),
        }
    });
    runtime.shutdown_background();
}
