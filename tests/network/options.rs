//! Options of the connection.

use std::process::Command;

use serde_json::json;

use crate::program::{GET, run, run_with};
use crate::server::{Act, Server, json as response};

fn stream() -> Act {
    response(200, &[("etag", "e1")], &json!({"id": "s1"}))
}

const DELETE: &[&str] = &["streaming", "admin", "stream", "delete", "--force"];

#[test]
fn a_value_cannot_bring_headers_in() {
    let server = Server::start(vec![stream()]);
    for value in ["a\r\nx-evil: 1", "a\nb", "\r"] {
        for options in [
            ["--stream-id", "s1", "--if-match", value],
            ["--stream-id", "s1", "--opc-request-id", value],
        ] {
            let run = run(&server.url(), DELETE, &options);
            assert_eq!(run.status, Some(1), "{run:#?}");
            assert!(run.stderr.contains("cannot have this value"), "{run:#?}");
        }
    }
    assert_eq!(server.seen().len(), 0);
}

#[test]
fn an_id_cannot_reach_another_address() {
    let server = Server::start(vec![stream()]);
    for id in ["..", "."] {
        let run = run(&server.url(), DELETE, &["--stream-id", id]);
        assert_eq!(run.status, Some(1), "{run:#?}");
        assert!(run.stderr.contains("--stream-id"), "{run:#?}");
    }
    assert_eq!(server.seen().len(), 0);
    for (id, path) in [
        (
            "../streampools/p1",
            "/20180418/streams/..%2Fstreampools%2Fp1",
        ),
        ("a?b#c", "/20180418/streams/a%3Fb%23c"),
        ("a\r\nb", "/20180418/streams/a%0D%0Ab"),
    ] {
        run(&server.url(), GET, &["--stream-id", id]).succeeded();
        let seen = server.seen().pop().unwrap();
        assert!(
            seen.starts_with(&format!("GET {path} HTTP/1.1\r\n")),
            "{seen}"
        );
    }
}

#[test]
fn a_request_id_is_sent() {
    let server = Server::start(vec![stream()]);
    run(&server.url(), GET, &["--opc-request-id", "mine-1"]).succeeded();
    assert!(server.seen()[0].contains("\r\nopc-request-id: mine-1\r\n"));
}

#[test]
fn a_request_without_an_id_gets_one_of_its_own() {
    let server = Server::start(vec![stream(), stream()]);
    let ids = [0, 1].map(|nth| {
        run(&server.url(), GET, &[]).succeeded();
        let seen = server.seen()[nth].clone();
        let id = seen.split("\r\nopc-request-id: ").nth(1).unwrap();
        id.split("\r\n").next().unwrap().to_owned()
    });
    assert_eq!(ids[0].len(), 32);
    assert_ne!(ids[0], ids[1]);
}

#[test]
fn a_proxy_is_asked_in_place_of_the_server() {
    let proxy = Server::start(vec![stream()]);
    let url = "http://192.0.2.1:81";
    run(url, GET, &["--proxy", &proxy.url()]).succeeded();
    run_with(url, GET, &[], &[("http_proxy", &proxy.url())]).succeeded();
    for seen in proxy.seen() {
        let wanted = "GET http://192.0.2.1:81/20180418/streams/s1 HTTP/1.1\r\n";
        assert!(seen.starts_with(wanted), "{seen}");
    }
    assert_eq!(proxy.seen().len(), 2);
}

#[test]
fn what_is_no_proxy_is_told() {
    let server = Server::start(vec![stream()]);
    for proxy in ["http://", "::"] {
        let run = run(&server.url(), GET, &["--proxy", proxy]);
        assert_eq!(run.status, Some(1), "{run:#?}");
        assert!(run.stderr.contains("is no proxy"), "{run:#?}");
    }
    assert_eq!(server.seen().len(), 0);
}

#[test]
fn zero_means_the_default_timeout() {
    let server = Server::start(vec![stream()]);
    let options = [
        "--connection-timeout",
        "0",
        "--read-timeout",
        "0",
        "--max-retries",
        "0",
    ];
    run(&server.url(), GET, &options).succeeded();
    let long = [
        "--connection-timeout",
        "9223372036854775807",
        "--read-timeout",
        "9223372036854775807",
    ];
    run(&server.url(), GET, &long).succeeded();
}

#[test]
fn debug_shows_all_but_secrets_on_stderr() {
    let reply = response(
        200,
        &[("set-cookie", "session=abc"), ("etag", "e1")],
        &json!({"id": "x"}),
    );
    let server = Server::start(vec![reply]);
    let confirm = [
        "ons",
        "subscription",
        "confirm",
        "--id",
        "x",
        "--protocol",
        "EMAIL",
    ];
    let run = run(
        &server.url(),
        &confirm,
        &["--token", "top-secret", "--debug"],
    );
    run.succeeded();
    let lines: Vec<&str> = run.stderr.lines().collect();
    assert!(
        lines[0].starts_with(&format!("> GET {}/20181201/", server.url())),
        "{lines:#?}"
    );
    assert!(lines[0].contains("token=(hidden)"), "{lines:#?}");
    for line in [
        "> accept: application/json",
        "< 200",
        "< etag: e1",
        "< set-cookie: (hidden)",
    ] {
        assert!(lines.contains(&line), "{line}: {lines:#?}");
    }
    assert!(lines.contains(&"< {\"id\":\"x\"}"), "{lines:#?}");
    for secret in ["top-secret", "abc"] {
        assert!(!run.stderr.contains(secret), "{lines:#?}");
    }
}

/// Whoever opened this file of certificates would never come back.
#[cfg(unix)]
#[test]
fn a_plain_call_loads_no_certificates() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("certificates");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let server = Server::start(vec![stream()]);
    let variables = [("SSL_CERT_FILE", pipe.to_str().unwrap())];
    run_with(&server.url(), GET, &[], &variables).succeeded();
}
