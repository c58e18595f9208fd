//! The whole way: an event of Object Storage, a rule, a stream, a connector, and an object.

use serde_json::{Value, json};

use crate::bench::{text, value_of};
use crate::program::Program;

const CREATE_OBJECT: &str = "com.oraclecloud.objectstorage.createobject";

fn make_rule(program: &Program) {
    program.data(&format!(
        "events rule create --display-name uploads --is-enabled true --condition \
         '{{\"eventType\": \"{CREATE_OBJECT}\"}}' --actions \
         '{{\"actions\": [{{\"actionType\": \"OSS\", \"streamId\": \"uploads\", \"isEnabled\": true}}]}}'"
    ));
}

fn make_connector(program: &Program, options: &str) -> String {
    program.data(&format!(
        "sch service-connector create --display-name archive --source \
         '{{\"kind\": \"streaming\", \"streamId\": \"uploads\", \"cursor\": {{\"kind\": \"LATEST\"}}}}' \
         --target '{{\"kind\": \"objectStorage\", \"bucketName\": \"lake\", \"objectNamePrefix\": \"events\"}}' \
         {options}"
    ));
    let list = program.data("sch service-connector list");
    text(&list["items"][0]["id"])
}

#[test]
fn an_event_becomes_a_line_of_an_object() {
    let program = Program::new();
    program.data("local clock set 2026-03-14T01:02:03Z --frozen");
    program.data("streaming admin stream create --name uploads --partitions 1");
    make_rule(&program);
    let id = make_connector(&program, "");
    let emitted = program.data(&format!(
        "local event emit --type {CREATE_OBJECT} --resource-name cat.jpg"
    ));
    assert_eq!(emitted["rules"][0]["display-name"], "uploads");

    // In the stream.
    let cursor = program.data(
        "streaming stream cursor create-cursor --stream-id uploads --partition 0 --type TRIM_HORIZON",
    );
    let cursor = text(&cursor["value"]);
    let messages = program.data(&format!(
        "streaming stream message get --stream-id uploads --cursor {cursor}"
    ));
    assert_eq!(messages.as_array().unwrap().len(), 1);
    let event: Value = serde_json::from_str(&value_of(&messages[0])).unwrap();
    assert_eq!(event, emitted["event"]);

    // On the way, and then in the bucket.
    program.data("local clock advance 419s");
    assert_eq!(program.objects("data/objects"), []);
    program.data("local clock advance 1s");
    let objects = program.objects("data/objects");
    let name = format!("local/lake/events/{id}/0/20260314T010203Z_20260314T010203Z.0.data.gz");
    assert_eq!(objects.len(), 1);
    assert_eq!(objects[0].0, name);
    let record = &objects[0].1[0];
    assert_eq!(record["stream"], "uploads");
    assert_eq!(record["key"], Value::Null);
    assert_eq!(record["timestamp"], 1_773_450_123_000_i64);
    let archived: Value = serde_json::from_str(&value_of(record)).unwrap();
    assert_eq!(archived, event);
    assert_eq!(archived["data"]["resourceName"], "cat.jpg");
    assert_eq!(archived["eventTime"], "2026-03-14T01:02:03.000Z");
    let shown = program.data("sch service-connector get --service-connector-id archive");
    assert_eq!(shown["lifecycle-state"], "ACTIVE");

    // Its trace tells of each hop, and the connector was measured.
    let event_id = text(&event["eventID"]);
    let trace = program.data(&format!("local trace {event_id}"));
    let hops = trace["hops"].as_array().unwrap();
    let kinds: Vec<&str> = hops
        .iter()
        .map(|hop| hop["kind"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        ["event", "rule", "action", "stream", "connector", "object"]
    );
    assert_eq!(hops[3]["offset"], record["offset"]);
    assert_eq!(hops[4]["connector-id"], json!(id));
    assert_eq!(hops[5]["path"], json!(name));
    assert_eq!(trace["result"], "delivered");
    for metric in ["MessagesReadFromSource", "MessagesWrittenToTarget"] {
        let series = program.data(&format!(
            "monitoring metric-data summarize-metrics-data --namespace oci_service_connector_hub \
             --query-text '{metric}[1h].sum()' --start-time 2026-03-14T00:00:00Z --end-time 2026-03-14T03:00:00Z"
        ));
        let points = series[0]["aggregated-datapoints"].as_array().unwrap();
        assert_eq!(
            (points.len(), &points[0]["value"]),
            (1, &json!(1.0)),
            "{metric}"
        );
        assert_eq!(series[0]["dimensions"]["connectorId"], json!(id));
    }
    assert_eq!(
        program.data("local status")["resources"]["service-connectors"],
        1
    );

    // A reset leaves nothing.
    program.data("local reset --force");
    assert!(!program.path("data/objects").exists());
}

#[test]
fn objects_go_where_the_option_or_the_variable_says() {
    let program = Program::new();
    program.data("streaming admin stream create --name uploads --partitions 1");
    make_connector(&program, "");
    let put = |options: &str| {
        let put = "streaming stream message put --stream-id uploads --messages '[{\"key\": null, \"value\": \"dg==\"}]'";
        program.data(&format!("{put} {options}"));
    };
    put("");
    let store = program.path("elsewhere");
    let advance = "local clock advance 7m --object-store";
    program.data(&format!("{advance} {}", store.display()));
    assert_eq!(program.objects("elsewhere").len(), 1);
    assert_eq!(program.objects("data/objects"), []);
    put("");
    let mut command = program.command("local clock advance 7m");
    command.env(
        "OCELOT_OBJECT_STORE",
        format!("file://{}/more", store.display()),
    );
    assert!(command.output().unwrap().status.success());
    assert_eq!(program.objects("elsewhere/more").len(), 1);
    let told = program.fails(&format!("{advance} ftp://lake"), 2);
    assert!(
        told.contains("--object-store: objects cannot be put into \"ftp://lake\""),
        "{told}"
    );
    // A file stands where a folder is to be.
    put("");
    program.write("file", "");
    let told = program
        .told(&format!("{advance} {}", program.path("file").display()))
        .1;
    assert!(told.contains("cannot be stored"), "{told}");
    let shown = program.data("sch service-connector get --service-connector-id archive");
    assert_eq!(shown["lifecycle-state"], "NEEDS_ATTENTION");
    let details = shown["lifecycle-details"].as_str().unwrap();
    assert!(details.contains("cannot be stored"), "{details}");
    program.data("local clock advance 1m");
    assert_eq!(program.objects("data/objects").len(), 1);
}

#[test]
fn a_function_shapes_what_a_followed_file_logs() {
    let program = Program::new();
    let file = program.write("web.jsonl", "{\"status\": 200}\n{\"status\": 500}\n");
    let added = program.data(
        "local log add --log-id ocid1.log.oc1..web --log-group-id ocid1.loggroup.oc1..shop --file web.jsonl",
    );
    assert_eq!(added["file"], json!(file));
    // It answers with what it gets, once more.
    program.data(
        "local function add --name twice --exec 'read -r it; printf \"[%s,%s]\" \"$it\" \"$it\"'",
    );
    program.data(
        "sch service-connector create --display-name errors --source '{\"kind\": \"logging\", \"logSources\": \
         [{\"compartmentId\": \"x\", \"logId\": \"ocid1.log.oc1..web\"}]}' --tasks \
         '[{\"kind\": \"logRule\", \"condition\": \"data.status >= 500\"}, {\"kind\": \"function\", \
         \"functionId\": \"twice\", \"batchTimeInSec\": 5}]' --target \
         '{\"kind\": \"objectStorage\", \"bucketName\": \"lake\", \"batchRolloverTimeInMs\": 10000}'",
    );
    program.data("local clock advance 6s");
    let runs = program.data("local function logs twice");
    assert_eq!(runs.as_array().unwrap().len(), 1);
    program.data("local clock advance 11s");
    let objects = program.objects("data/objects");
    assert_eq!(objects.len(), 1);
    assert!(objects[0].0.ends_with(".log.gz"), "{}", objects[0].0);
    assert_eq!(objects[0].1.len(), 2);
    assert_eq!(
        objects[0].1[0][0]["logContent"]["data"],
        json!({"status": 500})
    );
    assert_eq!(program.data("local log list"), json!([added]));
    program.data("local log remove --log-id ocid1.log.oc1..web");
    assert_eq!(program.data("local log list"), json!([]));
}
