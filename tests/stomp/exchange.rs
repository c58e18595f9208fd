//! STOMP and REST on the same queue.

use serde_json::json;

use crate::server::{Server, eventually};
use crate::wire::Client;

#[test]
fn what_rest_puts_stomp_gets() {
    let server = Server::start();
    let queue = server.create_queue(&[]);
    let text = "two\nlines, a NUL \0 and é語";
    server.put(
        &queue,
        &json!([{"content": text, "metadata": {"channelId": "red"}}, {"content": "plain"}]),
    );
    let mut client = Client::connect(&server, "1.2");
    client.subscribe("a", &queue, "visibility:600\n");
    let mut messages = [client.message(), client.message()];
    messages.sort_by(|a, b| b.header("destination").cmp(a.header("destination")));
    let [red, plain] = &messages;
    assert_eq!(red.body, text);
    assert_eq!(red.header("destination"), format!("{queue}/red"));
    assert_eq!(plain.body, "plain");
    assert_eq!(plain.header("destination"), queue);
    for message in &messages {
        assert_eq!(message.header("subscription"), "a");
        assert_eq!(message.header("delivery-count"), "1");
        assert_eq!(
            message.header("content-length"),
            message.body.len().to_string()
        );
        assert!(message.number("oci-message-id") > 0);
        let hidden_ms = message.number("expire-after") - message.number("visible-after");
        // Retention less visibility, and less the time that it was in the queue.
        let most_ms = (86_400 - 600) * 1000;
        assert!(
            (most_ms - 60_000..=most_ms).contains(&hidden_ms),
            "{hidden_ms}"
        );
    }
    assert_eq!(server.stats(&queue), [0, 2, 0]);
    for message in &messages {
        client.confirmed(&format!("ACK\nid:{}\n\n", message.header("ack")));
    }
    assert_eq!(server.stats(&queue), [0, 0, 0]);
    // A receipt is as good for REST.
    server.put(&queue, &json!([{"content": "x"}]));
    let message = client.message();
    let delete = [
        "queue",
        "messages",
        "delete-message",
        "--force",
        "--queue-id",
        &queue,
    ];
    server.run(&[&delete[..], &["--message-receipt", message.header("ack")]].concat());
    assert_eq!(server.stats(&queue), [0, 0, 0]);
}

#[test]
fn what_stomp_sends_rest_gets() {
    let server = Server::start();
    let queue = server.create_queue(&[]);
    let mut client = Client::connect(&server, "1.1");
    client.confirmed(&format!("SEND\ndestination:{queue}/blue\n\nto a channel"));
    client.confirmed(&format!(
        "SEND\ndestination:{queue}\ncontent-length:5\n\na\0b\0c"
    ));
    let mut got: Vec<_> = [server.get(&queue), server.get(&queue)].concat();
    got.sort_by_key(|message| message["id"].as_u64());
    assert_eq!(got[0]["content"], "to a channel");
    assert_eq!(got[0]["metadata"]["channel-id"], "blue");
    assert_eq!(got[1]["content"], "a\0b\0c");
    // A queue's name does, as everywhere.
    client.confirmed("SEND\ndestination:jobs\n\nby name");
    assert_eq!(server.get(&queue)[0]["content"], "by name");
}

#[test]
fn the_largest_messages_come_through_whole() {
    let server = Server::start();
    let queue = server.create_queue(&["--capabilities", r#"[{"type": "LARGE_MESSAGES"}]"#]);
    let mut client = Client::connect(&server, "1.2");
    client.subscribe("a", &queue, "");
    for bytes in [0, 1, 256 << 10, 512 << 10] {
        let content: String = (0..bytes)
            .map(|at| char::from(b'a' + (at % 26) as u8))
            .collect();
        let mut before = client.confirmed(&format!("SEND\ndestination:{queue}\n\n{content}"));
        let message = before.pop().unwrap_or_else(|| client.message());
        assert!(message.body == content, "{bytes} bytes");
        client.confirmed(&format!("ACK\nid:{}\n\n", message.header("ack")));
    }
}

#[test]
fn a_subscription_to_a_channel_gets_no_other() {
    let server = Server::start();
    let queue = server.create_queue(&[]);
    let mut client = Client::connect(&server, "1.2");
    client.subscribe("red", &format!("{queue}/red"), "");
    client.confirmed(&format!("SEND\ndestination:{queue}/blue\n\nb"));
    client.confirmed(&format!("SEND\ndestination:{queue}\n\nn"));
    let before = client.confirmed(&format!("SEND\ndestination:{queue}/red\n\nr"));
    let message = before
        .into_iter()
        .next()
        .unwrap_or_else(|| client.message());
    assert_eq!(
        (message.command.as_str(), message.body.as_str()),
        ("MESSAGE", "r")
    );
    assert_eq!(server.stats(&queue), [2, 1, 0]);
}

#[test]
fn a_message_comes_again_at_once_after_a_nack_and_is_a_dead_letter_in_the_end() {
    for version in ["1.0", "1.1", "1.2"] {
        let server = Server::start();
        let queue = server.create_queue(&["--dlq-delivery-count", "3"]);
        let mut client = Client::connect(&server, version);
        client.subscribe("a", &queue, "visibility:3600\n");
        server.put(&queue, &json!([{"content": "x"}]));
        let header = if version == "1.2" { "id" } else { "message-id" };
        for delivery in 1..=3 {
            let message = client.message();
            assert_eq!(message.number("delivery-count"), delivery);
            assert_eq!(message.find("ack").is_some(), version == "1.2");
            client.send(&format!(
                "NACK\n{header}:{}\n\n",
                message.header("message-id")
            ));
        }
        eventually("a dead letter", || server.stats(&queue) == [0, 0, 1]);
    }
}

/// Under an OCID that is not the one whose changes they are told by.
#[test]
fn dead_letters_can_be_read_too() {
    let server = Server::start();
    let queue = server.create_queue(&["--dlq-delivery-count", "1"]);
    let dead = queue.replace("ocid1.queue.", "ocid1.deadletterqueue.");
    let mut client = Client::connect(&server, "1.2");
    client.subscribe("dead", &dead, "visibility:600\n");
    client.subscribe("live", &queue, "visibility:600\n");
    server.put(&queue, &json!([{"content": "x"}]));
    let live = client.message();
    assert_eq!(live.header("subscription"), "live");
    client.send(&format!("NACK\nid:{}\n\n", live.header("ack")));
    let letter = client.message();
    assert_eq!(letter.header("subscription"), "dead");
    assert_eq!(letter.body, "x");
    client.confirmed(&format!("ACK\nid:{}\n\n", letter.header("ack")));
    assert_eq!(server.stats(&queue), [0, 0, 0]);
}

#[test]
fn a_receipt_that_is_out_of_date_is_refused() {
    let server = Server::start();
    let queue = server.create_queue(&[]);
    server.put(&queue, &json!([{"content": "x"}]));
    let mut late = Client::connect(&server, "1.2");
    late.subscribe("a", &queue, "visibility:10\n");
    let first = late.message();
    // Its time is over, and another client gets the message.
    late.confirmed("UNSUBSCRIBE\nid:a\n\n");
    server.run(&["local", "clock", "advance", "11s"]);
    let mut other = Client::connect(&server, "1.2");
    other.subscribe("b", &queue, "");
    let second = other.message();
    assert_eq!(second.header("delivery-count"), "2");
    assert_ne!(first.header("ack"), second.header("ack"));
    late.send(&format!("ACK\nid:{}\nreceipt:9\n\n", first.header("ack")));
    let error = late.refused();
    assert_eq!(error.header("receipt-id"), "9");
    assert!(error.body.contains("delivered again"), "{}", error.body);
    other.confirmed(&format!("ACK\nid:{}\n\n", second.header("ack")));
    assert_eq!(server.stats(&queue), [0, 0, 0]);
    // Deleted already.
    other.send(&format!("ACK\nid:{}\n\n", second.header("ack")));
    let error = other.refused();
    assert!(
        error.body.contains("no message that this connection"),
        "{}",
        error.body
    );
}
