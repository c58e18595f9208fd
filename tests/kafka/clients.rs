//! The clients that people use. Where one is not installed, its test says so and ends:
//! confluent-kafka and kafka-python in the Python that `OCELOT_PYTHON` names, kcat on the path, kafkajs in the
//! folder that `OCELOT_KAFKAJS` names (one with `node_modules`).

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::server::Server;

fn file(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/kafka")
        .join(name)
}

/// Runs a program against a server, which must say that all is well.
fn succeeds(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}\n{said}\n{errors}");
    said
}

fn python(script: &str) {
    let Some(python) = std::env::var_os("OCELOT_PYTHON") else {
        eprintln!("OCELOT_PYTHON is not set: {script} is not run");
        return;
    };
    let server = Server::start();
    let stream = server.create_stream("shared", 1);
    succeeds(Command::new(python).arg(file(script)).arg(server.kafka()));
    // Compressed batches among them.
    let messages = server.get(&stream, 0);
    let values: Vec<_> = messages
        .iter()
        .map(|message| message["value"].as_str().unwrap())
        .collect();
    assert_eq!(values.len(), 5, "{values:?}");
    assert!(values.iter().all(|value| *value == "Y29tcHJlc3NlZA=="));
}

#[test]
fn confluent_kafka() {
    python("confluent.py");
}

#[test]
fn kafka_python() {
    python("kafka_python.py");
}

/// Debian's kcat has librdkafka 2.0.2, which refuses malformed answers about versions, and compresses only for
/// brokers that tell of Produce from version 0 on.
#[test]
fn kcat() {
    if Command::new("kcat").arg("-V").output().is_err() {
        eprintln!("kcat is not installed: it is not run");
        return;
    }
    let server = Server::start();
    server.create_stream("s", 1);
    for codec in ["none", "gzip", "snappy", "lz4", "zstd"] {
        let mut producer = Command::new("kcat")
            .args([
                "-b",
                server.kafka(),
                "-t",
                "s",
                "-P",
                "-z",
                codec,
                "-k",
                "key",
                "-H",
                "h=x",
            ])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = producer.stdin.take().unwrap();
        input.write_all(codec.as_bytes()).unwrap();
        drop(input);
        assert!(producer.wait().unwrap().success());
    }
    let consume = [
        "-b",
        server.kafka(),
        "-t",
        "s",
        "-C",
        "-e",
        "-q",
        "-o",
        "beginning",
        "-f",
        "%o %k %h %s\n",
    ];
    let said = succeeds(Command::new("kcat").args(consume));
    assert_eq!(
        said,
        "0 key h=x none\n1 key h=x gzip\n2 key h=x snappy\n3 key h=x lz4\n4 key h=x zstd\n"
    );
    let queried = succeeds(Command::new("kcat").args(["-b", server.kafka(), "-Q", "-t", "s:0:0"]));
    assert_eq!(queried, "s [0] offset 0\n");
}

#[test]
fn kafkajs() {
    let Some(folder) = std::env::var_os("OCELOT_KAFKAJS") else {
        eprintln!("OCELOT_KAFKAJS is not set: kafkajs is not run");
        return;
    };
    let server = Server::start();
    let modules = Path::new(&folder).join("node_modules");
    let script = file("kafkajs.js");
    succeeds(
        Command::new("node")
            .arg(script)
            .arg(server.kafka())
            .env("NODE_PATH", modules)
            .env("KAFKAJS_NO_PARTITIONER_WARNING", "1"),
    );
}
