//! Requests of members: which group they concern, and whether it is one for them.

use super::consumer::{self, Refusal};
use super::error::ErrorCode;
use super::group::Group;
use super::settings::MAX_GROUP_ID_BYTES;
use super::turn::Turn;
use super::types::{
    Action, GroupKey, GroupKind, JoinResponse, LeaveResponse, LeavingMember, Request, Response,
    SyncResponse, Ticket,
};
use super::{Coordinator, Slot};

impl Coordinator {
    /// Handles a request of a member.
    pub(super) fn request(
        &mut self,
        actions: &mut Vec<Action>,
        key: &GroupKey,
        ticket: Ticket,
        request: Request,
    ) {
        let checked = check_group_id(&key.group).and_then(|()| match request.joins() {
            Some(kind) => self.make_room(key, kind),
            None => Ok(()),
        });
        let refusal = match checked {
            Ok(()) if self.slots.contains_key(key) => None,
            Ok(()) => Some(request.error_without_group()),
            Err(error) => Some(error),
        };
        if let Some(error) = refusal {
            let response = refuse(request, error);
            actions.push(Action::Reply { ticket, response });
            return;
        }
        self.take_turn(actions, key, |group, turn| {
            answer(group, turn, ticket, request);
        });
    }

    /// Makes sure that there is a group for a member to join, of its kind unless it has members.
    pub(super) fn make_room(&mut self, key: &GroupKey, kind: GroupKind) -> Result<(), ErrorCode> {
        if let Some(slot) = self.slots.get_mut(key) {
            slot.group.convert_if_empty(kind);
            return Ok(());
        }
        if self.slots.len() >= self.settings.max_groups {
            return Err(ErrorCode::GroupMaxSizeReached);
        }
        let slot = Slot {
            group: Group::new(kind),
            record: None,
            deadline_ms: None,
        };
        self.slots.insert(key.clone(), slot);
        Ok(())
    }
}

impl Request {
    /// Of which kind the group is to be, when a member comes that is in none yet.
    fn joins(&self) -> Option<GroupKind> {
        match self {
            Self::Join(request) if request.member_id.is_empty() => Some(GroupKind::Classic),
            Self::ConsumerHeartbeat(request) if request.member_epoch == 0 => {
                Some(GroupKind::Consumer)
            }
            _ => None,
        }
    }

    /// What it means that there is no such group.
    fn error_without_group(&self) -> ErrorCode {
        match self {
            Self::Join(_) | Self::Sync(_) | Self::Heartbeat(_) | Self::Leave(_) => {
                ErrorCode::UnknownMemberId
            }
            Self::ConsumerHeartbeat(_) => ErrorCode::GroupIdNotFound,
        }
    }

    /// What it means that the group is of the other kind and has members.
    fn error_of_other_kind(&self) -> ErrorCode {
        match self {
            Self::Join(request) if request.member_id.is_empty() => {
                ErrorCode::InconsistentGroupProtocol
            }
            _ => self.error_without_group(),
        }
    }
}

fn answer(group: &mut Group, turn: &mut Turn<'_>, ticket: Ticket, request: Request) {
    let response = match (group, request) {
        (Group::Classic(group), Request::Join(request)) => {
            return group.join(turn, ticket, request);
        }
        (Group::Classic(group), Request::Sync(request)) => {
            return group.sync(turn, ticket, request);
        }
        (Group::Classic(group), Request::Heartbeat(request)) => {
            Response::Heartbeat(group.heartbeat(turn, &request))
        }
        (Group::Classic(group), Request::Leave(request)) => {
            Response::Leave(group.leave(turn, request))
        }
        (Group::Consumer(group), Request::ConsumerHeartbeat(request)) => {
            let outcome = consumer::check_request(&request)
                .and_then(|()| group.heartbeat(turn, &request))
                .unwrap_or_else(Refusal::into);
            Response::ConsumerHeartbeat(outcome)
        }
        (_, request) => {
            let error = request.error_of_other_kind();
            refuse(request, error)
        }
    };
    turn.reply(ticket, response);
}

/// Whether a group can have this name.
pub(super) fn check_group_id(group: &str) -> Result<(), ErrorCode> {
    if group.is_empty() || group.len() > MAX_GROUP_ID_BYTES {
        Err(ErrorCode::InvalidGroupId)
    } else {
        Ok(())
    }
}

/// The answer to a request that no group handles.
fn refuse(request: Request, error: ErrorCode) -> Response {
    match request {
        Request::Join(request) => Response::Join(JoinResponse::refused(error, request.member_id)),
        Request::Sync(_) => Response::Sync(SyncResponse::refused(error)),
        Request::Heartbeat(_) => Response::Heartbeat(error),
        Request::Leave(request) => {
            let refused = |member: LeavingMember| (member, error);
            Response::Leave(LeaveResponse {
                members: request.members.into_iter().map(refused).collect(),
            })
        }
        Request::ConsumerHeartbeat(_) => {
            let message = match error {
                ErrorCode::InvalidGroupId => "The group's name is empty or too long.",
                ErrorCode::GroupMaxSizeReached => "There is no room for more groups.",
                _ => "There is no such group of the consumer protocol.",
            };
            Response::ConsumerHeartbeat(Refusal::new(error, message).into())
        }
    }
}
