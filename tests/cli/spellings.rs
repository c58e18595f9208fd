//! Spellings that documents use and the official command line refuses.

use crate::sandbox::Sandbox;

/// The body that a command would send: the services are not in the engine yet, but `--debug` shows it.
fn sent(line: &str) -> serde_json::Value {
    let sandbox = Sandbox::new();
    let mut run = sandbox.ocelot(line).args(["--debug"]);
    let told = String::from_utf8(run.output().stderr).unwrap();
    let body = told.lines().find_map(|line| line.strip_prefix("> {"));
    let body = body.unwrap_or_else(|| panic!("nothing was sent by {line}\n{told}"));
    serde_json::from_str(&format!("{{{body}")).unwrap()
}

#[test]
fn endpoint_is_the_subscriptions_where_that_is_not_given() {
    let create = "ons subscription create --topic-id t --protocol EMAIL";
    let body = sent(&format!("{create} --endpoint a@b.example"));
    assert_eq!(body["endpoint"], "a@b.example");
    let body = sent(&format!("--endpoint a@b.example {create}"));
    assert_eq!(body["endpoint"], "a@b.example");
    let body = sent(&format!("{create} --subscription-endpoint a@b.example"));
    assert_eq!(body["endpoint"], "a@b.example");
    let sandbox = Sandbox::new();
    sandbox
        .ocelot(create)
        .status(1)
        .stderr_has(["Missing option(s) --subscription-endpoint."])
        .check();
    // With both, the global option says who answers.
    sandbox
        .ocelot(&format!(
            "{create} --compartment-id c --subscription-endpoint a@b.example --endpoint http://127.0.0.1:1"
        ))
        .status(1)
        .stderr_has(["cannot connect to http://127.0.0.1:1"])
        .check();
}

const ALARM: &str = "monitoring alarm create --display-name a --namespace n --severity CRITICAL \
                     --destinations [] --is-enabled true";

#[test]
fn query_is_the_alarms_where_that_is_not_given() {
    let body = sent(&format!("{ALARM} --query 'CpuUtilization[1m].mean() > 80'"));
    assert_eq!(body["query"], "CpuUtilization[1m].mean() > 80");
    let sandbox = Sandbox::new();
    sandbox
        .ocelot(&format!(
            "{ALARM} --query-text 'CpuUtilization[1m].mean() > 80' --query 'data[?'"
        ))
        .status(1)
        .stderr_has(["the expression of --query is malformed"])
        .check();
    sandbox
        .ocelot(ALARM)
        .status(1)
        .stderr_has(["Missing option(s) --query-text."])
        .check();
}

#[test]
fn metrics_are_of_the_alarms_compartment_where_none_is_given() {
    let of = |options: &str| {
        let body = sent(&format!("{ALARM} --query-text x {options}"));
        (
            body["compartmentId"].clone(),
            body["metricCompartmentId"].clone(),
        )
    };
    let local = "ocid1.tenancy.oc1..local";
    assert_eq!(of(""), (local.into(), local.into()));
    assert_eq!(of("--compartment-id c"), ("c".into(), "c".into()));
    assert_eq!(of("--metric-compartment-id m"), (local.into(), "m".into()));
}

#[test]
fn unknown_kafka_settings_are_left_out_with_a_note() {
    let sandbox = Sandbox::new();
    sandbox
        .ocelot("streaming admin stream-pool create --name p --query data.\"kafka-settings\" --kafka-settings")
        .args([r#"{"num-partitions": 3, "logRetentionHours": 48, "bogus-key": 1, "zookeeper": "x"}"#])
        .stdout(
            "{\n  \"auto-create-topics-enable\": false,\n  \"bootstrap-servers\": null,\n  \
             \"log-retention-hours\": 48,\n  \"num-partitions\": 3\n}\n",
        )
        .stderr("Note: --kafka-settings has no bogus-key, zookeeper; left out.\n")
        .check();
}

#[test]
fn a_compartment_and_a_pool_may_be_given_together() {
    let sandbox = Sandbox::with_orders();
    sandbox.data("streaming admin stream-pool create --name p");
    let both = "--stream-pool-id p --compartment-id ocid1.tenancy.oc1..local --query";
    sandbox
        .ocelot(&format!(
            "streaming admin stream create --name z --partitions 1 {both} data.name"
        ))
        .stdout("\"z\"\n")
        .check();
    sandbox
        .ocelot(&format!("streaming admin stream list {both} data[].name"))
        .stdout("[\n  \"z\"\n]\n")
        .check();
}

#[test]
fn other_names_of_options_work() {
    let sandbox = Sandbox::new();
    for flag in [
        "--opc-request-id",
        "--opc-client-request-id",
        "--request-id",
    ] {
        sandbox
            .ocelot(&format!(
                "streaming admin stream get --stream-id x {flag} mine"
            ))
            .status(1)
            .stderr_has(["\"opc-request-id\": \"mine\""])
            .check();
    }
}

#[test]
fn where_a_resource_moves_to_has_to_be_said() {
    let sandbox = Sandbox::with_orders();
    sandbox
        .ocelot("streaming admin stream change-compartment --stream-id orders")
        .status(1)
        .stderr_has(["Missing option(s) --compartment-id."])
        .check();
}
