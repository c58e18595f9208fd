//! Proves parity: runs the program over every recorded command line, and compares exit status, requests,
//! standard output and errors with what the official command line did.
//!
//! A server of this test answers each request of a case with the response that the case holds. What may
//! differ is listed, with its reason, in `exceptions`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod bench;
mod case;
mod compare;
mod exceptions;
mod server;

use std::sync::Mutex;
use std::thread;

use bench::Bench;
use case::Case;
use compare::Aspect;

/// Runs at a time: most of a run is starting a process, and some wait for seconds.
const WORKERS: usize = 4;

/// Runs cases, several at a time, and returns the ids of those that differ, and in what they do.
fn differences(cases: Vec<Case>) -> Vec<(String, String)> {
    let queue = Mutex::new(cases.into_iter());
    let found = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                let bench = Bench::new();
                loop {
                    let Some(case) = queue.lock().unwrap().next() else {
                        return;
                    };
                    let run = bench.run(&case);
                    let differing: Vec<Aspect> = compare::differences(&case, &run)
                        .into_iter()
                        .filter(|aspect| exceptions::reason(&case, *aspect).is_none())
                        .collect();
                    if !differing.is_empty() {
                        let told = format!("{differing:?}: {}\n{run:#?}\n", case.told());
                        found.lock().unwrap().push((case.id, told));
                    }
                }
            });
        }
    });
    found.into_inner().unwrap()
}

fn check(cases: Vec<Case>, at_least: usize) {
    let count = cases.len();
    assert!(count >= at_least, "only {count} cases");
    let differing = differences(cases);
    let ids: Vec<&str> = differing.iter().map(|(id, _)| id.as_str()).collect();
    let told = differing.iter().take(3).map(|(_, told)| told.as_str());
    assert!(
        differing.is_empty(),
        "{} of {count} cases differ: {ids:?}\nThe first of them:\n{}",
        differing.len(),
        told.collect::<String>()
    );
}

#[test]
fn acts_as_recorded() {
    check(
        Case::read(include_bytes!("../data/parity/golden.jsonl.gz")),
        1366,
    );
}

#[test]
fn acts_as_recorded_with_other_values() {
    check(
        Case::read(include_bytes!("../data/parity/more.jsonl.gz")),
        1000,
    );
}

#[test]
fn each_exception_is_still_needed() {
    let all = [
        &include_bytes!("../data/parity/golden.jsonl.gz")[..],
        &include_bytes!("../data/parity/more.jsonl.gz")[..],
    ];
    let cases: Vec<Case> = all.into_iter().flat_map(Case::read).collect();
    for exception in exceptions::EXCEPTIONS {
        assert!(
            cases.iter().any(|case| exception.is_about(case)),
            "no case is as the exception says: {}",
            exception.reason
        );
    }
}
