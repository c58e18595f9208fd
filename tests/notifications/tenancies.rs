//! Tenancies: each has its topics, and a token is worth as much whoever shows it.

use serde_json::json;

use crate::bench::{Asked, Bench, COMPARTMENT, text};

const OTHER: &str = "ocid1.tenancy.oc1..other";

/// The same call by someone of another tenancy.
fn by_other(mut asked: Asked<'_>) -> Asked<'_> {
    OTHER.clone_into(&mut asked.call.origin.tenancy_id);
    asked
}

#[test]
fn names_are_unique_in_a_tenancy() {
    let bench = Bench::new();
    let topic = bench.topic("alerts");
    let details = json!({"name": "alerts", "compartmentId": COMPARTMENT});
    let create = || bench.call("CreateTopic").body(details.clone());
    create().fails(409, "NotAuthorizedOrResourceAlreadyExists");
    let other = text(&by_other(create()).value()["topicId"]);
    assert_ne!(topic, other);
    by_other(bench.publishing(&topic, "x")).fails(404, "NotAuthorizedOrNotFound");
}

#[test]
fn links_and_the_inbox_confirm_in_the_tenancy_of_the_subscription() {
    let bench = Bench::new();
    let details = json!({"name": "alerts", "compartmentId": COMPARTMENT});
    by_other(bench.call("CreateTopic").body(details)).ok();
    let subscribe = |endpoint| {
        let subscribing = by_other(bench.subscribing("alerts", "EMAIL", endpoint));
        text(&subscribing.value()["id"])
    };
    let state = |id: &str| {
        let call = bench.call("GetSubscription").with("subscriptionId", id);
        text(&by_other(call).value()["lifecycleState"])
    };
    let by_link = subscribe("one@example.com");
    let wrong = bench.call("GetConfirmSubscription").with("id", &by_link);
    let wrong = wrong.with("token", "guessed").with("protocol", "EMAIL");
    wrong.fails(400, "InvalidParameter");
    bench.confirming(&by_link, "EMAIL").ok();
    assert_eq!(state(&by_link), "ACTIVE");

    let by_inbox = subscribe("two@example.com");
    let newest = bench.engine.inbox(1).unwrap().remove(0);
    let number = newest.id;
    let confirm = ocelot::engine::delivery::inbox::InboxRequest::Confirm { number };
    bench.engine.manage_inbox(&confirm).unwrap();
    assert_eq!(state(&by_inbox), "ACTIVE");

    by_other(bench.publishing("alerts", "x")).ok();
    let mut due = bench.due_texts();
    due.retain(|(_, body)| body == "x");
    assert_eq!(due.len(), 2);
}
