//! The inbox of this machine: every message that would have reached a person, and every confirmation link.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::{Engine, EngineError};
use super::{Destination, Message, Task};
use crate::api::OperationId;
use crate::api::ons::Ons;
use crate::call::{ApiError, Call};
use crate::clock::rfc3339;
use crate::store::{FolderSession, InboxEntry, StoreError};

/// What `ocelot local inbox` asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "kebab-case", deny_unknown_fields)]
pub enum InboxRequest {
    /// The newest messages, without their texts.
    List {
        /// Most messages.
        limit: usize,
    },
    /// A message with its text.
    Show {
        /// Its number.
        number: i64,
    },
    /// A message as it is kept, an [`Entry`], for whoever gives it another form.
    Export {
        /// Its number.
        number: i64,
    },
    /// Does what a visit of the link in a message would do.
    Confirm {
        /// Its number.
        number: i64,
    },
}

/// Why a message of the inbox cannot be used as asked.
#[derive(Debug, thiserror::Error)]
pub enum InboxError {
    /// No such message.
    #[error("the inbox has no message {0}: ocelot local inbox list shows what it has")]
    UnknownMessage(i64),
    /// There is nothing to confirm.
    #[error("message {0} asks for no confirmation")]
    AsksNothing(i64),
    /// The service does not take the confirmation.
    #[error("the subscription cannot be confirmed: {0}")]
    NotConfirmed(#[from] ApiError),
}

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

/// Keeps a message that cannot be sent, and returns its number. A request for a confirmation is there since it
/// was made.
pub(super) fn keep(
    session: &FolderSession<'_>,
    now_ms: i64,
    task: &Task,
) -> Result<Option<i64>, StoreError> {
    match task.message.confirmation {
        Some(_) => Ok(None),
        None => put(session, now_ms, task).map(Some),
    }
}

/// Puts a message into the inbox, and returns its number.
pub(in crate::engine) fn put(
    session: &FolderSession<'_>,
    now_ms: i64,
    task: &Task,
) -> Result<i64, StoreError> {
    let kept = Kept {
        destination: task.destination.clone(),
        message: task.message.clone(),
    };
    session.put_inbox_message(now_ms, &kept)
}

impl Engine {
    /// The newest messages of the inbox, at most `limit`, the newest first.
    pub fn inbox(&self, limit: usize) -> Result<Vec<Entry>, EngineError> {
        Ok(self.store.read(|session| session.inbox_messages(limit))?)
    }

    /// The message of the inbox with this number.
    pub fn inbox_message(&self, number: i64) -> Result<Entry, EngineError> {
        let found = self.store.read(|session| session.inbox_message(number))?;
        Ok(found.ok_or(InboxError::UnknownMessage(number))?)
    }

    /// Answers what a command asks about the inbox. The answer is JSON with kebab-case keys, but for a message
    /// that is exported.
    pub fn manage_inbox(&self, request: &InboxRequest) -> Result<Value, EngineError> {
        match request {
            InboxRequest::List { limit } => Ok(self.inbox(*limit)?.iter().map(summary).collect()),
            InboxRequest::Show { number } => Ok(shown(&self.inbox_message(*number)?)),
            InboxRequest::Export { number } => Ok(json!(self.inbox_message(*number)?)),
            InboxRequest::Confirm { number } => {
                let entry = self.inbox_message(*number)?;
                Ok(self.confirm(&entry)?)
            }
        }
    }

    /// Confirms the subscription that a message asks to confirm.
    fn confirm(&self, entry: &Entry) -> Result<Value, InboxError> {
        let message = &entry.message.message;
        let (Some(confirmation), Some(recipient)) = (&message.confirmation, &message.recipient)
        else {
            return Err(InboxError::AsksNothing(entry.id));
        };
        let operation = OperationId::Ons(Ons::GetConfirmSubscription).operation();
        let operation =
            operation.ok_or_else(|| ApiError::internal("no operation confirms a subscription"))?;
        let mut call = Call::new(operation);
        call.path.insert("id", recipient.subscription_id.clone());
        call.query.insert("token", confirmation.token.clone());
        call.query.insert("protocol", recipient.protocol.clone());
        let body = self.answer(&call)?.body.unwrap_or_default();
        Ok(json!({
            "topic-name": body["topicName"],
            "topic-id": body["topicId"],
            "endpoint": body["endpoint"],
            // The answer has the address of who asks here, the message that of who subscribed.
            "unsubscribe-url": recipient.unsubscribe_url,
            "message": body["message"],
            "subscription-id": body["subscriptionId"],
        }))
    }
}

/// A message as a line of the list.
fn summary(entry: &Entry) -> Value {
    let kept = &entry.message;
    let recipient = kept.message.recipient.as_ref();
    let confirmation = kept.message.confirmation.as_ref();
    json!({
        "number": entry.id,
        "time": rfc3339(entry.time_ms),
        "protocol": recipient.map(|recipient| &recipient.protocol),
        "to": kept.destination.endpoint(),
        "subject": kept.subject(),
        "subscription-id": recipient.map(|recipient| &recipient.subscription_id),
        "confirmation-url": confirmation.map(|confirmation| &confirmation.url),
    })
}

fn shown(entry: &Entry) -> Value {
    let mut shown = summary(entry);
    if let Some(fields) = shown.as_object_mut() {
        let topic = entry.message.message.topic.as_ref();
        fields.insert("text".to_owned(), entry.message.text().into());
        fields.insert(
            "topic-id".to_owned(),
            topic.map(|topic| topic.id.as_str()).into(),
        );
    }
    shown
}
