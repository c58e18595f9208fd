//! Queues against a naive model: a list of messages that is searched for every answer.

use proptest::prelude::*;
use serde_json::json;

use super::support::{Bench, Got, Queue, START_MS};

const RETENTION_MS: i64 = 100_000;
const MOST_DELIVERIES: i64 = 2;
const CHANNELS: [&str; 3] = ["default-channel", "a", "b"];

#[derive(Clone, Debug)]
enum Step {
    Put(usize, usize),
    Get(usize, i64, Option<usize>),
    GetDead(usize, i64),
    Delete(usize),
    Hide(usize, i64),
    Advance(i64),
    Purge(bool),
    Redrive,
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..3_usize, 1..6_usize).prop_map(|(channel, count)| Step::Put(channel, count)),
        6 => (1..5_usize, 0..20_i64, proptest::option::of(0..3_usize))
            .prop_map(|(limit, seconds, channel)| Step::Get(limit, seconds, channel)),
        3 => (1..5_usize, 0..20_i64).prop_map(|(limit, seconds)| Step::GetDead(limit, seconds)),
        4 => any::<usize>().prop_map(Step::Delete),
        3 => (any::<usize>(), 0..20_i64).prop_map(|(at, seconds)| Step::Hide(at, seconds)),
        5 => (0..30_000_i64).prop_map(Step::Advance),
        1 => any::<bool>().prop_map(Step::Purge),
        1 => Just(Step::Redrive),
        1 => Just(Step::Reopen),
    ]
}

#[derive(Clone, Debug)]
struct Message {
    id: i64,
    channel: &'static str,
    expires_ms: i64,
    visible_ms: i64,
    deliveries: i64,
    receipt: Option<String>,
    is_last: bool,
    is_dead: bool,
}

/// A receipt that was given out, whether it was of a dead letter, and what it is good for.
#[derive(Clone, Debug)]
struct Held {
    receipt: String,
    is_dead: bool,
}

#[derive(Debug)]
struct Model {
    now_ms: i64,
    messages: Vec<Message>,
    /// Receipts of messages that were purged in flight, with the time when the messages would have expired.
    purged: Vec<(String, i64)>,
    held: Vec<Held>,
}

impl Model {
    /// What time does.
    fn settle(&mut self) {
        let now_ms = self.now_ms;
        self.messages.retain(|message| message.expires_ms > now_ms);
        self.purged.retain(|(_, expires_ms)| *expires_ms > now_ms);
        for message in &mut self.messages {
            if message.is_last && !message.is_dead && message.visible_ms <= now_ms {
                message.is_dead = true;
                message.receipt = None;
            }
        }
    }

    /// The visible messages of a channel in the order in which they are handed out.
    fn visible(&self, is_dead: bool, channel: &str) -> Vec<i64> {
        let mut visible: Vec<&Message> = self
            .messages
            .iter()
            .filter(|one| one.is_dead == is_dead && one.channel == channel)
            .filter(|one| one.visible_ms <= self.now_ms)
            .collect();
        visible.sort_by_key(|one| (one.visible_ms, one.id));
        visible.iter().map(|one| one.id).collect()
    }

    fn check_got(&mut self, got: &[Got], is_dead: bool, limit: usize, visible_ms: i64) {
        let wanted: Vec<(&str, Vec<i64>)> = CHANNELS
            .iter()
            .map(|channel| (*channel, self.visible(is_dead, channel)))
            .collect();
        let Some(first) = got.first() else {
            assert!(wanted.iter().all(|(_, ids)| ids.is_empty()), "{wanted:?}");
            return;
        };
        let (_, ids) = wanted
            .iter()
            .find(|(name, _)| *name == first.channel)
            .unwrap();
        let got_ids: Vec<i64> = got.iter().map(|one| one.id).collect();
        assert_eq!(got_ids, ids[..limit.min(ids.len())]);
        for one in got {
            let message = self.messages.iter_mut().find(|m| m.id == one.id).unwrap();
            message.deliveries += 1;
            assert_eq!(one.deliveries, message.deliveries);
            message.visible_ms = visible_ms;
            message.receipt = Some(one.receipt.clone());
            message.is_last = !is_dead && message.deliveries >= MOST_DELIVERIES;
            self.held.push(Held {
                receipt: one.receipt.clone(),
                is_dead,
            });
        }
        self.settle();
    }

    fn counts(&self, channel: &str) -> [i64; 4] {
        let count = |is_dead: bool, is_visible: bool| {
            let messages = self.messages.iter().filter(|one| one.channel == channel);
            let messages = messages.filter(|one| one.is_dead == is_dead);
            let messages = messages.filter(|one| (one.visible_ms <= self.now_ms) == is_visible);
            i64::try_from(messages.count()).unwrap()
        };
        [
            count(false, true),
            count(false, false),
            count(true, true),
            count(true, false),
        ]
    }
}

fn check_stats(queue: &Queue<'_>, model: &Model) {
    let mut total = [0; 4];
    let mut alive = Vec::new();
    for channel in CHANNELS {
        let wanted = model.counts(channel);
        let stats = queue.call("GetStats").with("channelId", channel).value();
        let counts = ["queue", "dlq"].map(|part| {
            let of_part = &stats[part];
            let bytes = of_part["sizeInBytes"].as_i64().unwrap();
            let visible = of_part["visibleMessages"].as_i64().unwrap();
            let in_flight = of_part["inFlightMessages"].as_i64().unwrap();
            // Every message has three bytes.
            assert_eq!(bytes, 3 * (visible + in_flight), "{stats}");
            [visible, in_flight]
        });
        assert_eq!(counts.concat(), wanted, "{channel}");
        if wanted[0] + wanted[1] > 0 {
            alive.push(channel.to_owned());
        }
        for (sum, count) in total.iter_mut().zip(wanted) {
            *sum += count;
        }
    }
    assert_eq!(queue.stats(), total);
    alive.sort();
    assert_eq!(queue.channels(), alive);
}

fn apply(bench: &Bench, queue: &Queue<'_>, model: &mut Model, step: &Step) {
    let seconds_on = |model: &Model, seconds: i64| model.now_ms + seconds * 1000;
    match step {
        Step::Put(channel, count) => {
            let channel = CHANNELS[*channel];
            let ids = queue.put_to(Some(channel), &vec!["abc"; *count]);
            model.messages.extend(ids.iter().map(|id| Message {
                id: *id,
                channel,
                expires_ms: model.now_ms + RETENTION_MS,
                visible_ms: model.now_ms,
                deliveries: 0,
                receipt: None,
                is_last: false,
                is_dead: false,
            }));
        }
        Step::Get(limit, seconds, channel) => {
            let text = seconds.to_string();
            let mut more = vec![("visibilityInSeconds", text.as_str())];
            let visible_ms = seconds_on(model, *seconds);
            if let Some(channel) = channel.map(|at| CHANNELS[at]) {
                more.push(("channelFilter", channel));
                let got = queue.get_with(*limit, &more);
                assert!(got.iter().all(|one| one.channel == channel));
                if got.is_empty() {
                    assert_eq!(model.visible(false, channel), Vec::<i64>::new());
                } else {
                    model.check_got(&got, false, *limit, visible_ms);
                }
            } else {
                let got = queue.get_with(*limit, &more);
                model.check_got(&got, false, *limit, visible_ms);
            }
        }
        Step::GetDead(limit, seconds) => {
            let text = seconds.to_string();
            let dead = queue.dead_letters();
            let got = dead.get_with(*limit, &[("visibilityInSeconds", &text)]);
            let visible_ms = seconds_on(model, *seconds);
            model.check_got(&got, true, *limit, visible_ms);
        }
        Step::Delete(at) => settle_one(queue, model, *at, None),
        Step::Hide(at, seconds) => settle_one(queue, model, *at, Some(*seconds)),
        Step::Advance(by_ms) => {
            bench.time.advance(*by_ms);
            model.now_ms += by_ms;
            model.settle();
        }
        Step::Purge(dead) => {
            let kind = if *dead { "DLQ" } else { "NORMAL" };
            queue
                .call("PurgeQueue")
                .body(json!({ "purgeType": kind }))
                .ok();
            let now_ms = model.now_ms;
            let (gone, kept) = model
                .messages
                .drain(..)
                .partition(|one: &Message| one.is_dead == *dead);
            model.messages = kept;
            let in_flight = gone.into_iter().filter(|one| one.visible_ms > now_ms);
            let receipts = in_flight.filter_map(|one| Some((one.receipt?, one.expires_ms)));
            model.purged.extend(receipts);
        }
        Step::Redrive => {
            let mut dry = bench.redrive(&queue.id, true);
            dry["dry-run"] = false.into();
            assert_eq!(bench.redrive(&queue.id, false), dry);
            for message in &mut model.messages {
                if message.is_dead && message.visible_ms <= model.now_ms {
                    message.is_dead = false;
                    message.is_last = false;
                    message.deliveries = 0;
                    message.visible_ms = model.now_ms;
                    message.receipt = None;
                }
            }
        }
        Step::Reopen => {}
    }
}

/// Deletes, or hides for some seconds, by one of the receipts that were given out.
fn settle_one(queue: &Queue<'_>, model: &mut Model, at: usize, seconds: Option<i64>) {
    if model.held.is_empty() {
        return;
    }
    let held = model.held[at % model.held.len()].clone();
    let queue = match held.is_dead {
        true => queue.dead_letters(),
        false => queue.clone(),
    };
    let result = match seconds {
        None => queue.delete(&held.receipt),
        Some(seconds) => queue.hide(&held.receipt, seconds),
    };
    let message = model
        .messages
        .iter()
        .position(|one| one.receipt.as_ref() == Some(&held.receipt) && one.is_dead == held.is_dead);
    let purged = model
        .purged
        .iter()
        .position(|(receipt, _)| *receipt == held.receipt);
    match (message, purged, seconds) {
        (None, None, _) => assert_eq!(result.unwrap_err().status, 404),
        (Some(at), _, None) => {
            result.unwrap();
            model.messages.remove(at);
        }
        (Some(at), _, Some(seconds)) => {
            result.unwrap();
            model.messages[at].visible_ms = model.now_ms + seconds * 1000;
            model.settle();
        }
        (None, Some(at), None) => {
            result.unwrap();
            model.purged.remove(at);
        }
        (None, Some(_), Some(_)) => {
            result.unwrap();
        }
    }
}

fn run(steps: &[Step]) {
    let home = tempfile::tempdir().unwrap();
    let mut bench = Bench::in_folder(home.path());
    let id = bench
        .queue(json!({
            "retentionInSeconds": RETENTION_MS / 1000,
            "deadLetterQueueDeliveryCount": MOST_DELIVERIES,
        }))
        .id;
    let mut model = Model {
        now_ms: START_MS,
        messages: Vec::new(),
        purged: Vec::new(),
        held: Vec::new(),
    };
    for step in steps {
        if let Step::Reopen = step {
            bench = bench.reopened();
        }
        let queue = bench.at(&id);
        apply(&bench, &queue, &mut model, step);
        check_stats(&queue, &model);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn answers_as_the_model(steps in proptest::collection::vec(step(), 1..60)) {
        run(&steps);
    }
}
