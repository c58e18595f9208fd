//! Groups go on where they were when the server comes back.

use serde_json::{Value, json};

use crate::members::Members;
use crate::server::{Python, Server};

/// Members that live through the server's end go on, and one that comes later resumes; nothing is read twice.
fn server_comes_back(signal: &str, config: &Value) {
    let Some(python) = Python::find() else { return };
    let mut server = Server::start();
    server.produce(&python, "orders", 4, 0..200);
    let mut members = Members::of("orders");
    members.start(&python, &server, "one", config);
    members.start(&python, &server, "two", config);
    members.until_shared(2, 4);
    members.until_read(200);

    server.stop(signal);
    server.start_again();
    server.produce(&python, "orders", 4, 200..400);
    members.until_read(400);
    members.end("one");
    members.end("two");

    server.stop(signal);
    server.start_again();
    server.produce(&python, "orders", 4, 400..500);
    members.start(&python, &server, "three", config);
    members.until_read(500);
    members.assert_none_read_twice();
}

#[test]
fn server_ends_and_comes_back_eager() {
    server_comes_back("-TERM", &json!({ "group.id": "readers" }));
}

#[test]
fn server_is_killed_and_comes_back_cooperative() {
    let strategy = "cooperative-sticky";
    server_comes_back(
        "-KILL",
        &json!({ "group.id": "readers", "partition.assignment.strategy": strategy }),
    );
}

#[test]
fn server_is_killed_and_comes_back_consumer_protocol() {
    server_comes_back(
        "-KILL",
        &json!({ "group.id": "readers", "group.protocol": "consumer" }),
    );
}
