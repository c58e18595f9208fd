//! A service that answers every request in the same way, and keeps what it was asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use serde_json::Value;

use crate::machine::now_seconds;

pub(crate) struct Service {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Service {
    /// Answers with this status and body, by a clock that is this many seconds ahead.
    pub(crate) fn start(status: u16, body: &Value, ahead_seconds: i64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        let body = body.to_string();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let Some(request) = read(&stream) else {
                    continue;
                };
                log.lock().unwrap().push(request);
                let head = format!(
                    "HTTP/1.1 {status} x\r\ncontent-length: {}\r\ndate: {}\r\nconnection: close\r\n\r\n",
                    body.len(),
                    date(now_seconds() + ahead_seconds),
                );
                let mut stream = stream;
                drop(stream.write_all((head + &body).as_bytes()));
            }
        });
        Self { url, seen }
    }

    /// Requests as they came, head and body.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

fn date(seconds: i64) -> String {
    let time = Timestamp::from_second(seconds).unwrap();
    let printer = DateTimePrinter::new();
    printer.timestamp_to_rfc9110_string(&time).unwrap()
}

fn read(stream: &TcpStream) -> Option<String> {
    let mut reader = BufReader::new(stream);
    let mut text = String::new();
    while !text.ends_with("\r\n\r\n") {
        if reader.read_line(&mut text).ok()? == 0 {
            return None;
        }
    }
    let lower = text.to_ascii_lowercase();
    let mut lines = lower.lines();
    let length = lines.find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.trim().parse().unwrap())];
    reader.read_exact(&mut body).ok()?;
    Some(text + &String::from_utf8_lossy(&body))
}
