//! Processes killed at any moment: what was acknowledged is there, once, and the next one goes on.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{Message, Program, acknowledged, json};

const WRITERS: u64 = 8;
const PUTS: u64 = 60;

/// Messages of one put; they have one key, so they go to one partition, as one batch.
const TOGETHER: usize = 3;

/// What became of one put: where it went, if its process told.
type Outcome = (Vec<String>, Option<(u32, i64)>);

/// A number that looks random and is the same in every run.
fn scattered(seed: u64) -> u64 {
    let mixed = (seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 33
}

fn write(program: &Program, stream: &str, writer: u64, usual: Duration) -> Vec<Outcome> {
    let put = |nth: u64| {
        let values: Vec<String> = (0..TOGETHER)
            .map(|part| format!("{writer}/{nth:03}/{part}"))
            .collect();
        let mut child = program
            .put(stream, &writer.to_string(), &values)
            .spawn()
            .unwrap();
        // From the first moment until long after most are done.
        let patience = usual.mul_f64(scattered(writer * PUTS + nth) as f64 % 1000.0 / 250.0);
        thread::sleep(patience);
        child.kill().unwrap();
        let output = child.wait_with_output().unwrap();
        // What it printed before it was killed counts: whoever reads it relies on it.
        let told = serde_json::from_slice(&output.stdout).ok();
        (values, told.as_ref().map(acknowledged))
    };
    (0..PUTS).map(put).collect()
}

fn check(outcomes: &[Outcome], stored: &[Message]) {
    let by_value: BTreeMap<&str, &Message> = stored.iter().map(|m| (m.value.as_str(), m)).collect();
    let mut last: BTreeMap<u32, i64> = BTreeMap::new();
    for (values, acknowledged) in outcomes {
        let found: Vec<&&Message> = values
            .iter()
            .filter_map(|v| by_value.get(v.as_str()))
            .collect();
        assert!(
            found.is_empty() || found.len() == TOGETHER,
            "half of a put is there: {found:?}"
        );
        if let Some((partition, offset)) = acknowledged {
            assert_eq!(
                found.len(),
                TOGETHER,
                "{values:?} was acknowledged and is lost"
            );
            for (message, nth) in found.iter().zip(0..) {
                assert_eq!(
                    (message.partition, message.offset),
                    (*partition, offset + nth)
                );
            }
        }
        for message in found {
            let before = last.insert(message.partition, message.offset);
            assert!(
                before.is_none_or(|before| before < message.offset),
                "{message:?} is out of order"
            );
        }
    }
}

#[test]
fn what_a_killed_process_acknowledged_is_there_once() {
    let home = tempfile::tempdir().unwrap();
    let program = Program::over(home.path());
    let stream = program.stream("orders", 2);
    let begun = Instant::now();
    json(
        &program
            .put(&stream, "probe", &["probe".to_owned()])
            .output()
            .unwrap(),
    );
    let usual = begun.elapsed();
    let outcomes: Vec<Vec<Outcome>> = thread::scope(|scope| {
        let (program, stream) = (&program, &stream);
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| scope.spawn(move || write(program, stream, writer, usual)))
            .collect();
        writers
            .into_iter()
            .map(|writer| writer.join().unwrap())
            .collect()
    });
    // Whoever comes next is not kept out by the dead.
    let begun = Instant::now();
    json(
        &program
            .put(&stream, "after", &["after".to_owned()])
            .output()
            .unwrap(),
    );
    assert!(begun.elapsed() < Duration::from_secs(5));

    let stored = program.all(&stream);
    let distinct: BTreeSet<&str> = stored
        .iter()
        .map(|message| message.value.as_str())
        .collect();
    assert_eq!(distinct.len(), stored.len(), "a message is there twice");
    let acknowledged = outcomes
        .iter()
        .flatten()
        .filter(|outcome| outcome.1.is_some())
        .count();
    let total = outcomes.iter().flatten().count();
    // The test means something only if some were cut off and some were not.
    assert!(
        (1..total).contains(&acknowledged),
        "{acknowledged} of {total}"
    );
    for of_one in &outcomes {
        check(of_one, &stored);
    }
}

#[test]
fn a_process_killed_while_it_changes_metadata_leaves_all_or_nothing() {
    let home = tempfile::tempdir().unwrap();
    let program = Program::over(home.path());
    let begun = Instant::now();
    program.stream("first", 1);
    let usual = begun.elapsed();
    let words = "streaming admin stream create --compartment-id ocid1.compartment.oc1..shop --partitions 1 --name";
    let mut acknowledged = BTreeSet::from(["first".to_owned()]);
    for nth in 0..60 {
        let name = format!("s{nth:02}");
        let mut child = program.command(words).arg(&name).spawn().unwrap();
        thread::sleep(usual.mul_f64(scattered(nth) as f64 % 1000.0 / 500.0));
        child.kill().unwrap();
        if !child.wait_with_output().unwrap().stdout.is_empty() {
            acknowledged.insert(name);
        }
    }
    let words = "streaming admin stream list --all --compartment-id ocid1.compartment.oc1..shop";
    let listed = json(&program.command(words).output().unwrap());
    let mut found = BTreeSet::new();
    for stream in listed["data"].as_array().unwrap() {
        found.insert(stream["name"].as_str().unwrap().to_owned());
        // Each can be used.
        let id = stream["id"].as_str().unwrap();
        json(&program.put(id, "k", &["v".to_owned()]).output().unwrap());
    }
    assert!(
        found.is_superset(&acknowledged),
        "{acknowledged:?} were acknowledged, {found:?} are there"
    );
}

#[test]
fn a_process_killed_while_it_makes_the_folder_leaves_one_that_can_be_used() {
    let home = tempfile::tempdir().unwrap();
    let create = |program: &Program, name: &str| {
        let words = "streaming admin stream create --compartment-id c --partitions 1 --name";
        let mut command = program.command(words);
        command.arg(name);
        command
    };
    let begun = Instant::now();
    json(
        &create(&Program::over(&home.path().join("usual")), "first")
            .output()
            .unwrap(),
    );
    let usual = begun.elapsed();
    for nth in 0..40 {
        let program = Program::over(&home.path().join(nth.to_string()));
        let mut child = create(&program, "first").spawn().unwrap();
        thread::sleep(usual.mul_f64(scattered(nth) as f64 % 1000.0 / 800.0));
        child.kill().unwrap();
        let was_acknowledged = !child.wait_with_output().unwrap().stdout.is_empty();

        json(&create(&program, "second").output().unwrap());
        let words = "streaming admin stream list --compartment-id c --query data[].name";
        let names = json(&program.command(words).output().unwrap());
        let names: Vec<&str> = names
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|name| name.as_str())
            .collect();
        assert!(names.contains(&"second"), "{names:?}");
        assert!(!was_acknowledged || names.contains(&"first"), "{names:?}");
    }
}
