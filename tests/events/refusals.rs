//! What rules cannot be: the status, the code, and a message that names the field.

use serde_json::{Value, json};

use crate::bench::{Bench, oss};

const STREAM: &str = "ocid1.stream.oc1..a";

/// What creating a rule with another value at this place is answered with.
fn refused(pointer: &str, value: Value, code: &str) -> String {
    let bench = Bench::new();
    let creating = bench.creating("r", &json!({}), &[oss(STREAM)]);
    let told = creating.but(pointer, value.clone()).fails(400, code);
    if let Some(field) = pointer
        .strip_prefix("/")
        .filter(|_| code == "InvalidParameter")
    {
        // An update takes no more than a creation.
        let id = bench.rule("r", &json!({}), &[oss(STREAM)]);
        let field = field.split('/').next().unwrap();
        let mut changes = json!({"condition": "{}", "displayName": "r", "isEnabled": true,
                                 "actions": {"actions": [oss(STREAM)]}});
        if changes.get(field).is_some() {
            *changes.pointer_mut(pointer).unwrap() = value;
            assert_eq!(bench.updating(&id, changes).fails(400, code), told);
            assert_eq!(bench.get(&id)["condition"], "{}");
        }
    }
    let list = bench
        .call("ListRules")
        .with("compartmentId", "ocid1.tenancy.oc1..local");
    assert!(list.value().as_array().unwrap().len() < 2);
    told
}

#[test]
fn conditions_that_make_no_sense() {
    for (condition, told) in [
        ("", "condition is not JSON"),
        ("{", "condition is not JSON"),
        ("[]", "condition must be a JSON object"),
        (
            "{\"eventtype\": \"a\"}",
            "condition names \"eventtype\", which no event has",
        ),
        (
            "{\"eventType\": []}",
            "condition can match nothing: eventType",
        ),
        (
            "{\"eventType\": 1}",
            "condition can match nothing: eventType is always a text",
        ),
        (
            "{\"data\": {\"a\": []}}",
            "condition can match nothing: data.a",
        ),
        (
            "{\"data\": \"x\"}",
            "condition can match nothing: data is always an object",
        ),
    ] {
        let message = refused("/condition", json!(condition), "InvalidParameter");
        assert!(message.starts_with(told), "{condition}: {message}");
    }
    let told = refused("/condition", json!({"a": 1}), "InvalidParameter");
    assert!(told.starts_with("condition must be a string"), "{told}");
    refused("/condition", Value::Null, "MissingParameter");
}

#[test]
fn names_and_switches() {
    for (pointer, value, told) in [
        ("/displayName", json!(" "), "displayName is empty"),
        (
            "/displayName",
            json!("x".repeat(256)),
            "displayName has 256 characters",
        ),
        ("/compartmentId", json!(""), "compartmentId is empty"),
        (
            "/isEnabled",
            json!("yes"),
            "isEnabled must be true or false",
        ),
    ] {
        let message = refused(pointer, value, "InvalidParameter");
        assert!(message.starts_with(told), "{message}");
    }
    for pointer in ["/displayName", "/isEnabled", "/compartmentId", "/actions"] {
        let message = refused(pointer, Value::Null, "MissingParameter");
        assert_eq!(message, format!("{} is missing", &pointer[1..]));
    }
}

#[test]
fn malformed_actions() {
    let action = |action: Value, code: &str| refused("/actions/actions/0", action, code);
    for (given, told) in [
        (json!(1), "actions.actions[0] must be a JSON object"),
        (
            json!({"actionType": "SMS", "isEnabled": true}),
            "actions.actions[0].actionType must be one of ONS, OSS, FAAS",
        ),
        (
            json!({"actionType": "ONS", "isEnabled": "no", "topicId": "t"}),
            "actions.actions[0].isEnabled must be true or false",
        ),
        (
            json!({"actionType": "ONS", "isEnabled": true, "topicId": ""}),
            "actions.actions[0].topicId is empty",
        ),
        (
            json!({"actionType": "OSS", "isEnabled": true, "streamId": "x".repeat(300)}),
            "actions.actions[0].streamId has 300 characters",
        ),
        (
            json!({"actionType": "ONS", "isEnabled": true, "topicId": STREAM}),
            "actions.actions[0].topicId must be the OCID of a topic, which begins with ocid1.onstopic.",
        ),
        (
            json!({"actionType": "FAAS", "isEnabled": true, "functionId": STREAM}),
            "actions.actions[0].functionId must be the OCID of a function",
        ),
    ] {
        let message = action(given, "InvalidParameter");
        assert!(message.starts_with(told), "{message}");
    }
    for (given, told) in [
        (json!({"isEnabled": true}), "actionType"),
        (
            json!({"actionType": "OSS", "streamId": STREAM}),
            "isEnabled",
        ),
        (json!({"actionType": "ONS", "isEnabled": true}), "topicId"),
        (json!({"actionType": "OSS", "isEnabled": true}), "streamId"),
        (
            json!({"actionType": "FAAS", "isEnabled": true, "topicId": "t"}),
            "functionId",
        ),
    ] {
        let message = action(given, "MissingParameter");
        assert_eq!(message, format!("actions.actions[0].{told} is missing"));
    }
    let told = refused("/actions/actions", json!([]), "InvalidParameter");
    assert_eq!(
        told,
        "actions.actions is empty: a rule has at least one action"
    );
}

#[test]
fn ten_actions_and_no_more() {
    let bench = Bench::new();
    bench.rule("ten", &json!({}), &vec![oss(STREAM); 10]);
    let told = bench
        .creating("eleven", &json!({}), &vec![oss(STREAM); 11])
        .fails(400, "LimitExceeded");
    assert!(
        told.starts_with("actions.actions has 11 actions; at most 10"),
        "{told}"
    );
}

#[test]
fn rules_that_are_not_there() {
    let bench = Bench::new();
    for operation in ["GetRule", "DeleteRule"] {
        for id in ["ocid1.eventrule.oc1..gone", "gone"] {
            let told = bench.call(operation).with("ruleId", id);
            let told = told.fails(404, "NotAuthorizedOrNotFound");
            assert_eq!(told, format!("Unknown rule {id}"));
        }
    }
    let moving = bench.call("ChangeRuleCompartment").with("ruleId", "gone");
    moving
        .body(json!({"compartmentId": "ocid1.compartment.oc1..a"}))
        .fails(404, "NotAuthorizedOrNotFound");
    let id = bench.rule("r", &json!({}), &[oss(STREAM)]);
    let moving = bench.call("ChangeRuleCompartment").with("ruleId", &id);
    let told = moving
        .body(json!({"compartmentId": " "}))
        .fails(400, "InvalidParameter");
    assert_eq!(told, "compartmentId is empty");
}
