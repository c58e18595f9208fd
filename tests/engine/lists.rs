//! Lists: filters, sorting, pages forwards and backwards, tokens, limits.

use serde_json::{Value, json};

use crate::support::{Asked, Bench, COMPARTMENT, DAY_MS, text};

fn list<'b>(bench: &'b Bench, filters: &[(&'static str, &str)]) -> Asked<'b> {
    filters.iter().fold(
        bench.call("ListStreams").with("compartmentId", COMPARTMENT),
        |call, (wire, value)| call.with(wire, value),
    )
}

fn names(reply: &Value) -> Vec<String> {
    let items = reply.as_array().unwrap().iter();
    items.map(|item| text(&item["name"])).collect()
}

fn listed(bench: &Bench, filters: &[(&'static str, &str)]) -> Vec<String> {
    names(&list(bench, filters).value())
}

/// All names, page by page, from `opc-next-page`.
fn all(bench: &Bench, filters: &[(&'static str, &str)]) -> Vec<String> {
    let mut found = Vec::new();
    let mut page: Option<String> = None;
    loop {
        let mut call = list(bench, filters);
        if let Some(page) = &page {
            call = call.with("page", page);
        }
        let reply = call.ok();
        found.extend(names(reply.body.as_ref().unwrap()));
        match reply.header("opc-next-page") {
            Some(next) => page = Some(next.to_owned()),
            None => return found,
        }
    }
}

/// Streams `s00`, `s01`, …, a millisecond apart.
fn with_streams(count: usize) -> Bench {
    let bench = Bench::new();
    for nth in 0..count {
        bench.stream(&format!("s{nth:02}"), 1);
        bench.time.advance(1);
    }
    bench
}

fn numbered(numbers: impl Iterator<Item = usize>) -> Vec<String> {
    numbers.map(|nth| format!("s{nth:02}")).collect()
}

#[test]
fn the_defaults_are_ten_from_the_newest_or_from_a() {
    let bench = with_streams(12);
    assert_eq!(listed(&bench, &[]), numbered((2..12).rev()));
    assert_eq!(
        listed(&bench, &[("sortBy", "TIMECREATED")]),
        numbered((2..12).rev())
    );
    assert_eq!(listed(&bench, &[("sortBy", "NAME")]), numbered(0..10));
    assert_eq!(
        listed(&bench, &[("sortBy", "NAME"), ("sortOrder", "DESC")]),
        numbered((2..12).rev())
    );
    assert_eq!(listed(&bench, &[("sortOrder", "ASC")]), numbered(0..10));
}

#[test]
fn a_limit_is_1_to_50() {
    let bench = with_streams(3);
    assert_eq!(listed(&bench, &[("limit", "1")]).len(), 1);
    assert_eq!(listed(&bench, &[("limit", "50")]).len(), 3);
    for limit in ["0", "51", "-1", "many", "1.5", "", "99999999999999999999"] {
        let message = list(&bench, &[("limit", limit)]).fails(400, "InvalidParameter");
        assert!(message.contains("limit"), "{message}");
    }
}

#[test]
fn filters_narrow_down() {
    let bench = with_streams(3);
    let id = text(&bench.call("GetStream").with("streamId", "s01").value()["id"]);
    bench.call("DeleteStream").with("streamId", "s02").ok();
    assert_eq!(listed(&bench, &[("name", "s01")]), ["s01"]);
    assert_eq!(listed(&bench, &[("name", "s0")]), [""; 0]);
    assert_eq!(listed(&bench, &[("id", &id)]), ["s01"]);
    assert_eq!(listed(&bench, &[("id", &id), ("name", "s00")]), [""; 0]);
    assert_eq!(
        listed(&bench, &[("lifecycleState", "active")]),
        ["s01", "s00"]
    );
    assert_eq!(listed(&bench, &[("lifecycleState", "DELETED")]), ["s02"]);
    assert_eq!(listed(&bench, &[("lifecycleState", "FAILED")]), [""; 0]);
    list(&bench, &[("lifecycleState", "ASLEEP")]).fails(400, "InvalidParameter");
    list(&bench, &[("sortBy", "SIZE")]).fails(400, "InvalidParameter");
    list(&bench, &[("name", "")]).fails(400, "InvalidParameter");
    // The deleted one is remembered for 90 days.
    assert_eq!(listed(&bench, &[]), ["s02", "s01", "s00"]);
    bench.time.advance(90 * DAY_MS);
    assert_eq!(listed(&bench, &[]), ["s01", "s00"]);
}

#[test]
fn streams_are_listed_by_compartment_or_pool() {
    let bench = Bench::new();
    let pool = bench.pool("shop");
    bench.stream("other", 1);
    bench.stream_in(json!({"name": "mine", "partitions": 1, "streamPoolId": pool}));
    let of_pool = |pool: &str| bench.call("ListStreams").with("streamPoolId", pool);
    assert_eq!(names(&of_pool(&pool).value()), ["mine"]);
    assert_eq!(names(&of_pool("shop").value()), ["mine"]);
    assert_eq!(listed(&bench, &[("streamPoolId", &pool)]), ["mine"]);
    of_pool("none").fails(404, "NotAuthorizedOrNotFound");
    bench.call("ListStreams").fails(400, "MissingParameter");
    let summary = of_pool(&pool).value()[0].clone();
    assert!(summary.get("retentionInHours").is_none() && summary.get("messagesEndpoint").is_some());
}

#[test]
fn pools_and_harnesses_are_listed_as_summaries() {
    let bench = Bench::new();
    bench.pool("shop");
    let of = |operation| {
        bench
            .call(operation)
            .with("compartmentId", COMPARTMENT)
            .value()
    };
    let pool = of("ListStreamPools")[0].clone();
    assert_eq!(pool["name"], "shop");
    assert!(pool.get("kafkaSettings").is_none() && pool.get("isPrivate").is_some());
    assert_eq!(of("ListConnectHarnesses"), json!([]));
    let details = json!({"name": "connect", "compartmentId": COMPARTMENT});
    bench.call("CreateConnectHarness").body(details).ok();
    assert_eq!(of("ListConnectHarnesses")[0]["name"], "connect");
    for operation in ["ListStreamPools", "ListConnectHarnesses"] {
        bench.call(operation).fails(400, "MissingParameter");
    }
}

#[test]
fn pages_hold_each_item_once_in_every_order() {
    let bench = with_streams(11);
    for sort in ["NAME", "TIMECREATED"] {
        for (order, reversed) in [("ASC", false), ("DESC", true)] {
            for limit in ["1", "2", "3", "5", "11", "12"] {
                let filters = [("sortBy", sort), ("sortOrder", order), ("limit", limit)];
                let mut expected = numbered(0..11);
                if reversed {
                    expected.reverse();
                }
                assert_eq!(all(&bench, &filters), expected, "{filters:?}");
            }
        }
    }
}

#[test]
fn equal_times_are_told_apart() {
    let bench = Bench::new();
    for nth in 0..7 {
        bench.stream(&format!("s{nth:02}"), 1);
    }
    let mut found = all(&bench, &[("limit", "2")]);
    found.sort();
    assert_eq!(found, numbered(0..7));
}

#[test]
fn pages_lead_back_to_the_first() {
    let bench = with_streams(7);
    let page = |token: &str| list(&bench, &[("limit", "3"), ("page", token)]).ok();
    let first = list(&bench, &[("limit", "3")]).ok();
    assert_eq!(first.header("opc-prev-page"), None);
    let second = page(first.header("opc-next-page").unwrap());
    let third = page(second.header("opc-next-page").unwrap());
    assert_eq!(third.header("opc-next-page"), None);
    assert_eq!(names(third.body.as_ref().unwrap()), ["s00"]);
    let back = page(third.header("opc-prev-page").unwrap());
    assert_eq!(back.body, second.body);
    assert_eq!(back.header("opc-next-page"), second.header("opc-next-page"));
    let front = page(back.header("opc-prev-page").unwrap());
    assert_eq!(front.body, first.body);
    assert_eq!(front.header("opc-prev-page"), None);
}

#[test]
fn pages_neither_skip_nor_repeat_while_items_come_and_go() {
    let bench = with_streams(6);
    let first = list(&bench, &[("limit", "2")]).ok();
    assert_eq!(names(first.body.as_ref().unwrap()), ["s05", "s04"]);
    bench.stream("s99", 1);
    bench.call("DeleteStream").with("streamId", "s04").ok();
    bench.time.advance(91 * DAY_MS);
    let next = first.header("opc-next-page").unwrap();
    assert_eq!(
        listed(&bench, &[("limit", "2"), ("page", next)]),
        ["s03", "s02"]
    );
}

#[test]
fn a_token_that_is_none_is_refused() {
    let bench = with_streams(3);
    let reply = list(&bench, &[("limit", "1")]).ok();
    let next = reply.header("opc-next-page").unwrap();
    for token in [
        "x",
        "AAAA",
        "e30",
        "bnVsbA",
        &next[1..],
        &format!("{next}A"),
    ] {
        let message = list(&bench, &[("page", token)]).fails(400, "InvalidParameter");
        assert!(message.contains("page"), "{message}");
    }
}

#[test]
fn a_token_of_another_list_is_refused() {
    let bench = with_streams(3);
    bench.pool("a");
    bench.pool("b");
    let streams = list(&bench, &[("limit", "1")]).ok();
    let by_time = streams.header("opc-next-page").unwrap();
    list(&bench, &[("sortBy", "NAME"), ("page", by_time)]).fails(400, "InvalidParameter");
    let by_name = list(&bench, &[("limit", "1"), ("sortBy", "NAME")]).ok();
    let by_name = by_name.header("opc-next-page").unwrap();
    list(&bench, &[("page", by_name)]).fails(400, "InvalidParameter");
    let pools = bench
        .call("ListStreamPools")
        .with("compartmentId", COMPARTMENT);
    let message = pools.with("page", by_time).fails(400, "InvalidParameter");
    assert!(message.contains("page"), "{message}");
    let work = bench
        .call("ListWorkRequests")
        .with("compartmentId", COMPARTMENT);
    work.with("page", by_time).fails(400, "InvalidParameter");
}
