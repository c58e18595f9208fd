//! Subscriptions: states, endpoints, confirmation.

use serde_json::{Value, json};

use crate::bench::{Bench, COMPARTMENT, DAY_MS, START_MS, text};

const HOOK: &str = "https://example.com/hook";

#[test]
fn all_but_functions_must_confirm() {
    let bench = Bench::new();
    bench.topic("alerts");
    for (protocol, endpoint, state) in [
        ("CUSTOM_HTTPS", HOOK, "PENDING"),
        ("HTTPS", "https://example.com/hook?key=1", "PENDING"),
        ("EMAIL", "oncall@example.com", "PENDING"),
        (
            "SLACK",
            "https://hooks.slack.com/services/T0/B0/X",
            "PENDING",
        ),
        (
            "PAGERDUTY",
            "https://events.pagerduty.com/integration/k/enqueue",
            "PENDING",
        ),
        ("SMS", "+12065550100", "PENDING"),
        ("ORACLE_FUNCTIONS", "ocid1.fnfunc.oc1..lab", "ACTIVE"),
    ] {
        let id = bench.subscribe("alerts", protocol, endpoint);
        assert_eq!(bench.state(&id), state, "{protocol}");
        if state == "PENDING" {
            bench.confirming(&id, protocol).ok();
            assert_eq!(bench.state(&id), "ACTIVE", "{protocol}");
        }
    }
    // Each that had to confirm left its link in the inbox.
    assert_eq!(bench.engine.inbox(100).unwrap().len(), 6);
}

#[test]
fn a_subscription_shows_what_the_service_shows() {
    let bench = Bench::new();
    let topic = bench.topic("alerts");
    let reply = bench
        .subscribing("alerts", "EMAIL", "oncall@example.com")
        .ok();
    let body = reply.body.clone().unwrap();
    assert_eq!(body["topicId"], topic);
    assert_eq!(body["createdTime"], START_MS);
    assert_eq!(body["endpoint"], "oncall@example.com");
    assert_eq!(reply.header("etag"), body["etag"].as_str());
    // The policy is a text here, and an object in lists.
    let policy: Value = serde_json::from_str(body["deliverPolicy"].as_str().unwrap()).unwrap();
    let default = json!({"backoffRetryPolicy":
        {"maxRetryDuration": 7_200_000, "policyType": "EXPONENTIAL"}});
    assert_eq!(policy, default);
    let list = bench.call("ListSubscriptions");
    let list = list
        .with("compartmentId", COMPARTMENT)
        .with("topicId", "alerts");
    let list = list.value();
    assert_eq!(list[0]["deliveryPolicy"], default);
    assert_eq!(list[0]["id"], body["id"]);
}

#[test]
fn endpoints_are_checked() {
    let bench = Bench::new();
    bench.topic("alerts");
    let long = format!("https://example.com/{}", "x".repeat(493));
    for (protocol, endpoint, told) in [
        (
            "CUSTOM_HTTPS",
            "https://example.com/hook?key=1",
            "without query",
        ),
        ("CUSTOM_HTTPS", "ftp://example.com/", "https://"),
        ("CUSTOM_HTTPS", "example.com", "must be a URL"),
        ("HTTPS", &long, "513 characters"),
        ("EMAIL", "nobody", "email address"),
        ("EMAIL", "a@b\r\nBcc: c@d", "email address"),
        ("SMS", "call me", "phone number"),
        ("SMS", "123", "phone number"),
        (
            "ORACLE_FUNCTIONS",
            "ocid1.stream.oc1..x",
            "OCID of a function",
        ),
        ("ORACLE_FUNCTIONS", "resize", "ocelot local function add"),
        ("TELEX", "1", "protocol must be one of CUSTOM_HTTPS, EMAIL"),
    ] {
        let message = bench
            .subscribing("alerts", protocol, endpoint)
            .fails(400, "InvalidParameter");
        assert!(message.contains(told), "{protocol} {endpoint}: {message}");
    }
    bench.subscribe("alerts", "HTTPS", &long[..512]);
    bench
        .subscribing("nothing", "EMAIL", "a@example.com")
        .fails(404, "NotAuthorizedOrNotFound");
    let elsewhere = bench.call("CreateSubscription").body(json!({
        "topicId": "alerts",
        "compartmentId": "ocid1.compartment.oc1..other",
        "protocol": "EMAIL",
        "endpoint": "a@example.com",
    }));
    let message = elsewhere.fails(400, "InvalidParameter");
    assert!(message.contains("compartment of its topic"), "{message}");
}

#[test]
fn subscribing_twice_is_as_good_as_once() {
    let bench = Bench::new();
    bench.topic("alerts");
    bench.topic("other");
    let id = bench.subscribe("alerts", "HTTPS", HOOK);
    assert_eq!(bench.subscribe("alerts", "HTTPS", HOOK), id);
    assert_ne!(bench.subscribe("alerts", "CUSTOM_HTTPS", HOOK), id);
    assert_ne!(bench.subscribe("other", "HTTPS", HOOK), id);
}

#[test]
fn a_token_confirms_for_three_days() {
    let bench = Bench::new();
    bench.topic("alerts");
    let id = bench.subscribe("alerts", "EMAIL", "oncall@example.com");
    let wrong = bench.call("GetConfirmSubscription").with("id", &id);
    let wrong = wrong.with("token", "guess").with("protocol", "EMAIL");
    wrong.fails(400, "InvalidParameter");
    bench.confirming(&id, "SMS").fails(400, "InvalidParameter");

    bench.time.advance(3 * DAY_MS);
    let late = bench
        .confirming(&id, "EMAIL")
        .fails(400, "InvalidParameter");
    assert!(late.contains("expired"), "{late}");
    assert_eq!(bench.state(&id), "PENDING");

    let old = bench.token(&id);
    let resend = bench.call("ResendSubscriptionConfirmation");
    assert_eq!(resend.with("id", &id).value()["id"], id);
    assert_ne!(bench.token(&id), old);
    bench.time.advance(3 * DAY_MS - 1);
    let reply = bench.confirming(&id, "EMAIL").value();
    assert_eq!(reply["topicName"], "alerts");
    assert_eq!(reply["subscriptionId"], id);
    assert_eq!(reply["endpoint"], "oncall@example.com");
    let unsubscribe = text(&reply["unsubscribeUrl"]);
    let begins = format!("http://127.0.0.1:4590/20181201/subscriptions/{id}/unsubscription?token=");
    assert!(unsubscribe.starts_with(&begins), "{unsubscribe}");
    assert_eq!(bench.state(&id), "ACTIVE");
    // A link that is visited twice.
    bench.confirming(&id, "EMAIL").ok();
    bench
        .call("ResendSubscriptionConfirmation")
        .with("id", &id)
        .fails(409, "IncorrectState");
}

#[test]
fn the_link_of_a_message_unsubscribes() {
    let bench = Bench::new();
    bench.topic("alerts");
    let id = bench.confirmed("alerts", "EMAIL", "oncall@example.com");
    let url = text(&bench.confirming(&id, "EMAIL").value()["unsubscribeUrl"]);
    let (_, rest) = url.split_once("token=").unwrap();
    let (token, _) = rest.split_once('&').unwrap();
    let unsubscribing = |token: &str| {
        let call = bench.call("GetUnsubscription").with("id", &id);
        call.with("token", token).with("protocol", "EMAIL")
    };
    unsubscribing("guess").fails(400, "InvalidParameter");
    assert!(unsubscribing(token).value().is_string());
    assert_eq!(bench.state(&id), "DELETED");
    unsubscribing(token).fails(404, "NotAuthorizedOrNotFound");
    let list = bench.call("ListSubscriptions");
    assert_eq!(list.with("compartmentId", COMPARTMENT).value(), json!([]));
}

#[test]
fn subscriptions_move_are_deleted_and_go_with_their_topic() {
    let bench = Bench::new();
    bench.topic("alerts");
    let first = bench.confirmed("alerts", "EMAIL", "a@example.com");
    let second = bench.confirmed("alerts", "EMAIL", "b@example.com");
    bench
        .call("ChangeSubscriptionCompartment")
        .with("subscriptionId", &first)
        .body(json!({"compartmentId": "ocid1.compartment.oc1..archive"}))
        .ok();
    let got = bench.call("GetSubscription");
    let got = got.with("subscriptionId", &first).value();
    assert_eq!(got["compartmentId"], "ocid1.compartment.oc1..archive");
    // It gets messages from there, too.
    bench.publishing("alerts", "hello").ok();
    assert_eq!(bench.engine.count_deliveries().unwrap(), 2);

    let delete = bench.call("DeleteSubscription");
    let delete = delete.with("subscriptionId", &first);
    delete.with("if-match", "other").fails(412, "NoEtagMatch");
    let delete = bench.call("DeleteSubscription");
    delete.with("subscriptionId", &first).ok();
    assert_eq!(bench.state(&first), "DELETED");
    // What was on its way to it is gone as well.
    assert_eq!(bench.engine.count_deliveries().unwrap(), 1);
    bench.call("DeleteTopic").with("topicId", "alerts").ok();
    assert_eq!(bench.state(&second), "DELETED");
    assert_eq!(bench.engine.count_deliveries().unwrap(), 0);
    bench.time.advance(90 * DAY_MS);
    let forgotten = bench.call("GetSubscription");
    forgotten
        .with("subscriptionId", &second)
        .fails(404, "NotAuthorizedOrNotFound");
}
