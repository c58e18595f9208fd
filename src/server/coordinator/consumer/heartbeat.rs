//! ConsumerGroupHeartbeat: joining, staying, leaving.

use super::super::error::ErrorCode;
use super::super::settings::{MAX_PATTERN_BYTES, MAX_SUBSCRIBED_TOPICS};
use super::super::turn::Turn;
use super::super::types::{ConsumerHeartbeatRequest, ConsumerHeartbeatResponse};
use super::ConsumerGroup;
use super::assignor::Assignor;
use super::member::{AWAY_EPOCH, Member};

const JOIN_EPOCH: i32 = 0;
const LEAVE_EPOCH: i32 = -1;

/// Why a heartbeat is refused: for the program, and for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Refusal {
    error: ErrorCode,
    message: String,
}

impl Refusal {
    pub(in super::super) fn new(error: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            error,
            message: message.into(),
        }
    }
}

impl From<Refusal> for ConsumerHeartbeatResponse {
    fn from(refusal: Refusal) -> Self {
        Self {
            error: refusal.error,
            message: Some(refusal.message),
            ..Self::default()
        }
    }
}

impl ConsumerGroup {
    /// A member shows itself. The request passed [`check_request`].
    pub(in super::super) fn heartbeat(
        &mut self,
        turn: &Turn<'_>,
        request: &ConsumerHeartbeatRequest,
    ) -> Result<ConsumerHeartbeatResponse, Refusal> {
        check_pattern(turn, request)?;
        if matches!(request.member_epoch, LEAVE_EPOCH | AWAY_EPOCH) {
            return self.leave(turn, request);
        }
        let (id, has_joined) = if request.member_epoch == JOIN_EPOCH {
            self.admit(turn, request)?
        } else {
            self.check_known(request)?;
            self.check_epoch(request)?;
            (request.member_id.clone(), false)
        };
        let is_changed = match self.members.get_mut(&id) {
            Some(member) => member.update(request),
            None => false,
        };
        if is_changed || has_joined {
            self.refresh(turn, true);
        }
        let is_new_to_it = self.reconcile(turn, &id, request.owned.as_ref());
        let tells_all = request.rebalance_timeout_ms.is_some()
            && request.owned.is_some()
            && (request.topic_names.is_some() || request.topic_pattern.is_some());
        let Some(member) = self.members.get_mut(&id) else {
            return Err(unknown_member(&id));
        };
        member.begin_session(turn);
        Ok(ConsumerHeartbeatResponse {
            error: ErrorCode::None,
            message: None,
            member_epoch: member.epoch,
            heartbeat_interval_ms: turn.settings.consumer_heartbeat_interval_ms,
            assignment: (is_new_to_it || tells_all).then(|| member.assigned.clone()),
            member_id: Some(id),
        })
    }

    /// Lets a member in. Returns its id and whether the group is another for it.
    fn admit(
        &mut self,
        turn: &Turn<'_>,
        request: &ConsumerHeartbeatRequest,
    ) -> Result<(String, bool), Refusal> {
        let id = if request.member_id.is_empty() {
            request.fresh_member_id.clone()
        } else {
            request.member_id.clone()
        };
        let holder = request
            .instance_id
            .as_ref()
            .and_then(|instance| self.instances.get(instance))
            .filter(|holder| **holder != id)
            .cloned();
        if let Some(member) = self.members.get_mut(&id) {
            if holder.is_some() || member.instance_id != request.instance_id {
                let message = format!("Member {id} joined with another instance id.");
                return Err(Refusal::new(ErrorCode::InvalidRequest, message));
            }
            member.restart();
            return Ok((id, false));
        }
        if let Some(holder) = holder {
            self.replace_static(&holder, &id)?;
            return Ok((id, false));
        }
        if self.members.len() >= turn.settings.max_members {
            let most = turn.settings.max_members;
            let message = format!("The group has {most} members, and takes no more.");
            return Err(Refusal::new(ErrorCode::GroupMaxSizeReached, message));
        }
        if let Some(instance) = &request.instance_id {
            self.instances.insert(instance.clone(), id.clone());
        }
        let member = Member::joining(request.instance_id.clone());
        self.members.insert(id.clone(), member);
        Ok((id, true))
    }

    /// A static member that is away comes back as another process: it inherits the target.
    fn replace_static(&mut self, old_id: &str, new_id: &str) -> Result<(), Refusal> {
        let is_away = |member: &Member| member.epoch == AWAY_EPOCH;
        if !self.members.get(old_id).is_some_and(is_away) {
            let message = format!("Member {old_id} holds the instance id.");
            return Err(Refusal::new(ErrorCode::UnreleasedInstanceId, message));
        }
        let mut member = self
            .members
            .remove(old_id)
            .ok_or_else(|| unknown_member(old_id))?;
        member.restart();
        if let Some(instance) = &member.instance_id {
            self.instances.insert(instance.clone(), new_id.to_owned());
        }
        self.members.insert(new_id.to_owned(), member);
        Ok(())
    }

    fn check_known(&self, request: &ConsumerHeartbeatRequest) -> Result<(), Refusal> {
        let id = &request.member_id;
        if let Some(instance) = &request.instance_id {
            match self.instances.get(instance) {
                None => return Err(unknown_member(id)),
                Some(holder) if holder != id => {
                    let message = format!("Member {holder} took over the instance id {instance}.");
                    return Err(Refusal::new(ErrorCode::FencedInstanceId, message));
                }
                Some(_) => {}
            }
        }
        if self.members.contains_key(id) {
            Ok(())
        } else {
            Err(unknown_member(id))
        }
    }

    fn check_epoch(&self, request: &ConsumerHeartbeatRequest) -> Result<(), Refusal> {
        let id = &request.member_id;
        let member = self.members.get(id).ok_or_else(|| unknown_member(id))?;
        member
            .check_heartbeat_epoch(request.member_epoch, request.owned.as_ref())
            .map_err(|error| {
                let (theirs, ours) = (request.member_epoch, member.epoch);
                let message = format!(
                    "Member {id} has epoch {theirs}, the coordinator knows {ours}. \
                     Give up all partitions and join again."
                );
                Refusal::new(error, message)
            })
    }

    fn leave(
        &mut self,
        turn: &Turn<'_>,
        request: &ConsumerHeartbeatRequest,
    ) -> Result<ConsumerHeartbeatResponse, Refusal> {
        self.check_known(request)?;
        let id = &request.member_id;
        if request.member_epoch == AWAY_EPOCH {
            if let Some(member) = self.members.get_mut(id) {
                member.go_away();
            }
        } else {
            self.remove(id);
            self.refresh(turn, true);
        }
        Ok(ConsumerHeartbeatResponse {
            member_id: Some(id.clone()),
            member_epoch: request.member_epoch,
            ..ConsumerHeartbeatResponse::default()
        })
    }
}

fn unknown_member(id: &str) -> Refusal {
    let message = format!("Member {id} is not in the group. Join with epoch 0.");
    Refusal::new(ErrorCode::UnknownMemberId, message)
}

fn check_pattern(turn: &Turn<'_>, request: &ConsumerHeartbeatRequest) -> Result<(), Refusal> {
    match request.topic_pattern.as_deref() {
        None | Some("") => Ok(()),
        Some(pattern) => (turn.matcher)(pattern, turn.topics)
            .map(|_| ())
            .map_err(|message| Refusal::new(ErrorCode::InvalidRegularExpression, message)),
    }
}

/// Checks what can be told from the request alone.
pub(in super::super) fn check_request(request: &ConsumerHeartbeatRequest) -> Result<(), Refusal> {
    let problem = match request.member_epoch {
        JOIN_EPOCH => problem_of_join(request),
        LEAVE_EPOCH | 1.. if request.member_id.is_empty() => Some("The member id is missing."),
        LEAVE_EPOCH | 1.. => None,
        AWAY_EPOCH if request.member_id.is_empty() => Some("The member id is missing."),
        AWAY_EPOCH if request.instance_id.is_none() => Some("The instance id is missing."),
        AWAY_EPOCH => None,
        i32::MIN..AWAY_EPOCH => Some("The member epoch is below -2."),
    };
    let names = request.topic_names.as_ref().map_or(0, Vec::len);
    let pattern_bytes = request.topic_pattern.as_ref().map_or(0, String::len);
    let problem = problem
        .or_else(|| is_empty(&request.instance_id).then_some("The instance id is empty."))
        .or_else(|| is_empty(&request.rack_id).then_some("The rack id is empty."))
        .or_else(|| (names > MAX_SUBSCRIBED_TOPICS).then_some("Too many topic names."))
        .or_else(|| (pattern_bytes > MAX_PATTERN_BYTES).then_some("The pattern is too long."));
    if let Some(message) = problem {
        return Err(Refusal::new(ErrorCode::InvalidRequest, message));
    }
    match request.assignor.as_deref() {
        Some(name) if Assignor::by_name(name).is_none() => {
            let message = format!("There is no assignor {name}; use uniform or range.");
            Err(Refusal::new(ErrorCode::UnsupportedAssignor, message))
        }
        _ => Ok(()),
    }
}

fn is_empty(text: &Option<String>) -> bool {
    text.as_ref().is_some_and(String::is_empty)
}

/// One that joins must tell everything, and hold nothing.
fn problem_of_join(request: &ConsumerHeartbeatRequest) -> Option<&'static str> {
    if request.member_id.is_empty() && request.fresh_member_id.is_empty() {
        Some("The member id is missing.")
    } else if request.rebalance_timeout_ms.is_none_or(|ms| ms < 0) {
        Some("The rebalance timeout is missing.")
    } else if request.owned.as_ref().is_none_or(|set| !set.is_empty()) {
        Some("A member that joins must hold no partitions.")
    } else if request.topic_names.is_none() && request.topic_pattern.is_none() {
        Some("The subscription is missing.")
    } else {
        None
    }
}
