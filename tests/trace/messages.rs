//! What became of published messages.

use serde_json::json;

use crate::receiver::Receiver;
use crate::sandbox::{NOON, Sandbox, hop, shape, string};

#[test]
fn a_webhook_that_fails_and_then_works() {
    let sandbox = Sandbox::with_alerts();
    let receiver = Receiver::failing_first(2);
    sandbox.subscribe("CUSTOM_HTTPS", &receiver.url);
    let id = sandbox.publish("");

    let trace = sandbox.trace(&id);
    assert_eq!(trace["id"], id);
    assert_eq!(trace["time"], NOON);
    assert_eq!(trace["source"], "message to alerts");
    assert_eq!(trace["result"], "under-way");
    assert_eq!(trace["is-complete"], true);
    // It is tried again right away, and then after a minute.
    assert_eq!(
        shape(&trace),
        [
            hop("topic", "published", None),
            hop("delivery", "queued", 1),
            hop("attempt", "failed", 2),
            hop("attempt", "failed", 2),
        ]
    );
    let hops = trace["hops"].as_array().unwrap();
    assert_eq!(hops[0]["topic-name"], "alerts");
    assert_eq!(hops[0]["sender"], "caller");
    assert_eq!(hops[0]["message-id"], id);
    assert_eq!(hops[1]["protocol"], "CUSTOM_HTTPS");
    let place = receiver.url.strip_suffix("/secret-path").unwrap();
    assert_eq!(hops[1]["endpoint"], place);
    let subscriptions = sandbox.data("ons subscription list");
    assert_eq!(hops[1]["subscription-id"], subscriptions[0]["id"]);
    assert_eq!(hops[2]["attempt"], 1);
    assert_eq!(hops[2]["time-next-attempt"], NOON);
    assert!(string(&hops[3]["reason"]).contains("503"), "{trace}");
    assert_eq!(hops[3]["time-next-attempt"], "2026-03-14T12:01:00.000Z");

    sandbox.data("local clock advance 61s");
    // Any command delivers what is due.
    sandbox.data("ons topic list");
    let trace = sandbox.trace(&id);
    assert_eq!(trace["result"], "delivered");
    let last = &trace["hops"][4];
    assert_eq!(
        (&last["kind"], &last["attempt"]),
        (&json!("attempt"), &json!(3))
    );
    assert_eq!(last["result"], "delivered");
    assert_eq!(last["time"], "2026-03-14T12:01:01.000Z");
    assert_eq!(last["time-next-attempt"], json!(null));
    let all = sandbox.text("local trace") + &trace.to_string();
    assert!(!all.contains("secret-path"), "{all}");
}

#[test]
fn what_is_given_up() {
    let sandbox = Sandbox::with_alerts();
    let receiver = Receiver::failing_first(usize::MAX);
    sandbox.subscribe("CUSTOM_HTTPS", &receiver.url);
    let id = sandbox.publish("");
    // The policy's two hours are over.
    sandbox.data("local clock advance 3h");
    sandbox.data("ons topic list");
    let trace = sandbox.trace(&id);
    assert_eq!(trace["result"], "failed");
    assert_eq!(trace["hops"][4]["result"], "given-up");
}

#[test]
fn what_stays_on_this_machine() {
    let sandbox = Sandbox::with_alerts();
    sandbox.data("local function add --name lab --exec 'cat; exit 3'");
    sandbox.subscribe("EMAIL", "oncall@example.com");
    sandbox.subscribe("ORACLE_FUNCTIONS", "lab");
    let id = sandbox.publish("");
    let trace = sandbox.trace(&id);
    assert_eq!(trace["result"], "under-way");
    let hops = trace["hops"].as_array().unwrap();
    let of = |kind: &str| {
        let mut hops = hops.iter();
        hops.find(|hop| hop["kind"] == kind).unwrap()
    };
    let inbox = of("inbox");
    assert_eq!(inbox["result"], "delivered");
    let message = sandbox.data(&format!("local inbox show {}", inbox["number"]));
    assert_eq!(message["to"], "oncall@example.com");
    let run = of("function");
    assert_eq!(
        (&run["result"], &run["status"]),
        (&json!("failed"), &json!(3))
    );
    assert!(run["duration-in-ms"].is_i64(), "{run}");
    let logs = sandbox.data("local function logs lab");
    let mut calls = logs.as_array().unwrap().iter();
    assert!(
        calls.any(|call| call["call-id"] == run["call-id"]),
        "{logs}"
    );
}

#[test]
fn nobody_to_deliver_to() {
    let sandbox = Sandbox::with_alerts();
    let trace = sandbox.trace(&sandbox.publish(""));
    assert_eq!(trace["result"], "no-receiver");
    assert_eq!(shape(&trace), [hop("topic", "published", None)]);
    let reason = string(&trace["hops"][0]["reason"]);
    assert!(reason.contains("no active subscription"), "{reason}");
}

#[test]
fn a_subscription_that_is_deleted_gets_no_more() {
    let sandbox = Sandbox::with_alerts();
    sandbox.subscribe("EMAIL", "oncall@example.com");
    let subscription = string(&sandbox.data("ons subscription list")[0]["id"]);
    let id = sandbox.publish("--delivery-timeout 0");
    let waiting = sandbox.trace(&id);
    assert_eq!(waiting["result"], "under-way");
    assert_eq!(waiting["hops"].as_array().unwrap().len(), 2);
    sandbox.data(&format!(
        "ons subscription delete --subscription-id {subscription} --force --delivery-timeout 0"
    ));
    let trace = sandbox.trace(&id);
    assert_eq!(trace["result"], "failed");
    assert_eq!(trace["hops"][2]["result"], "dropped");
    assert_eq!(trace["hops"][2]["reason"], "the subscription was deleted");
}
