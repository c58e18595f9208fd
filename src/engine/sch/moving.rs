//! Moving: records from sources into stages, and whose turn it is.

use std::sync::PoisonError;
use std::time::Instant;

use super::super::metrics::AT_SOURCE;
use super::super::{Context, Engine, EngineError};
use super::connectors::{self, CONNECTOR, Connector};
use super::details::Source;
use super::giving_back::{self, Part};
use super::measures::{Measures, Reading};
use super::movement::{Batch, Movement, stage_of};
use super::stages::stages;
use super::{metric_source, sources};
use crate::call::{ApiError, Origin};
use crate::clock::Clock;
use crate::store::Session;

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
        let moment = Self::load_any(session, id)?;
        Ok(moment.filter(|moment| moment.connector.is_active()))
    }

    /// The same of one that may be off: what has left arrives nevertheless. `None` when it is gone.
    pub(super) fn load_any(session: &Session<'_>, id: &str) -> Result<Option<Self>, ApiError> {
        let connector: Option<Connector> = session.resource(CONNECTOR.ocid_type, id)?;
        let connector = connector.filter(|one| one.time_deleted_ms.is_none());
        connector
            .map(|connector| {
                Ok(Self {
                    movement: connectors::movement_of(session, id)?,
                    connector,
                })
            })
            .transpose()
    }

    /// Stores it, with what its state tells of failures. One that does not move any more keeps no messages of
    /// queues.
    pub(super) fn store(mut self, session: &Session<'_>, now_ms: i64) -> Result<(), ApiError> {
        self.connector.heed(&self.movement, now_ms);
        if !self.connector.is_active() {
            let (id, part) = (self.connector.id.as_str(), Part::NotUnderWay);
            giving_back::give_back(session, now_ms, id, &mut self.movement, part)?;
        }
        connectors::put(session, &self.connector, &self.movement)
    }
}

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
        if failure.is_some_and(|failure| failure.due_ms(now_ms) > now_ms) {
            return Ok(false);
        }
        let begun = Instant::now();
        let read = self.read_source(context, &before.connector, &before.movement);
        let kept = read.and_then(|taken| {
            context.store.write(|session| {
                let now = Moment::load(session, &before.connector.id)?;
                // Whoever changed it in the meantime lets it be tried again.
                let Some(mut moment) = now.filter(|now| now == before) else {
                    return Ok(None);
                };
                let Moment {
                    connector,
                    movement,
                } = &mut moment;
                let mut records = taken.records;
                records.extend(sources::take(session, context, connector, movement)?);
                let reading = Reading::of(&records);
                movement.enter(session, connector, 0, records, now_ms)?;
                movement.position = taken.position;
                movement.source_failure = None;
                movement.note_obstacle(taken.obstacle, now_ms);
                if moment != *before {
                    moment.store(session, now_ms)?;
                }
                Ok(reading)
            })
        });
        let measures = Measures::of(context, &before.connector);
        match kept {
            Ok(None) => Ok(false),
            Ok(Some(reading)) => {
                measures.read(&AT_SOURCE, reading, begun.elapsed());
                Ok(true)
            }
            Err(error) => {
                measures.refused(&AT_SOURCE, &error);
                let reason = format!("The source cannot be read: {}", error.message);
                self.note_failure(context, &before.connector.id, |_, movement| {
                    movement.fail_source(reason, now_ms);
                    Ok(())
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
        fail: impl FnOnce(&Session<'_>, &mut Movement) -> Result<(), ApiError>,
    ) -> Result<(), EngineError> {
        context.store.write(|session| {
            let Some(mut moment) = Moment::load(session, id)? else {
                return Ok(());
            };
            fail(session, &mut moment.movement)?;
            moment.store(session, context.now_ms)
        })?;
        Ok(())
    }

    /// Remembers when there is something to do next.
    fn note_next_due(&self) -> Result<(), EngineError> {
        let mut next_ms: Option<i64> = None;
        let mut follows_files = false;
        let now_ms = self.clock.now_ms();
        for (tenancy_id, id) in self.store.read(|session| session.active_connectors())? {
            let store = self.store.tenancy(&tenancy_id);
            let Some(moment) = store.read(|session| Moment::load(session, &id))? else {
                continue;
            };
            let own = &moment.connector.details;
            follows_files |= matches!(own.source, Source::Logging { .. });
            let stages = stages(&own.tasks, &own.target);
            let due = moment
                .movement
                .due(&stages, now_ms)
                .map(|(_, _, due_ms)| due_ms);
            let due = due.chain(source_due_ms(&moment, now_ms)?);
            next_ms = next_ms.into_iter().chain(due).min();
        }
        self.connectors.note_next(next_ms, follows_files);
        Ok(())
    }
}

/// When a source is to be read next that tells nobody that it has something.
fn source_due_ms(moment: &Moment, now_ms: i64) -> Result<Option<i64>, ApiError> {
    let movement = &moment.movement;
    if let Some(failure) = &movement.source_failure {
        return Ok(Some(failure.due_ms(now_ms)));
    }
    let Source::Monitoring { .. } = &moment.connector.details.source else {
        return Ok(None);
    };
    let has_room = movement.has_room((0, &stage_of(&moment.connector, 0)?), None);
    Ok(has_room.then(|| metric_source::due_ms(&movement.position)))
}

/// Notes that a batch has arrived, unless the connector was changed since and has it in another lane now; false then.
pub(super) fn settle(
    session: &Session<'_>,
    context: &Context<'_>,
    id: &str,
    (stage, lane): (u32, &str),
    batch: &Batch,
) -> Result<bool, ApiError> {
    let Some(mut moment) = Moment::load_any(session, id)? else {
        return Ok(false);
    };
    let lane = moment.movement.lane_mut(stage, lane.to_owned());
    let is_the_same = |own: &Batch| own.id == batch.id;
    if !lane.under_way.as_ref().is_some_and(is_the_same) {
        return Ok(false);
    }
    lane.let_go(session, id, batch, context.now_ms)?;
    moment.store(session, context.now_ms)?;
    Ok(true)
}
