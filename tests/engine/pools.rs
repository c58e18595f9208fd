//! Stream pools: settings and their defaults, the default pool, cascades.

use serde_json::{Value, json};

use crate::support::{Bench, COMPARTMENT, DAY_MS, text};

fn get(bench: &Bench, id: &str) -> Value {
    bench.call("GetStreamPool").with("streamPoolId", id).value()
}

fn update(bench: &Bench, id: &str, details: Value) -> Value {
    let call = bench.call("UpdateStreamPool").with("streamPoolId", id);
    call.body(details).value()
}

#[test]
fn a_new_pool_has_the_defaults_of_the_service() {
    let bench = Bench::new();
    let details = json!({"name": "shop", "compartmentId": COMPARTMENT});
    let reply = bench.call("CreateStreamPool").body(details).ok();
    assert_eq!(reply.status, 200);
    let made = reply.body.as_ref().unwrap();
    assert_eq!(made["lifecycleState"], "CREATING");
    assert_eq!(made["kafkaSettings"]["bootstrapServers"], Value::Null);
    assert!(reply.header("opc-work-request-id").is_some());

    let id = text(&made["id"]);
    let reply2 = bench.call("GetStreamPool").with("streamPoolId", &id).ok();
    assert_eq!(reply2.header("etag"), reply.header("etag"));
    let mut pool = reply2.body.unwrap();
    let settings = pool["kafkaSettings"].as_object_mut().unwrap();
    let servers = settings.remove("bootstrapServers").unwrap();
    assert!(servers.as_str().unwrap().ends_with(":9092"), "{servers}");
    assert_eq!(
        pool,
        json!({
            "id": id,
            "name": "shop",
            "compartmentId": COMPARTMENT,
            "lifecycleState": "ACTIVE",
            "lifecycleStateDetails": null,
            "timeCreated": "2026-03-14T01:02:03.456Z",
            "kafkaSettings": {
                "autoCreateTopicsEnable": false, "logRetentionHours": 24, "numPartitions": 1,
            },
            "customEncryptionKey": {"kmsKeyId": null, "keyState": "NONE"},
            "isPrivate": false,
            "endpointFqdn": null,
            "privateEndpointSettings": {
                "subnetId": null, "privateEndpointIp": null, "nsgIds": null,
            },
            "securityAttributes": {},
            "freeformTags": {},
            "definedTags": {},
        })
    );
}

#[test]
fn settings_are_kept_and_changed_one_by_one() {
    let bench = Bench::new();
    let details = json!({
        "name": "shop",
        "compartmentId": COMPARTMENT,
        "kafkaSettings": {
            "autoCreateTopicsEnable": true, "logRetentionHours": 30, "numPartitions": 11,
            "bootstrapServers": "ignored:1",
        },
        "customEncryptionKeyDetails": {"kmsKeyId": "ocid1.key.oc1..k"},
        "privateEndpointDetails": {"subnetId": "ocid1.subnet.oc1..s", "nsgIds": ["n"]},
        "securityAttributes": {"ns": {"a": {"value": "1", "mode": "enforce"}}},
        "freeformTags": {"team": "shop"},
        "definedTags": {"Ops": {"cost": "42"}},
    });
    let made = bench.call("CreateStreamPool").body(details).value();
    let id = text(&made["id"]);
    let pool = get(&bench, &id);
    assert_eq!(pool["kafkaSettings"]["autoCreateTopicsEnable"], true);
    assert_eq!(pool["kafkaSettings"]["logRetentionHours"], 30);
    assert_eq!(pool["kafkaSettings"]["numPartitions"], 11);
    assert_ne!(pool["kafkaSettings"]["bootstrapServers"], "ignored:1");
    assert_eq!(pool["customEncryptionKey"]["keyState"], "ACTIVE");
    assert_eq!(pool["isPrivate"], true);
    assert_eq!(
        pool["privateEndpointSettings"]["subnetId"],
        "ocid1.subnet.oc1..s"
    );
    assert_eq!(pool["securityAttributes"]["ns"]["a"]["value"], "1");
    assert_eq!(pool["freeformTags"], json!({"team": "shop"}));
    assert_eq!(pool["definedTags"], json!({"Ops": {"cost": "42"}}));

    let changed = update(
        &bench,
        &id,
        json!({"name": "store", "kafkaSettings": {"numPartitions": 2}, "freeformTags": {}}),
    );
    assert_eq!(changed["name"], "store");
    assert_eq!(changed["kafkaSettings"]["numPartitions"], 2);
    assert_eq!(changed["kafkaSettings"]["logRetentionHours"], 30);
    assert_eq!(changed["freeformTags"], json!({}));
    assert_eq!(changed["definedTags"], json!({"Ops": {"cost": "42"}}));
    assert_eq!(get(&bench, &id), changed);

    let changed = update(
        &bench,
        &id,
        json!({"customEncryptionKeyDetails": {"kmsKeyId": ""}}),
    );
    assert_eq!(
        changed["customEncryptionKey"],
        json!({"kmsKeyId": null, "keyState": "NONE"})
    );
}

#[test]
fn an_empty_key_means_the_key_of_the_service_when_creating_too() {
    let bench = Bench::new();
    let details = json!({
        "name": "shop", "compartmentId": COMPARTMENT, "customEncryptionKeyDetails": {"kmsKeyId": ""},
    });
    let made = bench.call("CreateStreamPool").body(details).value();
    assert_eq!(
        made["customEncryptionKey"],
        json!({"kmsKeyId": null, "keyState": "NONE"})
    );
}

#[test]
fn settings_out_of_bounds_are_refused() {
    let bench = Bench::new();
    let id = bench.pool("shop");
    let attribute = json!({"value": "1", "mode": "enforce"});
    for (field, value, code) in [
        (
            "kafkaSettings",
            json!({"logRetentionHours": 23}),
            "InvalidParameter",
        ),
        (
            "kafkaSettings",
            json!({"logRetentionHours": 169}),
            "InvalidParameter",
        ),
        (
            "kafkaSettings",
            json!({"numPartitions": 0}),
            "InvalidParameter",
        ),
        (
            "kafkaSettings",
            json!({"numPartitions": 201}),
            "LimitExceeded",
        ),
        (
            "securityAttributes",
            json!({"a": {"1": attribute, "2": attribute}, "b": {"1": attribute, "2": attribute}}),
            "LimitExceeded",
        ),
    ] {
        let mut details = json!({"name": "other", "compartmentId": COMPARTMENT});
        details[field] = value.clone();
        let created = bench.call("CreateStreamPool").body(details);
        assert!(created.fails(400, code).contains(field));
        let call = bench.call("UpdateStreamPool").with("streamPoolId", &id);
        assert!(
            call.body(json!({ field: value }))
                .fails(400, code)
                .contains(field)
        );
    }
    assert_eq!(get(&bench, &id)["kafkaSettings"]["numPartitions"], 1);
}

#[test]
fn a_compartment_has_one_default_pool_made_when_needed() {
    let bench = Bench::new();
    let pool_of = |stream: &str| {
        let stream = bench.call("GetStream").with("streamId", stream).value();
        text(&stream["streamPoolId"])
    };
    let first = pool_of(&bench.stream("a", 1));
    assert_eq!(pool_of(&bench.stream("b", 1)), first);
    assert_eq!(get(&bench, &first)["name"], "DefaultPool");
    let other = json!({"name": "a", "partitions": 1, "compartmentId": "ocid1.compartment.oc1..x"});
    assert_ne!(pool_of(&bench.stream_in(other)), first);

    let refused = bench.call("DeleteStreamPool").with("streamPoolId", &first);
    assert!(refused.fails(409, "IncorrectState").contains("default"));
}

#[test]
fn a_default_pool_stays_the_default_under_another_name() {
    let bench = Bench::new();
    let stream = bench.stream("a", 1);
    let pool_of = |stream: &str| {
        let stream = bench.call("GetStream").with("streamId", stream).value();
        text(&stream["streamPoolId"])
    };
    let pool = pool_of(&stream);
    update(&bench, &pool, json!({"name": "mine"}));
    assert_eq!(pool_of(&bench.stream("b", 1)), pool);
    // One that only has the name is a pool like others.
    let namesake = bench.pool("DefaultPool");
    assert_eq!(pool_of(&bench.stream("c", 1)), pool);
    assert_eq!(
        bench
            .call("DeleteStreamPool")
            .with("streamPoolId", &namesake)
            .ok()
            .status,
        204
    );
}

#[test]
fn deleting_a_pool_deletes_its_streams() {
    let bench = Bench::new();
    let pool = bench.pool("shop");
    let inside = bench.stream_in(json!({"name": "in", "partitions": 1, "streamPoolId": pool}));
    let outside = bench.stream("out", 1);
    bench.put(&inside, &["a"]);
    let reply = bench
        .call("DeleteStreamPool")
        .with("streamPoolId", &pool)
        .ok();
    assert_eq!((reply.status, reply.body.is_none()), (204, true));
    let state = |operation, wire, id: &str| {
        let resource = bench.call(operation).with(wire, id).value();
        text(&resource["lifecycleState"])
    };
    assert_eq!(state("GetStreamPool", "streamPoolId", &pool), "DELETED");
    assert_eq!(state("GetStream", "streamId", &inside), "DELETED");
    assert_eq!(state("GetStream", "streamId", &outside), "ACTIVE");
    let again = bench.call("DeleteStreamPool").with("streamPoolId", &pool);
    again.fails(404, "NotAuthorizedOrNotFound");
    bench.time.advance(91 * DAY_MS);
    let gone = bench.call("GetStreamPool").with("streamPoolId", &pool);
    gone.fails(404, "NotAuthorizedOrNotFound");
}

#[test]
fn moving_a_pool_moves_its_streams() {
    let bench = Bench::new();
    let pool = bench.pool("shop");
    let stream = bench.stream_in(json!({"name": "in", "partitions": 1, "streamPoolId": pool}));
    let target = "ocid1.compartment.oc1..archive";
    let reply = bench
        .call("ChangeStreamPoolCompartment")
        .with("streamPoolId", &pool)
        .body(json!({"compartmentId": target}))
        .ok();
    assert!(reply.body.is_none() && reply.header("opc-work-request-id").is_some());
    assert_eq!(get(&bench, &pool)["compartmentId"], target);
    let stream = bench.call("GetStream").with("streamId", &stream).value();
    assert_eq!(
        (&stream["compartmentId"], &stream["streamPoolId"]),
        (&json!(target), &json!(pool))
    );
}
