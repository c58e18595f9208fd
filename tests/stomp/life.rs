//! Connections: versions, line ends, receipts, the end of clients and of the server; and where it listens.

use std::time::Duration;

use serde_json::json;

use crate::server::{Server, eventually, outcome};
use crate::wire::Client;

#[test]
fn versions_are_agreed_on() {
    let server = Server::start();
    for (accepted, version) in [
        ("accept-version:1.0\n", "1.0"),
        ("accept-version:1.0,1.1\n", "1.1"),
        ("accept-version:1.1,1.2,2.0\n", "1.2"),
        ("", "1.0"),
    ] {
        for command in ["CONNECT", "STOMP"] {
            let mut client = Client::open(&server);
            client.send(&format!(
                "{command}\n{accepted}host:x\nheart-beat:100,100\n\n"
            ));
            let connected = client.expect("CONNECTED");
            assert_eq!(connected.header("version"), version);
            let heart_beat = (version != "1.0").then_some("0,0");
            assert_eq!(connected.find("heart-beat"), heart_beat);
            assert!(connected.header("server").starts_with("ocelot/"));
            assert!(!connected.header("session").is_empty());
        }
    }
    let mut client = Client::open(&server);
    client.send("CONNECT\naccept-version:2.0\n\n");
    let error = client.refused();
    assert_eq!(error.header("version"), "1.0,1.1,1.2");
    let mut client = Client::open(&server);
    client.send("SEND\ndestination:jobs\n\nx");
    assert_eq!(client.refused().header("message"), "Not connected");
}

#[test]
fn frames_come_in_any_pieces_with_any_line_ends() {
    let server = Server::start();
    let queue = server.create_queue(&[]);
    let mut client = Client::open(&server);
    let frames = format!(
        "\r\n\nSTOMP\r\naccept-version:1.2\r\nhost:x\r\n\r\n\0\r\n\n\n\
         SEND\r\ndestination:{queue}\r\nreceipt:a\\nb\\\\c\\cd\\re\r\ncontent-length:3\r\n\r\na\0b\0\r\n\
         SEND\ndestination:{queue}\nreceipt:2\n\nno length\0\
         DISCONNECT\nreceipt:3\n\n\0"
    );
    for piece in frames.as_bytes().chunks(7) {
        client.raw(piece);
    }
    client.expect("CONNECTED");
    assert_eq!(
        client.expect("RECEIPT").header("receipt-id"),
        "a\\nb\\\\c\\cd\\re"
    );
    assert_eq!(client.expect("RECEIPT").header("receipt-id"), "2");
    assert_eq!(client.expect("RECEIPT").header("receipt-id"), "3");
    assert!(client.is_closed());
    assert_eq!(server.stats(&queue), [2, 0, 0]);
    // Without a receipt there is no answer, and all that came before the end counts.
    let mut client = Client::connect(&server, "1.0");
    client.send(&format!("SEND\ndestination:{queue}\n\nx"));
    client.send("DISCONNECT\n\n");
    assert!(client.is_closed());
    assert_eq!(server.stats(&queue), [3, 0, 0]);
}

#[test]
fn the_server_counts_and_ends_connections() {
    let mut server = Server::start();
    let queue = server.create_queue(&[]);
    let mut client = Client::connect(&server, "1.2");
    client.subscribe("a", &queue, "");
    server.put(&queue, &json!([{"content": "x"}]));
    client.message();
    let metrics = server.metrics();
    for line in [
        "ocelot_connections{face=\"stomp\"} 1",
        "ocelot_stomp_frames_total{command=\"CONNECT\"} 1",
        "ocelot_stomp_frames_total{command=\"SUBSCRIBE\"} 1",
    ] {
        assert!(metrics.contains(line), "{line} is not in {metrics}");
    }
    let status = server.run(&["local", "status"]);
    assert_eq!(status["data"]["server"]["stomp"], server.stomp());
    assert_eq!(server.stop(), Some(0));
    assert!(client.is_closed());
    let log = server.log();
    assert!(
        log.contains("stomp=") && !log.contains("connection ended"),
        "{log}"
    );
}

#[test]
fn a_client_that_is_gone_gives_its_place_back() {
    let server = Server::start();
    let queue = server.create_queue(&[]);
    let mut client = Client::connect(&server, "1.2");
    client.subscribe("a", &queue, "");
    drop(client);
    eventually("its end", || {
        server
            .metrics()
            .contains("ocelot_connections{face=\"stomp\"} 0")
    });
    assert!(
        !server.log().contains("connection ended"),
        "{}",
        server.log()
    );
}

#[test]
fn messages_survive_the_server() {
    let mut server = Server::start();
    let queue = server.create_queue(&[]);
    let mut client = Client::connect(&server, "1.2");
    client.confirmed(&format!("SEND\ndestination:{queue}\n\nx"));
    server.stop();
    let list = ["queue", "messages", "get-messages", "--queue-id", &queue];
    assert_eq!(server.run(&list)["data"]["messages"][0]["content"], "x");
}

#[test]
fn it_listens_where_others_reach_it_only_with_tls() {
    let at = |stomp: &'static str| {
        let addresses = [
            "serve",
            "--http",
            "127.0.0.1:0",
            "--kafka",
            "127.0.0.1:0",
            "--stomp",
        ];
        [&addresses[..], &[stomp, "--auth", "verify"]].concat()
    };
    let refused = outcome(&at("0.0.0.0:0"));
    let told = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        told.contains("without TLS") && told.contains("--tls auto"),
        "{told}"
    );
    for options in [&["--auth", "verify", "--tls", "auto"][..], &["--insecure"]] {
        let server = Server::start_with(&[options, &["--stomp", "0.0.0.0:0"]].concat());
        assert!(server.stomp().starts_with("127.0.0.1:"));
    }
    // An address that is taken is told.
    let server = Server::start();
    let mut taken = at("127.0.0.1:0");
    taken.truncate(6);
    taken.push(server.stomp());
    let refused = outcome(&taken);
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(told.contains("choose another with --stomp"), "{told}");
    let mut client = Client::connect(&server, "1.2");
    assert!(client.is_quiet(Duration::from_millis(1)));
}
