//! Putting messages: limits at their edges, base64, keys and partitions, a reply entry for each.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::{Asked, Bench, message};

const MEBIBYTE: usize = 1024 * 1024;

fn put<'b>(bench: &'b Bench, messages: &Value) -> Asked<'b> {
    let call = bench.call("PutMessages").with("streamId", "orders");
    call.body(json!({ "messages": messages }))
}

fn with_stream(partitions: u32) -> Bench {
    let bench = Bench::new();
    bench.stream("orders", partitions);
    bench
}

fn zeros(length: usize) -> String {
    STANDARD.encode(vec![0; length])
}

#[test]
fn the_reply_tells_of_each_message_where_it_went() {
    let bench = with_stream(1);
    let reply = put(
        &bench,
        &json!([{"value": "YQ=="}, {"key": "aw==", "value": "Yg=="}]),
    )
    .value();
    let time = "2026-03-14T01:02:03.456Z";
    let entry = |offset: i64| json!({"partition": "0", "offset": offset, "timestamp": time, "error": null, "errorMessage": null});
    assert_eq!(
        reply,
        json!({"failures": 0, "entries": [entry(0), entry(1)]})
    );
    let again = put(&bench, &json!([{"value": "Yw=="}])).value();
    assert_eq!(again["entries"][0]["offset"], 2);
}

#[test]
fn entries_come_in_the_order_of_the_request() {
    let bench = with_stream(4);
    let keys = bench.keys(4);
    let order = [2, 0, 3, 2, 1, 0, 2];
    let messages: Vec<Value> = order
        .iter()
        .map(|p: &usize| message(Some(&keys[*p]), "v"))
        .collect();
    let entries = bench.put_all("orders", &messages);
    let got: Vec<(usize, i64)> = entries
        .iter()
        .map(|e| {
            (
                e["partition"].as_str().unwrap().parse().unwrap(),
                e["offset"].as_i64().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        got,
        [(2, 0), (0, 0), (3, 0), (2, 1), (1, 0), (0, 1), (2, 2)]
    );
}

#[test]
fn a_request_holds_at_most_one_mebibyte_of_keys_and_values() {
    let bench = with_stream(1);
    put(&bench, &json!([{"value": zeros(MEBIBYTE)}])).ok();
    put(
        &bench,
        &json!([{"key": "aw==", "value": zeros(MEBIBYTE - 1)}]),
    )
    .ok();
    put(
        &bench,
        &json!([{"value": zeros(MEBIBYTE / 2)}, {"value": zeros(MEBIBYTE / 2)}]),
    )
    .ok();
    for messages in [
        json!([{"value": zeros(MEBIBYTE + 1)}]),
        json!([{"key": "aw==", "value": zeros(MEBIBYTE)}]),
        json!([{"value": zeros(MEBIBYTE / 2)}, {"value": zeros(MEBIBYTE / 2 + 1)}]),
    ] {
        let message = put(&bench, &messages).fails(400, "InvalidParameter");
        assert!(
            message.starts_with("Request size is limited to 1 MiB"),
            "{message}"
        );
    }
    // Nothing of what was refused is there.
    assert_eq!(
        put(&bench, &json!([{"value": ""}])).value()["entries"][0]["offset"],
        4
    );
}

#[test]
fn a_key_has_at_most_256_bytes() {
    let bench = with_stream(1);
    put(&bench, &json!([{"key": zeros(256), "value": ""}])).ok();
    let messages = json!([{"value": ""}, {"key": zeros(257), "value": ""}]);
    let message = put(&bench, &messages).fails(400, "InvalidParameter");
    assert!(
        message.contains("messages[1].key") && message.contains("256"),
        "{message}"
    );
}

#[test]
fn the_number_of_messages_has_no_limit() {
    let bench = with_stream(1);
    let messages: Vec<Value> = (0..20_000).map(|_| json!({"value": "YQ=="})).collect();
    let reply = put(&bench, &messages.into()).value();
    assert_eq!(reply["failures"], 0);
    assert_eq!(reply["entries"][19_999]["offset"], 19_999);
    let empty = put(&bench, &json!([])).fails(400, "InvalidParameter");
    assert!(empty.contains("messages"), "{empty}");
}

#[test]
fn base64_may_lack_its_padding_and_nothing_else() {
    let bench = with_stream(1);
    for value in ["YQ==", "YQ=", "YQ", "", "++//"] {
        put(&bench, &json!([{ "value": value }])).ok();
    }
    let cursor = bench.cursor("orders", json!({"partition": "0", "type": "TRIM_HORIZON"}));
    assert_eq!(bench.values("orders", &cursor)[..4], ["a", "a", "a", ""]);
    for value in ["plain text", "YQ==YQ==", "Y", "-_-_", "YQ==\n", "ä", "{}"] {
        for messages in [
            json!([{ "value": value }]),
            json!([{ "key": value, "value": "" }]),
        ] {
            let message = put(&bench, &messages).fails(400, "InvalidParameter");
            assert!(
                message.starts_with("Unable to parse JSON body: messages[0]."),
                "{message}"
            );
        }
    }
}

#[test]
fn a_key_comes_back_and_an_empty_one_is_none() {
    let bench = with_stream(1);
    put(&bench, &json!([
        {"key": "aw==", "value": "MQ=="}, {"key": "", "value": "Mg=="}, {"key": null, "value": "Mw=="}, {"value": "NA=="},
    ])).ok();
    let cursor = bench.cursor("orders", json!({"partition": "0", "type": "TRIM_HORIZON"}));
    let (messages, _) = bench.get("orders", &cursor);
    let keys: Vec<Option<String>> = messages.into_iter().map(|message| message.key).collect();
    assert_eq!(keys, [Some("k".to_owned()), None, None, None]);
}

#[test]
fn equal_keys_go_to_one_partition_of_every_stream() {
    let bench = with_stream(7);
    let other = bench.stream("other", 7);
    let mut partitions = BTreeSet::new();
    for nth in 0..50 {
        let key = format!("customer-{nth}");
        let (partition, _) = bench.put_keyed("orders", &key, "1");
        assert_eq!(bench.put_keyed("orders", &key, "2").0, partition);
        assert_eq!(bench.put_keyed(&other, &key, "3").0, partition);
        partitions.insert(partition);
    }
    assert_eq!(partitions.len(), 7);
}

#[test]
fn messages_without_keys_spread_evenly() {
    let bench = with_stream(4);
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    // Alone and together: a single put must not always land in the same place.
    for _ in 0..200 {
        for entry in bench.put("orders", &["a", "b"]) {
            *counts
                .entry(entry["partition"].as_str().unwrap().to_owned())
                .or_default() += 1;
        }
    }
    assert_eq!(counts.len(), 4);
    // 100 are expected; 5 standard deviations are 43.
    assert!(
        counts.values().all(|count| (57..=143).contains(count)),
        "{counts:?}"
    );
    let mut first: BTreeSet<String> = BTreeSet::new();
    for _ in 0..60 {
        let entry = bench.put("orders", &["a"]).remove(0);
        first.insert(entry["partition"].as_str().unwrap().to_owned());
    }
    assert_eq!(first.len(), 4);
}

#[cfg(unix)]
#[test]
fn a_partition_that_fails_does_not_keep_out_the_others() {
    use std::fs;
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::in_folder(folder.path());
    let stream = bench.stream("orders", 2);
    let keys = bench.keys(2);
    // A file where the partition's folder should be.
    let logs = folder.path().join("streams").join(&stream);
    fs::create_dir_all(&logs).unwrap();
    fs::write(logs.join("1"), "").unwrap();
    let messages = json!([
        message(Some(&keys[1]), "lost"),
        message(Some(&keys[0]), "kept")
    ]);
    let reply = put(&bench, &messages).value();
    assert_eq!(reply["failures"], 1);
    let lost = &reply["entries"][0];
    assert_eq!(
        (&lost["partition"], &lost["offset"], &lost["timestamp"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    assert_eq!(lost["error"], "500");
    assert!(
        lost["errorMessage"].as_str().unwrap().contains(&stream),
        "{lost}"
    );
    assert_eq!(reply["entries"][1]["partition"], "0");
    let cursor = bench.cursor("orders", json!({"partition": "0", "type": "TRIM_HORIZON"}));
    assert_eq!(bench.values("orders", &cursor), ["kept"]);
}

#[test]
fn threads_that_put_and_delete_at_once_leave_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::in_folder(folder.path());
    for round in 0..20 {
        let id = bench.stream(&format!("s{round}"), 2);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let body = json!({"messages": [{"value": "YQ=="}, {"value": "YQ=="}]});
                    while bench
                        .call("PutMessages")
                        .with("streamId", &id)
                        .body(body.clone())
                        .answer()
                        .is_ok_and(|reply| reply.body.unwrap()["failures"] == 0)
                    {
                    }
                });
            }
            bench.call("DeleteStream").with("streamId", &id).ok();
        });
        assert!(
            !folder.path().join("streams").join(&id).exists(),
            "round {round}"
        );
    }
}
