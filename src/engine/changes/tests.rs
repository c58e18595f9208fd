//! Nobody misses anything, and nobody looks without a reason.
//!
//! The world here is a queue of channels in memory; those who wait go through the steps of the server's loop one
//! at a time, in an order that is made up, with puts, and people who hang up, in between any two of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;

use super::{Changes, PlaceInLine, Wait};
use crate::call::Reply;

const CHANNELS: usize = 3;

fn wait(part: &str) -> Wait {
    Wait {
        reply: Reply::default(),
        patience: Duration::from_secs(30),
        retry_after: None,
        key: "queue".to_owned(),
        part: part.to_owned(),
    }
}

/// The part of those who read a channel, or any.
fn part(channel: Option<usize>) -> String {
    format!("{channel:?}")
}

/// Where someone is in the loop of who waits.
enum Step {
    /// Asks for the first time.
    Asks,
    /// Has found nothing, and does not stand in line yet.
    FoundNothing,
    /// In line: sees whether it is the first.
    Standing(PlaceInLine),
    /// In line, and the first: asks again.
    First(PlaceInLine),
    /// In line: waits to be told.
    Sleeps(PlaceInLine),
    /// Has got something, or has hung up.
    Gone,
}

struct Waiter {
    channel: Option<usize>,
    step: Step,
    told: Arc<AtomicBool>,
}

#[derive(Default)]
struct World {
    changes: Arc<Changes>,
    messages: BTreeMap<usize, usize>,
    /// Puts that are stored and not told yet.
    untold: Vec<usize>,
    waiters: Vec<Waiter>,
    looks: usize,
}

impl World {
    fn arrive(&mut self, channel: Option<usize>) {
        self.waiters.push(Waiter {
            channel,
            step: Step::Asks,
            told: Arc::default(),
        });
    }

    fn put(&mut self, channel: usize, count: usize) {
        *self.messages.entry(channel).or_default() += count;
        self.untold.push(channel);
    }

    fn tell(&mut self) {
        if let Some(channel) = self.untold.pop() {
            let parts = [None, Some(channel)].map(part);
            self.changes.tell_parts("queue", &parts);
        }
    }

    /// Takes one message of a channel, or of the one with the most.
    fn take(&mut self, channel: Option<usize>) -> bool {
        self.looks += 1;
        let fitting = self.messages.iter_mut();
        let fitting = fitting.filter(|(of, _)| channel.is_none_or(|channel| channel == **of));
        match fitting.map(|(_, count)| count).max() {
            Some(count) if *count > 0 => {
                *count -= 1;
                true
            }
            _ => false,
        }
    }

    /// Lets someone do one thing, and tells whether there was anything to do.
    fn step(&mut self, number: usize) -> bool {
        let waiter = &mut self.waiters[number];
        let (channel, told) = (waiter.channel, Arc::clone(&waiter.told));
        let before = std::mem::replace(&mut waiter.step, Step::Gone);
        let (after, moved) = match before {
            Step::Asks if self.take(channel) => (Step::Gone, true),
            Step::Asks => (Step::FoundNothing, true),
            Step::FoundNothing => {
                let wake = Arc::clone(&told);
                let place = self.changes.stand_in_line(&wait(&part(channel)), move || {
                    wake.store(true, Ordering::SeqCst);
                });
                (Step::Standing(place), true)
            }
            Step::Standing(place) if place.is_first() => (Step::First(place), true),
            Step::Standing(place) => (Step::Sleeps(place), true),
            Step::First(_) if self.take(channel) => (Step::Gone, true),
            Step::First(place) => (Step::Sleeps(place), true),
            Step::Sleeps(place) if told.swap(false, Ordering::SeqCst) => {
                (Step::Standing(place), true)
            }
            other => (other, false),
        };
        self.waiters[number].step = after;
        moved
    }

    fn settle(&mut self) {
        while !self.untold.is_empty() {
            self.tell();
        }
        let mut has_moved = true;
        while has_moved {
            has_moved = false;
            for number in 0..self.waiters.len() {
                has_moved |= self.step(number);
            }
        }
    }

    fn waiting(&self) -> impl Iterator<Item = &Waiter> {
        let waiters = self.waiters.iter();
        waiters.filter(|waiter| !matches!(waiter.step, Step::Gone))
    }

    /// Nobody waits for what is there.
    fn check(&self) {
        for (channel, count) in &self.messages {
            let mut readers = self.waiting();
            let waits = readers.any(|one| one.channel.is_none_or(|wanted| wanted == *channel));
            assert!(
                *count == 0 || !waits,
                "{count} of channel {channel} lie there"
            );
        }
    }
}

#[derive(Clone, Debug)]
enum Event {
    Arrives(Option<usize>),
    Puts(usize, usize),
    Tells,
    Steps(usize),
    HangsUp(usize),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        2 => prop::option::of(0..CHANNELS).prop_map(Event::Arrives),
        2 => (0..CHANNELS, 1..4_usize).prop_map(|(channel, count)| Event::Puts(channel, count)),
        2 => Just(Event::Tells),
        12 => any::<prop::sample::Index>().prop_map(|index| Event::Steps(index.index(1 << 16))),
        1 => any::<prop::sample::Index>().prop_map(|index| Event::HangsUp(index.index(1 << 16))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn nobody_waits_for_what_is_there(events in vec(event(), 0..120)) {
        let mut world = World::default();
        for event in events {
            let count = world.waiters.len().max(1);
            match event {
                Event::Arrives(channel) => world.arrive(channel),
                Event::Puts(channel, count) => world.put(channel, count),
                Event::Tells => world.tell(),
                Event::Steps(number) if !world.waiters.is_empty() => {
                    world.step(number % count);
                }
                Event::HangsUp(number) if !world.waiters.is_empty() => {
                    world.waiters[number % count].step = Step::Gone;
                }
                Event::Steps(_) | Event::HangsUp(_) => {}
            }
        }
        world.settle();
        world.check();
        // Everyone hangs up, and nothing is left of them.
        world.waiters.clear();
        prop_assert!(world.changes.lock().by_key.is_empty());
    }
}

#[test]
fn a_message_costs_two_looks_however_many_wait() {
    let mut world = World::default();
    (0..1000).for_each(|_| world.arrive(None));
    world.settle();
    for count in [1, 20] {
        world.looks = 0;
        let waiting = world.waiting().count();
        world.put(0, count);
        world.settle();
        assert_eq!(world.waiting().count(), waiting - count);
        assert_eq!(world.looks, count + 1);
    }
    // Who waits for another channel is left alone.
    (0..1000).for_each(|number| world.arrive(Some(1 + number)));
    world.settle();
    world.looks = 0;
    world.put(7, 1);
    world.settle();
    assert_eq!(world.looks, 3);
}

#[test]
fn who_came_first_is_served_first() {
    let mut world = World::default();
    (0..10).for_each(|_| world.arrive(None));
    world.settle();
    for served in 1..=10 {
        world.put(0, 1);
        world.settle();
        let gone = world.waiters[..served].iter();
        assert_eq!(
            gone.filter(|one| matches!(one.step, Step::Gone)).count(),
            served
        );
        assert_eq!(world.waiting().count(), 10 - served);
    }
}

#[test]
fn listeners_are_told_of_everything_until_they_stop() {
    let changes = Arc::new(Changes::default());
    let told = Arc::new(AtomicU32::new(0));
    let count = |told: &Arc<AtomicU32>| {
        let told = Arc::clone(told);
        move || {
            told.fetch_add(1, Ordering::SeqCst);
        }
    };
    let first = changes.listen("queue", count(&told));
    let second = changes.listen("queue", count(&told));
    let other = changes.listen("b", count(&told));
    changes.tell("queue");
    assert_eq!(told.load(Ordering::SeqCst), 2);
    drop(first);
    changes.tell_parts("queue", &[part(None)]);
    changes.tell("c");
    assert_eq!(told.load(Ordering::SeqCst), 3);
    let in_line = changes.stand_in_line(&wait("x"), count(&told));
    changes.tell_all();
    assert_eq!(told.load(Ordering::SeqCst), 6);
    drop((second, other, in_line));
    assert!(changes.lock().by_key.is_empty());
}
