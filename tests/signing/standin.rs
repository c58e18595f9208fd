//! Stand-ins for the services that give out credentials, and the plainest of HTTP clients to reach them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use ocelot::client::Request;
use ocelot::client::auth::{Exchange, ExchangeError, Failure, Place, RegionLookup, Response};
use ocelot::clock::Clock;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::{Value, json};

/// What a stand-in received.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> &str {
        ocelot::client::find_header(&self.headers, name).unwrap_or_default()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The request as the client module has it.
    pub(crate) fn verify(&self, public_der: &[u8]) -> Signature {
        Signature::verify(&self.method, &self.path, &self.headers, public_der)
    }
}

/// A signature that was found good.
#[derive(Debug)]
pub(crate) struct Signature {
    pub(crate) key_id: String,
    pub(crate) headers: String,
}

impl Signature {
    pub(crate) fn of(request: &Request, public_der: &[u8]) -> Self {
        let rest = request.url.split_once("://").unwrap().1;
        let path = &rest[rest.find('/').unwrap()..];
        Self::verify(request.method.as_str(), path, &request.headers, public_der)
    }

    /// Checks a signature as a service does: written from the draft, not from the signer.
    fn verify(method: &str, path: &str, headers: &[(String, String)], public_der: &[u8]) -> Self {
        let header = |name: &str| ocelot::client::find_header(headers, name).unwrap();
        let authorization = header("authorization");
        let part = |name: &str| {
            let start = authorization.find(&format!("{name}=\"")).unwrap() + name.len() + 2;
            authorization[start..].split('"').next().unwrap().to_owned()
        };
        let lines: Vec<String> = part("headers")
            .split(' ')
            .map(|name| match name {
                "(request-target)" => format!("{name}: {} {path}", method.to_lowercase()),
                name => format!("{name}: {}", header(name)),
            })
            .collect();
        // The RSA public key is what a SubjectPublicKeyInfo of RSA holds after its first 24 bytes.
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &public_der[24..])
            .verify(
                lines.join("\n").as_bytes(),
                &BASE64_STANDARD.decode(part("signature")).unwrap(),
            )
            .expect("a good signature");
        Self {
            key_id: part("keyId"),
            headers: part("headers"),
        }
    }
}

/// What a stand-in does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// Answers.
    Answer(u16, String),
    /// Says nothing and keeps the connection.
    Hang,
    /// Sends these bytes and closes.
    Bytes(&'static [u8]),
}

pub(crate) fn ok(body: impl ToString) -> Reply {
    Reply::Answer(200, body.to_string())
}

/// A server on a port of its own.
pub(crate) struct StandIn {
    pub(crate) url: String,
    log: Arc<Mutex<Vec<Received>>>,
}

impl StandIn {
    pub(crate) fn start(handler: impl Fn(&Received) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let log = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&log);
        std::thread::spawn(move || {
            let mut kept = Vec::new();
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let Some(received) = receive(&stream) else {
                    continue;
                };
                seen.lock().unwrap().push(received.clone());
                match handler(&received) {
                    Reply::Answer(status, body) => {
                        let head = format!(
                            "HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n",
                            body.len()
                        );
                        let _ = stream.write_all(head.as_bytes());
                        let _ = stream.write_all(body.as_bytes());
                    }
                    Reply::Bytes(bytes) => drop(stream.write_all(bytes)),
                    Reply::Hang => kept.push(stream),
                }
            }
        });
        Self { url, log }
    }

    /// All that was received at a path.
    pub(crate) fn received(&self, path: &str) -> Vec<Received> {
        let log = self.log.lock().unwrap();
        log.iter().filter(|one| one.path == path).cloned().collect()
    }
}

fn receive(stream: &TcpStream) -> Option<Received> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        headers.push((name.to_owned(), value.to_owned()));
    }
    let length = ocelot::client::find_header(&headers, "content-length");
    let mut body = vec![0; length.map_or(0, |text| text.parse().unwrap())];
    reader.read_exact(&mut body).ok()?;
    Some(Received {
        method,
        path,
        headers,
        body,
    })
}

/// Sends requests, and notes pauses in place of pausing.
#[derive(Default)]
pub(crate) struct PlainHttp {
    pub(crate) pauses: Mutex<Vec<Duration>>,
}

impl Exchange for PlainHttp {
    fn send(&self, request: &Request) -> Result<Response, ExchangeError> {
        let failed = |failure| {
            move |error: std::io::Error| ExchangeError {
                failure: match error.kind() {
                    std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut => {
                        Failure::TimedOut
                    }
                    _ => failure,
                },
                message: error.to_string(),
            }
        };
        let rest = request
            .url
            .strip_prefix("http://")
            .ok_or_else(|| ExchangeError {
                failure: Failure::Unreachable,
                message: format!("no way to {}", request.url),
            })?;
        let (host, path) = rest.split_once('/').unwrap();
        let mut stream = TcpStream::connect(host).map_err(failed(Failure::Unreachable))?;
        stream
            .set_read_timeout(Some(Duration::from_millis(200)))
            .unwrap();
        let body = request.body.as_deref().unwrap_or_default();
        let mut head = format!("{} /{path} HTTP/1.1\r\n", request.method.as_str());
        for (name, value) in &request.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if request.header("content-length").is_none() {
            head.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(body);
        stream.write_all(&bytes).map_err(failed(Failure::Broken))?;
        let mut answer = Vec::new();
        stream
            .read_to_end(&mut answer)
            .map_err(failed(Failure::Broken))?;
        parse(&answer).ok_or_else(|| ExchangeError {
            failure: Failure::Broken,
            message: "what came is not HTTP".to_owned(),
        })
    }

    fn pause(&self, duration: Duration) {
        self.pauses.lock().unwrap().push(duration);
    }
}

fn parse(answer: &[u8]) -> Option<Response> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&answer[..end]).ok()?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Response {
        status,
        headers: Vec::new(),
        body: answer[end + 4..].to_vec(),
    })
}

/// A clock that stands where it is put.
pub(crate) struct StandingClock(AtomicI64);

pub(crate) const NOW_MS: i64 = 1_767_225_600_000;
pub(crate) const HOUR_MS: i64 = 3_600_000;

impl StandingClock {
    pub(crate) fn new() -> Self {
        Self(AtomicI64::new(NOW_MS))
    }

    pub(crate) fn set(&self, now_ms: i64) {
        self.0.store(now_ms, Ordering::SeqCst);
    }
}

impl Clock for StandingClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// A token with these claims.
pub(crate) fn token(claims: &Value) -> String {
    let payload = BASE64_URL_SAFE_NO_PAD.encode(claims.to_string());
    format!("eyJhbGciOiJSUzI1NiJ9.{payload}.c2lnbmF0dXJl")
}

/// A token that is valid for an hour from a time on, and differs from others by its name.
pub(crate) fn hour_token(name: &str, from_ms: i64) -> String {
    token(&json!({
        "sub": name,
        "iat": from_ms / 1000,
        "exp": (from_ms + HOUR_MS) / 1000,
        "res_tenant": "ocid1.tenancy.oc1..resource",
    }))
}

/// A table of one region.
pub(crate) fn regions() -> RegionLookup {
    RegionLookup::new(|name| {
        matches!(name, "phx" | "us-phoenix-1").then(|| Place {
            region: "us-phoenix-1".to_owned(),
            domain: "oraclecloud.com".to_owned(),
        })
    })
}
