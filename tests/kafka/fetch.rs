//! Fetch: offsets, limits, waiting and sessions.

use std::time::{Duration, Instant};

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::FetchRequest;

use crate::server::{Server, eventually};
use crate::wire::{Client, batch, fetch_request, fetched, values};

#[test]
fn a_batch_comes_whole_from_the_middle() {
    let server = Server::start();
    server.create_stream("s", 1);
    let mut client = Client::connect(&server);
    client.produce("s", 0, batch(&[b"0", b"1", b"2"]));
    client.produce("s", 0, batch(&[b"3"]));
    for version in 4..=11 {
        let response = client.call(version, &fetch_request("s", &[(0, 1)]));
        let records = fetched(&response, 0);
        assert_eq!(values(&records), [b"0", b"1", b"2", b"3"]);
        assert_eq!(records.last().unwrap().offset, 3);
        let partition = &response.responses[0].partitions[0];
        assert_eq!(
            (partition.high_watermark, partition.last_stable_offset),
            (4, 4)
        );
    }
    let mut small = fetch_request("s", &[(0, 0)]);
    small.topics[0].partitions[0].partition_max_bytes = 1;
    let response = client.call(11, &small);
    assert_eq!(
        values(&fetched(&response, 0)),
        [b"0", b"1", b"2"],
        "the first batch comes"
    );
}

#[test]
fn errors_are_told_at_once() {
    let server = Server::start();
    server.create_stream("s", 1);
    let mut client = Client::connect(&server);
    let begun = Instant::now();
    for (name, partition, offset, error) in [
        ("s", 0, 1, ResponseError::OffsetOutOfRange),
        ("s", 0, -5, ResponseError::OffsetOutOfRange),
        ("s", 3, 0, ResponseError::UnknownTopicOrPartition),
        ("nothing", 0, 0, ResponseError::UnknownTopicOrPartition),
    ] {
        let request = fetch_request(name, &[(partition, offset)]).with_max_wait_ms(60_000);
        let response = client.call(11, &request);
        let code = response.responses[0].partitions[0].error_code;
        assert_eq!(code, error.code(), "{name} {partition} {offset}");
    }
    assert!(begun.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_waiting_fetch_is_woken_by_whoever_appends() {
    let server = Server::start();
    let stream = server.create_stream("s", 2);
    let mut reader = Client::connect(&server);
    let waiting = fetch_request("s", &[(0, 0), (1, 0)]).with_max_wait_ms(60_000);
    reader.send(11, &waiting);
    let mut writer = Client::connect(&server);
    assert_eq!(writer.produce("s", 1, batch(&[b"kafka"])).error_code, 0);
    let response = reader.receive::<FetchRequest>(11);
    assert_eq!(values(&fetched(&response, 1)), [b"kafka"]);

    reader.send(
        11,
        &fetch_request("s", &[(0, 0), (1, 1)]).with_max_wait_ms(60_000),
    );
    server.put(&stream, r#"[{"key": null, "value": "cmVzdA=="}]"#);
    let response = reader.receive::<FetchRequest>(11);
    let found: Vec<_> = [0, 1]
        .map(|partition| fetched(&response, partition))
        .concat();
    assert_eq!(values(&found), [b"rest"]);
}

#[test]
fn a_fetch_waits_for_enough_or_for_its_time() {
    let server = Server::start();
    server.create_stream("s", 1);
    let mut reader = Client::connect(&server);
    let mut writer = Client::connect(&server);
    writer.produce("s", 0, batch(&[b"little"]));
    let patient = fetch_request("s", &[(0, 0)]).with_min_bytes(100_000);
    let begun = Instant::now();
    let response = reader.call(11, &patient.clone().with_max_wait_ms(300));
    assert!(begun.elapsed() >= Duration::from_millis(300));
    assert_eq!(fetched(&response, 0).len(), 1, "what there is");

    reader.send(11, &patient.with_max_wait_ms(60_000));
    for _ in 0..2 {
        writer.produce("s", 0, batch(&[&[7; 60_000]]));
    }
    let response = reader.receive::<FetchRequest>(11);
    assert_eq!(fetched(&response, 0).len(), 3, "all, without gaps");
}

#[test]
fn deleting_a_topic_wakes_its_readers() {
    let server = Server::start();
    let stream = server.create_stream("s", 1);
    let mut reader = Client::connect(&server);
    reader.send(11, &fetch_request("s", &[(0, 0)]).with_max_wait_ms(600_000));
    // The fetch is to have the partition open by then.
    server.put(&stream, r#"[{"value": "YQ=="}]"#);
    reader.receive::<FetchRequest>(11);
    reader.send(11, &fetch_request("s", &[(0, 1)]).with_max_wait_ms(600_000));
    server.run(&[
        "streaming",
        "admin",
        "stream",
        "delete",
        "--stream-id",
        &stream,
        "--force",
    ]);
    let response = reader.receive::<FetchRequest>(11);
    let code = response.responses[0].partitions[0].error_code;
    assert_eq!(code, ResponseError::UnknownTopicOrPartition.code());
}

#[test]
fn a_session_tells_only_news() {
    let server = Server::start();
    server.create_stream("s", 3);
    let mut client = Client::connect(&server);
    let first = fetch_request("s", &[(0, 0), (1, 0), (2, 0)]).with_session_epoch(0);
    let begun = client.call(11, &first);
    assert!(begun.session_id > 0);
    assert_eq!(begun.responses[0].partitions.len(), 3);
    let next = |epoch| {
        FetchRequest::default()
            .with_replica_id((-1).into())
            .with_min_bytes(1)
            .with_max_bytes(1 << 20)
            .with_session_id(begun.session_id)
            .with_session_epoch(epoch)
    };
    assert!(client.call(11, &next(1)).responses.is_empty());
    client.produce("s", 1, batch(&[b"news"]));
    let response = client.call(11, &next(2));
    assert_eq!(response.responses[0].partitions.len(), 1);
    assert_eq!(values(&fetched(&response, 1)), [b"news"]);
    let again = client.call(11, &next(2));
    assert_eq!(
        again.error_code,
        ResponseError::InvalidFetchSessionEpoch.code()
    );
    let mut other = Client::connect(&server);
    let unknown = other.call(11, &next(3));
    assert_eq!(
        unknown.error_code,
        ResponseError::FetchSessionIdNotFound.code()
    );
}

#[test]
fn a_thousand_waiting_fetches_take_little_memory() {
    let server = Server::start();
    let stream = server.create_stream("s", 6);
    // Logs are open and code is in memory before it is measured.
    let partitions: Vec<(i32, i64)> = (0..6).map(|partition| (partition, 0)).collect();
    let waiting = fetch_request("s", &partitions).with_max_wait_ms(120_000);
    let mut warm = Client::connect(&server);
    warm.call(11, &fetch_request("s", &partitions));
    let before = server.memory_bytes();
    let mut clients: Vec<Client> = (0..1000).map(|_| Client::connect(&server)).collect();
    for client in &mut clients {
        client.send(11, &waiting);
    }
    // One that comes after all others is parked after them.
    let mut probe = Client::connect(&server);
    probe.send(11, &waiting.clone().with_max_wait_ms(100));
    probe.receive::<FetchRequest>(11);
    let taken = server.memory_bytes().saturating_sub(before);
    assert!(taken < 64 << 20, "{} MiB", taken >> 20);
    eprintln!("a thousand waiting fetches take {} MiB", taken >> 20);
    server.put(&stream, r#"[{"value": "YQ=="}]"#);
    for client in &mut clients {
        let response = client.receive::<FetchRequest>(11);
        let bytes: usize = response.responses[0]
            .partitions
            .iter()
            .map(|partition| partition.records.as_ref().map_or(0, bytes::Bytes::len))
            .sum();
        assert!(bytes > 0);
    }
}

#[test]
fn a_client_that_is_gone_does_not_wait_on() {
    let server = Server::start_with(&["--max-connections", "1"]);
    server.create_stream("s", 1);
    let mut gone = Client::connect(&server);
    gone.send(11, &fetch_request("s", &[(0, 0)]).with_max_wait_ms(600_000));
    drop(gone);
    // Its place is free for another.
    let mut next = Client::connect(&server);
    eventually("a place", || {
        let response = next.call(11, &fetch_request("s", &[(0, 0)]));
        response.error_code == 0
    });
}
