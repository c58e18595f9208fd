//! Many who wait at once for the messages of a queue: each message finds one of them, and none keeps the server.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use rustix::process::{Resource, getrlimit, setrlimit};
use serde_json::{Value, json};

use crate::server::{COMPARTMENT, Home, PATIENCE, Server, json as body, text};
use crate::wire::Wire;

/// Lets this process, and the servers that it starts, have so many files open besides the usual ones.
fn make_room(files: u64) {
    let mut limit = getrlimit(Resource::Nofile);
    let wanted = files + 256;
    if limit.current.is_some_and(|current| current < wanted) {
        limit.current = Some(wanted);
        setrlimit(Resource::Nofile, limit).unwrap();
    }
}

/// A new queue, by its OCID.
fn queue(server: &Server) -> String {
    let details = json!({"displayName": "jobs", "compartmentId": COMPARTMENT});
    let made = server.post("/20210201/queues", &details);
    assert_eq!(made.status, 202, "{}", text(&made));
    let listed = server.get(&format!("/20210201/queues?compartmentId={COMPARTMENT}"));
    body(&listed)["items"][0]["id"].as_str().unwrap().to_owned()
}

/// So many requests for a message, none of which is answered yet.
fn park(server: &Server, queue: &str, count: usize) -> Vec<Wire> {
    park_with(server, queue, count, "")
}

fn park_with(server: &Server, queue: &str, count: usize, parameters: &str) -> Vec<Wire> {
    let get = format!(
        "GET /20210201/queues/{queue}/messages?timeoutInSeconds=30{parameters} HTTP/1.1\r\nhost: x\r\n\r\n"
    );
    let mut parked: Vec<Wire> = (0..count).map(|_| Wire::to(server.address())).collect();
    for wire in &mut parked {
        assert!(wire.send(&get));
    }
    let begun = Instant::now();
    while in_flight(server) < count {
        assert!(begun.elapsed() < PATIENCE, "they do not wait");
        std::thread::sleep(Duration::from_millis(5));
    }
    parked
}

fn in_flight(server: &Server) -> usize {
    let metrics = text(&server.get("/metrics"));
    let mut lines = metrics.lines();
    let gauge = lines.find(|line| line.starts_with("ocelot_http_requests_in_flight "));
    let (_, count) = gauge.unwrap().rsplit_once(' ').unwrap();
    count.parse().unwrap()
}

fn put(server: &Server, queue: &str, contents: std::ops::Range<usize>) {
    let messages: Vec<Value> = contents
        .map(|content| json!({"content": content.to_string()}))
        .collect();
    let messages = json!({ "messages": messages });
    let put = server.post(&format!("/20210201/queues/{queue}/messages"), &messages);
    assert_eq!(put.status, 200, "{}", text(&put));
}

/// The contents of the messages of an answer.
fn got(wire: &mut Wire) -> Vec<String> {
    let answer = wire.answer().unwrap();
    assert_eq!(answer.status, 200);
    let answer = answer.json();
    let messages = answer["messages"].as_array().unwrap().iter();
    messages
        .map(|message| message["content"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn every_message_finds_one_who_waits() {
    const WAITING: usize = 300;
    make_room(WAITING as u64);
    let home = Home::new();
    let server = home.serve("");
    let queue = queue(&server);
    let mut parked = park(&server, &queue, WAITING);
    for first in (0..WAITING).step_by(20) {
        put(&server, &queue, first..first + 20);
    }
    let answers: Vec<Vec<String>> = parked.iter_mut().map(got).collect();
    assert!(answers.iter().all(|answer| answer.len() == 1));
    let contents: BTreeSet<String> = answers.into_iter().flatten().collect();
    assert_eq!(contents.len(), WAITING);
}

#[test]
fn who_hangs_up_leaves_the_message_to_the_next() {
    let home = Home::new();
    let server = home.serve("");
    let queue = queue(&server);
    let mut parked = park(&server, &queue, 3);
    let mut last = parked.pop().unwrap();
    drop(parked);
    let begun = Instant::now();
    while in_flight(&server) > 1 {
        assert!(begun.elapsed() < PATIENCE, "they are waited for");
    }
    put(&server, &queue, 0..1);
    assert_eq!(got(&mut last), ["0"]);
    assert!(begun.elapsed() < Duration::from_secs(20));
}

/// Only the first of those who wait knows when a hidden message comes back.
#[test]
fn a_message_that_nobody_deletes_comes_to_one_after_the_other() {
    let home = Home::new();
    let server = home.serve("");
    let queue = queue(&server);
    let begun = Instant::now();
    let mut parked = park_with(&server, &queue, 3, "&visibilityInSeconds=1");
    put(&server, &queue, 0..1);
    for wire in &mut parked {
        assert_eq!(got(wire), ["0"]);
    }
    let took = begun.elapsed();
    assert!(took >= Duration::from_secs(2), "{took:?}");
    assert!(took < Duration::from_secs(20), "{took:?}");
}

#[test]
fn a_thousand_who_wait_do_not_hold_up_the_end() {
    const WAITING: usize = 1000;
    make_room(WAITING as u64);
    let home = Home::new();
    let mut server = home.serve("");
    let queue = queue(&server);
    let mut parked = park(&server, &queue, WAITING);
    let begun = Instant::now();
    server.signal("-TERM");
    assert_eq!(server.ended().code(), Some(0));
    let took = begun.elapsed();
    // They would wait for half a minute.
    assert!(took < Duration::from_secs(5), "{took:?}");
    for wire in &mut parked {
        assert!(got(wire).is_empty());
    }
}
