//! Traces of a folder that a server has.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::receiver::Receiver;
use crate::sandbox::{Sandbox, string};

const PATIENCE: Duration = Duration::from_secs(30);

/// A server on the folder of a sandbox, which ends with the value.
struct Server {
    process: Child,
    /// Its host and port.
    address: String,
}

impl Server {
    fn of(sandbox: &Sandbox) -> Self {
        let line = "serve --http 127.0.0.1:0 --kafka 127.0.0.1:0 --stomp 127.0.0.1:0 --log error";
        let mut command = sandbox.command(line);
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

    /// Sends a request, and gets the head and the body of the reply.
    fn post(&self, target: &str, body: &Value) -> (String, Value) {
        let body = body.to_string();
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(
            stream,
            "POST {target} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        )
        .unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        let (head, body) = reply.split_once("\r\n\r\n").unwrap();
        (
            head.to_owned(),
            serde_json::from_str(body).unwrap_or_default(),
        )
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// The trace with this id when all has arrived.
fn delivered(sandbox: &Sandbox, id: &str) -> Value {
    let begun = Instant::now();
    let mut trace = sandbox.trace(id);
    while trace["result"] != "delivered" && begun.elapsed() < PATIENCE {
        thread::sleep(Duration::from_millis(20));
        trace = sandbox.trace(id);
    }
    assert_eq!(trace["result"], "delivered", "{trace}");
    trace
}

#[test]
fn an_event_is_followed_through_a_server() {
    let sandbox = Sandbox::with_alerts();
    let receiver = Receiver::accepting();
    sandbox.subscribe("CUSTOM_HTTPS", &receiver.url);
    let _server = Server::of(&sandbox);
    sandbox.data(
        "events rule create --display-name topics --is-enabled true --condition '{}' --actions \
         '{\"actions\": [{\"actionType\": \"ONS\", \"isEnabled\": true, \"topicId\": \"alerts\"}]}'",
    );
    sandbox.data("ons topic create --name more");
    let newest = sandbox.data("local trace --limit 1");
    assert_eq!(
        newest[0]["source"],
        "com.oraclecloud.notification.createtopic more"
    );
    let trace = delivered(&sandbox, &string(&newest[0]["id"]));
    let kinds = trace["hops"].as_array().unwrap().iter();
    let kinds: Vec<String> = kinds.map(|hop| string(&hop["kind"])).collect();
    assert_eq!(
        kinds,
        ["event", "rule", "action", "topic", "delivery", "attempt"]
    );
}

#[test]
fn a_message_is_followed_through_a_server() {
    let sandbox = Sandbox::with_alerts();
    let receiver = Receiver::accepting();
    sandbox.subscribe("CUSTOM_HTTPS", &receiver.url);
    let topic = string(&sandbox.data("ons topic list")[0]["topic-id"]);
    let server = Server::of(&sandbox);
    let target = format!("/20181201/topics/{topic}/messages");
    let (head, published) = server.post(&target, &json!({"body": "x"}));
    let id = string(&published["messageId"]);
    let trace = delivered(&sandbox, &id);
    let request_id = string(&trace["hops"][0]["request-id"]);
    assert!(head.contains(&request_id), "{head}");
    assert_eq!(sandbox.trace(&request_id), trace);
    assert_eq!(sandbox.data("local trace")[0]["id"], id);
    let told = sandbox.refusal("local trace nothing");
    assert!(told.contains("there is no trace of nothing"), "{told}");
    let table = sandbox.text(&format!("local trace {id} --output table"));
    assert!(table.contains("topic alerts"), "{table}");
}
