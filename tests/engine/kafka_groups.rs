//! Groups of Kafka clients: offsets, state, what a deletion takes with it, and what a restart leaves.

use ocelot::engine::{CommitRefusal, NewKafkaOffset};

use crate::support::{Bench, DAY_MS};

fn at(stream_id: &str, partition: u32, offset: i64) -> NewKafkaOffset {
    NewKafkaOffset {
        stream_id: stream_id.to_owned(),
        partition,
        offset,
        leader_epoch: 0,
        metadata: format!("at {offset}"),
    }
}

/// A pool with two streams of three partitions.
fn pool(bench: &Bench, name: &str) -> (String, [String; 2]) {
    let pool = bench.pool(name);
    let streams = ["one", "two"].map(|stream| {
        let name = format!("{name}-{stream}");
        bench.stream_in(serde_json::json!({"name": name, "partitions": 3, "streamPoolId": pool}))
    });
    (pool, streams)
}

fn committed(bench: &Bench, pool: &str, group: &str) -> Vec<(String, u32, i64)> {
    let offsets = bench.engine.kafka_groups().committed_offsets(pool, group);
    let offsets = offsets.unwrap().into_iter();
    offsets
        .map(|one| (one.stream_id, one.partition, one.offset))
        .collect()
}

fn groups(bench: &Bench, pool: &str) -> Vec<String> {
    let groups = bench.engine.kafka_groups().list_groups(pool).unwrap();
    groups.into_iter().map(|group| group.id).collect()
}

#[test]
fn offsets_and_state_are_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::in_folder(folder.path());
    let (pool_id, [one, two]) = pool(&bench, "shop");
    let kafka = bench.engine.kafka_groups();
    let commit = [at(&one, 0, 5), at(&one, 2, 7), at(&two, 1, 9)];
    let results = kafka.commit_offsets(&pool_id, "g", &commit).unwrap();
    assert_eq!(results, [Ok(()), Ok(()), Ok(())]);
    kafka
        .commit_offsets(&pool_id, "g", &[at(&one, 0, 4)])
        .unwrap();
    assert_eq!(kafka.group(&pool_id, "g").unwrap().unwrap().state, None);
    kafka.put_group(&pool_id, "g", b"generation 3").unwrap();
    kafka
        .commit_offsets(&pool_id, "h", &[at(&two, 0, 1)])
        .unwrap();

    let bench = bench.reopened();
    let kafka = bench.engine.kafka_groups();
    let mut expected = [
        (one.clone(), 0, 4),
        (one.clone(), 2, 7),
        (two.clone(), 1, 9),
    ];
    expected.sort();
    assert_eq!(committed(&bench, &pool_id, "g"), expected);
    let stored = kafka.committed_offsets(&pool_id, "h").unwrap().remove(0);
    assert_eq!((stored.leader_epoch, &stored.metadata[..]), (0, "at 1"));
    assert_eq!(groups(&bench, &pool_id), ["g", "h"]);
    let group = kafka.group(&pool_id, "g").unwrap().unwrap();
    assert_eq!(group.state.as_deref(), Some(&b"generation 3"[..]));
    // A commit leaves the state as it is.
    kafka
        .commit_offsets(&pool_id, "g", &[at(&one, 0, 6)])
        .unwrap();
    let group = kafka.group(&pool_id, "g").unwrap().unwrap();
    assert_eq!(group.state.as_deref(), Some(&b"generation 3"[..]));

    let gone = [(one.clone(), 0), (one, 1)];
    assert_eq!(
        kafka.delete_offsets(&pool_id, "g", &gone).unwrap(),
        [true, false]
    );
    assert_eq!(committed(&bench, &pool_id, "g").len(), 2);
    assert!(kafka.remove_group(&pool_id, "g").unwrap());
    assert!(!kafka.remove_group(&pool_id, "g").unwrap());
    assert_eq!(committed(&bench, &pool_id, "g"), []);
    assert_eq!(groups(&bench, &pool_id), ["h"]);
}

#[test]
fn what_cannot_be_committed_is_named_and_the_rest_is_stored() {
    let bench = Bench::new();
    let (pool_id, [one, _]) = pool(&bench, "shop");
    let (_, [other, _]) = pool(&bench, "other");
    let kafka = bench.engine.kafka_groups();
    let long = NewKafkaOffset {
        // Two units of UTF-16 each.
        metadata: "🦦".repeat(2049),
        ..at(&one, 1, 1)
    };
    let just = NewKafkaOffset {
        metadata: "🦦".repeat(2048),
        ..at(&one, 2, 1)
    };
    let commit = [
        at(&one, 3, 1),
        long,
        just,
        at(&other, 0, 1),
        at("ocid1.stream.oc1..none", 0, 1),
    ];
    assert_eq!(
        kafka.commit_offsets(&pool_id, "g", &commit).unwrap(),
        [
            Err(CommitRefusal::UnknownPartition),
            Err(CommitRefusal::MetadataTooLarge),
            Ok(()),
            Err(CommitRefusal::UnknownPartition),
            Err(CommitRefusal::UnknownPartition),
        ]
    );
    assert_eq!(committed(&bench, &pool_id, "g"), [(one, 2, 1)]);
    // Where nothing was stored there is no group either.
    kafka.commit_offsets(&pool_id, "h", &commit[..2]).unwrap();
    assert_eq!(groups(&bench, &pool_id), ["g"]);
}

#[test]
fn deleted_streams_and_pools_take_their_offsets_along() {
    let bench = Bench::new();
    let (pool_id, [one, two]) = pool(&bench, "shop");
    let (other_id, [other, _]) = pool(&bench, "other");
    let kafka = bench.engine.kafka_groups();
    kafka
        .commit_offsets(&pool_id, "g", &[at(&one, 0, 1), at(&two, 0, 1)])
        .unwrap();
    kafka
        .commit_offsets(&other_id, "g", &[at(&other, 0, 1)])
        .unwrap();
    bench.call("DeleteStream").with("streamId", &one).ok();
    assert_eq!(committed(&bench, &pool_id, "g"), [(two.clone(), 0, 1)]);
    let late = kafka.commit_offsets(&pool_id, "g", &[at(&one, 0, 2)]);
    assert_eq!(late.unwrap(), [Err(CommitRefusal::UnknownPartition)]);
    bench
        .call("DeleteStreamPool")
        .with("streamPoolId", &pool_id)
        .ok();
    assert_eq!(committed(&bench, &pool_id, "g"), []);
    assert_eq!(groups(&bench, &pool_id), [""; 0]);
    assert_eq!(committed(&bench, &other_id, "g"), [(other, 0, 1)]);
}

#[test]
fn groups_without_members_expire_after_seven_days() {
    let bench = Bench::new();
    let (pool_id, [one, _]) = pool(&bench, "shop");
    let kafka = bench.engine.kafka_groups();
    for group in ["busy", "idle", "joined"] {
        kafka
            .commit_offsets(&pool_id, group, &[at(&one, 0, 1)])
            .unwrap();
    }
    bench.time.advance(7 * DAY_MS);
    let joined = |pool: &str, group: &str| (pool, group) == (&pool_id[..], "joined");
    assert_eq!(kafka.expire_groups(joined).unwrap(), []);
    kafka
        .commit_offsets(&pool_id, "busy", &[at(&one, 0, 2)])
        .unwrap();
    bench.time.advance(1);
    let expired = kafka.expire_groups(joined).unwrap();
    assert_eq!(expired, [(pool_id.clone(), "idle".to_owned())]);
    assert_eq!(groups(&bench, &pool_id), ["busy", "joined"]);
    assert_eq!(committed(&bench, &pool_id, "idle"), []);
}

#[test]
fn producer_ids_are_given_out_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut bench = Bench::in_folder(folder.path());
    let mut last = -1;
    for _ in 0..3 {
        for _ in 0..1100 {
            let id = bench.engine.new_producer_id().unwrap();
            assert!(id > last, "{id} after {last}");
            last = id;
        }
        bench = bench.reopened();
    }
}
