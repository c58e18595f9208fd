//! Etags: every change brings a new one, and `if-match` with an old one changes nothing.

use ocelot::api::operation::Place;
use ocelot::api::streaming;
use serde_json::json;

use crate::support::{Bench, COMPARTMENT, text};

fn id_of(bench: &Bench, wire: &str) -> String {
    match wire {
        "streamId" => bench.stream("orders", 1),
        "streamPoolId" => bench.pool("shop"),
        "connectHarnessId" => {
            let details = json!({"name": "connect", "compartmentId": COMPARTMENT});
            text(&bench.call("CreateConnectHarness").body(details).value()["id"])
        }
        other => panic!("{other} is new here"),
    }
}

#[test]
fn if_match_is_applied_wherever_it_is_accepted() {
    let mut seen = 0;
    for operation in streaming::SERVICE.operations() {
        if !operation
            .params
            .iter()
            .any(|param| param.wire == "if-match")
        {
            continue;
        }
        seen += 1;
        let bench = Bench::new();
        let wire = operation
            .params
            .iter()
            .find(|param| param.place == Place::Path)
            .unwrap()
            .wire;
        let id = id_of(&bench, wire);
        let name = operation.id.to_string();
        let get = match wire {
            "streamId" => "GetStream",
            "streamPoolId" => "GetStreamPool",
            _ => "GetConnectHarness",
        };
        let before = bench.call(get).with(wire, &id).ok();
        let asked = |etag: &str| {
            let call = bench.call(&name).with(wire, &id).with("if-match", etag);
            match operation.body {
                Some(_) => call.body(json!({"compartmentId": "ocid1.compartment.oc1..x"})),
                None => call,
            }
        };
        asked("\"other\"").fails(412, "NoEtagMatch");
        assert_eq!(bench.call(get).with(wire, &id).ok(), before, "{name}");

        let etag = before.header("etag").unwrap();
        asked(etag.trim_matches('"')).ok();
        let after = bench.call(get).with(wire, &id).ok();
        assert_ne!(after.header("etag"), Some(etag), "{name}");
        let again = asked(etag).answer().unwrap_err().status;
        assert!(again == 412 || again == 404, "{name}: {again}");
    }
    assert_eq!(seen, 9);
}

#[test]
fn replies_carry_the_etag_that_a_look_finds() {
    let bench = Bench::new();
    let id = bench.stream("orders", 1);
    let changed = bench
        .call("UpdateStream")
        .with("streamId", &id)
        .body(json!({}))
        .ok();
    let found = bench.call("GetStream").with("streamId", &id).ok();
    assert_eq!(changed.header("etag"), found.header("etag"));
}
