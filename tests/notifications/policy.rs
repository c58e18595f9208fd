//! The delivery policy of a subscription.

use serde_json::{Value, json};

use crate::bench::{Bench, text};

fn policy(max_ms: Value, kind: &str) -> Value {
    json!({"deliveryPolicy": {"backoffRetryPolicy":
        {"maxRetryDuration": max_ms, "policyType": kind}}})
}

#[test]
fn it_is_changed_and_shown() {
    let bench = Bench::new();
    bench.topic("alerts");
    let id = bench.subscribe("alerts", "EMAIL", "a@example.com");
    let update = |body: Value| {
        let call = bench.call("UpdateSubscription");
        call.with("subscriptionId", &id).body(body)
    };
    let reply = update(policy(json!(60_000), "EXPONENTIAL")).value();
    let wanted = policy(json!(60_000), "EXPONENTIAL");
    assert_eq!(reply["deliveryPolicy"], wanted["deliveryPolicy"]);
    assert_eq!(reply["freeformTags"], json!({}));
    assert_eq!(reply.get("id"), None);
    // What is not given stays.
    update(json!({"freeformTags": {"a": "b"}})).ok();
    let shown = bench.call("GetSubscription");
    let shown = shown.with("subscriptionId", &id).value();
    let text: Value = serde_json::from_str(&text(&shown["deliverPolicy"])).unwrap();
    assert_eq!(text, wanted["deliveryPolicy"]);
    assert_eq!(shown["freeformTags"], json!({"a": "b"}));

    for wrong in [
        policy(json!(0), "EXPONENTIAL"),
        policy(json!(-1), "EXPONENTIAL"),
        policy(json!("soon"), "EXPONENTIAL"),
        policy(json!(60_000), "LINEAR"),
    ] {
        update(wrong).fails(400, "InvalidParameter");
    }
}
