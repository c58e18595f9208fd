//! Requests with many entries, which succeed or fail one by one.

use serde_json::json;

use super::support::Bench;

#[test]
fn entries_of_a_deletion_fail_alone() {
    let bench = Bench::new();
    let queue = bench.queue(json!({}));
    queue.put(&["a", "b"]);
    let got = queue.get(2);
    let other = bench.queue(json!({"displayName": "other"}));
    other.put(&["c"]);
    let foreign = &other.get(1)[0].receipt;
    let (a, b) = (&got[0].receipt, &got[1].receipt);
    let entries = json!([
        {"receipt": a}, {"receipt": "nonsense"}, {"receipt": b}, {"receipt": a}, {"receipt": foreign},
    ]);
    let reply = queue
        .call("DeleteMessages")
        .body(json!({ "entries": entries }));
    let reply = reply.value();
    assert_eq!(
        (&reply["clientFailures"], &reply["serverFailures"]),
        (&json!(3), &json!(0))
    );
    let entries = reply["entries"].as_array().unwrap();
    assert_eq!(entries[0], json!({}));
    assert_eq!(entries[1]["errorCode"], 400);
    let message = entries[1]["errorMessage"].as_str().unwrap();
    assert!(
        message.starts_with("entries[1].receipt is no receipt"),
        "{message}"
    );
    assert_eq!(entries[2], json!({}));
    assert_eq!(entries[3]["errorCode"], 404);
    assert_eq!(entries[4]["errorCode"], 400);
    assert_eq!(queue.stats(), [0, 0, 0, 0]);
    assert_eq!(other.stats(), [0, 1, 0, 0]);
}

#[test]
fn entries_of_an_update_fail_alone() {
    let bench = Bench::new();
    let queue = bench.queue(json!({}));
    let ids = queue.put(&["a", "b"]);
    let got = queue.get(2);
    let entries = json!([
        {"receipt": got[0].receipt, "visibilityInSeconds": 0},
        {"receipt": got[1].receipt, "visibilityInSeconds": 43_201},
        {"receipt": got[1].receipt, "visibilityInSeconds": 43_200},
    ]);
    let reply = queue
        .call("UpdateMessages")
        .body(json!({ "entries": entries }));
    let reply = reply.value();
    assert_eq!(
        reply["entries"],
        json!([
            {"id": ids[0], "visibleAfter": "2026-03-14T01:02:03.456Z"},
            {
                "errorCode": 400,
                "errorMessage": "entries[1].visibilityInSeconds must be 0 to 43200, not 43201",
            },
            {"id": ids[1], "visibleAfter": "2026-03-14T13:02:03.456Z"},
        ])
    );
    assert_eq!(reply["clientFailures"], 1);
    assert_eq!(queue.stats(), [1, 1, 0, 0]);
}

#[test]
fn twenty_entries_are_the_most() {
    let bench = Bench::new();
    let queue = bench.queue(json!({}));
    let one = json!({"receipt": "x", "visibilityInSeconds": 1});
    for (operation, count) in [
        ("DeleteMessages", 0),
        ("DeleteMessages", 21),
        ("UpdateMessages", 0),
        ("UpdateMessages", 21),
    ] {
        let entries = vec![one.clone(); count];
        let call = queue.call(operation).body(json!({ "entries": entries }));
        let message = call.fails(400, "InvalidParameter");
        assert!(message.starts_with("entries "), "{message}");
    }
    let messages = |count| json!({ "messages": vec![json!({"content": "x"}); count] });
    queue.call("PutMessages").body(messages(20)).ok();
    for count in [0, 21] {
        let call = queue.call("PutMessages").body(messages(count));
        let message = call.fails(400, "InvalidParameter");
        assert!(message.starts_with("messages "), "{message}");
    }
    assert_eq!(queue.stats(), [20, 0, 0, 0]);
}
