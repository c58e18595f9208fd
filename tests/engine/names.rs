//! Names in the place of OCIDs, which only this engine takes.

use serde_json::json;

use crate::support::{Bench, COMPARTMENT, text};

#[test]
fn a_name_stands_for_the_one_resource_that_has_it() {
    let bench = Bench::new();
    let pool = bench.pool("shop");
    let id = bench.stream_in(json!({"name": "orders", "partitions": 1, "streamPoolId": "shop"}));
    let stream = bench.call("GetStream").with("streamId", "orders").value();
    assert_eq!(
        (&stream["id"], &stream["streamPoolId"]),
        (&json!(id), &json!(pool))
    );
    bench.put("orders", &["a"]);
    let cursor = bench.cursor("orders", json!({"partition": "0", "type": "TRIM_HORIZON"}));
    // The cursor belongs to the stream, however it is named.
    assert_eq!(bench.values(&id, &cursor), ["a"]);
    assert_eq!(bench.values("orders", &cursor), ["a"]);
    let listed = bench
        .call("ListStreams")
        .with("streamPoolId", "shop")
        .value();
    assert_eq!(listed[0]["id"], id);
}

#[test]
fn a_name_of_several_is_refused_and_all_are_named() {
    let bench = Bench::new();
    let mut ids = vec![bench.stream("orders", 1)];
    for compartment in ["ocid1.compartment.oc1..x", "ocid1.compartment.oc1..y"] {
        let details = json!({"name": "orders", "partitions": 1, "compartmentId": compartment});
        ids.push(bench.stream_in(details));
    }
    let message = bench
        .call("GetStream")
        .with("streamId", "orders")
        .fails(400, "InvalidParameter");
    for part in ids
        .iter()
        .map(String::as_str)
        .chain([COMPARTMENT, "ocid1.compartment.oc1..x"])
    {
        assert!(message.contains(part), "{message}");
    }
    for id in &ids[1..] {
        bench.call("DeleteStream").with("streamId", id).ok();
    }
    let found = bench.call("GetStream").with("streamId", "orders").value();
    assert_eq!(text(&found["id"]), ids[0]);
}

#[test]
fn an_unknown_name_is_not_found() {
    let bench = Bench::new();
    let message = bench
        .call("GetStream")
        .with("streamId", "none")
        .fails(404, "NotAuthorizedOrNotFound");
    assert_eq!(message, "Unknown stream none");
    // A pool is no stream, by name or by OCID.
    let pool = bench.pool("shop");
    for value in ["shop", &pool] {
        bench
            .call("GetStream")
            .with("streamId", value)
            .fails(404, "NotAuthorizedOrNotFound");
    }
}
