//! What is told when something is wrong with a line, and that it is told on stderr.

use crate::sandbox::Sandbox;

#[test]
fn a_slip_of_the_pen_gets_a_suggestion() {
    let sandbox = Sandbox::new();
    for (line, meant) in [
        ("straeming", "'streaming'"),
        ("streaming admin strem list", "'stream'"),
        ("streaming admin stream lst", "'list'"),
        (
            "streaming admin stream list --lifecyle-state ACTIVE",
            "'--lifecycle-state'",
        ),
        ("streaming admin stream list --outptu table", "'--output'"),
        ("local clok show", "'clock'"),
    ] {
        sandbox.ocelot(line).status(2).stderr_has([meant]).check();
    }
}

#[test]
fn what_is_wrong_is_named() {
    let sandbox = Sandbox::new();
    sandbox
        .ocelot("streaming admin stream list --sort-by size")
        .status(2)
        .stderr(
            "error: invalid value 'size' for '--sort-by <CHOICE>'\n  [possible values: NAME, TIMECREATED]\n\n\
             For more information, try '--help'.\n",
        )
        .check();
    sandbox
        .ocelot("streaming admin stream list extra")
        .status(2)
        .stderr_has([
            "'extra'",
            "Usage: ocelot streaming admin stream list [OPTIONS]",
        ])
        .check();
    sandbox
        .ocelot("streaming admin stream list -- --all")
        .status(2)
        .stderr_has(["'--all'"])
        .check();
    sandbox
        .ocelot("streaming admin stream get --stream-id")
        .status(2)
        .stderr_has(["a value is required for '--stream-id <TEXT>'"])
        .check();
    sandbox
        .ocelot("streaming stream message put --stream-id orders")
        .status(1)
        .stderr(
            "Usage: ocelot streaming stream message put [OPTIONS]\n\n\
             Error: Missing option(s) --messages. Messages can also be given with --text or --file, or piped in.\n",
        )
        .check();
}

#[test]
fn a_refusal_is_told_as_the_official_command_line_tells_it() {
    let sandbox = Sandbox::new();
    let mut run =
        sandbox.ocelot("streaming admin stream get --stream-id nothing --opc-request-id mine");
    let output = run.output();
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let told = String::from_utf8(output.stderr).unwrap();
    let details = told.strip_prefix("ServiceError:\n").unwrap();
    let details: serde_json::Value = serde_json::from_str(details).unwrap();
    assert_eq!(details["code"], "NotAuthorizedOrNotFound");
    assert_eq!(details["message"], "Unknown stream nothing");
    assert_eq!(details["opc-request-id"], "mine");
    assert_eq!(details["operation_name"], "get_stream");
    assert_eq!(
        details["request_endpoint"],
        "GET local:/20180418/streams/nothing"
    );
    assert_eq!(details["status"], 404);
    assert_eq!(details["target_service"], "stream_admin");
    // As Python writes times: microseconds, and the offset in digits.
    let timestamp = details["timestamp"].as_str().unwrap();
    assert_eq!(
        timestamp.len(),
        "2026-03-14T01:02:03.456000+00:00".len(),
        "{timestamp}"
    );
    assert!(timestamp.ends_with("+00:00"), "{timestamp}");
}

#[test]
fn an_id_with_odd_characters_stays_within_the_engine() {
    let sandbox = Sandbox::new();
    for id in [
        "../../etc/passwd",
        "a/b",
        "%2e%2e",
        "ocid1.stream.oc1.local.",
        "'",
        "\u{1f980}",
    ] {
        let run = sandbox
            .ocelot("streaming admin stream get --stream-id")
            .args([id]);
        let message = format!("Unknown stream {id}");
        run.refused(404, "NotAuthorizedOrNotFound", &message)
            .check();
    }
}

#[test]
fn options_that_resemble_an_unknown_one_are_named() {
    let sandbox = Sandbox::new();
    for (line, told) in [
        (
            "ons topic update --topic-id t --no-such-option x",
            "'--description'",
        ),
        (
            "streaming admin stream list --compartmentid c",
            "'--compartment-id'",
        ),
        (
            "streaming admin stream list --stream-poolid c",
            "'--stream-pool-id'",
        ),
    ] {
        sandbox
            .ocelot(line)
            .status(2)
            .stderr_has(["a similar argument exists", told])
            .check();
    }
    let line = format!("streaming admin stream list --{}", "x".repeat(100_000));
    sandbox
        .ocelot(&line)
        .status(2)
        .stderr_has(["unexpected argument"])
        .check();
}

#[test]
fn missing_options_are_told_before_missing_settings() {
    let sandbox = Sandbox::new();
    sandbox.write(".oci/config", "[DEFAULT]\nkey_file = ~/nowhere.pem\n");
    let get = "streaming admin stream get";
    for target in ["cloud", "http://127.0.0.1:1", "http://h/?no=address"] {
        let run = sandbox.ocelot(get).args(["--target", target]).status(1);
        run.stderr_has(["Missing option(s) --stream-id."]).check();
    }
    let run = sandbox
        .ocelot(get)
        .args(["--stream-id", "s", "--target", "cloud"]);
    run.status(1).stderr_has(["region"]).check();
    let run = sandbox
        .ocelot(get)
        .args(["--stream-id", "s", "--target", "http://127.0.0.1:1"]);
    run.status(1).stderr_has(["tenancy"]).check();
}
