//! JoinGroup.

use super::super::error::ErrorCode;
use super::super::settings::{MAX_METADATA_BYTES, MAX_PROTOCOLS, Settings};
use super::super::turn::Turn;
use super::super::types::{JoinRequest, JoinResponse, JoinedMember, Protocol, Response, Ticket};
use super::member::{Member, Waiting, refuse};
use super::{ClassicGroup, Phase};

impl ClassicGroup {
    /// A member joins, or joins again. It is answered when the rebalance that this begins is over,
    /// or at once when it begins none.
    pub(in super::super) fn join(
        &mut self,
        turn: &mut Turn<'_>,
        ticket: Ticket,
        request: JoinRequest,
    ) {
        let refusal = check_request(turn.settings, &request)
            .and_then(|()| self.check_room(turn.settings, &request.member_id))
            .and_then(|()| self.check_protocols(&request));
        if let Err(error) = refusal {
            turn.refuse_join(ticket, error, request.member_id);
        } else if request.member_id.is_empty() {
            self.join_new(turn, ticket, request);
        } else {
            self.join_known(turn, ticket, request);
        }
    }

    fn check_room(&self, settings: &Settings, member_id: &str) -> Result<(), ErrorCode> {
        let is_counted =
            self.members.contains_key(member_id) || self.pending.contains_key(member_id);
        if is_counted || self.members.len() + self.pending.len() < settings.max_members {
            Ok(())
        } else {
            Err(ErrorCode::GroupMaxSizeReached)
        }
    }

    /// Members must have a protocol in common.
    fn check_protocols(&self, request: &JoinRequest) -> Result<(), ErrorCode> {
        let same_type = self.protocol_type.as_ref() == Some(&request.protocol_type);
        let shared = |protocol: &Protocol| {
            let mut members = self.members.values();
            members.all(|member| member.supports(&protocol.name))
        };
        if self.is_empty() || same_type && request.protocols.iter().any(shared) {
            Ok(())
        } else {
            Err(ErrorCode::InconsistentGroupProtocol)
        }
    }

    fn join_new(&mut self, turn: &mut Turn<'_>, ticket: Ticket, request: JoinRequest) {
        let id = request.fresh_member_id.clone();
        if id.is_empty() || self.members.contains_key(&id) || self.pending.contains_key(&id) {
            turn.refuse_join(ticket, ErrorCode::CoordinatorNotAvailable, String::new());
            return;
        }
        if let Some(instance) = &request.instance_id {
            match self.instances.get(instance).cloned() {
                Some(old_id) => self.replace_static(turn, ticket, request, &old_id),
                None => self.add_member(turn, ticket, request, id),
            }
        } else if request.member_id_required {
            let lapses_ms = turn.after(i64::from(request.session_timeout_ms));
            self.pending.insert(id.clone(), lapses_ms);
            self.note_arrival();
            turn.refuse_join(ticket, ErrorCode::MemberIdRequired, id);
        } else {
            self.add_member(turn, ticket, request, id);
        }
    }

    fn join_known(&mut self, turn: &mut Turn<'_>, ticket: Ticket, request: JoinRequest) {
        let id = request.member_id.clone();
        if request.instance_id.is_none() && self.pending.contains_key(&id) {
            self.add_member(turn, ticket, request, id);
            return;
        }
        if let Err(error) = self.check_member(&id, request.instance_id.as_deref()) {
            turn.refuse_join(ticket, error, id);
            return;
        }
        let is_unchanged = self
            .members
            .get(&id)
            .is_some_and(|member| member.protocols == request.protocols);
        let is_answered_now = match self.phase {
            // A leader joins again when the topics changed: only it looks at them.
            Phase::Stable => is_unchanged && !self.is_leader(&id),
            // It may have missed the answer.
            Phase::Completing => is_unchanged,
            Phase::Preparing(_) | Phase::Empty => false,
        };
        if is_answered_now {
            self.touch(turn, &id);
            let response = self.joined_response(&id);
            turn.reply(ticket, Response::Join(response));
        } else {
            self.update_member(turn, ticket, request, &id);
            self.rebalance(turn);
        }
    }

    fn add_member(
        &mut self,
        turn: &mut Turn<'_>,
        ticket: Ticket,
        request: JoinRequest,
        id: String,
    ) {
        self.pending.remove(&id);
        if self.members.is_empty() {
            self.protocol_type = Some(request.protocol_type.clone());
            self.leader = Some(id.clone());
        }
        if let Some(instance) = &request.instance_id {
            self.instances.insert(instance.clone(), id.clone());
        }
        self.members
            .insert(id, Member::joining(turn, ticket, request));
        self.note_arrival();
        self.rebalance(turn);
    }

    /// A member that is known waits anew. Whoever asked in its name before has given up.
    pub(super) fn update_member(
        &mut self,
        turn: &mut Turn<'_>,
        ticket: Ticket,
        request: JoinRequest,
        id: &str,
    ) {
        let Some(member) = self.members.get_mut(id) else {
            return turn.refuse_join(ticket, ErrorCode::UnknownMemberId, id.to_owned());
        };
        member.update(request);
        if let Some(earlier) = member.waiting.replace(Waiting::Join(ticket)) {
            refuse(turn, earlier, ErrorCode::RebalanceInProgress, id);
        }
    }

    /// The answer to a member of the current generation.
    pub(super) fn joined_response(&self, id: &str) -> JoinResponse {
        let members = if self.is_leader(id) {
            self.joined_members()
        } else {
            Vec::new()
        };
        JoinResponse {
            error: ErrorCode::None,
            generation: self.generation,
            protocol_type: self.protocol_type.clone(),
            protocol: self.protocol.clone(),
            leader: self.leader.clone().unwrap_or_default(),
            skip_assignment: false,
            member_id: id.to_owned(),
            members,
        }
    }

    fn joined_members(&self) -> Vec<JoinedMember> {
        let members = self.members.iter().map(|(id, member)| JoinedMember {
            member_id: id.clone(),
            instance_id: member.instance_id.clone(),
            metadata: member.metadata(self.protocol.as_deref()),
        });
        members.collect()
    }
}

/// Checks what can be told from the request alone.
fn check_request(settings: &Settings, request: &JoinRequest) -> Result<(), ErrorCode> {
    let timeouts = settings.min_session_timeout_ms..=settings.max_session_timeout_ms;
    if !timeouts.contains(&request.session_timeout_ms) {
        return Err(ErrorCode::InvalidSessionTimeout);
    }
    if request.protocol_type.is_empty() || request.protocols.is_empty() {
        return Err(ErrorCode::InconsistentGroupProtocol);
    }
    let bytes: usize = request
        .protocols
        .iter()
        .map(|protocol| protocol.name.len() + protocol.metadata.len())
        .sum();
    if request.protocols.len() > MAX_PROTOCOLS || bytes > MAX_METADATA_BYTES {
        return Err(ErrorCode::InvalidRequest);
    }
    Ok(())
}
