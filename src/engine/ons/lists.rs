//! What the lists of topics and subscriptions have in common.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::super::Context;
use super::super::listing::{Limits, Request};
use super::super::resource::ResourceKind;
use crate::call::{ApiError, Call, Reply};
use crate::store::{Filter, Order, Resource, SortBy};

/// How many items a page holds. Unconfirmed: as in the other services.
const LIMITS: Limits = Limits {
    default: 10,
    most: 50,
};

/// A page of resources by time. States are no order of their own: all that are listed are active, and
/// equal ones stand by their time.
pub(super) fn resources<D: DeserializeOwned>(
    context: &Context<'_>,
    call: &Call,
    (kind, order): (ResourceKind, Order),
    filter: &Filter<'_>,
    shown: impl Fn(&Resource<D>) -> Value,
) -> Result<Reply, ApiError> {
    let request = Request::of(call, LIMITS, ("TIMECREATED", order))?;
    let place = |resource: &Resource<D>| resource.place(SortBy::TimeCreated);
    let (items, reply) = context.store.read(|session| {
        request.fetch(place, |order, after, limit| {
            let sort = (SortBy::TimeCreated, order);
            session.resources(kind.ocid_type, filter, sort, after, limit)
        })
    })?;
    Ok(Reply {
        body: Some(items.iter().map(shown).collect()),
        ..reply
    })
}

/// Deleted resources are in no list.
pub(super) fn without_deleted() -> Filter<'static> {
    Filter {
        deleted_after_ms: Some(i64::MAX),
        ..Filter::default()
    }
}
