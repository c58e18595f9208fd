//! `--wait-for-state`.

use crate::sandbox::Sandbox;

const CREATE: &str =
    "streaming admin stream create --name orders --partitions 1 --query data.status --raw-output";

#[test]
fn what_was_waited_for_is_printed() {
    let sandbox = Sandbox::frozen();
    sandbox
        .ocelot(&format!("{CREATE} --wait-for-state succeeded"))
        .stdout("SUCCEEDED\n")
        .stderr(
            "Action completed. Waiting until the work request has entered state: ('SUCCEEDED',)\n",
        )
        .check();
    sandbox
        .ocelot("streaming admin stream delete --stream-id orders --force --query data.status --wait-for-state FAILED --wait-for-state SUCCEEDED")
        .stdout("\"SUCCEEDED\"\n")
        .stderr("Action completed. Waiting until the work request has entered state: ('FAILED', 'SUCCEEDED')\n")
        .check();
}

#[test]
fn waiting_ends_where_it_is_in_vain() {
    let sandbox = Sandbox::frozen();
    // The work is done: it will not fail any more. What the command itself replied is printed.
    sandbox
        .ocelot("streaming admin stream-pool create --name p --query data.name --wait-for-state FAILED --max-wait-seconds 1 --wait-interval-seconds 0")
        .status(2)
        .stdout("\"p\"\n")
        .stderr_has([
            "Action completed. Waiting until the work request has entered state: ('FAILED',)",
            "Failed to wait until the work request entered the specified state.",
            "ended as SUCCEEDED",
        ])
        .check();
}

#[test]
fn times_to_wait_that_are_none_are_refused_before_anything_is_done() {
    let sandbox = Sandbox::new();
    for flag in ["max-wait-seconds", "wait-interval-seconds"] {
        sandbox
            .ocelot(&format!("{CREATE} --wait-for-state SUCCEEDED --{flag} -1"))
            .status(2)
            .stderr(&format!(
                "Error: Invalid value for '--{flag}': -1 is less than 0.\n"
            ))
            .check();
        sandbox
            .ocelot(&format!("{CREATE} --{flag} soon"))
            .status(2)
            .stderr_has([&*format!("--{flag}"), "'soon' is not a valid integer"])
            .check();
    }
    sandbox
        .ocelot(&format!("{CREATE} --wait-for-state NOPE"))
        .status(2)
        .stderr_has(["--wait-for-state", "SUCCEEDED"])
        .check();
    sandbox.ocelot("streaming admin stream list").check();
}
