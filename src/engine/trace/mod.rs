//! Traces: what became of an event or a message, hop by hop, from its source to where it arrived.
//!
//! Each hop is noted in the transaction of the change that it tells about, and knows the hop that led to it.
//! An event's trace has the event's id, that of a published message the message's. A connector takes up the traces
//! of what it reads from a stream. Messages that are put into streams and queues by callers have no trace: putting is
//! to stay fast.

mod hop;
mod report;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::store::{FolderSession, NewTraceHop, StoreError};

use hop::message_alias;
pub(super) use hop::shortened;
pub use hop::{Hop, HopKind, HopResult};
pub use report::{ShownHop, Trace, TraceError, TraceResult, TraceSummary};

/// Where in a trace the next hop belongs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceParent {
    /// The trace.
    pub trace_id: String,
    /// The number of the hop that leads to the next one.
    pub hop_id: i64,
}

impl TraceParent {
    /// Begins a trace.
    pub(super) fn begin(
        session: &FolderSession<'_>,
        trace_id: &str,
        now_ms: i64,
        hop: &Hop,
    ) -> Result<Self, StoreError> {
        note(session, (trace_id, None), now_ms, hop)
    }

    /// Notes what came next.
    pub(super) fn then(
        &self,
        session: &FolderSession<'_>,
        now_ms: i64,
        hop: &Hop,
    ) -> Result<Self, StoreError> {
        note(session, (&self.trace_id, Some(self.hop_id)), now_ms, hop)
    }
}

/// Notes what came next of what has a trace.
pub(super) fn then(
    parent: Option<&TraceParent>,
    session: &FolderSession<'_>,
    now_ms: i64,
    hop: &Hop,
) -> Result<Option<TraceParent>, StoreError> {
    parent
        .map(|parent| parent.then(session, now_ms, hop))
        .transpose()
}

/// Where the traces go on of messages in a partition of a stream: by offset, of those that have one. It costs one
/// look, however many messages there are.
pub(super) fn of_messages(
    session: &FolderSession<'_>,
    (stream_id, partition): (&str, u32),
    offsets: &RangeInclusive<i64>,
) -> Result<BTreeMap<i64, TraceParent>, StoreError> {
    let partition = partition.to_string();
    let alias = |offset: &i64| message_alias(stream_id, &partition, *offset);
    let found = session.trace_hops_with_aliases(&alias(offsets.start()), &alias(offsets.end()))?;
    let parents = found.into_iter().filter_map(|(alias, trace_id, hop_id)| {
        let (_, offset) = alias.rsplit_once('/')?;
        Some((offset.parse().ok()?, TraceParent { trace_id, hop_id }))
    });
    Ok(parents.collect())
}

fn note(
    session: &FolderSession<'_>,
    (trace_id, parent_id): (&str, Option<i64>),
    time_ms: i64,
    hop: &Hop,
) -> Result<TraceParent, StoreError> {
    let alias = hop.alias();
    let hop_id = session.put_trace_hop(&NewTraceHop {
        trace_id,
        parent_id,
        alias: alias.as_deref(),
        time_ms,
        hop,
    })?;
    Ok(TraceParent {
        trace_id: trace_id.to_owned(),
        hop_id,
    })
}
