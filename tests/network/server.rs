//! A server that answers as it is told, byte by byte if need be, and keeps what it was asked.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// What is done with one request. A connection serves one, then it is closed.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Sends these bytes.
    Send(Vec<u8>),
    /// Sends these bytes, then this over and over until the client has had enough.
    Forever(Vec<u8>, Vec<u8>),
    /// Sends these bytes one at a time, with a pause behind each, over and over.
    Drip(Vec<u8>, Duration),
    /// Sends nothing, and keeps the connection.
    Silence,
}

/// A whole response with a JSON body.
pub(crate) fn json(status: u16, headers: &[(&str, &str)], body: &Value) -> Act {
    raw(status, headers, body.to_string().as_bytes())
}

/// A whole response with any body.
pub(crate) fn raw(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Act {
    let headers = headers.iter();
    let headers: String = headers
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let head = format!(
        "HTTP/1.1 {status} x\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n",
        body.len()
    );
    Act::Send([head.as_bytes(), body].concat())
}

/// A refusal of a service.
pub(crate) fn refusal(status: u16, code: &str) -> Act {
    let body = serde_json::json!({"code": code, "message": format!("it is {code}")});
    json(status, &[], &body)
}

pub(crate) struct Server {
    pub(crate) port: u16,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Answers the nth request with the nth act, and all further ones with the last.
    pub(crate) fn start(acts: Vec<Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&seen);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, acts) = (Arc::clone(&shared), acts.clone());
                // A client may well leave before it has all that it is sent.
                thread::spawn(move || serve(stream, &seen, &acts).ok());
            }
        });
        Self { port, seen }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Requests as they came, head and body.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

fn serve(mut stream: TcpStream, seen: &Mutex<Vec<String>>, acts: &[Act]) -> std::io::Result<()> {
    let request = read_request(&mut BufReader::new(stream.try_clone()?))?;
    let act = {
        let mut seen = seen.lock().unwrap();
        seen.push(request);
        acts.get(seen.len() - 1).or(acts.last()).unwrap().clone()
    };
    match act {
        Act::Send(bytes) => stream.write_all(&bytes),
        Act::Forever(first, then) => {
            stream.write_all(&first)?;
            loop {
                stream.write_all(&then)?;
            }
        }
        Act::Drip(bytes, pause) => loop {
            for byte in &bytes {
                stream.write_all(&[*byte])?;
                thread::sleep(pause);
            }
        },
        Act::Silence => loop {
            thread::sleep(Duration::from_secs(60));
        },
    }
}

/// One request, head and body, as text.
pub(crate) fn read_request(reader: &mut impl BufRead) -> std::io::Result<String> {
    let mut text = String::new();
    while !text.ends_with("\r\n\r\n") {
        if reader.read_line(&mut text)? == 0 {
            break;
        }
    }
    let lower = text.to_ascii_lowercase();
    let mut lines = lower.lines();
    let length = lines.find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.trim().parse().unwrap())];
    reader.read_exact(&mut body)?;
    Ok(text + &String::from_utf8_lossy(&body))
}
