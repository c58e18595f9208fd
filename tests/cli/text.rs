//! Messages as plain text, in and out.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::Stdio;

use serde_json::Value;

use crate::sandbox::{Run, Sandbox};

const PUT: &str = "streaming stream message put --stream-id orders";

/// A stream of one partition, in which everything stays in order.
fn with_one_partition() -> Sandbox {
    let sandbox = Sandbox::frozen();
    sandbox.data("streaming admin stream create --name orders --partitions 1");
    sandbox
}

fn put<'s>(sandbox: &'s Sandbox, options: &str) -> Run<'s> {
    sandbox.ocelot(&format!("{PUT} {options}"))
}

/// What a run that puts lines prints when they all go to the one partition.
fn summary(first: u64, messages: u64) -> String {
    let last = first + messages - 1;
    format!(
        "{{\n  \"data\": {{\n    \"messages\": {messages},\n    \"partitions\": [\n      {{\n        \
         \"first-offset\": {first},\n        \"last-offset\": {last},\n        \"messages\": {messages},\n        \
         \"partition\": \"0\"\n      }}\n    ]\n  }}\n}}\n"
    )
}

/// The bytes that `message get --decode` prints.
fn decoded(sandbox: &Sandbox) -> Vec<u8> {
    let cursor = sandbox.cursor(0);
    let get = format!("streaming stream message get --stream-id orders --decode --cursor {cursor}");
    sandbox.ocelot(&get).output().stdout
}

/// The keys and values that are in the stream.
fn stored(sandbox: &Sandbox) -> Vec<(Value, Value)> {
    let cursor = sandbox.cursor(0);
    let get = format!("streaming stream message get --stream-id orders --cursor {cursor}");
    let reply: Value = serde_json::from_str(&sandbox.data(&get)).unwrap();
    let messages = reply["data"].as_array().unwrap().iter();
    messages
        .map(|message| (message["key"].clone(), message["value"].clone()))
        .collect()
}

#[test]
fn text_is_put_and_read_as_it_is() {
    let sandbox = with_one_partition();
    put(
        &sandbox,
        "--text hello --text 'grüße' --text '' --key k --query data.entries[].offset",
    )
    .stdout("[\n  0,\n  1,\n  2\n]\n")
    .check();
    assert_eq!(decoded(&sandbox), "hello\ngrüße\n\n".as_bytes());
    assert_eq!(stored(&sandbox)[0], ("aw==".into(), "aGVsbG8=".into()));
}

#[test]
fn lines_are_put_however_they_end() {
    let sandbox = with_one_partition();
    put(&sandbox, "")
        .stdin("a\r\nb\n\nc\rd")
        .stdout(&summary(0, 4))
        .check();
    assert_eq!(decoded(&sandbox), b"a\nb\n\nc\rd\n");
    put(&sandbox, "--file -")
        .stdin("e")
        .stdout(&summary(4, 1))
        .check();
    sandbox.write("lines.txt", "f\ng\n");
    for file in ["lines.txt", "~/lines.txt", "file://lines.txt"] {
        let mut run = put(&sandbox, &format!("--file {file} --query data.messages"));
        assert_eq!(run.output().stdout, b"2\n", "{file}");
    }
}

#[test]
fn keys_come_from_the_line_or_from_each_line() {
    let sandbox = with_one_partition();
    put(&sandbox, "--key k")
        .stdin("a\n")
        .stdout(&summary(0, 1))
        .check();
    put(&sandbox, "--file - --key-separator ::")
        .stdin("x::1\ny::2::3\n::4\n")
        .stdout(&summary(1, 3))
        .check();
    assert_eq!(decoded(&sandbox), b"a\n1\n2::3\n4\n");
    let keys: Vec<Value> = stored(&sandbox).into_iter().map(|(key, _)| key).collect();
    assert_eq!(
        keys[..3],
        [Value::from("aw=="), "eA==".into(), "eQ==".into()]
    );
}

#[test]
fn equal_keys_stay_together() {
    let sandbox = Sandbox::with_orders();
    let lines: String = (0..30)
        .map(|number| format!("k{}={number}\n", number % 3))
        .collect();
    let mut run = put(&sandbox, "--key-separator =").stdin(lines);
    let reply: Value = serde_json::from_slice(&run.output().stdout).unwrap();
    assert_eq!(reply["data"]["messages"], 30);
    let mut partitions: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for partition in 0..3 {
        let cursor = sandbox.cursor(partition);
        let get = format!(
            "streaming stream message get --stream-id orders --cursor {cursor} --query data[].key"
        );
        let mut run = sandbox.ocelot(&get);
        let keys: Vec<String> = serde_json::from_slice(&run.output().stdout).unwrap_or_default();
        for key in keys {
            partitions.entry(key).or_default().push(partition);
        }
    }
    assert_eq!(partitions.len(), 3);
    for (key, partitions) in partitions {
        assert_eq!(partitions, vec![partitions[0]; 10], "{key}");
    }
}

#[test]
fn a_line_that_cannot_be_put_stops_with_a_count() {
    let sandbox = with_one_partition();
    put(&sandbox, "--key-separator =")
        .stdin("a=1\nb=2\nno key\nc=3\n")
        .status(1)
        .stderr("UsageError: line 3 has no \"=\" between a key and a value (2 messages were put)\n")
        .check();
    put(&sandbox, "--key-separator =")
        .stdin(format!("{}=a\n", "k".repeat(257)))
        .status(1)
        .stderr(
            "UsageError: line 1 has a key of 257 bytes, and a key can have 256 at most (0 messages were put)\n",
        )
        .check();
    let mut lines = b"short\n".to_vec();
    lines.extend(vec![b'x'; 1024 * 1024 + 1]);
    put(&sandbox, "")
        .stdin(lines)
        .status(1)
        .stderr(
            "UsageError: line 2 is too long: a message can have 1 MiB at most, with its key (1 message was put)\n",
        )
        .check();
    assert_eq!(decoded(&sandbox), b"1\n2\nshort\n");
}

#[test]
fn a_refusal_on_the_way_tells_how_far_it_came() {
    let sandbox = with_one_partition();
    let mut command = sandbox.command();
    command.args(PUT.split(' ')).stdin(Stdio::piped());
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // A line is put as soon as it comes, though more may follow.
    for (line, count) in [("one", 1), ("two", 2)] {
        writeln!(stdin, "{line}").unwrap();
        while stored(&sandbox).len() < count {
            std::thread::yield_now();
        }
    }
    sandbox.data("streaming admin stream delete --stream-id orders --force");
    writeln!(stdin, "three").unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(output.stdout.is_empty());
    assert!(
        told.starts_with("2 messages were put before this:\nServiceError:\n"),
        "{told}"
    );
}

#[cfg(unix)]
#[test]
fn a_line_without_end_does_not_fill_the_memory() {
    let sandbox = with_one_partition();
    put(&sandbox, "--file /dev/zero")
        .status(1)
        .stderr_has(["line 1 is too long"])
        .check();
}

#[test]
fn a_message_of_the_greatest_size_is_put_and_read() {
    let sandbox = with_one_partition();
    let line = vec![b'x'; 1024 * 1024];
    for end in ["", "\n", "\r\n"] {
        let mut line = line.clone();
        line.extend(end.bytes());
        let mut run = put(&sandbox, "--query data.messages").stdin(line);
        assert_eq!(run.output().stdout, b"1\n", "{end:?}");
    }
    assert!(decoded(&sandbox).starts_with(&line));
}

#[test]
fn more_than_fits_into_a_request_goes_into_several() {
    let sandbox = with_one_partition();
    let line = "y".repeat(100_000);
    let lines = format!("{line}\n").repeat(35);
    put(&sandbox, "")
        .stdin(lines.clone())
        .stdout(&summary(0, 35))
        .check();
    let lines = "z\n".repeat(20_000);
    put(&sandbox, "")
        .stdin(lines)
        .stdout(&summary(35, 20_000))
        .check();
}

#[test]
fn values_that_are_not_text_go_in_and_out_unchanged() {
    let sandbox = with_one_partition();
    let bytes = b"\xff\xfe\x00z\n\x80\n";
    put(&sandbox, "")
        .stdin(&bytes[..])
        .stdout(&summary(0, 2))
        .check();
    assert_eq!(decoded(&sandbox), bytes);
    assert_eq!(stored(&sandbox)[0].1, "//4Aeg==");
}

#[test]
fn nothing_to_put_is_told() {
    let sandbox = with_one_partition();
    let missing = "Missing option(s) --messages. Messages can also be given with --text or --file, or piped in.";
    put(&sandbox, "").status(1).stderr_has([missing]).check();
    put(&sandbox, "--key k")
        .status(1)
        .stderr_has([missing])
        .check();
    let empty = "{\n  \"data\": {\n    \"messages\": 0,\n    \"partitions\": []\n  }\n}\n";
    put(&sandbox, "--file -").stdout(empty).check();
    put(&sandbox, "--file nothing")
        .status(1)
        .stderr("Error: cannot read nothing: No such file or directory (os error 2)\n")
        .check();
    put(&sandbox, "--file .")
        .status(1)
        .stderr("Error: cannot read .: Is a directory (os error 21)\n")
        .check();
}

#[test]
fn what_does_not_go_together_is_refused() {
    let sandbox = with_one_partition();
    for (options, told) in [
        ("--text a --messages []", "'--messages <JSON>'"),
        ("--text a --file b", "'--file <FILE>'"),
        ("--key a --messages []", "'--messages <JSON>'"),
        ("--key a --key-separator =", "'--key-separator <TEXT>'"),
        ("--text a --key-separator =", "'--key-separator <TEXT>'"),
        ("--key-separator= --file -", "--key-separator is empty"),
    ] {
        put(&sandbox, options).status(2).stderr_has([told]).check();
    }
    let get = "streaming stream message get --stream-id orders --cursor c --decode";
    for option in ["--query data", "--output table"] {
        let flag = option.split(' ').next().unwrap();
        let run = sandbox.ocelot(&format!("{get} {option}")).status(2);
        run.stderr_has(["--decode prints text as it is", flag])
            .check();
    }
}

#[test]
fn text_in_the_place_of_base64_is_shown_encoded() {
    let sandbox = with_one_partition();
    put(&sandbox, "--messages")
        .args([r#"[{"value": "plain text"}]"#])
        .refused(
            400,
            "InvalidParameter",
            "Unable to parse JSON body: messages[0].value must be base64, and plain text is not. \
             Encoded it is cGxhaW4gdGV4dA==",
        )
        .check();
}

#[test]
fn decode_prints_the_next_cursor_on_stderr() {
    let sandbox = with_one_partition();
    let cursor = sandbox.cursor(0);
    let get = format!("streaming stream message get --stream-id orders --decode --cursor {cursor}");
    let run = sandbox.ocelot(&get);
    run.stderr_has(["opc-next-cursor: "]).check();
    sandbox
        .ocelot("streaming stream message get --stream-id orders --decode --cursor bogus")
        .refused(
            400,
            "InvalidParameter",
            "The cursor is invalid. Create a new one.",
        )
        .check();
}
