//! Functions: commands, addresses, and one written with the FDK.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::program::{Program, python};
use crate::receiver::Receiver;

const PUBLISH: &str = "ons message publish --topic-id alerts --body";

#[test]
fn a_command_gets_the_event_and_its_output_is_kept() {
    let program = Program::with_alerts();
    let function = program.data(
        "local function add --name keep --exec 'cat > event; echo \"$FN_FN_NAME $FN_FN_ID\"; echo oh >&2'",
    );
    let id = function["id"].as_str().unwrap();
    assert!(id.starts_with("ocid1.fnfunc.oc1."));
    program.subscribe("ORACLE_FUNCTIONS", id);
    program.data(&format!("{PUBLISH} '{{\"a\": 1}}'"));
    assert_eq!(
        fs::read_to_string(program.path("event")).unwrap(),
        "{\"a\": 1}"
    );
    let logs = program.data("local function logs keep");
    assert_eq!(logs[0]["status"], 0);
    assert_eq!(logs[0]["succeeded"], true);
    assert_eq!(logs[0]["output"], format!("keep {id}\n"));
    assert_eq!(logs[0]["error-output"], "oh\n");
    assert!(logs[0]["duration-in-ms"].is_i64());
    assert_eq!(program.under_way(), 0);
}

#[test]
fn a_command_that_fails_is_tried_again() {
    let program = Program::with_alerts();
    program.data("local clock set 2026-03-14T12:00:00Z --frozen");
    program.data("local function add --name broken --exec 'exit 3'");
    program.subscribe("ORACLE_FUNCTIONS", "broken");
    let notes = program.notes(&format!("{PUBLISH} x"));
    assert!(notes.contains("local function logs broken"), "{notes}");
    let logs = program.data("local function logs broken");
    assert_eq!(logs.as_array().unwrap().len(), 2);
    assert_eq!(logs[0]["status"], 3);
    // The same name, better now, has the same OCID.
    program.data("local function add --name broken --exec cat");
    program.data("local clock advance 1m");
    program.data("ons topic list");
    let logs = program.data("local function logs broken --limit 1");
    assert_eq!(logs[0]["output"], "x");
    assert_eq!(program.under_way(), 0);
}

#[test]
fn a_function_has_its_time_and_no_more() {
    let program = Program::with_alerts();
    program.data("local function add --name slow --exec 'sleep 60; echo' --timeout-in-seconds 1");
    program.subscribe("ORACLE_FUNCTIONS", "slow");
    program.notes(&format!("{PUBLISH} x --delivery-timeout 10"));
    let logs = program.data("local function logs slow");
    assert_eq!(logs[0]["succeeded"], false);
    assert_eq!(logs[0]["error-output"], "it did not end within its 1 s");
}

#[test]
fn an_address_gets_a_post() {
    let program = Program::with_alerts();
    let receiver = Receiver::accepting();
    program.data(&format!(
        "local function add --name remote --url {}",
        receiver.url
    ));
    program.subscribe("ORACLE_FUNCTIONS", "remote");
    program.data(&format!("{PUBLISH} '{{}}'"));
    let got = receiver.next();
    assert_eq!(got.body, "{}");
    assert_eq!(got.header("content-type"), "application/json");
    let logs = program.data("local function logs remote");
    assert_eq!(logs[0]["status"], 200);
    assert_eq!(logs[0]["output"], "ok");
    assert_eq!(logs[0]["call-id"], got.header("fn-call-id"));
}

/// Adds a function written with the FDK of PyPI, which speaks over its Unix socket.
#[cfg(unix)]
fn add_fdk_function(program: &Program, name: &str, source: &str, options: &str) {
    let path = program.write(&format!("{name}.py"), source);
    let start = "\
import sys
sys.argv = [\"fdk\", sys.argv[1], \"handler\"]
from fdk.scripts import fdk
fdk.main()
";
    let starter = program.write("start.py", start);
    program.data(&format!(
        "local function add --name {name} --fdk '{} {starter} {path}' {options}",
        python()
    ));
}

#[test]
#[cfg(unix)]
fn a_function_with_the_fdk_runs_as_it_is() {
    let program = Program::with_alerts();
    let source = "\
import io, json, sys
from fdk import response

def handler(ctx, data: io.BytesIO = None):
    event = json.loads(data.getvalue())
    print('seen', file=sys.stderr)
    text = json.dumps({'name': ctx.FnName(), 'twice': event['n'] * 2})
    return response.Response(ctx, response_data=text, headers={'Content-Type': 'application/json'})
";
    add_fdk_function(&program, "twice", source, "");
    program.subscribe("ORACLE_FUNCTIONS", "twice");
    program.data(&format!("{PUBLISH} '{{\"n\": 21}}' --delivery-timeout 30"));
    let logs = program.data("local function logs twice");
    let told = logs.to_string();
    assert_eq!(logs[0]["status"], 200, "{told}");
    assert_eq!(
        logs[0]["output"], "{\"name\": \"twice\", \"twice\": 42}",
        "{told}"
    );
    assert!(
        logs[0]["error-output"].as_str().unwrap().contains("seen"),
        "{told}"
    );
    assert_eq!(logs.as_array().unwrap().len(), 1);
}

#[test]
#[cfg(unix)]
fn functions_with_the_fdk_that_fail_or_hang_are_tried_again() {
    let program = Program::with_alerts();
    let source = "\
import io, os, time
from fdk import response

def handler(ctx, data: io.BytesIO = None):
    attempt = ctx.FnName() + '.tried'
    if not os.path.exists(attempt):
        open(attempt, 'w').close()
        if ctx.FnName() == 'hanging':
            time.sleep(3600)
        raise ValueError('not yet')
    return response.Response(ctx, response_data=data.getvalue().decode())
";
    add_fdk_function(&program, "failing", source, "");
    add_fdk_function(&program, "hanging", source, "--timeout-in-seconds 5");
    for name in ["failing", "hanging"] {
        program.subscribe("ORACLE_FUNCTIONS", name);
    }
    let _serving = program.serve("");
    program.data(&format!("{PUBLISH} event"));
    let begun = Instant::now();
    while program.under_way() > 0 {
        assert!(begun.elapsed() < Duration::from_secs(60));
    }
    // The newest run first.
    for (name, told) in [
        ("failing", "it answered 502 Bad Gateway"),
        ("hanging", "it did not end within its 5 s"),
    ] {
        let logs = program.data(&format!("local function logs {name}"));
        let shown = logs.to_string();
        assert_eq!(logs.as_array().unwrap().len(), 2, "{shown}");
        assert_eq!(
            (&logs[0]["succeeded"], &logs[0]["output"]),
            (&json!(true), &json!("event"))
        );
        assert_eq!(logs[1]["succeeded"], false, "{shown}");
        assert!(
            logs[1]["error-output"].as_str().unwrap().contains(told),
            "{shown}"
        );
    }
}

#[test]
fn functions_are_listed_and_removed() {
    let program = Program::with_alerts();
    let added = program.data("local function add --name keep --exec true");
    let shown =
        json!([{"id": added["id"], "name": "keep", "exec": "true", "timeout-in-seconds": 30}]);
    assert_eq!(program.data("local function list"), shown);
    program.data("local function remove keep");
    assert_eq!(program.data("local function list"), json!([]));
    // A function that is not here.
    program.subscribe("ORACLE_FUNCTIONS", "ocid1.fnfunc.oc1..lab");
    let notes = program.notes(&format!("{PUBLISH} x"));
    assert!(notes.contains("there is no such function here"), "{notes}");

    for (line, status, told) in [
        ("local function logs keep", 1, "there is no function keep"),
        ("local function remove keep", 1, "there is no function keep"),
        ("local function add --name x", 2, "--exec"),
        (
            "local function add --name x --exec a --url b",
            2,
            "cannot be used with",
        ),
        (
            "local function add --name 'x y' --exec a",
            2,
            "--name must be",
        ),
        (
            "local function add --name x --url ftp://b",
            2,
            "--url must begin with",
        ),
        (
            "local function add --name x --exec a --timeout-in-seconds 51",
            2,
            "51",
        ),
    ] {
        let output = program.command(line).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{line}\n{stderr}");
        assert!(stderr.contains(told), "{line}\n{stderr}");
    }
}
