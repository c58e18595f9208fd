//! Functions that fail: what is told of it, and how often it is measured.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use serde_json::Value;

use crate::bench::text;
use crate::program::Program;

/// A server that answers each request with these bytes, and where it is.
fn server(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    // It ends with the process of the tests.
    thread::spawn(move || {
        for stream in listener.incoming() {
            respond(&mut stream.unwrap(), answer);
        }
    });
    format!("http://{address}/")
}

fn respond(stream: &mut TcpStream, answer: &str) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if line.trim().is_empty() {
            break;
        }
        if let Some(text) = line.to_lowercase().strip_prefix("content-length:") {
            length = text.trim().parse().unwrap();
        }
    }
    reader.read_exact(&mut vec![0; length]).unwrap();
    stream.write_all(answer.as_bytes()).unwrap();
}

/// Has a new function get a message by a connector; returns what is told of its failure, and the status of its run.
fn failure(program: &Program, name: &str, function: &str) -> (String, Value) {
    program.data(&format!("local function add --name {name} {function}"));
    program.data(&format!(
        "sch service-connector create --display-name {name} --source \
         '{{\"kind\": \"streaming\", \"streamId\": \"orders\"}}' --target \
         '{{\"kind\": \"functions\", \"functionId\": \"{name}\", \"batchTimeInSec\": 1}}'"
    ));
    program.data(
        "streaming stream message put --stream-id orders --messages '[{\"key\": null, \"value\": \"dg==\"}]'",
    );
    let (_, told) = program.told("local clock advance 1s --delivery-timeout 20");
    assert!(told.contains("not delivered"), "{told}");
    let get = format!("sch service-connector get --service-connector-id {name}");
    let shown = program.data(&get);
    assert_eq!(shown["lifecycle-state"], "NEEDS_ATTENTION");
    let runs = program.data(&format!("local function logs {name}"));
    program.data(&format!(
        "sch service-connector delete --service-connector-id {name} --force"
    ));
    (text(&shown["lifecycle-details"]), runs[0]["status"].clone())
}

#[test]
fn a_connector_tells_why_its_function_failed() {
    let program = Program::new();
    program.data("local clock set 2026-03-14T01:02:03Z --frozen");
    program.data("streaming admin stream create --name orders --partitions 1");
    let refusing = server("HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n");
    let breaking = server("HTTP/1.1 200 OK\r\ncontent-length: 10\r\nconnection: close\r\n\r\n[1,");
    let cases = [
        (
            "loud",
            "--exec 'echo first >&2; echo \"ValueError: no\" >&2; exit 3'".to_owned(),
            "ValueError: no",
            Value::from(3),
        ),
        (
            "silent",
            "--exec 'exit 4'".to_owned(),
            "its status is 4",
            Value::from(4),
        ),
        (
            "hanging",
            "--exec 'sleep 60' --timeout-in-seconds 1".to_owned(),
            "it did not end within its 1 s",
            Value::Null,
        ),
        (
            "refusing",
            format!("--url {refusing}"),
            "it answered 503 Service Unavailable",
            Value::from(503),
        ),
        (
            "breaking",
            format!("--url {breaking}"),
            "its answer broke off after 3 bytes",
            Value::from(200),
        ),
    ];
    for (name, function, reason, status) in cases {
        let (told, seen) = failure(&program, name, &function);
        let wanted = format!(
            "The function {name} failed: {reason}; ocelot local function logs {name} shows its output. Since"
        );
        assert!(told.starts_with(&wanted), "{told}");
        assert_eq!(seen, status, "{name}");
    }
    // Refusals are measured under the status that came, and all else under -1.
    let errors = program.data(
        "monitoring metric list --namespace oci_service_connector_hub --name ErrorsAtTarget \
         --compartment-id ocid1.tenancy.oc1..local",
    );
    let errors = errors.as_array().unwrap().iter();
    let codes: Vec<(&Value, &Value)> = errors
        .map(|one| {
            let dimensions = &one["dimensions"];
            (&dimensions["connectorName"], &dimensions["errorCode"])
        })
        .collect();
    assert!(
        codes.contains(&(&Value::from("refusing"), &Value::from("503"))),
        "{codes:?}"
    );
    assert_eq!(codes.len(), 5, "{codes:?}");
}
