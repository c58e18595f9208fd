//! Topics.

use serde_json::json;

use crate::bench::{Bench, COMPARTMENT, text};

#[test]
fn a_topic_is_made_looked_at_changed_moved_and_deleted() {
    let bench = Bench::new();
    let details = json!({
        "name": "alerts",
        "compartmentId": COMPARTMENT,
        "description": "For people",
        "freeformTags": {"team": "shop"},
    });
    let created = bench.call("CreateTopic").body(details).ok();
    let body = created.body.clone().unwrap();
    assert_eq!(created.header("etag"), body["etag"].as_str());
    assert!(text(&body["topicId"]).starts_with("ocid1.onstopic.oc1."));
    assert_eq!(text(&body["shortTopicId"]).len(), 6);
    assert_eq!(body["lifecycleState"], "ACTIVE");
    assert_eq!(body["timeCreated"], "2026-03-14T01:02:03.456Z");
    assert_eq!(body["apiEndpoint"], "http://127.0.0.1:4590");
    assert_eq!(body["definedTags"], json!({}));

    // By its name, too.
    let got = bench.call("GetTopic").with("topicId", "alerts").value();
    assert_eq!(got, body);

    let update = bench.call("UpdateTopic").with("topicId", "alerts");
    update
        .with("if-match", "other")
        .body(json!({"description": "d"}))
        .fails(412, "NoEtagMatch");
    bench
        .call("UpdateTopic")
        .with("topicId", "alerts")
        .body(json!({}))
        .fails(400, "MissingParameter");
    let updated = bench
        .call("UpdateTopic")
        .with("topicId", "alerts")
        .with("if-match", &text(&body["etag"]))
        .body(json!({"description": "For machines"}))
        .value();
    assert_eq!(updated["description"], "For machines");
    assert_eq!(updated["freeformTags"], json!({"team": "shop"}));
    assert_ne!(updated["etag"], body["etag"]);

    let moved = bench
        .call("ChangeTopicCompartment")
        .with("topicId", "alerts")
        .body(json!({"compartmentId": "ocid1.compartment.oc1..archive"}))
        .ok();
    assert_eq!(moved.body, None);
    let got = bench.call("GetTopic").with("topicId", "alerts").value();
    assert_eq!(got["compartmentId"], "ocid1.compartment.oc1..archive");

    bench.call("DeleteTopic").with("topicId", "alerts").ok();
    let id = text(&body["topicId"]);
    bench
        .call("GetTopic")
        .with("topicId", &id)
        .fails(404, "NotAuthorizedOrNotFound");
    bench.topic("alerts");
}

#[test]
fn names_are_unique_in_the_tenancy_and_of_few_characters() {
    let bench = Bench::new();
    bench.topic("alerts");
    let again = json!({"name": "alerts", "compartmentId": "ocid1.compartment.oc1..other"});
    let message = bench
        .call("CreateTopic")
        .body(again)
        .fails(409, "NotAuthorizedOrResourceAlreadyExists");
    assert!(
        message.contains("alerts already: ocid1.onstopic."),
        "{message}"
    );
    for name in ["", "two words", "a.b", "ä", &"x".repeat(257)] {
        let details = json!({"name": name, "compartmentId": COMPARTMENT});
        bench
            .call("CreateTopic")
            .body(details)
            .fails(400, "InvalidParameter");
    }
    bench.topic(&"x".repeat(256));
}

#[test]
fn a_retry_token_makes_one_topic() {
    let bench = Bench::new();
    let create = || {
        let details = json!({"name": "alerts", "compartmentId": COMPARTMENT});
        let call = bench.call("CreateTopic").body(details);
        call.with("opc-retry-token", "once")
    };
    assert_eq!(create().value(), create().value());
}

#[test]
fn topics_are_listed_in_pages_with_a_header_of_their_own() {
    let bench = Bench::new();
    for number in 0..12 {
        bench.topic(&format!("topic-{number:02}"));
        bench.time.advance(1000);
    }
    let list = || {
        let call = bench.call("ListTopics");
        call.with("compartmentId", COMPARTMENT)
    };
    let names = |reply: &ocelot::call::Reply| -> Vec<String> {
        let topics = reply.body.as_ref().unwrap().as_array().unwrap();
        topics.iter().map(|topic| text(&topic["name"])).collect()
    };
    let first = list().ok();
    assert_eq!(names(&first).len(), 10);
    assert_eq!(names(&first)[0], "topic-11");
    let next = first.header("opc-next-page").unwrap();
    let second = list().with("page", next).ok();
    assert_eq!(names(&second), ["topic-01", "topic-00"]);
    assert_eq!(second.header("opc-prev-page"), None);
    let back = second.header("opc-previous-page").unwrap();
    assert_eq!(names(&list().with("page", back).ok()), names(&first));

    let named = list().with("name", "topic-03").ok();
    assert_eq!(names(&named), ["topic-03"]);
    let ascending = list().with("sortOrder", "ASC").with("limit", "1").ok();
    assert_eq!(names(&ascending), ["topic-00"]);
    for limit in ["0", "51"] {
        list().with("limit", limit).fails(400, "InvalidParameter");
    }
    bench.call("DeleteTopic").with("topicId", "topic-03").ok();
    assert_eq!(names(&list().with("name", "topic-03").ok()).len(), 0);
    let deleting = list().with("lifecycleState", "DELETING").ok();
    assert_eq!(names(&deleting).len(), 0);
    bench.call("ListTopics").fails(400, "MissingParameter");
}

#[test]
fn names_of_topics_and_endpoints_of_subscriptions_complete() {
    let bench = Bench::new();
    let topic = bench.topic("alerts");
    let subscription = bench.subscribe("alerts", "EMAIL", "a@example.com");
    let names = |flag: &str| {
        let kind = ocelot::engine::Engine::kind_of_option(flag).unwrap();
        bench.engine.names(kind).unwrap()
    };
    assert_eq!(names("topic-id"), [("alerts".to_owned(), topic)]);
    let endpoint = "a@example.com".to_owned();
    assert_eq!(names("subscription-id"), [(endpoint, subscription)]);
    // And they are taken in the place of OCIDs.
    assert_eq!(bench.state("a@example.com"), "PENDING");
}
