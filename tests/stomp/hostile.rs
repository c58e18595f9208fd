//! What is refused, and clients that send nonsense, too much, too slowly or nothing.

use std::time::{Duration, Instant};

use crate::server::Server;
use crate::wire::{Client, Frame};

/// Whether others are served.
fn is_served(server: &Server) -> bool {
    let mut client = Client::connect(server, "1.2");
    client.send("DISCONNECT\nreceipt:bye\n\n");
    client.expect("RECEIPT").header("receipt-id") == "bye" && client.is_closed()
}

/// What comes of a frame on a connection of its own.
fn refusal(server: &Server, version: &str, frame: &str) -> Frame {
    let mut client = Client::connect(server, version);
    client.send(frame);
    client.refused()
}

#[test]
fn refusals_say_what_is_wrong_and_end_the_connection() {
    let server = Server::start();
    let queue = &server.create_queue(&[]);
    let nobody = "ocid1.queue.oc1.local.nobody";
    let long = "x".repeat(65);
    let large = "x".repeat((256 << 10) + 1);
    for (frame, message, told) in [
        (
            format!("SEND\ndestination:{nobody}\n\nx"),
            "Refused",
            nobody,
        ),
        (
            format!("SEND\ndestination:{queue}/a b\n\nx"),
            "Refused",
            "letters",
        ),
        (
            format!("SEND\ndestination:{queue}/{long}\n\nx"),
            "Refused",
            "too long",
        ),
        (
            format!("SEND\ndestination:{queue}/\n\nx"),
            "Refused",
            "empty",
        ),
        (
            format!("SEND\ndestination:{queue}/a/b\n\nx"),
            "Refused",
            "letters",
        ),
        (
            format!("SEND\ndestination:{queue}\n\n{large}"),
            "Refused",
            "at most 262144",
        ),
        (
            format!("SEND\ndestination:{queue}\npriority:9\n\nx"),
            "Unsupported",
            "priority",
        ),
        (
            format!("SEND\ndestination:{queue}\ntransaction:1\n\nx"),
            "Transactions",
            "no trans",
        ),
        ("SEND\n\nx".to_owned(), "Missing", "destination"),
        (
            "BEGIN\ntransaction:1\n\n".to_owned(),
            "Transactions",
            "no trans",
        ),
        (
            "COMMIT\ntransaction:1\n\n".to_owned(),
            "Transactions",
            "no trans",
        ),
        (
            "ABORT\ntransaction:1\n\n".to_owned(),
            "Transactions",
            "no trans",
        ),
        (
            format!("SUBSCRIBE\ndestination:{queue}\nack:client-individual\n\n"),
            "Missing",
            "id",
        ),
        (
            format!("SUBSCRIBE\nid:1\ndestination:{queue}\nack:auto\n\n"),
            "Invalid",
            "client-ind",
        ),
        (
            format!("SUBSCRIBE\nid:1\ndestination:{nobody}\nack:client-individual\n\n"),
            "Refused",
            nobody,
        ),
        (
            "UNSUBSCRIBE\nid:1\n\n".to_owned(),
            "Unknown",
            "no subscription",
        ),
        ("ACK\nid:1\n\n".to_owned(), "Unknown", "\"1\""),
        ("NACK\n\n".to_owned(), "Missing", "id"),
        (
            "CONNECT\naccept-version:1.2\n\n".to_owned(),
            "Connected",
            "made already",
        ),
        ("MESSAGE\n\n".to_owned(), "Unexpected", "for servers"),
        ("PUT\n\n".to_owned(), "Malformed", "\"PUT\""),
    ] {
        let (command, rest) = frame.split_once('\n').unwrap();
        let error = refusal(&server, "1.2", &format!("{command}\nreceipt:r:1\n{rest}"));
        let shown = &frame[..frame.len().min(100)];
        assert!(
            error.header("message").starts_with(message),
            "{shown}: {error:?}"
        );
        assert!(error.body.contains(told), "{shown}: {error:?}");
        if message != "Malformed" {
            // In escapes.
            assert_eq!(error.header("receipt-id"), "r\\c1", "{shown}");
        }
    }
    assert_eq!(server.stats(queue), [0, 0, 0]);
    assert!(is_served(&server));
}

#[test]
fn a_frame_over_the_limits_is_refused_before_it_is_there() {
    let server = Server::start();
    let queue = server.create_queue(&[]);
    let before = server.memory_bytes();
    let mut clients = Vec::new();
    for length in ["1048577", "1099511627776", "18446744073709551615"] {
        let mut client = Client::connect(&server, "1.2");
        let begun = format!("SEND\ndestination:{queue}\nreceipt:7\ncontent-length:{length}\n\nx");
        client.raw(begun.as_bytes());
        let error = client.refused();
        assert!(
            error.body.contains("at most 1048576 bytes"),
            "{}",
            error.body
        );
        assert_eq!(error.header("receipt-id"), "7");
        clients.push(client);
    }
    let endless = vec![b'x'; 4 << 20];
    for begun in ["SEND\ndestination:", "SEND\n\n", "SEND\na:b\nc", ""] {
        let mut client = Client::connect(&server, "1.2");
        client.raw(begun.as_bytes());
        client.try_raw(&endless);
        assert_eq!(client.refused().header("message"), "Malformed frame");
    }
    let many = "a:b\n".repeat(1000);
    let error = refusal(&server, "1.2", &format!("SEND\n{many}\n"));
    assert!(error.body.contains("headers"), "{}", error.body);
    // Who has not said who it is has less.
    let mut stranger = Client::open(&server);
    stranger.raw(format!("CONNECT\nlogin:{}", "x".repeat(10_000)).as_bytes());
    assert!(stranger.refused().body.contains("8192 bytes"));
    let taken = server.memory_bytes().saturating_sub(before);
    assert!(taken < 64 << 20, "{} MiB", taken >> 20);
    assert!(is_served(&server));
}

#[test]
fn nonsense_ends_its_connection_alone() {
    let server = Server::start();
    let mut random = 1_u64;
    for round in 0..150 {
        let mut bytes: Vec<u8> = match round % 3 {
            0 => Vec::new(),
            1 => b"CONNECT\naccept-version:1.2\n\n\0".to_vec(),
            _ => b"SEND\n".to_vec(),
        };
        for _ in 0..64 {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            bytes.push((random >> 33) as u8);
        }
        bytes.extend([0, 0]);
        let mut client = Client::open(&server);
        client.try_raw(&bytes);
        while let Some(frame) = client.try_frame() {
            assert!(["CONNECTED", "ERROR"].contains(&frame.command.as_str()));
        }
    }
    for other in [
        "GET / HTTP/1.1\r\nhost: x\r\n\r\n",
        "\u{16}\u{3}\u{1}\u{2}\0\u{1}",
    ] {
        let mut client = Client::open(&server);
        client.raw(other.as_bytes());
        assert!(client.refused().body.contains("no command of STOMP"));
    }
    assert!(is_served(&server));
}

#[test]
fn a_frame_that_does_not_arrive_is_given_up_and_a_reader_is_not() {
    let server = Server::start_with(&["--client-timeout", "1"]);
    let queue = server.create_queue(&[]);
    let mut reader = Client::connect(&server, "1.2");
    reader.subscribe("a", &queue, "");
    let mut sender = Client::connect(&server, "1.2");
    let begun = Instant::now();
    let mut silent = Client::open(&server);
    let mut slow = Client::connect(&server, "1.2");
    slow.raw(b"SEND\ndestination:");
    assert!(slow.is_closed());
    assert!(silent.is_closed());
    let waited = begun.elapsed();
    let expected = Duration::from_millis(900)..Duration::from_secs(20);
    assert!(expected.contains(&waited), "{waited:?}");
    // Both were quiet for longer than a frame may take.
    std::thread::sleep(Duration::from_secs(2).saturating_sub(begun.elapsed()));
    sender.confirmed(&format!("SEND\ndestination:{queue}\n\nx"));
    assert_eq!(reader.message().body, "x");
    assert!(
        server.log().contains("a frame did not arrive within 1s"),
        "{}",
        server.log()
    );
}

#[test]
fn who_comes_too_many_waits() {
    let server = Server::start_with(&["--max-connections", "1"]);
    let first = Client::connect(&server, "1.2");
    let mut second = Client::open(&server);
    second.send("CONNECT\naccept-version:1.2\n\n");
    assert!(second.is_quiet(Duration::from_millis(200)));
    drop(first);
    second.expect("CONNECTED");
}
