//! A server that is killed again and again while clients write: what it acknowledged is there afterwards, where
//! it said, in order.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{Addresses, PATIENCE, Python, serve, succeeds};

const KILLS: usize = 50;

/// The writers of `load.py`.
const WRITERS: [&str; 3] = ["plain", "idempotent", "rest"];

/// How many acknowledgements each writer has told of.
#[derive(Clone, Default)]
struct Progress(Arc<(Mutex<BTreeMap<String, u64>>, Condvar)>);

impl Progress {
    fn note(&self, writer: &str) {
        let (counts, changed) = &*self.0;
        *counts.lock().unwrap().entry(writer.to_owned()).or_default() += 1;
        changed.notify_all();
    }

    /// Waits until every writer was told so much more since now.
    fn wait(&self, more: u64) {
        let (counts, changed) = &*self.0;
        let counts = counts.lock().unwrap();
        let before = counts.clone();
        let count =
            |counts: &BTreeMap<String, u64>, writer: &str| counts.get(writer).copied().unwrap_or(0);
        let (_counts, waited) = changed
            .wait_timeout_while(counts, PATIENCE, |counts| {
                let lags = |writer: &&str| count(counts, writer) < count(&before, writer) + more;
                WRITERS.iter().any(lags)
            })
            .unwrap();
        assert!(!waited.timed_out(), "a writer does not get on");
    }
}

#[test]
fn what_was_acknowledged_survives_fifty_kills_under_load() {
    let Some(python) = Python::find() else {
        return;
    };
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    let mut server = serve(&[], home.path(), &data, &Addresses::any());
    let addresses = Addresses::of(&server);
    let mut load = python.script("tests/reliability/load.py");
    let mut load = load
        .args([&addresses.http, &addresses.kafka])
        .spawn()
        .unwrap();
    let progress = Progress::default();
    let told = progress.clone();
    let stdout = BufReader::new(load.stdout.take().unwrap());
    let listener = thread::spawn(move || {
        stdout.lines().for_each(|line| told.note(&line.unwrap()));
    });
    let mut longest = Duration::ZERO;
    for kill in 0..KILLS {
        // Another moment of the writers' work each time.
        progress.wait(1 + kill as u64 % 3);
        server.kill();
        let begun = Instant::now();
        server = serve(&[], home.path(), &data, &addresses);
        longest = longest.max(begun.elapsed());
    }
    progress.wait(1);
    // The end of its input tells it to stop writing, and to check.
    load.stdin.take().unwrap().flush().unwrap();
    succeeds(&mut load);
    listener.join().unwrap();
    println!("{KILLS} kills; the longest start took {longest:?}");
    assert!(
        longest < Duration::from_secs(10),
        "a start took {longest:?}"
    );
}
