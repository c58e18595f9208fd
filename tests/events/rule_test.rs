//! `ocelot events rule test`: field by field.

use serde_json::{Value, json};

use crate::program::Program;

const EVENT: &str = "{\"eventType\": \"com.oraclecloud.objectstorage.createobject\", \
                     \"data\": {\"resourceName\": \"a.csv\", \"tier\": 3}}";

fn tested(program: &Program, condition: &str) -> Value {
    let line = format!("events rule test --condition '{condition}' --event '{EVENT}'");
    program.data(&line)
}

#[test]
fn each_field_is_told() {
    let program = Program::new();
    let told = tested(
        &program,
        "{\"eventType\": \"*.createobject\", \"source\": \"x\", \"data\": {\"resourceName\": [\"A.csv\"], \
         \"tier\": \"3\"}}",
    );
    assert_eq!(
        told,
        json!({
            "matches": false,
            "fields": [
                {
                    "path": "data.resourceName",
                    "wanted": "A.csv",
                    "found": "a.csv",
                    "matches": false,
                    "reason": "differs in capital letters",
                },
                {
                    "path": "data.tier",
                    "wanted": "3",
                    "found": 3,
                    "matches": false,
                    "reason": "has the same letters, but a text is no number or truth value",
                },
                {
                    "path": "eventType",
                    "wanted": "*.createobject",
                    "found": "com.oraclecloud.objectstorage.createobject",
                    "matches": true,
                    "reason": "matches",
                },
                {
                    "path": "source",
                    "wanted": "x",
                    "found": null,
                    "matches": false,
                    "reason": "is not in the event",
                },
            ],
        })
    );
    assert_eq!(
        tested(&program, "{}"),
        json!({"matches": true, "fields": []})
    );
    // Nothing is opened for it.
    assert!(!program.path("data").exists());
}

#[test]
fn it_is_queried_and_laid_out() {
    let program = Program::new();
    let event = program.write("event.json", EVENT);
    let line = format!(
        "events rule test --event file://{event} --condition '{{\"data\": {{\"tier\": [2, 3]}}}}'"
    );
    let printed = |options: &str| {
        let output = program.output(&format!("{line} {options}"));
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(printed("--query data.matches"), "true\n");
    let table = "+-------+---------+-----------+---------+--------+\n\
                 | found | matches | path      | reason  | wanted |\n\
                 +-------+---------+-----------+---------+--------+\n\
                 | 3     | True    | data.tier | matches | [2,3]  |\n\
                 +-------+---------+-----------+---------+--------+\n";
    assert_eq!(printed("--query data.fields --output table"), table);
    // Without a query, what the rows come to is told beside them.
    assert_eq!(printed("--output table"), table);
    let output = program.output(&format!("{line} --output table"));
    assert_eq!(output.stderr, b"The event matches.\n");
}

#[test]
fn refusals() {
    let program = Program::new();
    for (line, status, told) in [
        ("--event {}", 2, "--condition"),
        ("--condition {}", 2, "--event"),
        (
            "--condition { --event {}",
            1,
            "Parameter 'condition' must be in JSON format",
        ),
        (
            "--condition {} --event {",
            1,
            "Parameter 'event' must be in JSON format",
        ),
        (
            "--condition {} --event []",
            1,
            "event must be a JSON object",
        ),
        (
            "--condition [] --event {}",
            1,
            "condition must be a JSON object",
        ),
        (
            "--condition '{\"eventType\": []}' --event {}",
            1,
            "condition can match nothing: eventType",
        ),
        (
            "--condition {} --event {} --data-dir x",
            2,
            "has no use for --data-dir",
        ),
    ] {
        let stderr = program.fails(&format!("events rule test {line}"), status);
        assert!(stderr.contains(told), "{line}\n{stderr}");
    }
    let help = program.output("events rule --help");
    let help = String::from_utf8(help.stdout).unwrap();
    assert!(help.contains("test "), "{help}");
    assert!(help.contains("update "), "{help}");
}
