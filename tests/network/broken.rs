//! Responses that are none.

use std::net::TcpListener;
use std::time::Duration;

use serde_json::json;

use crate::program::{GET, run};
use crate::server::{Act, Server, json as response, raw};

fn sent(bytes: impl Into<Vec<u8>>) -> Act {
    Act::Send(bytes.into())
}

/// Each is told with the address that was asked and a next step.
#[test]
fn a_response_that_is_none_is_told() {
    let deep = "[".repeat(100_000);
    let headers: String = (0..5000)
        .map(|n| format!("x-{n}: {}\r\n", "y".repeat(200)))
        .collect();
    let acts = [
        ("ended too early", sent("")),
        (
            "ended too early",
            sent("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"id\":"),
        ),
        (
            "ended too early",
            sent("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}"),
        ),
        (
            "ended too early",
            sent("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"a\""),
        ),
        (
            "ended too early",
            sent("HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n{}"),
        ),
        ("ended too early", sent("ICY 200 OK\r\n\r\n")),
        (
            "ended too early",
            sent(format!("HTTP/1.1 200 OK\r\n{headers}\r\n{{}}")),
        ),
        (
            "it is not JSON",
            sent("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n{\"id\":\"s1\"}"),
        ),
        (
            "it is not JSON",
            raw(200, &[], b"<html><body>Welcome</body></html>"),
        ),
        ("it is not JSON", raw(200, &[], b"{\"id\": \"\xff\xfe\"}")),
        ("it is not JSON", raw(200, &[], b"{\"id\": 1} and more")),
        ("it is not JSON", raw(200, &[], deep.as_bytes())),
        (
            "larger than",
            sent("HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n{"),
        ),
        (
            "redirects to http://elsewhere.example/",
            raw(302, &[("location", "http://elsewhere.example/")], b""),
        ),
        ("status is 304", raw(304, &[], b"")),
    ];
    for (reason, act) in acts {
        let server = Server::start(vec![act]);
        let run = run(&server.url(), GET, &["--no-retry"]);
        let (title, details) = run.failure();
        assert_eq!(title, "RequestException", "{run:#?}");
        let message = details["message"].as_str().unwrap();
        assert!(message.contains(reason), "{reason}: {message}");
        assert!(message.contains(&server.url()), "{message}");
        assert!(message.len() < 500, "{message}");
        let endpoint = format!("GET {}/20180418/streams/s1", server.url());
        assert_eq!(details["request_endpoint"], endpoint);
        assert!(!details["troubleshooting_tips"].as_str().unwrap().is_empty());
        assert_eq!(server.seen().len(), 1);
    }
}

#[test]
fn a_body_without_end_is_given_up() {
    let head = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n[".to_vec();
    let server = Server::start(vec![Act::Forever(head, vec![b'1'; 1 << 20])]);
    let run = run(&server.url(), GET, &["--no-retry"]);
    assert!(run.message("RequestException").contains("larger than"));
}

#[test]
fn a_page_of_html_is_shown_in_part() {
    let page = format!("<html>{}</html>", "Bad gateway\u{1b}[31m ".repeat(1000));
    let server = Server::start(vec![raw(502, &[], page.as_bytes())]);
    let run = run(&server.url(), GET, &["--no-retry"]);
    let message = run.message("TransientServiceError");
    assert!(message.starts_with("<html>Bad gateway"), "{message}");
    assert!(message.len() < 300 && !run.stderr.contains('\u{1b}'));
}

#[test]
fn an_object_without_a_body_has_no_fields() {
    let server = Server::start(vec![raw(200, &[], b"")]);
    let printed = run(&server.url(), GET, &[]).succeeded();
    assert_eq!(printed["data"]["id"], json!(null));
}

#[test]
fn a_refused_connection_fails_at_once() {
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let url = format!("http://127.0.0.1:{port}");
    let run = run(&url, GET, &[]);
    let (title, details) = run.failure();
    assert_eq!(title, "RequestException");
    let message = details["message"].as_str().unwrap();
    assert!(
        message.starts_with(&format!("cannot connect to {url}")),
        "{message}"
    );
    assert_eq!(details["target_service"], "CLI");
    assert!(run.took < Duration::from_secs(5), "{:?}", run.took);
}

#[test]
fn a_connection_that_does_not_come_about_is_given_up() {
    // Nobody has an address of this network; some machines say so at once.
    let run = run(
        "http://192.0.2.1:81",
        GET,
        &["--connection-timeout", "1", "--no-retry"],
    );
    let (title, details) = run.failure();
    assert!(matches!(
        title.as_str(),
        "ConnectTimeout" | "RequestException"
    ));
    assert!(
        details["message"]
            .as_str()
            .unwrap()
            .contains("http://192.0.2.1:81")
    );
    assert!(run.took < Duration::from_secs(8), "{:?}", run.took);
}

#[test]
fn a_host_without_address_is_told() {
    let run = run("http://no-such-host.invalid", GET, &["--no-retry"]);
    assert!(
        run.message("RequestException")
            .contains("http://no-such-host.invalid")
    );
}

#[test]
fn a_silent_server_is_not_waited_for_forever() {
    let server = Server::start(vec![Act::Silence]);
    let run = run(&server.url(), GET, &["--read-timeout", "1", "--no-retry"]);
    let message = run.message("RequestException");
    assert_eq!(
        message,
        format!("there was no whole response of {} in 1 s", server.url())
    );
    assert!(run.took < Duration::from_secs(8), "{:?}", run.took);
}

#[test]
fn a_dripping_server_is_not_waited_for_forever() {
    let pause = Duration::from_millis(200);
    for head in [
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n",
    ] {
        let server = Server::start(vec![Act::Drip(head.as_bytes().to_vec(), pause)]);
        let run = run(&server.url(), GET, &["--read-timeout", "1", "--no-retry"]);
        assert!(
            run.message("RequestException")
                .contains("no whole response")
        );
        assert!(run.took < Duration::from_secs(25), "{:?}", run.took);
    }
}

#[test]
fn a_reply_of_another_kind_is_printed_as_it_came() {
    let server = Server::start(vec![response(200, &[], &json!([1, null]))]);
    assert_eq!(
        run(&server.url(), GET, &[]).succeeded(),
        json!({"data": [1, null]})
    );
}
