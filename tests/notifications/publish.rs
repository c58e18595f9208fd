//! Publishing.

use serde_json::json;

use crate::bench::{Bench, text};

#[test]
fn a_message_goes_to_all_that_are_confirmed() {
    let bench = Bench::new();
    bench.topic("alerts");
    bench.confirmed("alerts", "HTTPS", "https://a.example.com/");
    bench.confirmed("alerts", "EMAIL", "a@example.com");
    bench.confirmed("alerts", "SMS", "+12065550100");
    bench.topic("other");
    bench.confirmed("other", "EMAIL", "other@example.com");
    let pending = bench.subscribe("alerts", "EMAIL", "pending@example.com");
    for delivery in bench.due() {
        let outcome = ocelot::engine::delivery::Outcome::Delivered;
        bench
            .engine
            .finish_delivery(delivery.id, &outcome, None)
            .unwrap();
    }

    let reply = bench.publishing("alerts", "disk full").ok();
    assert_eq!(reply.status, 202);
    let body = reply.body.unwrap();
    assert_eq!(text(&body["messageId"]).len(), 36);
    assert_eq!(body["timeStamp"], "2026-03-14T01:02:03.456Z");
    // Neither those who did not confirm, nor text messages, which carry alarms only.
    let mut due = bench.due_texts();
    due.sort();
    let message = |endpoint: &str| (endpoint.to_owned(), "disk full".to_owned());
    assert_eq!(
        due,
        [message("a@example.com"), message("https://a.example.com/")]
    );
    assert_eq!(bench.state(&pending), "PENDING");
}

#[test]
fn a_text_for_each_protocol() {
    let bench = Bench::new();
    bench.topic("alerts");
    bench.confirmed("alerts", "HTTPS", "https://a.example.com/");
    bench.confirmed("alerts", "EMAIL", "a@example.com");
    let texts = json!({"default": "for all", "email": "for readers"});
    let publish = |body: String| {
        bench
            .publishing("alerts", &body)
            .with("messageType", "JSON")
    };
    publish(texts.to_string()).ok();
    let mut due = bench.due_texts();
    due.sort();
    assert_eq!(
        due[0],
        ("a@example.com".to_owned(), "for readers".to_owned())
    );
    assert_eq!(due[1].1, "for all");
    for wrong in ["no json", "[]", "{\"email\": \"x\"}", "{\"default\": 1}"] {
        publish(wrong.to_owned()).fails(400, "InvalidParameter");
    }
    bench
        .publishing("alerts", "x")
        .with("messageType", "YAML")
        .fails(400, "InvalidParameter");
}

#[test]
fn a_message_has_at_most_64_kib() {
    let bench = Bench::new();
    bench.topic("alerts");
    let around = json!({"title": "Alert", "body": ""}).to_string().len();
    let most = "x".repeat(64 * 1024 - around);
    bench.publishing("alerts", &most).ok();
    bench
        .publishing("alerts", &(most + "x"))
        .fails(413, "PayloadTooLarge");
    let call = bench.call("PublishMessage").with("topicId", "alerts");
    call.body(json!({"title": "t"}))
        .fails(400, "MissingParameter");
    bench
        .publishing("nothing", "x")
        .fails(404, "NotAuthorizedOrNotFound");
}
