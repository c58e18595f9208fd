//! Channels: lanes inside a queue.

use std::collections::HashMap;

use serde_json::json;

use super::support::{Bench, text};

#[test]
fn a_filter_takes_from_its_channel_alone() {
    let bench = Bench::new();
    let queue = bench.queue(json!({}));
    queue.put(&["none"]);
    queue.put_to(Some("a"), &["a1", "a2"]);
    queue.put_to(Some("b"), &["b1"]);
    assert_eq!(queue.channels(), ["a", "b", "default-channel"]);
    let of = |channel| {
        let got = queue.get_with(20, &[("channelFilter", channel)]);
        got.into_iter().map(|one| one.content).collect::<Vec<_>>()
    };
    assert_eq!(of("a"), ["a1", "a2"]);
    assert_eq!(of("b"), ["b1"]);
    assert_eq!(of("nobody"), [""; 0]);
    assert_eq!(of("default-channel"), ["none"]);
}

#[test]
fn without_a_filter_every_channel_has_its_turn() {
    let bench = Bench::new();
    let queue = bench.queue(json!({}));
    for _ in 0..50 {
        queue.put_to(Some("busy"), &["x"; 20]);
    }
    for channel in ["quiet", "small"] {
        for _ in 0..50 {
            queue.put_to(Some(channel), &["x"; 8]);
        }
    }
    let mut turns: HashMap<String, usize> = HashMap::new();
    for _ in 0..300 {
        let got = queue.get(1);
        *turns.entry(got[0].channel.clone()).or_default() += 1;
    }
    // Each has 100 of them, give or take 8: less than half of that is out of all likelihood.
    assert_eq!(turns.len(), 3);
    assert!(turns.values().all(|count| *count > 50), "{turns:?}");
}

#[test]
fn one_reply_is_of_one_channel() {
    let bench = Bench::new();
    let queue = bench.queue(json!({}));
    for channel in ["a", "b", "c"] {
        queue.put_to(Some(channel), &["x", "y"]);
    }
    for _ in 0..3 {
        let got = queue.get(20);
        assert_eq!(got.len(), 2);
        assert_eq!(got[0].channel, got[1].channel);
    }
    assert!(queue.get(20).is_empty());
}

#[test]
fn lists_come_in_pages_and_know_what_is_empty() {
    let bench = Bench::new();
    let queue = bench.queue(json!({}));
    for channel in ["a", "b", "c", "d", "e"] {
        queue.put_to(Some(channel), &["x"]);
    }
    let got = queue.get_with(1, &[("channelFilter", "c")]);
    queue.delete(&got[0].receipt).unwrap();
    let page = |token: Option<&str>| {
        let call = queue.call("ListChannels").with("limit", "3");
        let call = match token {
            Some(token) => call.with("page", token),
            None => call,
        };
        let reply = call.ok();
        let items = reply.body.as_ref().unwrap()["items"].as_array().unwrap();
        let items: Vec<String> = items.iter().map(text).collect();
        (items, reply.header("opc-next-page").map(str::to_owned))
    };
    let (first, next) = page(None);
    assert_eq!(first, ["a", "b", "d"]);
    let (second, none) = page(next.as_deref());
    assert_eq!((second, none), (vec!["e".to_owned()], None));
    let filtered = queue.call("ListChannels").with("channelFilter", "b");
    assert_eq!(filtered.value()["items"], json!(["b"]));
}

#[test]
fn properties_come_back_as_they_were() {
    let bench = Bench::new();
    let queue = bench.queue(json!({}));
    let properties = json!({"type": "order", "sum": "12.50", "empty": "", "ключ": "✓"});
    let metadata = json!({"channelId": "eu", "customProperties": properties});
    queue.put_all(vec![json!({"content": "x", "metadata": metadata})]);
    let got = queue.get(1);
    assert_eq!(got[0].value["metadata"], metadata);
}
