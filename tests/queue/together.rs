//! Requests that are put together: each succeeds or fails by itself.

use ocelot::call::{ApiError, Call};
use ocelot::engine::PutQueueMessages;
use serde_json::{Value, json};

use super::support::Bench;

/// A request's messages: their contents and channels.
fn messages(of: &[(&str, &str)]) -> String {
    let entry = |(content, channel): &(&str, &str)| json!({"content": content, "metadata": {"channelId": channel}});
    json!({ "messages": of.iter().map(entry).collect::<Vec<Value>>() }).to_string()
}

/// Puts requests together, and tells the numbers of their messages.
fn put_together(bench: &Bench, requests: &[(Call, String)]) -> Vec<Result<Vec<i64>, ApiError>> {
    let read: Vec<PutQueueMessages<'_>> = requests
        .iter()
        .map(|(_, text)| serde_json::from_str(text).unwrap())
        .collect();
    let calls = requests.iter().map(|(call, _)| call);
    let together: Vec<_> = calls.zip(&read).collect();
    let numbers = |reply: Value| {
        let put = reply["messages"].as_array().unwrap().iter();
        put.map(|one| one["id"].as_i64().unwrap()).collect()
    };
    let results = bench.engine.put_queue_messages(&together).into_iter();
    results
        .map(|result| result.map(|put| numbers(json!(put))))
        .collect()
}

#[test]
fn requests_fail_alone_and_leave_nothing() {
    let bench = Bench::new();
    let (queue, other) = (bench.queue(json!({})), bench.queue(json!({})));
    for nth in 0..256 {
        queue.put_to(Some(&format!("c-{nth}")), &["x"]);
    }
    let call = |id: &str| queue.call("PutMessages").with("queueId", id).call;
    let mut foreign = call(&queue.id);
    "ocid1.tenancy.oc1..bank".clone_into(&mut foreign.origin.tenancy_id);
    let requests = [
        (call(&queue.id), messages(&[("one", "c-1"), ("two", "c-2")])),
        // The second of its messages is for one channel too many.
        (
            call(&queue.id),
            messages(&[("lost", "c-1"), ("lost", "c-256")]),
        ),
        (call("ocid1.queue.oc1..none"), messages(&[("lost", "c-1")])),
        (foreign, messages(&[("lost", "c-1")])),
        (call(&queue.id), messages(&[("lost", "c 1")])),
        (call(&other.id), messages(&[("four", "c-4")])),
        (call(&queue.id), messages(&[("three", "c-1")])),
    ];
    let results = put_together(&bench, &requests);
    let told: Vec<Result<&[i64], u16>> = results
        .iter()
        .map(|result| result.as_deref().map_err(|error| error.status))
        .collect();
    let expected: [Result<&[i64], u16>; 7] = [
        Ok(&[257, 258]),
        Err(400),
        Err(404),
        Err(404),
        Err(400),
        Ok(&[1]),
        Ok(&[259]),
    ];
    assert_eq!(told, expected);
    assert_eq!(queue.stats(), [259, 0, 0, 0]);
    assert_eq!(other.stats(), [1, 0, 0, 0]);
    let got = queue.get_with(20, &[("channelFilter", "c-1")]);
    let contents: Vec<&str> = got.iter().map(|one| one.content.as_str()).collect();
    assert_eq!(contents, ["x", "one", "three"]);
}
