//! How far a connector has come: where reading of its source goes on, and what it has taken and not yet handed
//! over.
//!
//! What is taken from a source is kept until its destination has it, because lines of logs and messages of queues
//! cannot be read again. The position moves in the transaction that keeps what was read, and what was handed over
//! is let go of in the transaction that knows of it. So a process that is killed at any moment leaves nothing out,
//! and at most hands one batch over twice.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::super::queue;
use super::super::trace::TraceParent;
use super::connectors::Connector;
use super::details::BatchLimits;
use super::log_filter::LogFilter;
use super::object_names::ObjectNames;
use super::stages::{Destination, Stage, stages};
use super::traces;
use crate::call::ApiError;
use crate::clock::rfc3339;
use crate::store::{LaneKey, NewWaitingRecord, Session, WaitingRecord};

/// The first pause after a failure, in milliseconds, and the longest: each is twice the one before.
const FIRST_PAUSE_MS: i64 = 10_000;
const LONGEST_PAUSE_MS: i64 = 600_000;

/// How far a connector has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Movement {
    /// Where those who get its messages find the services.
    pub rest_address: String,
    pub position: Position,
    pub lanes: Vec<Lane>,
    /// Why the source could not be read the last time.
    pub source_failure: Option<Failure>,
    /// The names that its objects have, by the name of their lane.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub object_names: BTreeMap<String, ObjectNames>,
    /// What keeps some of the source from being read, while the rest goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub obstacle: Option<Obstacle>,
    /// What was left out, because it can never arrive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<LeftOut>,
}

/// What keeps some of a source from being read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Obstacle {
    reason: String,
    since_ms: i64,
}

/// Records that no attempt can bring to the target, since the connector was made or changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LeftOut {
    records: i64,
    last_ms: i64,
    /// Why the last of them.
    reason: String,
}

/// Where reading of a source goes on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Position {
    /// Since when the source is read, in milliseconds.
    pub begin_ms: i64,
    /// The offset to read next, by partition.
    pub offsets: BTreeMap<u32, i64>,
    /// The place in each followed file, by the OCID of the log.
    pub logs: BTreeMap<String, FilePosition>,
    /// The last minute whose metrics were read, by its end in minutes since the epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metrics_minute: Option<i64>,
}

/// A place in a followed file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FilePosition {
    /// What tells the file from another of its name; empty where the system has no such thing.
    pub identity: String,
    /// Behind the last line that was read, in bytes.
    pub bytes: u64,
    /// How the file begins, as far as it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<Head>,
}

/// What tells the beginning of a file from that of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    /// How much of it was looked at, in bytes.
    pub bytes: u64,
    /// The CRC-32C of these bytes.
    pub checksum: u32,
}

/// A record to keep.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct NewRecord {
    /// Its JSON text.
    pub text: String,
    /// When it arose, in milliseconds.
    pub time_ms: i64,
    /// The partition that it is from, if it is from one.
    pub partition: Option<u32>,
    /// Where in a trace belongs what comes of it.
    pub trace: Option<TraceParent>,
    /// That of the message of a queue that it is.
    pub receipt: Option<String>,
}

/// Records of a stage that leave together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Lane {
    pub stage: u32,
    /// The number of a partition, or nothing.
    pub name: String,
    pub records: i64,
    pub bytes: i64,
    /// Since when the next batch gathers, in milliseconds.
    pub since_ms: i64,
    pub under_way: Option<Batch>,
    pub failure: Option<Failure>,
}

/// Records that leave now. They stay the same until they have arrived.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Batch {
    /// Tells it from others, also from those of the same records: after an update they may take another way.
    #[serde(default)]
    pub id: String,
    /// The number of its last record.
    pub last_number: i64,
    pub records: i64,
    pub bytes: i64,
    /// The times of the first and the last record, in milliseconds.
    pub start_ms: i64,
    pub end_ms: i64,
    /// How often it was sent.
    pub attempts: u32,
    /// Tells its object from others of the same times.
    pub object_no: u32,
    /// Until when it is its holder's, in milliseconds; 0 when it has none.
    pub leased_until_ms: i64,
    /// Its holder, if that is one which keeps the folder until its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
}

impl Batch {
    /// Whether its holder is gone, as the one sees it that has the folder now.
    fn is_left(&self, holder: Option<&str>) -> bool {
        self.holder.is_some() && self.holder.as_deref() != holder
    }
}

/// What keeps records from moving.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Failure {
    pub reason: String,
    pub since_ms: i64,
    pub attempts: u32,
    /// When it is tried again, in milliseconds.
    pub retry_ms: i64,
}

/// The pause after a failure that so many came before, in milliseconds.
fn pause_ms(failures: u32) -> i64 {
    // Doubled six times it is longer than the longest.
    (FIRST_PAUSE_MS << failures.min(6)).min(LONGEST_PAUSE_MS)
}

/// The end of a time that lasts so long. One that would begin only in the future is over: the clock was set back.
fn end_of(end_ms: i64, lasts_ms: i64, now_ms: i64) -> i64 {
    match end_ms.saturating_sub(lasts_ms) > now_ms {
        true => i64::MIN,
        false => end_ms,
    }
}

impl Failure {
    /// The failure of an attempt after those that failed before it.
    fn after(earlier: Option<&Self>, reason: String, now_ms: i64) -> Self {
        let attempts = earlier.map_or(0, |earlier| earlier.attempts);
        Self {
            reason,
            since_ms: earlier.map_or(now_ms, |earlier| earlier.since_ms.min(now_ms)),
            attempts: attempts.saturating_add(1),
            retry_ms: now_ms.saturating_add(pause_ms(attempts)),
        }
    }

    /// When it is tried again, in milliseconds: at once, where the clock was set back since it failed.
    pub(super) fn due_ms(&self, now_ms: i64) -> i64 {
        let last_pause_ms = pause_ms(self.attempts.saturating_sub(1));
        end_of(self.retry_ms, last_pause_ms, now_ms)
    }

    /// What there is to say of it to those who look at the connector.
    pub(super) fn sentence(&self, is_active: bool) -> String {
        let since = rfc3339(self.since_ms);
        let reason = self.reason.trim_end_matches('.');
        match is_active {
            true => format!(
                "{reason}. Since {since}; it is tried again at {}.",
                rfc3339(self.retry_ms)
            ),
            false => format!("{reason}. Since {since}; activate the connector to try again."),
        }
    }
}

impl Lane {
    fn new(stage: u32, name: String) -> Self {
        Self {
            stage,
            name,
            records: 0,
            bytes: 0,
            since_ms: 0,
            under_way: None,
            failure: None,
        }
    }

    pub(super) fn key<'l>(&'l self, connector_id: &'l str) -> LaneKey<'l> {
        LaneKey {
            connector_id,
            stage: self.stage,
            lane: &self.name,
        }
    }

    fn has_room(&self, limits: BatchLimits) -> bool {
        self.bytes < limits.bytes && self.records < limits.records
    }

    /// When the next batch is due, in milliseconds; `None` where there is nothing.
    fn due_ms(&self, stage: &Stage<'_>, now_ms: i64) -> Option<i64> {
        if self.records == 0 {
            return None;
        }
        let limits = stage.limits();
        let gathered_ms = match (&self.under_way, self.has_room(limits)) {
            (Some(batch), _) => {
                let lease_ms = stage.destination.lease_ms().unwrap_or_default();
                end_of(batch.leased_until_ms, lease_ms, now_ms)
            }
            (None, false) => i64::MIN,
            (None, true) => {
                let end_ms = self.since_ms.saturating_add(limits.time_ms);
                end_of(end_ms, limits.time_ms, now_ms)
            }
        };
        let retry_ms = self.failure.as_ref().map(|failure| failure.due_ms(now_ms));
        Some(gathered_ms.max(retry_ms.unwrap_or(i64::MIN)))
    }

    /// The batch that leaves next, with its records.
    pub(super) fn batch(
        &mut self,
        session: &Session<'_>,
        connector_id: &str,
        limits: BatchLimits,
    ) -> Result<(Batch, Vec<WaitingRecord>), ApiError> {
        if let Some(batch) = &self.under_way {
            let last_number = batch.last_number;
            let key = self.key(connector_id);
            let records = session.records_while(key, 0, |record| record.number <= last_number)?;
            return Ok((batch.clone(), records));
        }
        let (mut count, mut bytes) = (0, 0);
        let records = session.records_while(self.key(connector_id), 0, |record| {
            let fits = count == 0 || bytes + size_of(&record.text) <= limits.bytes;
            count += 1;
            bytes += size_of(&record.text);
            fits && count <= limits.records
        })?;
        let (Some(first), Some(last)) = (records.first(), records.last()) else {
            return Err(ApiError::internal("records of a connector are lost"));
        };
        let times = || records.iter().map(|record| record.time_ms);
        let batch = Batch {
            id: Uuid::new_v4().to_string(),
            last_number: last.number,
            records: i64::try_from(records.len()).unwrap_or(i64::MAX),
            bytes: records.iter().map(|record| size_of(&record.text)).sum(),
            start_ms: times().min().unwrap_or(first.time_ms),
            end_ms: times().max().unwrap_or(last.time_ms),
            attempts: 0,
            object_no: 0,
            leased_until_ms: 0,
            holder: None,
        };
        self.under_way = Some(batch.clone());
        Ok((batch, records))
    }

    /// Lets go of a batch that has arrived, and of the messages of queues that it was.
    pub(super) fn let_go(
        &mut self,
        session: &Session<'_>,
        connector_id: &str,
        batch: &Batch,
        now_ms: i64,
    ) -> Result<(), ApiError> {
        let key = self.key(connector_id);
        queue::consume(session, &session.record_receipts(key, batch.last_number)?)?;
        session.remove_records(key, batch.last_number)?;
        self.records -= batch.records;
        self.bytes -= batch.bytes;
        self.since_ms = now_ms;
        self.under_way = None;
        self.failure = None;
        Ok(())
    }

    /// Keeps a batch for another attempt.
    pub(super) fn fail(&mut self, reason: String, now_ms: i64) {
        if let Some(batch) = &mut self.under_way {
            batch.leased_until_ms = 0;
        }
        self.failure = Some(Failure::after(self.failure.as_ref(), reason, now_ms));
    }
}

fn size_of(text: &str) -> i64 {
    i64::try_from(text.len()).unwrap_or(i64::MAX)
}

impl Movement {
    /// Whether somebody who is gone has left a batch, as `holder` sees it that has the folder now.
    pub(super) fn has_left_batches(&self, holder: Option<&str>) -> bool {
        let mut batches = self.lanes.iter().filter_map(|lane| lane.under_way.as_ref());
        batches.any(|batch| batch.is_left(holder))
    }

    /// Ends the leases of those who are gone.
    pub(super) fn take_back_batches(&mut self, holder: Option<&str>) {
        let batches = self.lanes.iter_mut();
        let batches = batches.filter_map(|lane| lane.under_way.as_mut());
        for batch in batches.filter(|batch| batch.is_left(holder)) {
            batch.leased_until_ms = 0;
            batch.holder = None;
        }
    }

    /// That of a connector which begins now.
    pub(super) fn from_now(now_ms: i64, rest_address: &str) -> Self {
        Self {
            rest_address: rest_address.to_owned(),
            position: Position {
                begin_ms: now_ms,
                ..Position::default()
            },
            lanes: Vec::new(),
            source_failure: None,
            object_names: BTreeMap::new(),
            obstacle: None,
            left_out: None,
        }
    }

    /// Begins with another source.
    pub(super) fn begin_anew(&mut self, now_ms: i64) {
        self.position = Position {
            begin_ms: now_ms,
            ..Position::default()
        };
        self.source_failure = None;
        self.obstacle = None;
    }

    /// What keeps records from moving, if anything does.
    pub(super) fn failure(&self) -> Option<&Failure> {
        let of_lanes = self.lanes.iter().filter_map(|lane| lane.failure.as_ref());
        of_lanes.chain(&self.source_failure).next()
    }

    /// Whether there is anything that somebody should look at.
    pub(super) fn is_hindered(&self) -> bool {
        self.failure().is_some() || self.obstacle.is_some()
    }

    /// What there is to say to those who look at the connector; `None` when all goes well.
    pub(super) fn told(&self, is_active: bool) -> Option<String> {
        let failure = self.failure().map(|failure| failure.sentence(is_active));
        let obstacle = self.obstacle.as_ref().map(|obstacle| {
            let (reason, since) = (&obstacle.reason, rfc3339(obstacle.since_ms));
            format!("Some of the source cannot be read: {reason}. Since {since}; the rest goes on.")
        });
        let left_out = self.left_out.as_ref().map(|left_out| {
            let (reason, last) = (left_out.reason.trim_end_matches('.'), rfc3339(left_out.last_ms));
            let records = left_out.records;
            format!("Records left out because the target never takes them: {records}, the last at {last}: {reason}.")
        });
        let sentences: Vec<String> = [failure, obstacle, left_out]
            .into_iter()
            .flatten()
            .collect();
        Some(sentences.join(" ")).filter(|told| !told.is_empty())
    }

    /// Notes what keeps some of the source from being read, or that nothing does.
    pub(super) fn note_obstacle(&mut self, reason: Option<String>, now_ms: i64) {
        let since_ms = self.obstacle.as_ref().map_or(now_ms, |one| one.since_ms);
        self.obstacle = reason.map(|reason| Obstacle { reason, since_ms });
    }

    /// Notes records that were left out.
    pub(super) fn note_left_out(&mut self, records: i64, reason: String, now_ms: i64) {
        let before = self.left_out.as_ref().map_or(0, |before| before.records);
        self.left_out = Some(LeftOut {
            records: before.saturating_add(records),
            last_ms: now_ms,
            reason,
        });
    }

    /// Tries at once what has failed, and says no more of what was.
    pub(super) fn forget_failures(&mut self) {
        self.source_failure = None;
        self.obstacle = None;
        self.left_out = None;
        for lane in &mut self.lanes {
            lane.failure = None;
        }
    }

    pub(super) fn fail_source(&mut self, reason: String, now_ms: i64) {
        self.obstacle = None;
        self.source_failure = Some(Failure::after(self.source_failure.as_ref(), reason, now_ms));
    }

    /// Lets what has entered already take the way of other tasks: what waits for the target goes on waiting for
    /// it, and what no function has seen begins with the first task. Batches are made anew.
    pub(super) fn change_stages(
        &mut self,
        session: &Session<'_>,
        connector_id: &str,
        (from, to): (u32, u32),
    ) -> Result<(), ApiError> {
        let lanes = std::mem::take(&mut self.lanes);
        // Only what is behind a function has lost the way to the stages before it.
        for stage in (1..=from).filter(|stage| *stage != to) {
            session.move_stage(connector_id, stage, to)?;
        }
        for lane in lanes {
            let stage = if lane.stage == 0 { 0 } else { to };
            let into = self.lane_mut(stage, lane.name);
            if into.records == 0 || lane.since_ms < into.since_ms {
                into.since_ms = lane.since_ms;
            }
            into.records += lane.records;
            into.bytes += lane.bytes;
        }
        Ok(())
    }

    pub(super) fn lane(&self, stage: u32, name: &str) -> Option<&Lane> {
        let mut lanes = self.lanes.iter();
        lanes.find(|lane| lane.stage == stage && lane.name == name)
    }

    pub(super) fn lane_mut(&mut self, stage: u32, name: String) -> &mut Lane {
        let found = self
            .lanes
            .iter()
            .position(|lane| lane.stage == stage && lane.name == name);
        let index = found.unwrap_or_else(|| {
            self.lanes.push(Lane::new(stage, name));
            self.lanes.len() - 1
        });
        &mut self.lanes[index]
    }

    /// Whether a stage takes more records, of a partition if they are from one.
    pub(super) fn has_room(&self, stage: (u32, &Stage<'_>), partition: Option<u32>) -> bool {
        let lane = self.lane(stage.0, &lane_name(stage.1, partition));
        lane.is_none_or(|lane| lane.has_room(stage.1.limits()))
    }

    /// Keeps the records that enter a stage.
    pub(super) fn enter(
        &mut self,
        session: &Session<'_>,
        connector: &Connector,
        stage_no: u32,
        records: Vec<NewRecord>,
        now_ms: i64,
    ) -> Result<(), ApiError> {
        let stage = stage_of(connector, stage_no)?;
        let filters = stage.conditions.iter().map(|text| {
            LogFilter::parse(text).map_err(|error| ApiError::internal(error.to_string()))
        });
        let filters: Vec<LogFilter> = filters.collect::<Result<_, _>>()?;
        for record in records {
            if !filters.iter().all(|filter| filter.keeps(&record.text)) {
                continue;
            }
            let lane = self.lane_mut(stage_no, lane_name(&stage, record.partition));
            if lane.records == 0 {
                lane.since_ms = now_ms;
            }
            lane.records += 1;
            lane.bytes += size_of(&record.text);
            let trace = match (&record.trace, stage_no) {
                (Some(trace), 0) => traces::taken(session, now_ms, (connector, trace))?,
                (trace, _) => trace.clone(),
            };
            let trace = trace.as_ref().map(traces::written).transpose()?;
            let key = lane.key(&connector.id);
            session.add_record(
                key,
                &NewWaitingRecord {
                    time_ms: record.time_ms,
                    text: &record.text,
                    trace: trace.as_deref(),
                    receipt: record.receipt.as_deref(),
                },
            )?;
        }
        Ok(())
    }

    /// When the next batch of each lane is due, in milliseconds. What a function answers needs room behind it.
    pub(super) fn due<'m>(
        &'m self,
        stages: &'m [Stage<'m>],
        now_ms: i64,
    ) -> impl Iterator<Item = (&'m Lane, Destination<'m>, i64)> {
        self.lanes.iter().filter_map(move |lane| {
            let number = usize::try_from(lane.stage).ok()?;
            let stage = stages.get(number)?;
            let due_ms = lane.due_ms(stage, now_ms)?;
            let next_has_room = stages
                .get(number + 1)
                .is_none_or(|next| self.has_room((lane.stage + 1, next), None));
            next_has_room.then_some((lane, stage.destination, due_ms))
        })
    }
}

/// A stage of a connector, by its number.
pub(super) fn stage_of(connector: &Connector, number: u32) -> Result<Stage<'_>, ApiError> {
    let own = &connector.details;
    let mut stages = stages(&own.tasks, &own.target).into_iter();
    let index = usize::try_from(number).unwrap_or(usize::MAX);
    let stage = stages.nth(index);
    stage.ok_or_else(|| ApiError::internal("a connector has records for a stage that is not there"))
}

fn lane_name(stage: &Stage<'_>, partition: Option<u32>) -> String {
    match partition {
        Some(partition) if stage.parts_partitions() => partition.to_string(),
        _ => String::new(),
    }
}
