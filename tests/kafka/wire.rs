//! A client of the tests' own: one request after the other, whatever it is.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::fetch_request::{FetchPartition, FetchTopic};
use kafka_protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
use kafka_protocol::messages::produce_response::PartitionProduceResponse;
use kafka_protocol::messages::{
    ApiKey, FetchRequest, FetchResponse, ProduceRequest, ProduceResponse, RequestHeader, TopicName,
};
use kafka_protocol::protocol::{Decodable, Encodable, HeaderVersion, Request, StrBytes};
use kafka_protocol::records::{
    Compression, Record, RecordBatchDecoder, RecordBatchEncoder, RecordEncodeOptions, TimestampType,
};

use crate::server::Server;

pub(crate) struct Client {
    pub(crate) stream: TcpStream,
    next_correlation_id: i32,
}

impl Client {
    pub(crate) fn connect(server: &Server) -> Self {
        let stream = TcpStream::connect(server.kafka()).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            next_correlation_id: 1,
        }
    }

    /// Sends a request and returns its answer.
    pub(crate) fn call<R: Request>(&mut self, version: i16, request: &R) -> R::Response {
        self.send(version, request);
        self.receive::<R>(version)
    }

    pub(crate) fn send<R: Request>(&mut self, version: i16, request: &R) {
        let mut frame = BytesMut::new();
        let header = RequestHeader::default()
            .with_request_api_key(R::KEY)
            .with_request_api_version(version)
            .with_correlation_id(self.next_correlation_id)
            .with_client_id(Some(StrBytes::from_static_str("test")));
        self.next_correlation_id += 1;
        header
            .encode(&mut frame, R::header_version(version))
            .unwrap();
        request.encode(&mut frame, version).unwrap();
        self.send_frame(&frame);
    }

    pub(crate) fn receive<R: Request>(&mut self, version: i16) -> R::Response {
        let mut frame = self.receive_frame().expect("an answer");
        let correlation_id = bytes::Buf::get_i32(&mut frame);
        assert_eq!(correlation_id, self.next_correlation_id - 1);
        if R::Response::header_version(version) >= 1 {
            assert_eq!(bytes::Buf::get_u8(&mut frame), 0);
        }
        let response = R::Response::decode(&mut frame, version).unwrap();
        assert!(
            frame.is_empty(),
            "{:?}: {frame:?} is left",
            ApiKey::try_from(R::KEY)
        );
        response
    }

    pub(crate) fn send_frame(&mut self, frame: &[u8]) {
        let mut bytes = (frame.len() as i32).to_be_bytes().to_vec();
        bytes.extend_from_slice(frame);
        self.stream.write_all(&bytes).unwrap();
    }

    /// The next frame, or nothing when the server has closed the connection.
    pub(crate) fn receive_frame(&mut self) -> Option<Bytes> {
        let mut length = [0; 4];
        self.stream.read_exact(&mut length).ok()?;
        let mut frame = vec![0; i32::from_be_bytes(length) as usize];
        self.stream.read_exact(&mut frame).ok()?;
        Some(frame.into())
    }

    /// Produces one batch to a partition.
    pub(crate) fn produce(
        &mut self,
        name: &str,
        partition: i32,
        batch: Bytes,
    ) -> PartitionProduceResponse {
        let request = produce_request(name, partition, batch, 1);
        let response: ProduceResponse = self.call(9, &request);
        response.responses[0].partition_responses[0].clone()
    }
}

pub(crate) fn topic(name: &str) -> TopicName {
    TopicName(StrBytes::from_string(name.to_owned()))
}

pub(crate) fn produce_request(
    name: &str,
    partition: i32,
    batch: Bytes,
    acks: i16,
) -> ProduceRequest {
    let data = PartitionProduceData::default()
        .with_index(partition)
        .with_records(Some(batch));
    ProduceRequest::default()
        .with_acks(acks)
        .with_timeout_ms(1000)
        .with_topic_data(vec![
            TopicProduceData::default()
                .with_name(topic(name))
                .with_partition_data(vec![data]),
        ])
}

/// A fetch of partitions from offsets on, without a session.
pub(crate) fn fetch_request(name: &str, partitions: &[(i32, i64)]) -> FetchRequest {
    let partitions = partitions.iter().map(|(partition, offset)| {
        FetchPartition::default()
            .with_partition(*partition)
            .with_fetch_offset(*offset)
            .with_partition_max_bytes(1 << 20)
    });
    FetchRequest::default()
        .with_replica_id((-1).into())
        .with_min_bytes(1)
        .with_max_bytes(50 << 20)
        .with_topics(vec![
            FetchTopic::default()
                .with_topic(topic(name))
                .with_partitions(partitions.collect()),
        ])
}

pub(crate) fn record(offset: i64, value: &[u8]) -> Record {
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
        key: Some(Bytes::from_static(b"key")),
        value: Some(Bytes::copy_from_slice(value)),
        headers: [(
            StrBytes::from_static_str("h"),
            Some(Bytes::from_static(b"x")),
        )]
        .into_iter()
        .collect(),
    }
}

pub(crate) fn batch_of(records: &[Record]) -> Bytes {
    let mut bytes = BytesMut::new();
    let options = RecordEncodeOptions {
        version: 2,
        compression: Compression::None,
    };
    RecordBatchEncoder::encode(&mut bytes, records, &options).unwrap();
    bytes.freeze()
}

/// A batch of records with these values.
pub(crate) fn batch(values: &[&[u8]]) -> Bytes {
    let records: Vec<Record> = (0..)
        .zip(values)
        .map(|(offset, value)| record(offset, value))
        .collect();
    batch_of(&records)
}

/// The records of a partition in an answer.
pub(crate) fn fetched(response: &FetchResponse, partition: i32) -> Vec<Record> {
    let found = response
        .responses
        .iter()
        .flat_map(|topic| &topic.partitions)
        .find(|found| found.partition_index == partition)
        .expect("the partition is answered");
    assert_eq!(found.error_code, 0);
    let mut bytes = found.records.clone().unwrap_or_default();
    let mut records = Vec::new();
    while !bytes.is_empty() {
        records.extend(RecordBatchDecoder::decode(&mut bytes).unwrap().records);
    }
    records
}

pub(crate) fn values(records: &[Record]) -> Vec<&[u8]> {
    records
        .iter()
        .map(|record| record.value.as_deref().unwrap())
        .collect()
}
