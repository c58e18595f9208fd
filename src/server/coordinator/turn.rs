//! What a group is given while it handles one event.

use super::error::ErrorCode;
use super::settings::Settings;
use super::topics::{TopicMatcher, Topics};
use super::types::{Action, JoinResponse, Response, SyncResponse, Ticket};

/// The time, the surroundings, and the replies made so far.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    pub(super) now_ms: i64,
    pub(super) settings: &'a Settings,
    pub(super) topics: &'a Topics,
    pub(super) matcher: TopicMatcher,
    pub(super) replies: &'a mut Vec<Action>,
}

impl Turn<'_> {
    /// Answers a ticket.
    pub(super) fn reply(&mut self, ticket: Ticket, response: Response) {
        self.replies.push(Action::Reply { ticket, response });
    }

    /// Refuses a JoinGroup.
    pub(super) fn refuse_join(&mut self, ticket: Ticket, error: ErrorCode, member_id: String) {
        self.reply(
            ticket,
            Response::Join(JoinResponse::refused(error, member_id)),
        );
    }

    /// Refuses a SyncGroup.
    pub(super) fn refuse_sync(&mut self, ticket: Ticket, error: ErrorCode) {
        self.reply(ticket, Response::Sync(SyncResponse::refused(error)));
    }

    /// The time that lies `duration_ms` ahead.
    pub(super) fn after(&self, duration_ms: i64) -> i64 {
        self.now_ms.saturating_add(duration_ms)
    }
}
