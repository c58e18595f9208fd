//! How much a queue, a channel, a request and a reply hold.

use serde_json::json;

use super::support::Bench;

const KIB: usize = 1024;

#[test]
fn sizes_of_messages_and_requests() {
    let bench = Bench::new();
    let queue = bench.queue(json!({}));
    let put = |content: usize, property: usize| {
        let message = json!({
            "content": "x".repeat(content),
            "metadata": {"channelId": "a", "customProperties": {"k": "v".repeat(property)}},
        });
        queue
            .call("PutMessages")
            .body(json!({ "messages": [message] }))
    };
    put(256 * KIB - 11, 10).ok();
    let message = put(256 * KIB - 10, 10).fails(400, "InvalidParameter");
    assert!(
        message.starts_with("messages[0] has 262145 bytes") && message.contains("LARGE_MESSAGES"),
        "{message}"
    );
    let details = json!({"capabilities": [{"type": "LARGE_MESSAGES"}]});
    queue.call("UpdateQueue").body(details).ok();
    put(512 * KIB - 11, 10).ok();
    let message = put(512 * KIB - 10, 10).fails(413, "PayloadTooLarge");
    assert!(
        message.starts_with("messages have 524289 bytes"),
        "{message}"
    );
    let halves = vec![json!({"content": "x".repeat(257 * KIB)}); 2];
    let call = queue
        .call("PutMessages")
        .body(json!({ "messages": halves }));
    call.fails(413, "PayloadTooLarge");
}

#[test]
fn a_reply_holds_two_megabytes_and_at_least_one_message() {
    let bench = Bench::new();
    let queue = bench.queue(json!({"capabilities": [{"type": "LARGE_MESSAGES"}]}));
    let large = "x".repeat(500 * KIB);
    for _ in 0..6 {
        queue.put(&[&large]);
    }
    assert_eq!(queue.get(20).len(), 4);
    assert_eq!(queue.get(32).len(), 2);
    assert_eq!(queue.stats(), [0, 6, 0, 0]);
}

#[test]
fn twenty_messages_are_the_most_in_a_reply() {
    let bench = Bench::new();
    let queue = bench.queue(json!({}));
    for _ in 0..3 {
        queue.put(&["x"; 15]);
    }
    assert_eq!(queue.get(32).len(), 20);
    assert_eq!(queue.get(20).len(), 20);
    assert_eq!(queue.get(20).len(), 5);
    // One, where the call does not say.
    queue.put(&["y", "z"]);
    let call = queue.call("GetMessages").with("timeoutInSeconds", "0");
    assert_eq!(call.value()["messages"].as_array().unwrap().len(), 1);
}

#[test]
fn a_queue_has_256_channels() {
    let bench = Bench::new();
    let queue = bench.queue(json!({}));
    queue.put(&["in none"]);
    for nth in 0..256 {
        queue.put_to(Some(&format!("c-{nth}")), &["x"]);
    }
    let one_more = |name: &str| {
        let message = json!({"content": "x", "metadata": {"channelId": name}});
        queue
            .call("PutMessages")
            .body(json!({ "messages": [message] }))
    };
    let message = one_more("c-256").fails(400, "LimitExceeded");
    assert!(message.contains("channelId is c-256"), "{message}");
    one_more("c-255").ok();
    // A channel that is empty is gone.
    let got = queue.get_with(20, &[("channelFilter", "c-7")]);
    queue.delete(&got[0].receipt).unwrap();
    one_more("c-256").ok();
}

#[test]
fn a_channel_keeps_to_its_part_of_the_messages_in_flight() {
    let bench = Bench::new();
    // One percent of 100,000.
    let queue = bench.queue(json!({"channelConsumptionLimit": 1}));
    for _ in 0..51 {
        queue.put_to(Some("busy"), &["x"; 20]);
    }
    let mut held = Vec::new();
    loop {
        let got = queue.get(20);
        if got.is_empty() {
            break;
        }
        held.extend(got);
    }
    assert_eq!(held.len(), 1000);
    queue.put_to(Some("quiet"), &["y"]);
    assert_eq!(queue.contents(20), ["y"]);
    for one in &held[..3] {
        queue.delete(&one.receipt).unwrap();
    }
    assert_eq!(queue.get(20).len(), 3);
    bench.time.advance(30_000);
    let got = queue.get_with(20, &[("channelFilter", "busy")]);
    assert_eq!(got.len(), 20);
}
