//! Options of the connection.

use std::process::Command;

use serde_json::json;

use crate::program::{GET, run, run_at, run_with};
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
fn every_request_has_an_id() {
    let server = Server::start(vec![stream()]);
    let incoming = |value| [("OPC_INCOMING_REQUEST_ID", value)];
    let on = ["--enable-propagation", "True"];
    run(&server.url(), GET, &[]).succeeded();
    run_with(&server.url(), GET, &[], &incoming("A/B")).succeeded();
    run_with(&server.url(), GET, &on, &incoming("A/B/C")).succeeded();
    run_with(&server.url(), GET, &on, &incoming("A")).succeeded();
    run_with(
        &server.url(),
        GET,
        &[&on[..], &["--request-id", "mine"]].concat(),
        &incoming("A"),
    )
    .succeeded();
    let ids: Vec<String> = server
        .seen()
        .iter()
        .map(|request| {
            let mut lines = request.lines();
            lines
                .find_map(|line| line.strip_prefix("opc-request-id: "))
                .unwrap()
                .to_owned()
        })
        .collect();
    let is_new = |id: &str| {
        id.len() == 32
            && id
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'))
    };
    assert!(
        is_new(&ids[0]) && is_new(&ids[1]) && ids[0] != ids[1],
        "{ids:?}"
    );
    assert_eq!(ids[2], "A/B");
    assert!(ids[3].strip_prefix("A/").is_some_and(is_new), "{ids:?}");
    assert_eq!(ids[4], "mine");
}

#[test]
fn the_services_have_no_address_of_a_realm_s_own() {
    let options = [
        "--dry-run",
        "--target",
        "cloud",
        "--region",
        "fra",
        "--realm-specific-endpoint",
    ];
    let home = tempfile::tempdir().unwrap();
    let run = run_at(home.path(), &[GET, &options].concat(), &[]);
    run.succeeded();
    assert!(run.stderr.contains("--realm-specific-endpoint"), "{run:#?}");
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
