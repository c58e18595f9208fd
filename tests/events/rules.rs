//! Rules: made, shown, changed, moved and deleted.

use ocelot::call::LOCAL_TENANCY;
use serde_json::{Value, json};

use crate::bench::{Bench, CREATE_TOPIC, faas, ons, oss, text};

#[test]
fn a_rule_is_shown_as_it_was_made() {
    let bench = Bench::new();
    let (topic, stream) = (bench.topic("alerts"), bench.stream("orders"));
    let function = bench.function("resize");
    let condition = json!({"eventType": CREATE_TOPIC, "data": {"resourceName": "*prod*"}});
    let mut second = oss(&stream);
    second["isEnabled"] = json!(false);
    second["description"] = json!("for the lake");
    let creating = bench.creating(
        "new-topics",
        &condition,
        &[ons(&topic), second, faas(&function)],
    );
    let mut call = creating;
    let body = call.call.body.as_mut().unwrap();
    body["description"] = json!("what is new");
    body["freeformTags"] = json!({"team": "shop"});
    body["definedTags"] = json!({"Operations": {"cost": "42"}});
    let reply = call.ok();
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("ocelot-warning"), None);
    let etag = reply.header("etag").unwrap().to_owned();
    let rule = reply.body.unwrap();
    assert_eq!(rule["displayName"], "new-topics");
    assert_eq!(rule["description"], "what is new");
    assert_eq!(rule["condition"], condition.to_string());
    assert_eq!(rule["compartmentId"], LOCAL_TENANCY);
    assert_eq!(rule["isEnabled"], true);
    assert_eq!(rule["lifecycleState"], "ACTIVE");
    assert_eq!(rule["lifecycleMessage"], Value::Null);
    assert_eq!(rule["timeCreated"], "2026-03-14T01:02:03.456Z");
    assert_eq!(rule["freeformTags"], json!({"team": "shop"}));
    assert_eq!(rule["definedTags"], json!({"Operations": {"cost": "42"}}));
    assert!(text(&rule["id"]).starts_with("ocid1.eventrule.oc1."));
    let actions = rule["actions"]["actions"].as_array().unwrap();
    let told = actions.iter().map(|action| {
        assert_eq!(action["lifecycleMessage"], "");
        let state = action["lifecycleState"].as_str().unwrap();
        (action["actionType"].as_str().unwrap(), state)
    });
    let told: Vec<_> = told.collect();
    assert_eq!(
        told,
        [("ONS", "ACTIVE"), ("OSS", "INACTIVE"), ("FAAS", "ACTIVE")]
    );
    assert_eq!(actions[0]["topicId"], topic);
    assert_eq!(actions[0]["description"], Value::Null);
    assert_eq!(actions[1]["streamId"], stream);
    assert_eq!(actions[1]["isEnabled"], false);
    assert_eq!(actions[1]["description"], "for the lake");
    assert_eq!(actions[2]["functionId"], function);
    let ids: Vec<&Value> = actions.iter().map(|action| &action["id"]).collect();
    assert!(ids[0] != ids[1] && ids[1] != ids[2]);

    let shown = bench.call("GetRule").with("ruleId", "new-topics").ok();
    assert_eq!(shown.header("etag"), Some(&*etag));
    assert_eq!(shown.body.unwrap(), rule);
}

#[test]
fn targets_can_be_given_by_name() {
    let bench = Bench::new();
    let (topic, stream) = (bench.topic("alerts"), bench.stream("orders"));
    let function = bench.function("resize");
    let actions = [ons("alerts"), oss("orders"), faas("resize")];
    let rule = bench.rule("all", &json!({}), &actions);
    let rule = bench.get(&rule);
    assert_eq!(rule.pointer("/actions/actions/0/topicId").unwrap(), &topic);
    assert_eq!(
        rule.pointer("/actions/actions/1/streamId").unwrap(),
        &stream
    );
    assert_eq!(
        rule.pointer("/actions/actions/2/functionId").unwrap(),
        &function
    );
}

#[test]
fn an_update_changes_what_it_names() {
    let bench = Bench::new();
    let (topic, stream) = (bench.topic("alerts"), bench.stream("orders"));
    let id = bench.rule("r", &json!({}), &[ons(&topic)]);
    let before = bench.get(&id);
    let off = bench.updating(&id, json!({"isEnabled": false})).value();
    assert_eq!(off["lifecycleState"], "INACTIVE");
    assert_eq!(off["isEnabled"], false);
    assert_eq!(off["actions"], before["actions"]);
    assert_eq!(off["condition"], "{}");

    let changes = json!({
        "displayName": "renamed",
        "description": "d",
        "condition": "{\"source\": \"notification\"}",
        "actions": {"actions": [oss(&stream), ons(&topic)]},
        "freeformTags": {"a": "b"},
        "isEnabled": null,
    });
    let after = bench.updating(&id, changes).value();
    assert_eq!(after["displayName"], "renamed");
    assert_eq!(after["description"], "d");
    assert_eq!(after["condition"], "{\"source\": \"notification\"}");
    assert_eq!(after["freeformTags"], json!({"a": "b"}));
    assert_eq!(after["lifecycleState"], "INACTIVE");
    let actions = after["actions"]["actions"].as_array().unwrap();
    assert_eq!(actions.len(), 2);
    // A list that replaces another has actions of its own.
    assert_ne!(actions[1]["id"], before["actions"]["actions"][0]["id"]);
    let on = bench.updating(&id, json!({"isEnabled": true})).value();
    assert_eq!(on["lifecycleState"], "ACTIVE");
}

#[test]
fn etags_guard_changes() {
    let bench = Bench::new();
    let topic = bench.topic("alerts");
    let id = bench.rule("r", &json!({}), &[ons(&topic)]);
    let etag = |id: &str| {
        let reply = bench.call("GetRule").with("ruleId", id).ok();
        reply.header("etag").unwrap().to_owned()
    };
    let first = etag(&id);
    let updating = |etag: &str| bench.updating(&id, json!({})).with("if-match", etag);
    let reply = updating(&first).ok();
    let second = etag(&id);
    assert_eq!(reply.header("etag"), Some(&*second));
    updating(&first).fails(412, "NoEtagMatch");
    let moving = |etag: &str| {
        let call = bench.call("ChangeRuleCompartment").with("ruleId", &id);
        let details = json!({"compartmentId": "ocid1.compartment.oc1..b"});
        call.body(details).with("if-match", etag)
    };
    moving(&first).fails(412, "NoEtagMatch");
    moving(&second).ok();
    let rule = bench.get(&id);
    assert_eq!(rule["compartmentId"], "ocid1.compartment.oc1..b");
    let deleting = |etag: &str| {
        let call = bench.call("DeleteRule").with("ruleId", &id);
        call.with("if-match", etag)
    };
    deleting(&second).fails(412, "NoEtagMatch");
    let third = etag(&id);
    assert_eq!(deleting(&third).ok().status, 204);
    let get = bench.call("GetRule").with("ruleId", &id);
    get.fails(404, "NotAuthorizedOrNotFound");
    bench
        .updating(&id, json!({}))
        .fails(404, "NotAuthorizedOrNotFound");
}

#[test]
fn a_retry_token_makes_one_rule() {
    let bench = Bench::new();
    let topic = bench.topic("alerts");
    let create = |name: &str| {
        let creating = bench.creating(name, &json!({"eventType": "odd"}), &[ons(&topic)]);
        creating.with("opc-retry-token", "t1")
    };
    let first = create("r").ok();
    assert!(first.header("ocelot-warning").is_some());
    assert_eq!(create("r").ok(), first);
    create("other").fails(409, "InvalidatedRetryToken");
    // Names need not differ.
    bench.rule("r", &json!({}), &[ons(&topic)]);
    let many = bench.call("GetRule").with("ruleId", "r");
    let told = many.fails(400, "InvalidParameter");
    assert!(told.contains("several resources (rule)"), "{told}");
}

#[test]
fn a_strict_engine_has_the_quota_of_a_tenancy() {
    let fill = |bench: &Bench| {
        let topic = bench.topic("alerts");
        for number in 0..50 {
            bench.rule(&format!("r{number}"), &json!({}), &[ons(&topic)]);
        }
        topic
    };
    let bench = Bench::strict();
    let topic = fill(&bench);
    let more = || bench.creating("more", &json!({}), &[ons(&topic)]);
    let told = more().fails(400, "LimitExceeded");
    assert!(told.contains("50 of 50 are in use"), "{told}");
    bench.call("DeleteRule").with("ruleId", "r7").ok();
    more().ok();

    let bench = Bench::new();
    let topic = fill(&bench);
    bench.rule("more", &json!({}), &[ons(&topic)]);
}
