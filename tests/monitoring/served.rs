//! The official SDK against a server, and a body that comes compressed.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use crate::support::{command, metric};

/// A server on a folder, which ends with the value.
struct Server {
    process: Child,
    /// Its host and port.
    address: String,
}

impl Server {
    fn on(home: &Path) -> Self {
        let words = [
            "serve",
            "--http",
            "127.0.0.1:0",
            "--kafka",
            "127.0.0.1:0",
            "--log",
            "error",
        ];
        let mut process = command(home, &words)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut told = String::new();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        stdout.read_line(&mut told).unwrap();
        let (_, rest) = told.split_once("http://").unwrap();
        let (address, _) = rest.split_once(',').unwrap();
        Self {
            process,
            address: address.to_owned(),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

#[test]
fn the_sdk_posts_lists_and_summarizes() {
    let Some(python) = std::env::var_os("OCELOT_PYTHON") else {
        eprintln!("OCELOT_PYTHON is not set: there is no SDK to ask");
        return;
    };
    let home = tempfile::tempdir().unwrap();
    let server = Server::on(home.path());
    let tests = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");
    let mut command = Command::new(python);
    command
        .arg(format!("{tests}/monitoring/sdk.py"))
        .arg(format!("http://{}", server.address))
        .arg(format!("{tests}/data/signing/keys/rsa.pkcs8.test-key.pem"))
        .env("HOME", home.path());
    let command = assert_cmd::Command::from_std(command);
    let output = { command }.timeout(Duration::from_secs(120)).output();
    let output = output.unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    assert_eq!(output.stdout, b"every operation answered\n");
}

#[test]
fn a_post_may_come_compressed() {
    let home = tempfile::tempdir().unwrap();
    let server = Server::on(home.path());
    let now_ms = ocelot::clock::Clock::now_ms(&ocelot::clock::SystemClock);
    let metrics = json!({"metricData": [metric("orders", json!({"site": "a"}), &[(now_ms, 1.0)])]});
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(metrics.to_string().as_bytes()).unwrap();
    let body = encoder.finish().unwrap();
    let mut connection = TcpStream::connect(&server.address).unwrap();
    connection
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    let head = format!(
        "POST /20180401/metrics HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n\
         content-encoding: gzip\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        server.address,
        body.len()
    );
    connection.write_all(head.as_bytes()).unwrap();
    connection.write_all(&body).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(answer.contains("\"failedMetricsCount\":0"), "{answer}");
}
