//! Sources: what a connector takes, and how it becomes records.

use super::super::streaming::Feed;
use super::super::{Context, Engine, queue, trace};
use super::connectors::Connector;
use super::details::{Cursor, QueueConfig, Source, Target};
use super::followed_logs;
use super::metric_source;
use super::movement::{Movement, NewRecord, Position, stage_of};
use super::stages::Destination;
use super::stream_records;
use crate::call::ApiError;
use crate::clock::{clamp_ms, parse_rfc3339};
use crate::log::ReadLimits;
use crate::store::Session;

/// How much of a partition is taken at once.
const LIMITS: ReadLimits = ReadLimits {
    max_records: 1000,
    max_bytes: 512 * 1024,
};

/// What was read from a source, and where reading goes on.
pub(super) struct Taken {
    pub records: Vec<NewRecord>,
    pub position: Position,
    /// Why some of it could not be read.
    pub obstacle: Option<String>,
}

impl Engine {
    /// Reads what can be read again until the position moves.
    pub(super) fn read_source(
        &self,
        context: &Context<'_>,
        connector: &Connector,
        movement: &Movement,
    ) -> Result<Taken, ApiError> {
        match &connector.details.source {
            Source::Streaming { stream_id, cursor } => {
                let feed = self.streaming.feed(context, stream_id)?;
                read_stream(context, &feed, *cursor, (connector, movement))
            }
            Source::Logging { log_sources } => {
                let has_room = movement.has_room((0, &stage_of(connector, 0)?), None);
                match has_room {
                    true => self.connectors.with_files(&connector.id, |files| {
                        followed_logs::read(context, log_sources, movement, files)
                    }),
                    false => Ok(nothing(movement)),
                }
            }
            Source::Monitoring { monitoring_sources } => {
                let position = &movement.position;
                let has_room = movement.has_room((0, &stage_of(connector, 0)?), None);
                if !has_room || !metric_source::is_due(position, context.now_ms) {
                    return Ok(nothing(movement));
                }
                // What was measured up to now is to be found.
                self.store_metrics()
                    .map_err(|error| ApiError::internal(error.to_string()))?;
                metric_source::read(context, monitoring_sources, position)
            }
            // Taken by the transaction that keeps it.
            Source::Plugin { .. } => Ok(nothing(movement)),
        }
    }
}

fn nothing(movement: &Movement) -> Taken {
    Taken {
        records: Vec::new(),
        position: movement.position.clone(),
        obstacle: None,
    }
}

/// Takes what its source hands out once, in the transaction that keeps it.
pub(super) fn take(
    session: &Session<'_>,
    context: &Context<'_>,
    connector: &Connector,
    movement: &Movement,
) -> Result<Vec<NewRecord>, ApiError> {
    let Source::Plugin { config_map, .. } = &connector.details.source else {
        return Ok(Vec::new());
    };
    if !movement.has_room((0, &stage_of(connector, 0)?), None) {
        return Ok(Vec::new());
    }
    let QueueConfig {
        queue_id,
        channel_filter,
    } = config_map;
    let held = queue::hold(session, context, queue_id, channel_filter.as_deref())?;
    let records = held.into_iter().map(|held| NewRecord {
        time_ms: held
            .message
            .get("createdAt")
            .and_then(|time| parse_rfc3339(time.as_str()?))
            .unwrap_or(context.now_ms),
        text: held.message.to_string(),
        partition: None,
        trace: None,
        receipt: Some(held.receipt),
    });
    Ok(records.collect())
}

/// Without a cursor it begins with the newest. Unconfirmed.
fn read_stream(
    context: &Context<'_>,
    feed: &Feed<'_>,
    cursor: Option<Cursor>,
    (connector, movement): (&Connector, &Movement),
) -> Result<Taken, ApiError> {
    let mut position = movement.position.clone();
    if position.offsets.is_empty() {
        position.offsets = match cursor {
            Some(Cursor::TrimHorizon) => feed.oldest()?,
            // The stream came later than the connector, or could not be read then. Source: behaviour.md 6.3.
            _ => feed.at_time(position.begin_ms)?,
        };
    }
    let stage = stage_of(connector, 0)?;
    let keeps_headers = matches!(
        stage.destination,
        Destination::Target(Target::Streaming { .. })
    );
    let mut records = Vec::new();
    for (partition, next_offset) in &mut position.offsets {
        if !movement.has_room((0, &stage), Some(*partition)) {
            continue;
        }
        let read = feed.read(*partition, *next_offset, LIMITS)?;
        let (Some(first), Some(last)) = (read.first(), read.last()) else {
            continue;
        };
        *next_offset = last.offset + 1;
        let offsets = first.offset..=last.offset;
        let mut traces = context.store.read(|session| {
            trace::of_messages(session, (feed.stream_id(), *partition), &offsets)
        })?;
        for record in &read {
            let place = (feed.name(), *partition);
            let text = stream_records::text_of(place, record, keeps_headers)
                .map_err(|error| ApiError::internal(error.to_string()))?;
            records.push(NewRecord {
                text,
                time_ms: clamp_ms(record.timestamp_ms),
                partition: Some(*partition),
                trace: traces.remove(&record.offset),
                receipt: None,
            });
        }
    }
    Ok(Taken {
        records,
        position,
        obstacle: None,
    })
}
