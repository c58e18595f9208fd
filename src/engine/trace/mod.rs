//! Traces: what became of an event or a message, hop by hop, from its source to where it arrived.
//!
//! Each hop is noted in the transaction of the change that it tells about, and knows the hop that led to it.
//! An event's trace has the event's id, that of a published message the message's. Messages that are put into
//! streams and queues by callers have no trace: their way ends where it begins, and putting is to stay fast.

mod hop;
mod report;

use serde::{Deserialize, Serialize};

use crate::store::{FolderSession, NewTraceHop, StoreError};

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
