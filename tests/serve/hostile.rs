//! Clients that are slow, silent, greedy or mad: they are let go, and the others are served.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::server::{Home, Server, json as body, text};
use crate::wire::{Wire, ask};

/// The server answers, and its memory has a bound.
fn is_well(server: &Server) {
    // By a connection of its own: the client's other one may have been quiet for too long.
    let health = server.ask("GET", "/healthz", &Value::Null);
    assert_eq!(health, (200, json!("ok\n")));
    assert!(resident_mib(server) < 200, "{} MiB", resident_mib(server));
    assert!(!server.log().contains("panicked"), "{}", server.log());
}

fn resident_mib(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS"))
        .unwrap();
    let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib / 1024
}

#[test]
fn the_slow_and_the_silent_are_let_go() {
    let home = Home::new();
    let server = home.serve("--memory --client-timeout 1");
    let begun = Instant::now();
    let beginnings = [
        "",
        "P",
        "PRI * HTTP/2.0\r\n",
        "GET /healthz HTTP/1.1\r\nhost:",
        "POST /20180418/streams HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{",
        "POST /20180418/streams HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ];
    let mut clients: Vec<Wire> = beginnings
        .map(|beginning| {
            let mut wire = Wire::to(server.address());
            wire.send(beginning);
            wire
        })
        .into();
    // One that always has one more byte to send.
    let mut dripping = Wire::to(server.address());
    dripping.send("GET /healthz HTTP/1.1\r\nx: ");
    while dripping.send("a") {
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "it may drip for ever"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    for (client, beginning) in clients.iter_mut().zip(beginnings) {
        assert!(client.is_closed(), "{beginning:?}");
    }
    is_well(&server);
}

#[test]
fn a_body_that_drips_is_not_waited_for() {
    let home = Home::new();
    let server = home.serve("--memory --client-timeout 1");
    let mut wire = Wire::to(server.address());
    wire.send("POST /20180418/streams HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n");
    for _ in 0..30 {
        wire.send(" ");
        std::thread::sleep(Duration::from_millis(50));
    }
    let answer = wire.answer().unwrap();
    assert_eq!(answer.status, 408);
    assert_eq!(answer.json()["code"], "RequestTimeout");
}

#[test]
fn who_does_not_read_is_let_go() {
    let home = Home::new();
    let server = home.serve("--memory --client-timeout 1");
    let stream = server.stream("orders", 1);
    let value = "YWJj".repeat(200_000);
    let put = server.post(
        &format!("/20180418/streams/{stream}/messages"),
        &json!({"messages": [{"value": value}]}),
    );
    assert_eq!(put.status, 200);
    let details = json!({"type": "TRIM_HORIZON", "partition": "0"});
    let cursor = server.post(&format!("/20180418/streams/{stream}/cursors"), &details);
    let cursor = body(&cursor)["value"].as_str().unwrap().to_owned();
    let request = format!(
        "GET /20180418/streams/{stream}/messages?cursor={cursor} HTTP/1.1\r\nhost: x\r\n\r\n"
    );
    let mut clients: Vec<Wire> = (0..20).map(|_| Wire::to(server.address())).collect();
    for client in &mut clients {
        client.send(request.repeat(20));
    }
    std::thread::sleep(Duration::from_millis(2500));
    is_well(&server);
    // What is in the client's own buffer can be read; then there is the end.
    for client in &mut clients {
        assert!(client.is_closed());
    }
}

#[test]
fn sizes_have_limits() {
    let home = Home::new();
    let server = home.serve("--memory --max-header-bytes 10000 --max-body-bytes 2000");
    let long = "a".repeat(20_000);
    let answer = ask(
        server.address(),
        format!("GET /healthz HTTP/1.1\r\nhost: x\r\nlong: {long}\r\n\r\n"),
    );
    assert_eq!(answer.status, 431);
    let answer = ask(
        server.address(),
        format!("GET /{long} HTTP/1.1\r\nhost: x\r\n\r\n"),
    );
    assert!([414, 431].contains(&answer.status), "{answer:?}");
    let mut wire = Wire::to(server.address());
    wire.send(format!(
        "GET /healthz HTTP/1.1\r\n{}\r\n",
        "a: b\r\n".repeat(1500)
    ));
    assert_eq!(wire.answer().unwrap().status, 431);
    let post = "POST /20180418/streams HTTP/1.1\r\nhost: x\r\n";
    for request in [
        // Told beforehand, or not.
        format!("{post}content-length: 2001\r\n\r\n{}", "x".repeat(2001)),
        format!("{post}content-length: 99999999999\r\n\r\n{{"),
        format!(
            "{post}transfer-encoding: chunked\r\n\r\n7d1\r\n{}\r\n0\r\n\r\n",
            "x".repeat(2001)
        ),
    ] {
        let answer = ask(server.address(), &request);
        assert_eq!(answer.status, 413, "{request}");
        assert_eq!(answer.json()["code"], "PayloadTooLarge");
    }
    let answer = ask(
        server.address(),
        format!("{post}content-length: 2000\r\n\r\n{}", "x".repeat(2000)),
    );
    assert_eq!(answer.status, 400);
    is_well(&server);
}

#[test]
fn connections_have_a_limit() {
    let home = Home::new();
    let server = home.serve("--memory --max-connections 2");
    let request = "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";
    let mut open: Vec<Wire> = (0..2).map(|_| Wire::to(server.address())).collect();
    for wire in &mut open {
        wire.send(request);
        assert_eq!(wire.answer().unwrap().status, 200);
    }
    // One more waits until one ends.
    let mut waiting = Wire::to(server.address());
    waiting.send(request);
    drop(open.pop());
    assert_eq!(waiting.answer().unwrap().status, 200);
}

#[test]
fn a_thousand_idle_connections_cost_little() {
    let home = Home::new();
    let server = home.serve("");
    let before = resident_mib(&server);
    let mut idle: Vec<Wire> = (0..1000).map(|_| Wire::to(server.address())).collect();
    for wire in &mut idle {
        wire.send("GET /20180418/streams?compartmentId=x HTTP/1.1\r\nhost: x\r\n\r\n");
        assert_eq!(wire.answer().unwrap().status, 200);
    }
    let cost = resident_mib(&server) - before;
    assert!(cost < 48, "{cost} MiB");
    is_well(&server);
}

#[test]
fn any_bytes_are_taken_without_harm() {
    let home = Home::new();
    let server = home.serve("--memory --client-timeout 1");
    let stream = server.stream("orders", 1);
    let valid = [
        format!(
            "POST /20180418/streams/{stream}/messages HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
             content-length: 31\r\n\r\n{{\"messages\":[{{\"value\":\"YQ==\"}}]}}"
        )
        .into_bytes(),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x04\x01\x05\x00\x00\x00\x01\x82\x84\x86\x41\x01x".to_vec(),
        b"POST /20180418/streams HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n".to_vec(),
        b"GET /20180418/streams?compartmentId=%00&limit=-1&page=\xff HTTP/1.1\r\nhost: x\r\n\r\n".to_vec(),
    ];
    let mutated = (
        0..valid.len(),
        any::<prop::sample::Index>(),
        any::<u8>(),
        any::<prop::sample::Index>(),
    );
    let noise = prop::collection::vec(any::<u8>(), 0..400);
    let mut runner = TestRunner::new(Config::with_cases(300));
    runner
        .run(&(mutated, noise), |((which, at, byte, cut), noise)| {
            let mut bytes = valid[which].clone();
            let place = at.index(bytes.len());
            bytes[place] = byte;
            bytes.truncate(cut.index(bytes.len()) + 1);
            for bytes in [bytes, noise] {
                let mut wire = Wire::to(server.address());
                wire.send(&bytes);
                wire.finish();
                prop_assert!(wire.is_closed());
            }
            Ok(())
        })
        .unwrap();
    is_well(&server);
}

#[test]
fn any_body_is_taken_without_harm() {
    let home = Home::new();
    let server = home.serve("--memory");
    let stream = server.stream("orders", 1);
    let bodies = prop_oneof![
        "\\PC*",
        r#"\{"messages":\[(\{"(key|value)":("[A-Za-z0-9+/=]{0,8}"|null|[0-9]{1,20}|\[\])\},?){0,3}\]?\}?"#,
        prop::collection::vec(any::<u8>(), 0..100)
            .prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
    ];
    let path = format!("/20180418/streams/{stream}/messages");
    let mut runner = TestRunner::new(Config::with_cases(300));
    runner
        .run(&bodies, |body| {
            let answer = ask(
                server.address(),
                format!(
                    "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{body}",
                    body.len()
                ),
            );
            prop_assert!([200, 400].contains(&answer.status), "{body}: {answer:?}");
            prop_assert!(answer.status == 200 || answer.json()["message"].is_string());
            Ok(())
        })
        .unwrap();
    is_well(&server);
}

#[test]
fn who_waits_for_messages_is_not_idle() {
    let home = Home::new();
    let server = home.serve("--memory --client-timeout 1");
    let queue = json!({"displayName": "orders", "compartmentId": "ocid1.compartment.oc1..shop"});
    let made = server.post("/20210201/queues", &queue);
    assert_eq!(made.status, 202, "{}", text(&made));
    let listed = server.get("/20210201/queues?compartmentId=ocid1.compartment.oc1..shop");
    let id = body(&listed)["items"][0]["id"].as_str().unwrap().to_owned();
    let begun = Instant::now();
    let got = server.get(&format!(
        "/20210201/queues/{id}/messages?timeoutInSeconds=3"
    ));
    assert_eq!(got.status, 200, "{}", text(&got));
    assert!(begun.elapsed() >= Duration::from_secs(3));
}
