//! Bad input: the service's status and code, and a message that names the field.

use serde_json::{Value, json};

use super::support::{Asked, Bench, COMPARTMENT};

fn refused(call: Asked<'_>, status: u16, code: &str, field: &str) {
    let shown = format!("{:?} {:?}", call.call.query, call.call.body);
    let message = call.fails(status, code);
    assert!(message.starts_with(field), "{shown}: {message}");
}

#[test]
fn settings_of_queues() {
    let bench = Bench::new();
    let queue = bench.queue(json!({}));
    let long = "x".repeat(256);
    let cases: [(&str, &[Value]); 8] = [
        (
            "displayName",
            &[json!(""), json!(" "), json!(long), json!(5)],
        ),
        (
            "visibilityInSeconds",
            &[json!(0), json!(43_201), json!(-1), json!("5")],
        ),
        ("timeoutInSeconds", &[json!(-1), json!(31)]),
        ("deadLetterQueueDeliveryCount", &[json!(-1), json!(21)]),
        ("channelConsumptionLimit", &[json!(0), json!(101)]),
        (
            "capabilities",
            &[
                json!("CONSUMER_GROUPS"),
                json!([{"type": "FIFO"}]),
                json!([{}]),
            ],
        ),
        ("freeformTags", &[json!({"a": 1}), json!([])]),
        ("retentionInSeconds", &[json!(9), json!(604_801)]),
    ];
    for (field, values) in cases {
        for value in values {
            let mut body = json!({"displayName": "n", "compartmentId": COMPARTMENT});
            body[field] = value.clone();
            let call = bench.call("CreateQueue").body(body);
            let missing = *value == json!([{}]);
            let code = if missing {
                "MissingParameter"
            } else {
                "InvalidParameter"
            };
            refused(call, 400, code, field);
            if field != "retentionInSeconds" {
                let body = json!({ field: value });
                refused(queue.call("UpdateQueue").body(body), 400, code, field);
            }
        }
    }
    for field in ["displayName", "compartmentId"] {
        let mut body = json!({"displayName": "n", "compartmentId": COMPARTMENT});
        body.as_object_mut().unwrap().remove(field);
        refused(
            bench.call("CreateQueue").body(body),
            400,
            "MissingParameter",
            field,
        );
    }
}

#[test]
fn what_a_read_asks_for() {
    let bench = Bench::new();
    let queue = bench.queue(json!({}));
    let long = "c".repeat(65);
    for (field, values) in [
        ("limit", ["0", "33", "-1", "many"].as_slice()),
        ("visibilityInSeconds", &["-1", "43201", "x"]),
        ("timeoutInSeconds", &["-1", "31", "1.5"]),
        ("channelFilter", &["a b", "a/b", "", "ü", long.as_str()]),
    ] {
        for value in values {
            let call = queue.call("GetMessages").with(field, value);
            refused(call, 400, "InvalidParameter", field);
        }
    }
    let call = queue.call("GetMessages").with("consumerGroupId", "none");
    refused(call, 404, "NotAuthorizedOrNotFound", "consumerGroupId");
    for (operation, field) in [("GetStats", "channelId"), ("ListChannels", "channelFilter")] {
        let call = queue.call(operation).with(field, "a b");
        refused(call, 400, "InvalidParameter", field);
    }
    let call = queue.call("ListChannels").with("limit", "0");
    refused(call, 400, "InvalidParameter", "limit");
}

#[test]
fn messages() {
    let bench = Bench::new();
    let queue = bench.queue(json!({}));
    for (messages, code, field) in [
        (json!([{"content": 5}]), "InvalidParameter", "messages"),
        (json!([{}]), "MissingParameter", "messages"),
        (json!("x"), "InvalidParameter", "messages"),
        (
            json!([{"content": "x", "metadata": {}}]),
            "MissingParameter",
            "messages",
        ),
        (
            json!([{"content": "x", "metadata": {"channelId": "a", "customProperties": {"k": 1}}}]),
            "InvalidParameter",
            "messages",
        ),
        (
            json!([{"content": "x"}, {"content": "x", "metadata": {"channelId": "a b"}}]),
            "InvalidParameter",
            "messages[1].metadata.channelId",
        ),
        (
            json!([{"content": "x", "metadata": {"channelId": ""}}]),
            "InvalidParameter",
            "messages[0].metadata.channelId is empty",
        ),
    ] {
        let call = queue
            .call("PutMessages")
            .body(json!({ "messages": messages }));
        refused(call, 400, code, field);
    }
    assert_eq!(queue.stats(), [0, 0, 0, 0]);
}

#[test]
fn receipts() {
    let bench = Bench::new();
    let queue = bench.queue(json!({}));
    let other = bench.queue(json!({"displayName": "other"}));
    other.put(&["x"]);
    let foreign = other.get(1)[0].receipt.clone();
    let broken = format!("{}A", &foreign[..foreign.len() - 1]);
    for receipt in ["", "x", "не", foreign.as_str(), broken.as_str()] {
        let call = queue.call("DeleteMessage").with("messageReceipt", receipt);
        refused(call, 400, "InvalidParameter", "messageReceipt");
        let call = queue.call("UpdateMessage").with("messageReceipt", receipt);
        let call = call.body(json!({"visibilityInSeconds": 5}));
        refused(call, 400, "InvalidParameter", "messageReceipt");
    }
    for seconds in [-1, 43_201] {
        let call = other.call("UpdateMessage").with("messageReceipt", &foreign);
        let call = call.body(json!({ "visibilityInSeconds": seconds }));
        refused(call, 400, "InvalidParameter", "visibilityInSeconds");
    }
    assert_eq!(other.stats(), [0, 1, 0, 0]);
}

#[test]
fn consumer_groups() {
    let bench = Bench::new();
    let queue = bench.queue(json!({"capabilities": [{"type": "CONSUMER_GROUPS"}]}));
    let id = bench.group(&queue, json!({"displayName": "g"}));
    for (field, value) in [
        ("displayName", json!("")),
        ("filter", json!("type = 'a'")),
        ("filter", json!(":type = 'a")),
        ("isEnabled", json!("no")),
        ("deadLetterQueueDeliveryCount", json!(21)),
        ("deadLetterQueueDeliveryCount", json!(-2)),
    ] {
        let mut body = json!({"queueId": queue.id, "displayName": "new"});
        body[field] = value.clone();
        let call = bench.call("CreateConsumerGroup").body(body);
        refused(call, 400, "InvalidParameter", field);
        let call = bench
            .call("UpdateConsumerGroup")
            .with("consumerGroupId", &id);
        refused(
            call.body(json!({ field: value })),
            400,
            "InvalidParameter",
            field,
        );
    }
    let capability = json!([{"type": "CONSUMER_GROUPS", "primaryConsumerGroupFilter": "("}]);
    let call = queue
        .call("UpdateQueue")
        .body(json!({ "capabilities": capability }));
    let field = "capabilities[0].primaryConsumerGroupFilter";
    refused(call, 400, "InvalidParameter", field);
    let call = bench
        .call("UpdateConsumerGroup")
        .with("consumerGroupId", "x");
    call.body(json!({})).fails(404, "NotAuthorizedOrNotFound");
}
