//! Notifications of a server: it delivers by itself, and its folder has one inbox.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::bench::text;
use crate::program::Program;
use crate::receiver::Receiver;

const PATIENCE: Duration = Duration::from_secs(30);

const COMPARTMENT: &str = "ocid1.compartment.oc1..shop";

/// A server on the folder of a program, which is killed with the value.
pub(crate) struct Server {
    process: Child,
    /// Its host and port.
    pub(crate) address: String,
}

impl Server {
    pub(crate) fn of(program: &Program, options: &str) -> Self {
        Self::at("127.0.0.1:0", program, options)
    }

    pub(crate) fn at(address: &str, program: &Program, options: &str) -> Self {
        let line = format!(
            "serve --http {address} --kafka 127.0.0.1:0 --stomp 127.0.0.1:0 --log error {options}"
        );
        let mut command = program.command(&line);
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
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

    fn ask(&self, method: &str, target: &str, body: &Value) -> (u16, Value) {
        ask(&self.address, (method, target), body).unwrap()
    }

    fn post(&self, target: &str, body: &Value) -> Value {
        let (status, reply) = self.ask("POST", target, body);
        assert!((200..300).contains(&status), "{target}: {status} {reply}");
        reply
    }

    /// Visits a link of a message, as a browser does.
    fn visit(&self, url: &str) -> (u16, Value) {
        let target = url.strip_prefix(&format!("http://{}", self.address));
        self.ask("GET", target.unwrap(), &Value::Null)
    }
}

/// Sends a request without a signature, and gets the status and the body, unless the server is gone.
pub(crate) fn ask(
    address: &str,
    (method, target): (&str, &str),
    body: &Value,
) -> Option<(u16, Value)> {
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
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Some((status, serde_json::from_str(body).unwrap_or_default()))
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

#[test]
fn a_webhook_gets_what_is_published_by_rest() {
    let program = Program::empty();
    let server = Server::of(&program, "");
    let receiver = Receiver::accepting();
    let topics = "/20181201/topics";
    let details = json!({"name": "alerts", "compartmentId": COMPARTMENT});
    let topic = text(&server.post(topics, &details)["topicId"]);
    let details = json!({"topicId": topic, "compartmentId": COMPARTMENT, "protocol": "CUSTOM_HTTPS",
                         "endpoint": receiver.url});
    server.post("/20181201/subscriptions", &details);
    let asked = receiver.next();
    let url = asked.header("x-oci-ns-confirmationurl");
    let (status, confirmed) = server.visit(url);
    assert_eq!((status, &confirmed["topicName"]), (200, &json!("alerts")));

    let message = json!({"title": "Disk", "body": "It is full."});
    server.post(&format!("{topics}/{topic}/messages"), &message);
    assert_eq!(receiver.next().body, "It is full.");
    let (status, _) = server.visit(&text(&confirmed["unsubscribeUrl"]));
    assert_eq!(status, 200);
}

#[test]
fn the_inbox_and_functions_of_a_served_folder_are_the_servers() {
    let program = Program::with_alerts();
    let server = Server::of(&program, "");
    let create = "ons subscription create --topic-id alerts --protocol EMAIL";
    program.data(&format!(
        "{create} --subscription-endpoint oncall@example.com"
    ));
    let list = program.data("local inbox list");
    let url = text(&list[0]["confirmation-url"]);
    assert!(url.contains(&server.address), "{url}");
    let shown = program.data("local inbox show 1");
    assert!(shown["text"].as_str().unwrap().contains(&url), "{shown}");
    let eml = program.run("local inbox show 1 --eml").stdout;
    assert!(eml.starts_with(b"From: "), "{eml:?}");
    let confirmed = program.data("local inbox confirm 1");
    assert_eq!(confirmed["topic-name"], "alerts");

    let added = program.data("local function add --name lab --exec cat");
    let functions = program.data("local function list");
    assert_eq!(functions, json!([added]));
    assert_eq!(program.data("local function logs lab"), json!([]));
    program.data("local function remove lab");
    for (line, status, told) in [
        ("local inbox show 99", 1, "the inbox has no message 99"),
        ("local function remove lab", 1, "there is no function lab"),
        (
            "ons topic list --allow-http --delivery-timeout 1",
            2,
            "makes the deliveries, and has no use for --delivery-timeout, --allow-http",
        ),
    ] {
        let output = program.command(line).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{line}: {stderr}");
        assert!(stderr.contains(told), "{stderr}");
    }
}

#[test]
fn a_delivery_is_tried_again_when_the_clock_is_moved() {
    let program = Program::with_alerts();
    let _server = Server::of(&program, "");
    let receiver = Receiver::answering("500 Internal Server Error");
    program.data(&format!(
        "ons subscription create --topic-id alerts --protocol CUSTOM_HTTPS --subscription-endpoint {}",
        receiver.url
    ));
    let first = receiver.next().body;
    // It is tried again right away, and then after a minute.
    assert_eq!(receiver.next().body, first);
    assert_eq!(program.under_way(), 1);
    // The server may not have noted yet that it failed, and then the minute begins when it does.
    let came = (0..100).any(|_| {
        program.data("local clock advance 61s");
        receiver.rest().iter().any(|again| again.body == first)
    });
    assert!(came);
}

#[test]
fn links_need_no_signature_where_callers_must_sign() {
    let program = Program::with_alerts();
    let server = Server::of(&program, "--auth verify");
    program.data(
        "ons subscription create --topic-id alerts --protocol EMAIL \
         --subscription-endpoint oncall@example.com",
    );
    let url = text(&program.data("local inbox list")[0]["confirmation-url"]);
    let target = "/20181201/topics?compartmentId=ocid1.tenancy.oc1..local";
    assert_eq!(server.ask("GET", target, &Value::Null).0, 401);
    assert_eq!(server.visit(&url.replace("token=", "token=0")).0, 400);
    assert_eq!(server.visit(&url).0, 200);
    let subscriptions = program.data("ons subscription list");
    assert_eq!(subscriptions[0]["lifecycle-state"], "ACTIVE");
}
