//! What only Kafka clients put into streams: null values, empty keys and headers.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use kafka_protocol::protocol::StrBytes;
use kafka_protocol::records::{
    Compression, Record, RecordBatchDecoder, RecordBatchEncoder, RecordEncodeOptions, TimestampType,
};
use ocelot::call::LOCAL_TENANCY;
use ocelot::engine::TopicPool;
use serde_json::{Value, json};

use crate::bench::{Bench, from_stream, text, to_bucket};

type Header = (&'static str, Option<&'static [u8]>);

/// A record with an offset in its batch.
fn record(
    offset: i64,
    key: Option<&'static [u8]>,
    value: Option<&'static [u8]>,
    headers: &[Header],
) -> Record {
    let headers = headers.iter().map(|(key, value)| {
        let key = StrBytes::from_static_str(key);
        (key, value.map(Bytes::from_static))
    });
    Record {
        transactional: false,
        delete_horizon: false,
        control: false,
        partition_leader_epoch: 0,
        producer_id: -1,
        producer_epoch: -1,
        timestamp_type: TimestampType::Creation,
        offset,
        // The encoder takes records together whose sequence goes on, also where there is none.
        sequence: offset as i32 - 1,
        timestamp: 1,
        key: key.map(Bytes::from_static),
        value: value.map(Bytes::from_static),
        headers: headers.collect(),
    }
}

/// Four records, of which the first deletes the key `gone`.
fn records() -> Vec<Record> {
    vec![
        record(0, Some(b"gone"), None, &[]),
        record(1, Some(b"empty"), Some(b""), &[("type", Some(b"order"))]),
        record(
            2,
            None,
            Some(b"v"),
            &[("a", Some(b"1")), ("b", None), ("c", Some(b""))],
        ),
        record(3, Some(b""), None, &[("why", Some(b"expired"))]),
    ]
}

/// The pool of a stream.
fn pool_of(bench: &Bench, stream: &str) -> Arc<TopicPool> {
    let call = bench.call("GetStream").with("streamId", stream);
    let id = text(&call.value()["streamPoolId"]);
    let topics = bench.engine.topics(LOCAL_TENANCY);
    topics.pool(&id).unwrap().unwrap()
}

/// Has a Kafka client produce these records into the first partition of a stream.
fn produce(bench: &Bench, stream: &str, records: &[Record]) {
    let options = RecordEncodeOptions {
        version: 2,
        compression: Compression::None,
    };
    let mut batch = BytesMut::new();
    RecordBatchEncoder::encode(&mut batch, records, &options).unwrap();
    let topics = bench.engine.topics(LOCAL_TENANCY);
    let pool = pool_of(bench, stream);
    topics
        .append_batch(&pool.topics[stream], 0, &batch)
        .unwrap();
}

/// What a Kafka client fetches of the first partition of a stream: keys, values and headers.
fn fetched(bench: &Bench, stream: &str) -> Vec<(Option<Bytes>, Option<Bytes>, String)> {
    let topics = bench.engine.topics(LOCAL_TENANCY);
    let pool = pool_of(bench, stream);
    let mut bytes = Vec::new();
    let topic = &pool.topics[stream];
    topics
        .read_batches(topic, 0, 0, 1 << 20, &mut bytes)
        .unwrap();
    let mut bytes = Bytes::from(bytes);
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let set = RecordBatchDecoder::decode(&mut bytes).unwrap();
        all.extend(set.records);
    }
    let shown = all.into_iter();
    shown
        .map(|one| (one.key, one.value, format!("{:?}", one.headers)))
        .collect()
}

#[test]
fn a_copy_has_null_values_and_headers_as_they_were() {
    let bench = Bench::new();
    let (from, to) = (bench.stream("orders", 1), bench.stream("copy", 1));
    let source = from_stream(&from, "TRIM_HORIZON");
    let target = json!({"kind": "streaming", "streamId": to});
    bench.connector("c", source, json!([]), target);
    produce(&bench, "orders", &records());
    bench.engine.move_connectors().unwrap();
    let copied = fetched(&bench, "copy");
    assert_eq!(copied, fetched(&bench, "orders"));
    assert_eq!(copied.len(), 4);
    assert_eq!((&copied[0].1, &copied[3].1), (&None, &None));
    assert_eq!(copied[1].1.as_deref(), Some(&b""[..]));
    assert!(copied[3].2.contains("expired"), "{}", copied[3].2);
    // Also after another turn, from the copy.
    let again = bench.stream("again", 1);
    let source = from_stream(&to, "TRIM_HORIZON");
    let target = json!({"kind": "streaming", "streamId": again});
    bench.connector("d", source, json!([]), target);
    bench.engine.move_connectors().unwrap();
    assert_eq!(fetched(&bench, "again"), copied);
}

#[test]
fn readers_that_are_no_kafka_clients_see_null_and_no_headers() {
    let bench = Bench::new();
    let stream = bench.stream("orders", 1);
    let source = from_stream(&stream, "TRIM_HORIZON");
    bench.connector("c", source, json!([]), to_bucket("lake"));
    produce(&bench, "orders", &records());
    let values = |messages: &[Value]| -> Vec<(Value, Value)> {
        assert!(messages.iter().all(|one| one.get("headers").is_none()));
        let pairs = messages.iter();
        pairs
            .map(|one| (one["key"].clone(), one["value"].clone()))
            .collect()
    };
    let call = bench.call("CreateCursor").with("streamId", &stream);
    let cursor = call.body(json!({"type": "TRIM_HORIZON", "partition": "0"}));
    let cursor = cursor.value()["value"].as_str().unwrap().to_owned();
    let call = bench.call("GetMessages").with("streamId", &stream);
    let got = call.with("cursor", &cursor).value();
    let wanted = [
        (json!("Z29uZQ=="), Value::Null),
        (json!("ZW1wdHk="), json!("")),
        (Value::Null, json!("dg==")),
        (json!(""), Value::Null),
    ];
    assert_eq!(values(got.as_array().unwrap()), wanted);
    bench.engine.move_connectors().unwrap();
    bench.time.advance(420_000);
    assert_eq!(values(&bench.objects()[0].1), wanted);
}
