//! Carrying out the effects of operations: the one place where services meet.

use std::sync::PoisonError;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::effects::{Effect, MOST_AT_ONCE, Note};
use super::{Context, Engine, delivery, events, ons};
use crate::api::OperationId;
use crate::api::streaming::{self, Streaming as StreamingOperation};
use crate::call::{ApiError, Call, Origin};
use crate::clock::Clock;
use crate::store::{NotedEffect, StoreError};

impl Engine {
    /// Carries out what is noted, in the order in which it was noted, with what that causes in turn.
    ///
    /// What fails within the engine, or comes faster than is allowed, stays noted. What is refused, as a topic
    /// that is gone refuses a message, would be refused for ever, and is given up.
    pub(super) fn carry_out_effects(&self) -> Result<(), StoreError> {
        let _turn = self
            .carrying_out
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let mut last = 0;
        for _ in 0..MOST_AT_ONCE {
            let Some(noted) = self.store.read(|session| session.next_effect(last))? else {
                break;
            };
            last = noted.id;
            match self.carry_out(&noted) {
                Ok(()) => {}
                Err(error) if error.status >= 500 || error.status == 429 => {}
                Err(refusal) => self.give_up(&noted, &refusal)?,
            }
        }
        Ok(())
    }

    /// Takes away the note of an effect that was refused. The rule that caused it tells why.
    fn give_up(&self, noted: &NotedEffect<Note>, refusal: &ApiError) -> Result<(), StoreError> {
        let failure = (refusal.message.as_str(), self.clock.now_ms());
        self.store.tenancy(&noted.tenancy_id).write(|session| {
            if let Some(action) = &noted.effect.action {
                events::note_failure(session, action, failure)?;
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
        };
        let effect = &noted.effect.effect;
        if let Effect::Put {
            stream_id,
            key,
            value,
        } = effect
        {
            let key = key.as_ref().map(|key| STANDARD.encode(key));
            let message = json!({"key": key, "value": STANDARD.encode(value)});
            self.put_into_stream(&context, stream_id, vec![message])?;
        }
        context.store.write(|session| {
            match effect {
                Effect::Event(envelope) => events::hand_on(session, &context, envelope)?,
                // The message is in its log.
                Effect::Put { .. } => {}
                Effect::Publish(publication) => {
                    ons::publish(session, &context, publication)?;
                }
                Effect::Invoke { function_id, body } => {
                    delivery::invoke(session, context.now_ms, function_id, body)?;
                }
            }
            Ok(session.remove_effect(noted.id)?)
        })
    }

    /// Puts messages, whose keys and values are base64, into a stream.
    pub(super) fn put_into_stream(
        &self,
        context: &Context<'_>,
        stream_id: &str,
        messages: Vec<Value>,
    ) -> Result<(), ApiError> {
        let operation = StreamingOperation::PutMessages;
        let mut operations = streaming::SERVICE.operations.iter();
        let entry = operations.find(|entry| entry.id == OperationId::Streaming(operation));
        let entry = entry.ok_or_else(|| ApiError::internal("no operation puts messages"))?;
        let mut call = Call::new(entry);
        call.path.insert("streamId", stream_id.to_owned());
        call.body = Some(json!({ "messages": messages }));
        let reply = self.streaming.answer(context, operation, &call)?;
        // A disk that fails is told of the messages, and the request goes well.
        let entries = reply.body.as_ref().and_then(|body| body.get("entries"));
        let mut entries = entries.and_then(Value::as_array).into_iter().flatten();
        match entries.find_map(|entry| entry.get("errorMessage")?.as_str()) {
            Some(error) => Err(ApiError::internal(error)),
            None => Ok(()),
        }
    }
}
