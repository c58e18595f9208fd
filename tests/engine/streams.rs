//! Streams: creation and its limits, pools and compartments, update, deletion.

use serde_json::{Value, json};

use crate::support::{Bench, COMPARTMENT, DAY_MS, text};

fn get(bench: &Bench, id: &str) -> Value {
    bench.call("GetStream").with("streamId", id).value()
}

#[test]
fn a_new_stream_has_the_defaults_of_the_service() {
    let bench = Bench::new();
    let details = json!({"name": "orders", "partitions": 3, "compartmentId": COMPARTMENT});
    let reply = bench.call("CreateStream").body(details).ok();
    let made = reply.body.as_ref().unwrap();
    assert_eq!(made["lifecycleState"], "CREATING");
    assert!(
        made["messagesEndpoint"]
            .as_str()
            .unwrap()
            .starts_with("http")
    );
    let etag = reply.header("etag").unwrap();
    assert!(
        etag.starts_with('"') && etag.ends_with('"') && etag.len() == 75,
        "{etag}"
    );
    assert!(reply.header("opc-work-request-id").is_some());
    let id = text(&made["id"]);
    let found = bench.call("GetStream").with("streamId", &id).ok();
    assert_eq!(found.header("etag"), Some(etag));
    let stream = found.body.unwrap();
    assert_eq!(
        stream,
        json!({
            "id": id,
            "name": "orders",
            "partitions": 3,
            "retentionInHours": 24,
            "compartmentId": COMPARTMENT,
            "streamPoolId": stream["streamPoolId"],
            "lifecycleState": "ACTIVE",
            "lifecycleStateDetails": null,
            "timeCreated": "2026-03-14T01:02:03.456Z",
            "messagesEndpoint": stream["messagesEndpoint"],
            "freeformTags": {},
            "definedTags": {},
        })
    );
}

#[test]
fn partitions_and_retention_have_bounds() {
    let bench = Bench::new();
    let create = |partitions: i64, hours: i64| {
        let name = format!("s-{partitions}-{hours}");
        bench.call("CreateStream").body(json!({
            "name": name, "partitions": partitions, "retentionInHours": hours,
            "compartmentId": COMPARTMENT,
        }))
    };
    for (partitions, hours) in [(1, 24), (1, 168), (200, 25)] {
        assert_eq!(create(partitions, hours).value()["retentionInHours"], hours);
    }
    for (partitions, hours, code, word) in [
        (1, 23, "InvalidParameter", "retentionInHours"),
        (1, 169, "InvalidParameter", "retentionInHours"),
        (1, i64::MIN, "InvalidParameter", "retentionInHours"),
        (0, 24, "InvalidParameter", "partitions"),
        (-1, 24, "InvalidParameter", "partitions"),
        (
            201,
            24,
            "LimitExceeded",
            "You exceed the number of allowed partitions",
        ),
        (i64::MAX, 24, "LimitExceeded", "partitions"),
    ] {
        let message = create(partitions, hours).fails(400, code);
        assert!(message.contains(word), "{message}");
    }
}

#[test]
fn a_stream_goes_to_a_pool_or_a_compartment() {
    let bench = Bench::new();
    let pool = bench.pool("shop");
    let stream = get(
        &bench,
        &bench.stream_in(json!({"name": "a", "partitions": 1, "streamPoolId": pool})),
    );
    assert_eq!(
        (
            text(&stream["streamPoolId"]),
            text(&stream["compartmentId"])
        ),
        (pool.clone(), COMPARTMENT.into())
    );

    let create = |details: Value| bench.call("CreateStream").body(details);
    create(json!({"name": "b", "partitions": 1})).fails(400, "MissingParameter");
    let both = json!({
        "name": "b", "partitions": 1, "streamPoolId": pool, "compartmentId": "ocid1.compartment.oc1..x",
    });
    assert!(
        create(both)
            .fails(400, "InvalidParameter")
            .contains("compartmentId")
    );
    // Documents give both; where they agree there is nothing to refuse.
    let agreeing = json!({
        "name": "b", "partitions": 1, "streamPoolId": pool, "compartmentId": COMPARTMENT,
    });
    create(agreeing).ok();
    create(json!({"name": "c", "partitions": 1, "streamPoolId": "ocid1.streampool.oc1..none"}))
        .fails(404, "NotAuthorizedOrNotFound");
}

#[test]
fn names_are_unique_in_a_pool() {
    let bench = Bench::new();
    let (shop, store) = (bench.pool("shop"), bench.pool("store"));
    let create = |pool: &str| {
        let details = json!({"name": "orders", "partitions": 1, "streamPoolId": pool});
        bench.call("CreateStream").body(details)
    };
    let first = text(&create(&shop).value()["id"]);
    let message = create(&shop).fails(409, "NotAuthorizedOrResourceAlreadyExists");
    assert!(
        message.contains("orders") && message.contains(&first),
        "{message}"
    );
    let second = text(&create(&store).value()["id"]);

    let moved = bench.call("UpdateStream").with("streamId", &second);
    moved
        .body(json!({"streamPoolId": shop}))
        .fails(409, "NotAuthorizedOrResourceAlreadyExists");

    bench.call("DeleteStream").with("streamId", &first).ok();
    create(&shop).ok();
}

#[test]
fn an_update_changes_tags_and_pool_and_nothing_else() {
    let bench = Bench::new();
    let id = bench.stream("orders", 2);
    let pool = bench.pool("shop");
    let before = get(&bench, &id);
    let update = |details: Value| {
        bench
            .call("UpdateStream")
            .with("streamId", &id)
            .body(details)
    };
    let changed =
        update(json!({"freeformTags": {"a": "b"}, "definedTags": {"n": {"k": 1}}})).value();
    assert_eq!(changed["freeformTags"], json!({"a": "b"}));
    assert_eq!(changed["definedTags"], json!({"n": {"k": 1}}));
    assert_eq!(changed["streamPoolId"], before["streamPoolId"]);
    let changed = update(json!({"streamPoolId": pool, "freeformTags": null})).value();
    assert_eq!(changed["streamPoolId"], pool);
    assert_eq!(changed["freeformTags"], json!({"a": "b"}));
    assert_eq!(get(&bench, &id), changed);
    update(json!({})).ok();
}

#[test]
fn moving_a_stream_takes_it_to_the_other_default_pool() {
    let bench = Bench::new();
    let id = bench.stream("orders", 1);
    let from = text(&get(&bench, &id)["streamPoolId"]);
    let target = "ocid1.compartment.oc1..archive";
    bench.put(&id, &["kept"]);
    let call = bench.call("ChangeStreamCompartment").with("streamId", &id);
    call.body(json!({"compartmentId": target})).ok();
    let moved = get(&bench, &id);
    assert_eq!(moved["compartmentId"], target);
    let pool = text(&moved["streamPoolId"]);
    assert_ne!(pool, from);
    let pool = bench
        .call("GetStreamPool")
        .with("streamPoolId", &pool)
        .value();
    assert_eq!(
        (&pool["compartmentId"], &pool["name"]),
        (&json!(target), &json!("DefaultPool"))
    );
    let cursor = bench.cursor(&id, json!({"partition": "0", "type": "TRIM_HORIZON"}));
    assert_eq!(bench.values(&id, &cursor), ["kept"]);
}

#[test]
fn a_deleted_stream_can_be_looked_at_for_90_days_and_used_no_more() {
    let bench = Bench::new();
    let id = bench.stream("orders", 1);
    bench.put(&id, &["gone"]);
    let cursor = bench.cursor(&id, json!({"partition": "0", "type": "TRIM_HORIZON"}));
    let reply = bench.call("DeleteStream").with("streamId", &id).ok();
    assert_eq!(reply.status, 204);
    assert!(reply.header("opc-work-request-id").is_some());
    assert_eq!(get(&bench, &id)["lifecycleState"], "DELETED");

    let asked = |operation| bench.call(operation).with("streamId", &id);
    let message = asked("GetMessages")
        .with("cursor", &cursor)
        .fails(404, "NotAuthorizedOrNotFound");
    assert_eq!(message, format!("Unknown stream {id}"));
    let messages = json!({"messages": [{"value": "YQ=="}]});
    asked("PutMessages")
        .body(messages)
        .fails(404, "NotAuthorizedOrNotFound");
    asked("DeleteStream").fails(404, "NotAuthorizedOrNotFound");
    asked("UpdateStream")
        .body(json!({}))
        .fails(404, "NotAuthorizedOrNotFound");

    bench.time.advance(90 * DAY_MS - 1);
    assert_eq!(get(&bench, &id)["lifecycleState"], "DELETED");
    bench.time.advance(1);
    asked("GetStream").fails(404, "NotAuthorizedOrNotFound");
}

#[test]
fn a_name_has_1_to_255_characters() {
    let bench = Bench::new();
    let create = |name: &str| {
        let details = json!({"name": name, "partitions": 1, "compartmentId": COMPARTMENT});
        bench.call("CreateStream").body(details)
    };
    create(&"ä".repeat(255)).ok();
    for name in ["", "   ", &"n".repeat(256)] {
        assert!(create(name).fails(400, "InvalidParameter").contains("name"));
    }
}
