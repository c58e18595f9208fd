//! From an event to streams, topics and functions.

use ocelot::call::LOCAL_TENANCY;
use serde_json::{Value, json};

use crate::bench::{Bench, COMPARTMENT, CREATE_TOPIC, faas, ons, oss, text};

/// Events about topics, which are known.
fn of_topics() -> Value {
    json!({"eventType": "com.oraclecloud.notification.*topic"})
}

#[test]
fn an_event_reaches_every_kind_of_target_as_it_is() {
    let bench = Bench::new();
    let (topic, stream) = (bench.topic("alerts"), bench.stream("audit"));
    let function = bench.function("resize");
    bench.subscribe(&topic, "oncall@example.com");
    let rule = bench.rule(
        "all",
        &of_topics(),
        &[ons(&topic), oss(&stream), faas(&function)],
    );
    let created = bench.topic("orders");

    let events = bench.events_in(&stream);
    assert_eq!(events.len(), 1);
    let event = &events[0];
    assert_eq!(event["eventType"], CREATE_TOPIC);
    assert_eq!(event["cloudEventsVersion"], "0.1");
    assert_eq!(event["source"], "notification");
    assert_eq!(event["eventTime"], "2026-03-14T01:02:03.456Z");
    assert_eq!(event["extensions"], json!({"compartmentId": COMPARTMENT}));
    assert_eq!(event["data"]["resourceId"], created);
    assert_eq!(event["data"]["resourceName"], "orders");
    let mut due = bench.due();
    due.sort();
    let endpoints: Vec<&str> = due.iter().map(|(endpoint, _)| &**endpoint).collect();
    assert_eq!(endpoints, [&*function, "oncall@example.com"]);
    for (_, body) in &due {
        assert_eq!(serde_json::from_str::<Value>(body).unwrap(), *event);
    }
    let rule = bench.get(&rule);
    assert_eq!(rule["lifecycleMessage"], Value::Null);
}

#[test]
fn only_what_matches_is_handed_on() {
    let bench = Bench::new();
    let stream = bench.stream("audit");
    let condition = json!({"eventType": [CREATE_TOPIC], "data": {"resourceName": "*prod*"}});
    bench.rule("prod", &condition, &[oss(&stream)]);
    bench.topic("shop-prod-1");
    bench.topic("shop-test-1");
    bench
        .call("DeleteTopic")
        .with("topicId", "shop-prod-1")
        .ok();
    let events = bench.events_in(&stream);
    let names = events.iter().map(|event| &event["data"]["resourceName"]);
    assert_eq!(names.collect::<Vec<_>>(), ["shop-prod-1"]);
}

#[test]
fn what_is_off_gets_nothing() {
    let bench = Bench::new();
    let (one, two) = (bench.stream("one"), bench.stream("two"));
    let mut off = oss(&two);
    off["isEnabled"] = json!(false);
    let id = bench.rule("r", &of_topics(), &[off, oss(&one)]);
    let count = || (bench.events_in(&one).len(), bench.events_in(&two).len());
    bench.topic("a");
    assert_eq!(count(), (1, 0));
    bench.updating(&id, json!({"isEnabled": false})).ok();
    bench.topic("b");
    assert_eq!(count(), (1, 0));
    bench
        .updating(
            &id,
            json!({"isEnabled": true, "actions": {"actions": [oss(&two)]}}),
        )
        .ok();
    bench.topic("c");
    assert_eq!(count(), (1, 1));
    bench.call("DeleteRule").with("ruleId", &id).ok();
    bench.topic("d");
    assert_eq!(count(), (1, 1));
}

#[test]
fn several_rules_and_actions_act_each_for_itself() {
    let bench = Bench::new();
    let (one, two) = (bench.stream("one"), bench.stream("two"));
    bench.rule("a", &json!({}), &[oss(&one), oss(&two), oss(&one)]);
    bench.rule("b", &of_topics(), &[oss(&two)]);
    bench.topic("t");
    assert_eq!(bench.events_in(&one).len(), 2);
    let events = bench.events_in(&two);
    assert_eq!(events.len(), 2);
    assert_eq!(events[0]["eventID"], events[1]["eventID"]);
}

#[test]
fn a_rule_sees_its_compartment_and_a_root_all() {
    let bench = Bench::new();
    let stream = bench.stream("audit");
    let moved_to = |compartment: &str| {
        let creating = bench.creating(compartment, &of_topics(), &[oss(&stream)]);
        text(&creating.but("/compartmentId", json!(compartment)).value()["id"])
    };
    let elsewhere = moved_to("ocid1.compartment.oc1..other");
    bench.topic("a");
    assert_eq!(bench.events_in(&stream).len(), 0);
    let moving = bench
        .call("ChangeRuleCompartment")
        .with("ruleId", &elsewhere);
    moving.body(json!({"compartmentId": COMPARTMENT})).ok();
    bench.topic("b");
    assert_eq!(bench.events_in(&stream).len(), 1);
    // The root of a profile's tenancy is one as well.
    moved_to(LOCAL_TENANCY);
    moved_to("ocid1.tenancy.oc1..profile");
    bench.topic("c");
    assert_eq!(bench.events_in(&stream).len(), 4);
}

#[test]
fn events_stay_in_their_tenancy() {
    let bench = Bench::new();
    let stream = bench.stream("audit");
    bench.rule("mine", &json!({}), &[oss(&stream)]);
    let details = json!({"name": "theirs", "compartmentId": COMPARTMENT});
    let mut creating = bench.call("CreateTopic").body(details);
    creating.call.origin.tenancy_id = "ocid1.tenancy.oc1..other".to_owned();
    creating.ok();
    assert_eq!(bench.events_in(&stream).len(), 0);
    let mut getting = bench.call("GetRule").with("ruleId", "mine");
    getting.call.origin.tenancy_id = "ocid1.tenancy.oc1..other".to_owned();
    getting.fails(404, "NotAuthorizedOrNotFound");
}

#[test]
fn text_messages_carry_no_events() {
    let bench = Bench::new();
    let topic = bench.topic("alerts");
    let details = json!({"topicId": topic, "compartmentId": COMPARTMENT,
                         "protocol": "SMS", "endpoint": "+12065550100"});
    let id = text(&bench.call("CreateSubscription").body(details).value()["id"]);
    let asked = bench.engine.inbox(1).unwrap().remove(0).message.message;
    let call = bench.call("GetConfirmSubscription").with("id", &id);
    let token = asked.confirmation.unwrap().token;
    call.with("token", &token).with("protocol", "SMS").ok();
    bench.due();
    bench.rule("r", &of_topics(), &[ons(&topic)]);
    bench.topic("orders");
    assert_eq!(bench.due(), []);
}

#[test]
fn fifty_rules_take_little_time() {
    let bench = Bench::new();
    let stream = bench.stream("audit");
    for number in 0..50 {
        let condition = json!({
            "eventType": [CREATE_TOPIC, "com.oraclecloud.objectstorage.*"],
            "data": {"resourceName": format!("*{number}*"), "freeformTags": {"team": "*shop*"}},
        });
        bench.rule(&format!("r{number}"), &condition, &[oss(&stream)]);
    }
    let begun = std::time::Instant::now();
    for number in 100..200 {
        bench.topic(&format!("t{number}"));
    }
    let each = begun.elapsed() / 100;
    assert_eq!(bench.events_in(&stream).len(), 0);
    assert!(each.as_millis() < 100, "{each:?}");
}
