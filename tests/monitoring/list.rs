//! Lists of metrics: filters, groups, orders and pages.

use serde_json::{Value, json};

use crate::support::{Bench, COMPARTMENT, START_MS, array, merge, metric, text};

/// Metrics of two namespaces, with and without a resource group.
fn bench() -> Bench {
    let bench = Bench::new();
    let one = |namespace: &str, name: &str, group: Option<&str>, site: &str| {
        let mut metric = metric(name, json!({"site": site}), &[(START_MS, 1.0)]);
        merge(
            &mut metric,
            json!({"namespace": namespace, "resourceGroup": group}),
        );
        metric
    };
    bench.post(vec![
        one("shop", "orders", None, "berlin"),
        one("shop", "orders", None, "rome"),
        one("shop", "orderValue", None, "rome"),
        one("web", "hits", None, "rome"),
        one("web", "hits", Some("beta"), "rome"),
    ]);
    bench
}

fn shown(metrics: &[Value]) -> Vec<String> {
    let field = |metric: &Value, field: &str| metric[field].as_str().unwrap_or("-").to_owned();
    let line = |metric: &Value| {
        let parts = ["namespace", "name", "resourceGroup"].map(|name| field(metric, name));
        let site = metric["dimensions"]["site"].as_str().unwrap_or("-");
        format!("{} {site}", parts.join(" "))
    };
    metrics.iter().map(line).collect()
}

#[test]
fn metrics_are_found_by_what_they_are() {
    let bench = bench();
    for (details, expected) in [
        (
            json!({}),
            vec![
                "shop orderValue - rome",
                "shop orders - berlin",
                "shop orders - rome",
                "web hits - rome",
            ],
        ),
        (json!({"namespace": "WEB"}), vec!["web hits - rome"]),
        (json!({"resourceGroup": "beta"}), vec!["web hits beta rome"]),
        (
            json!({"name": "ORDERS"}),
            vec!["shop orders - berlin", "shop orders - rome"],
        ),
        (
            json!({"name": "*order*"}),
            vec![
                "shop orderValue - rome",
                "shop orders - berlin",
                "shop orders - rome",
            ],
        ),
        (
            json!({"dimensionFilters": {"site": "berlin"}}),
            vec!["shop orders - berlin"],
        ),
        (json!({"dimensionFilters": {"site": "Berlin"}}), vec![]),
        (
            json!({"sortBy": "NAME", "sortOrder": "DESC", "namespace": "shop"}),
            vec![
                "shop orders - rome",
                "shop orders - berlin",
                "shop orderValue - rome",
            ],
        ),
        (
            json!({"groupBy": ["namespace"]}),
            vec!["shop - - -", "web - - -"],
        ),
        (
            json!({"groupBy": ["name", "namespace"], "dimensionFilters": {"site": "nowhere"}}),
            vec!["shop orderValue - -", "shop orders - -", "web hits - -"],
        ),
        (
            json!({"groupBy": ["resourceGroup"], "sortBy": "RESOURCEGROUP"}),
            vec!["- - - -", "- - beta -"],
        ),
    ] {
        assert_eq!(shown(&bench.list(details.clone())), expected, "{details}");
    }
    let whole = &bench.list(json!({"namespace": "web"}))[0];
    assert_eq!(
        *whole,
        json!({
            "namespace": "web", "name": "hits", "resourceGroup": null, "compartmentId": COMPARTMENT,
            "dimensions": {"site": "rome"},
        })
    );
    let call = bench.call("ListMetrics").with("compartmentId", COMPARTMENT);
    let message = call
        .body(json!({"groupBy": ["site"]}))
        .fails(400, "InvalidParameter");
    assert!(message.contains("not site"), "{message}");
}

#[test]
fn pages_lead_through_the_whole_list() {
    let bench = bench();
    for order in ["ASC", "DESC"] {
        let details = json!({"sortBy": "NAME", "sortOrder": order});
        let whole = bench.list(details.clone());
        let mut found: Vec<Value> = Vec::new();
        let mut page: Option<String> = None;
        loop {
            let call = bench.call("ListMetrics").with("compartmentId", COMPARTMENT);
            let mut call = call.with("limit", "2").body(details.clone());
            if let Some(page) = &page {
                call = call.with("page", page);
            }
            let reply = call.ok();
            assert_eq!(reply.header("opc-prev-page"), None);
            page = reply.header("opc-next-page").map(str::to_owned);
            found.extend(array(&reply.body.unwrap()));
            if page.is_none() {
                break;
            }
        }
        assert_eq!(found, whole);
    }
    let call = bench.call("ListMetrics").with("compartmentId", COMPARTMENT);
    call.with("limit", "1001")
        .body(json!({}))
        .fails(400, "InvalidParameter");
}

#[test]
fn all_compartments_are_those_of_the_tenancy() {
    let bench = bench();
    let tenancy = ocelot::call::LOCAL_TENANCY;
    let call = |compartment: &str, subtree: &str| {
        let call = bench.call("ListMetrics").with("compartmentId", compartment);
        call.with("compartmentIdInSubtree", subtree)
            .body(json!({"namespace": "web"}))
    };
    assert_eq!(array(&call(tenancy, "true").value()).len(), 1);
    assert_eq!(call(tenancy, "false").value(), json!([]));
    let message = call(COMPARTMENT, "true").fails(400, "InvalidParameter");
    assert!(
        message.contains("compartmentIdInSubtree can be true only"),
        "{message}"
    );
    assert_eq!(
        text(&array(&call(tenancy, "true").value())[0]["compartmentId"]),
        COMPARTMENT
    );
}
