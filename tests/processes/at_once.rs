//! 64 processes at once, 25 puts each, while others read: none fails, nothing is lost, order holds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::support::{Message, Program, acknowledged, json};

const WRITERS: usize = 64;
const PUTS: usize = 25;

/// Puts one message after the other, each with a process of its own, and returns where they went.
fn write(program: &Program, stream: &str, writer: usize) -> Vec<Message> {
    let key = format!("writer-{writer}");
    let put = |nth: usize| {
        let value = format!("{writer}/{nth}");
        let mut command = program.put(stream, &key, std::slice::from_ref(&value));
        let (partition, offset) = acknowledged(&json(&command.output().unwrap()));
        let key = key.clone();
        Message {
            partition,
            offset,
            key,
            value,
        }
    };
    (0..PUTS).map(put).collect()
}

/// Reads on until the writers are done and nothing more comes.
fn read(program: &Program, stream: &str, done: &AtomicBool) -> Vec<Message> {
    let mut cursor = program.cursor(stream);
    let mut seen = Vec::new();
    loop {
        let last_round = done.load(Ordering::SeqCst);
        let (messages, next) = program.get(stream, &cursor);
        if last_round && messages.is_empty() {
            return seen;
        }
        seen.extend(messages);
        cursor = next;
    }
}

/// Each partition's messages have the offsets from 0 on, in order.
fn check_offsets(messages: &[Message]) {
    let mut next: BTreeMap<u32, i64> = BTreeMap::new();
    for message in messages {
        let expected = next.entry(message.partition).or_default();
        assert_eq!(
            message.offset, *expected,
            "in partition {}",
            message.partition
        );
        *expected += 1;
    }
}

#[test]
fn sixty_four_writers_and_their_readers_do_not_get_in_each_others_way() {
    let home = tempfile::tempdir().unwrap();
    let program = Program::over(home.path());
    let stream = program.stream("orders", 4);
    let done = AtomicBool::new(false);
    let (put, read) = thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|_| scope.spawn(|| read(&program, &stream, &done)))
            .collect();
        let (program, stream) = (&program, &stream);
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| scope.spawn(move || write(program, stream, writer)))
            .collect();
        let put: Vec<_> = writers.into_iter().map(|writer| writer.join()).collect();
        done.store(true, Ordering::SeqCst);
        let read: Vec<_> = readers
            .into_iter()
            .map(|reader| reader.join().unwrap())
            .collect();
        (put, read)
    });
    let put: Vec<Vec<Message>> = put.into_iter().map(Result::unwrap).collect();
    // A writer's messages have one key: they are in one partition, in the order they were put.
    for of_one in &put {
        assert!(
            of_one
                .windows(2)
                .all(|pair| pair[0].partition == pair[1].partition
                    && pair[0].offset < pair[1].offset)
        );
    }
    let put: BTreeSet<Message> = put.into_iter().flatten().collect();
    assert_eq!(put.len(), WRITERS * PUTS);
    for seen in read.into_iter().chain([program.all(&stream)]) {
        check_offsets(&seen);
        assert_eq!(seen.len(), put.len());
        assert!(
            seen.into_iter().collect::<BTreeSet<_>>() == put,
            "what was read is not what was put"
        );
    }
}

#[test]
fn instances_of_a_group_in_many_processes_share_the_work() {
    const INSTANCES: usize = 4;
    let home = tempfile::tempdir().unwrap();
    let program = Program::over(home.path());
    let stream = program.stream("orders", 8);
    let mut put = BTreeSet::new();
    for key in 0..40 {
        let values: Vec<String> = (0..10).map(|nth| format!("{key}/{nth}")).collect();
        json(
            &program
                .put(&stream, &key.to_string(), &values)
                .output()
                .unwrap(),
        );
        put.extend(values);
    }
    let consume = |instance: usize| {
        let words = "streaming stream cursor create-group-cursor --type TRIM_HORIZON --group-name g --stream-id";
        let name = instance.to_string();
        let output = program
            .command(words)
            .args([&stream, "--instance-name", &name])
            .output();
        let reply = json(&output.unwrap());
        let mut cursor = reply["data"]["value"].as_str().unwrap().to_owned();
        let mut got = Vec::new();
        for _ in 0..12 {
            let (messages, next) = program.get(&stream, &cursor);
            got.extend(messages);
            cursor = next;
        }
        got
    };
    let got: Vec<Vec<Message>> = thread::scope(|scope| {
        let consume = &consume;
        let all: Vec<_> = (0..INSTANCES)
            .map(|nth| scope.spawn(move || consume(nth)))
            .collect();
        all.into_iter()
            .map(|instance| instance.join().unwrap())
            .collect()
    });
    // Nobody was too late, so each message was got once.
    let values: Vec<String> = got
        .iter()
        .flatten()
        .map(|message| message.value.clone())
        .collect();
    assert_eq!(values.len(), put.len());
    assert!(values.into_iter().collect::<BTreeSet<_>>() == put);
    for of_one in &got {
        let mut last: BTreeMap<u32, i64> = BTreeMap::new();
        for message in of_one {
            let before = last.insert(message.partition, message.offset);
            assert!(before.is_none_or(|before| before < message.offset));
        }
    }
}

#[test]
fn a_folder_is_created_once_by_many() {
    let home = tempfile::tempdir().unwrap();
    let program = Program::over(&home.path().join("new/home"));
    let ids: BTreeSet<String> = thread::scope(|scope| {
        let program = &program;
        let all: Vec<_> = (0..16)
            .map(|nth| scope.spawn(move || program.stream(&format!("s{nth}"), 1)))
            .collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(ids.len(), 16);
    // All went to one default pool.
    let words =
        "streaming admin stream list --limit 50 --compartment-id ocid1.compartment.oc1..shop";
    let listed = json(&program.command(words).output().unwrap());
    let pools: BTreeSet<String> = listed["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|stream| stream["stream-pool-id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        (listed["data"].as_array().unwrap().len(), pools.len()),
        (16, 1)
    );
}

#[test]
fn processes_that_come_first_at_once_make_one_folder() {
    const PROCESSES: usize = 8;
    for _ in 0..5 {
        let home = tempfile::tempdir().unwrap();
        let program = Program::over(&home.path().join("data"));
        let children: Vec<_> = (0..PROCESSES)
            .map(|nth| {
                let words =
                    "streaming admin stream create --compartment-id c --partitions 1 --name";
                let name = nth.to_string();
                program.command(words).arg(name).spawn().unwrap()
            })
            .collect();
        for child in children {
            json(&child.wait_with_output().unwrap());
        }
        let words = "streaming admin stream list --compartment-id c --all --query length(data)";
        assert_eq!(json(&program.command(words).output().unwrap()), PROCESSES);
    }
}
