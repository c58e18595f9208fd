//! Targets that the engine reaches itself: streams, topics and metrics.

use std::time::Instant;

use serde_json::Value;

use super::super::carry_out::put_hop;
use super::super::effects::{Publication, Sender};
use super::super::metrics::{AT_TARGET, Amount};
use super::super::streaming::Placed;
use super::super::trace::{Hop, HopKind, HopResult};
use super::super::{Context, Engine, EngineError, ons, streaming};
use super::connectors::Connector;
use super::details::{Source, Target};
use super::measures::Measures;
use super::movement::{Batch, stage_of};
use super::moving::{Moment, settle};
use super::stages::{Destination, stages};
use super::stream_records::Message;
use super::{metric_target, traces};
use crate::call::ApiError;
use crate::log::{NewHeader, NewRecord};
use crate::store::{Session, WaitingRecord};

/// The place of a batch on its way: its stage and lane.
type LanePlace = (u32, String);

/// A batch that leaves now.
struct Leaving {
    moment: Moment,
    batch: Batch,
    records: Vec<WaitingRecord>,
}

impl Engine {
    /// Hands a batch of each lane over that is due for a stream, a topic or a metric.
    pub(super) fn hand_over(&self, context: &Context<'_>, id: &str) -> Result<bool, EngineError> {
        let mut has_moved = false;
        for (stage, lane) in self.lanes_due_here(context, id)? {
            let begun = Instant::now();
            let place = (stage, lane.as_str());
            let leaving = context
                .store
                .write(|session| leave(session, context, id, place));
            let leaving = match leaving {
                Ok(Some(leaving)) => leaving,
                Ok(None) => break,
                Err(error) => {
                    self.fail_lane(context, id, place, &error)?;
                    continue;
                }
            };
            let measures = Measures::of(context, &leaving.moment.connector);
            match self.hand_over_batch(context, &leaving, place) {
                Ok(left_out) => {
                    has_moved = true;
                    let mut amount = Amount {
                        records: leaving.batch.records,
                        bytes: leaving.batch.bytes,
                    };
                    for LeftOutRecord { bytes, error } in left_out {
                        amount.records -= 1;
                        amount.bytes -= bytes;
                        measures.refused(&AT_TARGET, &error);
                    }
                    measures.written(&AT_TARGET, amount, begun.elapsed());
                }
                Err(error) => {
                    measures.refused(&AT_TARGET, &error);
                    self.fail_lane(context, id, place, &error)?;
                }
            }
        }
        Ok(has_moved)
    }

    /// Notes why a lane's batch has not left. One that an update has given another way has not failed.
    fn fail_lane(
        &self,
        context: &Context<'_>,
        id: &str,
        (stage, name): (u32, &str),
        error: &ApiError,
    ) -> Result<(), EngineError> {
        self.note_failure(context, id, |session, movement| {
            if movement.lane(stage, name).is_none() {
                return Ok(());
            }
            let lane = movement.lane_mut(stage, name.to_owned());
            let reason = format!("The target refuses: {}", error.message);
            lane.fail(reason, context.now_ms);
            traces::note_failure(session, context, id, lane)
        })
    }

    fn lanes_due_here(
        &self,
        context: &Context<'_>,
        id: &str,
    ) -> Result<Vec<LanePlace>, EngineError> {
        let moment = context.store.read(|session| Moment::load(session, id))?;
        let Some(moment) = moment else {
            return Ok(Vec::new());
        };
        let own = &moment.connector.details;
        let stages = stages(&own.tasks, &own.target);
        let due = moment.movement.due(&stages, context.now_ms);
        let here = due.filter(|(_, destination, due_ms)| {
            *due_ms <= context.now_ms && is_reached_from_here(*destination)
        });
        Ok(here
            .map(|(lane, _, _)| (lane.stage, lane.name.clone()))
            .collect())
    }

    /// Hands a batch over, but for records that the target never takes; returns these. That they are left out is
    /// unconfirmed; any other way, one of them would hold up all that come after it.
    fn hand_over_batch(
        &self,
        context: &Context<'_>,
        leaving: &Leaving,
        (stage, lane): (u32, &str),
    ) -> Result<Vec<LeftOutRecord>, ApiError> {
        let connector = &leaving.moment.connector;
        let records = &leaving.records;
        let Target::Streaming { stream_id } = &connector.details.target else {
            context.store.write(|session| {
                match &connector.details.target {
                    Target::Monitoring { .. } => {
                        metric_target::write(session, context, connector, records)?;
                    }
                    _ => publish(session, context, connector, records)?,
                }
                let place = (stage, lane);
                settle(session, context, &connector.id, place, &leaving.batch)
            })?;
            return Ok(Vec::new());
        };
        let (mut fitting, mut messages, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
        for record in records {
            let message = message_of(connector, stage, record);
            let (key_bytes, value_bytes) = message.sizes();
            match streaming::check_message(key_bytes, value_bytes) {
                Ok(()) => {
                    fitting.push(record);
                    messages.push(message);
                }
                Err(error) => left_out.push((record, error)),
            }
        }
        let placed = match messages.is_empty() {
            true => Vec::new(),
            false => self.put_copies(context, stream_id, &messages)?,
        };
        context.store.write(|session| {
            trace_puts(session, context, stream_id, fitting.into_iter().zip(placed))?;
            let place = (stage, lane);
            if settle(session, context, &connector.id, place, &leaving.batch)? {
                note_left_out(session, context, &connector.id, &left_out)?;
            }
            Ok::<(), ApiError>(())
        })?;
        let left_out = left_out.into_iter().map(|(record, error)| LeftOutRecord {
            bytes: i64::try_from(record.text.len()).unwrap_or(i64::MAX),
            error,
        });
        Ok(left_out.collect())
    }

    fn put_copies(
        &self,
        context: &Context<'_>,
        stream_id: &str,
        messages: &[Message],
    ) -> Result<Vec<Placed>, ApiError> {
        let headers: Vec<Vec<NewHeader<'_>>> = messages.iter().map(Message::headers).collect();
        let records = messages.iter().zip(&headers);
        let records: Vec<NewRecord<'_>> = records.map(|(one, headers)| one.with(headers)).collect();
        self.streaming.put_records(context, stream_id, &records)
    }
}

/// A record that the target never takes.
struct LeftOutRecord {
    bytes: i64,
    error: ApiError,
}

/// Notes records that were left out, for those who look at the connector and at their traces.
fn note_left_out(
    session: &Session<'_>,
    context: &Context<'_>,
    id: &str,
    left_out: &[(&WaitingRecord, ApiError)],
) -> Result<(), ApiError> {
    let Some((_, last)) = left_out.last() else {
        return Ok(());
    };
    for (record, error) in left_out {
        if let Some(trace) = &record.trace {
            let kind = HopKind::Attempt {
                attempt: 1,
                time_next_attempt: None,
            };
            let hop = Hop::short(kind, HopResult::Dropped, error.message.as_str());
            traces::note(session, context, &[traces::read(trace)?], &hop)?;
        }
    }
    let Some(mut moment) = Moment::load_any(session, id)? else {
        return Ok(());
    };
    let count = i64::try_from(left_out.len()).unwrap_or(i64::MAX);
    let movement = &mut moment.movement;
    movement.note_left_out(count, last.message.clone(), context.now_ms);
    moment.store(session, context.now_ms)
}

/// Takes the next batch of a lane; nothing where the connector moves no more.
fn leave(
    session: &Session<'_>,
    context: &Context<'_>,
    id: &str,
    (stage, lane): (u32, &str),
) -> Result<Option<Leaving>, ApiError> {
    let Some(mut moment) = Moment::load(session, id)? else {
        return Ok(None);
    };
    let limits = stage_of(&moment.connector, stage)?.limits();
    let lane = moment.movement.lane_mut(stage, lane.to_owned());
    let (batch, records) = lane.batch(session, id, limits)?;
    moment.clone().store(session, context.now_ms)?;
    Ok(Some(Leaving {
        moment,
        batch,
        records,
    }))
}

fn is_reached_from_here(destination: Destination<'_>) -> bool {
    matches!(
        destination,
        Destination::Target(
            Target::Streaming { .. } | Target::Notifications { .. } | Target::Monitoring { .. }
        )
    )
}

/// Notes in the traces of records where they are in the target.
fn trace_puts<'r>(
    session: &Session<'_>,
    context: &Context<'_>,
    stream_id: &str,
    puts: impl Iterator<Item = (&'r WaitingRecord, Placed)>,
) -> Result<(), ApiError> {
    for (record, placed) in puts {
        if let Some(trace) = &record.trace {
            let hop = put_hop(session, stream_id, placed)?;
            traces::read(trace)?.then(session, context.now_ms, &hop)?;
        }
    }
    Ok(())
}

/// Publishes each record. Source: behaviour.md 6.4; one message a record is unconfirmed.
fn publish(
    session: &Session<'_>,
    context: &Context<'_>,
    connector: &Connector,
    records: &[WaitingRecord],
) -> Result<(), ApiError> {
    let Target::Notifications {
        topic_id,
        enable_formatted_messaging,
    } = &connector.details.target
    else {
        return Ok(());
    };
    for record in records {
        let is_formatted = *enable_formatted_messaging == Some(true);
        let publication = Publication {
            topic_id: topic_id.clone(),
            sender: Sender::Connector,
            title: None,
            body: record.text.clone(),
            email_body: is_formatted.then(|| formatted(connector, &record.text)),
        };
        let trace = record.trace.as_deref().map(traces::read).transpose()?;
        ons::publish(session, context, &publication, trace.as_ref())?;
    }
    Ok(())
}

/// A record as people read it, for emails. The form is unconfirmed.
fn formatted(connector: &Connector, text: &str) -> String {
    let record: Value = serde_json::from_str(text).unwrap_or_default();
    let pretty = serde_json::to_string_pretty(&record).unwrap_or_else(|_| text.to_owned());
    format!("Service connector: {}\n\n{pretty}\n", connector.name)
}

/// A record as a message for a stream: that of a stream keeps its key, value and headers, and others are JSON
/// without a key. Unconfirmed: behaviour.md 6.4.
fn message_of(connector: &Connector, stage: u32, record: &WaitingRecord) -> Message {
    let may_be_a_message = matches!(connector.details.source, Source::Streaming { .. });
    let message = (may_be_a_message && stage == 0).then(|| Message::read(&record.text));
    message
        .flatten()
        .unwrap_or_else(|| Message::holding(&record.text))
}
