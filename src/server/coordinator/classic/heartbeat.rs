//! Heartbeat.

use super::super::error::ErrorCode;
use super::super::turn::Turn;
use super::super::types::HeartbeatRequest;
use super::{ClassicGroup, Phase};

impl ClassicGroup {
    /// A member shows that it is alive, and hears whether it must join again.
    pub(in super::super) fn heartbeat(
        &mut self,
        turn: &mut Turn<'_>,
        request: &HeartbeatRequest,
    ) -> ErrorCode {
        if let Err(error) = self.check_member(&request.member_id, request.instance_id.as_deref()) {
            return error;
        }
        if request.generation != self.generation {
            return ErrorCode::IllegalGeneration;
        }
        self.touch(turn, &request.member_id);
        match self.phase {
            Phase::Empty => ErrorCode::UnknownMemberId,
            Phase::Preparing(_) => ErrorCode::RebalanceInProgress,
            // The assignment is on its way: the member's SyncGroup waits for it.
            Phase::Completing | Phase::Stable => ErrorCode::None,
        }
    }
}
