//! When a request is sent again.

use std::time::Duration;

use serde_json::json;

use crate::program::{GET, QUEUE, run};
use crate::server::{Act, Server, json as response, raw, refusal};

fn stream() -> Act {
    response(200, &[], &json!({"id": "s1", "name": "orders"}))
}

fn token(request: &str) -> Option<&str> {
    let mut lines = request.lines();
    lines.find_map(|line| line.strip_prefix("opc-retry-token: "))
}

#[test]
fn what_passes_is_tried_again() {
    for first in [
        refusal(429, "TooManyRequests"),
        refusal(503, "ServiceUnavailable"),
        refusal(409, "IncorrectState"),
        raw(502, &[], b"<html>Bad gateway</html>"),
        Act::Send(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{\"id\":".to_vec()),
    ] {
        let server = Server::start(vec![first.clone(), stream()]);
        let run = run(&server.url(), GET, &[]);
        assert_eq!(run.succeeded()["data"]["id"], "s1", "{first:?}");
        assert_eq!(run.stderr, "");
        assert_eq!(server.seen().len(), 2, "{first:?}");
    }
}

#[test]
fn what_stays_is_not_tried_again() {
    for (status, code) in [
        (501, "MethodNotImplemented"),
        (409, "InvalidatedRetryToken"),
        (404, "NotAuthorizedOrNotFound"),
        (401, "NotAuthenticated"),
        (400, "InvalidParameter"),
    ] {
        let server = Server::start(vec![refusal(status, code)]);
        let (title, details) = run(&server.url(), GET, &[]).failure();
        assert_eq!(
            (title.as_str(), &details["code"]),
            ("ServiceError", &json!(code))
        );
        assert_eq!(details["status"], status);
        assert_eq!(server.seen().len(), 1, "{code}");
    }
}

#[test]
fn attempts_are_counted_and_share_a_token() {
    let server = Server::start(vec![refusal(503, "ServiceUnavailable")]);
    let run = run(&server.url(), QUEUE, &["--max-retries", "2"]);
    assert_eq!(
        run.message("TransientServiceError"),
        "it is ServiceUnavailable"
    );
    let seen = server.seen();
    assert_eq!(seen.len(), 2);
    assert!(token(&seen[0]).is_some_and(|token| !token.is_empty()));
    assert_eq!(token(&seen[0]), token(&seen[1]));
}

#[test]
fn two_commands_have_two_tokens() {
    let server = Server::start(vec![stream()]);
    for _ in 0..2 {
        assert_eq!(run(&server.url(), QUEUE, &[]).status, Some(0));
    }
    let seen = server.seen();
    assert_ne!(token(&seen[0]), token(&seen[1]));
}

#[test]
fn no_retry_is_one_attempt_without_a_token() {
    let server = Server::start(vec![refusal(429, "TooManyRequests")]);
    run(&server.url(), QUEUE, &["--no-retry"]).failure();
    let seen = server.seen();
    assert_eq!((seen.len(), token(&seen[0])), (1, None));
}

#[test]
fn no_retry_and_a_number_of_retries_contradict() {
    let server = Server::start(vec![stream()]);
    let run = run(&server.url(), GET, &["--no-retry", "--max-retries", "3"]);
    assert_eq!(run.status, Some(2));
    assert_eq!(
        run.stderr,
        "Error: The option --max-retries is not applicable when using the --no-retry flag.\n"
    );
    assert_eq!(server.seen().len(), 0);
}

#[test]
fn a_server_says_how_long_to_wait() {
    let busy = response(
        503,
        &[("retry-after", "3")],
        &json!({"code": "Busy", "message": "busy"}),
    );
    let server = Server::start(vec![busy, stream()]);
    let run = run(&server.url(), GET, &[]);
    run.succeeded();
    assert!(run.took >= Duration::from_secs(3), "{:?}", run.took);
}

#[test]
fn a_wait_that_is_too_long_is_not_begun() {
    for seconds in ["18446744073709551615", "100000"] {
        let body = json!({"code": "Busy", "message": "busy"});
        let busy = response(429, &[("retry-after", seconds)], &body);
        let server = Server::start(vec![busy]);
        assert_eq!(
            run(&server.url(), GET, &[]).message("TransientServiceError"),
            "busy"
        );
        assert_eq!(server.seen().len(), 1);
    }
}
