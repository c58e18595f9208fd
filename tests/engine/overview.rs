//! The overview: lag of groups of both kinds, what is kept, and all tenancies.

use ocelot::engine::NewKafkaOffset;
use ocelot::engine::overview::{GroupKind, Overview};
use serde_json::json;

use crate::support::{Bench, DAY_MS, START_MS};

fn overview(bench: &Bench) -> Overview {
    bench.engine.overview().unwrap()
}

/// Each group with its kind, its stream, its lag, and the partition with most of that.
fn groups(bench: &Bench) -> Vec<(String, GroupKind, String, i64, u32)> {
    let groups = overview(bench).groups.into_iter();
    groups
        .map(|one| (one.name, one.kind, one.stream, one.lag, one.worst_partition))
        .collect()
}

fn at(stream_id: &str, partition: u32, offset: i64) -> NewKafkaOffset {
    NewKafkaOffset {
        stream_id: stream_id.to_owned(),
        partition,
        offset,
        leader_epoch: 0,
        metadata: String::new(),
    }
}

#[test]
fn groups_of_kafka_clients_lag_in_each_stream() {
    let bench = Bench::new();
    let pool = bench.pool("shop");
    let [one, two] = ["one", "two"]
        .map(|name| bench.stream_in(json!({"name": name, "partitions": 2, "streamPoolId": pool})));
    let keys = bench.keys(2);
    for (stream, partition, messages) in [(&one, 0, 3), (&one, 1, 3), (&two, 1, 1)] {
        for _ in 0..messages {
            assert_eq!(
                bench.put_keyed(stream, &keys[partition], "x").0,
                partition as u32
            );
        }
    }
    let kafka = bench.engine.kafka_groups();
    let commit = [at(&one, 0, 1), at(&one, 1, 0), at(&two, 1, 1)];
    kafka.commit_offsets(&pool, "billing", &commit).unwrap();
    let mut found = groups(&bench);
    found.sort_by(|one, other| one.2.cmp(&other.2));
    let billing = |stream: &str, lag, worst| {
        let (name, stream) = ("billing".to_owned(), stream.to_owned());
        (name, GroupKind::Kafka, stream, lag, worst)
    };
    assert_eq!(found, [billing("one", 5, 1), billing("two", 0, 0)]);
    // An offset beyond the end, which Kafka clients may commit, is no negative lag.
    kafka
        .commit_offsets(&pool, "billing", &[at(&two, 1, 7)])
        .unwrap();
    let found = groups(&bench);
    assert!(found.iter().all(|group| group.3 >= 0), "{found:?}");
}

#[test]
fn messages_that_are_kept_no_more_count_for_nothing() {
    let bench = Bench::new();
    let stream = bench.stream("orders", 1);
    bench.put(&stream, &["a", "b"]);
    bench.group_cursor(&stream, "billing", "one");
    let before = overview(&bench);
    assert_eq!(before.now_ms, START_MS);
    assert_eq!((before.streams[0].messages, before.groups[0].lag), (2, 2));
    bench.time.advance(DAY_MS / 2);
    bench.put(&stream, &["c"]);
    bench.group_cursor(&stream, "billing", "one");
    bench.time.advance(DAY_MS / 2 + 5_000);
    let after = overview(&bench);
    assert_eq!(
        (after.streams[0].messages, after.streams[0].messages_put),
        (1, 3)
    );
    assert_eq!(after.groups[0].lag, 1);
    // Nor do groups that are forgotten.
    bench.time.advance(DAY_MS);
    assert_eq!(overview(&bench).groups, []);
}

#[test]
fn all_tenancies_are_told_of() {
    let bench = Bench::new();
    bench.stream("ours", 1);
    let mut call = bench.call("CreateStream");
    "ocid1.tenancy.oc1..others".clone_into(&mut call.call.origin.tenancy_id);
    call.body(json!({"name": "theirs", "partitions": 1, "compartmentId": "c"}))
        .ok();
    let names = overview(&bench).streams.into_iter();
    let mut names: Vec<String> = names.map(|stream| stream.name).collect();
    names.sort();
    assert_eq!(names, ["ours", "theirs"]);
}

#[test]
fn to_look_begins_no_log() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::in_folder(folder.path());
    let stream = bench.stream("orders", 200);
    bench.put_keyed(&stream, "k", "x");
    assert_eq!(overview(&bench).streams[0].messages, 1);
    let logs = std::fs::read_dir(folder.path().join("streams").join(&stream));
    assert_eq!(logs.unwrap().count(), 1);
}
