//! Long polling: what the engine tells those who wait, and how the program waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use ocelot::engine::{Attempt, FolderSign, PlaceInLine, Wait};
use serde_json::json;

use super::support::{Bench, Program, Queue, json_of};

fn wait(queue: &Queue<'_>, timeout: Option<&str>) -> Option<Wait> {
    let call = queue.call("GetMessages");
    let call = match timeout {
        Some(seconds) => call.with("timeoutInSeconds", seconds),
        None => call,
    };
    match call.attempt() {
        Attempt::Done(_) => None,
        Attempt::Nothing(wait) => Some(wait),
    }
}

#[test]
fn whoever_may_wait_is_told_for_what() {
    let bench = Bench::new();
    let queue = bench.queue(json!({"timeoutInSeconds": 20}));
    let told = wait(&queue, None).unwrap();
    assert_eq!(told.reply.body, Some(json!({"messages": []})));
    assert_eq!(
        (told.patience, told.retry_after),
        (Duration::from_secs(20), None)
    );
    assert_eq!(told.key, queue.id);
    assert_eq!(
        wait(&queue, Some("7")).unwrap().patience,
        Duration::from_secs(7)
    );
    assert_eq!(wait(&queue, Some("0")), None);
    queue.put(&["x"]);
    queue.get_with(1, &[("visibilityInSeconds", "12")]);
    bench.time.advance(2000);
    let told = wait(&queue, None).unwrap();
    assert_eq!(told.retry_after, Some(Duration::from_secs(10)));
    bench.time.advance(10_000);
    assert_eq!(wait(&queue, None), None);
}

#[test]
fn a_clock_that_stands_still_brings_nothing() {
    let bench = Bench::new();
    let queue = bench.queue(json!({}));
    queue.put(&["x"]);
    queue.get(1);
    bench
        .engine
        .set_clock_to(bench.time.now_ms(), true)
        .unwrap();
    assert_eq!(wait(&queue, None).unwrap().retry_after, None);
}

#[test]
fn changes_are_told() {
    let bench = Bench::new();
    let queue = bench.queue(json!({"deadLetterQueueDeliveryCount": 1}));
    let told = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&told);
    let listening = bench.engine.changes().listen(&queue.id, move || {
        count.fetch_add(1, Ordering::SeqCst);
    });
    let mut times = 0;
    let mut is_told = |what: &str| {
        times += 1;
        assert_eq!(told.load(Ordering::SeqCst), times, "{what}");
    };
    queue.put(&["x"]);
    is_told("a put");
    let got = queue.get(1);
    is_told("a delivery that makes a dead letter in time");
    queue.hide(&got[0].receipt, 0).unwrap();
    is_told("an update");
    bench.redrive(&queue.id, false);
    is_told("a redrive");
    bench.engine.advance_clock(1000).unwrap();
    is_told("the clock");
    queue.call("DeleteQueue").ok();
    is_told("a deletion");
    drop(listening);
}

/// Stands in line for what a call waits for; the flag tells whether it is worth a look.
fn stand(bench: &Bench, wait: &Wait) -> (PlaceInLine, Arc<AtomicBool>) {
    let told = Arc::new(AtomicBool::new(false));
    let wake = Arc::clone(&told);
    let changes = bench.engine.changes();
    let place = changes.stand_in_line(wait, move || wake.store(true, Ordering::SeqCst));
    (place, told)
}

#[test]
fn those_are_told_who_would_get_it() {
    let bench = Bench::new();
    let queue = bench.queue(json!({"capabilities": [{"type": "CONSUMER_GROUPS"}]}));
    let big = bench.group(
        &queue,
        json!({"displayName": "big", "filter": ":size > 10"}),
    );
    let group = queue.of_group(&big);
    let of_channel = |channel| {
        let call = queue.call("GetMessages").with("channelFilter", channel);
        match call.attempt() {
            Attempt::Nothing(wait) => wait,
            Attempt::Done(reply) => panic!("{reply:?}"),
        }
    };
    let waits = [
        wait(&queue, None).unwrap(),
        of_channel("a"),
        of_channel("b"),
        wait(&group, None).unwrap(),
        wait(&queue.dead_letters(), None).unwrap(),
    ];
    let lines = waits.each_ref().map(|wait| stand(&bench, wait));
    let told = || {
        lines
            .each_ref()
            .map(|(_, told)| told.swap(false, Ordering::SeqCst))
    };
    queue.put_to(Some("a"), &["x"]);
    assert_eq!(told(), [true, true, false, false, false]);
    queue.put_all(vec![
        json!({"content": "x", "metadata": {"channelId": "b", "customProperties": {"size": "11"}}}),
    ]);
    assert_eq!(told(), [true, false, true, true, false]);
    bench.engine.advance_clock(1000).unwrap();
    assert_eq!(told(), [true; 5]);
}

#[test]
fn who_waits_for_dead_letters_is_told_when_there_will_be_some() {
    let bench = Bench::new();
    let queue = bench.queue(json!({"deadLetterQueueDeliveryCount": 1}));
    let dead_letters = queue.dead_letters();
    let first = wait(&dead_letters, None).unwrap();
    assert_eq!(first.retry_after, None);
    let (_place, told) = stand(&bench, &first);
    queue.put(&["x"]);
    assert!(!told.load(Ordering::SeqCst));
    queue.get_with(1, &[("visibilityInSeconds", "5")]);
    assert!(told.load(Ordering::SeqCst));
    let again = wait(&dead_letters, None).unwrap();
    assert_eq!(again.retry_after, Some(Duration::from_secs(5)));
    bench.time.advance(5000);
    assert_eq!(wait(&dead_letters, None), None);
}

#[test]
fn a_folder_has_another_sign_after_every_change_and_after_nothing_else() {
    let home = tempfile::tempdir().unwrap();
    let bench = Bench::in_folder(home.path());
    let queue = bench.queue(json!({}));
    let mut seen = FolderSign::of(home.path());
    let mut has_changed = || {
        let before = std::mem::replace(&mut seen, FolderSign::of(home.path()));
        before != seen
    };
    queue.put(&["x"]);
    assert!(has_changed());
    let got = queue.get(1);
    assert!(has_changed());
    queue.hide(&got[0].receipt, 100).unwrap();
    assert!(has_changed());
    bench.engine.advance_clock(1).unwrap();
    assert!(has_changed());
    let id = queue.id;
    // What was measured is put down when the engine is closed, which is no change to wake up for.
    let bench = bench.reopened();
    assert!(!has_changed());
    assert!(wait(&bench.at(&id), None).is_some());
    assert!(!has_changed());
    let bench = bench.reopened();
    assert!(!has_changed());
    // Whoever waits closes the engine between two looks, and must not wake itself.
    let again = bench.at(&id).call("GetMessages").attempt_again();
    assert!(matches!(again, Attempt::Nothing(_)));
    assert!(!has_changed());
    bench.reopened();
    assert!(!has_changed());
}

#[test]
fn the_program_waits_and_lets_others_put() {
    let program = Program::new();
    program.queue("");
    let words = "queue messages get-messages --queue-id jobs --timeout-in-seconds 30";
    let begun = Instant::now();
    let waiting = program.command(words).spawn().unwrap();
    program.run("queue messages put-messages --queue-id jobs --text hello");
    let got = json_of(&waiting.wait_with_output().unwrap());
    assert_eq!(got["data"]["messages"][0]["content"], "hello");
    assert!(begun.elapsed() < Duration::from_secs(20));
    // It is in flight for one second, and waited for.
    program.run("queue messages put-messages --queue-id jobs --text again");
    program.run("queue messages get-messages --queue-id jobs --visibility-in-seconds 1");
    let got = program.run(words);
    assert_eq!(got["data"]["messages"][0]["delivery-count"], 2);
}

/// Waiting takes the machine's time, whatever the engine's clock shows.
#[test]
fn the_program_stops_waiting_on_a_frozen_clock() {
    let program = Program::new();
    program.queue("");
    program.run("local clock set 2020-01-01 --frozen");
    let begun = Instant::now();
    let got = program.run("queue messages get-messages --queue-id jobs --timeout-in-seconds 1");
    assert_eq!(got["data"]["messages"], json!([]));
    let waited = begun.elapsed();
    assert!(
        (Duration::from_secs(1)..Duration::from_secs(20)).contains(&waited),
        "{waited:?}"
    );
}
