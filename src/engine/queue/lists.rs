//! What the lists of queues and consumer groups have in common.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::super::Context;
use super::super::listing::{Limits, Request};
use super::super::resource::{REMEMBERED_MS, ResourceKind};
use crate::call::{ApiError, Call, Reply};
use crate::store::{Filter, Order, Resource, SortBy};

/// How many items a page holds. Unconfirmed; the services' usual bounds.
pub(super) const LIMITS: Limits = Limits {
    default: 100,
    most: 1000,
};

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

/// A page of resources: by time from the newest, or by name from A. Source: behaviour.md 2.2.
pub(super) fn resources<D: DeserializeOwned>(
    context: &Context<'_>,
    call: &Call,
    kind: ResourceKind,
    filter: &Filter<'_>,
    shown: impl Fn(&Resource<D>) -> Value,
) -> Result<Reply, ApiError> {
    let by_name = call
        .query_text("sortBy")
        .is_some_and(|column| column.eq_ignore_ascii_case("displayName"));
    let (sort_by, sorted) = match by_name {
        true => (SortBy::Name, ("displayName", Order::Ascending)),
        false => (SortBy::TimeCreated, ("timeCreated", Order::Descending)),
    };
    let request = Request::of(call, LIMITS, sorted)?;
    let place = |resource: &Resource<D>| resource.place(sort_by);
    let (items, reply) = context.store.read(|session| {
        request.fetch(place, |order, after, limit| {
            session.resources(kind.ocid_type, filter, (sort_by, order), after, limit)
        })
    })?;
    let items: Vec<Value> = items.iter().map(shown).collect();
    Ok(Reply {
        body: Some(json!({ "items": items })),
        ..reply
    })
}
