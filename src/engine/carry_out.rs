//! Carrying out the effects of operations: the one place where services meet.

use std::sync::PoisonError;

use serde_json::Value;
use uuid::Uuid;

use super::effects::{Effect, MOST_AT_ONCE, Note};
use super::streaming::{Placed, STREAM};
use super::trace::{self, Hop, HopKind, HopResult, TraceParent};
use super::{Context, Engine, delivery, events, ons};
use crate::call::{ApiError, Origin};
use crate::clock::Clock;
use crate::log::NewRecord;
use crate::store::{NotedEffect, Resource, Session, StoreError};

impl Engine {
    /// Carries out what is noted, in the order in which it was noted, with what that causes in turn.
    ///
    /// What fails within the engine, or comes faster than is allowed, stays noted. What is refused, as a topic
    /// that is gone refuses a message, would be refused for ever, and is given up. Tells whether any stays noted.
    pub(super) fn carry_out_effects(&self) -> Result<bool, StoreError> {
        let _turn = self
            .carrying_out
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let (mut last, mut any_stays) = (0, false);
        for _ in 0..MOST_AT_ONCE {
            let Some(noted) = self.store.read(|session| session.next_effect(last))? else {
                return Ok(any_stays);
            };
            last = noted.id;
            match self.carry_out(&noted) {
                Ok(()) => {}
                Err(error) if error.status >= 500 || error.status == 429 => any_stays = true,
                Err(refusal) => self.give_up(&noted, &refusal)?,
            }
        }
        Ok(true)
    }

    /// Takes away the note of an effect that was refused. The rule that caused it tells why, and so does the trace.
    fn give_up(&self, noted: &NotedEffect<Note>, refusal: &ApiError) -> Result<(), StoreError> {
        let now_ms = self.clock.now_ms();
        let failure = (refusal.message.as_str(), now_ms);
        self.store.tenancy(&noted.tenancy_id).write(|session| {
            if let Some(action) = &noted.effect.action {
                events::note_failure(session, action, failure)?;
                events::count_delivery(session, (&self.recorder, now_ms), action, false)?;
            }
            if let Some(kind) = refused(&noted.effect.effect) {
                let hop = Hop::short(kind, HopResult::Refused, refusal.message.as_str());
                match &noted.effect.trace {
                    Some(parent) => parent.then(session, now_ms, &hop)?,
                    // Nobody else would learn of it, as of what an alarm tells a topic that is gone.
                    None => {
                        let trace_id = Uuid::new_v4().to_string();
                        TraceParent::begin(session, &trace_id, now_ms, &hop)?
                    }
                };
            }
            session.remove_effect(noted.id)
        })
    }

    /// Carries out one effect and takes its note away: in one transaction, unless it writes to a log.
    fn carry_out(&self, noted: &NotedEffect<Note>) -> Result<(), ApiError> {
        let origin = Origin {
            tenancy_id: noted.tenancy_id.clone(),
            rest_address: noted.rest_address.clone(),
            ..Origin::default()
        };
        let context = Context {
            store: self.store.tenancy(&origin.tenancy_id),
            now_ms: self.clock.now_ms(),
            origin: &origin,
            recorder: &self.recorder,
        };
        let Note { effect, trace, .. } = &noted.effect;
        let trace = trace.as_ref();
        let put = match effect {
            Effect::Put {
                stream_id,
                key,
                value,
            } => {
                let record = NewRecord {
                    key: key.as_deref().map(str::as_bytes),
                    value: Some(value.as_bytes()),
                    headers: &[],
                };
                let placed = self.streaming.put_records(&context, stream_id, &[record])?;
                Some((stream_id, placed))
            }
            Effect::Event(_) | Effect::Publish(_) | Effect::Invoke { .. } => None,
        };
        context.store.write(|session| {
            if let Some((stream_id, placed)) = put {
                for placed in placed {
                    let hop = put_hop(session, stream_id, placed)?;
                    trace::then(trace, session, context.now_ms, &hop)?;
                }
            }
            match effect {
                Effect::Event(envelope) => events::hand_on(session, &context, envelope, trace)?,
                // The message is in its log.
                Effect::Put { .. } => {}
                Effect::Publish(publication) => {
                    ons::publish(session, &context, publication, trace)?;
                }
                Effect::Invoke { function_id, body } => {
                    delivery::invoke(session, context.now_ms, (function_id, body), trace)?;
                }
            }
            if let Some(action) = &noted.effect.action {
                let now = (&self.recorder, context.now_ms);
                events::count_delivery(session, now, action, true)?;
            }
            Ok(session.remove_effect(noted.id)?)
        })
    }
}

/// What a trace tells of a message that is in a stream.
pub(super) fn put_hop(
    session: &Session<'_>,
    stream_id: &str,
    placed: Placed,
) -> Result<Hop, StoreError> {
    let stream: Option<Resource<Value>> = session.resource(STREAM.ocid_type, stream_id)?;
    let kind = HopKind::Stream {
        stream_id: stream_id.to_owned(),
        stream_name: stream.map(|stream| stream.name),
        partition: Some(placed.partition.to_string()),
        offset: Some(placed.offset),
    };
    Ok(Hop::new(kind, HopResult::Put))
}

/// What a trace tells of an effect that was refused; nothing of those that cannot be.
fn refused(effect: &Effect) -> Option<HopKind> {
    match effect {
        Effect::Put { stream_id, .. } => Some(HopKind::Stream {
            stream_id: stream_id.clone(),
            stream_name: None,
            partition: None,
            offset: None,
        }),
        Effect::Publish(publication) => Some(HopKind::Topic {
            topic_id: publication.topic_id.clone(),
            topic_name: None,
            sender: publication.sender,
            message_id: None,
            request_id: None,
        }),
        Effect::Event(_) | Effect::Invoke { .. } => None,
    }
}
