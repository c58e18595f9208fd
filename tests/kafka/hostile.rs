//! Clients that send nonsense, too much, too slowly or nothing.

use std::io::Write;
use std::net::Shutdown;
use std::time::{Duration, Instant};

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::{ApiVersionsRequest, ApiVersionsResponse, MetadataRequest};
use kafka_protocol::protocol::Decodable;

use crate::server::Server;
use crate::wire::Client;

fn is_served(server: &Server) -> bool {
    let request = MetadataRequest::default().with_topics(None);
    Client::connect(server).call(12, &request).error_code == 0
}

#[test]
fn an_unknown_version_of_api_versions_is_answered_in_version_0() {
    let server = Server::start();
    let mut client = Client::connect(&server);
    // Version 77, correlation id 5, and what nobody can read.
    client.send_frame(&[0, 18, 0, 77, 0, 0, 0, 5, 0xff, 0xff, 9, 9, 9]);
    let mut frame = client.receive_frame().unwrap();
    assert_eq!(frame.split_to(4)[..], [0, 0, 0, 5]);
    let response = ApiVersionsResponse::decode(&mut frame, 0).unwrap();
    assert!(frame.is_empty());
    assert_eq!(
        response.error_code,
        ResponseError::UnsupportedVersion.code()
    );
    let highest = response
        .api_keys
        .iter()
        .find(|api| api.api_key == 18)
        .unwrap();
    assert_eq!(highest.max_version, 4);
    // The connection goes on.
    let response = client.call(3, &ApiVersionsRequest::default());
    assert_eq!(response.error_code, 0);
    let produce = response
        .api_keys
        .iter()
        .find(|api| api.api_key == 0)
        .unwrap();
    assert_eq!(produce.min_version, 0, "librdkafka looks at it");
}

#[test]
fn nonsense_ends_its_connection_alone() {
    let server = Server::start();
    let mut random = 1_u64;
    for round in 0..200 {
        let mut client = Client::connect(&server);
        let mut bytes = Vec::new();
        for _ in 0..64 {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            bytes.push((random >> 33) as u8);
        }
        // Lengths that are right, wrong, negative and huge.
        match round % 4 {
            0 => client.send_frame(&bytes),
            1 => client.stream.write_all(&bytes).unwrap(),
            2 => client
                .stream
                .write_all(&[0xff, 0xff, 0xff, 0xff, 1])
                .unwrap(),
            _ => client
                .stream
                .write_all(&[0x7f, 0xff, 0xff, 0xff, 0, 3])
                .unwrap(),
        }
        client.stream.shutdown(Shutdown::Write).unwrap();
        assert!(client.receive_frame().is_none());
    }
    assert!(is_served(&server));
}

#[test]
fn announced_items_take_no_memory() {
    let server = Server::start();
    let before = server.memory_bytes();
    let mut clients = Vec::new();
    for _ in 0..50 {
        let mut client = Client::connect(&server);
        // A metadata request of version 1 for two thousand million topics.
        client.send_frame(&[0, 3, 0, 1, 0, 0, 0, 5, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff]);
        assert!(client.receive_frame().is_none());
        // The beginning of a produce request of nearly 100 MiB.
        let mut client = Client::connect(&server);
        client
            .stream
            .write_all(&[6, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 1])
            .unwrap();
        clients.push(client);
    }
    assert!(is_served(&server));
    let taken = server.memory_bytes().saturating_sub(before);
    assert!(taken < 64 << 20, "{} MiB", taken >> 20);
}

#[test]
fn a_request_that_does_not_arrive_is_given_up() {
    let server = Server::start_with(&["--client-timeout", "1"]);
    let mut client = Client::connect(&server);
    let begun = Instant::now();
    client.stream.write_all(&[0, 0, 0, 100, 0, 3]).unwrap();
    assert!(client.receive_frame().is_none());
    let waited = begun.elapsed();
    assert!(
        (Duration::from_millis(900)..Duration::from_secs(20)).contains(&waited),
        "{waited:?}"
    );
    assert!(is_served(&server));
}

#[test]
fn who_comes_too_many_waits() {
    let server = Server::start_with(&["--max-connections", "1"]);
    let mut first = Client::connect(&server);
    let request = MetadataRequest::default().with_topics(None);
    first.call(12, &request);
    let mut second = Client::connect(&server);
    second.send(12, &request);
    second
        .stream
        .set_read_timeout(Some(Duration::from_millis(200)))
        .unwrap();
    assert!(
        second.receive_frame().is_none(),
        "no answer while the first is there"
    );
    drop(first);
    second
        .stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    assert_eq!(second.receive::<MetadataRequest>(12).error_code, 0);
}
