//! The same where a server has the data folder.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::bench::text;
use crate::program::Program;

/// A server on the folder of a program, which ends with the value.
struct Server {
    process: Child,
    /// Its host and port.
    address: String,
}

impl Server {
    fn of(program: &Program) -> Self {
        let line = "serve --http 127.0.0.1:0 --kafka 127.0.0.1:0 --stomp 127.0.0.1:0 --log error";
        let mut process = program
            .command(line)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
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
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

#[test]
fn commands_have_the_server_make_rules_and_emit_events() {
    let program = Program::new();
    program.data("local function add --name keep --exec cat");
    let _server = Server::of(&program);
    let (rule, warning) = program.told(
        "events rule create --display-name own --is-enabled true --condition \
         '{\"eventType\": \"com.oraclecloud.objectstorage.createobjct\"}' --actions \
         '{\"actions\": [{\"actionType\": \"FAAS\", \"functionId\": \"keep\", \"isEnabled\": true}]}'",
    );
    let message = text(&rule["lifecycle-message"]);
    assert_eq!(warning, format!("Warning: {message}\n"));
    assert!(
        message.contains("com.oraclecloud.objectstorage.createobject"),
        "{message}"
    );

    let emit = "local event emit --type com.oraclecloud.objectstorage.createobjct";
    let told = program.data(emit);
    assert_eq!(told["rules"][0]["display-name"], "own");
    // The server delivers by itself.
    let begun = Instant::now();
    let run = loop {
        let runs = program.data("local function logs keep");
        match runs.as_array().unwrap().first() {
            Some(run) => break run.clone(),
            None => assert!(begun.elapsed() < Duration::from_secs(30)),
        }
    };
    let event: Value = serde_json::from_str(run["output"].as_str().unwrap()).unwrap();
    assert_eq!(event, told["event"]);

    let told = program.fails("local event emit --event {}", 1);
    assert!(told.contains("event lacks cloudEventsVersion"), "{told}");
    let told = program.fails(&format!("{emit} --delivery-timeout 1"), 2);
    assert!(told.contains("has no use for --delivery-timeout"), "{told}");
    assert_eq!(program.data("events rule list")[0]["display-name"], "own");
    program.data("events rule delete --rule-id own --force");
    assert_eq!(program.data("local status")["resources"]["rules"], json!(0));
}

#[test]
fn the_sdk_does_every_operation() {
    let Some(python) = std::env::var_os("OCELOT_PYTHON") else {
        eprintln!("OCELOT_PYTHON is not set: there is no SDK to ask");
        return;
    };
    let program = Program::new();
    let stream = program.data("streaming admin stream create --name audit --partitions 1");
    let server = Server::of(&program);
    let tests = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");
    let mut command = Command::new(python);
    command
        .arg(format!("{tests}/events/sdk.py"))
        .arg(format!("http://{}", server.address))
        .arg(format!("{tests}/data/signing/keys/rsa.pkcs8.test-key.pem"))
        .arg(text(&stream["id"]))
        .env("HOME", program.path(""));
    let command = assert_cmd::Command::from_std(command);
    let output = { command }.timeout(Duration::from_secs(120)).output();
    let output = output.unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    assert_eq!(output.stdout, b"every operation answered\n");
}
