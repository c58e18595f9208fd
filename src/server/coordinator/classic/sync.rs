//! SyncGroup.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::super::error::ErrorCode;
use super::super::settings::MAX_METADATA_BYTES;
use super::super::turn::Turn;
use super::super::types::{Response, SyncRequest, SyncResponse, Ticket};
use super::member::{Waiting, refuse};
use super::{ClassicGroup, Phase};

impl ClassicGroup {
    /// A member asks for its assignment; the leader brings all of them. The others wait for it.
    pub(in super::super) fn sync(
        &mut self,
        turn: &mut Turn<'_>,
        ticket: Ticket,
        request: SyncRequest,
    ) {
        let id = request.member_id.clone();
        if let Err(error) = self.check_sync(&request) {
            turn.refuse_sync(ticket, error);
            return;
        }
        self.unsynced.remove(&id);
        if self.unsynced.is_empty() {
            self.sync_deadline_ms = None;
        }
        self.touch(turn, &id);
        if self.phase == Phase::Stable {
            let response = self.synced_response(&id);
            turn.reply(ticket, Response::Sync(response));
            return;
        }
        if let Some(member) = self.members.get_mut(&id)
            && let Some(earlier) = member.waiting.replace(Waiting::Sync(ticket))
        {
            refuse(turn, earlier, ErrorCode::RebalanceInProgress, &id);
        }
        if self.is_leader(&id) {
            self.assign(turn, request.assignments);
        }
    }

    fn check_sync(&self, request: &SyncRequest) -> Result<(), ErrorCode> {
        self.check_member(&request.member_id, request.instance_id.as_deref())?;
        if request.generation != self.generation {
            return Err(ErrorCode::IllegalGeneration);
        }
        let differs = |theirs: &Option<String>, ours: &Option<String>| {
            theirs.is_some() && ours.is_some() && theirs != ours
        };
        if differs(&request.protocol_type, &self.protocol_type)
            || differs(&request.protocol, &self.protocol)
        {
            return Err(ErrorCode::InconsistentGroupProtocol);
        }
        let is_too_large = |(_, bytes): &(String, Bytes)| bytes.len() > MAX_METADATA_BYTES;
        match self.phase {
            Phase::Empty => Err(ErrorCode::UnknownMemberId),
            Phase::Preparing(_) => Err(ErrorCode::RebalanceInProgress),
            Phase::Completing | Phase::Stable if request.assignments.iter().any(is_too_large) => {
                Err(ErrorCode::InvalidRequest)
            }
            Phase::Completing | Phase::Stable => Ok(()),
        }
    }

    /// Hands out the leader's assignment. Whom it forgot gets nothing.
    fn assign(&mut self, turn: &mut Turn<'_>, assignments: Vec<(String, Bytes)>) {
        let mut assignments: BTreeMap<String, Bytes> = assignments.into_iter().collect();
        self.phase = Phase::Stable;
        let mut waiting = Vec::new();
        for (id, member) in &mut self.members {
            member.assignment = assignments.remove(id).unwrap_or_default();
            if let Some(Waiting::Sync(ticket)) = member.waiting {
                member.waiting = None;
                member.begin_session(turn);
                waiting.push((id.clone(), ticket));
            }
        }
        for (id, ticket) in waiting {
            let response = self.synced_response(&id);
            turn.reply(ticket, Response::Sync(response));
        }
    }

    fn synced_response(&self, id: &str) -> SyncResponse {
        SyncResponse {
            error: ErrorCode::None,
            protocol_type: self.protocol_type.clone(),
            protocol: self.protocol.clone(),
            assignment: self
                .members
                .get(id)
                .map(|member| member.assignment.clone())
                .unwrap_or_default(),
        }
    }
}
