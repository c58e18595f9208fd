//! Faults that a user asks for, as STOMP clients meet them.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::server::Server;
use crate::wire::Client;

/// Long enough to be told from a busy machine's usual, where a machine is not very busy.
const LATENCY: Duration = Duration::from_millis(700);

fn add(server: &Server, operation: &str, effect: &[&str]) {
    let add = ["local", "fault", "add", "--service", "queue", "--operation"];
    server.run(&[&add[..], &[operation], effect].concat());
}

fn struck(server: &Server) -> u64 {
    let faults = server.run(&["local", "fault", "list"]);
    faults["data"][0]["struck"].as_u64().unwrap()
}

#[test]
fn what_is_sent_is_refused_as_often_as_the_fault_says() {
    let server = Server::start();
    let queue = server.create_queue(&[]);
    for status in ["429", "503"] {
        server.run(&["local", "fault", "clear"]);
        add(
            &server,
            "put-messages",
            &["--status", status, "--times", "2"],
        );
        for version in ["1.0", "1.2"] {
            let mut client = Client::connect(&server, version);
            client.send(&format!("SEND\ndestination:{queue}\nreceipt:mine\n\nlost"));
            let error = client.refused();
            assert_eq!(error.header("message"), "Refused by the queue");
            assert_eq!(error.header("receipt-id"), "mine");
            assert!(error.body.contains("local fault"), "{error:?}");
        }
        assert_eq!(struck(&server), 2);
    }
    let mut client = Client::connect(&server, "1.2");
    client.confirmed(&format!("SEND\ndestination:{queue}\n\nkept"));
    assert_eq!(server.stats(&queue), [1, 0, 0]);
}

#[test]
fn what_is_settled_is_refused_and_stays_in_flight() {
    let server = Server::start();
    let queue = server.create_queue(&[]);
    server.put(&queue, &json!([{"content": "x"}]));
    add(
        &server,
        "delete-message",
        &["--status", "500", "--times", "1"],
    );
    add(
        &server,
        "update-message",
        &["--status", "409", "--times", "1"],
    );
    for command in ["ACK", "NACK"] {
        let mut client = Client::connect(&server, "1.2");
        client.subscribe("a", &queue, "visibility:1\n");
        let message = client.message();
        let receipt = message.header("ack");
        client.send(&format!("{command}\nid:{receipt}\nreceipt:{command}\n\n"));
        assert_eq!(client.refused().header("receipt-id"), command);
    }
    // It comes again, and is settled by whoever gets it now.
    let mut client = Client::connect(&server, "1.2");
    client.subscribe("a", &queue, "");
    let message = client.message();
    assert_eq!(message.header("delivery-count"), "3");
    client.confirmed(&format!("ACK\nid:{}\n\n", message.header("ack")));
    assert_eq!(server.stats(&queue), [0, 0, 0]);
}

#[test]
fn a_subscription_is_refused_at_its_beginning_and_later() {
    let server = Server::start();
    let queue = server.create_queue(&[]);
    let subscribe = |client: &mut Client| {
        client.send(&format!(
            "SUBSCRIBE\nid:a\ndestination:{queue}\nack:client-individual\nreceipt:s\n\n"
        ));
    };
    add(
        &server,
        "get-messages",
        &["--status", "502", "--times", "1"],
    );
    let mut client = Client::connect(&server, "1.1");
    subscribe(&mut client);
    assert_eq!(client.refused().header("receipt-id"), "s");

    // One that is there already meets the fault when it asks again, which it does after each message.
    let mut client = Client::connect(&server, "1.1");
    client.subscribe("a", &queue, "");
    server.run(&["local", "fault", "clear"]);
    add(
        &server,
        "get-messages",
        &["--status", "500", "--times", "1"],
    );
    server.put(&queue, &json!([{"content": "x"}]));
    let error = loop {
        let frame = client.try_frame().unwrap();
        if frame.command != "MESSAGE" {
            break frame;
        }
    };
    assert_eq!(error.command, "ERROR");
    assert_eq!(error.find("receipt-id"), None);
    assert!(client.is_closed());
    assert_eq!(struck(&server), 1);
}

#[test]
fn answers_come_late() {
    let server = Server::start();
    let queue = server.create_queue(&[]);
    let latency = format!("{}ms", LATENCY.as_millis());
    add(
        &server,
        "put-messages",
        &["--latency", &latency, "--times", "1"],
    );
    let mut client = Client::connect(&server, "1.2");
    let begun = Instant::now();
    client.confirmed(&format!("SEND\ndestination:{queue}\n\nlate"));
    assert!(begun.elapsed() >= LATENCY);
    assert_eq!(struck(&server), 1);
    assert_eq!(server.stats(&queue), [1, 0, 0]);
}
