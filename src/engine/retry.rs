//! Requests with an `opc-retry-token` act once: a repeated one gets the first answer again.
//! Source: behaviour.md 7.2.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

use super::Context;
use crate::call::{ApiError, Call, Reply};
use crate::store::Remembered;

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
pub(super) fn once(
    context: &Context<'_>,
    call: &Call,
    work: impl FnOnce() -> Result<Reply, ApiError>,
) -> Result<Reply, ApiError> {
    let token = call.headers.get(HEADER);
    let Some(token) = token.filter(|_| call.operation.takes_retry_token) else {
        return work();
    };
    let request = fingerprint(call);
    let since_ms = context.now_ms - KEPT_MS;
    if let Some(earlier) = context.store.read(|s| s.remembered(token, since_ms))? {
        return answer_again(&earlier, &request);
    }
    let reply = work()?;
    let stored = StoredReply {
        status: reply.status,
        headers: reply.headers.clone(),
        body: reply.body.clone(),
    };
    let answered = Remembered {
        request,
        reply: serde_json::to_string(&stored).unwrap_or_default(),
    };
    context
        .store
        .write(|s| s.remember(token, &answered, context.now_ms, since_ms))?;
    Ok(reply)
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
