//! What happens to a classic group when time passes.

use super::super::turn::Turn;
use super::rebalance::{Gathering, Rebalance};
use super::{ClassicGroup, Phase};

impl ClassicGroup {
    /// When [`Self::expire`] has something to do next.
    pub(in super::super) fn next_deadline_ms(&self) -> Option<i64> {
        let sessions = self
            .members
            .values()
            .filter_map(|member| member.deadline_ms());
        let rebalance = match &self.phase {
            Phase::Preparing(Rebalance {
                gathering: Some(gathering),
                ..
            }) => Some(gathering.until_ms),
            Phase::Preparing(rebalance) => Some(rebalance.deadline_ms),
            _ => None,
        };
        sessions
            .chain(self.pending.values().copied())
            .chain(rebalance)
            .chain(self.sync_deadline_ms)
            .min()
    }

    /// Does what is due.
    pub(in super::super) fn expire(&mut self, turn: &mut Turn<'_>) {
        self.expire_sessions(turn);
        self.expire_sync(turn);
        self.expire_rebalance(turn);
    }

    fn expire_sessions(&mut self, turn: &mut Turn<'_>) {
        let now_ms = turn.now_ms;
        let pending_before = self.pending.len();
        self.pending.retain(|_, lapses_ms| *lapses_ms > now_ms);
        let silent: Vec<String> = self
            .members
            .iter()
            .filter(|(_, member)| member.deadline_ms().is_some_and(|due_ms| due_ms <= now_ms))
            .map(|(id, _)| id.clone())
            .collect();
        for id in &silent {
            self.remove_member(turn, id);
        }
        if !silent.is_empty() {
            self.after_removal(turn);
        } else if self.pending.len() < pending_before {
            self.complete_if_all_joined(turn);
        }
    }

    /// Members that joined but did not sync are out.
    fn expire_sync(&mut self, turn: &mut Turn<'_>) {
        if self.unsynced.is_empty() {
            self.sync_deadline_ms = None;
        }
        if self.sync_deadline_ms.is_none_or(|at| at > turn.now_ms) {
            return;
        }
        for id in std::mem::take(&mut self.unsynced) {
            self.remove_member(turn, &id);
        }
        self.after_removal(turn);
    }

    fn expire_rebalance(&mut self, turn: &mut Turn<'_>) {
        let Phase::Preparing(rebalance) = &mut self.phase else {
            return;
        };
        let deadline_ms = rebalance.deadline_ms;
        let is_over = match &mut rebalance.gathering {
            Some(gathering) if gathering.until_ms > turn.now_ms => false,
            Some(gathering) if gathering.has_arrivals && deadline_ms > turn.now_ms => {
                let delay_ms = turn.settings.initial_rebalance_delay_ms;
                *gathering = Gathering {
                    until_ms: turn.after(delay_ms).min(deadline_ms),
                    has_arrivals: false,
                };
                false
            }
            Some(_) => true,
            None => deadline_ms <= turn.now_ms,
        };
        if is_over {
            self.complete_join(turn);
        }
    }
}
