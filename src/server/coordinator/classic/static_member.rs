//! A static member comes back as a new process (KIP-345).

use super::super::error::ErrorCode;
use super::super::turn::Turn;
use super::super::types::{JoinRequest, JoinResponse, Response, Ticket};
use super::member::refuse;
use super::{CONSUMER_PROTOCOL_TYPE, ClassicGroup, Phase};

impl ClassicGroup {
    /// The holder of an instance id starts anew, without its member id: it gets another, and the
    /// earlier process is fenced. A stable group stays as it is if nothing changes for it.
    pub(super) fn replace_static(
        &mut self,
        turn: &mut Turn<'_>,
        ticket: Ticket,
        request: JoinRequest,
        old_id: &str,
    ) {
        let new_id = request.fresh_member_id.clone();
        let can_skip_assignment = request.can_skip_assignment;
        let leader_before = self.leader.clone();
        let changes_topics = self.protocol_type.as_deref() == Some(CONSUMER_PROTOCOL_TYPE)
            && self
                .members
                .get(old_id)
                .is_some_and(|old| old.changes_topics(&request.protocols));
        self.rename_member(turn, old_id, &new_id);
        let is_undisturbed = self.phase == Phase::Stable && !changes_topics && {
            self.take_over(&request, &new_id);
            self.protocol == self.select_protocol()
        };
        if !is_undisturbed {
            self.update_member(turn, ticket, request, &new_id);
            self.rebalance(turn);
            return;
        }
        self.touch(turn, &new_id);
        let mut response = self.joined_response(&new_id);
        if can_skip_assignment {
            response.skip_assignment = self.is_leader(&new_id);
        } else {
            // Not told that it is the leader, it does not assign: there is nothing to.
            response = JoinResponse {
                leader: leader_before.unwrap_or_default(),
                members: Vec::new(),
                ..response
            };
        }
        turn.reply(ticket, Response::Join(response));
    }

    /// Gives a member, with its assignment and its part in the rebalance, another id.
    fn rename_member(&mut self, turn: &mut Turn<'_>, old_id: &str, new_id: &str) {
        let Some(mut member) = self.members.remove(old_id) else {
            return;
        };
        if let Some(waiting) = member.waiting.take() {
            refuse(turn, waiting, ErrorCode::FencedInstanceId, old_id);
        }
        if let Some(instance) = &member.instance_id {
            self.instances.insert(instance.clone(), new_id.to_owned());
        }
        self.members.insert(new_id.to_owned(), member);
        if self.unsynced.remove(old_id) {
            self.unsynced.insert(new_id.to_owned());
        }
        if self.is_leader(old_id) {
            self.leader = Some(new_id.to_owned());
        }
    }

    fn take_over(&mut self, request: &JoinRequest, id: &str) {
        if let Some(member) = self.members.get_mut(id) {
            member.update(request.clone());
        }
    }
}
