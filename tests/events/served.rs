//! The same where a server has the data folder.

use serde_json::{Value, json};
use test_support::{RSA_KEY, awaited, python};

use crate::bench::text;
use crate::program::Program;

#[test]
fn commands_have_the_server_make_rules_and_emit_events() {
    let program = Program::new();
    program.data("local function add --name keep --exec cat");
    let _server = program.serve("");
    let (rule, warning) = program.told(
        "events rule create --display-name own --is-enabled true --condition \
         '{\"eventType\": \"com.oraclecloud.objectstorage.createobjct\"}' --actions \
         '{\"actions\": [{\"actionType\": \"FAAS\", \"functionId\": \"keep\", \"isEnabled\": true}]}'",
    );
    let message = text(&rule["lifecycle-message"]);
    assert_eq!(warning, format!("Warning: {message}\n"));
    assert!(
        message.contains("com.oraclecloud.objectstorage.createobject"),
        "{message}"
    );

    let emit = "local event emit --type com.oraclecloud.objectstorage.createobjct";
    let told = program.data(emit);
    assert_eq!(told["rules"][0]["display-name"], "own");
    // The server delivers by itself.
    let run = awaited("the run", || {
        program.data("local function logs keep").get(0).cloned()
    });
    let event: Value = serde_json::from_str(run["output"].as_str().unwrap()).unwrap();
    assert_eq!(event, told["event"]);

    let told = program.fails("local event emit --event {}", 1);
    assert!(told.contains("event lacks cloudEventsVersion"), "{told}");
    let told = program.fails(&format!("{emit} --delivery-timeout 1"), 2);
    assert!(told.contains("has no use for --delivery-timeout"), "{told}");
    assert_eq!(program.data("events rule list")[0]["display-name"], "own");
    program.data("events rule delete --rule-id own --force");
    assert_eq!(program.data("local status")["resources"]["rules"], json!(0));
}

#[test]
fn the_sdk_does_every_operation() {
    let program = Program::new();
    let stream = program.data("streaming admin stream create --name audit --partitions 1");
    let server = program.serve("");
    let stream = text(&stream["id"]);
    let told = python("tests/events/sdk.py", &[server.url(), RSA_KEY, &stream]);
    assert!(told.is_none_or(|told| told == "every operation answered\n"));
}
