//! What may be typed for a value: JSON, files, times, choices, documents; and what may not.

use crate::sandbox::Sandbox;

const CREATE: &str = "streaming admin stream create --partitions 1 --name";
const TAGS: &str = "--query data.\"freeform-tags\".team --raw-output --freeform-tags";

#[test]
fn json_comes_inline_from_a_file_or_from_stdin() {
    let sandbox = Sandbox::new();
    let json = r#"{"team": "shop"}"#;
    let path = sandbox.write("tags.json", json);
    let relative = "file://tags.json".to_owned();
    let home = "file://~/tags.json".to_owned();
    let absolute = format!("file://{path}");
    let given = [
        json.to_owned(),
        absolute,
        relative,
        home,
        "-".to_owned(),
        "file://-".to_owned(),
    ];
    for (number, value) in given.iter().enumerate() {
        let run = sandbox.ocelot(&format!("{CREATE} s{number} {TAGS}"));
        run.args([value]).stdin(json).stdout("shop\n").check();
    }
}

#[test]
fn json_that_cannot_be_read_is_shown() {
    let sandbox = Sandbox::new();
    let line = format!("{CREATE} s --freeform-tags");
    let of = |value: &str, told: &str| {
        let told = format!("Parameter 'freeform_tags' must be in JSON format.\n{told}\n");
        sandbox
            .ocelot(&line)
            .args([value])
            .status(1)
            .stderr(&told)
            .check();
    };
    of("", "What was given is empty.");
    of("-", "What was given is empty.");
    of(
        "{team: shop}",
        "What was given cannot be read: key must be a string at line 1 column 2. It begins with: {team: shop}",
    );
    let long = "x".repeat(100_000);
    of(
        &long,
        &format!(
            "What was given cannot be read: expected value at line 1 column 1. It begins with: {}…",
            "x".repeat(60)
        ),
    );
    sandbox
        .ocelot(&line)
        .args(["file://nothing.json"])
        .status(1)
        .stderr("Error: cannot read nothing.json: No such file or directory (os error 2)\n")
        .check();
}

#[test]
fn json_of_another_shape_is_refused_by_the_engine() {
    let sandbox = Sandbox::new();
    for (value, told) in [
        ("[1]", "freeformTags must be a JSON object, not [1]"),
        ("\"x\"", "freeformTags must be a JSON object, not \"x\""),
        ("{\"a\": 1}", "freeformTags.a must be a string, not 1"),
    ] {
        let run = sandbox
            .ocelot(&format!("{CREATE} s --freeform-tags"))
            .args([value]);
        run.refused(400, "InvalidParameter", told).check();
    }
}

#[test]
fn very_deep_json_is_refused_without_harm() {
    let sandbox = Sandbox::new();
    let deep = "[".repeat(200_000);
    let path = sandbox.write("deep.json", deep);
    sandbox
        .ocelot(&format!("{CREATE} s --freeform-tags file://{path}"))
        .status(1)
        .stderr_has([
            "Parameter 'freeform_tags' must be in JSON format.",
            "recursion limit",
        ])
        .check();
}

#[test]
fn a_document_gives_what_the_line_does_not() {
    let sandbox = Sandbox::new();
    let create = "streaming admin stream create --query data.partitions --from-json";
    let run = |document: &str| sandbox.ocelot(create).args([document]);
    run(r#"{"name": "a", "partitions": 2}"#)
        .stdout("2\n")
        .check();
    run(r#"{"name": "b", "partitions": "3"}"#)
        .stdout("3\n")
        .check();
    run(r#"{"name": "c", "partitions": 1}"#)
        .args(["--partitions", "4"])
        .stdout("4\n")
        .check();
    run(r#"{"name": "d", "partitions": 1, "partitons": 9, "x": null}"#)
        .stdout("1\n")
        .stderr("Note: --from-json has partitons, x, which this command does not take; left out.\n")
        .check();
    run(r#"{"name": "e", "partitions": null}"#)
        .status(1)
        .stderr(
            "Usage: ocelot streaming admin stream create [OPTIONS]\n\nError: Missing option(s) --partitions.\n",
        )
        .check();
    run(r#"{"name": "e", "partitions": {"a": 1}}"#)
        .status(2)
        .stderr("Error: Invalid value for '--partitions': '{\"a\":1}' is not a valid integer.\n")
        .check();
    run("[1]")
        .status(1)
        .stderr(
            "Parameter 'from_json' must be in JSON format.\n\
             --from-json takes a JSON object with the options as keys, not [1].\n",
        )
        .check();
}

#[test]
fn a_document_takes_keys_in_both_spellings_and_flags() {
    let sandbox = Sandbox::with_orders();
    sandbox
        .ocelot("streaming admin stream delete --query data --from-json")
        .args([r#"{"stream-id": "orders", "force": "true"}"#])
        .stderr("Query returned empty result, no output to show.\n")
        .check();
}

#[test]
fn a_skeleton_can_be_filled_in_and_given_back() {
    let sandbox = Sandbox::new();
    let skeleton = sandbox.data("streaming admin stream create --generate-full-command-json-input");
    let mut document: serde_json::Value = serde_json::from_str(&skeleton).unwrap();
    let fields = document.as_object_mut().unwrap();
    for name in [
        "compartmentId",
        "streamPoolId",
        "waitForState",
        "definedTags",
    ] {
        fields.remove(name);
    }
    fields.insert("partitions".to_owned(), 2.into());
    fields.insert("retentionInHours".to_owned(), 24.into());
    let path = sandbox.write("stream.json", document.to_string());
    sandbox
        .ocelot(&format!(
            "streaming admin stream create --query data.partitions --from-json file://{path}"
        ))
        .stdout("2\n")
        .stderr(
            "Note: --max-wait-seconds counts only with --wait-for-state.\n\
             Note: --wait-interval-seconds counts only with --wait-for-state.\n",
        )
        .check();
}

#[test]
fn choices_may_be_written_in_any_case() {
    let sandbox = Sandbox::with_orders();
    sandbox
        .ocelot("streaming admin stream list --lifecycle-state active --sort-by name --sort-order desc --query data[].name")
        .stdout("[\n  \"orders\"\n]\n")
        .check();
}

#[test]
fn times_are_taken_in_every_official_form() {
    let sandbox = Sandbox::with_orders();
    for time in [
        "2026-03-14T11:00:00.123456Z",
        "2026-03-14T11:00:00.123Z",
        "2026-03-14T11:00:00Z",
        "2026-03-14T11:00Z",
        "2026-03-14T11:00:00.123456-02:00",
        "2026-03-14T11:00:00+0200",
        "2026-03-14 11:00:00",
        "2026-03-14",
        "1773446400",
    ] {
        let line = "streaming stream cursor create-cursor --stream-id orders --partition 0 --type AT_TIME \
                    --query 'length(data.value) > `10`' --time";
        sandbox.ocelot(line).args([time]).stdout("true\n").check();
    }
}

#[test]
fn numbers_are_whole_and_in_range() {
    let sandbox = Sandbox::new();
    let partitions = |value: &str| {
        let line = "streaming admin stream create --name s --query data.partitions --partitions";
        sandbox.ocelot(line).args([value])
    };
    for value in ["1e3", "1.5", "", "three", "99999999999999999999", "0x10"] {
        let told = format!("'{value}' is not a valid integer");
        partitions(value)
            .status(2)
            .stderr_has(["--partitions", &told])
            .check();
    }
    for (value, told) in [
        ("-1", "partitions must be at least 1, not -1"),
        ("0", "partitions must be at least 1, not 0"),
    ] {
        partitions(value)
            .refused(400, "InvalidParameter", told)
            .check();
    }
    partitions("+2").stdout("2\n").check();
}

#[test]
fn an_option_given_twice_counts_as_given_last() {
    let sandbox = Sandbox::with_orders();
    sandbox
        .ocelot("streaming admin stream get --stream-id nothing --stream-id orders --query data.id --query data.name")
        .stdout("\"orders\"\n")
        .check();
    sandbox
        .ocelot("streaming admin stream list --all --all --query data[].name --output table --output json")
        .stdout("[\n  \"orders\"\n]\n")
        .check();
}

#[test]
fn a_compartment_may_be_given_by_its_letter() {
    let sandbox = Sandbox::new();
    for compartment in ["ocid1.compartment.oc1..a", "ocid1.compartment.oc1..b"] {
        let create = format!("{CREATE} s-{} -c {compartment}", &compartment[23..]);
        let name = format!(
            "\"s-{}\"
",
            &compartment[23..]
        );
        let query = ["--query", "data.name"];
        sandbox.ocelot(&create).args(query).stdout(&name).check();
    }
    sandbox
        .ocelot("streaming admin stream list -cocid1.compartment.oc1..b --query data[].name --output json")
        .stdout("[\n  \"s-b\"\n]\n")
        .check();
}

#[test]
fn values_may_stand_behind_an_equals_sign_and_begin_with_a_dash() {
    let sandbox = Sandbox::with_orders();
    sandbox
        .ocelot("streaming admin stream get --stream-id=orders --query=data.name --raw-output")
        .stdout("orders\n")
        .check();
    let text = |value: &str| {
        let line =
            "streaming stream message put --stream-id orders --query data.entries[].offset --key k";
        sandbox.ocelot(line).args([value])
    };
    for (offset, value) in ["--text=", "--text=a=b", "--text=--query"]
        .iter()
        .enumerate()
    {
        text(value).stdout(&format!("[\n  {offset}\n]\n")).check();
    }
    text("--text").args(["-"]).stdout("[\n  3\n]\n").check();
    text("--text")
        .args(["--help"])
        .stdout("[\n  4\n]\n")
        .check();
    let cursor = sandbox.cursor(2);
    sandbox
        .ocelot(&format!(
            "streaming stream message get --stream-id orders --decode --cursor {cursor}"
        ))
        .stdout("\na=b\n--query\n-\n--help\n")
        .stderr_has(["opc-next-cursor: "])
        .check();
}

#[test]
fn empty_values_are_told_apart_from_none() {
    let sandbox = Sandbox::new();
    sandbox
        .ocelot(CREATE)
        .args([""])
        .refused(400, "InvalidParameter", "name is empty")
        .check();
    sandbox
        .ocelot("streaming admin stream get --stream-id")
        .args([""])
        .status(1)
        .stderr("UsageError: Parameter --stream-id cannot be whitespace or empty string\n")
        .check();
}

#[cfg(unix)]
#[test]
fn arguments_that_are_not_text_are_refused() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    let odd = OsStr::from_bytes(b"\xff\xfe");
    let sandbox = Sandbox::new();
    for line in [
        "",
        "streaming",
        "streaming admin stream create --partitions 1 --name",
        "streaming admin stream list --query",
        "streaming admin stream list --data-dir",
        "streaming stream message put --stream-id orders --text",
        "local clock set",
    ] {
        let run = sandbox.ocelot(line).args([odd]).status(2);
        run.stderr_has(["error: "]).check();
    }
}

#[test]
fn a_huge_argument_is_taken() {
    let sandbox = Sandbox::with_orders();
    let text = "x".repeat(100_000);
    sandbox
        .ocelot(
            "streaming stream message put --stream-id orders --query data.entries[].offset --text",
        )
        .args([&text])
        .stdout("[\n  0\n]\n")
        .check();
}

#[test]
fn every_key_of_every_skeleton_is_an_option() {
    let sandbox = Sandbox::new().variable("OCELOT_TARGET", "http://127.0.0.1:1");
    for operation in ocelot::api::operations() {
        let skeleton = ocelot::api::skeleton::command(operation);
        let path = sandbox.write("skeleton.json", skeleton.to_string());
        let line = format!("{} --from-json file://{path}", operation.command);
        let output = sandbox.ocelot(&line).output();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(!told.contains("Note: --from-json"), "{line}\n{told}");
    }
}
