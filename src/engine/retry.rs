//! Requests with an `opc-retry-token` act once: a repeated one gets the first answer again.
//! Source: behaviour.md 7.2.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

use super::Context;
use crate::call::{ApiError, Call, Reply};
use crate::store::{Remembered, Session};

const HEADER: &str = "opc-retry-token";

/// How long a token is kept, in milliseconds: 24 hours.
const KEPT_MS: i64 = 24 * 3_600_000;

#[derive(Serialize, Deserialize)]
struct StoredReply {
    status: u16,
    headers: BTreeMap<String, String>,
    body: Option<Value>,
}

/// Answers with `work`, or with what it answered when the same token came before.
///
/// The work and the note of its answer are one change: whoever is cut off in between and asks again never
/// has it done twice. Every operation whose entry in the table takes a retry token stores through here.
pub(super) fn once(
    context: &Context<'_>,
    call: &Call,
    work: impl FnOnce(&Session<'_>) -> Result<Reply, ApiError>,
) -> Result<Reply, ApiError> {
    let token = call.headers.get(HEADER);
    if token.is_some_and(|token| token.trim().is_empty()) {
        return Err(ApiError::invalid(format!("{HEADER} is empty")));
    }
    let since_ms = context.now_ms - KEPT_MS;
    context.store.write(|session| {
        let Some(token) = token else {
            return work(session);
        };
        let request = fingerprint(call);
        if let Some(earlier) = session.remembered(token, since_ms)? {
            return answer_again(&earlier, &request);
        }
        let reply = work(session)?;
        let stored = StoredReply {
            status: reply.status,
            headers: reply.headers.clone(),
            body: reply.body.clone(),
        };
        let answered = Remembered {
            request,
            reply: serde_json::to_string(&stored).unwrap_or_default(),
        };
        session.remember(token, &answered, context.now_ms, since_ms)?;
        Ok(reply)
    })
}

fn answer_again(earlier: &Remembered, request: &str) -> Result<Reply, ApiError> {
    if earlier.request != request {
        return Err(ApiError::new(
            409,
            "InvalidatedRetryToken",
            "The retry token was used before, with another request.",
        ));
    }
    let stored: StoredReply = serde_json::from_str(&earlier.reply).map_err(|error| {
        ApiError::internal(format!("the remembered reply cannot be read: {error}"))
    })?;
    Ok(Reply {
        status: stored.status,
        headers: stored.headers,
        body: stored.body,
    })
}

fn fingerprint(call: &Call) -> String {
    let body = call.body.as_ref().map(Value::to_string).unwrap_or_default();
    format!(
        "{} {:?} {:?} {body}",
        call.operation.id, call.path, call.query
    )
}
