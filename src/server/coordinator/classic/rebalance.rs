//! A rebalance: all members join, one protocol is chosen, a generation begins.

use std::collections::BTreeMap;

use super::super::error::ErrorCode;
use super::super::turn::Turn;
use super::super::types::Response;
use super::member::{Waiting, refuse};
use super::{ClassicGroup, Phase};

/// A rebalance that waits for members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rebalance {
    /// Whoever did not join until then is out.
    pub(super) deadline_ms: i64,
    /// In the first rebalance of an empty group: others may be about to come.
    pub(super) gathering: Option<Gathering>,
}

/// Waits for members that nobody knows of yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Gathering {
    /// Until when, unless somebody comes.
    pub(super) until_ms: i64,
    /// Somebody came.
    pub(super) has_arrivals: bool,
}

impl ClassicGroup {
    /// Begins a rebalance unless one is on, and ends it if everybody is there.
    pub(super) fn rebalance(&mut self, turn: &mut Turn<'_>) {
        if !matches!(self.phase, Phase::Preparing(_)) {
            self.prepare(turn);
        }
        self.complete_if_all_joined(turn);
    }

    /// Ends the joining once all members and all that were given an id are there.
    pub(super) fn complete_if_all_joined(&mut self, turn: &mut Turn<'_>) {
        let Phase::Preparing(rebalance) = &self.phase else {
            return;
        };
        let all_joined =
            self.pending.is_empty() && self.members.values().all(|member| member.awaits_join());
        if all_joined && rebalance.gathering.is_none() {
            self.complete_join(turn);
        }
    }

    /// Somebody came while the group gathers: others may follow.
    pub(super) fn note_arrival(&mut self) {
        if let Phase::Preparing(Rebalance {
            gathering: Some(gathering),
            ..
        }) = &mut self.phase
        {
            gathering.has_arrivals = true;
        }
    }

    /// Removes a member, answers it if it waits, and lets the others know.
    pub(super) fn remove_member(&mut self, turn: &mut Turn<'_>, id: &str) {
        let Some(member) = self.members.remove(id) else {
            return;
        };
        if let Some(waiting) = member.waiting {
            refuse(turn, waiting, ErrorCode::UnknownMemberId, id);
        }
        if let Some(instance) = &member.instance_id {
            self.instances.remove(instance);
        }
        self.unsynced.remove(id);
        if self.is_leader(id) {
            self.leader = self.members.keys().next().cloned();
        }
    }

    /// What follows when members were removed.
    pub(super) fn after_removal(&mut self, turn: &mut Turn<'_>) {
        if self.phase != Phase::Empty {
            self.rebalance(turn);
        }
    }

    /// Ends the joining with those who joined.
    pub(super) fn complete_join(&mut self, turn: &mut Turn<'_>) {
        self.drop_absent(turn);
        if self.members.is_empty() {
            self.begin_empty_generation();
        } else if self.elect_leader() {
            self.begin_generation(turn);
        } else {
            // Only static members are left, and none came: until their sessions end they may.
            let deadline_ms = turn.after(self.rebalance_timeout_ms());
            self.phase = Phase::Preparing(Rebalance {
                deadline_ms,
                gathering: None,
            });
        }
    }

    /// The protocol that most members like best, of those that all support. When as many like
    /// another, the one that is first by name.
    pub(super) fn select_protocol(&self) -> Option<String> {
        let mut votes: BTreeMap<&str, usize> = BTreeMap::new();
        for member in self.members.values() {
            let favorite = member.protocols.iter().find(|protocol| {
                let mut others = self.members.values();
                others.all(|other| other.supports(&protocol.name))
            });
            if let Some(protocol) = favorite {
                *votes.entry(&protocol.name).or_default() += 1;
            }
        }
        let most = votes.values().copied().max()?;
        let (name, _) = votes.into_iter().find(|(_, count)| *count == most)?;
        Some(name.to_owned())
    }

    fn prepare(&mut self, turn: &mut Turn<'_>) {
        self.cancel_sync(turn);
        let timeout_ms = self.rebalance_timeout_ms();
        let deadline_ms = turn.after(timeout_ms);
        let delay_ms = turn.settings.initial_rebalance_delay_ms.min(timeout_ms);
        let is_first = self.phase == Phase::Empty && delay_ms > 0;
        self.phase = Phase::Preparing(Rebalance {
            deadline_ms,
            gathering: is_first.then(|| Gathering {
                until_ms: turn.after(delay_ms),
                has_arrivals: false,
            }),
        });
    }

    /// Those who wait for an assignment that will not come join again instead.
    fn cancel_sync(&mut self, turn: &mut Turn<'_>) {
        self.unsynced.clear();
        self.sync_deadline_ms = None;
        for (id, member) in &mut self.members {
            if self.phase == Phase::Completing {
                member.assignment.clear();
            }
            if let Some(waiting @ Waiting::Sync(_)) = member.waiting {
                member.waiting = None;
                member.begin_session(turn);
                refuse(turn, waiting, ErrorCode::RebalanceInProgress, id);
            }
        }
    }

    /// Static members may be absent until their session ends.
    fn drop_absent(&mut self, turn: &mut Turn<'_>) {
        let absent: Vec<String> = self
            .members
            .iter()
            .filter(|(_, member)| !member.awaits_join() && member.instance_id.is_none())
            .map(|(id, _)| id.clone())
            .collect();
        for id in absent {
            self.remove_member(turn, &id);
        }
    }

    /// Makes sure that the leader is one that joined. `false`: nobody did.
    fn elect_leader(&mut self) -> bool {
        let joined = |id: &String| self.members.get(id).is_some_and(|one| one.awaits_join());
        if !self.leader.as_ref().is_some_and(joined) {
            self.leader = self.members.keys().find(|id| joined(id)).cloned();
        }
        self.leader.is_some()
    }

    fn begin_empty_generation(&mut self) {
        self.generation = self.generation.saturating_add(1);
        self.protocol = None;
        self.leader = None;
        self.phase = Phase::Empty;
    }

    fn begin_generation(&mut self, turn: &mut Turn<'_>) {
        self.generation = self.generation.saturating_add(1);
        self.protocol = self.select_protocol();
        self.phase = Phase::Completing;
        self.unsynced = self.members.keys().cloned().collect();
        self.sync_deadline_ms = Some(turn.after(self.rebalance_timeout_ms()));
        let ids: Vec<String> = self.members.keys().cloned().collect();
        for id in ids {
            let response = self.joined_response(&id);
            let Some(member) = self.members.get_mut(&id) else {
                continue;
            };
            if let Some(Waiting::Join(ticket)) = member.waiting.take() {
                member.joined(turn);
                turn.reply(ticket, Response::Join(response));
            }
        }
    }

    /// As much time as the slowest member asks for; some, so that what is due lies ahead.
    fn rebalance_timeout_ms(&self) -> i64 {
        let timeouts = self
            .members
            .values()
            .map(|member| member.rebalance_timeout_ms);
        timeouts.max().unwrap_or(0).max(1)
    }
}
