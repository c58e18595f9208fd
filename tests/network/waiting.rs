//! `--wait-for-state` against a server with a script.

use std::time::Duration;

use serde_json::{Value, json};

use crate::program::{CREATE, QUEUE, Run, run};
use crate::server::{Act, Server, json as response, raw, refusal};

const FAST: [&str; 4] = ["--wait-interval-seconds", "1", "--max-wait-seconds", "20"];
const RULE: &[&str] = &["events", "rule", "delete", "--rule-id", "r1", "--force"];
const SUBSCRIPTION: &[&str] = &[
    "ons",
    "subscription",
    "create",
    "--topic-id",
    "t1",
    "--compartment-id",
    "c1",
    "--protocol",
    "EMAIL",
    "--subscription-endpoint",
    "a@example.com",
];

fn accepted() -> Act {
    raw(202, &[("opc-work-request-id", "w1")], b"")
}

fn work(status: &str) -> Act {
    response(200, &[], &json!({"id": "w1", "status": status}))
}

fn resource(state: &str) -> Act {
    response(200, &[], &json!({"id": "r1", "lifecycleState": state}))
}

fn wait(server: &Server, command: &[&str], states: &[&str]) -> Run {
    let states = states.iter().flat_map(|state| ["--wait-for-state", *state]);
    run(
        &server.url(),
        command,
        &states.chain(FAST).collect::<Vec<_>>(),
    )
}

fn paths(server: &Server) -> Vec<String> {
    let path = |request: &String| request.split(' ').nth(1).unwrap_or_default().to_owned();
    server.seen().iter().map(path).collect()
}

#[test]
fn a_work_request_is_watched_until_it_is_as_wanted() {
    let server = Server::start(vec![
        accepted(),
        work("ACCEPTED"),
        work("IN_PROGRESS"),
        work("SUCCEEDED"),
    ]);
    let run = wait(&server, QUEUE, &["SUCCEEDED"]);
    assert_eq!(run.succeeded()["data"]["status"], "SUCCEEDED");
    // No spinner where nobody looks.
    assert_eq!(
        run.stderr,
        "Action completed. Waiting until the work request has entered state: ('SUCCEEDED',)\n"
    );
    assert_eq!(paths(&server)[1..], ["/20210201/workRequests/w1"; 3]);
}

#[test]
fn any_of_several_states_will_do() {
    let server = Server::start(vec![accepted(), work("FAILED")]);
    let run = wait(&server, QUEUE, &["SUCCEEDED", "FAILED"]);
    assert_eq!(run.succeeded()["data"]["status"], "FAILED");
    assert!(run.stderr.contains("('SUCCEEDED', 'FAILED')\n"), "{run:#?}");
}

#[test]
fn a_work_request_that_fails_ends_the_wait_and_tells_why() {
    for status in ["FAILED", "CANCELED"] {
        let errors = json!({"items": [
            {"code": "LimitExceeded", "message": "too many queues", "timestamp": "2026-03-14T01:02:03Z"},
        ]});
        let server = Server::start(vec![accepted(), work(status), response(200, &[], &errors)]);
        let run = wait(&server, QUEUE, &["SUCCEEDED"]);
        assert_eq!(run.status, Some(2), "{run:#?}");
        assert!(run.took < Duration::from_secs(10));
        let printed: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(printed, json!({"opc-work-request-id": "w1"}));
        let wanted = format!(
            "Failed to wait until the work request entered the specified state. Outputting last known resource \
             state\nThe work request w1 ended as {status}: it will not enter SUCCEEDED any more.\n  \
             LimitExceeded: too many queues\n"
        );
        assert!(run.stderr.ends_with(&wanted), "{run:#?}");
        assert_eq!(paths(&server)[2], "/20210201/workRequests/w1/errors");
    }
}

#[test]
fn a_wait_without_the_errors_ends_too() {
    let server = Server::start(vec![accepted(), work("FAILED"), refusal(404, "NotFound")]);
    let run = wait(&server, QUEUE, &["SUCCEEDED"]);
    assert_eq!(run.status, Some(2), "{run:#?}");
    assert!(run.stderr.contains("ended as FAILED"), "{run:#?}");
}

#[test]
fn a_resource_is_watched_and_may_fail() {
    let server = Server::start(vec![
        resource("CREATING"),
        resource("PENDING"),
        resource("ACTIVE"),
    ]);
    let run = wait(&server, SUBSCRIPTION, &["ACTIVE"]);
    assert_eq!(run.succeeded()["data"]["id"], "r1");
    assert_eq!(paths(&server)[2], "/20181201/subscriptions/r1");
    let server = Server::start(vec![resource("CREATING"), resource("DELETED")]);
    let run = wait(&server, SUBSCRIPTION, &["ACTIVE"]);
    assert_eq!(run.status, Some(2), "{run:#?}");
    assert!(
        run.stderr.contains("The resource r1 ended as DELETED"),
        "{run:#?}"
    );
    assert_eq!(server.seen().len(), 2);
}

#[test]
fn what_was_deleted_may_be_gone() {
    let gone = refusal(404, "NotAuthorizedOrNotFound");
    for looks in [
        vec![gone.clone()],
        vec![resource("DELETING"), gone],
        vec![resource("DELETED")],
    ] {
        let server = Server::start([vec![raw(204, &[], b"")], looks].concat());
        let run = wait(&server, RULE, &["DELETED"]);
        assert_eq!((run.status, run.stdout.as_str()), (Some(0), ""), "{run:#?}");
    }
}

#[test]
fn a_wait_ends_in_time() {
    let server = Server::start(vec![accepted(), work("IN_PROGRESS")]);
    let options = ["--wait-for-state", "SUCCEEDED", "--max-wait-seconds", "2"];
    let run = run(&server.url(), QUEUE, &options);
    assert_eq!(run.status, Some(2), "{run:#?}");
    assert!(
        run.stderr.contains("Failed to wait until the work request"),
        "{run:#?}"
    );
    assert!(run.took >= Duration::from_secs(2) && run.took < Duration::from_secs(12));
    // Pauses of 1 s, then 2 s, but no longer than what is left.
    assert!(
        (3..=4).contains(&paths(&server).len()),
        "{:?}",
        paths(&server)
    );
}

#[test]
fn an_error_in_between_is_told_behind_the_reply() {
    let server = Server::start(vec![accepted(), refusal(403, "NotAuthorized")]);
    let run = wait(&server, QUEUE, &["SUCCEEDED"]);
    assert_eq!(run.status, Some(1), "{run:#?}");
    assert_eq!(run.stdout, "{\n  \"opc-work-request-id\": \"w1\"\n}\n");
    assert!(
        run.stderr
            .contains("Encountered error while waiting for work request"),
        "{run:#?}"
    );
    assert!(run.stderr.contains("\nServiceError:\n"), "{run:#?}");
}

#[test]
fn without_a_work_request_there_is_nothing_to_wait_for() {
    let server = Server::start(vec![response(200, &[], &json!({"id": "s1"}))]);
    let run = wait(&server, CREATE, &["SUCCEEDED"]);
    assert_eq!(run.succeeded()["data"]["id"], "s1");
    assert!(
        run.stderr
            .contains("Encountered error while waiting for work request"),
        "{run:#?}"
    );
    assert_eq!(server.seen().len(), 1);
}
