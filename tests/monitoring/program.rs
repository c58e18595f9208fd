//! The program: metrics posted, listed and queried, as they are printed.

use serde_json::json;

use crate::support::{printed, run};

const POINTS: &str = r#"[{"namespace": "shop", "name": "orders", "compartmentId": "c",
    "dimensions": {"site": "berlin"}, "datapoints": [{"timestamp": "2026-03-14T00:59:30Z", "value": 42},
    {"timestamp": "2026-03-14T01:00:00Z", "value": 8, "count": 2}]}]"#;

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

#[test]
fn metrics_are_posted_listed_and_queried() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    printed(&run(
        home,
        &words("local clock set 2026-03-14T01:00:00Z --frozen"),
    ));
    let mut post = words("monitoring metric-data post --metric-data");
    post.push(POINTS);
    assert_eq!(
        printed(&run(home, &post)),
        json!({"data": {"failed-metrics": [], "failed-metrics-count": 0}})
    );
    let list = run(
        home,
        &words("monitoring metric list --compartment-id c --namespace shop"),
    );
    assert_eq!(
        printed(&list),
        json!({"data": [{
            "compartment-id": "c", "dimensions": {"site": "berlin"}, "name": "orders", "namespace": "shop",
            "resource-group": null,
        }]})
    );
    let mut query = words(
        "monitoring metric-data summarize-metrics-data --compartment-id c --namespace shop --query-text",
    );
    query.push("orders[1m]{site = \"berlin\"}.sum()");
    assert_eq!(
        printed(&run(home, &query)),
        json!({"data": [{
            "aggregated-datapoints": [{"timestamp": "2026-03-14T01:00:00+00:00", "value": 58.0}],
            "compartment-id": "c", "dimensions": {"site": "berlin"}, "metadata": {}, "name": "orders",
            "namespace": "shop", "resolution": "1m", "resource-group": null,
        }]})
    );
}

#[test]
fn a_malformed_metric_is_told_of_and_the_others_are_stored() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    printed(&run(
        home,
        &words("local clock set 2026-03-14T01:00:00Z --frozen"),
    ));
    let bad = r#"{"namespace": "shop", "name": "orders", "compartmentId": "c", "dimensions": {"site": 7},
        "datapoints": []}"#;
    let metrics = format!("{}, {bad}]", POINTS.trim_end_matches(']'));
    let mut post = words("monitoring metric-data post --metric-data");
    post.push(&metrics);
    let told = printed(&run(home, &post));
    assert_eq!(told["data"]["failed-metrics-count"], 1, "{told}");
    let failed = &told["data"]["failed-metrics"][0];
    let said = "metricData[1].dimensions.site must be a string, not 7";
    assert_eq!(failed["message"], said, "{told}");
    let list = words("monitoring metric list --compartment-id c --namespace shop");
    assert_eq!(
        printed(&run(home, &list))["data"].as_array().unwrap().len(),
        1
    );
}

#[test]
fn a_fault_in_a_query_is_shown_with_a_caret() {
    let home = tempfile::tempdir().unwrap();
    let mut query = words(
        "monitoring metric-data summarize-metrics-data --compartment-id c --namespace shop --query-text",
    );
    query.push("orders.sum()");
    let output = run(home.path(), &query);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let stderr = String::from_utf8(output.stderr).unwrap();
    let expected = "}\nquery cannot be read: expected '[', found \"(\" at column 11\n  orders.sum()\n            ^\n";
    assert!(stderr.starts_with("ServiceError:\n{"), "{stderr}");
    assert!(stderr.ends_with(expected), "{stderr}");
}

#[test]
fn an_alarm_of_the_guide_is_published_as_the_clock_moves() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let ran = |text: &str, last: &[&str]| {
        let mut all = words(text);
        all.extend(last);
        run(home, &all)
    };
    printed(&ran("local clock set 2026-03-14T01:00:00Z --frozen", &[]));
    let topic = printed(&ran(
        "ons topic create --compartment-id c --name alerts",
        &[],
    ));
    let topic_id = topic["data"]["topic-id"].as_str().unwrap();
    let create = "monitoring alarm create --compartment-id c --namespace shop --severity CRITICAL \
                  --is-enabled true --pending-duration PT5M --display-name busy --query";
    let destinations = json!([topic_id]).to_string();
    let query = "orders[5m]{site = \"berlin\"}.max > 10";
    let last = [query, "--destinations", &destinations, "--body", "too many"];
    let alarm = printed(&ran(create, &last));
    assert_eq!(alarm["data"]["query"], query);
    assert_eq!(alarm["data"]["metric-compartment-id"], "c");
    printed(&ran("monitoring metric-data post --metric-data", &[POINTS]));
    printed(&ran("local clock advance 8m", &[]));
    let status = "monitoring alarm-status list-alarms-status --compartment-id c";
    assert_eq!(printed(&ran(status, &[]))["data"][0]["status"], "FIRING");
    let traces = ran("local trace", &[]);
    let told = String::from_utf8(traces.stdout).unwrap();
    assert!(told.contains("message to alerts"), "{told}");
}
