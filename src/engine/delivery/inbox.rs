//! The inbox of this machine: every message that would have reached a person, and every confirmation link.

use serde::{Deserialize, Serialize};

use super::super::{Engine, EngineError};
use super::{Destination, Message, Task};
use crate::store::{InboxEntry, Session, StoreError};

/// A message in the inbox, with its number and the time at which it came.
pub type Entry = InboxEntry<Kept>;

/// A message as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// To whom it would have gone.
    pub destination: Destination,
    /// The message.
    pub message: Message,
}

impl Kept {
    /// Its subject line. Source of the one of confirmations: behaviour.md 3.3, in other words.
    pub fn subject(&self) -> String {
        let message = &self.message;
        let topic = message.topic.as_ref().map_or("", |topic| &topic.name);
        match (&message.title, &message.confirmation) {
            (_, Some(_)) => format!("Confirm the subscription to {topic}"),
            (Some(title), None) if !title.trim().is_empty() => title.clone(),
            _ => format!("Message from {topic}"),
        }
    }

    /// Its text as a person reads it.
    pub fn text(&self) -> String {
        let message = &self.message;
        let unsubscribe = message
            .recipient
            .as_ref()
            .filter(|_| message.confirmation.is_none())
            .map(|recipient| format!("\n\n--\nTo unsubscribe: {}", recipient.unsubscribe_url));
        message.body.clone() + &unsubscribe.unwrap_or_default()
    }
}

/// Keeps a message that cannot be sent. A request for a confirmation is there since it was made.
pub(super) fn keep(session: &Session<'_>, now_ms: i64, task: &Task) -> Result<(), StoreError> {
    match task.message.confirmation {
        Some(_) => Ok(()),
        None => put(session, now_ms, task),
    }
}

/// Puts a message into the inbox.
pub(in crate::engine) fn put(
    session: &Session<'_>,
    now_ms: i64,
    task: &Task,
) -> Result<(), StoreError> {
    let kept = Kept {
        destination: task.destination.clone(),
        message: task.message.clone(),
    };
    session.put_inbox_message(now_ms, &kept)?;
    Ok(())
}

impl Engine {
    /// The newest messages of the inbox, at most `limit`, the newest first.
    pub fn inbox(&self, limit: usize) -> Result<Vec<Entry>, EngineError> {
        Ok(self.store.read(|session| session.inbox_messages(limit))?)
    }

    /// The message of the inbox with this number.
    pub fn inbox_message(&self, id: i64) -> Result<Option<Entry>, EngineError> {
        Ok(self.store.read(|session| session.inbox_message(id))?)
    }
}
