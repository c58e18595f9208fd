//! Carrying out the effects of operations: the one place where services meet.

use std::sync::PoisonError;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::effects::{Effect, MOST_AT_ONCE, Note};
use super::streaming::STREAM;
use super::trace::{self, Hop, HopKind, HopResult, TraceParent};
use super::{Context, Engine, delivery, events, ons};
use crate::api::OperationId;
use crate::api::streaming::{self, Streaming as StreamingOperation};
use crate::call::{ApiError, Call, Origin};
use crate::clock::Clock;
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
                let key = key.as_ref().map(|key| STANDARD.encode(key));
                let message = json!({"key": key, "value": STANDARD.encode(value)});
                let placed = self.put_into_stream(&context, stream_id, vec![message])?;
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

    /// Puts messages, whose keys and values are base64, into a stream, and tells where each is.
    pub(super) fn put_into_stream(
        &self,
        context: &Context<'_>,
        stream_id: &str,
        messages: Vec<Value>,
    ) -> Result<Vec<Placed>, ApiError> {
        let operation = StreamingOperation::PutMessages;
        let mut operations = streaming::SERVICE.operations();
        let entry = operations.find(|entry| entry.id == OperationId::Streaming(operation));
        let entry = entry.ok_or_else(|| ApiError::internal("no operation puts messages"))?;
        let mut call = Call::new(entry);
        call.path.insert("streamId", stream_id.to_owned());
        call.body = Some(json!({ "messages": messages }));
        let reply = self.streaming.answer(context, operation, &call)?;
        let entries = reply.body.as_ref().and_then(|body| body.get("entries"));
        let entries = entries.and_then(Value::as_array).into_iter().flatten();
        let placed = entries.map(Placed::deserialize);
        let placed: Vec<Placed> = placed
            .collect::<Result<_, _>>()
            .map_err(|error| ApiError::internal(error.to_string()))?;
        // A disk that fails is told of the messages, and the request goes well.
        match placed
            .iter()
            .find_map(|placed| placed.error_message.clone())
        {
            Some(error) => Err(ApiError::internal(error)),
            None => Ok(placed),
        }
    }
}

/// Where a message is that was put into a stream, as the reply tells it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Placed {
    partition: Option<String>,
    offset: Option<i64>,
    error_message: Option<String>,
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
        partition: placed.partition,
        offset: placed.offset,
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
