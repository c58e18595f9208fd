//! `ocelot local event`: events in the place of services that are not on this machine.

use std::fs;

use serde_json::{Value, json};

use crate::bench::text;
use crate::program::Program;

const CREATE_OBJECT: &str = "com.oraclecloud.objectstorage.createobject";

/// A home with a stream `audit`, and a rule for objects in the bucket `lake` to it.
fn program() -> Program {
    let program = Program::new();
    program.data("streaming admin stream create --name audit --partitions 1");
    program.data(&format!(
        "events rule create --display-name lake --is-enabled true \
         --condition '{{\"eventType\": \"{CREATE_OBJECT}\", \"data\": {{\"additionalDetails\": \
         {{\"bucketName\": \"lake\"}}}}}}' \
         --actions '{{\"actions\": [{{\"actionType\": \"OSS\", \"streamId\": \"audit\", \"isEnabled\": true}}]}}'"
    ));
    program
}

/// What is in the stream `audit`, a line an event.
fn audited(program: &Program) -> Vec<Value> {
    let cursor = program.data(
        "streaming stream cursor create-cursor --stream-id audit --partition 0 --type TRIM_HORIZON",
    );
    let cursor = text(&cursor["value"]);
    let output = program.output(&format!(
        "streaming stream message get --stream-id audit --cursor {cursor} --decode"
    ));
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().unwrap()
}

#[test]
fn an_event_is_filled_in_and_told_which_rules_want_it() {
    let program = program();
    program.data("local clock set 2026-03-14T12:00:00Z --frozen");
    let emit = format!("local event emit --type {CREATE_OBJECT}");
    let told = program.data(&format!("{emit} --data '{{\"bucketName\": \"lake\"}}'"));
    let event = &told["event"];
    assert_eq!(told["event-id"], event["eventID"]);
    assert_eq!(text(&told["event-id"]).len(), 36);
    assert_eq!(event["eventType"], CREATE_OBJECT);
    assert_eq!(event["source"], "objectstorage");
    assert_eq!(event["cloudEventsVersion"], "0.1");
    assert_eq!(event["eventTypeVersion"], "2.0");
    assert_eq!(event["contentType"], "application/json");
    assert_eq!(event["eventTime"], "2026-03-14T12:00:00.000Z");
    let root = "ocid1.tenancy.oc1..local";
    assert_eq!(event["extensions"], json!({"compartmentId": root}));
    let data = &event["data"];
    assert_eq!(data["compartmentId"], root);
    assert_eq!(data["resourceName"], "example");
    assert!(text(&data["resourceId"]).starts_with("ocid1.objectstorage."));
    assert_eq!(data["additionalDetails"], json!({"bucketName": "lake"}));
    assert_eq!(data["freeformTags"], json!({}));

    let rule = &told["rules"][0];
    assert_eq!(rule["display-name"], "lake");
    assert_eq!(rule["actions"][0]["action-type"], "OSS");
    assert_eq!(rule["actions"][0]["refused"], Value::Null);
    assert_eq!(told["other-rules"], json!([]));
    assert_eq!(audited(&program), std::slice::from_ref(event));

    let told = program.data(&format!("{emit} --data '{{\"bucketName\": \"pond\"}}'"));
    assert_eq!(told["rules"], json!([]));
    let other = &told["other-rules"][0];
    assert_eq!(other["display-name"], "lake");
    assert_eq!(
        other["reason"],
        "data.additionalDetails.bucketName is another"
    );
    program.data("events rule update --rule-id lake --is-enabled false");
    let told = program.data(&format!("{emit} --data '{{\"bucketName\": \"lake\"}}'"));
    assert_eq!(told["other-rules"][0]["reason"], "the rule is off");
    program.data("events rule update --rule-id lake --is-enabled true");
    program.data(
        "events rule change-compartment --rule-id lake --compartment-id ocid1.compartment.oc1..a",
    );
    let told = program.data(&format!("{emit} --data '{{\"bucketName\": \"lake\"}}'"));
    assert_eq!(
        told["other-rules"][0]["reason"],
        "the rule sees the compartment ocid1.compartment.oc1..a, and the event is of ocid1.tenancy.oc1..local"
    );
    assert_eq!(audited(&program).len(), 1);
}

#[test]
fn what_is_said_of_an_event_is_in_it() {
    let program = Program::new();
    let event = |line: &str| program.data(&format!("local event emit {line}"))["event"].clone();
    let said = event(
        "--type my.own.type --source shop --compartment-id ocid1.compartment.oc1..a \
         --resource-name report.csv --resource-id r-1 --data '{\"size\": 12.5}'",
    );
    assert_eq!(said["source"], "shop");
    assert_eq!(
        said["extensions"]["compartmentId"],
        "ocid1.compartment.oc1..a"
    );
    assert_eq!(said["data"]["compartmentId"], "ocid1.compartment.oc1..a");
    assert_eq!(said["data"]["resourceName"], "report.csv");
    assert_eq!(said["data"]["resourceId"], "r-1");
    assert_eq!(said["data"]["additionalDetails"], json!({"size": 12.5}));
    assert_eq!(event("--type my.own.type")["source"], "ocelot");

    // Data as a whole stays as it is.
    let data = json!({"compartmentId": "ocid1.compartment.oc1..b", "resourceName": "r", "own": [1, null],
                      "additionalDetails": {"eTag": "x", "deep": {"er": true}}});
    let whole = event(&format!("--type my.own.type --data '{data}'"));
    assert_eq!(whole["data"], data);
    assert_eq!(
        whole["extensions"]["compartmentId"],
        "ocid1.compartment.oc1..b"
    );
    let path = program.write("data.json", &data.to_string());
    let read = event(&format!(
        "--type my.own.type --resource-name s --data file://{path}"
    ));
    assert_eq!(read["data"]["resourceName"], "s");
    assert_eq!(read["data"]["own"], json!([1, null]));
}

#[test]
fn a_whole_event_goes_on_as_it_is() {
    let program = program();
    let event = json!({
        "cloudEventsVersion": "0.1",
        "eventTypeVersion": "2.0",
        "eventType": CREATE_OBJECT,
        "source": "ObjectStorage",
        "eventTime": "2019-08-08T21:09:32Z",
        "contentType": "application/json",
        "eventID": "1b5a2c3d",
        "extensions": {"compartmentId": "ocid1.compartment.oc1..a", "more": 1},
        "data": {"additionalDetails": {"bucketName": "lake"}, "unknown": {"k": [1, 2.5, "three"]}},
    });
    let path = program.write("event.json", &event.to_string());
    let told = program.data(&format!("local event emit --event file://{path}"));
    assert_eq!(told["event-id"], "1b5a2c3d");
    assert_eq!(told["rules"][0]["display-name"], "lake");
    assert_eq!(audited(&program), [event]);
}

#[test]
fn what_an_event_causes_is_delivered() {
    let program = Program::new();
    program.data("ons topic create --name alerts");
    program.data(
        "ons subscription create --topic-id alerts --protocol EMAIL \
         --subscription-endpoint oncall@example.com --delivery-timeout 0",
    );
    program.data("local inbox confirm 1");
    program.data("local function add --name keep --exec 'cat > event'");
    program.data(
        "events rule create --display-name all --is-enabled true --condition '{}' --actions \
         '{\"actions\": [{\"actionType\": \"FAAS\", \"functionId\": \"keep\", \"isEnabled\": true}, \
         {\"actionType\": \"ONS\", \"topicId\": \"alerts\", \"isEnabled\": true}]}'",
    );
    let told = program.data(&format!("local event emit --type {CREATE_OBJECT}"));
    let got = fs::read_to_string(program.path("event")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&got).unwrap(), told["event"]);
    let number = &program.data("local inbox list --limit 1")[0]["number"];
    let shown = program.data(&format!("local inbox show {number}"));
    assert!(text(&shown["text"]).starts_with(&got), "{shown}");
    let status = program.data("local status");
    assert_eq!(status["resources"]["rules"], 1);
    assert_eq!(status["deliveries-under-way"], 0);

    // Options about deliveries are taken.
    let line = format!("local event emit --type {CREATE_OBJECT} --delivery-timeout 0");
    program.data(&line);
    assert_eq!(program.data("local status")["deliveries-under-way"], 2);
    let told = program.fails("local event types --delivery-timeout 0", 2);
    assert!(told.contains("has no use for --delivery-timeout"), "{told}");
}

#[test]
fn refusals_name_the_field() {
    let program = Program::new();
    for (line, status, told) in [
        ("", 2, "--type"),
        ("--type a --event {}", 2, "cannot be used with"),
        ("--data {} --event {}", 2, "cannot be used with"),
        (
            "--type a --data {",
            1,
            "Parameter 'data' must be in JSON format",
        ),
        (
            "--event nope",
            1,
            "Parameter 'event' must be in JSON format",
        ),
        ("--type a --data file://nope.json", 1, "nope.json"),
        ("--type a --data []", 1, "data must be a JSON object"),
        ("--type ''", 1, "eventType must be a text that is not empty"),
        ("--event []", 1, "event must be a JSON object"),
        (
            "--event '{\"eventType\": \"a\"}'",
            1,
            "event lacks cloudEventsVersion, contentType",
        ),
        (
            "--event '{\"eventName\": \"a\"}'",
            1,
            "event has \"eventName\", which no event has",
        ),
    ] {
        let stderr = program.fails(&format!("local event emit {line}"), status);
        assert!(stderr.contains(told), "{line}\n{stderr}");
    }
    let deep = format!("{}1{}", "[".repeat(99), "]".repeat(99));
    let line = format!("local event emit --type a --data '{{\"deep\": {deep}}}'");
    let told = program.fails(&line, 1);
    assert!(told.contains("at most 100 are allowed"), "{told}");
    assert_eq!(program.data("local status")["resources"]["rules"], 0);
}

#[test]
fn types_are_listed_and_completed() {
    let program = Program::new();
    assert_eq!(
        program.data("local event types").as_array().unwrap().len(),
        3396
    );
    assert_eq!(
        program.data("local event types NOTIFICATION.create"),
        json!([
            "com.oraclecloud.notification.createsubscription",
            "com.oraclecloud.notification.createtopic",
        ])
    );
    assert_eq!(program.data("local event types nothing.like.it"), json!([]));
    let table = program.output("local event types createtopic --output table");
    let table = String::from_utf8(table.stdout).unwrap();
    assert!(
        table.contains("| com.oraclecloud.notification.createtopic "),
        "{table}"
    );
    assert!(!program.path("data").exists());

    let line = "local event emit --type com.oraclecloud.notification.createt";
    assert_eq!(
        program.completed(line),
        ["com.oraclecloud.notification.createtopic"]
    );
    let program = self::program();
    assert_eq!(program.completed("events rule get --rule-id la"), ["lake"]);
}
