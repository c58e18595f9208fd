//! A server of one list in pages, on loopback.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output};
use std::sync::Arc;
use std::thread;

use tempfile::TempDir;

/// What the server answers to a request for a page.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The token of the next page, if there is one.
    pub(crate) next: Option<String>,
    pub(crate) body: Arc<Vec<u8>>,
}

impl Answer {
    pub(crate) fn page(body: impl Into<Vec<u8>>, next: Option<&str>) -> Self {
        Self {
            status: 200,
            next: next.map(str::to_owned),
            body: Arc::new(body.into()),
        }
    }

    pub(crate) fn error(status: u16, code: &str) -> Self {
        let body = format!(r#"{{"code": "{code}", "message": "no"}}"#);
        Self {
            status,
            next: None,
            body: Arc::new(body.into_bytes()),
        }
    }
}

/// Serves pages for as long as the test runs, and returns the address.
///
/// `answer` gets the token in the request, which is empty for the first page.
pub(crate) fn serve(answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let answer = Arc::new(answer);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let answer = Arc::clone(&answer);
            thread::spawn(move || converse(&stream.unwrap(), answer.as_ref()));
        }
    });
    address
}

fn converse(stream: &TcpStream, answer: &dyn Fn(&str) -> Answer) {
    let mut reader = BufReader::new(stream);
    while let Some(target) = request(&mut reader) {
        let query = target.split_once('?').map_or("", |(_, query)| query);
        let page = query.split('&').find_map(|pair| pair.strip_prefix("page="));
        let Answer { status, next, body } = answer(page.unwrap_or_default());
        let next = next.map_or(String::new(), |next| format!("opc-next-page: {next}\r\n"));
        let head = format!(
            "HTTP/1.1 {status} OK\r\ncontent-type: application/json\r\n{next}content-length: {}\r\n\r\n",
            body.len()
        );
        let mut stream = stream;
        if stream
            .write_all(head.as_bytes())
            .and_then(|()| stream.write_all(&body))
            .is_err()
        {
            return;
        }
    }
}

/// The target of the next request, whose headers are read too.
fn request(reader: &mut impl BufRead) -> Option<String> {
    let mut target = None;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            return target;
        }
        if target.is_none() {
            target = line.split(' ').nth(1).map(str::to_owned);
        }
    }
}

/// The program with an environment of its own, asked for streams.
pub(crate) struct Lister {
    home: TempDir,
    address: String,
}

impl Lister {
    pub(crate) fn new(address: String) -> Self {
        Self {
            home: TempDir::new().unwrap(),
            address,
        }
    }

    /// `streaming admin stream list` with more arguments.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ocelot"));
        command
            .env_clear()
            .env("HOME", self.home.path())
            .env("TMPDIR", self.home.path())
            .args(["--endpoint", &self.address, "--no-retry"])
            .args(["streaming", "admin", "stream", "list"])
            .args(["--compartment-id", "ocid1.compartment.oc1..a"])
            .args(args);
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }
}
