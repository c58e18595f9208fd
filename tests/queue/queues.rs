//! Queues themselves: created, shown, listed, changed, moved and deleted.

use serde_json::{Value, json};

use super::support::{Bench, COMPARTMENT, text};

#[test]
fn a_queue_with_nothing_said_has_the_defaults() {
    let bench = Bench::new();
    let queue = bench.queue(json!({}));
    let reply = queue.call("GetQueue").ok();
    assert!(reply.header("etag").is_some());
    let shown = reply.body.unwrap();
    for (field, value) in [
        ("displayName", json!("jobs")),
        ("compartmentId", json!(COMPARTMENT)),
        ("lifecycleState", json!("ACTIVE")),
        ("retentionInSeconds", json!(86_400)),
        ("visibilityInSeconds", json!(30)),
        ("timeoutInSeconds", json!(30)),
        ("deadLetterQueueDeliveryCount", json!(0)),
        ("channelConsumptionLimit", json!(100)),
        ("capabilities", json!([])),
        ("messagesEndpoint", json!("http://127.0.0.1:4590")),
        ("timeCreated", json!("2026-03-14T01:02:03.456Z")),
    ] {
        assert_eq!(shown[field], value, "{field}");
    }
}

#[test]
fn every_setting_is_kept_and_can_be_changed() {
    let bench = Bench::new();
    let settings = json!({
        "displayName": "all", "visibilityInSeconds": 1, "timeoutInSeconds": 2,
        "channelConsumptionLimit": 50, "deadLetterQueueDeliveryCount": 3,
        "customEncryptionKeyId": "ocid1.key.oc1..k", "freeformTags": {"a": "b"},
        "definedTags": {"n": {"k": "v"}}, "capabilities": [{"type": "LARGE_MESSAGES"}],
    });
    let mut created = settings.clone();
    created["retentionInSeconds"] = json!(60);
    let queue = bench.queue(created.clone());
    let check = |wanted: &Value| {
        let shown = queue.call("GetQueue").value();
        for (field, value) in wanted.as_object().unwrap() {
            assert_eq!(shown[field], *value, "{field}");
        }
    };
    check(&created);
    bench.time.advance(1000);
    queue.call("UpdateQueue").body(json!({})).ok();
    check(&created);
    check(&json!({"timeUpdated": "2026-03-14T01:02:04.456Z"}));
    let changed = json!({
        "displayName": "other", "visibilityInSeconds": 43_200, "timeoutInSeconds": 0,
        "channelConsumptionLimit": 1, "deadLetterQueueDeliveryCount": 0,
        "freeformTags": {}, "definedTags": {}, "capabilities": [],
    });
    queue.call("UpdateQueue").body(changed.clone()).ok();
    check(&changed);
    let key = json!({"customEncryptionKeyId": ""});
    queue.call("UpdateQueue").body(key).ok();
    check(&json!({"customEncryptionKeyId": null, "retentionInSeconds": 60}));
}

#[test]
fn changes_leave_work_requests() {
    let bench = Bench::new();
    let queue = bench.queue(json!({"capabilities": [{"type": "CONSUMER_GROUPS"}]}));
    let group = bench.group(&queue, json!({"displayName": "g"}));
    let of_group = |operation| bench.call(operation).with("consumerGroupId", &group);
    for reply in [
        queue.call("UpdateQueue").body(json!({})).ok(),
        queue
            .call("PurgeQueue")
            .body(json!({"purgeType": "BOTH"}))
            .ok(),
        queue
            .call("ChangeQueueCompartment")
            .body(json!({"compartmentId": "c2"}))
            .ok(),
        of_group("UpdateConsumerGroup").body(json!({})).ok(),
        of_group("DeleteConsumerGroup").ok(),
        queue.call("DeleteQueue").ok(),
    ] {
        assert_eq!((reply.status, &reply.body), (202, &None));
        bench.work_on(&reply);
    }
    let list = |call: super::support::Asked<'_>| {
        let items = call.value()["items"].as_array().unwrap().clone();
        let types = items.iter().map(|one| text(&one["operationType"]));
        let mut types: Vec<String> = types.collect();
        types.sort();
        types
    };
    let all = [
        "CREATE_CONSUMER_GROUP",
        "CREATE_QUEUE",
        "DELETE_CONSUMER_GROUP",
        "DELETE_QUEUE",
        "MOVE_QUEUE",
        "PURGE_QUEUE",
        "UPDATE_CONSUMER_GROUP",
        "UPDATE_QUEUE",
    ];
    let of = |id| bench.call("ListWorkRequests").with("compartmentId", id);
    let mut types = [list(of(COMPARTMENT)), list(of("c2"))].concat();
    types.sort();
    assert_eq!(types, all);
    assert_eq!(list(of("c2")).len(), 4);
    let one = of("c2").value()["items"][0].clone();
    let entity = &one["resources"][0];
    let kind = text(&entity["entityType"]);
    assert!(
        ["queue", "consumergroup"].contains(&kind.as_str()),
        "{kind}"
    );
    let by_id = |operation| {
        bench
            .call(operation)
            .with("workRequestId", one["id"].as_str().unwrap())
    };
    assert_eq!(by_id("ListWorkRequestErrors").value()["items"], json!([]));
    assert_eq!(
        by_id("ListWorkRequestLogs").value()["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn lists_are_narrowed_sorted_and_paged() {
    let bench = Bench::new();
    let mut ids = Vec::new();
    for name in ["b", "a", "c"] {
        ids.push(bench.queue(json!({ "displayName": name })).id);
        bench.time.advance(1000);
    }
    bench.queue(json!({"displayName": "a", "compartmentId": "other"}));
    let names = |call: super::support::Asked<'_>| {
        let reply = call.ok();
        let items = reply.body.as_ref().unwrap()["items"]
            .as_array()
            .unwrap()
            .clone();
        let names = items.iter().map(|one| text(&one["displayName"]));
        (
            names.collect::<String>(),
            reply.header("opc-next-page").map(str::to_owned),
        )
    };
    let list = || bench.call("ListQueues").with("compartmentId", COMPARTMENT);
    assert_eq!(names(list()).0, "cab");
    assert_eq!(names(list().with("sortBy", "displayName")).0, "abc");
    assert_eq!(names(list().with("sortOrder", "ASC")).0, "bac");
    assert_eq!(names(list().with("displayName", "a")).0, "a");
    assert_eq!(names(bench.call("ListQueues").with("id", &ids[2])).0, "c");
    assert_eq!(names(list().with("lifecycleState", "DELETED")).0, "");
    for (operation, named) in [
        ("ListQueues", "compartmentId or id"),
        ("ListConsumerGroups", "queueId or id"),
        ("ListWorkRequests", "compartmentId or workRequestId"),
    ] {
        let message = bench.call(operation).fails(400, "MissingParameter");
        assert!(message.starts_with(named), "{message}");
    }
    let (first, next) = names(list().with("limit", "2"));
    let second = names(list().with("limit", "2").with("page", &next.unwrap()));
    assert_eq!((first.as_str(), second), ("ca", ("b".to_owned(), None)));
}

#[test]
fn a_deleted_queue_is_remembered_and_its_messages_are_gone() {
    let home = tempfile::tempdir().unwrap();
    let bench = Bench::in_folder(home.path());
    let queue = bench.queue(json!({"capabilities": [{"type": "CONSUMER_GROUPS"}]}));
    let group = bench.group(&queue, json!({"displayName": "g"}));
    for _ in 0..60 {
        queue.put(&["x"; 20]);
    }
    queue.get(20);
    queue.call("DeleteQueue").ok();
    assert_eq!(queue.call("GetQueue").value()["lifecycleState"], "DELETED");
    for operation in ["GetStats", "GetMessages", "DeleteQueue"] {
        let message = queue.call(operation).fails(404, "NotAuthorizedOrNotFound");
        assert!(message.starts_with("Unknown queue "), "{message}");
    }
    let shown = bench
        .call("GetConsumerGroup")
        .with("consumerGroupId", &group);
    assert_eq!(shown.value()["lifecycleState"], "DELETED");
    let bytes = || {
        std::fs::metadata(home.path().join("ocelot.db"))
            .unwrap()
            .len()
    };
    let before = bytes();
    // What was freed is used again.
    let other = bench.queue(json!({}));
    for _ in 0..60 {
        other.put(&["x"; 20]);
    }
    let bench = bench.reopened();
    assert!(
        bytes() <= before.max(1024 * 1024),
        "{} after {before}",
        bytes()
    );
    assert_eq!(bench.at("jobs").stats(), [1200, 0, 0, 0]);
}

#[test]
fn names_stand_for_ids() {
    let bench = Bench::new();
    let queue = bench.queue(json!({}));
    let named = bench.at("jobs");
    named.put(&["x"]);
    assert_eq!(queue.stats(), [1, 0, 0, 0]);
    bench.queue(json!({}));
    let message = named.call("GetStats").fails(400, "InvalidParameter");
    assert!(message.contains("several resources (queue)"), "{message}");
    let message = bench.at("nobody").call("GetStats");
    message.fails(404, "NotAuthorizedOrNotFound");
}

#[test]
fn etags_and_retry_tokens() {
    let bench = Bench::new();
    let body = json!({"displayName": "once", "compartmentId": COMPARTMENT});
    let create = |body: &Value| {
        let call = bench.call("CreateQueue").with("opc-retry-token", "t-1");
        call.body(body.clone())
    };
    let first = create(&body).ok();
    assert_eq!(create(&body).ok(), first);
    let mut other = body.clone();
    other["displayName"] = json!("other");
    create(&other).fails(409, "InvalidatedRetryToken");
    let queue = bench.at("once");
    let etag = queue.call("GetQueue").ok();
    let etag = etag.header("etag").unwrap();
    let update = |etag: &str| queue.call("UpdateQueue").with("if-match", etag);
    update(etag).body(json!({})).ok();
    update(etag).body(json!({})).fails(412, "NoEtagMatch");
    let call = queue.call("DeleteQueue").with("if-match", etag);
    call.fails(412, "NoEtagMatch");
}

#[test]
fn queues_of_other_tenancies_do_not_exist() {
    const OTHER: &str = "ocid1.tenancy.oc1..other";
    let bench = Bench::new();
    let queue = bench.queue(json!({}));
    queue.put(&["x"]);
    let receipt = queue.get(1)[0].receipt.clone();
    for call in [
        queue.call("GetQueue"),
        queue.call("GetStats"),
        queue.call("GetMessages"),
        queue.dead_letters().call("GetMessages"),
        queue.call("DeleteMessage").with("messageReceipt", &receipt),
        bench.at("jobs").call("GetStats"),
    ] {
        call.by(OTHER).fails(404, "NotAuthorizedOrNotFound");
    }
    let list = bench.call("ListQueues").with("compartmentId", COMPARTMENT);
    let list = list.by(OTHER).value();
    assert_eq!(list["items"], json!([]));
    assert_eq!(queue.stats(), [0, 1, 0, 0]);
}
