//! A server that answers the nth request with the nth response it was given, and all further ones with the last.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;

use crate::case::{Request, Response};

/// The headers whose values are compared.
const MEANINGFUL: [&str; 6] = [
    "content-type",
    "if-match",
    "opc-retry-token",
    "messagetype",
    "accept",
    "content-encoding",
];

#[derive(Default)]
struct Script {
    responses: VecDeque<Response>,
    seen: Vec<Request>,
}

/// A server on a port of its own, until the process ends.
pub(crate) struct Server {
    pub(crate) port: u16,
    script: Arc<Mutex<Script>>,
}

impl Server {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let script = Arc::new(Mutex::new(Script::default()));
        let shared = Arc::clone(&script);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let script = Arc::clone(&shared);
                // A client that goes away early is its own affair.
                thread::spawn(move || serve(stream, &script).ok());
            }
        });
        Self { port, script }
    }

    /// Takes the responses for the next case.
    pub(crate) fn expect(&self, responses: impl Iterator<Item = Response>) {
        *self.script.lock().unwrap() = Script {
            responses: responses.collect(),
            seen: Vec::new(),
        };
    }

    /// The requests that came since.
    pub(crate) fn seen(&self) -> Vec<Request> {
        self.script.lock().unwrap().seen.clone()
    }
}

fn serve(stream: TcpStream, script: &Mutex<Script>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut writer = stream;
    while let Some(request) = read(&mut reader)? {
        let response = {
            let mut script = script.lock().unwrap();
            script.seen.push(request);
            match script.responses.len() {
                0 | 1 => script.responses.front().cloned(),
                _ => script.responses.pop_front(),
            }
        };
        // Whoever asks where nothing was asked is told so; the comparison finds it.
        let response = response.unwrap_or(Response {
            status: 404,
            ..Response::default()
        });
        write(&mut writer, &response)?;
    }
    Ok(())
}

fn read(reader: &mut impl BufRead) -> std::io::Result<Option<Request>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace();
    let method = words.next().unwrap_or_default().to_owned();
    let target = words.next().unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let (path, query) = (path.to_owned(), pairs(query));
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length");
    let length = length.and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    headers.retain(|name, _| MEANINGFUL.contains(&name.as_str()));
    Ok(Some(Request {
        method,
        path,
        query,
        body: (!body.is_empty()).then(|| json_or_text(&body)),
        headers,
        response: Response::default(),
    }))
}

fn json_or_text(body: &[u8]) -> Value {
    let text = || Value::String(String::from_utf8_lossy(body).into_owned());
    serde_json::from_slice(body).unwrap_or_else(|_| text())
}

fn pairs(query: &str) -> BTreeMap<String, Vec<String>> {
    let mut pairs: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let values = pairs.entry(decoded(name)).or_default();
        values.push(decoded(value));
    }
    pairs
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (first, byte) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            (b'+', _) => {
                bytes.push(b' ');
                rest = after;
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap()
}

fn write(writer: &mut impl Write, response: &Response) -> std::io::Result<()> {
    let body = response.body.as_ref().map(Value::to_string);
    let body = body.unwrap_or_default();
    let mut head = format!(
        "HTTP/1.1 {} x\r\nopc-request-id: stub-request-id/0001\r\ncontent-length: {}\r\n",
        response.status,
        body.len()
    );
    if !body.is_empty() {
        head += "content-type: application/json\r\n";
    }
    for (name, value) in &response.headers {
        head += &format!("{name}: {value}\r\n");
    }
    writer.write_all(format!("{head}\r\n{body}").as_bytes())
}
