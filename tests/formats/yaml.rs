//! What PyYAML, which follows YAML 1.1, reads of the YAML that is written.

use std::io::Write;
use std::process::{Command, Stdio};

use ocelot::output::{self, Format, Style};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

/// Text that readers of YAML are known to take for something else.
const ODD: &[&str] = &[
    "",
    " ",
    "  a",
    "a ",
    "\n",
    "a\n",
    "a\n\n",
    "\na",
    " \n a",
    "a\nb",
    "a\n b\n",
    "\ta",
    "a\tb\n",
    "a\r\nb",
    "yes",
    "No",
    "on",
    "OFF",
    "y",
    "N",
    "true",
    "False",
    "null",
    "Null",
    "~",
    "NULL",
    "1",
    "-1",
    "+1",
    "0o7",
    "007",
    "08",
    "0x1F",
    "0b1",
    "1_000",
    "1e3",
    "1.5",
    "1.",
    ".5",
    ".inf",
    "-.INF",
    ".nan",
    "1:30",
    "190:20:30.15",
    "2026-03-14",
    "2026-3-14",
    "2026-03-14T01:02:03Z",
    "2026-03-14 01:02:03 +1",
    "=",
    "<<",
    "- a",
    "-",
    "--",
    "---",
    "...",
    "--- a",
    "? a",
    "?",
    ": a",
    ":",
    "a:",
    "a: b",
    "a #b",
    "#a",
    "a#b",
    "!a",
    "!!str a",
    "&a",
    "*a",
    "%a",
    "@a",
    "`a`",
    "|",
    ">",
    "|-",
    ">2",
    "[a",
    "]",
    "{a",
    "}",
    ",",
    ", a",
    "'a'",
    "\"a\"",
    "a\"b'c",
    "\\",
    "\\n",
    "ü",
    "日本",
    "😀",
    "\u{feff}",
    "\u{feff}a",
    "\u{85}",
    "\u{2028}",
    "\u{2029}a",
    "\u{7f}",
    "\u{0}",
    "\u{1b}[0m",
    "\u{a0}",
    "\u{e000}",
    "\u{fffd}",
    "\u{fffe}",
    "a\u{85}b",
    "a\nb\u{2028}c",
    "\u{200b}",
    "a\n\u{1}",
    "a\n\t\n",
    "a\n   ",
    "   a\nb",
    "Key: |\n  block\n",
    "a\n---\nb",
    "a\n...\nb",
    "# a\nb",
    "a\n#b",
    "ocid1.stream.oc1.phx.amaaaaaa",
];

fn python() -> std::ffi::OsString {
    std::env::var_os("OCELOT_PYTHON").unwrap_or_else(|| "python3".into())
}

/// The data of a document as PyYAML reads it; nothing where there is no Python, or no PyYAML. `tests/run` names
/// one that has it in `OCELOT_PYTHON`.
fn read_back(yaml: &str) -> Option<Value> {
    const READ: &str = "import json, sys, yaml\n\
        json.dump(yaml.safe_load(sys.stdin.buffer.read().decode('utf-8')), sys.stdout)";
    let there = Command::new(python())
        .args(["-c", "import yaml"])
        .stderr(Stdio::null())
        .status();
    if !there.is_ok_and(|status| status.success()) {
        eprintln!("not compared: there is no Python with PyYAML");
        return None;
    }
    let mut child = Command::new(python())
        .args(["-c", READ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(yaml.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{yaml}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

fn check(data: &Value) {
    let format = Format::new(Style::Yaml, None, false).unwrap();
    let yaml = output::envelope(data.clone(), &format).unwrap().stdout;
    if let Some(read) = read_back(&yaml) {
        let differing = find_difference(&read["data"], data);
        assert!(differing.is_none(), "{differing:?}");
    }
}

/// The first scalars that differ.
fn find_difference(read: &Value, wanted: &Value) -> Option<(Value, Value)> {
    match (read, wanted) {
        (Value::Array(read), Value::Array(wanted)) if read.len() == wanted.len() => read
            .iter()
            .zip(wanted)
            .find_map(|(read, wanted)| find_difference(read, wanted)),
        (read, wanted) if read == wanted => None,
        (read, wanted) => Some((read.clone(), wanted.clone())),
    }
}

#[test]
fn odd_text_is_read_back_as_it_was() {
    let texts = ODD
        .iter()
        .map(|text| json!([text, {*text: text, "in": [[text]]}]));
    check(&texts.collect());
}

#[test]
fn any_data_is_read_back_as_it_was() {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        proptest::num::f64::NORMAL.prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[-+0-9.:_eExobTZ ]{1,12}".prop_map(Value::from),
        "[ \\n\\ta#:'\"|>-]{0,12}".prop_map(Value::from),
    ];
    let value = leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(".{0,8}", inner, 0..5)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    });
    let mut runner = TestRunner::deterministic();
    let values = (0..3_000).map(|_| value.new_tree(&mut runner).unwrap().current());
    check(&values.collect());
}
