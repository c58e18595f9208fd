//! An engine that refuses what the service in the cloud refuses: rates, and the quota of partitions.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::{Asked, Bench, COMPARTMENT, MINUTE_MS};

const MIB: usize = 1 << 20;

fn put<'b>(bench: &'b Bench, stream: &str, messages: Value) -> Asked<'b> {
    let call = bench.call("PutMessages").with("streamId", stream);
    call.body(json!({ "messages": messages }))
}

fn message(key: &str, bytes: usize) -> Value {
    let value = STANDARD.encode(vec![7; bytes]);
    match key {
        "" => json!({ "value": value }),
        key => json!({ "key": STANDARD.encode(key), "value": value }),
    }
}

fn cursor(bench: &Bench, stream: &str) -> String {
    let call = bench.call("CreateCursor").with("streamId", stream);
    let details = json!({"partition": "0", "type": "TRIM_HORIZON"});
    let cursor = call.body(details).value()["value"].clone();
    cursor.as_str().unwrap().to_owned()
}

fn get<'b>(bench: &'b Bench, stream: &str, cursor: &str) -> Asked<'b> {
    let call = bench.call("GetMessages").with("streamId", stream);
    call.with("cursor", cursor)
}

/// The number of milliseconds at the end of a message, which clients read.
fn wait_ms(message: &str) -> i64 {
    let number = message
        .strip_suffix(" ms")
        .and_then(|rest| rest.rsplit_once("next request can be made in "));
    number
        .unwrap_or_else(|| panic!("{message}"))
        .1
        .parse()
        .unwrap()
}

#[test]
fn a_partition_takes_a_megabyte_a_second() {
    let bench = Bench::strict();
    let stream = bench.stream("orders", 1);
    put(&bench, &stream, json!([message("", MIB)])).ok();
    let refused = put(&bench, &stream, json!([message("", MIB / 2)]));
    assert_eq!(wait_ms(&refused.fails(429, "TooManyRequests")), 500);
    bench.time.advance(499);
    put(&bench, &stream, json!([message("", MIB / 2)])).fails(429, "TooManyRequests");
    bench.time.advance(1);
    put(&bench, &stream, json!([message("", MIB / 2)])).ok();
}

#[test]
fn where_one_partition_is_full_the_others_take_theirs() {
    let bench = Bench::strict();
    let stream = bench.stream("orders", 2);
    let keys = bench.keys(2);
    put(&bench, &stream, json!([message(&keys[0], MIB - 9)])).ok();
    let both = json!([
        message(&keys[0], 100),
        message(&keys[1], 100),
        message(&keys[0], 1)
    ]);
    let reply = put(&bench, &stream, both).value();
    assert_eq!(reply["failures"], 2);
    let errors: Vec<&Value> = (0..3).map(|i| &reply["entries"][i]["error"]).collect();
    assert_eq!(errors, [&json!("429"), &Value::Null, &json!("429")]);
    assert_eq!(reply["entries"][0]["partition"], Value::Null);
    wait_ms(reply["entries"][0]["errorMessage"].as_str().unwrap());
    assert_eq!(reply["entries"][1]["offset"], 0);
}

#[test]
fn a_partition_gives_two_megabytes_a_second() {
    let bench = Bench::strict();
    let stream = bench.stream("orders", 1);
    for _ in 0..4 {
        put(&bench, &stream, json!([message("", MIB)])).ok();
        bench.time.advance(1_000);
    }
    let mut at = cursor(&bench, &stream);
    for _ in 0..3 {
        let reply = get(&bench, &stream, &at).ok();
        assert_eq!(reply.body.as_ref().unwrap().as_array().unwrap().len(), 1);
        at = reply.header("opc-next-cursor").unwrap().to_owned();
    }
    let refused = get(&bench, &stream, &at).fails(429, "TooManyRequests");
    assert_eq!(wait_ms(&refused), 500);
    bench.time.advance(500);
    get(&bench, &stream, &at).ok();
}

#[test]
fn a_group_reads_five_times_a_second_and_groups_do_not_share() {
    let bench = Bench::strict();
    let stream = bench.stream("orders", 1);
    let group = |name: &str| {
        let call = bench.call("CreateGroupCursor").with("streamId", &stream);
        let details = json!({"groupName": name, "type": "TRIM_HORIZON"});
        let cursor = call.body(details).value()["value"].clone();
        cursor.as_str().unwrap().to_owned()
    };
    let (one, other) = (group("one"), group("other"));
    let another_instance = group("one");
    for _ in 0..4 {
        get(&bench, &stream, &one).ok();
    }
    get(&bench, &stream, &another_instance).ok();
    let refused = get(&bench, &stream, &one).fails(429, "TooManyRequests");
    assert_eq!(wait_ms(&refused), 200);
    get(&bench, &stream, &other).ok();
    let alone = cursor(&bench, &stream);
    for _ in 0..5 {
        get(&bench, &stream, &alone).ok();
    }
    get(&bench, &stream, &alone).fails(429, "TooManyRequests");
    bench.time.advance(200);
    get(&bench, &stream, &one).ok();
}

#[test]
fn other_calls_have_a_rate_by_kind_and_tenancy() {
    let bench = Bench::strict();
    let list = || bench.call("ListStreams").with("compartmentId", COMPARTMENT);
    let pools = || {
        bench
            .call("ListStreamPools")
            .with("compartmentId", COMPARTMENT)
    };
    for _ in 0..5 {
        list().ok();
    }
    assert_eq!(wait_ms(&list().fails(429, "TooManyRequests")), 200);
    pools().ok();
    bench.time.advance(200);
    list().ok();
    list().fails(429, "TooManyRequests");
}

#[test]
fn a_tenancy_has_two_hundred_partitions() {
    let bench = Bench::strict();
    let first = bench.stream("first", 150);
    let more = |name: &str, partitions: u32| {
        let details = json!({"name": name, "partitions": partitions, "compartmentId": COMPARTMENT});
        bench.call("CreateStream").body(details)
    };
    let message = more("second", 51).fails(400, "LimitExceeded");
    assert!(
        message.starts_with("You exceed the number of allowed partitions"),
        "{message}"
    );
    more("second", 50).ok();
    more("third", 1).fails(400, "LimitExceeded");
    bench.call("DeleteStream").with("streamId", &first).ok();
    more("third", 1).ok();
}

#[test]
fn without_being_strict_nothing_of_this_is_refused() {
    let bench = Bench::new();
    let stream = bench.stream("orders", 150);
    bench.stream("more", 150);
    let keys = bench.keys(2);
    for _ in 0..4 {
        put(&bench, &stream, json!([message(&keys[0], MIB - 9)])).ok();
    }
    let at = cursor(&bench, &stream);
    for _ in 0..20 {
        get(&bench, &stream, &at).ok();
    }
    bench.time.advance(5 * MINUTE_MS + 1);
    let message = get(&bench, &stream, &at).fails(400, "InvalidParameter");
    assert_eq!(message, "The cursor is expired. Create a new one.");
}
