//! The way of a frame up to its decoded request, under all that a client might send.

use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use kafka_protocol::messages::{ApiKey, RequestKind};
use serde_json::json;

use super::Kafka;
use super::connection::{Connection, answer};
use super::frame::RequestHeader;
use super::registry::{APIS, Api, Closing, find};
use super::shape::{self, Field, Kind};
use crate::api::OperationId;
use crate::api::streaming::Streaming as Operation;
use crate::call::LOCAL_TENANCY;
use crate::delivery::CourierOptions;
use crate::engine::{Engine, Home, NewTopic};
use crate::log::Durability;
use crate::server::auth::{Auth, Verifier};
use crate::server::metrics::Metrics;
use crate::server::options::{Limits, ServeOptions};
use crate::server::stop::Stop;
use crate::server::tls::Tls;
use crate::server::{Ready, Shared};

/// Random numbers that are the same each time (xorshift64*).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() >> 11) as usize % end
    }
}

/// Writes requests of a shape.
struct Writer<'r> {
    random: &'r mut Random,
    bytes: BytesMut,
    version: i16,
    flexible: bool,
}

impl Writer<'_> {
    fn structure(&mut self, fields: &[Field]) {
        for field in fields {
            if let Some(kind) = field.kind_in(self.version) {
                self.value(kind);
            }
        }
        if self.flexible {
            let count = self.random.below(2);
            self.varint(count);
            for _ in 0..count {
                // Far from the tags that some requests know.
                self.varint(1000);
                self.varint(2);
                self.bytes.put_slice(&[1, 2]);
            }
        }
    }

    fn value(&mut self, kind: Kind) {
        match kind {
            Kind::Fixed(count) => {
                // Small numbers mean something, most of the time.
                let small = self.random.below(4) > 0;
                for place in (0..count).rev() {
                    let byte = match (small, place) {
                        (true, 0) => self.random.below(3),
                        (true, _) => 0,
                        (false, _) => self.random.below(256),
                    };
                    self.bytes.put_u8(byte as u8);
                }
            }
            Kind::String => self.text(false),
            Kind::Bytes => self.text(true),
            Kind::Structs(fields) => {
                for _ in 0..self.count() {
                    self.structure(fields);
                }
            }
            Kind::Values(kind) => {
                for _ in 0..self.count() {
                    self.value(*kind);
                }
            }
        }
    }

    fn text(&mut self, wide: bool) {
        let length = self.random.below(12);
        match (self.flexible, wide) {
            (true, _) => self.varint(length + 1),
            (false, true) => self.bytes.put_i32(length as i32),
            (false, false) => self.bytes.put_i16(length as i16),
        }
        self.bytes.put_bytes(b'a', length);
    }

    fn count(&mut self) -> usize {
        let count = self.random.below(4);
        match self.flexible {
            true => self.varint(count + 1),
            false => self.bytes.put_i32(count as i32),
        }
        count
    }

    fn varint(&mut self, mut value: usize) {
        while value >= 0x80 {
            self.bytes.put_u8((value as u8) | 0x80);
            value >>= 7;
        }
        self.bytes.put_u8(value as u8);
    }
}

fn header(api: &Api, version: i16) -> RequestHeader {
    RequestHeader {
        api_key: api.key as i16,
        version,
        correlation_id: 1,
    }
}

fn request(random: &mut Random, api: &Api, version: i16) -> Bytes {
    let mut writer = Writer {
        random,
        bytes: BytesMut::new(),
        version,
        flexible: header(api, version).is_flexible(api.key),
    };
    writer.structure(api.shape);
    writer.bytes.freeze()
}

fn frame(random: &mut Random, api: &Api, version: i16) -> Vec<u8> {
    let mut frame = Vec::new();
    frame.extend((api.key as i16).to_be_bytes());
    frame.extend(version.to_be_bytes());
    frame.extend([0, 0, 0, 7, 0, 2, b'm', b'e']);
    if header(api, version).is_flexible(api.key) {
        frame.push(0);
    }
    frame.extend_from_slice(&request(random, api, version));
    frame
}

fn fits(api: &Api, bytes: &[u8], version: i16) -> bool {
    let flexible = header(api, version).is_flexible(api.key);
    shape::fits(api.shape, bytes, version, flexible)
}

/// Takes a frame as far as a handler gets it; whether it was decoded.
fn take(bytes: &[u8]) -> bool {
    let mut frame = Bytes::copy_from_slice(bytes);
    let Ok(header) = RequestHeader::take(&mut frame) else {
        return false;
    };
    let Some(api) = find(header.api_key, false) else {
        return false;
    };
    api.versions.contains(&header.version)
        && header.take_rest(api.key, &mut frame).is_ok()
        && fits(api, &frame, header.version)
        && RequestKind::decode(api.key, &mut frame, header.version).is_ok()
}

#[test]
fn every_shape_is_that_of_the_decoder() {
    let mut random = Random(42);
    for api in APIS {
        for version in api.versions.clone() {
            for _ in 0..50 {
                let bytes = request(&mut random, api, version);
                assert!(fits(api, &bytes, version), "{:?} {version}", api.key);
                let mut rest = bytes.clone();
                let decoded = RequestKind::decode(api.key, &mut rest, version);
                assert!(decoded.is_ok(), "{:?} {version}: {decoded:?}", api.key);
                assert!(rest.is_empty(), "{:?} {version}: {rest:?} left", api.key);
                for end in 0..bytes.len() {
                    assert!(!fits(api, &bytes[..end], version));
                }
            }
        }
    }
}

#[test]
fn apis_stand_in_order_and_once() {
    let keys: Vec<i16> = APIS.iter().map(|api| api.key as i16).collect();
    assert!(keys.is_sorted_by(|one, next| one < next), "{keys:?}");
}

#[test]
fn a_million_hostile_frames_do_no_harm() {
    const FRAMES: usize = 1_000_000;
    let mut random = Random(7);
    let good: Vec<Vec<u8>> = APIS
        .iter()
        .flat_map(|api| api.versions.clone().map(move |version| (api, version)))
        .flat_map(|(api, version)| [(); 4].map(|()| frame(&mut random, api, version)))
        .collect();
    assert!(good.iter().all(|frame| take(frame)));
    let mut decoded = 0;
    for number in 0..FRAMES {
        let mut frame = good[random.below(good.len())].clone();
        match number % 4 {
            // All of it is random, but for the key, most of the time.
            0 => frame.iter_mut().skip(random.below(5)).for_each(|byte| {
                *byte = random.next() as u8;
            }),
            1 => frame.truncate(random.below(frame.len())),
            // A length or a count becomes huge.
            2 => {
                let place = random.below(frame.len());
                let huge = [0x7f, 0xff, 0xff, 0xff, 0x0f];
                for (byte, huge) in frame.iter_mut().skip(place).zip(huge) {
                    *byte = huge;
                }
            }
            _ => {
                let place = random.below(frame.len());
                frame[place] ^= 1 << random.below(8);
            }
        }
        decoded += usize::from(take(&frame));
    }
    assert!(
        decoded > 1000,
        "only {decoded} frames got as far as a handler"
    );
}

#[test]
fn announced_items_must_be_there() {
    let api = find(3, false).unwrap();
    // Metadata version 1: an array of two thousand million topics.
    assert!(!fits(api, &[0x7f, 0xff, 0xff, 0xff], 1));
    assert!(!fits(api, &[0xff, 0xff, 0xff, 0xfe], 1));
    let mut many = vec![];
    many.extend(((shape::MOST_ITEMS + 1) as i32).to_be_bytes());
    many.extend(std::iter::repeat_n(0, 2 * (shape::MOST_ITEMS + 1)));
    assert!(!fits(api, &many, 1));
}

/// A broker in memory, with topics of the names that [`Writer`] writes.
fn broker() -> Kafka {
    let address = ([127, 0, 0, 1], 9092).into();
    let options = ServeOptions {
        home: Home::Memory,
        durability: Durability::Os,
        courier: CourierOptions::default(),
        strict: false,
        http: String::new(),
        kafka: String::new(),
        stomp: String::new(),
        advertise: None,
        auth: Auth::None,
        tls: Tls::Off,
        insecure: false,
        seed: None,
        ready_file: None,
        limits: Limits {
            connections: 1,
            header_bytes: 1,
            body_bytes: 1,
            client_timeout: Duration::from_secs(1),
        },
    };
    let kafka = Kafka::new(
        Shared {
            engine: Engine::open(&Home::Memory, Durability::Os).unwrap(),
            options,
            addresses: Ready {
                http: address,
                kafka: address,
                stomp: address,
                tls: false,
                ca: None,
                folder: None,
            },
            tls: None,
            control: None,
            verifier: Verifier::new(),
            puts: crate::server::http::Puts::default(),
            metrics: Metrics::default(),
            stopping: Stop::listen().unwrap().stopping(),
        }
        .into(),
    );
    let topics = kafka.shared.engine.topics(LOCAL_TENANCY);
    let default = topics.default_pool().unwrap();
    let pool = topics.pool(&default).unwrap();
    for length in 1..6 {
        let new = NewTopic {
            name: "a".repeat(length),
            partitions: 3,
            retention_hours: 24,
        };
        topics.create(pool.as_ref().unwrap(), &new).unwrap();
        put_messages(&kafka, &new.name);
    }
    kafka
}

/// Puts messages into all partitions of a stream, most likely.
fn put_messages(kafka: &Kafka, stream: &str) {
    let operation = OperationId::Streaming(Operation::PutMessages).operation();
    let mut call = crate::call::Call::new(operation.unwrap());
    call.path.insert("streamId", stream.to_owned());
    let messages = vec![json!({ "value": "YQ==" }); 40];
    call.body = Some(json!({ "messages": messages }));
    kafka.shared.engine.answer(&call).unwrap();
}

/// The APIs whose answers may take their time.
const WAITING: [ApiKey; 3] = [ApiKey::Fetch, ApiKey::JoinGroup, ApiKey::SyncGroup];

#[tokio::test(flavor = "multi_thread")]
async fn every_version_of_every_api_is_answered() {
    let kafka = broker();
    let mut random = Random(99);
    for api in APIS {
        for version in api.versions.clone() {
            for _ in 0..60 {
                let address = kafka.shared.addresses.kafka;
                let connection = Connection::new(address, address);
                let frame = frame(&mut random, api, version);
                let answered = answer(&kafka, &connection, frame.into());
                // A fetch may wait for ever, and members for one another.
                let limit = Duration::from_millis(20);
                match tokio::time::timeout(limit, answered).await {
                    Err(_) => assert!(WAITING.contains(&api.key), "{:?}", api.key),
                    // What a producer without acknowledgements is told.
                    Ok(Ok(_) | Err(Closing::Unacknowledged(_))) => {}
                    Ok(Err(error)) => panic!("{:?} version {version}: {error}", api.key),
                }
            }
        }
    }
}
