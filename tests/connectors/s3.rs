//! Objects in a store that speaks S3, which is a real server: names, contents, and what happens when it refuses or
//! is away.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use test_support::{Python, awaited, finish};

use crate::bench::{Object, lines, text, value_of};
use crate::program::Program;

/// The server, which ends with the value.
struct S3 {
    process: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    address: String,
    key_id: String,
    secret: String,
}

impl S3 {
    /// A server on a port, or on any for 0; nothing where there is no Python for it.
    fn on(port: u16) -> Option<Self> {
        let mut script = Python::find()?.script("tests/connectors/s3_server.py");
        let mut process = script
            .arg(port.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let stdin = process.stdin.take().unwrap();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        let mut told = String::new();
        stdout.read_line(&mut told).unwrap();
        let mut words = told.split_whitespace().map(str::to_owned);
        let mut next = || words.next().unwrap();
        Some(Self {
            address: next(),
            key_id: next(),
            secret: next(),
            process,
            stdin,
            stdout,
        })
    }

    fn port(&self) -> u16 {
        self.address.rsplit_once(':').unwrap().1.parse().unwrap()
    }

    /// Has it do something, and tells what it answers.
    fn ask(&mut self, what: &str) -> String {
        writeln!(self.stdin, "{what}").unwrap();
        let mut told = String::new();
        self.stdout.read_line(&mut told).unwrap();
        assert!(told.ends_with('\n'), "the S3 server is gone");
        told
    }

    /// The objects in its bucket.
    fn objects(&mut self) -> Vec<Object> {
        let told = self.ask("list");
        let objects: Value = serde_json::from_str(&told).unwrap();
        let objects = objects.as_object().unwrap().iter();
        let read = |content: &Value| lines(&STANDARD.decode(content.as_str().unwrap()).unwrap());
        objects
            .map(|(name, content)| (name.clone(), read(content)))
            .collect()
    }

    /// The values of the messages in them.
    fn values(&mut self) -> Vec<String> {
        let records = self.objects().into_iter().flat_map(|(_, records)| records);
        records.map(|record| value_of(&record)).collect()
    }

    /// What lets the program use the bucket.
    fn settings(&self) -> [(&'static str, &str); 6] {
        [
            ("OCELOT_OBJECT_STORE", "s3://lake/raw"),
            ("AWS_ENDPOINT_URL", &self.address),
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", &self.key_id),
            ("AWS_SECRET_ACCESS_KEY", &self.secret),
        ]
    }

    /// A line of the program that may use the bucket, with other settings in place of these.
    fn run(&self, program: &Program, line: &str, settings: &[(&str, &str)]) -> String {
        let mut command = program.command(line);
        command.envs(self.settings()).envs(settings.iter().copied());
        let output = finish(command);
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{told}");
        told
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// A program with a connector from the stream `orders` to the bucket `archive`, and the connector's OCID.
fn with_connector() -> (Program, String) {
    let program = Program::new();
    let id = connect(&program);
    (program, id)
}

/// Makes that connector.
fn connect(program: &Program) -> String {
    program.data("local clock set 2026-03-14T01:02:03Z --frozen");
    program.data("streaming admin stream create --name orders --partitions 1");
    program.data(
        "sch service-connector create --display-name lake --source \
         '{\"kind\": \"streaming\", \"streamId\": \"orders\"}' --target \
         '{\"kind\": \"objectStorage\", \"bucketName\": \"archive\", \"batchRolloverTimeInMs\": 1000}'",
    );
    let list = program.data("sch service-connector list");
    text(&list["items"][0]["id"])
}

fn put(program: &Program, value: &str) {
    let value = STANDARD.encode(value);
    program.data(&format!(
        "streaming stream message put --stream-id orders --messages '[{{\"key\": null, \"value\": \"{value}\"}}]'"
    ));
}

fn details(program: &Program) -> String {
    let shown = program.data("sch service-connector get --service-connector-id lake");
    assert_eq!(shown["lifecycle-state"], "NEEDS_ATTENTION");
    text(&shown["lifecycle-details"])
}

#[test]
fn objects_have_their_names_and_contents_in_a_bucket() {
    let Some(mut s3) = S3::on(0) else { return };
    let (program, id) = with_connector();
    put(&program, "one");
    put(&program, "two");
    assert_eq!(s3.run(&program, "local clock advance 1s", &[]), "");
    let objects = s3.objects();
    let times = "20260314T010203Z_20260314T010203Z";
    let name = |number: u32| format!("raw/local/archive/{id}/0/{times}.{number}.data.gz");
    assert_eq!(objects.len(), 1, "{objects:?}");
    assert_eq!(objects[0].0, name(0));
    let values: Vec<String> = objects[0].1.iter().map(value_of).collect();
    assert_eq!(values, ["one", "two"]);

    // Another batch of the same second gets the next name, also where a store cannot tell of the first by itself.
    for (number, settings) in [(1, &[][..]), (2, &[("AWS_CONDITIONAL_PUT", "disabled")])] {
        program.data("local clock set 2026-03-14T01:02:03Z --frozen");
        put(&program, "more");
        assert_eq!(s3.run(&program, "local clock advance 1s", settings), "");
        let objects = s3.objects();
        assert_eq!(objects.last().unwrap().0, name(number));
        assert_eq!(value_of(&objects.last().unwrap().1[0]), "more");
    }
}

#[test]
fn a_store_that_refuses_is_told_of_and_gets_everything_later() {
    let Some(mut s3) = S3::on(0) else { return };
    let (program, _) = with_connector();
    put(&program, "one");
    let wrong_key = [("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")];
    let told = s3.run(&program, "local clock advance 1s", &wrong_key);
    assert!(told.contains("cannot be stored"), "{told}");
    assert!(
        details(&program).contains("InvalidAccessKeyId"),
        "{}",
        details(&program)
    );
    let wrong_bucket = [("OCELOT_OBJECT_STORE", "s3://pond")];
    s3.run(&program, "local clock advance 10m", &wrong_bucket);
    assert!(
        details(&program).contains("NoSuchBucket"),
        "{}",
        details(&program)
    );
    assert!(s3.objects().is_empty());
    put(&program, "two");
    assert_eq!(s3.run(&program, "local clock advance 10m", &[]), "");
    assert_eq!(s3.run(&program, "local clock advance 10m", &[]), "");
    assert_eq!(s3.values(), ["one", "two"]);
    let shown = program.data("sch service-connector get --service-connector-id lake");
    assert_eq!(shown["lifecycle-details"], Value::Null);
}

#[test]
fn a_store_that_was_away_gets_everything_when_it_is_back() {
    let Some(s3) = S3::on(0) else { return };
    let (program, _) = with_connector();
    put(&program, "one");
    let port = s3.port();
    let mut away = s3;
    away.process.kill().unwrap();
    away.process.wait().unwrap();
    let told = away.run(
        &program,
        "local clock advance 1s --delivery-timeout 20",
        &[],
    );
    assert!(told.contains("cannot be stored"), "{told}");
    assert!(details(&program).contains("cannot be stored"));
    put(&program, "two");
    let Some(mut back) = S3::on(port) else { return };
    for _ in 0..2 {
        assert_eq!(back.run(&program, "local clock advance 10m", &[]), "");
    }
    assert_eq!(back.values(), ["one", "two"]);
}

#[test]
fn a_server_stores_by_itself_also_after_the_store_was_away() {
    let Some(mut s3) = S3::on(0) else { return };
    let settings = s3.settings().into_iter();
    let program = settings.fold(Program::new(), |program, (name, value)| {
        program.variable(name, value)
    });
    let id = connect(&program);
    let server = program.serve("");
    put(&program, "one");
    program.data("local clock advance 1s");
    let stored = awaited("an object", || {
        Some(s3.values()).filter(|all| !all.is_empty())
    });
    assert_eq!(stored, ["one"]);
    let times = "20260314T010203Z_20260314T010203Z";
    let name = format!("raw/local/archive/{id}/0/{times}.0.data.gz");
    assert_eq!(s3.objects()[0].0, name);

    s3.ask("away");
    put(&program, "two");
    program.data("local clock advance 1s");
    let get = "sch service-connector get --service-connector-id lake";
    let shown = awaited("a failure", || {
        Some(program.data(get)).filter(|shown| shown["lifecycle-state"] == "NEEDS_ATTENTION")
    });
    let told = text(&shown["lifecycle-details"]);
    assert!(told.contains("cannot be stored"), "{told}");
    // Neither forgets, nor the process that has taken the batch.
    server.kill();
    let _server = program.serve("");
    put(&program, "three");
    s3.ask("back");
    program.data("local clock advance 10m");
    for (count, wanted) in [(2, "two"), (3, "three")] {
        let stored = awaited(wanted, || {
            Some(s3.values()).filter(|values| values.len() >= count)
        });
        assert_eq!(stored[count - 1..], [wanted]);
        // What came last begins to gather when the batch before it has arrived.
        program.data("local clock advance 1s");
    }
    let shown = program.data(get);
    assert_eq!(shown["lifecycle-state"], "ACTIVE");
    assert_eq!(shown["lifecycle-details"], Value::Null);
}
