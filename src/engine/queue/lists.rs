//! What the lists of queues and consumer groups have in common.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::super::Context;
use super::super::listing::{ByNameOrTime, Limits};
use super::super::resource::{REMEMBERED_MS, ResourceKind};
use crate::call::{ApiError, Call, Reply};
use crate::store::{Filter, Resource};

/// How many items a page holds. Unconfirmed; the services' usual bounds.
pub(super) const LIMITS: Limits = Limits {
    default: 100,
    most: 1000,
};

/// Source: behaviour.md 2.2.
const SORTED: ByNameOrTime = ByNameOrTime {
    limits: LIMITS,
    name: "displayName",
    time: "timeCreated",
};

/// Refuses a list that has none of the parameters by one of which it has to be narrowed.
pub(super) fn check_narrowed(call: &Call, by: [&str; 2]) -> Result<(), ApiError> {
    match by.iter().any(|name| call.query_text(name).is_some()) {
        true => Ok(()),
        false => {
            let [first, second] = by;
            Err(ApiError::missing(format!(
                "{first} or {second} is missing: one of them tells what to list"
            )))
        }
    }
}

/// The filters that all lists of Queue take.
pub(super) fn common_filter<'c>(context: &Context<'_>, call: &'c Call) -> Filter<'c> {
    Filter {
        id: call.query_text("id"),
        name: call.query_text("displayName"),
        state: call.query_text("lifecycleState"),
        deleted_after_ms: Some(context.now_ms - REMEMBERED_MS),
        ..Filter::default()
    }
}

/// A page of resources.
pub(super) fn resources<D: DeserializeOwned>(
    context: &Context<'_>,
    call: &Call,
    kind: ResourceKind,
    filter: &Filter<'_>,
    shown: impl Fn(&Resource<D>) -> Value,
) -> Result<Reply, ApiError> {
    let (items, reply) = SORTED.page(context, call, (kind, filter), shown)?;
    Ok(Reply {
        body: Some(json!({ "items": items })),
        ..reply
    })
}
