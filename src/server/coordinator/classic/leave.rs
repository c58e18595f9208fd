//! LeaveGroup.

use super::super::error::ErrorCode;
use super::super::turn::Turn;
use super::super::types::{LeaveRequest, LeaveResponse, LeavingMember};
use super::ClassicGroup;

impl ClassicGroup {
    /// Members leave. Static ones do only when they are removed for good.
    pub(in super::super) fn leave(
        &mut self,
        turn: &mut Turn<'_>,
        request: LeaveRequest,
    ) -> LeaveResponse {
        let mut members = Vec::with_capacity(request.members.len());
        for leaving in request.members {
            let error = match self.remove_leaving(turn, &leaving) {
                Ok(()) => ErrorCode::None,
                Err(error) => error,
            };
            members.push((leaving, error));
        }
        if members.iter().any(|(_, error)| *error == ErrorCode::None) {
            self.after_removal(turn);
        }
        LeaveResponse { members }
    }

    fn remove_leaving(
        &mut self,
        turn: &mut Turn<'_>,
        leaving: &LeavingMember,
    ) -> Result<(), ErrorCode> {
        if let Some(instance) = &leaving.instance_id {
            let holder = self.instances.get(instance).cloned();
            let holder = holder.ok_or(ErrorCode::UnknownMemberId)?;
            if !leaving.member_id.is_empty() && leaving.member_id != holder {
                return Err(ErrorCode::FencedInstanceId);
            }
            self.remove_member(turn, &holder);
        } else if self.pending.remove(&leaving.member_id).is_none() {
            self.check_member(&leaving.member_id, None)?;
            self.remove_member(turn, &leaving.member_id);
        }
        Ok(())
    }
}
