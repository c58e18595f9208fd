//! What became of events: rules, actions, and where these lead.

use serde_json::{Value, json};

use crate::sandbox::{Sandbox, hop, shape, string};

/// Makes a rule with these actions for all events of Object Storage.
fn rule(sandbox: &Sandbox, name: &str, actions: &Value) {
    let actions = json!({ "actions": actions });
    sandbox.data(&format!(
        "events rule create --display-name {name} --is-enabled true \
         --condition '{{\"eventType\": \"com.oraclecloud.objectstorage.*\"}}' --actions '{actions}'"
    ));
}

/// Emits an event, and tells its id.
fn emit(sandbox: &Sandbox) -> String {
    let line = "local event emit --type com.oraclecloud.objectstorage.createobject \
                --resource-name report.csv";
    string(&sandbox.data(line)["event-id"])
}

#[test]
fn an_event_goes_to_a_stream_a_topic_and_a_function() {
    let sandbox = Sandbox::with_alerts();
    sandbox.data("streaming admin stream create --name orders --partitions 1");
    sandbox.data("local function add --name lab --exec cat");
    sandbox.subscribe("EMAIL", "oncall@example.com");
    rule(
        &sandbox,
        "objects",
        &json!([
            {"actionType": "OSS", "isEnabled": true, "streamId": "orders"},
            {"actionType": "ONS", "isEnabled": true, "topicId": "alerts"},
            {"actionType": "FAAS", "isEnabled": true, "functionId": "lab"},
            {"actionType": "ONS", "isEnabled": false, "topicId": "alerts"},
        ]),
    );
    let id = emit(&sandbox);
    let trace = sandbox.trace(&id);
    assert_eq!(trace["result"], "delivered", "{trace}");
    assert_eq!(
        trace["source"],
        "com.oraclecloud.objectstorage.createobject report.csv"
    );
    assert_eq!(
        shape(&trace)[..10],
        [
            hop("event", "emitted", None),
            hop("rule", "matched", 1),
            hop("action", "started", 2),
            hop("action", "started", 2),
            hop("action", "started", 2),
            hop("action", "disabled", 2),
            hop("stream", "put", 3),
            hop("topic", "published", 4),
            hop("delivery", "queued", 8),
            hop("delivery", "queued", 5),
        ]
    );
    let hops = trace["hops"].as_array().unwrap();
    assert_eq!(
        hops[0]["event-type"],
        "com.oraclecloud.objectstorage.createobject"
    );
    assert_eq!(hops[1]["rule-name"], "objects");
    assert_eq!(hops[2]["action-type"], "OSS");
    assert_eq!(
        (&hops[6]["partition"], &hops[6]["offset"]),
        (&json!("0"), &json!(0))
    );
    assert_eq!(hops[7]["sender"], "rule");
    let last = shape(&trace)[10..].to_vec();
    assert!(last.contains(&hop("inbox", "delivered", 9)), "{trace}");
    assert!(last.contains(&hop("function", "delivered", 10)), "{trace}");

    // What a webhook would have got leads to the event, and so does the message of the topic.
    let message = string(&hops[7]["message-id"]);
    assert_eq!(sandbox.trace(&message)["id"], id);
    let table = sandbox.text(&format!("local trace {id} --output table"));
    for part in [
        "event objectstorage.createobject",
        "partition 0 at offset 0",
        "|   rule objects ",
        "|       ORACLE_FUNCTIONS lab ",
    ] {
        assert!(table.contains(part), "{part}\n{table}");
    }
    assert!(
        table.lines().all(|line| line.chars().count() <= 100),
        "{table}"
    );
}

#[test]
fn targets_that_are_not_there() {
    let sandbox = Sandbox::with_alerts();
    rule(
        &sandbox,
        "broken",
        &json!([
            {"actionType": "OSS", "isEnabled": true, "streamId": "ocid1.stream.oc1..gone"},
            {"actionType": "ONS", "isEnabled": true, "topicId": "ocid1.onstopic.oc1..gone"},
        ]),
    );
    let trace = sandbox.trace(&emit(&sandbox));
    assert_eq!(trace["result"], "failed");
    let hops = trace["hops"].as_array().unwrap();
    let refused: Vec<&Value> = hops
        .iter()
        .filter(|hop| hop["result"] == "refused")
        .collect();
    assert_eq!(refused.len(), 2, "{trace}");
    for (hop, kind) in refused.into_iter().zip(["stream", "topic"]) {
        assert_eq!(hop["kind"], kind);
        assert!(string(&hop["reason"]).contains("gone"), "{hop}");
    }
}

#[test]
fn an_event_that_no_rule_wants() {
    let sandbox = Sandbox::with_alerts();
    let listed = sandbox.data("local trace");
    assert_eq!(
        listed[0]["source"],
        "com.oraclecloud.notification.createtopic alerts"
    );
    assert_eq!(listed[0]["result"], "no-receiver");
    let trace = sandbox.trace(&string(&listed[0]["id"]));
    assert_eq!(shape(&trace), [hop("event", "emitted", None)]);
    assert_eq!(trace["hops"][0]["resource-name"], "alerts");
}

#[test]
fn an_event_that_is_emitted_twice_has_one_trace() {
    let sandbox = Sandbox::with_alerts();
    let name = "n".repeat(5000);
    let event = json!({
        "cloudEventsVersion": "0.1", "eventTypeVersion": "2.0", "eventType": "com.example.order",
        "source": "shop", "eventTime": "2026-03-14T01:02:03Z", "contentType": "application/json",
        "eventID": "order-1", "extensions": {}, "data": {"resourceName": name},
    });
    for _ in 0..2 {
        sandbox.data(&format!("local event emit --event '{event}'"));
    }
    let listed = sandbox.data("local trace");
    let listed = listed.as_array().unwrap();
    assert_eq!(listed.len(), 2, "{listed:?}");
    assert_eq!(listed[0]["id"], "order-1");
    let trace = sandbox.trace("order-1");
    assert_eq!(shape(&trace), vec![hop("event", "emitted", None); 2]);
    // However long a name is, a hop is not.
    assert_eq!(string(&trace["hops"][0]["resource-name"]).len(), 255);
    let table = sandbox.text("local trace order-1 --output table");
    assert!(
        table.lines().all(|line| line.chars().count() <= 100),
        "{table}"
    );
}
