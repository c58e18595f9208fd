//! Receivers of webhooks on this machine: they keep what they get, and answer as the test says.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver as Channel, Sender, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// How long a test waits for a request.
const PATIENCE: Duration = Duration::from_secs(30);

/// A request that came.
#[derive(Clone, Debug)]
pub(crate) struct Got {
    pub(crate) path: String,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Got {
    /// The value of a header, by its lower-case name.
    pub(crate) fn header(&self, name: &str) -> &str {
        let mut headers = self.headers.iter();
        let found = headers.find(|(header, _)| header == name);
        found.map_or("", |(_, value)| value)
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// How a receiver answers.
#[derive(Clone, Debug)]
pub(crate) enum Manner {
    /// With this status line and these headers, after this time.
    Answers(&'static str, String, Duration),
    /// Never.
    Hangs,
}

/// How a receiver answers now, and whether that changed.
#[derive(Clone)]
struct Mood(Arc<(Mutex<Manner>, Condvar)>);

impl Mood {
    fn of(manner: Manner) -> Self {
        Self(Arc::new((Mutex::new(manner), Condvar::new())))
    }

    fn now(&self) -> Manner {
        self.0.0.lock().unwrap().clone()
    }

    fn set(&self, manner: Manner) {
        *self.0.0.lock().unwrap() = manner;
        self.0.1.notify_all();
    }

    /// Waits until it hangs no longer.
    fn hang(&self) {
        let hangs = |manner: &mut Manner| matches!(manner, Manner::Hangs);
        let manner = self.0.0.lock().unwrap();
        drop(self.0.1.wait_timeout_while(manner, PATIENCE, hangs));
    }
}

/// A server on a free port.
pub(crate) struct Receiver {
    pub(crate) url: String,
    got: Channel<Got>,
    mood: Mood,
}

impl Receiver {
    pub(crate) fn new(manner: Manner) -> Self {
        Self::with(manner, None)
    }

    /// One that accepts, behind TLS; and the certificate of the authority that it is trusted by.
    pub(crate) fn secure() -> (Self, String) {
        let (config, authority) = tls();
        let manner = Manner::Answers("200 OK", String::new(), Duration::ZERO);
        (Self::with(manner, Some(config)), authority)
    }

    fn with(manner: Manner, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://{}/hook", listener.local_addr().unwrap());
        let (sender, got) = channel();
        let mood = Mood::of(manner);
        let moods = mood.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (sender, mood, tls) = (sender.clone(), moods.clone(), tls.clone());
                thread::spawn(move || match tls {
                    None => serve(stream, &sender, &mood),
                    Some(config) => {
                        let connection = ServerConnection::new(config).unwrap();
                        serve(StreamOwned::new(connection, stream), &sender, &mood);
                    }
                });
            }
        });
        Self { url, got, mood }
    }

    pub(crate) fn accepting() -> Self {
        Self::answering("200 OK")
    }

    pub(crate) fn answering(status: &'static str) -> Self {
        Self::new(Manner::Answers(status, String::new(), Duration::ZERO))
    }

    /// From now on it takes everything; what it did not take is forgotten.
    pub(crate) fn recover(&self) {
        self.rest();
        let pause = Duration::ZERO;
        self.mood
            .set(Manner::Answers("200 OK", String::new(), pause));
    }

    /// The next request, if it comes in this time.
    pub(crate) fn next_within(&self, time: Duration) -> Option<Got> {
        self.got.recv_timeout(time).ok()
    }

    /// The next request.
    pub(crate) fn next(&self) -> Got {
        self.got.recv_timeout(PATIENCE).unwrap()
    }

    /// What has come and was not looked at.
    pub(crate) fn rest(&self) -> Vec<Got> {
        self.got.try_iter().collect()
    }
}

/// How a server on this machine speaks TLS, with a certificate of an authority that nobody else knows.
fn tls() -> (Arc<ServerConfig>, String) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    let name = uuid::Uuid::new_v4().to_string();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &authority).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key);
    (Arc::new(config.unwrap()), authority.pem())
}

fn serve(stream: impl Read + Write, sender: &Sender<Got>, mood: &Mood) {
    let mut reader = BufReader::new(stream);
    while let Some(got) = read(&mut reader) {
        let manner = mood.now();
        if sender.send(got).is_err() {
            return;
        }
        match manner {
            Manner::Answers(status, headers, pause) => {
                thread::sleep(pause);
                let answer = format!("HTTP/1.1 {status}\r\n{headers}content-length: 2\r\n\r\nok");
                let stream = reader.get_mut();
                let sent = stream.write_all(answer.as_bytes());
                if sent.and_then(|()| stream.flush()).is_err() {
                    return;
                }
            }
            Manner::Hangs => return mood.hang(),
        }
    }
}

fn read(reader: &mut impl BufRead) -> Option<Got> {
    let mut line = String::new();
    reader
        .read_line(&mut line)
        .ok()
        .filter(|bytes| *bytes > 0)?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        headers.push((name.to_lowercase(), value.to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.map_or(0, |(_, length)| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Got {
        path,
        headers,
        body: String::from_utf8(body).unwrap(),
    })
}
