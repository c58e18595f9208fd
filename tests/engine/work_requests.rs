//! Work requests: every change leaves one that can be looked up.

use serde_json::{Value, json};

use crate::support::{Bench, COMPARTMENT, text};

#[test]
fn a_work_request_tells_what_was_done() {
    let bench = Bench::new();
    let details = json!({"name": "orders", "partitions": 1, "compartmentId": COMPARTMENT});
    let reply = bench.call("CreateStream").body(details).ok();
    let work = reply.header("opc-work-request-id").unwrap().to_owned();
    let id = text(&reply.body.unwrap()["id"]);
    let time = "2026-03-14T01:02:03.456Z";
    let asked = |operation| bench.call(operation).with("workRequestId", &work);
    assert_eq!(
        asked("GetWorkRequest").value(),
        json!({
            "id": work,
            "operationType": "CREATE_STREAM",
            "status": "SUCCEEDED",
            "compartmentId": COMPARTMENT,
            "resources": [{
                "entityType": "stream", "actionType": "CREATED", "identifier": id,
                "entityUri": format!("/20180418/streams/{id}"),
            }],
            "percentComplete": 100.0,
            "timeAccepted": time, "timeStarted": time, "timeFinished": time,
        })
    );
    assert_eq!(asked("ListWorkRequestErrors").value(), json!({"items": []}));
    let logs = asked("ListWorkRequestLogs").value();
    assert_eq!(logs["items"][0]["timestamp"], time);
    assert!(text(&logs["items"][0]["message"]).contains(&id));
    bench
        .call("GetWorkRequest")
        .with("workRequestId", "ocid1.streamworkrequest.oc1..none")
        .fails(404, "NotAuthorizedOrNotFound");
}

#[test]
fn logs_and_errors_heed_limit_and_page() {
    let bench = Bench::new();
    let details = json!({"name": "shop", "compartmentId": COMPARTMENT});
    let reply = bench.call("CreateStreamPool").body(details).ok();
    let work = reply.header("opc-work-request-id").unwrap();
    for operation in ["ListWorkRequestErrors", "ListWorkRequestLogs"] {
        let asked = || bench.call(operation).with("workRequestId", work);
        asked().with("limit", "1").ok();
        assert!(
            asked()
                .with("limit", "0")
                .fails(400, "InvalidParameter")
                .contains("limit")
        );
        assert!(
            asked()
                .with("page", "x")
                .fails(400, "InvalidParameter")
                .contains("page")
        );
    }
}

#[test]
fn every_kind_of_change_has_its_type() {
    let bench = Bench::new();
    let mut found = Vec::new();
    for (resource, wire) in [
        ("Stream", "streamId"),
        ("StreamPool", "streamPoolId"),
        ("ConnectHarness", "connectHarnessId"),
    ] {
        let details = json!({"name": "n", "partitions": 1, "compartmentId": COMPARTMENT});
        let made = bench.call(&format!("Create{resource}")).body(details).ok();
        let id = text(&made.body.as_ref().unwrap()["id"]);
        let target = json!({"compartmentId": COMPARTMENT});
        let asked = |verb: &str, tail: &str| {
            bench
                .call(&format!("{verb}{resource}{tail}"))
                .with(wire, &id)
        };
        let replies = [
            made.clone(),
            asked("Update", "").body(json!({})).ok(),
            asked("Change", "Compartment").body(target).ok(),
            asked("Delete", "").ok(),
        ];
        for reply in replies {
            let work = reply.header("opc-work-request-id").unwrap();
            let work = bench
                .call("GetWorkRequest")
                .with("workRequestId", work)
                .value();
            assert_eq!(work["resources"][0]["identifier"], id);
            found.push((
                text(&work["operationType"]),
                text(&work["resources"][0]["entityType"]),
            ));
        }
    }
    let expected: Vec<(String, String)> = ["STREAM", "STREAM_POOL", "CONNECT_HARNESS"]
        .iter()
        .flat_map(|entity| {
            ["CREATE", "UPDATE", "UPDATE", "DELETE"]
                .map(|verb| (format!("{verb}_{entity}"), entity.to_lowercase()))
        })
        .collect();
    assert_eq!(found, expected);
}

fn listed(bench: &Bench, filters: &[(&'static str, &str)]) -> Vec<String> {
    let mut call = bench.call("ListWorkRequests");
    for (wire, value) in filters {
        call = call.with(wire, value);
    }
    let reply = call.value();
    let items = reply["items"].as_array().unwrap();
    items
        .iter()
        .map(|item| text(&item["operationType"]))
        .collect()
}

#[test]
fn lists_are_narrowed_and_sorted() {
    let bench = Bench::new();
    let id = bench.stream("orders", 1);
    bench.time.advance(1);
    bench.pool("shop");
    bench.time.advance(1);
    let reply = bench
        .call("UpdateStream")
        .with("streamId", &id)
        .body(json!({}))
        .ok();
    let work = reply.header("opc-work-request-id").unwrap();
    let here = ("compartmentId", COMPARTMENT);
    assert_eq!(
        listed(&bench, &[here]),
        ["UPDATE_STREAM", "CREATE_STREAM_POOL", "CREATE_STREAM"]
    );
    assert_eq!(
        listed(
            &bench,
            &[here, ("sortOrder", "ASC"), ("sortBy", "TIMEACCEPTED")]
        ),
        ["CREATE_STREAM", "CREATE_STREAM_POOL", "UPDATE_STREAM"]
    );
    assert_eq!(
        listed(&bench, &[here, ("resourceId", &id)]),
        ["UPDATE_STREAM", "CREATE_STREAM"]
    );
    // An OCID is enough, without its compartment.
    assert_eq!(
        listed(&bench, &[("resourceId", &id)]),
        ["UPDATE_STREAM", "CREATE_STREAM"]
    );
    assert_eq!(
        listed(&bench, &[("workRequestId", work)]),
        ["UPDATE_STREAM"]
    );
    assert_eq!(
        listed(&bench, &[("compartmentId", "ocid1.compartment.oc1..x")]),
        [""; 0]
    );
    bench
        .call("ListWorkRequests")
        .fails(400, "MissingParameter");
}

#[test]
fn pages_hold_all_and_go_back() {
    let bench = Bench::new();
    for nth in 0..5 {
        bench.pool(&format!("p{nth}"));
    }
    let page = |token: Option<&str>| {
        let call = bench
            .call("ListWorkRequests")
            .with("compartmentId", COMPARTMENT)
            .with("limit", "2");
        let reply = match token {
            Some(token) => call.with("page", token).ok(),
            None => call.ok(),
        };
        let items: Vec<Value> = reply.body.as_ref().unwrap()["items"]
            .as_array()
            .unwrap()
            .clone();
        (items, reply)
    };
    let (first, reply) = page(None);
    assert_eq!(reply.header("opc-prev-page"), None);
    let (second, reply) = page(reply.header("opc-next-page"));
    let (third, last) = page(reply.header("opc-next-page"));
    assert_eq!((first.len(), second.len(), third.len()), (2, 2, 1));
    assert_eq!(last.header("opc-next-page"), None);
    assert_eq!(page(reply.header("opc-prev-page")).0, first);
    assert_eq!(page(last.header("opc-prev-page")).0, second);
}
