//! A member of a classic group.

use bytes::Bytes;

use super::super::error::ErrorCode;
use super::super::settings::NEW_MEMBER_JOIN_TIMEOUT_MS;
use super::super::subscription;
use super::super::turn::Turn;
use super::super::types::{Client, JoinRequest, Protocol, Ticket};

/// What a member waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waiting {
    /// The end of the joining.
    Join(Ticket),
    /// The leader's assignment.
    Sync(Ticket),
}

#[derive(Debug)]
pub(super) struct Member {
    pub(super) instance_id: Option<String>,
    pub(super) client: Client,
    pub(super) session_timeout_ms: i64,
    pub(super) rebalance_timeout_ms: i64,
    pub(super) protocols: Vec<Protocol>,
    pub(super) assignment: Bytes,
    pub(super) waiting: Option<Waiting>,
    /// It came during this rebalance and was never answered: see `NEW_MEMBER_JOIN_TIMEOUT_MS`.
    is_new: bool,
    session_deadline_ms: i64,
}

impl Member {
    /// A member that waits for its first rebalance to end.
    pub(super) fn joining(turn: &Turn<'_>, ticket: Ticket, request: JoinRequest) -> Self {
        Self {
            instance_id: request.instance_id,
            client: request.client,
            session_timeout_ms: i64::from(request.session_timeout_ms),
            rebalance_timeout_ms: i64::from(request.rebalance_timeout_ms.max(0)),
            protocols: request.protocols,
            assignment: Bytes::new(),
            waiting: Some(Waiting::Join(ticket)),
            is_new: true,
            session_deadline_ms: turn.after(NEW_MEMBER_JOIN_TIMEOUT_MS),
        }
    }

    /// Takes over what a member says of itself when it joins again.
    pub(super) fn update(&mut self, request: JoinRequest) {
        self.client = request.client;
        self.session_timeout_ms = i64::from(request.session_timeout_ms);
        self.rebalance_timeout_ms = i64::from(request.rebalance_timeout_ms.max(0));
        self.protocols = request.protocols;
    }

    /// Counts its session from now.
    pub(super) fn begin_session(&mut self, turn: &Turn<'_>) {
        if !self.is_new {
            self.session_deadline_ms = turn.after(self.session_timeout_ms);
        }
    }

    /// It got its answer: from now on it must show itself.
    pub(super) fn joined(&mut self, turn: &Turn<'_>) {
        self.is_new = false;
        self.begin_session(turn);
    }

    /// When it counts as gone. One that waits for us does not, once it was answered.
    pub(super) fn deadline_ms(&self) -> Option<i64> {
        (self.waiting.is_none() || self.is_new).then_some(self.session_deadline_ms)
    }

    /// Whether it was in no generation yet.
    pub(super) fn is_new(&self) -> bool {
        self.is_new
    }

    pub(super) fn awaits_join(&self) -> bool {
        matches!(self.waiting, Some(Waiting::Join(_)))
    }

    pub(super) fn supports(&self, protocol: &str) -> bool {
        self.protocols.iter().any(|one| one.name == protocol)
    }

    /// What it gave along with a protocol.
    pub(super) fn metadata(&self, protocol: Option<&str>) -> Bytes {
        self.protocols
            .iter()
            .find(|one| Some(one.name.as_str()) == protocol)
            .map(|one| one.metadata.clone())
            .unwrap_or_default()
    }

    /// Whether it subscribes to other topics with `protocols` than it does now, as far as can be told.
    pub(super) fn changes_topics(&self, protocols: &[Protocol]) -> bool {
        let topics = |protocols: &[Protocol]| {
            let first = protocols.first()?;
            subscription::topics(&first.metadata)
        };
        match (topics(&self.protocols), topics(protocols)) {
            (Some(before), Some(after)) => before != after,
            _ => false,
        }
    }
}

/// Tells one that waits that there is nothing to wait for.
pub(super) fn refuse(turn: &mut Turn<'_>, waiting: Waiting, error: ErrorCode, member_id: &str) {
    match waiting {
        Waiting::Join(ticket) => turn.refuse_join(ticket, error, member_id.to_owned()),
        Waiting::Sync(ticket) => turn.refuse_sync(ticket, error),
    }
}
