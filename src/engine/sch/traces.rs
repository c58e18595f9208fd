//! What traces tell of the way through connectors.
//!
//! A record takes its trace with it: that of the message in a stream that it was. What a function makes of a batch
//! belongs to the trace of its record where it had one record; which of several led to what cannot be told.

use super::super::Context;
use super::super::trace::{Hop, HopKind, HopResult, TraceParent};
use super::connectors::Connector;
use super::movement::Lane;
use crate::call::ApiError;
use crate::clock::rfc3339;
use crate::store::{FolderSession, Session, StoreError};

/// How many hops of a trace there are at most when a connector adds to it: a circle of connectors is not to push
/// all other traces out.
const MOST_HOPS: i64 = 200;

/// Notes that a connector has taken a record, and returns where it goes on.
pub(super) fn taken(
    session: &FolderSession<'_>,
    now_ms: i64,
    (connector, trace): (&Connector, &TraceParent),
) -> Result<Option<TraceParent>, StoreError> {
    if session.count_trace_hops(&trace.trace_id)? >= MOST_HOPS {
        return Ok(None);
    }
    let kind = HopKind::Connector {
        connector_id: connector.id.clone(),
        connector_name: connector.name.clone(),
    };
    let taken = trace.then(session, now_ms, &Hop::new(kind, HopResult::Taken))?;
    Ok(Some(taken))
}

/// How a trace is kept with a record.
pub(super) fn written(trace: &TraceParent) -> Result<String, ApiError> {
    serde_json::to_string(trace).map_err(|error| ApiError::internal(error.to_string()))
}

/// Reads what was kept with a record.
pub(super) fn read(text: &str) -> Result<TraceParent, ApiError> {
    serde_json::from_str(text).map_err(|error| ApiError::internal(error.to_string()))
}

/// Where the traces go on of the records of a lane that are under way.
pub(super) fn under_way(
    session: &Session<'_>,
    connector_id: &str,
    lane: &Lane,
) -> Result<Vec<TraceParent>, ApiError> {
    let Some(batch) = &lane.under_way else {
        return Ok(Vec::new());
    };
    let texts = session.record_traces(lane.key(connector_id), batch.last_number)?;
    texts.iter().map(|text| read(text)).collect()
}

/// Notes the same of each trace, and returns where each goes on.
pub(super) fn note(
    session: &Session<'_>,
    context: &Context<'_>,
    traces: &[TraceParent],
    hop: &Hop,
) -> Result<Vec<TraceParent>, StoreError> {
    let noted = traces
        .iter()
        .map(|trace| trace.then(session, context.now_ms, hop));
    noted.collect()
}

/// Notes that what a connector has taken goes nowhere any more, because it is deleted.
pub(super) fn note_end(
    session: &Session<'_>,
    context: &Context<'_>,
    connector_id: &str,
    lanes: &[Lane],
) -> Result<(), ApiError> {
    for lane in lanes {
        let kind = HopKind::Attempt {
            attempt: lane.under_way.as_ref().map_or(0, |batch| batch.attempts),
            time_next_attempt: None,
        };
        let hop = Hop::short(kind, HopResult::Dropped, "the connector was deleted");
        let texts = session.record_traces(lane.key(connector_id), i64::MAX)?;
        let traces: Vec<TraceParent> = texts
            .iter()
            .map(|text| read(text))
            .collect::<Result<_, _>>()?;
        note(session, context, &traces, &hop)?;
    }
    Ok(())
}

/// Notes the first failure of a batch. Those that follow would push other traces out; the connector tells of them.
pub(super) fn note_failure(
    session: &Session<'_>,
    context: &Context<'_>,
    connector_id: &str,
    lane: &Lane,
) -> Result<(), ApiError> {
    let Some(failure) = lane
        .failure
        .as_ref()
        .filter(|failure| failure.attempts == 1)
    else {
        return Ok(());
    };
    let kind = HopKind::Attempt {
        attempt: failure.attempts,
        time_next_attempt: Some(rfc3339(failure.retry_ms)),
    };
    let hop = Hop::short(kind, HopResult::Failed, failure.reason.as_str());
    let traces = under_way(session, connector_id, lane)?;
    note(session, context, &traces, &hop)?;
    Ok(())
}
