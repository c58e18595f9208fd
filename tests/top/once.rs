//! `ocelot top --once`: exact text.

use serde_json::json;

use crate::sandbox::Sandbox;

pub(crate) const FULL: &str = "\
ocelot top  data                             2026-03-14T12:00:00Z (clock is set)

STREAMS (3)                                   PARTITIONS     MESSAGES      PUT/S
orders                                                 3            5          -
audit                                                  1            1          -
quiet                                                  2            0          -

GROUPS (2)             STREAM                 KIND           LAG  MOST IN   USED
billing                orders                 rest             5        2     0s
archive                audit                  rest             0        -     0s

QUEUES (3)                              VISIBLE  IN FLIGHT       DEAD      PUT/S
jobs                                          3          1          0          -
fan / Primary Consumer Group                  0          0          0          -
fan / second                                  0          0          0          -

DELIVERIES (1)                              WAITING        DUE     FAILED   NEXT
http://127.0.0.1:9                                2          2          0    now

RULES (2)                       CONDITION                       STATE    ACTIONS
uploads                         {\"eventType\": \"com.oracleclou…  on             1
nobody                          {}                              off            1
";

/// A folder with something of everything.
pub(crate) fn prepared() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.create_stream("audit", 1);
    sandbox.create_stream("orders", 3);
    sandbox.create_stream("quiet", 2);
    sandbox.put("orders", 5);
    sandbox.put("audit", 1);
    for (stream, group, from) in [
        ("orders", "billing", "TRIM_HORIZON"),
        ("audit", "archive", "LATEST"),
    ] {
        sandbox.text(&format!(
            "streaming stream cursor create-group-cursor --stream-id {stream} --group-name {group} --type {from}"
        ));
    }
    sandbox.text("queue queue-admin queue create --display-name jobs");
    sandbox.text("queue messages put-messages --queue-id jobs --text a --text b --text c --text d");
    sandbox.text("queue messages get-messages --queue-id jobs --limit 1");
    sandbox.text(
        "queue queue-admin queue create --display-name fan --capabilities '[{\"type\": \"CONSUMER_GROUPS\"}]'",
    );
    sandbox.text("queue queue-admin consumer-group create --queue-id fan --display-name second ");
    sandbox
}

/// Rules and deliveries that stay.
pub(crate) fn with_rules(sandbox: &Sandbox) {
    sandbox.text(
        "events rule create --display-name uploads --is-enabled true --condition \
         '{\"eventType\": \"com.oraclecloud.objectstorage.createobject\"}' --actions \
         '{\"actions\": [{\"actionType\": \"OSS\", \"streamId\": \"orders\", \"isEnabled\": true}]}'",
    );
    sandbox.text(
        "events rule create --display-name nobody --is-enabled false --condition '{}' --actions \
         '{\"actions\": [{\"actionType\": \"OSS\", \"streamId\": \"orders\", \"isEnabled\": true}]}'",
    );
    sandbox.text("ons topic create --name alerts");
    for path in ["one", "two"] {
        sandbox.text(&format!(
            "ons subscription create --topic-id alerts --protocol CUSTOM_HTTPS \
             --subscription-endpoint http://127.0.0.1:9/{path} --allow-http --delivery-timeout 0"
        ));
    }
}

#[test]
fn a_full_folder() {
    let sandbox = prepared();
    with_rules(&sandbox);
    assert_eq!(sandbox.text("top --once"), FULL);
    // To look changes nothing.
    assert_eq!(sandbox.text("top --once"), FULL);
}

#[test]
fn through_a_server() {
    let sandbox = prepared();
    let alone = sandbox.text("top --once");
    let _server = sandbox.serve("");
    assert_eq!(sandbox.text("top --once"), alone);
    sandbox.put("orders", 2);
    let more = alone
        .replace("  5          -", "  7          -")
        .replace("  5        2 ", "  7        2 ");
    assert_ne!(more, alone);
    assert_eq!(sandbox.text("top --once"), more);
}

#[test]
fn an_empty_folder() {
    let sandbox = Sandbox::new();
    let text = sandbox.text("top --once");
    let told = "\n\nThere is nothing yet. To begin:\nocelot streaming admin stream create --name orders --partitions 1\n";
    assert!(text.ends_with(told), "{text}");
}

#[test]
fn as_wide_as_columns_says() {
    let sandbox = Sandbox::new();
    let long = "n".repeat(120);
    sandbox.create_stream(&long, 1);
    let widths = [("40", 40), ("120", 120), ("1", 40), ("many", 80)];
    for (columns, width) in widths {
        let mut command = sandbox.command("top --once");
        command.env("COLUMNS", columns);
        let text = String::from_utf8(test_support::finish(command).stdout).unwrap();
        let widest = text.lines().map(|line| line.chars().count()).max();
        assert_eq!(widest, Some(width), "{columns}\n{text}");
        assert!(text.contains("n…  "), "{text}");
        assert!(text.lines().all(|line| line.trim_end() == line), "{text}");
    }
}

#[test]
fn what_cannot_be_is_refused() {
    let sandbox = Sandbox::new();
    let no_terminal = sandbox.refusal("top");
    assert!(no_terminal.contains("give --once"), "{no_terminal}");
    for option in ["--memory", "--output json", "--region us-ashburn-1"] {
        let told = sandbox.refusal(&format!("top --once {option}"));
        assert!(told.contains("which --endpoint names"), "{told}");
    }
    for line in [
        "top --interval 0",
        "top --interval 1e9",
        "top --interval NaN",
        "top --once --interval 1",
    ] {
        assert!(sandbox.refusal(line).contains("--interval"), "{line}");
    }
}

/// Alarms in all states: one fires with two streams, one is quiet, and one is off.
fn with_alarms(sandbox: &Sandbox) {
    let topic = json!(["ocid1.onstopic.oc1..nobody"]);
    for (name, severity, enabled, query) in [
        ("idle", "INFO", true, "cpu[1m].max() > 100"),
        ("busy", "WARNING", true, "cpu[1m].max() > 50"),
        ("hot", "CRITICAL", true, "cpu[1m].max() > 80"),
        ("old", "ERROR", false, "cpu[1m].max() > 50"),
        ("hushed", "ERROR", true, "cpu[1m].max() > 50"),
    ] {
        sandbox.text(&format!(
            "monitoring alarm create --compartment-id c --namespace shop --severity {severity} --is-enabled {enabled} \
             --display-name {name} --query-text '{query}' --destinations '{topic}'"
        ));
    }
    sandbox.text(
        "monitoring alarm update --alarm-id hushed --force --suppression \
         '{\"timeSuppressFrom\": \"2026-03-14T12:00:00Z\", \"timeSuppressUntil\": \"2026-03-14T13:00:00Z\"}'",
    );
    let of_host = |host: &str, value: f64| {
        json!({
            "namespace": "shop", "name": "cpu", "compartmentId": "c", "dimensions": {"host": host},
            "datapoints": [{"timestamp": "2026-03-14T12:02:00Z", "value": value}],
        })
    };
    let metrics = json!([of_host("a", 60.0), of_host("b", 90.0)]);
    sandbox.text(&format!(
        "monitoring metric-data post --metric-data '{metrics}'"
    ));
    sandbox.text("local clock advance 5m");
}

const ALARMS: &str = "\
ocelot top  data                             2026-03-14T12:05:00Z (clock is set)

ALARMS (5)                                   SEVERITY  STATUS      FIRING  SINCE
hot                                          CRITICAL  firing           1     3m
hushed                                       ERROR     suspended        2     3m
busy                                         WARNING   firing           2     3m
idle                                         INFO      ok               0     5m
old                                          ERROR     off              0     5m
";

#[test]
fn alarms_are_told_with_those_that_fire_first() {
    let sandbox = Sandbox::new();
    with_alarms(&sandbox);
    assert_eq!(sandbox.text("top --once"), ALARMS);
    let _server = sandbox.serve("--log error");
    assert_eq!(sandbox.text("top --once"), ALARMS);
}
