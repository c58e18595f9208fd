//! The question before something is lost, and its answers.

use crate::sandbox::Sandbox;

const DELETE: &str = "streaming admin stream delete --stream-id orders --query data";
const QUESTION: &str = "Are you sure you want to delete this resource? [y/N]: ";
const NOTHING_PRINTED: &str = "Query returned empty result, no output to show.\n";

#[test]
fn a_yes_goes_ahead() {
    for answer in ["y\n", "Y\n", " yes \n", "YES", "y"] {
        let sandbox = Sandbox::with_orders();
        let run = sandbox.ocelot(DELETE).stdin(answer);
        run.stdout(QUESTION).stderr(NOTHING_PRINTED).check();
    }
}

#[test]
fn a_no_does_not() {
    let sandbox = Sandbox::with_orders();
    for answer in ["n\n", "N\n", "no\n", "\n"] {
        let run = sandbox.ocelot(DELETE).stdin(answer).status(1);
        run.stdout(QUESTION).stderr("Abort: \n").check();
    }
    let state = "streaming admin stream get --stream-id orders --query data.\"lifecycle-state\" --raw-output";
    assert_eq!(sandbox.data(state), "ACTIVE");
}

#[test]
fn an_end_of_the_input_aborts_at_once() {
    let sandbox = Sandbox::with_orders();
    let told = "Abort: there is no one to ask; give --force to go ahead without asking\n";
    let run = sandbox.ocelot(DELETE).status(1);
    run.stdout(&format!("{QUESTION}\n")).stderr(told).check();
    let run = sandbox.ocelot(DELETE).stdin("what?").status(1);
    run.stdout(&format!("{QUESTION}{QUESTION}\n"))
        .stderr(&format!("Error: invalid input: answer y or n\n{told}"))
        .check();
}

#[test]
fn a_word_that_is_neither_is_asked_again() {
    let sandbox = Sandbox::with_orders();
    sandbox
        .ocelot(DELETE)
        .stdin("maybe\ny\n")
        .stdout(&format!("{QUESTION}{QUESTION}"))
        .stderr(&format!(
            "Error: invalid input: answer y or n\n{NOTHING_PRINTED}"
        ))
        .check();
}

#[test]
fn nothing_is_asked_with_force_or_when_the_line_is_wrong() {
    let sandbox = Sandbox::with_orders();
    sandbox
        .ocelot("streaming admin stream delete --stream-id")
        .args([" "])
        .status(1)
        .stderr("UsageError: Parameter --stream-id cannot be whitespace or empty string\n")
        .check();
    sandbox
        .ocelot("streaming admin stream delete")
        .status(1)
        .stderr_has(["Missing option(s) --stream-id."])
        .check();
    let run = sandbox.ocelot(DELETE).args(["--force"]);
    run.stderr(NOTHING_PRINTED).check();
}

#[test]
fn replacing_a_whole_value_is_asked_about() {
    let sandbox = Sandbox::with_orders();
    let update = "streaming admin stream update --stream-id orders --query data.\"freeform-tags\".a \
                  --raw-output --freeform-tags {\"a\":\"b\"}";
    let question = "WARNING: Updates to freeform-tags and defined-tags will replace any existing values. \
                    Are you sure you want to continue? [y/N]: ";
    let run = sandbox.ocelot(update).stdin("n\n").status(1);
    run.stdout(question).stderr("Abort: \n").check();
    let run = sandbox.ocelot(update).stdin("y\n");
    run.stdout(&format!("{question}b\n")).check();
    let run = sandbox.ocelot(update).args(["--force"]);
    run.stdout("b\n").check();
}

/// What each command asks, whichever of its options is given: as the official command line (3.95.1) does.
const REPLACED: [(&str, &str); 10] = [
    (
        "streaming admin stream update --stream-id",
        "freeform-tags and defined-tags",
    ),
    (
        "streaming admin connect-harness update --connect-harness-id",
        "freeform-tags and defined-tags",
    ),
    (
        "streaming admin stream-pool update --stream-pool-id",
        "kafka-settings and custom-encryption-key-details and freeform-tags and security-attributes and defined-tags",
    ),
    (
        "ons topic update --description text --topic-id",
        "freeform-tags and defined-tags",
    ),
    (
        "ons subscription update --subscription-id",
        "delivery-policy and freeform-tags and defined-tags",
    ),
    (
        "events rule update --rule-id",
        "actions and freeform-tags and defined-tags",
    ),
    (
        "monitoring alarm update --alarm-id",
        "destinations and suppression and freeform-tags and defined-tags and overrides",
    ),
    (
        "queue queue-admin queue update --queue-id",
        "capabilities and freeform-tags and defined-tags",
    ),
    (
        "queue queue-admin consumer-group update --consumer-group-id",
        "freeform-tags and defined-tags",
    ),
    (
        "sch service-connector update --service-connector-id",
        "source and tasks and target and freeform-tags and defined-tags",
    ),
];

#[test]
fn everything_that_a_command_could_replace_is_named() {
    let sandbox = Sandbox::with_orders();
    for (command, replaced) in REPLACED {
        let question = format!(
            "WARNING: Updates to {replaced} will replace any existing values. Are you sure you want to continue? [y/N]: "
        );
        let line = format!("{command} ocid1.any.oc1..aaaa --freeform-tags {{}}");
        let run = sandbox.ocelot(&line).stdin("n\n").status(1);
        run.stdout(&question).stderr("Abort: \n").check();
    }
}
