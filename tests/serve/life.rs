//! Beginning and end: what a server says, leaves behind, refuses, and finishes.

use std::collections::HashSet;
use std::fs;
use std::time::{Duration, Instant};

use ocelot::api::operations;
use serde_json::{Value, json};

use crate::server::{Home, is_private, json as body, text};
use crate::wire::{Wire, ask};

#[test]
fn it_says_where_it_serves() {
    let home = Home::new();
    let server = home.serve("");
    let pid = server.id();
    let (http, kafka) = (server.url(), server.ready["kafka"].as_str().unwrap());
    let stomp = server.ready["stomp"].as_str().unwrap();
    let data = home.data().display().to_string();
    assert_eq!(
        server.said,
        format!(
            "ocelot is ready: REST at {http}, Kafka at {kafka}, STOMP at {stomp}, data {data}\n"
        )
    );
    let expected = json!({
        "http": http, "kafka": kafka, "stomp": stomp, "pid": pid, "data_dir": data, "ca": null
    });
    assert_eq!(server.ready, expected);
    assert_eq!(text(&server.get("/healthz")), "ok\n");
    assert_eq!(text(&server.get("/readyz")), "ready\n");
    assert!(is_private(&home.data().join("server.json")));
}

#[test]
fn it_ends_well() {
    let home = Home::new();
    let mut server = home.serve("");
    // An idle connection keeps nobody.
    let mut idle = Wire::to(server.address());
    idle.send("GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n");
    assert_eq!(idle.answer().unwrap().status, 200);
    let silent = Wire::to(server.address());
    let begun = Instant::now();
    server.signal("-TERM");
    assert!(server.ended().success());
    assert!(begun.elapsed() < Duration::from_secs(1));
    assert!(idle.is_closed());
    drop(silent);
    assert!(!home.data().join("server.json").exists());
}

#[test]
fn a_request_in_flight_is_answered() {
    let home = Home::new();
    let mut server = home.serve("");
    let stream = server.stream("orders", 1);
    let body = r#"{"messages":[{"value":"YQ=="}]}"#;
    let mut wire = Wire::to(server.address());
    wire.send(format!(
        "POST /20180418/streams/{stream}/messages HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nexpect: 100-continue\r\n\r\n",
        body.len()
    ));
    // It says so when it reads the body: the request is in flight then.
    assert_eq!(wire.answer().unwrap().status, 100);
    server.signal("-INT");
    while !server.log().contains("stopping") {}
    wire.send(body);
    let answer = wire.answer().unwrap();
    assert_eq!(
        (answer.status, &answer.json()["failures"]),
        (200, &json!(0))
    );
    assert!(server.ended().success());
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let home = Home::new();
    let mut server = home.serve("");
    let mut wire = Wire::to(server.address());
    wire.send("POST /20180418/streams HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\nexpect: 100-continue\r\n\r\n");
    assert_eq!(wire.answer().unwrap().status, 100);
    server.signal("-TERM");
    while !server.log().contains("stopping") {}
    server.signal("-TERM");
    assert_eq!(server.ended().code(), Some(130));
    // What it left behind misleads nobody.
    assert!(home.data().join("server.json").exists());
    assert_eq!(home.json("local status")["server"], Value::Null);
}

#[test]
fn a_slow_request_does_not_hold_up_the_end() {
    let home = Home::new();
    let mut server = home.serve("");
    let mut wire = Wire::to(server.address());
    wire.send("POST /20180418/streams HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\nexpect: 100-continue\r\n\r\n");
    assert_eq!(wire.answer().unwrap().status, 100);
    let begun = Instant::now();
    server.signal("-TERM");
    assert!(server.ended().success());
    assert!(
        begun.elapsed() < Duration::from_secs(1),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn a_folder_has_one_server() {
    let home = Home::new();
    let server = home.serve("");
    let second = home.run("serve --http 127.0.0.1:0 --kafka 127.0.0.1:0 --stomp 127.0.0.1:0");
    assert_eq!(second.status.code(), Some(1));
    let stderr = String::from_utf8(second.stderr).unwrap();
    let expected = format!(
        "Error: the data folder {} is served already, by process {} at {}: stop that server, or choose another \
         folder with --data-dir\n",
        home.data().display(),
        server.id(),
        server.url()
    );
    assert_eq!(stderr, expected);
    assert_eq!(text(&server.get("/healthz")), "ok\n");
}

#[test]
fn what_it_was_given_is_there_after_a_kill() {
    let home = Home::new();
    let mut server = home.serve("");
    let stream = server.stream("orders", 2);
    let put = server.post(
        &format!("/20180418/streams/{stream}/messages"),
        &json!({"messages": [{"value": "YQ=="}, {"value": "Yg=="}]}),
    );
    assert_eq!(body(&put)["failures"], 0);
    server.signal("-KILL");
    server.ended();
    let server = home.serve("");
    let details = json!({"type": "TRIM_HORIZON", "partition": null});
    let cursor = server.post(&format!("/20180418/streams/{stream}/cursors"), &details);
    let cursor = body(&cursor)["value"].as_str().unwrap().to_owned();
    let got = server.get(&format!(
        "/20180418/streams/{stream}/messages?cursor={cursor}"
    ));
    assert_eq!(body(&got).as_array().unwrap().len(), 2);
    server.stop();
}

#[test]
fn one_that_follows_a_killed_one_at_once_gets_the_folder() {
    let home = Home::new();
    let mut server = home.serve("");
    let stream = server.stream("orders", 8);
    let path = format!("/20180418/streams/{stream}/messages");
    // Much to give back makes the end take long.
    let messages = vec![json!({"value": "YWFh".repeat(10_000)}); 20];
    for _ in 0..30 {
        let put = server.post(&path, &json!({ "messages": messages }));
        assert_eq!(body(&put)["failures"], 0);
        server.signal("-KILL");
        // Not waited for.
        let next = home.serve("");
        assert_eq!(server.ended().code(), None);
        server = next;
    }
    server.stop();
}

#[test]
fn memory_leaves_nothing() {
    let home = Home::new();
    let server = home.serve("--memory");
    assert!(server.said.ends_with("data in memory\n"), "{}", server.said);
    assert_eq!(server.ready["data_dir"], Value::Null);
    server.stream("orders", 1);
    assert!(!home.data().exists());
    server.stop();
}

#[test]
fn addresses_that_others_reach_are_refused() {
    let home = Home::new();
    for face in ["http", "kafka", "stomp"] {
        let free = "--http 127.0.0.1:0 --kafka 127.0.0.1:0 --stomp 127.0.0.1:0";
        let run = home.run(&format!("serve {free} --{face} 0.0.0.0:0"));
        assert_eq!(run.status.code(), Some(1));
        let stderr = String::from_utf8(run.stderr).unwrap();
        assert!(
            stderr.starts_with("Error: refused to listen on 0.0.0.0:"),
            "{stderr}"
        );
    }
    let server = home.serve("--insecure --http 0.0.0.0:0");
    assert!(server.url().starts_with("http://127.0.0.1:"));
    assert_eq!(text(&server.get("/healthz")), "ok\n");
}

#[test]
fn an_address_that_is_taken_is_told() {
    let home = Home::new();
    let server = home.serve("--memory");
    let other = Home::new();
    let run = other.run(&format!(
        "serve --memory --http {} --kafka 127.0.0.1:0 --stomp 127.0.0.1:0",
        server.address()
    ));
    assert_eq!(run.status.code(), Some(1));
    let stderr = String::from_utf8(run.stderr).unwrap();
    assert!(stderr.contains("choose another with --http"), "{stderr}");
}

#[test]
fn every_request_has_a_line_in_the_log_at_debug() {
    let home = Home::new();
    let server = home.serve("--log debug --log-format json");
    let answer = ask(
        server.address(),
        "GET /20180418/streams?compartmentId=secret HTTP/1.1\r\nhost: x\r\nopc-request-id: MINE\r\n\
         authorization: Signature secret\r\n\r\n",
    );
    let id = answer.header("opc-request-id").unwrap().to_owned();
    assert!(id.starts_with("MINE/"), "{id}");
    let log = server.log();
    let lines = log
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let line = lines
        .into_iter()
        .find(|line| line["id"] == json!(id))
        .unwrap();
    assert_eq!(line["operation"], "ListStreams");
    assert_eq!(line["status"], 200);
    assert!(!log.contains("secret"), "{log}");
    server.stop();
    let quiet = home.serve("--log error");
    quiet.get("/20180418/streams");
    assert_eq!(quiet.log(), "");
}

#[test]
fn metrics_are_counted() {
    let home = Home::new();
    let server = home.serve("");
    server.stream("orders", 1);
    server.get("/20180418/nothing");
    let metrics = text(&server.get("/metrics"));
    for line in [
        "ocelot_http_requests_total{service=\"streaming\",operation=\"CreateStream\",status=\"200\"} 1",
        "ocelot_http_requests_total{service=\"none\",operation=\"none\",status=\"404\"} 1",
        "ocelot_http_request_duration_seconds_count 2",
        "ocelot_connections{face=\"http\"} 1",
        "# EOF",
    ] {
        assert!(metrics.lines().any(|one| one == line), "{line}\n{metrics}");
    }
}

#[test]
fn no_series_of_the_metrics_stands_twice() {
    let home = Home::new();
    let server = home.serve("--memory");
    // Services have operations of the same name, and most fail alike.
    for operation in operations() {
        let path = operation.path.replace(['{', '}'], "");
        let path = format!("{}{path}", operation.client.base_path);
        server.send(operation.method, &path, Some(&json!({})));
    }
    let metrics = text(&server.get("/metrics"));
    let samples = metrics.lines().filter(|line| !line.starts_with('#'));
    let series: Vec<&str> = samples
        .map(|line| line.rsplit_once(' ').unwrap().0)
        .collect();
    let of_lists = series
        .iter()
        .filter(|one| one.contains("\"ListWorkRequests\""));
    assert_eq!(of_lists.count(), 3, "{metrics}");
    let different: HashSet<&str> = series.iter().copied().collect();
    assert_eq!(different.len(), series.len(), "{metrics}");
}

#[test]
fn the_ready_file_must_have_a_place() {
    let home = Home::new();
    let run = home
        .run("serve --memory --http 127.0.0.1:0 --kafka 127.0.0.1:0 --stomp 127.0.0.1:0 --ready-file nowhere/ready");
    assert_eq!(run.status.code(), Some(1));
    let stderr = String::from_utf8(run.stderr).unwrap();
    assert!(
        stderr.contains("cannot keep the ready file nowhere/ready"),
        "{stderr}"
    );
    assert!(fs::read_dir(home.path("")).unwrap().next().is_none());
}
