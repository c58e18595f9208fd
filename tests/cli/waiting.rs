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
fn waiting_ends_in_time() {
    let sandbox = Sandbox::frozen();
    sandbox
        .ocelot(&format!("{CREATE} --wait-for-state FAILED --max-wait-seconds 0"))
        .status(2)
        .stdout("SUCCEEDED\n")
        .stderr(
            "Action completed. Waiting until the work request has entered state: ('FAILED',)\n\
             The work request has not entered state FAILED in time; what it is now is printed above\n",
        )
        .check();
    sandbox
        .ocelot("streaming admin stream-pool create --name p --query data.status --wait-for-state FAILED --max-wait-seconds 1 --wait-interval-seconds 0")
        .status(2)
        .stdout("\"SUCCEEDED\"\n")
        .stderr_has(["has not entered state FAILED in time"])
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
