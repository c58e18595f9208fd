//! What a call costs with little stored and with much: about the same.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::{Bench, COMPARTMENT};

/// The shortest of many runs, which other work on the machine disturbs least.
fn shortest(mut work: impl FnMut()) -> Duration {
    let timed = |_| {
        let begun = Instant::now();
        work();
        begun.elapsed()
    };
    (0..50).map(timed).min().unwrap()
}

/// Opening the folder, putting, getting and listing, each with its time.
fn costs(mut bench: Bench) -> (Bench, Vec<(&'static str, Duration)>) {
    let mut opened = Vec::new();
    for _ in 0..20 {
        let begun = Instant::now();
        bench = bench.reopened();
        opened.push(begun.elapsed());
    }
    let call = |operation| bench.call(operation).with("streamId", "orders");
    let list = || bench.call("ListStreams").with("compartmentId", COMPARTMENT);
    let cursor = bench.cursor("orders", json!({"partition": "0", "type": "TRIM_HORIZON"}));
    let group = bench.group_cursor("orders", "g", "i");
    let body = json!({"messages": [{"key": "aw==", "value": "YQ=="}]});
    let costs = vec![
        ("open", opened.into_iter().min().unwrap()),
        (
            "put",
            shortest(|| drop(call("PutMessages").body(body.clone()).ok())),
        ),
        (
            "get",
            shortest(|| {
                drop(
                    call("GetMessages")
                        .with("cursor", &cursor)
                        .with("limit", "10")
                        .ok(),
                )
            }),
        ),
        (
            "get as a group",
            shortest(|| {
                drop(
                    call("GetMessages")
                        .with("cursor", &group)
                        .with("limit", "10")
                        .ok(),
                )
            }),
        ),
        (
            "find a place in time",
            shortest(|| {
                let time = json!({"partition": "0", "type": "AT_TIME", "time": "2026-03-14T01:02:03.457Z"});
                drop(call("CreateCursor").body(time).ok());
            }),
        ),
        ("get by name", shortest(|| drop(call("GetStream").ok()))),
        ("list by time", shortest(|| drop(list().ok()))),
        (
            "list by name",
            shortest(|| drop(list().with("sortBy", "NAME").ok())),
        ),
        (
            "list of the pool",
            shortest(|| {
                let call = bench
                    .call("ListStreams")
                    .with("streamPoolId", "DefaultPool");
                drop(call.with("sortBy", "TIMECREATED").ok());
            }),
        ),
        (
            "list of a name",
            shortest(|| drop(list().with("name", "orders").ok())),
        ),
    ];
    (bench, costs)
}

#[test]
#[ignore = "it measures: run it alone, with --release"]
fn nothing_slows_down_with_a_thousand_streams_and_a_million_messages() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::in_folder(folder.path());
    bench.stream("orders", 1);
    for _ in 0..30 {
        bench.put("orders", &["first"]);
    }
    for nth in 0..9 {
        bench.stream(&format!("few-{nth}"), 1);
    }
    let (bench, few) = costs(bench);
    for nth in 0..1000 {
        bench.stream(&format!("s-{nth}"), 1);
        bench.time.advance(1);
    }
    let value = STANDARD.encode("a message of an ordinary size, as an order might be: 42");
    let messages: Vec<Value> = (0..10_000).map(|_| json!({"value": value})).collect();
    for _ in 0..100 {
        bench.put_all("orders", &messages);
        bench.time.advance(1);
    }
    let (_, many) = costs(bench);
    for ((name, before), (_, after)) in few.iter().zip(&many) {
        println!("{name}: {before:?}, then {after:?}");
    }
    for ((name, before), (_, after)) in few.iter().zip(&many) {
        let more = after.saturating_sub(*before);
        assert!(
            more < Duration::from_millis(1),
            "{name} takes {more:?} more"
        );
    }
}
