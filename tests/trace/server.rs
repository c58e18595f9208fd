//! Traces of a folder that a server has.

use serde_json::{Value, json};
use test_support::{awaited, body_of};

use crate::receiver::Receiver;
use crate::sandbox::{Sandbox, string};

/// The trace with this id when all has arrived.
fn delivered(sandbox: &Sandbox, id: &str) -> Value {
    awaited("the delivery", || {
        Some(sandbox.trace(id)).filter(|trace| trace["result"] == "delivered")
    })
}

#[test]
fn an_event_is_followed_through_a_server() {
    let sandbox = Sandbox::with_alerts();
    let receiver = Receiver::accepting();
    sandbox.subscribe("CUSTOM_HTTPS", &receiver.url);
    let _server = sandbox.serve("");
    sandbox.data(
        "events rule create --display-name topics --is-enabled true --condition '{}' --actions \
         '{\"actions\": [{\"actionType\": \"ONS\", \"isEnabled\": true, \"topicId\": \"alerts\"}]}'",
    );
    sandbox.data("ons topic create --name more");
    let newest = sandbox.data("local trace --limit 1");
    assert_eq!(
        newest[0]["source"],
        "com.oraclecloud.notification.createtopic more"
    );
    let trace = delivered(&sandbox, &string(&newest[0]["id"]));
    let kinds = trace["hops"].as_array().unwrap().iter();
    let kinds: Vec<String> = kinds.map(|hop| string(&hop["kind"])).collect();
    assert_eq!(
        kinds,
        ["event", "rule", "action", "topic", "delivery", "attempt"]
    );
}

#[test]
fn a_message_is_followed_through_a_server() {
    let sandbox = Sandbox::with_alerts();
    let receiver = Receiver::accepting();
    sandbox.subscribe("CUSTOM_HTTPS", &receiver.url);
    let topic = string(&sandbox.data("ons topic list")[0]["topic-id"]);
    let server = sandbox.serve("");
    let target = format!("/20181201/topics/{topic}/messages");
    let published = server.post(&target, &json!({"body": "x"}));
    let id = string(&body_of(&published)["messageId"]);
    let trace = delivered(&sandbox, &id);
    let request_id = string(&trace["hops"][0]["request-id"]);
    assert_eq!(published.header("opc-request-id"), Some(&*request_id));
    assert_eq!(sandbox.trace(&request_id), trace);
    assert_eq!(sandbox.data("local trace")[0]["id"], id);
    let told = sandbox.refusal("local trace nothing");
    assert!(told.contains("there is no trace of nothing"), "{told}");
    let table = sandbox.text(&format!("local trace {id} --output table"));
    assert!(table.contains("topic alerts"), "{table}");
}
