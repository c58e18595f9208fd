//! Traces as users look at them.

use serde::{Deserialize, Serialize};

use super::super::{Engine, EngineError};
use super::{Hop, HopKind, HopResult};
use crate::clock::{Clock, rfc3339};
use crate::store::{FolderSession, MOST_TRACE_HOPS, StoreError, StoredTraceHop, TRACE_KEPT_DAYS};

/// Why there is no trace to show.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// No such trace.
    #[error(
        "there is no trace of {0}. A trace is found by the eventID of an event, the message id of what was \
         published to a topic, the opc-request-id that a server answered it with, the number of a message in \
         the inbox, or the call-id of a function's run. The newest {MOST_TRACE_HOPS} hops are kept, for \
         {TRACE_KEPT_DAYS} days: ocelot local trace lists the newest traces"
    )]
    Unknown(String),
}

/// What is told of a trace in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct TraceSummary {
    /// The id of the event or message.
    pub id: String,
    /// When it began; of what is kept of it.
    pub time: String,
    /// What it began with.
    pub source: String,
    /// What came of it so far.
    pub result: TraceResult,
}

/// A trace with its hops.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Trace {
    /// What lists tell.
    #[serde(flatten)]
    pub summary: TraceSummary,
    /// Whether its beginning is kept still.
    pub is_complete: bool,
    /// The hops, in order of time.
    pub hops: Vec<ShownHop>,
}

/// A hop as users see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ShownHop {
    /// Its place in the trace; the first is 1.
    pub hop: usize,
    /// The place of the hop that led to it, where it is kept.
    pub parent: Option<usize>,
    /// When it happened.
    pub time: String,
    /// What happened.
    #[serde(flatten)]
    pub details: Hop,
}

/// What came of an event or message so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TraceResult {
    /// Something of it was refused, dropped or given up.
    Failed,
    /// Something of it is still to be delivered.
    UnderWay,
    /// It has arrived wherever it was to go.
    Delivered,
    /// Nobody wants it.
    NoReceiver,
}

impl Engine {
    /// The trace of an event or message, by any id that leads to it.
    pub fn trace(&self, id: &str) -> Result<Trace, EngineError> {
        let now_ms = self.clock.now_ms();
        let found = self.store.read(|session| find(session, id, now_ms))?;
        Ok(found.ok_or_else(|| TraceError::Unknown(id.to_owned()))?)
    }

    /// The newest traces, at most `limit`, the newest first.
    pub fn traces(&self, limit: usize) -> Result<Vec<TraceSummary>, EngineError> {
        let now_ms = self.clock.now_ms();
        self.store.read(|session| {
            let ids = session.newest_traces(limit, now_ms)?;
            let traces = ids.into_iter().map(|id| {
                let hops: Vec<StoredTraceHop<Hop>> = session.trace_hops(&id, now_ms)?;
                Ok(summary(id, &hops))
            });
            let traces: Result<Vec<Option<TraceSummary>>, EngineError> = traces.collect();
            Ok(traces?.into_iter().flatten().collect())
        })
    }
}

/// The trace with this id, or the one that another id leads to.
fn find(session: &FolderSession<'_>, id: &str, now_ms: i64) -> Result<Option<Trace>, StoreError> {
    let hops = session.trace_hops(id, now_ms)?;
    if let Some(trace) = trace(id.to_owned(), &hops) {
        return Ok(Some(trace));
    }
    let Some(id) = session.trace_with_alias(id, now_ms)? else {
        return Ok(None);
    };
    let hops = session.trace_hops(&id, now_ms)?;
    Ok(trace(id, &hops))
}

fn trace(id: String, hops: &[StoredTraceHop<Hop>]) -> Option<Trace> {
    Some(Trace {
        summary: summary(id, hops)?,
        is_complete: hops.first().is_some_and(|first| first.parent_id.is_none()),
        hops: shown(hops),
    })
}

/// What lists tell of a trace; nothing of one without hops.
fn summary(id: String, hops: &[StoredTraceHop<Hop>]) -> Option<TraceSummary> {
    let first = hops.first()?;
    Some(TraceSummary {
        id,
        time: rfc3339(first.time_ms),
        source: source(first),
        result: result(hops),
    })
}

/// What a trace began with, in a few words.
fn source(first: &StoredTraceHop<Hop>) -> String {
    match &first.hop.kind {
        HopKind::Event {
            event_type,
            resource_name,
            ..
        } => [
            event_type.as_str(),
            resource_name.as_deref().unwrap_or_default(),
        ]
        .join(" ")
        .trim_end()
        .to_owned(),
        HopKind::Topic {
            topic_id,
            topic_name,
            ..
        } => format!("message to {}", topic_name.as_ref().unwrap_or(topic_id)),
        HopKind::Delivery { endpoint, .. } => format!("call of {endpoint}"),
        HopKind::Stream {
            stream_id,
            stream_name,
            ..
        } if first.parent_id.is_none() => {
            format!("message to {}", stream_name.as_ref().unwrap_or(stream_id))
        }
        // The beginning of these is not kept any more.
        HopKind::Rule { .. }
        | HopKind::Action { .. }
        | HopKind::Stream { .. }
        | HopKind::Attempt { .. }
        | HopKind::Function { .. }
        | HopKind::Connector { .. }
        | HopKind::Object { .. }
        | HopKind::Inbox { .. } => "not kept any more".to_owned(),
    }
}

/// The hops, with places in this trace for numbers.
fn shown(hops: &[StoredTraceHop<Hop>]) -> Vec<ShownHop> {
    // Hops come in the order of their numbers.
    let place = |id: i64| hops.binary_search_by_key(&id, |hop| hop.id).ok();
    let shown = hops.iter().enumerate().map(|(index, stored)| ShownHop {
        hop: index + 1,
        parent: stored.parent_id.and_then(place).map(|index| index + 1),
        time: rfc3339(stored.time_ms),
        details: stored.hop.clone(),
    });
    shown.collect()
}

/// What came of it: the worst that came of any of its ways.
fn result(hops: &[StoredTraceHop<Hop>]) -> TraceResult {
    let ends = hops.iter().filter_map(|hop| end(hops, hop));
    ends.max_by_key(|end| match end {
        TraceResult::NoReceiver => 0,
        TraceResult::Delivered => 1,
        TraceResult::UnderWay => 2,
        TraceResult::Failed => 3,
    })
    .unwrap_or(TraceResult::NoReceiver)
}

/// What came of the way that ends with this hop; nothing where it goes on.
fn end(hops: &[StoredTraceHop<Hop>], hop: &StoredTraceHop<Hop>) -> Option<TraceResult> {
    match hop.hop.result {
        HopResult::Put => Some(TraceResult::Delivered),
        HopResult::Refused => Some(TraceResult::Failed),
        HopResult::Queued => Some(delivery(hops, hop.id)),
        HopResult::Started => match last_after(hops, hop.id) {
            // Its effect is noted, and not carried out yet.
            None => Some(TraceResult::UnderWay),
            Some(_) => None,
        },
        HopResult::Taken => match last_after(hops, hop.id).map(|hop| hop.hop.result) {
            None | Some(HopResult::Failed) => Some(TraceResult::UnderWay),
            Some(HopResult::Delivered) => Some(TraceResult::Delivered),
            Some(HopResult::Dropped) => Some(TraceResult::Failed),
            Some(_) => None,
        },
        _ => None,
    }
}

/// What came of a delivery: the last attempt tells.
fn delivery(hops: &[StoredTraceHop<Hop>], id: i64) -> TraceResult {
    match last_after(hops, id).map(|hop| hop.hop.result) {
        Some(HopResult::Delivered) => TraceResult::Delivered,
        Some(HopResult::GivenUp | HopResult::Dropped) => TraceResult::Failed,
        _ => TraceResult::UnderWay,
    }
}

/// The last hop that the one with this number led to.
fn last_after(hops: &[StoredTraceHop<Hop>], id: i64) -> Option<&StoredTraceHop<Hop>> {
    let mut newest_first = hops.iter().rev();
    newest_first.find(|hop| hop.parent_id == Some(id))
}
