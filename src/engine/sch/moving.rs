//! Moving: records from sources into stages, and from stages to the destinations that the engine itself has.

use std::sync::PoisonError;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::effects::{Publication, Sender};
use super::super::{Context, Engine, EngineError, ons};
use super::connectors::{self, CONNECTOR, Connector};
use super::details::{Source, Target};
use super::movement::{Batch, Movement, stage_of};
use super::sources;
use super::stages::{Destination, stages};
use super::{metric_source, metric_target};
use crate::call::{ApiError, Origin};
use crate::clock::Clock;
use crate::store::{Session, WaitingRecord};

/// How often each connector has its turn in one go, so that a circle of them holds up nobody for ever.
const MOST_TURNS: usize = 64;

/// A connector at a moment of its way.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Moment {
    pub connector: Connector,
    pub movement: Movement,
}

impl Moment {
    /// A connector that moves; `None` when it does not, or is gone.
    pub(super) fn load(session: &Session<'_>, id: &str) -> Result<Option<Self>, ApiError> {
        let connector: Option<Connector> = session.resource(CONNECTOR.ocid_type, id)?;
        let connector = connector.filter(|one| one.time_deleted_ms.is_none() && one.is_active());
        connector
            .map(|connector| {
                Ok(Self {
                    movement: connectors::movement_of(session, id)?,
                    connector,
                })
            })
            .transpose()
    }

    /// Stores it, with what its state tells of failures.
    pub(super) fn store(mut self, session: &Session<'_>, now_ms: i64) -> Result<(), ApiError> {
        self.connector.heed(self.movement.failure(), now_ms);
        connectors::put(session, &self.connector, &self.movement)
    }
}

/// The place of a batch on its way: its stage and lane.
type LanePlace = (u32, String);

impl Engine {
    /// Moves what connectors have to move, as far as the engine does it alone: from their sources, and to streams,
    /// topics and metrics. [`Engine::due_shipments`] tells what others are to do.
    pub fn move_connectors(&self) -> Result<(), EngineError> {
        if !self.connectors.has_active() {
            return Ok(());
        }
        let _turn = self
            .connectors
            .moving
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        self.connectors.begin();
        let mut turns = 0;
        loop {
            let active = self.store.read(|session| session.active_connectors())?;
            let mut has_moved = false;
            for (tenancy_id, id) in &active {
                has_moved |= self.step(tenancy_id, id)?;
            }
            turns += 1;
            if !has_moved {
                break;
            }
            if turns == MOST_TURNS {
                self.connectors.note_change();
                break;
            }
        }
        self.note_next_due()
    }

    /// One turn of a connector: whether it has moved anything.
    fn step(&self, tenancy_id: &str, id: &str) -> Result<bool, EngineError> {
        let store = self.store.tenancy(tenancy_id);
        let Some(moment) = store.read(|session| Moment::load(session, id))? else {
            return Ok(false);
        };
        let origin = Origin {
            tenancy_id: tenancy_id.to_owned(),
            rest_address: moment.movement.rest_address.clone(),
            ..Origin::default()
        };
        let context = Context {
            store,
            now_ms: self.clock.now_ms(),
            origin: &origin,
            recorder: &self.recorder,
        };
        let has_taken = self.take_from_source(&context, &moment)?;
        let has_handed_over = self.hand_over(&context, id)?;
        Ok(has_taken || has_handed_over)
    }

    /// Takes records from a source, and keeps them.
    fn take_from_source(
        &self,
        context: &Context<'_>,
        before: &Moment,
    ) -> Result<bool, EngineError> {
        let now_ms = context.now_ms;
        let failure = before.movement.source_failure.as_ref();
        if failure.is_some_and(|failure| failure.retry_ms > now_ms) {
            return Ok(false);
        }
        let read = self.read_source(context, &before.connector, &before.movement);
        let kept = read.and_then(|taken| {
            context.store.write(|session| {
                let now = Moment::load(session, &before.connector.id)?;
                // Whoever changed it in the meantime lets it be tried again.
                let Some(mut moment) = now.filter(|now| now == before) else {
                    return Ok(false);
                };
                let Moment {
                    connector,
                    movement,
                } = &mut moment;
                let mut records = taken.records;
                records.extend(sources::take_out(session, context, connector, movement)?);
                let has_taken = !records.is_empty();
                movement.enter(session, connector, 0, records, now_ms)?;
                movement.position = taken.position;
                movement.source_failure = None;
                if moment != *before {
                    moment.store(session, now_ms)?;
                }
                Ok(has_taken)
            })
        });
        match kept {
            Ok(has_taken) => Ok(has_taken),
            Err(error) => {
                let reason = format!("The source cannot be read: {}", error.message);
                self.note_failure(context, &before.connector.id, |movement| {
                    movement.fail_source(reason, now_ms);
                })?;
                Ok(false)
            }
        }
    }

    /// Stores what keeps records from moving, for those who look at the connector.
    pub(super) fn note_failure(
        &self,
        context: &Context<'_>,
        id: &str,
        fail: impl FnOnce(&mut Movement),
    ) -> Result<(), EngineError> {
        context.store.write(|session| {
            let Some(mut moment) = Moment::load(session, id)? else {
                return Ok(());
            };
            fail(&mut moment.movement);
            moment.store(session, context.now_ms)
        })?;
        Ok(())
    }

    /// Hands a batch of each lane over that is due for a stream, a topic or a metric.
    fn hand_over(&self, context: &Context<'_>, id: &str) -> Result<bool, EngineError> {
        let mut has_moved = false;
        for (stage, lane) in self.lanes_due_here(context, id)? {
            let result = self.hand_over_batch(context, id, (stage, &lane));
            match result {
                Ok(()) => has_moved = true,
                Err(error) => {
                    let reason = format!("The target refuses: {}", error.message);
                    self.note_failure(context, id, |movement| {
                        movement.lane_mut(stage, lane).fail(reason, context.now_ms);
                    })?;
                }
            }
        }
        Ok(has_moved)
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
        let due = moment.movement.due(&stages);
        let here = due.filter(|(_, destination, due_ms)| {
            *due_ms <= context.now_ms && is_reached_from_here(*destination)
        });
        Ok(here
            .map(|(lane, _, _)| (lane.stage, lane.name.clone()))
            .collect())
    }

    fn hand_over_batch(
        &self,
        context: &Context<'_>,
        id: &str,
        (stage, lane): (u32, &str),
    ) -> Result<(), ApiError> {
        let (moment, batch, records) = context.store.write(|session| {
            let mut moment = Moment::load(session, id)?.ok_or_else(|| CONNECTOR.unknown(id))?;
            let limits = stage_of(&moment.connector, stage)?.limits();
            let lane = moment.movement.lane_mut(stage, lane.to_owned());
            let (batch, records) = lane.batch(session, id, limits)?;
            moment.clone().store(session, context.now_ms)?;
            Ok::<_, ApiError>((moment, batch, records))
        })?;
        if let Target::Streaming { stream_id } = &moment.connector.details.target {
            let messages = records
                .iter()
                .map(|record| message_of(&moment, stage, record));
            self.put_into_stream(context, stream_id, messages.collect())?;
        }
        context.store.write(|session| {
            match &moment.connector.details.target {
                Target::Notifications { .. } => {
                    publish(session, context, &moment.connector, &records)?;
                }
                Target::Monitoring { .. } => {
                    metric_target::write(session, context, &moment.connector, &records)?;
                }
                _ => {}
            }
            settle(session, context, id, (stage, lane), &batch)
        })
    }

    /// Remembers when there is something to do next.
    fn note_next_due(&self) -> Result<(), EngineError> {
        let mut next_ms: Option<i64> = None;
        let mut follows_files = false;
        for (tenancy_id, id) in self.store.read(|session| session.active_connectors())? {
            let store = self.store.tenancy(&tenancy_id);
            let Some(moment) = store.read(|session| Moment::load(session, &id))? else {
                continue;
            };
            let own = &moment.connector.details;
            follows_files |= matches!(own.source, Source::Logging { .. });
            let stages = stages(&own.tasks, &own.target);
            let due = moment.movement.due(&stages).map(|(_, _, due_ms)| due_ms);
            let due = due.chain(source_due_ms(&moment)?);
            next_ms = next_ms.into_iter().chain(due).min();
        }
        self.connectors.note_next(next_ms, follows_files);
        Ok(())
    }
}

/// When a source is to be read next that tells nobody that it has something.
fn source_due_ms(moment: &Moment) -> Result<Option<i64>, ApiError> {
    let movement = &moment.movement;
    if let Some(failure) = &movement.source_failure {
        return Ok(Some(failure.retry_ms));
    }
    let Source::Monitoring { .. } = &moment.connector.details.source else {
        return Ok(None);
    };
    let has_room = movement.has_room((0, &stage_of(&moment.connector, 0)?), None);
    Ok(has_room.then(|| metric_source::due_ms(&movement.position)))
}

fn is_reached_from_here(destination: Destination<'_>) -> bool {
    matches!(
        destination,
        Destination::Target(
            Target::Streaming { .. } | Target::Notifications { .. } | Target::Monitoring { .. }
        )
    )
}

/// Notes that a batch has arrived, unless the connector was changed since and has it in another lane now.
pub(super) fn settle(
    session: &Session<'_>,
    context: &Context<'_>,
    id: &str,
    (stage, lane): (u32, &str),
    batch: &Batch,
) -> Result<(), ApiError> {
    let Some(mut moment) = Moment::load(session, id)? else {
        return Ok(());
    };
    let lane = moment.movement.lane_mut(stage, lane.to_owned());
    let is_the_same = |own: &Batch| own.last_number == batch.last_number;
    if !lane.under_way.as_ref().is_some_and(is_the_same) {
        return Ok(());
    }
    lane.let_go(session, id, batch, context.now_ms)?;
    moment.store(session, context.now_ms)
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
        ons::publish(session, context, &publication, None)?;
    }
    Ok(())
}

/// A record as people read it, for emails. The form is unconfirmed.
fn formatted(connector: &Connector, text: &str) -> String {
    let record: Value = serde_json::from_str(text).unwrap_or_default();
    let pretty = serde_json::to_string_pretty(&record).unwrap_or_else(|_| text.to_owned());
    format!("Service connector: {}\n\n{pretty}\n", connector.name)
}

/// What a record from a stream has; records of functions seldom do.
#[derive(Deserialize)]
struct StreamRecord {
    key: Option<String>,
    value: Option<String>,
    #[serde(rename = "stream")]
    _stream: String,
    #[serde(rename = "offset")]
    _offset: i64,
}

/// A record as a message for a stream: that of a stream keeps its key and value, and others are JSON without a
/// key. Unconfirmed: behaviour.md 6.4.
fn message_of(moment: &Moment, stage: u32, record: &WaitingRecord) -> Value {
    let may_be_a_message = matches!(moment.connector.details.source, Source::Streaming { .. });
    let message = match may_be_a_message && stage == 0 {
        true => serde_json::from_str::<StreamRecord>(&record.text).ok(),
        false => None,
    };
    match message {
        Some(message) => json!({ "key": message.key, "value": message.value.unwrap_or_default() }),
        None => json!({ "value": STANDARD.encode(&record.text) }),
    }
}
