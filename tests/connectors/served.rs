//! The same where a server has the data folder: it moves by itself, and the official SDK does every operation.

use test_support::{RSA_KEY, awaited, python};

use crate::bench::{text, value_of};
use crate::program::Program;

#[test]
fn a_server_moves_by_itself_at_once_and_when_time_comes() {
    let program = Program::new();
    let orders = program.data("streaming admin stream create --name orders --partitions 1");
    program.data("streaming admin stream create --name copy --partitions 1");
    let _server = program.serve("--object-store lake");
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
    let copied = awaited("a record", || program.data(&get).get(0).cloned());
    assert_eq!(value_of(&copied), "v");
    assert_eq!(program.objects("lake").len(), 0);
    program.data("local clock advance 7m");
    let objects = awaited("a record", || {
        Some(program.objects("lake")).filter(|objects| !objects.is_empty())
    });
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
    let run = awaited("a run", || {
        program.data("local function logs count").get(0).cloned()
    });
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
    let run = awaited("a record", || {
        program.data("local function logs keep").get(0).cloned()
    });
    assert!(run["output"].as_str().unwrap().contains("\"n\":1"), "{run}");
}

#[test]
fn the_sdk_does_every_operation() {
    let program = Program::new();
    let stream = program.data("streaming admin stream create --name orders --partitions 1");
    let server = program.serve("");
    let stream = text(&stream["id"]);
    let told = python("tests/connectors/sdk.py", &[server.url(), RSA_KEY, &stream]);
    assert!(told.is_none_or(|told| told == "every operation answered\n"));
}
