//! Connect harnesses: created, changed, moved, deleted and remembered.

use serde_json::{Value, json};

use crate::support::{Bench, COMPARTMENT, DAY_MS, text};

fn harness(bench: &Bench) -> String {
    let details =
        json!({"name": "connect", "compartmentId": COMPARTMENT, "freeformTags": {"a": "1"}});
    let reply = bench.call("CreateConnectHarness").body(details).ok();
    assert!(reply.header("opc-work-request-id").is_some() && reply.header("etag").is_some());
    let made = reply.body.unwrap();
    assert_eq!(made["lifecycleState"], "CREATING");
    text(&made["id"])
}

fn get(bench: &Bench, id: &str) -> Value {
    bench
        .call("GetConnectHarness")
        .with("connectHarnessId", id)
        .value()
}

#[test]
fn live_and_die() {
    let bench = Bench::new();
    let id = harness(&bench);
    assert!(id.starts_with("ocid1.connectharness.oc1."), "{id}");
    assert_eq!(
        get(&bench, &id),
        json!({
            "id": id,
            "name": "connect",
            "compartmentId": COMPARTMENT,
            "lifecycleState": "ACTIVE",
            "lifecycleStateDetails": null,
            "timeCreated": "2026-03-14T01:02:03.456Z",
            "freeformTags": {"a": "1"},
            "definedTags": {},
        })
    );
    let asked = |operation| bench.call(operation).with("connectHarnessId", &id);
    let changed = asked("UpdateConnectHarness")
        .body(json!({"definedTags": {"n": {"k": "v"}}}))
        .value();
    assert_eq!(changed["definedTags"], json!({"n": {"k": "v"}}));
    assert_eq!(changed["freeformTags"], json!({"a": "1"}));
    let target = "ocid1.compartment.oc1..archive";
    asked("ChangeConnectHarnessCompartment")
        .body(json!({"compartmentId": target}))
        .ok();
    assert_eq!(get(&bench, &id)["compartmentId"], target);
    assert_eq!(asked("DeleteConnectHarness").ok().status, 204);
    assert_eq!(get(&bench, &id)["lifecycleState"], "DELETED");
    asked("DeleteConnectHarness").fails(404, "NotAuthorizedOrNotFound");
    bench.time.advance(90 * DAY_MS);
    asked("GetConnectHarness").fails(404, "NotAuthorizedOrNotFound");
}
