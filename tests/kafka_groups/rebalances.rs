//! Who reads what, as members come, go and die.

use serde_json::{Value, json};

use crate::members::Members;
use crate::server::{Python, Server};

/// Three members share six partitions; one dies, and the others read on what it had.
fn one_of_three_dies(config: &Value) {
    let Some(python) = Python::find() else { return };
    let server = Server::start();
    server.produce(&python, "orders", 6, 0..300);
    let mut members = Members::of("orders");
    for name in ["one", "two", "three"] {
        members.start(&python, &server, name, config);
    }
    members.until_shared(2, 6);
    members.until_read(300);
    members.kill("two");
    server.produce(&python, "orders", 6, 300..600);
    members.until_shared(3, 6);
    members.until_read(600);
    members.assert_none_read_twice();
}

#[test]
fn one_of_three_dies_and_all_is_read_eager() {
    one_of_three_dies(&json!({ "group.id": "readers", "session.timeout.ms": 6000 }));
}

#[test]
fn one_of_three_dies_and_all_is_read_cooperative() {
    one_of_three_dies(&json!({
        "group.id": "readers",
        "session.timeout.ms": 6000,
        "partition.assignment.strategy": "cooperative-sticky",
    }));
}

/// The session of such a member is the server's to say: it lasts 45 seconds.
#[test]
fn one_of_three_dies_and_all_is_read_consumer_protocol() {
    one_of_three_dies(&json!({ "group.id": "readers", "group.protocol": "consumer" }));
}

/// A static member comes back under its name: it gets what it had, and nobody else notices.
fn static_member_comes_back(config: &Value) {
    let Some(python) = Python::find() else { return };
    let server = Server::start();
    server.produce(&python, "orders", 6, 0..60);
    let mut members = Members::of("orders");
    let named = |name: &str| {
        let mut config = config.clone();
        config["group.instance.id"] = json!(name);
        config
    };
    members.start(&python, &server, "one", &named("one"));
    members.start(&python, &server, "two", &named("two"));
    members.until_shared(3, 6);
    members.until_read(60);
    members.revoked.clear();
    let had = members.assigned["one"].clone();
    members.end("one");
    members.start(&python, &server, "one", &named("one"));
    members.until_shared(3, 6);
    assert_eq!(members.assigned["one"], had);
    assert!(!members.revoked.contains_key("two"));
    server.produce(&python, "orders", 6, 60..120);
    members.until_read(120);
    members.assert_none_read_twice();
}

#[test]
fn static_member_comes_back_eager() {
    static_member_comes_back(&json!({ "group.id": "readers" }));
}

#[test]
fn static_member_comes_back_consumer_protocol() {
    static_member_comes_back(&json!({ "group.id": "readers", "group.protocol": "consumer" }));
}
