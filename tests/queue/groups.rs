//! Consumer groups: each has its own copy of what its filter lets through.

use serde_json::{Value, json};

use super::support::{Bench, COMPARTMENT, Queue};

fn fan_out(bench: &Bench) -> Queue<'_> {
    bench.queue(json!({
        "capabilities": [{"type": "CONSUMER_GROUPS", "isPrimaryConsumerGroupEnabled": true}],
    }))
}

fn with(content: &str, properties: Value) -> Value {
    json!({"content": content, "metadata": {"channelId": "a", "customProperties": properties}})
}

#[test]
fn every_group_gets_what_its_filter_lets_through() {
    let bench = Bench::new();
    let queue = fan_out(&bench);
    bench.group(
        &queue,
        json!({"displayName": "Orders", "filter": ":type = \"order\""}),
    );
    bench.group(
        &queue,
        json!({"displayName": "big", "filter": ":sum >= 100 AND NOT :test"}),
    );
    queue.put_all(vec![
        with("small order", json!({"type": "order", "sum": "5"})),
        with("big order", json!({"type": "order", "sum": "500"})),
        with(
            "test",
            json!({"type": "refund", "sum": "500", "test": "yes"}),
        ),
    ]);
    assert_eq!(queue.contents(20), ["small order", "big order", "test"]);
    // Groups are named in any case.
    let orders = queue.of_group("ORDERS");
    assert_eq!(orders.contents(20), ["small order", "big order"]);
    let big = queue.of_group("big");
    let got = big.get(20);
    assert_eq!(got.len(), 1);
    // Each has its own visibility, counts and receipts.
    big.delete(&got[0].receipt).unwrap();
    assert_eq!(big.stats(), [0, 0, 0, 0]);
    assert_eq!(orders.stats(), [0, 2, 0, 0]);
    assert_eq!(queue.stats(), [0, 3, 0, 0]);
    bench.time.advance(30_000);
    let again = orders.get(20);
    let error = queue.delete(&again[0].receipt).unwrap_err();
    assert_eq!(error.status, 400);
    assert!(error.message.contains("consumerGroupId"), "{error}");
    for one in &again {
        orders.delete(&one.receipt).unwrap();
    }
    assert_eq!(queue.contents(20).len(), 3);
}

#[test]
fn a_filter_is_asked_at_publish_alone() {
    let bench = Bench::new();
    let queue = fan_out(&bench);
    let group = bench.group(&queue, json!({"displayName": "g", "filter": ":a"}));
    queue.put_all(vec![with("before", json!({"b": ""}))]);
    let change = |body: Value| {
        let call = bench.call("UpdateConsumerGroup");
        call.with("consumerGroupId", &group).body(body).ok()
    };
    change(json!({"filter": ":b"}));
    queue.put_all(vec![with("after", json!({"b": ""}))]);
    assert_eq!(queue.of_group("g").contents(20), ["after"]);
    // A group that is off gets nothing more, and hands out what it has.
    bench.time.advance(30_000);
    change(json!({"isEnabled": false}));
    queue.put_all(vec![with("off", json!({"b": ""}))]);
    assert_eq!(queue.of_group("g").contents(20), ["after"]);
    let shown = bench
        .call("GetConsumerGroup")
        .with("consumerGroupId", &group);
    assert_eq!(shown.value()["lifecycleState"], "INACTIVE");
}

#[test]
fn what_no_group_wants_is_dropped() {
    let bench = Bench::new();
    let queue = bench.queue(json!({"capabilities": [{
        "type": "CONSUMER_GROUPS",
        "isPrimaryConsumerGroupEnabled": false,
        "primaryConsumerGroupDisplayName": "first",
    }]}));
    assert_eq!(queue.put(&["nobody's"]).len(), 1);
    assert_eq!(queue.stats(), [0, 0, 0, 0]);
    let details = json!({"capabilities": [{
        "type": "CONSUMER_GROUPS", "isPrimaryConsumerGroupEnabled": true,
        "primaryConsumerGroupFilter": ":x",
    }]});
    queue.call("UpdateQueue").body(details).ok();
    queue.put_all(vec![
        with("wanted", json!({"x": "1"})),
        with("not", json!({})),
    ]);
    assert_eq!(queue.of_group("first").contents(20), ["wanted"]);
}

#[test]
fn a_group_has_its_own_delivery_count() {
    let bench = Bench::new();
    let queue = bench.queue(json!({
        "deadLetterQueueDeliveryCount": 5, "capabilities": [{"type": "CONSUMER_GROUPS"}],
    }));
    let details = json!({"displayName": "strict", "deadLetterQueueDeliveryCount": 1});
    let id = bench.group(&queue, details);
    queue.put(&["x"]);
    let strict = queue.of_group(&id);
    for one in [&queue, &strict] {
        assert_eq!(one.get(1).len(), 1);
    }
    bench.time.advance(30_000);
    assert_eq!(queue.stats(), [1, 0, 0, 0]);
    assert_eq!(strict.stats(), [0, 0, 1, 0]);
    assert_eq!(strict.dead_letters().contents(5), ["x"]);
    assert!(queue.dead_letters().get(5).is_empty());
    let unset = json!({"deadLetterQueueDeliveryCount": -1});
    let call = bench
        .call("UpdateConsumerGroup")
        .with("consumerGroupId", &id);
    call.body(unset).ok();
    let shown = bench.call("GetConsumerGroup").with("consumerGroupId", &id);
    assert_eq!(shown.value()["deadLetterQueueDeliveryCount"], Value::Null);
}

#[test]
fn a_deleted_group_takes_its_copies_along() {
    let bench = Bench::new();
    let queue = fan_out(&bench);
    let id = bench.group(&queue, json!({"displayName": "g"}));
    queue.put(&["x", "y"]);
    let group = queue.of_group(&id);
    group.get(1);
    let call = bench
        .call("DeleteConsumerGroup")
        .with("consumerGroupId", &id);
    assert_eq!(bench.work_on(&call.ok()), id);
    group.call("GetStats").fails(404, "NotAuthorizedOrNotFound");
    let shown = bench.call("GetConsumerGroup").with("consumerGroupId", &id);
    assert_eq!(shown.value()["lifecycleState"], "DELETED");
    assert_eq!(queue.contents(20), ["x", "y"]);
    // A new one of the same name begins empty.
    bench.group(&queue, json!({"displayName": "G"}));
    assert_eq!(queue.of_group("g").stats(), [0, 0, 0, 0]);
}

#[test]
fn ten_groups_with_names_of_their_own() {
    let bench = Bench::new();
    let queue = fan_out(&bench);
    let create = |name: &str| {
        let body = json!({"queueId": queue.id, "displayName": name});
        bench.call("CreateConsumerGroup").body(body)
    };
    for nth in 1..10 {
        create(&format!("g{nth}")).ok();
    }
    let message = create("g10").fails(400, "LimitExceeded");
    assert!(message.starts_with("queueId "), "{message}");
    let list = bench.call("ListConsumerGroups").with("queueId", "jobs");
    let list = list.with("sortBy", "displayName").value();
    let names = list["items"].as_array().unwrap().iter();
    let names: Vec<&str> = names
        .map(|one| one["displayName"].as_str().unwrap())
        .collect();
    assert_eq!((names[0], names[9]), ("Primary Consumer Group", "g9"));
    let id = bench.call("ListConsumerGroups").with("queueId", "jobs");
    let one = id.with("displayName", "g3").value();
    let one = &one["items"][0]["id"];
    let call = bench
        .call("DeleteConsumerGroup")
        .with("consumerGroupId", one.as_str().unwrap());
    call.ok();
    let message = create("G4").fails(409, "NotAuthorizedOrResourceAlreadyExists");
    assert!(message.starts_with("displayName is G4"), "{message}");
    bench
        .call("ListConsumerGroups")
        .fails(400, "MissingParameter");
}

#[test]
fn the_primary_group_comes_and_goes_with_the_capability() {
    let bench = Bench::new();
    let queue = bench.queue(json!({}));
    let body = json!({"queueId": queue.id, "displayName": "g"});
    let call = bench.call("CreateConsumerGroup").body(body);
    assert!(
        call.fails(409, "IncorrectState")
            .contains("CONSUMER_GROUPS")
    );
    let groups = queue.of_group("Primary Consumer Group");
    groups
        .call("GetStats")
        .fails(404, "NotAuthorizedOrNotFound");
    queue.put(&["kept"]);
    let capabilities = |list: Value| {
        let call = queue.call("UpdateQueue");
        call.body(json!({ "capabilities": list }))
    };
    capabilities(json!([{"type": "CONSUMER_GROUPS"}])).ok();
    assert_eq!(groups.contents(1), ["kept"]);
    let shown = queue.call("GetQueue").value();
    assert_eq!(shown["capabilities"], json!([{"type": "CONSUMER_GROUPS"}]));
    let list = bench
        .call("ListQueues")
        .with("compartmentId", COMPARTMENT)
        .value();
    assert_eq!(list["items"][0]["capabilities"], json!(["CONSUMER_GROUPS"]));
    let primary = bench
        .call("ListConsumerGroups")
        .with("queueId", &queue.id)
        .value();
    let primary = primary["items"][0]["id"].as_str().unwrap();
    let call = bench
        .call("DeleteConsumerGroup")
        .with("consumerGroupId", primary);
    assert!(call.fails(409, "IncorrectState").contains("primary"));
    let other = bench.group(&queue, json!({"displayName": "other"}));
    let message = capabilities(json!([])).fails(409, "IncorrectState");
    assert!(message.contains(&other), "{message}");
    let call = bench
        .call("DeleteConsumerGroup")
        .with("consumerGroupId", &other);
    call.ok();
    capabilities(json!([])).ok();
    bench.time.advance(30_000);
    assert_eq!(queue.contents(1), ["kept"]);
}
