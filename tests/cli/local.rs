//! Commands about the engine on this machine: clock, status, reset and the tour.

use crate::sandbox::Sandbox;

#[test]
fn the_clock_can_be_set_moved_and_let_go() {
    let sandbox = Sandbox::new();
    let clock = |line: &str, now: &str| {
        sandbox
            .ocelot(&format!(
                "local clock {line} --query '[data.mode, data.now]'"
            ))
            .stdout(&format!("[\n  \"frozen\",\n  \"{now}\"\n]\n"))
            .check();
    };
    clock(
        "set 2026-03-14T12:00:00Z --frozen",
        "2026-03-14T12:00:00.000Z",
    );
    clock("show", "2026-03-14T12:00:00.000Z");
    clock("advance 2h30m", "2026-03-14T14:30:00.000Z");
    clock("advance -30m", "2026-03-14T14:00:00.000Z");
    clock("advance PT1H", "2026-03-14T15:00:00.000Z");
    clock("advance -7d", "2026-03-07T15:00:00.000Z");
    sandbox
        .ocelot("local clock set -86400 --frozen")
        .status(1)
        .stderr(
            "Error: the clock can show times from 1970 to 9999, and not 1969-12-31T00:00:00.000Z\n",
        )
        .check();
    sandbox
        .ocelot("local clock reset --query data.mode --raw-output")
        .stdout("system\n")
        .check();
    for wrong in [
        "advance soon",
        "advance",
        "set yesterday",
        "set",
        "set 2026-03-14 now",
    ] {
        let run = sandbox.ocelot(&format!("local clock {wrong}")).status(2);
        run.stderr_has(["error: "]).check();
    }
}

#[test]
fn status_counts_what_is_there() {
    let sandbox = Sandbox::with_orders();
    sandbox
        .ocelot("local status --query '[data.\"data-dir\", data.resources, data.server]'")
        .stdout(
            "[\n  \"[home]/data\",\n  {\n    \"alarms\": 0,\n    \"connect-harnesses\": 0,\n    \"consumer-groups\": 0,\n    \
             \"queues\": 0,\n    \"rules\": 0,\n    \"service-connectors\": 0,\n    \
             \"stream-pools\": 1,\n    \"streams\": 1,\n    \"subscriptions\": 0,\n    \
             \"topics\": 0\n  },\n  null\n]\n",
        )
        .check();
    sandbox
        .ocelot("local status --memory --query data.resources --output table")
        .stdout(
            "+--------+-------------------+-----------------+--------+-------+--------------------+--------------+---------+---------------+--------+\n\
             | alarms | connect-harnesses | consumer-groups | queues | rules | service-connectors | stream-pools | streams | subscriptions | topics |\n\
             +--------+-------------------+-----------------+--------+-------+--------------------+--------------+---------+---------------+--------+\n\
             | 0      | 0                 | 0               | 0      | 0     | 0                  | 0            | 0       | 0             | 0      |\n\
             +--------+-------------------+-----------------+--------+-------+--------------------+--------------+---------+---------------+--------+\n",
        )
        .check();
}

#[test]
fn reset_asks_and_deletes_everything() {
    let sandbox = Sandbox::with_orders();
    let question = "Delete everything in [home]/data? [y/N]: ";
    let run = sandbox
        .ocelot("local reset")
        .status(1)
        .stdout(&format!("{question}\n"));
    run.stderr("Abort: there is no one to ask; give --force to go ahead without asking\n")
        .check();
    let run = sandbox.ocelot("local reset").stdin("n\n").status(1);
    run.stdout(question).stderr("Abort: \n").check();
    let deleted =
        "{\n  \"data\": {\n    \"data-dir\": \"[home]/data\",\n    \"deleted\": true\n  }\n}\n";
    sandbox
        .ocelot("local reset --force")
        .stdout(deleted)
        .check();
    sandbox.ocelot("streaming admin stream list").check();
}

#[test]
fn groups_print_their_help() {
    let sandbox = Sandbox::new();
    for line in ["local", "local clock"] {
        assert!(sandbox.data(line).contains("Usage: ocelot local"));
    }
    // Options of a command that was not named are no reason to withhold its help.
    for line in ["-d", "local --region x", "--endpoint http://x local clock"] {
        assert!(sandbox.data(line).contains("Usage: ocelot"), "{line}");
    }
    sandbox
        .ocelot("local nothing")
        .status(2)
        .stderr_has(["'nothing'"])
        .check();
}

#[test]
fn the_tour_leaves_no_trace() {
    let sandbox = Sandbox::new();
    let told = sandbox.data("tour");
    assert!(told.contains("ocelot streaming"), "{told}");
    assert!(!sandbox.path("data").exists());
    sandbox
        .ocelot("tour extra")
        .status(2)
        .stderr_has(["'extra'"])
        .check();
}
