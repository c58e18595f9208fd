//! The list of rules: pages, filters and order.

use serde_json::{Value, json};

use crate::bench::{Asked, Bench, ons, text};

const SHOP: &str = "ocid1.compartment.oc1..shop";

fn listing(bench: &Bench) -> Asked<'_> {
    bench.call("ListRules").with("compartmentId", SHOP)
}

fn names(list: &Value) -> Vec<String> {
    let rules = list.as_array().unwrap().iter();
    rules.map(|rule| text(&rule["displayName"])).collect()
}

/// Rules a, b and c, a second apart; b is off, and another compartment has one more.
fn bench() -> Bench {
    let bench = Bench::new();
    let topic = bench.topic("alerts");
    for name in ["b", "a", "c"] {
        let creating = bench.creating(name, &json!({}), &[ons(&topic)]);
        let creating = creating.but("/compartmentId", json!(SHOP));
        creating.but("/isEnabled", json!(name != "b")).ok();
        bench.time.advance(1000);
    }
    let creating = bench.creating("d", &json!({}), &[ons(&topic)]);
    creating
        .but("/compartmentId", json!("ocid1.compartment.oc1..other"))
        .ok();
    bench
}

#[test]
fn a_list_is_narrowed_down_and_sorted() {
    let bench = bench();
    assert_eq!(names(&listing(&bench).value()), ["c", "a", "b"]);
    let with = |wire, value: &str| names(&listing(&bench).with(wire, value).value());
    assert_eq!(with("sortOrder", "ASC"), ["b", "a", "c"]);
    assert_eq!(with("sortBy", "DISPLAY_NAME"), ["a", "b", "c"]);
    assert_eq!(with("sortBy", "TIME_CREATED"), ["c", "a", "b"]);
    assert_eq!(with("lifecycleState", "INACTIVE"), ["b"]);
    assert_eq!(with("lifecycleState", "ACTIVE"), ["c", "a"]);
    assert_eq!(with("displayName", "c"), ["c"]);
    assert_eq!(with("displayName", "d"), Vec::<String>::new());
    let by_id = listing(&bench).with("sortBy", "ID").value();
    let ids: Vec<String> = by_id
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| text(&rule["id"]))
        .collect();
    assert!(ids.is_sorted(), "{ids:?}");
    assert_eq!(ids.len(), 3);
    bench.call("DeleteRule").with("ruleId", "a").ok();
    assert_eq!(names(&listing(&bench).value()), ["c", "b"]);
}

#[test]
fn a_summary_has_no_actions() {
    let bench = bench();
    let list = listing(&bench).with("displayName", "b").value();
    let fields: Vec<&String> = list[0].as_object().unwrap().keys().collect();
    assert_eq!(
        fields,
        [
            "compartmentId",
            "condition",
            "definedTags",
            "description",
            "displayName",
            "freeformTags",
            "id",
            "isEnabled",
            "lifecycleState",
            "timeCreated",
        ]
    );
}

#[test]
fn pages_lead_on_in_every_order() {
    let bench = bench();
    for column in ["TIME_CREATED", "DISPLAY_NAME", "ID"] {
        let page = || listing(&bench).with("sortBy", column).with("limit", "1");
        let whole = names(&listing(&bench).with("sortBy", column).value());
        let mut found = Vec::new();
        let mut reply = page().ok();
        loop {
            assert_eq!(reply.header("opc-prev-page"), None);
            let next = reply.header("opc-next-page").map(str::to_owned);
            found.extend(names(&reply.body.unwrap()));
            match next {
                Some(token) => reply = page().with("page", &token).ok(),
                None => break,
            }
        }
        assert_eq!(found, whole, "{column}");
    }
    listing(&bench).with("limit", "50").ok();
    listing(&bench)
        .with("limit", "51")
        .fails(400, "InvalidParameter");
    listing(&bench)
        .with("limit", "0")
        .fails(400, "InvalidParameter");
    listing(&bench)
        .with("page", "x")
        .fails(400, "InvalidParameter");
    bench.call("ListRules").fails(400, "MissingParameter");
}
