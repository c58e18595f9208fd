//! The same where a server has the data folder: it moves by itself, and the official SDK does every operation.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::bench::{text, value_of};
use crate::program::Program;

const PATIENCE: Duration = Duration::from_secs(30);

/// A server on the folder of a program, which ends with the value.
struct Server {
    process: Child,
    /// Its host and port.
    address: String,
}

impl Server {
    fn of(program: &Program, options: &str) -> Self {
        let line = format!(
            "serve --http 127.0.0.1:0 --kafka 127.0.0.1:0 --stomp 127.0.0.1:0 --log error {options}"
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
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// Looks again until there is something.
fn until<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "nothing came");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_server_moves_by_itself_at_once_and_when_time_comes() {
    let program = Program::new();
    let orders = program.data("streaming admin stream create --name orders --partitions 1");
    program.data("streaming admin stream create --name copy --partitions 1");
    let _server = Server::of(&program, "--object-store lake");
    let create = "sch service-connector create --display-name";
    let source = "--source '{\"kind\": \"streaming\", \"streamId\": \"orders\"}'";
    program.data(&format!(
        "{create} copy {source} --target '{{\"kind\": \"streaming\", \"streamId\": \"copy\"}}'"
    ));
    program.data(&format!(
        "{create} lake {source} --target '{{\"kind\": \"objectStorage\", \"bucketName\": \"b\"}}'"
    ));
    program.data(
        "streaming stream message put --stream-id orders --messages '[{\"key\": null, \"value\": \"dg==\"}]'",
    );
    let cursor = program.data(
        "streaming stream cursor create-cursor --stream-id copy --partition 0 --type TRIM_HORIZON",
    );
    let cursor = text(&cursor["value"]);
    let get = format!("streaming stream message get --stream-id copy --cursor {cursor}");
    let copied = until(|| program.data(&get).get(0).cloned());
    assert_eq!(value_of(&copied), "v");
    assert_eq!(program.objects("lake").len(), 0);
    program.data("local clock advance 7m");
    let objects = until(|| Some(program.objects("lake")).filter(|objects| !objects.is_empty()));
    assert_eq!(value_of(&objects[0].1[0]), "v");

    // Metrics come a minute at a time.
    program.data("local function add --name count --exec cat");
    program.data(&format!(
        "{create} metrics --source '{{\"kind\": \"monitoring\", \"monitoringSources\": [{{\"compartmentId\": \
         \"{}\", \"namespaceDetails\": {{\"kind\": \"selected\", \"namespaces\": [{{\"namespace\": \
         \"oci_streaming\", \"metrics\": {{\"kind\": \"all\"}}}}]}}}}]}}' --target \
         '{{\"kind\": \"functions\", \"functionId\": \"count\", \"batchTimeInSec\": 1}}'",
        text(&orders["compartment-id"])
    ));
    program.data(
        "streaming stream message put --stream-id orders --messages '[{\"key\": null, \"value\": \"dg==\"}]'",
    );
    program.data("local clock advance 70s");
    let run = until(|| program.data("local function logs count").get(0).cloned());
    assert!(
        run["output"]
            .as_str()
            .unwrap()
            .contains("\"name\":\"PutMessages\""),
        "{run}"
    );

    // A followed file is looked at although nobody calls.
    let file = program.write("web.jsonl", "");
    program.data(&format!(
        "local log add --log-id ocid1.log.oc1..web --log-group-id ocid1.loggroup.oc1..g --file {file}"
    ));
    program.data("local function add --name keep --exec cat");
    program.data(&format!(
        "{create} log --source '{{\"kind\": \"logging\", \"logSources\": [{{\"compartmentId\": \"x\", \
         \"logGroupId\": \"ocid1.loggroup.oc1..g\"}}]}}' --target \
         '{{\"kind\": \"functions\", \"functionId\": \"keep\", \"batchSizeInNum\": 1}}'"
    ));
    program.write("web.jsonl", "{\"n\": 1}\n");
    let run = until(|| program.data("local function logs keep").get(0).cloned());
    assert!(run["output"].as_str().unwrap().contains("\"n\":1"), "{run}");
}

#[test]
fn the_sdk_does_every_operation() {
    let Some(python) = std::env::var_os("OCELOT_PYTHON") else {
        eprintln!("OCELOT_PYTHON is not set: there is no SDK to ask");
        return;
    };
    let program = Program::new();
    let stream = program.data("streaming admin stream create --name orders --partitions 1");
    let server = Server::of(&program, "");
    let tests = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");
    let mut command = Command::new(python);
    command
        .arg(format!("{tests}/connectors/sdk.py"))
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
