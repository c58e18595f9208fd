//! Deliveries: what is to be sent where, when it is tried, and when it is given up.
//!
//! The engine sends nothing itself. It hands out what is due ([`Engine::due_deliveries`]) and is told what
//! came of it ([`Engine::finish_delivery`]); `crate::delivery` does the sending. What was handed out is under
//! a lease, so it is due again when whoever had it is gone: each delivery is made at least once. A server's
//! leases end with the server, those of a command, which has the folder only now and then, a minute later.

pub mod functions;
pub mod inbox;
mod limits;
mod schedule;
mod traced;
#[cfg(test)]
mod unfinished_tests;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

use self::functions::{Function, Run};
use super::metrics::{DELIVERED, FAILED, Subject};
use super::trace::TraceParent;
use super::{Engine, EngineError};
use crate::clock::Clock;
use crate::store::{FolderSession, NewDelivery, Session, StoreError, StoredDelivery};

pub use schedule::DEFAULT_PATIENCE_MS;

/// How long a delivery is its holder's, in milliseconds: longer than any attempt may take.
const LEASE_MS: i64 = 60_000;

/// How long an effect rests that could not be carried out, in milliseconds.
const EFFECT_PAUSE_MS: i64 = 1000;

/// Where something is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Destination {
    /// A POST to this URL, with the service's headers.
    Webhook(String),
    /// A POST to this URL in the form of Slack.
    Slack(String),
    /// A POST to this URL in the form of PagerDuty.
    PagerDuty(String),
    /// An email to this address.
    Email(String),
    /// A text message to this number, which stays in the inbox.
    Sms(String),
    /// The function with this OCID.
    Function(String),
}

impl Destination {
    /// The URL, address, number or OCID.
    pub fn endpoint(&self) -> &str {
        match self {
            Self::Webhook(endpoint)
            | Self::Slack(endpoint)
            | Self::PagerDuty(endpoint)
            | Self::Email(endpoint)
            | Self::Sms(endpoint)
            | Self::Function(endpoint) => endpoint,
        }
    }

    /// The same without what may be secret in it: of a URL, the scheme and the host.
    pub fn place(&self) -> Cow<'_, str> {
        match self {
            Self::Webhook(url) | Self::Slack(url) | Self::PagerDuty(url) => {
                place_of_url(url).map_or(Cow::Borrowed("an endpoint"), Cow::Owned)
            }
            Self::Email(endpoint) | Self::Sms(endpoint) | Self::Function(endpoint) => {
                Cow::Borrowed(endpoint)
            }
        }
    }
}

/// The scheme and host of a URL: the rest may be secret.
pub(super) fn place_of_url(url: &str) -> Option<String> {
    let url = Url::parse(url).ok().filter(Url::has_host)?;
    Some(url.origin().ascii_serialization())
}

/// The topic that a message comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topic {
    /// Its OCID.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// The subscription that a message is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    /// The subscription's OCID.
    pub subscription_id: String,
    /// Its protocol, as `EMAIL`.
    pub protocol: String,
    /// The address to ask for when it does not want any more.
    pub unsubscribe_url: String,
}

/// What lets a subscription be confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// The token.
    pub token: String,
    /// The address to ask for, which holds the token.
    pub url: String,
}

/// What is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// A UUID, the same for all subscriptions.
    pub id: String,
    /// The topic, if it comes from one.
    pub topic: Option<Topic>,
    /// The subscription, if it is for one.
    pub recipient: Option<Recipient>,
    /// The subject line of emails.
    pub title: Option<String>,
    /// The text.
    pub body: String,
    /// What it is to be answered with, if it asks for a confirmation.
    pub confirmation: Option<Confirmation>,
}

/// What is to be sent, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Where.
    pub destination: Destination,
    /// What.
    pub message: Message,
    /// Where in a trace the attempts belong; those of requests for a confirmation have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<TraceParent>,
}

/// A delivery that is due, for its holder to make.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// Its number.
    pub id: i64,
    /// What to send, and where.
    pub task: Task,
    /// The function to run, where it goes to one that this engine has.
    pub function: Option<Function>,
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It has arrived.
    Delivered,
    /// There is no way to the person from here: the message goes to the inbox.
    KeptInInbox,
    /// It has not arrived, for this reason.
    Failed(String),
}

/// What becomes of a delivery after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing: it is done, or its subscription is gone.
    Done,
    /// It is tried again at this time, in milliseconds.
    At(i64),
    /// It is given up.
    GivenUp,
}

impl Engine {
    /// Deliveries that are due, at most `limit`, and one for each endpoint. They are the caller's for a
    /// minute; until then, or until it finishes them, nothing else is handed out for these endpoints.
    pub fn due_deliveries(&self, limit: usize) -> Result<Vec<Delivery>, EngineError> {
        let now_ms = self.clock.now_ms();
        let lease_ms = (now_ms, now_ms + LEASE_MS);
        let holder = self.holder.as_deref();
        self.store.write(|session| {
            let mut handed_out = Vec::new();
            for stored in session.lease_due_deliveries(lease_ms, holder, limit)? {
                let task: Task = stored.task;
                let counted = limits::count_attempt(&self.strictness, &task.destination, now_ms);
                if let Err(throttled) = counted {
                    // Nobody has it, and so the endpoint rests.
                    session.lease_delivery(stored.id, now_ms + throttled.wait_ms(), None)?;
                    continue;
                }
                let function = match &task.destination {
                    Destination::Function(id) => session.function(id)?,
                    _ => None,
                };
                handed_out.push(Delivery {
                    id: stored.id,
                    task,
                    function,
                });
            }
            Ok(handed_out)
        })
    }

    /// Takes note of what came of a delivery, and of the run of a function, with the function's OCID, if one was
    /// run for it.
    pub fn finish_delivery(
        &self,
        id: i64,
        outcome: &Outcome,
        run: Option<(&str, &Run)>,
    ) -> Result<Next, EngineError> {
        let now_ms = self.clock.now_ms();
        self.store.write(|session| {
            if let Some((function_id, run)) = run {
                session.put_function_run(function_id, run)?;
            }
            let Some(stored) = session.delivery::<Task>(id)? else {
                return Ok(Next::Done);
            };
            let mut inbox_number = None;
            let next = match outcome {
                Outcome::Delivered => Next::Done,
                Outcome::KeptInInbox => {
                    inbox_number = inbox::keep(session, now_ms, &stored.task)?;
                    Next::Done
                }
                Outcome::Failed(_) => {
                    schedule::next_attempt_ms(&stored, now_ms).map_or(Next::GivenUp, Next::At)
                }
            };
            match next {
                Next::At(due_ms) => session.put_back_delivery(id, attempt(&stored), due_ms)?,
                Next::Done | Next::GivenUp => session.remove_delivery(id)?,
            }
            let attempted = traced::Attempted {
                outcome,
                next,
                inbox_number,
                run,
            };
            traced::attempted(session, now_ms, &stored, &attempted)?;
            self.count_message(&stored.task.message, (outcome, next), now_ms);
            Ok(next)
        })
    }

    /// Counts a message of a topic that has arrived, or never will.
    fn count_message(&self, message: &Message, (outcome, next): (&Outcome, Next), now_ms: i64) {
        let (Some(topic), Some(recipient)) = (&message.topic, &message.recipient) else {
            return;
        };
        // Requests for a confirmation are no messages that anybody published.
        if message.confirmation.is_some() {
            return;
        }
        let names = [
            ("endpointType", recipient.protocol.as_str()),
            ("topicDisplayName", &topic.name),
        ];
        let failed = [
            names[0],
            ("subscriptionId", &recipient.subscription_id),
            names[1],
        ];
        let subject = Subject::of(&topic.id, now_ms);
        let bytes = message.title.as_deref().map_or(0, str::len) + message.body.len();
        match (outcome, next) {
            (Outcome::Delivered | Outcome::KeptInInbox, _) => {
                self.recorder
                    .message(&DELIVERED, &subject.with(&names), bytes);
            }
            (Outcome::Failed(_), Next::GivenUp) => {
                self.recorder
                    .message(&FAILED, &subject.with(&failed), bytes);
            }
            (Outcome::Failed(_), _) => {}
        }
    }

    /// How long until something is due, in milliseconds of the engine's clock: 0 when something is. When it may
    /// have become sooner, [`Changes::DELIVERIES`](super::Changes::DELIVERIES) is told.
    ///
    /// Effects that are noted and not carried out yet are carried out first, so that those are not left that no
    /// call follows. Where that does not go well, they are worth another look soon.
    pub fn next_delivery_in_ms(&self) -> Result<Option<i64>, EngineError> {
        let any_stays = self.carry_out_effects()?;
        let now_ms = self.clock.now_ms();
        let next_ms = self
            .store
            .read(|session| session.next_delivery_ms(now_ms, self.holder.as_deref()))?;
        let next_in_ms = next_ms.map(|next_ms| (next_ms - now_ms).max(0));
        let again_in_ms = any_stays.then_some(EFFECT_PAUSE_MS);
        Ok(next_in_ms.into_iter().chain(again_in_ms).min())
    }

    /// How many deliveries have not arrived yet.
    pub fn count_deliveries(&self) -> Result<i64, EngineError> {
        Ok(self.store.read(|session| session.count_deliveries())?)
    }
}

/// Which attempt at a delivery the one is that comes next, or is under way; the first is 1.
fn attempt<T>(delivery: &StoredDelivery<T>) -> u32 {
    delivery.attempts.saturating_add(1)
}

/// Puts a task into the outbox, to be tried for so long.
pub(super) fn enqueue(
    session: &Session<'_>,
    now_ms: i64,
    task: &Task,
    patience_ms: i64,
) -> Result<(), StoreError> {
    let recipient = task.message.recipient.as_ref();
    session.put_into_outbox(&NewDelivery {
        subscription_id: recipient.map(|recipient| recipient.subscription_id.as_str()),
        lane: task.destination.endpoint(),
        task,
        due_ms: now_ms,
        patience_ms,
    })
}

/// The same, with what comes of it in a trace: that of `parent`, or else one of its own.
pub(super) fn enqueue_traced(
    session: &Session<'_>,
    now_ms: i64,
    mut task: Task,
    patience_ms: i64,
    parent: Option<&TraceParent>,
) -> Result<(), StoreError> {
    task.trace = Some(traced::queued(session, now_ms, &task, parent)?);
    enqueue(session, now_ms, &task, patience_ms)
}

/// Takes what is on its way to a subscription out of the outbox, for this reason.
pub(super) fn drop_deliveries(
    session: &FolderSession<'_>,
    now_ms: i64,
    subscription_id: &str,
    reason: &str,
) -> Result<(), StoreError> {
    let dropped: Vec<StoredDelivery<Task>> = session.take_deliveries_of(subscription_id)?;
    dropped
        .iter()
        .try_for_each(|delivery| traced::dropped(session, now_ms, delivery, reason))
}

/// Has a function run. The call has a trace of its own where it belongs to none.
pub(super) fn invoke(
    session: &Session<'_>,
    now_ms: i64,
    (function_id, body): (&str, &str),
    parent: Option<&TraceParent>,
) -> Result<(), StoreError> {
    let task = Task {
        destination: Destination::Function(function_id.to_owned()),
        message: Message {
            id: Uuid::new_v4().to_string(),
            topic: None,
            recipient: None,
            title: None,
            body: body.to_owned(),
            confirmation: None,
        },
        trace: None,
    };
    enqueue_traced(session, now_ms, task, DEFAULT_PATIENCE_MS, parent)
}
