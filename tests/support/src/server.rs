//! A server of the program.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;

use ocelot::api::operation::Method;
use ocelot::client::{Http, HttpOptions, Request, Response};
use serde_json::{Value, json};

use crate::process::{PATIENCE, signal, wait};
use crate::{COMPARTMENT, text};

/// A server that is ready, and is killed with the value.
pub struct Server {
    process: Child,
    log: PathBuf,
    http: OnceLock<Http>,
    /// The line on its stdout.
    pub said: String,
    /// What it wrote into its ready file.
    pub ready: Value,
}

impl Server {
    /// The words that start a server with REST and Kafka at these addresses, and STOMP at a free one.
    pub fn words<'a>(http: &'a str, kafka: &'a str) -> [&'a str; 7] {
        let any = "127.0.0.1:0";
        ["serve", "--http", http, "--kafka", kafka, "--stomp", any]
    }

    /// Starts a server by a command that ends in the options of `serve`, and waits until it is ready. Its log and its
    /// ready file go into a folder.
    pub fn start(mut command: Command, folder: &Path) -> Self {
        let (ready_file, log) = (folder.join("ready.json"), folder.join("log"));
        let mut process = command
            .arg("--ready-file")
            .arg(&ready_file)
            // What it delivers to others gets no further than this machine.
            .env("HTTPS_PROXY", "http://127.0.0.1:9")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let mut said = String::new();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        stdout.read_line(&mut said).unwrap();
        let told = || fs::read_to_string(&log).unwrap();
        assert!(said.starts_with("ocelot is ready"), "{said}{}", told());
        let ready = serde_json::from_slice(&fs::read(&ready_file).unwrap()).unwrap();
        Self {
            process,
            log,
            http: OnceLock::new(),
            said,
            ready,
        }
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    fn address_of(&self, service: &str) -> &str {
        self.ready[service].as_str().unwrap()
    }

    /// Where it serves REST, as a URL.
    pub fn url(&self) -> &str {
        self.address_of("http")
    }

    /// Where it serves REST, as `host:port`.
    pub fn address(&self) -> &str {
        self.url().split("//").nth(1).unwrap()
    }

    /// Where it serves Kafka, as `host:port`.
    pub fn kafka(&self) -> &str {
        self.address_of("kafka")
    }

    /// Where it serves STOMP, as `host:port`.
    pub fn stomp(&self) -> &str {
        self.address_of("stomp")
    }

    /// What it has told on stderr.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// Sends a request without a signature, and gets the status and the body. Not over TLS.
    pub fn ask(&self, method: &str, target: &str, body: &Value) -> (u16, Value) {
        ask(self.address(), (method, target), body).unwrap()
    }

    /// Sends a request by the program's own client.
    pub fn exchange(&self, request: &Request) -> Response {
        let http = self.http.get_or_init(|| {
            let options = HttpOptions {
                direct: true,
                cert_bundle: self.ready["ca"].as_str().map(PathBuf::from),
                ..HttpOptions::default()
            };
            Http::new(options).unwrap()
        });
        http.send(request).unwrap()
    }

    /// Sends a request with a JSON body, if there is one.
    pub fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Response {
        let mut request = Request::new(method, format!("{}{path}", self.url()));
        if let Some(body) = body {
            request.set_header("content-type", "application/json");
            request.body = Some(body.to_string().into_bytes());
        }
        self.exchange(&request)
    }

    /// What it has at a path.
    pub fn get(&self, path: &str) -> Response {
        self.send(Method::Get, path, None)
    }

    /// What comes of a body that is posted.
    pub fn post(&self, path: &str, body: &Value) -> Response {
        self.send(Method::Post, path, Some(body))
    }

    /// Makes a stream, and tells its OCID.
    pub fn stream(&self, name: &str, partitions: u32) -> String {
        let details = json!({"name": name, "partitions": partitions, "compartmentId": COMPARTMENT});
        let made = self.post("/20180418/streams", &details);
        assert_eq!(made.status, 200, "{}", text_of(&made));
        text(&body_of(&made)["id"])
    }

    /// What it counts.
    pub fn metrics(&self) -> String {
        text_of(&self.get("/metrics"))
    }

    /// The memory that it holds, in bytes.
    pub fn memory_bytes(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let mut lines = status.lines();
        let line = lines.find(|line| line.starts_with("VmRSS")).unwrap();
        let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        kib * 1024
    }

    /// Sends it a signal, by a name as `-TERM`.
    pub fn signal(&self, name: &str) {
        signal(name, self.id());
    }

    /// Waits until it has ended.
    pub fn ended(&mut self) -> ExitStatus {
        wait(&mut self.process).expect("the server does not end")
    }

    /// Ends it well.
    pub fn stop(mut self) {
        self.signal("-TERM");
        assert!(self.ended().success());
    }

    /// Ends it as the system would for want of memory.
    pub fn kill(mut self) {
        self.signal("-KILL");
        self.ended();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The body of a response as a text.
pub fn text_of(response: &Response) -> String {
    String::from_utf8(response.body.clone()).unwrap()
}

/// The body of a response as JSON.
pub fn body_of(response: &Response) -> Value {
    serde_json::from_slice(&response.body).unwrap()
}

/// Sends a request without a signature, and gets the status and the body, unless the server is gone. A body that is no
/// JSON comes as a text.
pub fn ask(address: &str, (method, target): (&str, &str), body: &Value) -> Option<(u16, Value)> {
    let body = match body {
        Value::Null => String::new(),
        body => body.to_string(),
    };
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let length = body.len();
    write!(
        stream,
        "{method} {target} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .ok()?;
    let mut reply = String::new();
    stream.read_to_string(&mut reply).ok()?;
    let (head, body) = reply.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let body = serde_json::from_str(body).unwrap_or_else(|_| Value::String(body.to_owned()));
    Some((status, body))
}
