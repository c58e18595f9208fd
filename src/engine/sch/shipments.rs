//! Shipments: batches that leave the engine, for functions and for object storage.
//!
//! The engine sends nothing itself. It hands out what is due ([`Engine::due_shipments`]) and is told what came of
//! it ([`Engine::finish_shipment`]). What was handed out is under a lease, so it is due again when whoever had it
//! is gone; a batch stays the same until it has arrived.

use std::io::Write;
use std::time::Instant;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use super::super::delivery::functions::{Function, Run};
use super::super::metrics::{AT_TARGET, AT_TASK, Amount};
use super::super::trace::{Hop, HopKind, HopResult, TraceParent};
use super::super::{Context, Engine, EngineError};
use super::connectors::Connector;
use super::details::Target;
use super::measures::{Measures, amount_of};
use super::movement::{Batch, NewRecord, stage_of};
use super::moving::{Moment, settle};
use super::stages::{Destination, stages};
use super::traces;
use crate::call::{ApiError, Origin};
use crate::clock::Clock;
use crate::store::{Session, WaitingRecord};

/// How long an attempt to store an object may take, in seconds: less than its lease.
pub const MOST_OBJECT_SECONDS: u64 = 240;

/// The namespace of buckets where a connector names none.
const DEFAULT_NAMESPACE: &str = "local";

/// A batch for its holder to send.
#[derive(Debug)]
pub struct Shipment {
    /// Which one it is, for [`Engine::finish_shipment`].
    pub id: ShipmentId,
    /// What to send, and where.
    pub cargo: Cargo,
}

/// Which batch of which connector a shipment is.
#[derive(Clone, Debug, PartialEq)]
pub struct ShipmentId {
    tenancy_id: String,
    connector_id: String,
    stage: u32,
    lane: String,
    batch: Batch,
    /// Whether a task has it, and not the target.
    is_for_task: bool,
    /// When its holder got it.
    begun: Instant,
}

impl ShipmentId {
    /// The connector's OCID.
    pub fn connector_id(&self) -> &str {
        &self.connector_id
    }
}

/// What a shipment is.
#[derive(Debug)]
pub enum Cargo {
    /// A call of a function.
    Call {
        /// The OCID that the connector names.
        function_id: String,
        /// The function; `None` when it is not there.
        function: Option<Function>,
        /// A JSON array of records.
        body: String,
    },
    /// An object to store.
    Object {
        /// Namespace, bucket and name, as a path.
        path: String,
        /// The content, compressed with gzip.
        content: Vec<u8>,
        /// Whether what is there may be replaced: an earlier attempt may have put it there.
        may_replace: bool,
    },
}

/// What came of a shipment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// The object is stored.
    Stored,
    /// There is another object of that name.
    NameTaken,
    /// The function has answered this.
    Answered(String),
    /// It has not arrived.
    Failed(Fault),
}

/// Why a shipment has not arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// In a sentence, without the period.
    pub reason: String,
    /// The HTTP status that the place answered, if it did.
    pub status: Option<u16>,
}

impl From<String> for Fault {
    fn from(reason: String) -> Self {
        Self {
            reason,
            status: None,
        }
    }
}

/// What there is to measure of a shipment that has ended.
struct Ended {
    connector: Connector,
    result: Result<(), Fault>,
    /// What a function has answered for the next stage.
    answered: Option<Amount>,
}

/// The place of a lane that is due.
struct DueLane {
    tenancy_id: String,
    connector_id: String,
    stage: u32,
    lane: String,
}

impl Engine {
    /// Shipments that are due, at most `limit`. They are the caller's until it finishes them, or their lease ends.
    pub fn due_shipments(&self, limit: usize) -> Result<Vec<Shipment>, EngineError> {
        if !self.connectors.has_active() {
            return Ok(Vec::new());
        }
        let now_ms = self.clock.now_ms();
        let mut due = self.lanes_due_elsewhere(now_ms)?;
        due.truncate(limit);
        let mut shipments = Vec::with_capacity(due.len());
        for lane in &due {
            let store = self.store.tenancy(&lane.tenancy_id);
            let holder = self.holder.as_ref();
            shipments.extend(store.write(|session| ship(session, lane, (now_ms, holder)))?);
        }
        Ok(shipments)
    }

    fn lanes_due_elsewhere(&self, now_ms: i64) -> Result<Vec<DueLane>, EngineError> {
        let mut lanes = Vec::new();
        for (tenancy_id, id) in self.store.read(|session| session.active_connectors())? {
            let store = self.store.tenancy(&tenancy_id);
            let Some(moment) = store.read(|session| Moment::load(session, &id))? else {
                continue;
            };
            let own = &moment.connector.details;
            let stages = stages(&own.tasks, &own.target);
            let due = moment.movement.due(&stages, now_ms);
            let due = due.filter(|(_, destination, due_ms)| {
                *due_ms <= now_ms && destination.lease_ms().is_some()
            });
            lanes.extend(due.map(|(lane, _, _)| DueLane {
                tenancy_id: tenancy_id.clone(),
                connector_id: id.clone(),
                stage: lane.stage,
                lane: lane.name.clone(),
            }));
        }
        Ok(lanes)
    }

    /// Takes note of what came of a shipment, and of the run of a function, with the function's OCID, if one was run
    /// for it. Returns when it is tried again, in milliseconds, if it has failed.
    pub fn finish_shipment(
        &self,
        id: &ShipmentId,
        arrival: Arrival,
        run: Option<(&str, &Run)>,
    ) -> Result<Option<i64>, EngineError> {
        let origin = Origin {
            tenancy_id: id.tenancy_id.clone(),
            ..Origin::default()
        };
        let context = Context {
            store: self.store.tenancy(&id.tenancy_id),
            now_ms: self.clock.now_ms(),
            origin: &origin,
            recorder: &self.recorder,
        };
        let finishing = Finishing {
            context: &context,
            id,
            run,
        };
        let (retry_ms, ended) = context.store.write(|session| {
            if let Some((function_id, run)) = run {
                session.put_function_run(function_id, run)?;
            }
            finishing.finish(session, arrival)
        })?;
        if let Some(ended) = ended {
            measure(&context, id, &ended);
        }
        self.connectors.note_change();
        Ok(retry_ms)
    }
}

/// Takes the next batch of a lane under a lease of the holder.
fn ship(
    session: &Session<'_>,
    due: &DueLane,
    (now_ms, holder): (i64, Option<&String>),
) -> Result<Option<Shipment>, ApiError> {
    let Some(mut moment) = Moment::load(session, &due.connector_id)? else {
        return Ok(None);
    };
    let stage = stage_of(&moment.connector, due.stage)?;
    let (limits, lease_ms) = (stage.limits(), stage.destination.lease_ms());
    let is_object = matches!(
        stage.destination,
        Destination::Target(Target::ObjectStorage { .. })
    );
    let lane = moment.movement.lane_mut(due.stage, due.lane.clone());
    let (mut batch, records) = lane.batch(session, &due.connector_id, limits)?;
    // The name is the batch's own before it is first tried: an attempt may then replace what an earlier one left.
    if is_object && batch.attempts == 0 {
        let names = moment.movement.object_names.entry(due.lane.clone());
        batch.object_no = names.or_default().next_no(batch.start_ms, batch.end_ms);
    }
    batch.leased_until_ms = now_ms + lease_ms.unwrap_or_default();
    batch.holder = holder.cloned();
    batch.attempts = batch.attempts.saturating_add(1);
    let lane = moment.movement.lane_mut(due.stage, due.lane.clone());
    lane.under_way = Some(batch.clone());
    let stage = stage_of(&moment.connector, due.stage)?;
    let is_for_task = matches!(stage.destination, Destination::Task { .. });
    let cargo = match stage.destination {
        Destination::Task { function_id, .. } => call_of(session, function_id, &records)?,
        Destination::Target(Target::Functions { function_id, .. }) => {
            call_of(session, function_id, &records)?
        }
        Destination::Target(target) => Cargo::Object {
            path: object_path(&moment.connector, target, &due.lane, &batch),
            content: compressed(&records)?,
            may_replace: batch.attempts > 1,
        },
    };
    moment.store(session, now_ms)?;
    Ok(Some(Shipment {
        id: ShipmentId {
            tenancy_id: due.tenancy_id.clone(),
            connector_id: due.connector_id.clone(),
            stage: due.stage,
            lane: due.lane.clone(),
            batch,
            is_for_task,
            begun: Instant::now(),
        },
        cargo,
    }))
}

fn call_of(
    session: &Session<'_>,
    function_id: &str,
    records: &[WaitingRecord],
) -> Result<Cargo, ApiError> {
    Ok(Cargo::Call {
        function_id: function_id.to_owned(),
        function: session.function(function_id)?,
        body: array_of(records),
    })
}

/// Notes what came of a shipment.
struct Finishing<'f> {
    context: &'f Context<'f>,
    id: &'f ShipmentId,
    run: Option<(&'f str, &'f Run)>,
}

impl Finishing<'_> {
    /// Returns when it is tried again, if it is, and what there is to measure.
    fn finish(
        &self,
        session: &Session<'_>,
        arrival: Arrival,
    ) -> Result<(Option<i64>, Option<Ended>), ApiError> {
        let (id, now_ms) = (self.id, self.context.now_ms);
        let Some(mut moment) = Moment::load_any(session, &id.connector_id)? else {
            return Ok((None, None));
        };
        let lane = moment.movement.lane_mut(id.stage, id.lane.clone());
        let is_the_same = |own: &&mut Batch| own.id == id.batch.id;
        let Some(batch) = lane.under_way.as_mut().filter(is_the_same) else {
            return Ok((None, None));
        };
        let mut ended = Ended {
            connector: moment.connector.clone(),
            result: Ok(()),
            answered: None,
        };
        match arrival {
            Arrival::Stored => {
                self.trace_arrival(session, &moment, HopResult::Put)?;
            }
            Arrival::Answered(answer) if id.is_for_task => {
                ended.answered = Some(self.pass_on(session, &mut moment, &answer)?);
                moment.store(session, now_ms)?;
            }
            Arrival::Answered(_) => {
                self.trace_arrival(session, &moment, HopResult::Delivered)?;
            }
            Arrival::NameTaken => {
                // It gets another name when it leaves again.
                batch.attempts = 0;
                batch.leased_until_ms = 0;
                moment.store(session, now_ms)?;
                return Ok((Some(now_ms), None));
            }
            Arrival::Failed(fault) => {
                lane.fail(fault.reason.clone(), now_ms);
                traces::note_failure(session, self.context, &id.connector_id, lane)?;
                let retry_ms = lane.failure.as_ref().map(|failure| failure.retry_ms);
                moment.store(session, now_ms)?;
                ended.result = Err(fault);
                return Ok((retry_ms, Some(ended)));
            }
        }
        let place = (id.stage, id.lane.as_str());
        settle(session, self.context, &id.connector_id, place, &id.batch)?;
        Ok((None, Some(ended)))
    }

    /// Lets what a function has answered enter the next stage.
    fn pass_on(
        &self,
        session: &Session<'_>,
        moment: &mut Moment,
        answer: &str,
    ) -> Result<Amount, ApiError> {
        let (id, now_ms) = (self.id, self.context.now_ms);
        let mut records = records_of(answer, now_ms);
        let amount = amount_of(&records);
        let goes_on = id.batch.records == 1 && !records.is_empty();
        let result = match goes_on {
            true => HopResult::Taken,
            false => HopResult::Delivered,
        };
        let trace = self.trace_arrival(session, moment, result)?.pop();
        if goes_on {
            for record in &mut records {
                record.trace.clone_from(&trace);
            }
        }
        let Moment {
            connector,
            movement,
        } = moment;
        movement.enter(session, connector, id.stage + 1, records, now_ms)?;
        Ok(amount)
    }

    /// Notes in the traces of its records that the batch has arrived, and returns where they go on.
    fn trace_arrival(
        &self,
        session: &Session<'_>,
        moment: &Moment,
        result: HopResult,
    ) -> Result<Vec<TraceParent>, ApiError> {
        let id = self.id;
        let lane = moment.movement.lane(id.stage, &id.lane);
        let Some(lane) = lane else {
            return Ok(Vec::new());
        };
        let traces = traces::under_way(session, &id.connector_id, lane)?;
        let attempt = id.batch.attempts;
        let kind = match self.run {
            Some((function_id, run)) => HopKind::Function {
                attempt,
                function_id: function_id.to_owned(),
                call_id: run.call_id.clone(),
                status: run.status,
                duration_in_ms: run.duration_ms,
                time_next_attempt: None,
            },
            None => {
                let connector = &moment.connector;
                let target = &connector.details.target;
                HopKind::Object {
                    path: object_path(connector, target, &id.lane, &id.batch),
                }
            }
        };
        Ok(traces::note(
            session,
            self.context,
            &traces,
            &Hop::new(kind, result),
        )?)
    }
}

/// Measures a shipment that has ended.
fn measure(context: &Context<'_>, id: &ShipmentId, ended: &Ended) {
    let place = match id.is_for_task {
        true => &AT_TASK,
        false => &AT_TARGET,
    };
    let measures = Measures::of(context, &ended.connector);
    match &ended.result {
        Ok(()) => {
            let amount = Amount {
                records: id.batch.records,
                bytes: id.batch.bytes,
            };
            measures.written(place, amount, id.begun.elapsed());
        }
        Err(fault) => measures.failed(place, fault),
    }
    if let Some(amount) = ended.answered {
        measures.answered(amount);
    }
}

/// The body of a function's call. Source: behaviour.md 6.4.
fn array_of(records: &[WaitingRecord]) -> String {
    let texts: Vec<&str> = records.iter().map(|record| record.text.as_str()).collect();
    format!("[{}]", texts.join(","))
}

/// What a function's answer makes of a batch: the elements of an array are records, and so is anything else; an
/// empty answer leaves nothing. Unconfirmed: behaviour.md 6.4.
fn records_of(answer: &str, now_ms: i64) -> Vec<NewRecord> {
    let values = match serde_json::from_str(answer) {
        Ok(Value::Array(values)) => values,
        Ok(Value::Null) => Vec::new(),
        Ok(value) => vec![value],
        Err(_) if answer.trim().is_empty() => Vec::new(),
        Err(_) => vec![Value::from(answer)],
    };
    let records = values.into_iter().map(|value| NewRecord {
        text: value.to_string(),
        time_ms: now_ms,
        partition: None,
        trace: None,
        receipt: None,
    });
    records.collect()
}

/// The content of an object: a line a record. Source: behaviour.md 6.4.
fn compressed(records: &[WaitingRecord]) -> Result<Vec<u8>, ApiError> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let written = records.iter().try_for_each(|record| {
        encoder.write_all(record.text.as_bytes())?;
        encoder.write_all(b"\n")
    });
    let content = written.and_then(|()| encoder.finish());
    content.map_err(|error| ApiError::internal(format!("records cannot be compressed: {error}")))
}

/// Where an object goes: namespace, bucket, and `[PREFIX/]CONNECTOR/[PARTITION/]START_END.N.SUFFIX`. Source:
/// behaviour.md 6.4.
fn object_path(connector: &Connector, target: &Target, lane: &str, batch: &Batch) -> String {
    let Target::ObjectStorage {
        namespace,
        bucket_name,
        object_name_prefix,
        ..
    } = target
    else {
        return String::new();
    };
    let namespace = namespace.as_deref().unwrap_or(DEFAULT_NAMESPACE);
    let name = format!(
        "{}_{}.{}.{}",
        compact_time(batch.start_ms),
        compact_time(batch.end_ms),
        batch.object_no,
        connector.details.source.object_suffix()
    );
    let prefix = object_name_prefix.as_deref().unwrap_or_default();
    let prefix = prefix.split('/').filter(|part| !part.is_empty());
    let parts = [namespace, bucket_name].into_iter().chain(prefix);
    let parts = parts.chain([connector.id.as_str(), lane, &name]);
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    parts.join("/")
}

/// A time as `20260314T010203Z`.
fn compact_time(time_ms: i64) -> String {
    let text = crate::clock::rfc3339(time_ms);
    let seconds = text.split('.').next().unwrap_or_default();
    let compact: String = seconds
        .chars()
        .filter(|c| !matches!(c, '-' | ':'))
        .collect();
    format!("{compact}Z")
}
