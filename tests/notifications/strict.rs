//! An engine that refuses what the service in the cloud refuses: rates of calls and of deliveries.

use ocelot::engine::delivery::Outcome;

use crate::bench::{Asked, Bench, COMPARTMENT, MINUTE_MS};

const HOOK: &str = "https://a.example.com/";

/// Calls so often, which is the most in a minute, and once more when the next has its turn.
fn is_the_most_in_a_minute<'b>(bench: &Bench, most: i64, call: impl Fn() -> Asked<'b>) {
    for _ in 0..most {
        call().ok();
    }
    let message = call().fails(429, "TooManyRequests");
    let turn_ms = MINUTE_MS / most;
    let expected = format!("next request can be made in {turn_ms} ms");
    assert!(message.ends_with(&expected), "{message}");
    bench.time.advance(turn_ms);
    call().ok();
    call().fails(429, "TooManyRequests");
}

/// Makes the deliveries that are due at once, and tells how many there were.
fn deliver(bench: &Bench) -> usize {
    let mut count = 0;
    while bench.engine.next_delivery_in_ms().unwrap() == Some(0) {
        for delivery in bench.due() {
            let finished = bench
                .engine
                .finish_delivery(delivery.id, &Outcome::Delivered, None);
            finished.unwrap();
            count += 1;
        }
    }
    count
}

#[test]
fn calls_have_a_rate_by_kind_and_tenancy() {
    let bench = Bench::strict();
    let topic = bench.topic("alerts");
    let subscriptions = || {
        let call = bench.call("ListSubscriptions");
        call.with("compartmentId", COMPARTMENT)
    };
    is_the_most_in_a_minute(&bench, 60, subscriptions);
    let get_topic = || bench.call("GetTopic").with("topicId", &topic);
    is_the_most_in_a_minute(&bench, 120, get_topic);
    let mut by_another = subscriptions();
    by_another.call.origin.tenancy_id = "ocid1.tenancy.oc1..other".to_owned();
    by_another.ok();
}

#[test]
fn a_topic_takes_sixty_messages_a_minute() {
    let bench = Bench::strict();
    let (alerts, news) = (bench.topic("alerts"), bench.topic("news"));
    is_the_most_in_a_minute(&bench, 60, || bench.publishing(&alerts, "x"));
    bench.publishing(&news, "x").ok();
}

#[test]
fn an_endpoint_rests_when_it_got_its_messages_of_a_minute() {
    let bench = Bench::strict();
    let (alerts, news) = (bench.topic("alerts"), bench.topic("news"));
    for topic in [&alerts, &news] {
        bench.confirmed(topic, "EMAIL", "oncall@example.com");
        bench.confirmed(topic, "HTTPS", HOOK);
    }
    // The requests to confirm count.
    bench.time.advance(MINUTE_MS);
    for number in 0..40 {
        bench.publishing(&alerts, &number.to_string()).ok();
        bench.publishing(&news, &number.to_string()).ok();
    }
    assert_eq!(deliver(&bench), 10 + 60);
    assert_eq!(bench.engine.count_deliveries().unwrap(), 70 + 20);
    assert_eq!(bench.engine.next_delivery_in_ms().unwrap(), Some(1_000));
    bench.time.advance(999);
    assert_eq!(deliver(&bench), 0);
    bench.time.advance(1);
    assert_eq!(deliver(&bench), 1);
    bench.time.advance(5_000);
    assert_eq!(deliver(&bench), 1 + 5);
    // They come in the order in which they were published.
    let mut left = Vec::new();
    while bench.engine.count_deliveries().unwrap() > 0 {
        let in_ms = bench.engine.next_delivery_in_ms().unwrap().unwrap();
        bench.time.advance(in_ms);
        for delivery in bench.due() {
            if delivery.task.destination.endpoint() == HOOK {
                left.push(delivery.task.message.body.parse::<u32>().unwrap());
            }
            let finished = bench
                .engine
                .finish_delivery(delivery.id, &Outcome::Delivered, None);
            finished.unwrap();
        }
    }
    assert_eq!(left.len(), 14);
    assert!(left.is_sorted(), "{left:?}");
}

#[test]
fn without_being_strict_nothing_of_this_is_refused() {
    let bench = Bench::new();
    let topic = bench.topic("alerts");
    bench.confirmed(&topic, "EMAIL", "oncall@example.com");
    for _ in 0..130 {
        bench.publishing(&topic, "x").ok();
        bench.call("GetTopic").with("topicId", &topic).ok();
    }
    assert_eq!(deliver(&bench), 130);
}
