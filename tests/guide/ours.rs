//! The guide with this program, which is called `oci`.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use serde_json::{Value, json};
use test_support::{Program, ocelot};

use crate::script::{COMPARTMENT, run, sum_of};

/// The type of event that the guide's rule waits for.
const TERMINATED: &str = "com.oraclecloud.computeapi.terminateinstance.begin";

/// A folder in which the program is called `oci`.
fn bin(program: &Program) -> PathBuf {
    let bin = program.path("bin");
    fs::create_dir(&bin).unwrap();
    symlink(ocelot(), bin.join("oci")).unwrap();
    bin
}

fn id_of(program: &Program, list: &str, name: &str) -> String {
    let listed = program.data(&format!("{list} --compartment-id {COMPARTMENT}"));
    let mut listed = listed.as_array().unwrap().iter();
    let found = listed.find(|one| one["display-name"] == name || one["name"] == name);
    found.unwrap()["id"].as_str().unwrap().to_owned()
}

/// Has an event happen that the guide's rule waits for, and asks as the guide does how many were delivered: it has two
/// targets.
fn check_an_event(program: &Program) {
    let rule = id_of(program, "events rule list", "instance-state-monitor");
    let stream = id_of(program, "streaming admin stream list", "order-events");
    program.told(&format!(
        "local event emit --compartment-id {COMPARTMENT} --type {TERMINATED} --resource-name web-1"
    ));
    let series = program.data(&format!(
        "monitoring metric-data summarize-metrics-data --compartment-id {COMPARTMENT} --namespace oci_events \
         --query-text 'EventsDelivered[1h]{{ruleId = \"{rule}\"}}.count'"
    ));
    assert_eq!(series.as_array().unwrap().len(), 1, "{series}");
    assert_eq!(sum_of(&series[0]), 2.0, "{series}");
    let tail = format!("streaming stream message tail --stream-id {stream} --format {{value}}");
    let values = program.text(&tail);
    let values = values
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    let values: Vec<Value> = values.collect();
    assert_eq!(values.len(), 2, "{values:?}");
    let of = |field: &str| values.iter().find(|value| !value[field].is_null()).unwrap();
    assert_eq!(
        *of("orderId"),
        json!({"orderId": "ORD-2026-0001", "total": 239.96})
    );
    assert_eq!(of("eventType")["eventType"], TERMINATED);
    assert_eq!(of("eventType")["data"]["resourceName"], "web-1");
}

#[test]
fn on_the_embedded_engine_with_an_empty_home() {
    let program = Program::new();
    let home = program.path("home");
    fs::create_dir(&home).unwrap();
    let told = run(&bin(&program), [("HOME", home.to_str().unwrap())]);
    told.check();
    println!("the guide took {:?} on the embedded engine", told.took);
    for note in [
        "Note: --kafka-settings has no replicationFactor; left out.\n",
        "Note: not delivered to https://hooks.slack.com: ",
        "There is no function ocid1.fnfunc.oc1..lab on this machine",
        "Action completed. Waiting until the work request has entered state: ('SUCCEEDED',)\n",
    ] {
        assert!(told.stderr.contains(note), "{note}\n{}", told.stderr);
    }
    let folder = home.join(".local/share/ocelot");
    let program = program.variable("OCELOT_HOME", folder.to_str().unwrap());
    check_an_event(&program);
}

#[test]
fn through_a_server_that_has_the_folder() {
    let program = Program::new();
    let server = program.serve("");
    run(&bin(&program), program.environment()).check();
    check_an_event(&program);
    server.stop();
    // Nothing of it was in the server alone.
    let list = "streaming admin stream list --compartment-id";
    let list = program.data(&format!("{list} {COMPARTMENT}"));
    assert_eq!(list[0]["name"], "order-events");
}

#[test]
fn through_a_server_that_an_endpoint_names() {
    let (program, elsewhere) = (Program::new(), Program::new());
    let server = elsewhere.serve("");
    let program = program.variable("OCI_CLI_ENDPOINT", server.url());
    run(&bin(&program), program.environment()).check();
    assert!(!program.path("data").exists());
    check_an_event(&elsewhere);
}
