//! Produce: what is stored, and what is refused with which code.

use std::io::Write;

use bytes::Bytes;
use flate2::write::GzEncoder;
use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::{
    InitProducerIdRequest, MetadataRequest, ProduceRequest, TransactionalId,
};
use kafka_protocol::protocol::StrBytes;
use kafka_protocol::records::{Record, TimestampType};

use crate::server::Server;
use crate::wire::{
    Client, batch, batch_of, fetch_request, fetched, produce_request, record, values,
};

#[test]
fn what_kafka_writes_rest_reads_and_back() {
    let server = Server::start();
    let stream = server.create_stream("orders", 1);
    let mut client = Client::connect(&server);
    let answer = client.produce("orders", 0, batch(&[b"one", b"two"]));
    assert_eq!((answer.error_code, answer.base_offset), (0, 0));
    server.put(&stream, r#"[{"key": "a2V5", "value": "dGhyZWU="}]"#);

    let got = server.get(&stream, 0);
    let rest: Vec<_> = got
        .iter()
        .map(|message| {
            (
                message["offset"].as_i64().unwrap(),
                message["value"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(rest, [(0, "b25l"), (1, "dHdv"), (2, "dGhyZWU=")]);
    assert!(got.iter().all(|message| message["key"] == "a2V5"));

    let response = client.call(11, &fetch_request("orders", &[(0, 0)]));
    let records = fetched(&response, 0);
    assert_eq!(values(&records), [&b"one"[..], b"two", b"three"]);
    for (record, message) in records.iter().zip(&got) {
        assert_eq!(record.offset, message["offset"].as_i64().unwrap());
        assert_eq!(record.key.as_deref(), Some(&b"key"[..]));
        assert_eq!(record.timestamp_type, TimestampType::LogAppend);
    }
    let timestamp = got[0]["timestamp"].as_str().unwrap();
    let timestamp: jiff::Timestamp = timestamp.parse().unwrap();
    assert_eq!(answer.log_append_time_ms, timestamp.as_millisecond());
    assert_eq!(records[0].headers.len(), 1);
}

#[test]
fn batches_are_refused_with_the_proper_code() {
    let server = Server::start();
    server.create_stream("s", 1);
    let mut client = Client::connect(&server);
    let good = batch(&[b"value"]);
    let changed = |place: usize, byte: u8, sealed: bool| {
        let mut bytes = good.to_vec();
        bytes[place] = byte;
        if sealed {
            let crc = crc32c::crc32c(&bytes[21..]);
            bytes[17..21].copy_from_slice(&crc.to_be_bytes());
        }
        bytes.into()
    };
    let mut refusal = |name: &str, partition, bytes| {
        let answer = client.produce(name, partition, bytes);
        assert_eq!(answer.base_offset, -1);
        assert!(
            answer
                .error_message
                .is_some_and(|message| !message.is_empty())
        );
        answer.error_code
    };
    let two = [&good[..], &good[..]].concat();
    let large = vec![0; 1 << 21];
    for (name, partition, bytes, error) in [
        ("t", 0, good.clone(), ResponseError::UnknownTopicOrPartition),
        ("s", 1, good.clone(), ResponseError::UnknownTopicOrPartition),
        (
            "s",
            -1,
            good.clone(),
            ResponseError::UnknownTopicOrPartition,
        ),
        // The magic of a legacy message set.
        (
            "s",
            0,
            changed(16, 1, false),
            ResponseError::UnsupportedForMessageFormat,
        ),
        (
            "s",
            0,
            changed(16, 0, false),
            ResponseError::UnsupportedForMessageFormat,
        ),
        ("s", 0, changed(70, 7, false), ResponseError::CorruptMessage),
        ("s", 0, good.slice(..30), ResponseError::CorruptMessage),
        (
            "s",
            0,
            changed(22, 5, true),
            ResponseError::UnsupportedCompressionType,
        ),
        // The record count.
        ("s", 0, changed(60, 9, true), ResponseError::InvalidRecord),
        ("s", 0, two.into(), ResponseError::InvalidRecord),
        ("s", 0, batch(&[&large]), ResponseError::MessageTooLarge),
    ] {
        assert_eq!(refusal(name, partition, bytes), error.code(), "{error}");
    }
}

/// The same batch with its records compressed.
fn gzipped(batch: Bytes) -> Bytes {
    const HEADER_BYTES: usize = 61;
    let (header, records) = batch.split_at(HEADER_BYTES);
    let mut encoder = GzEncoder::new(header.to_vec(), flate2::Compression::default());
    encoder.write_all(records).unwrap();
    let mut bytes = encoder.finish().unwrap();
    let length = i32::try_from(bytes.len() - 12).unwrap();
    bytes[8..12].copy_from_slice(&length.to_be_bytes());
    bytes[22] |= 1;
    let checksum = crc32c::crc32c(&bytes[21..]);
    bytes[17..21].copy_from_slice(&checksum.to_be_bytes());
    bytes.into()
}

#[test]
fn a_message_may_be_as_large_as_rest_takes_it() {
    const MOST_BYTES: usize = 1 << 20;
    let server = Server::start();
    server.create_stream("s", 1);
    let mut client = Client::connect(&server);
    let too_large = ResponseError::MessageTooLarge.code();
    let key_bytes = b"key".len();
    // The key counts, and headers do not.
    let largest = vec![1; MOST_BYTES - key_bytes];
    let larger = vec![1; MOST_BYTES - key_bytes + 1];
    type Packing = fn(Bytes) -> Bytes;
    let packings: [(i64, Packing); 2] = [(0, |batch| batch), (1, gzipped)];
    for (offset, packed) in packings {
        let answer = client.produce("s", 0, packed(batch(&[&largest])));
        assert_eq!((answer.error_code, answer.base_offset), (0, offset));
        let answer = client.produce("s", 0, packed(batch(&[b"x", &larger])));
        assert_eq!((answer.error_code, answer.base_offset), (too_large, -1));
        let message = answer.error_message.unwrap();
        assert!(message.contains("1048577 bytes"), "{message:?}");
    }
    // Of a batch, each message counts for itself.
    let value = vec![1; MOST_BYTES / 2];
    let several = gzipped(batch(&[&value, &value, &value]));
    assert_eq!(client.produce("s", 0, several).error_code, 0);
}

#[test]
fn transactions_are_refused() {
    let server = Server::start();
    server.create_stream("s", 1);
    let mut client = Client::connect(&server);
    let id = Some(TransactionalId(StrBytes::from_static_str("t")));
    let refused = ResponseError::TransactionalIdAuthorizationFailed.code();
    let init = InitProducerIdRequest::default().with_transactional_id(id.clone());
    assert_eq!(client.call(4, &init).error_code, refused);
    let request = produce_request("s", 0, batch(&[b"x"]), -1).with_transactional_id(id);
    let answer = client.call(9, &request);
    assert_eq!(
        answer.responses[0].partition_responses[0].error_code,
        refused
    );
}

#[test]
fn without_acks_there_is_no_answer() {
    let server = Server::start();
    server.create_stream("s", 1);
    let mut client = Client::connect(&server);
    client.send(7, &produce_request("s", 0, batch(&[b"quiet"]), 0));
    // The next answer is that of the next request.
    let metadata = client.call(9, &MetadataRequest::default().with_topics(None));
    assert_eq!(metadata.topics.len(), 1);
    let response = client.call(11, &fetch_request("s", &[(0, 0)]));
    assert_eq!(values(&fetched(&response, 0)), [b"quiet"]);
    // What fails cannot be told, but the producer is to notice.
    client.send(7, &produce_request("s", 9, batch(&[b"lost"]), 0));
    assert!(client.receive_frame().is_none());
    let mut client = Client::connect(&server);
    let request: ProduceRequest = produce_request("s", 0, batch(&[b"x"]), 7);
    let answer = client.call(7, &request);
    let code = answer.responses[0].partition_responses[0].error_code;
    assert_eq!(code, ResponseError::InvalidRequiredAcks.code());
}

#[test]
fn what_an_idempotent_producer_repeats_is_stored_once() {
    let server = Server::start();
    server.create_stream("s", 1);
    let mut client = Client::connect(&server);
    let id = client.call(
        4,
        &InitProducerIdRequest::default().with_transactional_id(None),
    );
    assert_eq!((id.error_code, id.producer_epoch), (0, 0));
    let batch = |sequence: i32| {
        batch_of(&[Record {
            producer_id: id.producer_id.0,
            producer_epoch: 0,
            sequence,
            ..record(0, b"once")
        }])
    };
    let mut produce = |sequence| {
        let answer = client.produce("s", 0, batch(sequence));
        (answer.error_code, answer.base_offset)
    };
    assert_eq!(produce(0), (0, 0));
    assert_eq!(produce(1), (0, 1));
    assert_eq!(produce(0), (0, 0), "the answer of the first time");
    let gap = ResponseError::OutOfOrderSequenceNumber.code();
    assert_eq!(produce(5), (gap, -1));
    assert_eq!(produce(2), (0, 2));
}
