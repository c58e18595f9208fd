//! Fetch (1), versions 4 to 11.
//!
//! - Batches go out as they are stored; one that begins before the offset asked for comes whole.
//! - A fetch that finds less than `min_bytes` waits for appends, at most for `max_wait_ms`. Errors are told at
//!   once.
//! - Where the engine is strict, who reads more of a partition than it gives a second is told to rest.
//! - The first batch of an answer comes even where it is above the limits, so that every client gets on; an
//!   answer has about [`MOST_BYTES`] at most, whatever is asked for, and fewer once memory is short.
//! - Sessions (from version 7 on) last as long as their connection; see `fetch_session.rs`.
//! - There are no transactions: either isolation level reads up to the end.
//! - Version 12 adds what only brokers use, version 13 topic ids.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use kafka_protocol::messages::fetch_response::PartitionData;
use kafka_protocol::messages::{ApiKey, BrokerId, FetchRequest};
use kafka_protocol::protocol::Encodable;
use tokio::time::Instant;

use super::super::answer::Chunks;
use super::super::error::Refusal;
use super::super::faults;
use super::super::fetch_session::{FetchSession, Name, Plan, Wanted};
use super::super::registry::{Api, Call, Handled};
use super::super::shape::{Field, Kind, always, since};
use super::list_offsets::check_leader_epoch;
use crate::engine::fault::GET;
use crate::engine::{OffsetRange, Topic, TopicPool};

pub(in super::super) const API: Api = Api {
    key: ApiKey::Fetch,
    versions: 4..=11,
    shape: REQUEST,
    for_strangers: false,
    handle: |call| Box::pin(handle(call)),
};

const REQUEST: &[Field] = &[
    always(Kind::Fixed(4)),   // replica id
    always(Kind::Fixed(4)),   // max wait
    always(Kind::Fixed(4)),   // min bytes
    always(Kind::Fixed(4)),   // max bytes
    always(Kind::Fixed(1)),   // isolation level
    since(7, Kind::Fixed(4)), // session id
    since(7, Kind::Fixed(4)), // session epoch
    always(Kind::Structs(TOPIC)),
    since(7, Kind::Structs(FORGOTTEN)),
    since(11, Kind::String), // rack
];
const TOPIC: &[Field] = &[always(Kind::String), always(Kind::Structs(PARTITION))];
const PARTITION: &[Field] = &[
    always(Kind::Fixed(4)),   // number
    since(9, Kind::Fixed(4)), // current leader epoch
    always(Kind::Fixed(8)),   // offset
    since(5, Kind::Fixed(8)), // log start offset
    always(Kind::Fixed(4)),   // max bytes
];
const FORGOTTEN: &[Field] = &[always(Kind::String), always(Kind::Values(&Kind::Fixed(4)))];

/// Most bytes of records in an answer, but for its first batch.
const MOST_BYTES: usize = 16 << 20;

async fn handle(call: Call<'_>) -> Handled {
    let (plan, limits) = {
        let request: FetchRequest = call.request()?;
        let new_id = call.kafka.next_session_id();
        let plan = FetchSession::plan(&mut call.connection.fetch_session(), &request, new_id);
        (plan, Limits::of(&call, &request))
    };
    match plan {
        Ok(mut plan) => {
            let pool = call.pool()?;
            let mut fetch = Fetch::new(&call, &pool, std::mem::take(&mut plan.partitions), limits);
            drop(pool);
            fetch.strike().await;
            fetch.run().await;
            let throttle_ms = call.connection.throttle(fetch.rest_ms());
            answer(&call, &plan, throttle_ms, fetch.parts)
        }
        Err(refusal) => {
            let mut body = Body::new(call.version(), 0, (refusal.code(), 0));
            body.put_count(0);
            Ok(Some(call.answer_in_pieces(body.finish())))
        }
    }
}

#[derive(Clone, Copy)]
struct Limits {
    min_bytes: usize,
    max_bytes: usize,
    deadline: Instant,
}

impl Limits {
    fn of(call: &Call<'_>, request: &FetchRequest) -> Self {
        let wait_ms = u64::try_from(request.max_wait_ms).unwrap_or(0);
        let max_bytes = usize::try_from(request.max_bytes).unwrap_or(0);
        let max_bytes = call.kafka.memory.allow(max_bytes.min(MOST_BYTES));
        Self {
            min_bytes: usize::try_from(request.min_bytes)
                .unwrap_or(0)
                .min(max_bytes),
            max_bytes,
            deadline: Instant::now() + Duration::from_millis(wait_ms),
        }
    }
}

/// A fetch that is being answered.
struct Fetch<'f> {
    call: &'f Call<'f>,
    parts: Vec<Part>,
    limits: Limits,
    /// Bytes of records so far.
    bytes: usize,
    /// The part that is read first, so that it is another one each time.
    first: usize,
}

/// What was found of one partition.
struct Part {
    name: Name,
    topic: Option<Arc<Topic>>,
    partition: u32,
    first_offset: i64,
    next_offset: i64,
    max_bytes: usize,
    range: OffsetRange,
    refusal: Option<Refusal>,
    pieces: Vec<Bytes>,
    bytes: usize,
    /// How long the reading took, without the waiting.
    took: Duration,
}

impl Part {
    fn messages(&self) -> usize {
        usize::try_from(self.next_offset - self.first_offset).unwrap_or_default()
    }
}

impl Part {
    fn new(pool: &TopicPool, name: Name, wanted: Wanted) -> Self {
        let topic = pool.topics.get(&name.0).map(Arc::clone);
        let partition = u32::try_from(name.1).ok();
        let partition = partition.filter(|partition| {
            topic
                .as_ref()
                .is_some_and(|topic| *partition < topic.partitions)
        });
        let known = check_leader_epoch(wanted.leader_epoch)
            .and_then(|()| partition.ok_or_else(Refusal::unknown_topic));
        Self {
            name,
            topic,
            partition: partition.unwrap_or_default(),
            first_offset: wanted.offset,
            next_offset: wanted.offset,
            max_bytes: usize::try_from(wanted.max_bytes).unwrap_or(0),
            range: OffsetRange { start: -1, end: -1 },
            refusal: known.err(),
            pieces: Vec::new(),
            bytes: 0,
            took: Duration::ZERO,
        }
    }
}

impl<'f> Fetch<'f> {
    fn new(
        call: &'f Call<'f>,
        pool: &TopicPool,
        partitions: Vec<(Name, Wanted)>,
        limits: Limits,
    ) -> Self {
        let parts: Vec<Part> = partitions
            .into_iter()
            .map(|(name, wanted)| Part::new(pool, name, wanted))
            .collect();
        Self {
            first: call.connection.next_turn() % parts.len().max(1),
            call,
            parts,
            limits,
            bytes: 0,
        }
    }

    /// Lets faults strike that a user asked for.
    async fn strike(&mut self) {
        let parts = self.parts.len();
        let faults = faults::strike(self.call, GET, || parts).await;
        for (part, fault) in self.parts.iter_mut().zip(faults.into_iter().flatten()) {
            if fault.is_some()
                && let Some(topic) = &part.topic
            {
                self.call.topics().count_failed_get(topic);
            }
            part.refusal = fault.or(part.refusal.take());
        }
    }

    /// Reads until there is enough, or waiting has no end in sight.
    async fn run(&mut self) {
        self.read();
        if self.is_done() {
            return;
        }
        let call = self.call;
        let place = call.kafka.parked.park(self.parts.iter().filter_map(|part| {
            let topic = part.topic.as_ref()?;
            Some((topic.id.as_str(), part.partition))
        }));
        loop {
            // What came before the place was taken woke nobody.
            self.read();
            if self.is_done() {
                return;
            }
            tokio::select! {
                () = place.woken() => {}
                () = tokio::time::sleep_until(self.limits.deadline) => return,
                () = call.kafka.shared.stopping.begun() => return,
            }
        }
    }

    fn is_done(&self) -> bool {
        self.parts.is_empty()
            || self.bytes >= self.limits.min_bytes
            || self.parts.iter().any(|part| part.refusal.is_some())
            || Instant::now() >= self.limits.deadline
    }

    /// For how many milliseconds the client is to rest, for all that it got.
    fn rest_ms(&self) -> i64 {
        let topics = self.call.topics();
        let read = self.parts.iter().filter(|part| part.bytes > 0);
        let rests = read.filter_map(|part| {
            let topic = part.topic.as_ref()?;
            let amount = (part.messages(), part.bytes);
            Some(topics.count_read((topic, part.partition), amount, part.took))
        });
        rests.max().unwrap_or(0)
    }

    /// Reads on where each partition was left.
    fn read(&mut self) {
        let (behind, ahead) = self.parts.split_at_mut(self.first);
        for part in ahead.iter_mut().chain(behind) {
            let room = self.limits.max_bytes.saturating_sub(self.bytes);
            let room = room.min(part.max_bytes.saturating_sub(part.bytes));
            if part.refusal.is_none() && (room > 0 || self.bytes == 0) {
                self.bytes += read_part(self.call, part, room, self.bytes == 0);
            }
        }
    }
}

/// Reads on in a partition, and returns how many bytes were found. Without `at_least_one` a batch that is
/// larger than the room is left for another time.
fn read_part(call: &Call<'_>, part: &mut Part, room: usize, at_least_one: bool) -> usize {
    let Some(topic) = &part.topic else {
        return 0;
    };
    let begun = Instant::now();
    let mut buffer = call.kafka.buffers.take();
    let read =
        call.topics()
            .read_batches(topic, part.partition, part.next_offset, room, &mut buffer);
    part.took += begun.elapsed();
    let count = buffer.len();
    match read {
        Ok((next_offset, range)) => {
            part.range = range;
            if count > 0 && (at_least_one || count <= room) {
                part.next_offset = next_offset;
                part.bytes += count;
                part.pieces.push(call.kafka.buffers.lend(buffer));
                return count;
            }
            call.kafka.buffers.put(buffer);
        }
        // What was read before stays good, and the error comes again.
        Err(error) if part.pieces.is_empty() => {
            call.topics().count_failed_get(topic);
            part.refusal = Some(error.into());
        }
        Err(_) => {}
    }
    0
}

fn answer(call: &Call<'_>, plan: &Plan, throttle_ms: i32, parts: Vec<Part>) -> Handled {
    let mut session = call.connection.fetch_session();
    let news: Vec<Part> = parts
        .into_iter()
        .filter(|part| {
            let changed = session
                .as_mut()
                .filter(|_| plan.session_id != 0)
                .is_none_or(|session| session.tell(&part.name, part.range));
            changed || !plan.incremental || part.refusal.is_some() || part.bytes > 0
        })
        .collect();
    drop(session);
    let mut body = Body::new(call.version(), throttle_ms, (0, plan.session_id));
    let topics: Vec<&[Part]> = news
        .chunk_by(|one, next| one.name.0 == next.name.0)
        .collect();
    body.put_count(topics.len());
    let mut lent = Vec::new();
    for parts in topics {
        let name = parts.first().map_or("", |part| part.name.0.as_str());
        body.put_topic(name, parts.len());
        for part in parts {
            body.put_part(part)
                .map_err(|cause| call.unwritable(cause))?;
            lent.extend(part.pieces.iter().cloned());
        }
    }
    drop(news);
    let mut answer = call.answer_in_pieces(body.finish());
    answer.held = call.kafka.memory.count(answer.chunks.remaining());
    answer.lent = lent;
    Ok(Some(answer))
}

/// The body of an answer. The records stand beside what is encoded, not copied into it; the rest of a
/// partition is encoded as ever.
struct Body {
    version: i16,
    /// What was encoded since the last records.
    encoded: BytesMut,
    chunks: Chunks,
}

impl Body {
    fn new(version: i16, throttle_ms: i32, (error_code, session_id): (i16, i32)) -> Self {
        let mut encoded = BytesMut::with_capacity(256);
        encoded.put_i32(throttle_ms);
        if version >= 7 {
            encoded.put_i16(error_code);
            encoded.put_i32(session_id);
        }
        Self {
            version,
            encoded,
            chunks: Chunks::default(),
        }
    }
}

impl Body {
    fn put_count(&mut self, count: usize) {
        self.encoded
            .put_i32(i32::try_from(count).unwrap_or(i32::MAX));
    }

    fn put_topic(&mut self, name: &str, partition_count: usize) {
        self.encoded
            .put_i16(i16::try_from(name.len()).unwrap_or(i16::MAX));
        self.encoded.put_slice(name.as_bytes());
        self.put_count(partition_count);
    }

    fn put_part(&mut self, part: &Part) -> Result<(), String> {
        let end = part.range.end;
        PartitionData::default()
            .with_partition_index(part.name.1)
            .with_error_code(part.refusal.as_ref().map_or(0, Refusal::code))
            .with_high_watermark(end)
            .with_last_stable_offset(end)
            .with_log_start_offset(part.range.start)
            .with_aborted_transactions(None)
            .with_preferred_read_replica(BrokerId(-1))
            .with_records(Some(Bytes::new()))
            .encode(&mut self.encoded, self.version)
            .map_err(|error| error.to_string())?;
        if part.bytes > 0 {
            // The count of the records' bytes comes last.
            self.encoded.truncate(self.encoded.len() - size_of::<i32>());
            self.put_count(part.bytes);
            self.chunks.push(self.encoded.split().freeze());
            for piece in &part.pieces {
                self.chunks.push(piece.clone());
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Chunks {
        self.chunks.push(self.encoded.freeze());
        self.chunks
    }
}
