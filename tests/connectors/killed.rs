//! Processes that are killed while they move records.

use std::collections::BTreeSet;
use std::process::Stdio;

use serde_json::Value;

use crate::bench::value_of;
use crate::program::Program;

const PUT: &str = "streaming stream message put --stream-id orders --messages";

#[test]
fn nothing_is_lost_when_processes_die_at_any_moment() {
    let program = Program::new();
    program.data("streaming admin stream create --name orders --partitions 2");
    program.data(
        "sch service-connector create --display-name archive --source \
         '{\"kind\": \"streaming\", \"streamId\": \"orders\"}' --target \
         '{\"kind\": \"objectStorage\", \"bucketName\": \"lake\", \"batchRolloverTimeInMs\": 1}'",
    );
    let mut wanted = BTreeSet::new();
    for round in 0..30_u64 {
        // The value is the round in base64.
        let value = base64_of(&round.to_string());
        program.data(&format!(
            "{PUT} '[{{\"key\": \"{value}\", \"value\": \"{value}\"}}]' --delivery-timeout 0"
        ));
        wanted.insert(round.to_string());
        let mut command = program.command("local clock advance 1s");
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_micros(700 * round));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    // The leases of those who died; failures of those who were cut off.
    for _ in 0..4 {
        program.data("local clock advance 10m");
    }
    let objects = program.objects("data/objects");
    let records = objects.iter().flat_map(|(_, lines)| lines);
    let got: BTreeSet<String> = records.map(value_of).collect();
    assert_eq!(got, wanted);
    let shown = program.data("sch service-connector get --service-connector-id archive");
    assert_eq!(shown["lifecycle-details"], Value::Null);
}

#[test]
fn no_metric_is_lost_either() {
    let program = Program::new();
    program
        .data("streaming admin stream create --name orders --partitions 1 --compartment-id shop");
    program.data(
        "sch service-connector create --display-name archive --source \
         '{\"kind\": \"monitoring\", \"monitoringSources\": [{\"compartmentId\": \"shop\", \
         \"namespaceDetails\": {\"kind\": \"selected\", \"namespaces\": [{\"namespace\": \"oci_streaming\", \
         \"metrics\": {\"kind\": \"all\"}}]}}]}' --target \
         '{\"kind\": \"objectStorage\", \"bucketName\": \"lake\", \"batchRolloverTimeInMs\": 1}'",
    );
    for round in 0..30_u64 {
        let put = format!("{PUT} '[{{\"key\": null, \"value\": \"dg==\"}}]' --delivery-timeout 0");
        program.data(&put);
        let mut command = program.command("local clock advance 61s");
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_micros(700 * round));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    for _ in 0..4 {
        program.data("local clock advance 10m");
    }
    // What is there twice, because whoever stored it was killed, is the same.
    let objects = program.objects("data/objects");
    let records = objects.iter().flat_map(|(_, lines)| lines);
    let puts = records.filter(|record| record["name"] == "PutMessages");
    let puts: BTreeSet<String> = puts.map(Value::to_string).collect();
    let counts = puts.iter().map(|record| {
        let record: Value = serde_json::from_str(record).unwrap();
        assert_eq!(record["datapoints"][0]["value"], 1.0);
        record["datapoints"][0]["count"].as_u64().unwrap()
    });
    assert_eq!(counts.sum::<u64>(), 30);
}

fn base64_of(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}
