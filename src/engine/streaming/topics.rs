//! Streams as topics: those of a pool by name, appended to and read batch by batch as Kafka clients do.
//!
//! What REST does comes as Calls; this is the other door to the same streams. A topic's row is not read for
//! each append: the topics of a pool are kept in memory until a Call changes a stream or a pool.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::super::metrics::{GETS, Outcome, PUTS, RequestMetrics, Subject};
use super::super::{Context, Engine};
use super::Streaming;
use super::partitions::{Listener, LogFailure};
use super::pools::{self, POOL, Pool};
use super::put::MOST_MESSAGE_BYTES;
use super::streams::{self, STREAM, Stream};
use crate::api::OperationId;
use crate::api::streaming::Streaming as Operation;
use crate::call::{ApiError, Call, Origin, Reply};
use crate::clock::Clock;
use crate::log::{Appended, BatchReader, LogError, Partition, ProducedBatch, TimedOffset};

/// A stream as Kafka clients see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// The stream's OCID.
    pub id: String,
    /// The stream's name.
    pub name: String,
    /// How many partitions it has, numbered from 0.
    pub partitions: u32,
    /// How long messages are kept, in hours.
    pub retention_hours: i64,
}

/// A stream pool as Kafka clients see it: a cluster of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicPool {
    /// The pool's OCID.
    pub id: String,
    /// The OCID of the tenancy that it belongs to.
    pub tenancy_id: String,
    /// Whether asking for a topic that is not there makes it.
    pub auto_create: bool,
    /// How many partitions a topic gets that names no number.
    pub default_partitions: i64,
    /// How long a topic's messages are kept that names no time, in hours.
    pub default_retention_hours: i64,
    /// The pool's streams by name.
    pub topics: BTreeMap<String, Arc<Topic>>,
}

/// What a topic is to be made with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTopic {
    /// Its name.
    pub name: String,
    /// How many partitions it gets.
    pub partitions: i64,
    /// How long messages are kept, in hours.
    pub retention_hours: i64,
}

/// The offsets that a partition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OffsetRange {
    /// The offset of the oldest message that retention keeps, or of the next one to come.
    pub start: i64,
    /// The offset that the next message gets.
    pub end: i64,
}

impl OffsetRange {
    /// How many messages a group has not read that goes on from an offset, or that has committed none: then it
    /// has them all to read. What is not kept any more cannot be read, and does not count.
    pub(in crate::engine) fn lag(&self, next_offset: Option<i64>) -> i64 {
        let next = next_offset.map_or(self.start, |next| next.max(self.start));
        (self.end - next).max(0)
    }
}

/// Why a partition could not be appended to or read.
#[derive(Debug, thiserror::Error)]
pub enum TopicError {
    /// The stream is deleted.
    #[error("the stream {0} is deleted")]
    Unknown(String),
    /// A message of a batch is larger than a message of a stream may be.
    #[error("a message of the batch has {0} bytes; at most {MOST_MESSAGE_BYTES} are taken")]
    MessageTooLarge(usize),
    /// The log says no.
    #[error(transparent)]
    Log(#[from] LogError),
}

impl LogFailure for TopicError {
    fn unknown_stream(stream_id: &str) -> Self {
        Self::Unknown(stream_id.to_owned())
    }

    fn is_failure(&self) -> bool {
        matches!(
            self,
            Self::Log(
                LogError::Io { .. } | LogError::WritesRefused { .. } | LogError::Damaged { .. }
            )
        )
    }
}

/// The pools that were looked at since the last change.
#[derive(Default)]
pub(super) struct TopicCache {
    /// Goes up with each change, so that what was read before one is not kept after it.
    changes: AtomicU64,
    pools: RwLock<Pools>,
}

#[derive(Default)]
struct Pools {
    by_id: HashMap<String, Arc<TopicPool>>,
    /// The OCIDs of default pools, by tenancy.
    defaults: HashMap<String, Arc<str>>,
    /// Streams by tenancy, and by the OCID or name that they were asked for by.
    streams: HashMap<String, HashMap<String, Arc<Stream>>>,
}

impl TopicCache {
    /// Forgets what is cached, after a stream or a pool has changed.
    pub(super) fn forget(&self) {
        let mut pools = self.pools.write().unwrap_or_else(PoisonError::into_inner);
        self.changes.fetch_add(1, Ordering::SeqCst);
        *pools = Pools::default();
    }

    fn get(&self, pool_id: &str) -> Option<Arc<TopicPool>> {
        let pools = self.pools.read().unwrap_or_else(PoisonError::into_inner);
        pools.by_id.get(pool_id).map(Arc::clone)
    }

    fn default_pool(&self, tenancy_id: &str) -> Option<Arc<str>> {
        let pools = self.pools.read().unwrap_or_else(PoisonError::into_inner);
        pools.defaults.get(tenancy_id).map(Arc::clone)
    }

    fn keep_default_pool(&self, changes: u64, tenancy_id: &str, pool_id: &Arc<str>) {
        let mut pools = self.pools.write().unwrap_or_else(PoisonError::into_inner);
        if self.changes() == changes {
            pools
                .defaults
                .insert(tenancy_id.to_owned(), Arc::clone(pool_id));
        }
    }

    fn stream(&self, tenancy_id: &str, value: &str) -> Option<Arc<Stream>> {
        let pools = self.pools.read().unwrap_or_else(PoisonError::into_inner);
        pools.streams.get(tenancy_id)?.get(value).map(Arc::clone)
    }

    fn keep_stream(&self, changes: u64, tenancy_id: &str, value: &str, stream: &Arc<Stream>) {
        let mut pools = self.pools.write().unwrap_or_else(PoisonError::into_inner);
        if self.changes() == changes {
            let streams = pools.streams.entry(tenancy_id.to_owned()).or_default();
            streams.insert(value.to_owned(), Arc::clone(stream));
        }
    }

    fn changes(&self) -> u64 {
        self.changes.load(Ordering::SeqCst)
    }

    /// Keeps a pool that was read when there had been so many changes.
    fn keep(&self, changes: u64, pool: &Arc<TopicPool>) {
        let mut pools = self.pools.write().unwrap_or_else(PoisonError::into_inner);
        if self.changes() == changes {
            pools.by_id.insert(pool.id.clone(), Arc::clone(pool));
        }
    }
}

/// Whether an operation may change what is cached of pools and their streams.
pub(super) fn changes_topics(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::CreateStreamPool
            | Operation::UpdateStreamPool
            | Operation::DeleteStreamPool
            | Operation::ChangeStreamPoolCompartment
            | Operation::CreateStream
            | Operation::UpdateStream
            | Operation::DeleteStream
            | Operation::ChangeStreamCompartment
    )
}

impl Streaming {
    /// The stream of a call, unless it is deleted. Its row is not read again for each call.
    pub(super) fn stream(
        &self,
        context: &Context<'_>,
        call: &Call,
    ) -> Result<Arc<Stream>, ApiError> {
        self.stream_of(context, call.path_value("streamId")?)
    }

    /// The stream with this OCID or name.
    pub(super) fn stream_of(
        &self,
        context: &Context<'_>,
        value: &str,
    ) -> Result<Arc<Stream>, ApiError> {
        let tenancy_id = &context.origin.tenancy_id;
        if let Some(stream) = self.topics.stream(tenancy_id, value) {
            return Ok(stream);
        }
        let changes = self.topics.changes();
        let stream = context.store.read(|session| STREAM.live(session, value))?;
        let stream = Arc::new(stream);
        self.topics.keep_stream(changes, tenancy_id, value, &stream);
        Ok(stream)
    }
}

/// The topics of a tenancy.
#[derive(Clone, Copy)]
pub struct Topics<'e> {
    engine: &'e Engine,
    tenancy_id: &'e str,
}

impl Engine {
    /// A tenancy's streams as topics.
    pub fn topics<'e>(&'e self, tenancy_id: &'e str) -> Topics<'e> {
        Topics {
            engine: self,
            tenancy_id,
        }
    }

    /// Has a function called after each append to a partition, whoever appends, and when a partition that is
    /// in use goes with its stream. It gets the stream's OCID and the partition's number, is called by the
    /// thread that appended, and must be quick.
    pub fn on_append(&self, listener: Listener) {
        self.streaming.partitions.listen(listener);
    }
}

impl Topics<'_> {
    /// The OCID of the tenancy's default pool, which is made now if there is none.
    pub fn default_pool(&self) -> Result<Arc<str>, ApiError> {
        let cache = &self.engine.streaming.topics;
        if let Some(id) = cache.default_pool(self.tenancy_id) {
            return Ok(id);
        }
        let changes = cache.changes();
        let now_ms = self.engine.clock.now_ms();
        let store = self.engine.store.tenancy(self.tenancy_id);
        let pool = store.write(|session| pools::default_pool(session, now_ms, self.tenancy_id))?;
        let id = Arc::from(pool.id);
        cache.keep_default_pool(changes, self.tenancy_id, &id);
        Ok(id)
    }

    /// The pool with this OCID or name, with its topics; `None` when there is none.
    pub fn pool(&self, value: &str) -> Result<Option<Arc<TopicPool>>, ApiError> {
        let cache = &self.engine.streaming.topics;
        let cached = cache.get(value);
        if let Some(pool) = cached.filter(|pool| pool.tenancy_id == self.tenancy_id) {
            return Ok(Some(pool));
        }
        let changes = cache.changes();
        let store = self.engine.store.tenancy(self.tenancy_id);
        let found = store.read(|session| {
            let pool: Pool = POOL.live(session, value)?;
            let streams = streams::streams_of(session, &pool.id)?;
            Ok::<_, ApiError>(topic_pool(self.tenancy_id, pool, streams))
        });
        match found {
            Ok(pool) => {
                let pool = Arc::new(pool);
                cache.keep(changes, &pool);
                Ok(Some(pool))
            }
            Err(error) if error.status == 404 => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Says why a topic cannot be made in a pool, if so.
    pub fn check(&self, pool: &TopicPool, new: &NewTopic) -> Result<(), ApiError> {
        super::super::resource::check_name(&new.name)?;
        streams::check_partitions("partitions", new.partitions)?;
        streams::check_retention("retention in hours", new.retention_hours)?;
        match pool.topics.get(&new.name) {
            Some(topic) => Err(streams::name_taken(&new.name, &topic.id)),
            None => Ok(()),
        }
    }

    /// Makes a stream in a pool, as the REST operation does.
    pub fn create(&self, pool: &TopicPool, new: &NewTopic) -> Result<(), ApiError> {
        let body = json!({
            "name": new.name,
            "partitions": new.partitions,
            "streamPoolId": pool.id,
            "retentionInHours": new.retention_hours,
        });
        self.call(Operation::CreateStream, None, Some(body))?;
        Ok(())
    }

    /// Deletes a stream with its messages, as the REST operation does.
    pub fn delete(&self, topic: &Topic) -> Result<(), ApiError> {
        self.call(Operation::DeleteStream, Some(&topic.id), None)?;
        Ok(())
    }

    /// Changes how long a topic's messages are kept.
    pub fn set_retention(&self, topic: &Topic, hours: i64) -> Result<(), ApiError> {
        let origin = self.origin();
        let context = Context {
            store: self.engine.store.tenancy(self.tenancy_id),
            now_ms: self.engine.clock.now_ms(),
            origin: &origin,
            recorder: &self.engine.recorder,
        };
        let changed = streams::set_retention(&context, &topic.id, hours);
        self.engine.streaming.topics.forget();
        changed
    }

    /// Appends a batch as a producer sent it; see [`Partition::append_produced`].
    pub fn append_batch(
        &self,
        topic: &Topic,
        partition: u32,
        batch: &[u8],
    ) -> Result<Appended, TopicError> {
        let begun = Instant::now();
        let now_ms = self.engine.clock.now_ms();
        let appended = self.append_checked(topic, partition, batch, now_ms);
        let outcome = match &appended {
            Ok((messages, _)) => Outcome::Done {
                messages: usize::try_from(*messages).unwrap_or_default(),
                bytes: batch.len(),
                throttled: 0,
            },
            Err(_) => Outcome::Failed,
        };
        let subject = Subject::of(&topic.id, now_ms);
        let recorder = &self.engine.recorder;
        recorder.request(&PUTS, &subject, (outcome, begun.elapsed()));
        self.engine.relieve_recorder();
        Ok(appended?.1)
    }

    /// Appends a batch if it is a good one, and tells how many messages it has.
    fn append_checked(
        &self,
        topic: &Topic,
        partition: u32,
        batch: &[u8],
        now_ms: i64,
    ) -> Result<(i32, Appended), TopicError> {
        let checked = ProducedBatch::check(batch)?;
        let largest_bytes = checked.largest_message_bytes();
        if largest_bytes > MOST_MESSAGE_BYTES {
            return Err(TopicError::MessageTooLarge(largest_bytes));
        }
        let partitions = &self.engine.streaming.partitions;
        let horizon_ms = topic.horizon_ms(now_ms);
        let appended = partitions.append(&topic.id, partition, horizon_ms, |log| {
            Ok::<_, TopicError>(log.append_produced(&checked, now_ms)?)
        })?;
        Ok((checked.record_count(), appended))
    }

    /// Counts the bytes of a batch that a producer has sent, and returns for how many milliseconds it is to
    /// send nothing more: where the engine is strict, a partition takes only so much a second.
    pub fn count_written(&self, topic: &Topic, partition: u32, bytes: usize) -> i64 {
        let now_ms = self.engine.clock.now_ms();
        let streaming = &self.engine.streaming;
        let rest_ms = streaming.count_written((&topic.id, partition), bytes, now_ms);
        let recorder = &self.engine.recorder;
        recorder.throttled(
            &PUTS,
            &Subject::of(&topic.id, now_ms),
            usize::from(rest_ms > 0),
        );
        rest_ms
    }

    /// Counts a put that is refused before it comes to the log.
    pub fn count_failed_put(&self, topic: &Topic) {
        self.count_failure(&PUTS, topic);
    }

    /// Counts a get that fails.
    pub fn count_failed_get(&self, topic: &Topic) {
        self.count_failure(&GETS, topic);
    }

    fn count_failure(&self, metrics: &'static RequestMetrics, topic: &Topic) {
        let subject = Subject::of(&topic.id, self.engine.clock.now_ms());
        let failed = (Outcome::Failed, Duration::ZERO);
        self.engine.recorder.request(metrics, &subject, failed);
        self.engine.relieve_recorder();
    }

    /// The same of what a consumer was given in the time since it asked or, if that was later, since there was
    /// something to give.
    pub fn count_read(
        &self,
        (topic, partition): (&Topic, u32),
        (messages, bytes): (usize, usize),
        took: Duration,
    ) -> i64 {
        let now_ms = self.engine.clock.now_ms();
        let subject = Subject::of(&topic.id, now_ms);
        let outcome = Outcome::Done {
            messages,
            bytes,
            throttled: 0,
        };
        let recorder = &self.engine.recorder;
        recorder.request(&GETS, &subject, (outcome, took));
        self.engine.relieve_recorder();
        let streaming = &self.engine.streaming;
        let rest_ms = streaming.count_read((&topic.id, partition), bytes, now_ms);
        recorder.throttled(&GETS, &subject, usize::from(rest_ms > 0));
        rest_ms
    }

    /// Lets go of the messages before an offset, and returns the offsets held then.
    pub fn trim_before_offset(
        &self,
        topic: &Topic,
        partition: u32,
        offset: i64,
    ) -> Result<OffsetRange, TopicError> {
        let partitions = &self.engine.streaming.partitions;
        partitions.change(&topic.id, partition, |log| {
            Ok::<_, TopicError>(log.trim_before_offset(offset)?)
        })?;
        self.offsets(topic, partition)
    }

    /// Reads whole batches as they are stored, in place of what the buffer holds; see
    /// [`BatchReader::read`]. Returns the offset to go on from, and the offsets held.
    pub fn read_batches(
        &self,
        topic: &Topic,
        partition: u32,
        from_offset: i64,
        max_bytes: usize,
        buffer: &mut Vec<u8>,
    ) -> Result<(i64, OffsetRange), TopicError> {
        let (reader, range): (BatchReader, _) = self.read(topic, partition, |log, range| {
            if from_offset < range.start {
                return Err(LogError::OffsetOutOfRange {
                    offset: from_offset,
                    start: range.start,
                    end: range.end,
                });
            }
            Ok((log.batch_reader(from_offset)?, range))
        })?;
        Ok((reader.read(max_bytes, buffer)?, range))
    }

    /// The offsets that a partition holds.
    pub fn offsets(&self, topic: &Topic, partition: u32) -> Result<OffsetRange, TopicError> {
        self.read(topic, partition, |_, range| Ok(range))
    }

    /// The first message kept that was appended at a time or later, by its offset and its time; `None` when
    /// all are earlier.
    pub fn offset_at_time(
        &self,
        topic: &Topic,
        partition: u32,
        timestamp_ms: i64,
    ) -> Result<Option<TimedOffset>, TopicError> {
        self.read(topic, partition, |log, range| {
            let horizon_ms = topic.horizon_ms(self.engine.clock.now_ms());
            let found = log.first_at_time(timestamp_ms.max(horizon_ms))?;
            Ok(found.filter(|found| found.offset >= range.start))
        })
    }

    /// The first of the messages with the latest time, by its offset and its time; `None` when none is kept.
    pub fn newest(&self, topic: &Topic, partition: u32) -> Result<Option<TimedOffset>, TopicError> {
        self.read(topic, partition, |log, range| {
            let latest = log.first_of_latest_time()?;
            Ok(latest.filter(|latest| latest.offset >= range.start))
        })
    }

    fn read<T>(
        &self,
        topic: &Topic,
        partition: u32,
        work: impl FnOnce(&Partition, OffsetRange) -> Result<T, LogError>,
    ) -> Result<T, TopicError> {
        let horizon_ms = topic.horizon_ms(self.engine.clock.now_ms());
        let partitions = &self.engine.streaming.partitions;
        partitions.read(&topic.id, partition, |log, retained| {
            let range = OffsetRange {
                start: retained.oldest_offset(log, horizon_ms)?,
                end: log.end_offset(),
            };
            Ok(work(log, range)?)
        })
    }

    pub(in crate::engine) fn call(
        &self,
        operation: Operation,
        stream_id: Option<&str>,
        body: Option<Value>,
    ) -> Result<Reply, ApiError> {
        let operation = OperationId::Streaming(operation)
            .operation()
            .ok_or_else(|| ApiError::internal("an operation is missing from the table"))?;
        let mut call = Call::new(operation);
        if let Some(stream_id) = stream_id {
            call.path.insert("streamId", stream_id.to_owned());
        }
        call.body = body;
        call.origin = self.origin();
        self.engine.answer(&call)
    }

    fn origin(&self) -> Origin {
        Origin {
            tenancy_id: self.tenancy_id.to_owned(),
            ..Origin::default()
        }
    }
}

impl Topic {
    fn horizon_ms(&self, now_ms: i64) -> i64 {
        streams::horizon_ms(self.retention_hours, now_ms)
    }
}

fn topic_pool(tenancy_id: &str, pool: Pool, streams: Vec<Stream>) -> TopicPool {
    let kafka = pool.details.kafka;
    let topics = streams.into_iter().map(|stream| {
        let topic = Topic {
            id: stream.id,
            name: stream.name.clone(),
            partitions: stream.details.partitions,
            retention_hours: stream.details.retention_hours,
        };
        (stream.name, Arc::new(topic))
    });
    TopicPool {
        id: pool.id,
        tenancy_id: tenancy_id.to_owned(),
        auto_create: kafka.auto_create_topics_enable,
        default_partitions: kafka.num_partitions,
        default_retention_hours: kafka.log_retention_hours,
        topics: topics.collect(),
    }
}
