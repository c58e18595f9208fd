//! The official SDK against a server, and a body that comes compressed.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use test_support::{Program, RSA_KEY, python};

use crate::support::metric;

#[test]
fn the_sdk_posts_lists_and_summarizes() {
    let program = Program::new();
    let server = program.serve("");
    let told = python("tests/monitoring/sdk.py", &[server.url(), RSA_KEY]);
    assert!(told.is_none_or(|told| told == "every operation answered\n"));
}

#[test]
fn a_post_may_come_compressed() {
    let program = Program::new();
    let server = program.serve("");
    let now_ms = ocelot::clock::Clock::now_ms(&ocelot::clock::SystemClock);
    let metrics = json!({"metricData": [metric("orders", json!({"site": "a"}), &[(now_ms, 1.0)])]});
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(metrics.to_string().as_bytes()).unwrap();
    let body = encoder.finish().unwrap();
    let mut connection = TcpStream::connect(server.address()).unwrap();
    connection
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    let head = format!(
        "POST /20180401/metrics HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n\
         content-encoding: gzip\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        server.address(),
        body.len()
    );
    connection.write_all(head.as_bytes()).unwrap();
    connection.write_all(&body).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(answer.contains("\"failedMetricsCount\":0"), "{answer}");
}
