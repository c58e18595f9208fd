//! Getting messages: those that became visible first, of one channel, hidden from others for a while.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::{Value, json};

use super::super::super::Context;
use super::super::super::changes::{Attempt, Wait};
use super::super::super::metrics::QueueOutcome;
use super::super::address::{Address, Side, parts_of_channel};
use super::super::receipts::Receipt;
use super::super::{Queue, channels, check_range, measure};
use super::{MOST_ENTRIES, VISIBILITY_SECONDS, consecutive, properties, share};
use crate::api::queue::Queue as Operation;
use crate::call::{ApiError, Call, Reply};
use crate::clock::rfc3339;
use crate::store::{
    Delivery, DeliveryRange, LaneCounts, QueueLane, QueueMessage, QueueRun, Session, Standing,
    number_of,
};

/// Most messages that can be asked for; a reply holds fewer. Unconfirmed.
const LIMIT: std::ops::RangeInclusive<i64> = 1..=32;
const DEFAULT_LIMIT: i64 = 1;

/// How long a request waits, in seconds. Source: behaviour.md 2.1.
const TIMEOUT_SECONDS: std::ops::RangeInclusive<i64> = 0..=30;

/// About how many bytes of messages one reply holds at most. Source: behaviour.md 2.1.
const REPLY_BYTES: i64 = 2 * 1024 * 1024;

/// Most messages of a consumer group in flight. Source: behaviour.md 2.1; that a full queue answers as an empty
/// one is unconfirmed.
const MOST_IN_FLIGHT: i64 = 100_000;

/// What a call asks for. What it leaves out is the queue's to say.
struct Wish<'c> {
    limit: usize,
    channel: Option<&'c str>,
    visibility_seconds: Option<i64>,
    timeout_seconds: Option<i64>,
}

impl<'c> Wish<'c> {
    fn of(call: &'c Call) -> Result<Self, ApiError> {
        let limit = number(call, "limit", LIMIT)?.unwrap_or(DEFAULT_LIMIT);
        Ok(Self {
            limit: usize::try_from(limit).map_or(MOST_ENTRIES, |limit| limit.min(MOST_ENTRIES)),
            channel: channels::of_query(call, "channelFilter")?,
            visibility_seconds: number(call, "visibilityInSeconds", VISIBILITY_SECONDS)?,
            timeout_seconds: number(call, "timeoutInSeconds", TIMEOUT_SECONDS)?,
        })
    }
}

fn number(
    call: &Call,
    wire: &str,
    range: std::ops::RangeInclusive<i64>,
) -> Result<Option<i64>, ApiError> {
    let number = call.query_text(wire).and_then(|text| text.parse().ok());
    number.map_or(Ok(()), |number| check_range(wire, number, range))?;
    Ok(number)
}

/// Messages that were got.
#[derive(Debug, Serialize)]
pub struct GotQueueMessages {
    messages: Vec<GotMessage>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GotMessage {
    id: i64,
    content: String,
    receipt: String,
    delivery_count: i64,
    visible_after: String,
    expire_after: String,
    created_at: String,
    metadata: Metadata,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    channel_id: String,
    custom_properties: Value,
}

/// What came of a call, and whose messages it got.
struct Got {
    attempt: Attempt<GotQueueMessages>,
    queue_id: String,
    bytes: i64,
    /// The parts of the queue that have dead letters as soon as what was got is visible again.
    dying: Vec<String>,
}

impl Queue {
    /// Gets messages, or tells when there may be some. A call that waits is counted when it begins to, and what it
    /// finds in the end besides.
    pub(in crate::engine) fn get_messages(
        &self,
        context: &Context<'_>,
        call: &Call,
        is_first: bool,
    ) -> Result<Attempt<GotQueueMessages>, ApiError> {
        let begun = Instant::now();
        let got = Wish::of(call).and_then(|wish| {
            context.store.write(|session| {
                let address = Address::of(session, context, call)?;
                get(session, context, &address, &wish)
            })
        });
        let got = match got {
            Ok(got) => got,
            Err(error) => {
                measure::record_failure(context, Operation::GetMessages, call);
                return Err(error);
            }
        };
        self.count_got(&got.queue_id, got.bytes, context.now_ms);
        if let Some(outcome) = got.outcome(begun, is_first) {
            measure::record(context, Operation::GetMessages, &got.queue_id, outcome);
        }
        if !got.dying.is_empty() {
            self.changes.tell_parts(&got.queue_id, &got.dying);
        }
        Ok(got.attempt)
    }
}

impl Got {
    /// What is counted. What waits is asked again, and does not write to the folder each time that it waits for.
    fn outcome(&self, begun: Instant, is_first: bool) -> Option<QueueOutcome> {
        let messages = match &self.attempt {
            Attempt::Done(reply) => reply.messages.len(),
            Attempt::Nothing(_) => 0,
        };
        let (bytes, took) = (self.bytes, begun.elapsed());
        match (is_first, messages) {
            (true, 0) => Some(QueueOutcome::Answered { took }),
            (true, _) => Some(QueueOutcome::Moved {
                messages,
                bytes,
                took,
            }),
            (false, 0) => None,
            (false, _) => Some(QueueOutcome::Found { messages, bytes }),
        }
    }
}

fn get(
    session: &Session<'_>,
    context: &Context<'_>,
    address: &Address,
    wish: &Wish<'_>,
) -> Result<Got, ApiError> {
    let details = &address.queue.details;
    let visibility_seconds = wish
        .visibility_seconds
        .unwrap_or(details.visibility_seconds);
    let patience_seconds = wish.timeout_seconds.unwrap_or(details.timeout_seconds);
    let visible_ms = context.now_ms + visibility_seconds * 1000;
    let mut taker = Taker::new(session, address, context.now_ms, visible_ms)?;
    let mut lanes = address.lanes(session, None)?;
    let room = taker.room(&lanes)?;
    lanes.retain(|lane| wish.channel.is_none_or(|wanted| wanted == lane.channel));
    shuffle(&mut lanes)?;
    for lane in &lanes {
        taker.take(lane, wish.limit.min(room))?;
        if !taker.messages.is_empty() {
            break;
        }
    }
    let messages = taker.messages;
    let attempt = match !messages.is_empty() || patience_seconds == 0 {
        true => Attempt::Done(GotQueueMessages { messages }),
        false => {
            let next_ms = next_visible_ms(session, address, &lanes, context.now_ms)?;
            Attempt::Nothing(Wait {
                reply: Reply::ok(json!({ "messages": [] })),
                patience: Duration::from_secs(u64::try_from(patience_seconds).unwrap_or(0)),
                retry_after: next_ms.map(|at_ms| {
                    Duration::from_millis(u64::try_from(at_ms - context.now_ms).unwrap_or(0))
                }),
                key: address.queue.id.clone(),
                part: address.part(wish.channel),
            })
        }
    };
    Ok(Got {
        attempt,
        queue_id: address.queue.id.clone(),
        bytes: taker.bytes,
        dying: taker.dying,
    })
}

/// Brings lanes into a random order, so that no channel is kept waiting by a busy one.
fn shuffle(lanes: &mut [QueueLane]) -> Result<(), ApiError> {
    for last in (1..lanes.len()).rev() {
        let bound = u64::try_from(last + 1).unwrap_or(u64::MAX);
        let chosen = usize::try_from(random()? % bound).unwrap_or(last);
        lanes.swap(last, chosen);
    }
    Ok(())
}

fn random() -> Result<u64, ApiError> {
    getrandom::u64().map_err(|error| ApiError::internal(format!("no random numbers: {error}")))
}

/// When the next of these lanes' messages becomes visible, in milliseconds.
fn next_visible_ms(
    session: &Session<'_>,
    address: &Address,
    lanes: &[QueueLane],
    now_ms: i64,
) -> Result<Option<i64>, ApiError> {
    let mut next = None;
    for lane in lanes {
        for standing in standings(address.side) {
            let visible_ms = session.next_visible_ms(lane.lane, *standing, now_ms)?;
            next = next.into_iter().chain(visible_ms).min();
        }
    }
    Ok(next)
}

/// The deliveries that are handed out again when they become visible.
pub(in super::super) fn standings(side: Side) -> &'static [Standing] {
    match side {
        Side::Messages => &[Standing::Live],
        Side::DeadLetters => &[Standing::LastChance, Standing::DeadLetter],
    }
}

/// A message that can be delivered.
enum Candidate {
    /// For the first time, out of the run with this index.
    Fresh { run: usize, message_id: i64 },
    /// Once more.
    Again(Delivery),
}

impl Candidate {
    fn message_id(&self) -> i64 {
        match self {
            Self::Fresh { message_id, .. } => *message_id,
            Self::Again(delivery) => delivery.message_id,
        }
    }
}

/// The last time that was written: most messages of a reply have the same.
#[derive(Default)]
struct Written {
    ms: i64,
    text: String,
}

impl Written {
    fn text(&mut self, ms: i64) -> String {
        if self.text.is_empty() || self.ms != ms {
            self.ms = ms;
            self.text = rfc3339(ms);
        }
        self.text.clone()
    }
}

/// Takes messages for one reply.
pub(super) struct Taker<'s> {
    session: &'s Session<'s>,
    address: &'s Address,
    now_ms: i64,
    /// Until when what is taken is hidden, in milliseconds.
    visible_ms: i64,
    /// Random at the beginning: with each delivery of a message its receipt is another.
    last_receipt_no: i64,
    pub(super) messages: Vec<GotMessage>,
    bytes: i64,
    visible_after: Written,
    expire_after: Written,
    created_at: Written,
    /// The parts of the queue in which what is taken becomes dead letters.
    dying: Vec<String>,
}

impl<'s> Taker<'s> {
    /// One that hides what it takes until `visible_ms`.
    pub(super) fn new(
        session: &'s Session<'s>,
        address: &'s Address,
        now_ms: i64,
        visible_ms: i64,
    ) -> Result<Self, ApiError> {
        Ok(Self {
            session,
            address,
            now_ms,
            visible_ms,
            last_receipt_no: i64::from_ne_bytes(random()?.to_ne_bytes()),
            messages: Vec::new(),
            bytes: 0,
            visible_after: Written::default(),
            expire_after: Written::default(),
            created_at: Written::default(),
            dying: Vec::new(),
        })
    }

    /// How many messages the group may have in flight besides those that it has.
    pub(super) fn room(&self, lanes: &[QueueLane]) -> Result<usize, ApiError> {
        let room = match self.address.side {
            Side::Messages => MOST_IN_FLIGHT - self.in_flight(lanes, MOST_IN_FLIGHT)?,
            Side::DeadLetters => MOST_IN_FLIGHT,
        };
        Ok(usize::try_from(room).unwrap_or(0))
    }

    /// How many messages of lanes are in flight; more than that if there are fewer than `enough` anyway.
    fn in_flight(&self, lanes: &[QueueLane], enough: i64) -> Result<i64, ApiError> {
        let held: i64 = lanes.iter().map(|lane| lane.counts.held_messages).sum();
        let most_taken = i64::try_from(MOST_ENTRIES).unwrap_or(enough);
        if held + most_taken < enough {
            return Ok(held);
        }
        let mut in_flight = 0;
        for lane in lanes {
            for standing in [Standing::Live, Standing::LastChance] {
                let (messages, _) = self
                    .session
                    .count_hidden(lane.lane, standing, self.now_ms)?;
                in_flight += messages;
            }
        }
        Ok(in_flight)
    }

    /// Takes messages out of one lane, those that became visible first before the others.
    pub(super) fn take(&mut self, lane: &QueueLane, limit: usize) -> Result<(), ApiError> {
        let limit = limit.min(self.room_of_channel(lane)?);
        let mut runs = self.runs(lane, limit)?;
        let runs_before = runs.clone();
        let mut change = LaneCounts::default();
        let candidates = self.candidates(lane, &runs, limit)?;
        let mut contents = self.contents(&candidates)?;
        let mut deliveries = Vec::with_capacity(candidates.len());
        for candidate in candidates {
            let message_id = candidate.message_id();
            let message = contents.remove(&message_id).ok_or_else(|| {
                ApiError::internal(format!("the content of message {message_id} is gone"))
            })?;
            if !self.messages.is_empty() && self.bytes + message.bytes > REPLY_BYTES {
                break;
            }
            let before = match candidate {
                Candidate::Again(delivery) => {
                    change += share(&delivery, -1);
                    Some(delivery)
                }
                // Candidates of a run come in its order, so that it loses its first message.
                Candidate::Fresh { run, .. } => {
                    if let Some(run) = runs.get_mut(run) {
                        run.first_id += 1;
                        run.bytes -= message.bytes;
                    }
                    change.live_messages -= 1;
                    change.live_bytes -= message.bytes;
                    None
                }
            };
            let delivery = self.deliver(lane, (message_id, message), before)?;
            change += share(&delivery, 1);
            deliveries.push(delivery);
        }
        self.session.put_deliveries(&deliveries)?;
        let changed = runs.iter().zip(&runs_before);
        for (run, _) in changed.filter(|(run, before)| run != before) {
            match run.messages() {
                0 => self.session.remove_queue_run(run)?,
                _ => self.session.put_queue_run(run)?,
            }
        }
        if change != LaneCounts::default() {
            self.session.change_queue_lane(lane.lane, &change)?;
        }
        Ok(())
    }

    /// The contents of messages, by their numbers.
    fn contents(&self, candidates: &[Candidate]) -> Result<HashMap<i64, QueueMessage>, ApiError> {
        let mut contents = HashMap::with_capacity(candidates.len());
        for ids in consecutive(candidates.iter().map(Candidate::message_id)) {
            contents.extend(self.session.queue_messages_between(&ids)?);
        }
        Ok(contents)
    }

    /// The oldest runs of a lane, which dead letters have none of.
    fn runs(&self, lane: &QueueLane, limit: usize) -> Result<Vec<QueueRun>, ApiError> {
        if self.address.side == Side::DeadLetters {
            return Ok(Vec::new());
        }
        let horizon_ms = self.now_ms - self.address.queue.retention_ms();
        Ok(self
            .session
            .queue_runs_after(lane.lane, horizon_ms, limit)?)
    }

    /// How many messages of a channel may be in flight besides those that are: its part of the queue's.
    fn room_of_channel(&self, lane: &QueueLane) -> Result<usize, ApiError> {
        let percent = self.address.queue.details.channel_percent;
        if self.address.side == Side::DeadLetters || percent == 100 {
            return Ok(usize::MAX);
        }
        let most = MOST_IN_FLIGHT / 100 * percent;
        let in_flight = self.in_flight(std::slice::from_ref(lane), most)?;
        Ok(usize::try_from(most - in_flight).unwrap_or(0))
    }

    fn candidates(
        &self,
        lane: &QueueLane,
        runs: &[QueueRun],
        limit: usize,
    ) -> Result<Vec<Candidate>, ApiError> {
        let mut candidates = Vec::with_capacity(limit);
        for (index, run) in runs.iter().enumerate() {
            let fresh = (run.first_id..=run.last_id).map(|message_id| {
                let candidate = Candidate::Fresh {
                    run: index,
                    message_id,
                };
                (run.created_ms, message_id, candidate)
            });
            candidates.extend(fresh.take(limit.saturating_sub(candidates.len())));
        }
        for standing in standings(self.address.side) {
            let range = DeliveryRange::all(lane.lane, *standing)
                .visible(self.now_ms)
                .unexpired(self.now_ms);
            let visible = self.session.deliveries(&range, limit)?;
            candidates.extend(visible.into_iter().map(|delivery| {
                let since_ms = delivery.visible_ms;
                (since_ms, delivery.message_id, Candidate::Again(delivery))
            }));
        }
        candidates.sort_by_key(|(since_ms, message_id, _)| (*since_ms, *message_id));
        candidates.truncate(limit);
        Ok(candidates
            .into_iter()
            .map(|(_, _, candidate)| candidate)
            .collect())
    }

    /// Adds a message to the reply, and returns its delivery.
    fn deliver(
        &mut self,
        lane: &QueueLane,
        (message_id, message): (i64, QueueMessage),
        before: Option<Delivery>,
    ) -> Result<Delivery, ApiError> {
        let address = self.address;
        self.last_receipt_no = self.last_receipt_no.wrapping_add(1);
        let deliveries = before.map_or(0, |delivery| delivery.deliveries) + 1;
        let most = address.most_deliveries;
        let delivery = Delivery {
            message_id,
            group_no: address.group_no,
            lane: lane.lane,
            standing: match address.side {
                Side::DeadLetters => Standing::DeadLetter,
                Side::Messages if most > 0 && deliveries >= most => Standing::LastChance,
                Side::Messages => Standing::Live,
            },
            visible_ms: self.visible_ms,
            expires_ms: message.created_ms + address.queue.retention_ms(),
            deliveries,
            receipt_no: self.last_receipt_no,
            bytes: message.bytes,
        };
        if delivery.standing == Standing::LastChance && self.dying.is_empty() {
            let parts = parts_of_channel(address.group_no, Side::DeadLetters, &lane.channel);
            self.dying.extend(parts);
        }
        self.bytes += message.bytes;
        self.messages.push(GotMessage {
            id: number_of(message_id),
            receipt: Receipt::of(&delivery, address.side).encode(),
            delivery_count: deliveries,
            visible_after: self.visible_after.text(delivery.visible_ms),
            expire_after: self.expire_after.text(delivery.expires_ms),
            created_at: self.created_at.text(message.created_ms),
            metadata: Metadata {
                channel_id: lane.channel.clone(),
                custom_properties: properties(&message)?,
            },
            content: message.content,
        });
        Ok(delivery)
    }
}
