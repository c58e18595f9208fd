//! How messages are shared among those who read, and what becomes of them when readers go.

use std::time::Duration;

use serde_json::{Value, json};

use crate::server::{Server, eventually};
use crate::wire::Client;

/// As many messages as one request puts at most.
fn twenty() -> Value {
    (0..20)
        .map(|number| json!({"content": number.to_string()}))
        .collect()
}

#[test]
fn a_subscription_has_twenty_messages_at_most() {
    let server = Server::start();
    let queue = server.create_queue(&[]);
    for _ in 0..3 {
        server.put(&queue, &twenty());
    }
    let mut client = Client::connect(&server, "1.2");
    client.subscribe("a", &queue, "visibility:600\n");
    let messages: Vec<_> = (0..20).map(|_| client.message()).collect();
    assert!(client.is_quiet(Duration::from_millis(300)));
    assert_eq!(server.stats(&queue), [40, 20, 0]);
    // Others get theirs.
    let mut other = Client::connect(&server, "1.2");
    other.subscribe("b", &queue, "");
    other.message();
    // For each that is settled another comes.
    for message in &messages[..5] {
        client.send(&format!("ACK\nid:{}\n\n", message.header("ack")));
    }
    for _ in 0..5 {
        client.message();
    }
    assert!(client.is_quiet(Duration::from_millis(300)));
    // Those whose time is over do not count: they come again, to whoever reads.
    server.run(&["local", "clock", "advance", "601s"]);
    client.message();
}

#[test]
fn messages_of_a_client_that_goes_come_again_when_their_time_is_over() {
    let server = Server::start();
    let queue = server.create_queue(&[]);
    server.put(&queue, &json!([{"content": "x"}]));
    let mut gone = Client::connect(&server, "1.2");
    gone.subscribe("a", &queue, "visibility:600\n");
    gone.message();
    drop(gone);
    let mut client = Client::connect(&server, "1.2");
    client.subscribe("a", &queue, "");
    assert!(client.is_quiet(Duration::from_millis(200)));
    assert_eq!(server.stats(&queue), [0, 1, 0]);
    server.run(&["local", "clock", "advance", "601s"]);
    assert_eq!(client.message().header("delivery-count"), "2");
}

#[test]
fn a_put_reaches_one_of_those_who_wait() {
    let server = Server::start();
    let queue = server.create_queue(&[]);
    let mut clients: Vec<Client> = (0..4)
        .map(|_| {
            let mut client = Client::connect(&server, "1.2");
            client.subscribe("a", &queue, "visibility:600\n");
            client
        })
        .collect();
    server.put(&queue, &json!([{"content": "x"}]));
    eventually("the message", || server.stats(&queue) == [0, 1, 0]);
    let quiet = clients
        .iter_mut()
        .map(|client| client.is_quiet(Duration::from_millis(200)));
    assert_eq!(quiet.filter(|is_quiet| *is_quiet).count(), 3);
}

/// What is put while a subscription begins is found.
#[test]
fn a_message_that_comes_with_its_subscription_is_not_missed() {
    let server = Server::start();
    let queue = server.create_queue(&[]);
    let mut client = Client::connect(&server, "1.2");
    for id in 0..50 {
        let channel = format!("{queue}/c{id}");
        let subscribe =
            format!("SUBSCRIBE\nid:{id}\ndestination:{channel}\nack:client-individual\n\n\0");
        let send = format!("SEND\ndestination:{channel}\n\n{id}\0");
        client.raw(format!("{subscribe}{send}").as_bytes());
        assert_eq!(client.message().header("subscription"), id.to_string());
    }
}

#[test]
fn two_subscriptions_of_a_connection_and_the_end_of_one() {
    let server = Server::start();
    let queue = server.create_queue(&[]);
    let mut client = Client::connect(&server, "1.1");
    client.subscribe("red", &format!("{queue}/red"), "");
    client.subscribe("blue", &format!("{queue}/blue"), "");
    let put = |channel: &str| {
        let message = json!([{"content": channel, "metadata": {"channelId": channel}}]);
        server.put(&queue, &message);
    };
    for channel in ["red", "blue", "red"] {
        put(channel);
        let message = client.message();
        assert_eq!(message.header("subscription"), channel);
        assert_eq!(message.body, channel);
        let id = message.header("message-id");
        client.confirmed(&format!("ACK\nmessage-id:{id}\nsubscription:{channel}\n\n"));
    }
    client.confirmed("UNSUBSCRIBE\nid:red\n\n");
    put("red");
    put("blue");
    assert_eq!(client.message().body, "blue");
    assert_eq!(server.stats(&queue), [1, 1, 0]);
    // The name is free again.
    client.subscribe("red", &format!("{queue}/red"), "");
    assert_eq!(client.message().body, "red");
}

#[test]
fn a_queue_that_is_deleted_ends_those_who_read_it() {
    let server = Server::start();
    let queue = server.create_queue(&[]);
    let mut client = Client::connect(&server, "1.2");
    client.subscribe("a", &queue, "");
    server.run(&[
        "queue",
        "queue-admin",
        "queue",
        "delete",
        "--force",
        "--queue-id",
        &queue,
    ]);
    let error = client.refused();
    assert!(error.body.contains(&queue), "{}", error.body);
}

#[test]
fn a_client_that_reads_nothing_does_not_keep_others_from_it() {
    let server = Server::start_with(&["--client-timeout", "2"]);
    let queue = server.create_queue(&[]);
    let large = "x".repeat(200 << 10);
    let mut sender = Client::connect(&server, "1.2");
    let mut stuck = Client::connect(&server, "1.2");
    stuck.subscribe("a", &queue, "visibility:600\n");
    for _ in 0..60 {
        sender.confirmed(&format!("SEND\ndestination:{queue}\n\n{large}"));
    }
    let mut client = Client::connect(&server, "1.2");
    client.subscribe("b", &queue, "visibility:600\n");
    for _ in 0..40 {
        let message = client.message();
        assert_eq!(message.body.len(), large.len());
        client.send(&format!("ACK\nid:{}\n\n", message.header("ack")));
    }
    eventually("the end of who reads nothing", || {
        server
            .log()
            .contains("the client took nothing of what it was sent")
    });
}
