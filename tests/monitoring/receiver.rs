//! A webhook on this machine, which takes everything.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver as Channel, Sender, channel};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use test_support::Program;

/// How long a request may take to come: less than a minute, so that what a minute brings is not taken for what was to
/// come at once.
const PATIENCE: Duration = Duration::from_secs(30);

/// A request that came.
pub(crate) struct Got {
    /// With small letters in their names.
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Got {
    pub(crate) fn header(&self, name: &str) -> &str {
        let mut headers = self.headers.iter();
        let found = headers.find(|(header, _)| header == name);
        found.map_or("", |(_, value)| value)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

pub(crate) struct Receiver {
    url: String,
    got: Channel<Got>,
}

impl Receiver {
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let (sender, got) = channel();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let sender = sender.clone();
                thread::spawn(move || serve(&stream, &sender));
            }
        });
        Self { url, got }
    }

    /// One that a topic `alerts` tells, by a subscription that is confirmed.
    pub(crate) fn of_alerts(program: &Program) -> Self {
        let receiver = Self::new();
        program.data(&format!(
            "ons subscription create --topic-id alerts --protocol CUSTOM_HTTPS --subscription-endpoint {}",
            receiver.url
        ));
        let asked = receiver.next();
        assert_eq!(
            asked.header("x-oci-ns-messagetype"),
            "SubscriptionConfirmation"
        );
        program.confirm_newest();
        receiver
    }

    /// The next request.
    pub(crate) fn next(&self) -> Got {
        self.got.recv_timeout(PATIENCE).unwrap()
    }

    /// Whether all that has come was looked at.
    pub(crate) fn is_empty(&self) -> bool {
        self.got.try_recv().is_err()
    }
}

fn serve(stream: &TcpStream, sender: &Sender<Got>) {
    let mut reader = BufReader::new(stream);
    while let Some(got) = read(&mut reader) {
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
        if { stream }.write_all(answer).is_err() || sender.send(got).is_err() {
            return;
        }
    }
}

fn read(reader: &mut BufReader<&TcpStream>) -> Option<Got> {
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    let mut got = Got {
        headers,
        body: String::new(),
    };
    let mut body = vec![0; got.header("content-length").parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    got.body = String::from_utf8(body).ok()?;
    Some(got)
}
