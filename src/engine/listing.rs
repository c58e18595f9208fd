//! Lists: how many items a page holds, where it begins, and the tokens for the pages around it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Context;
use super::resource::ResourceKind;
use crate::call::{ApiError, Call, Reply};
use crate::store::{Filter, Order, Page, Place, Resource, SortBy, StoreError};

/// How many items a service puts into one page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// When the caller does not say.
    pub default: usize,
    /// At most.
    pub most: usize,
}

/// A page token: a place in the list, and which side of it is meant.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Token {
    /// The list it belongs to, and what that is sorted by.
    list: String,
    place: Place,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    before: bool,
}

/// Which page of a list a call asks for.
pub(super) struct Request {
    list: String,
    order: Order,
    limit: usize,
    token: Option<Token>,
}

impl Request {
    /// Reads `limit`, `page` and `sortOrder` of a list that is sorted by `sorted_by`.
    pub(super) fn of(
        call: &Call,
        limits: Limits,
        (sorted_by, default_order): (&str, Order),
    ) -> Result<Self, ApiError> {
        let order = order_of(call.query_text("sortOrder")).unwrap_or(default_order);
        Self::ordered(call, limits, (sorted_by, order))
    }

    /// Reads `limit` and `page` of a list that is sorted so.
    pub(super) fn ordered(
        call: &Call,
        limits: Limits,
        (sorted_by, order): (&str, Order),
    ) -> Result<Self, ApiError> {
        let list = format!("{}/{sorted_by}", call.operation.id);
        Ok(Self {
            order,
            limit: limit(call, limits)?,
            token: call
                .query_text("page")
                .map(|text| read_token(text, &list))
                .transpose()?,
            list,
        })
    }

    /// Reads the page with `fetch(order, after, limit)`, and the headers that lead to its neighbors.
    ///
    /// `place` tells where in the order an item stands.
    pub(super) fn fetch<T>(
        &self,
        place: impl Fn(&T) -> Place,
        fetch: impl FnOnce(Order, Option<&Place>, usize) -> Result<Page<T>, StoreError>,
    ) -> Result<(Vec<T>, Reply), ApiError> {
        let backwards = self.token.as_ref().is_some_and(|token| token.before);
        let order = if backwards {
            self.order.reversed()
        } else {
            self.order
        };
        let after = self.token.as_ref().map(|token| &token.place);
        let Page { mut items, more } = fetch(order, after, self.limit)?;
        if backwards {
            items.reverse();
        }
        let has_next = if backwards { after.is_some() } else { more };
        let has_previous = if backwards { more } else { after.is_some() };
        let mut reply = Reply::empty(200);
        if let Some(last) = items.last().filter(|_| has_next) {
            reply = reply.with_header("opc-next-page", self.token(place(last), false));
        }
        if let Some(first) = items.first().filter(|_| has_previous) {
            reply = reply.with_header("opc-prev-page", self.token(place(first), true));
        }
        Ok((items, reply))
    }

    fn token(&self, place: Place, before: bool) -> String {
        let token = Token {
            list: self.list.clone(),
            place,
            before,
        };
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&token).unwrap_or_default())
    }
}

/// How a service lists resources that can be sorted by name or time.
pub(super) struct ByNameOrTime {
    /// How many items a page holds.
    pub limits: Limits,
    /// The word for names in `sortBy`.
    pub name: &'static str,
    /// The word for times, which are meant where nothing is said.
    pub time: &'static str,
}

impl ByNameOrTime {
    /// A page of resources, as they are shown: by name from A, or by time from the newest. The reply has the
    /// headers that lead to its neighbors.
    pub(super) fn page<D: DeserializeOwned>(
        &self,
        context: &Context<'_>,
        call: &Call,
        (kind, filter): (ResourceKind, &Filter<'_>),
        shown: impl Fn(&Resource<D>) -> Value,
    ) -> Result<(Vec<Value>, Reply), ApiError> {
        let by_name = call
            .query_text("sortBy")
            .is_some_and(|column| column.eq_ignore_ascii_case(self.name));
        let (sort_by, sorted) = match by_name {
            true => (SortBy::Name, (self.name, Order::Ascending)),
            false => (SortBy::TimeCreated, (self.time, Order::Descending)),
        };
        let request = Request::of(call, self.limits, sorted)?;
        let place = |resource: &Resource<D>| resource.place(sort_by);
        let (items, reply) = context.store.read(|session| {
            request.fetch(place, |order, after, limit| {
                session.resources(kind.ocid_type, filter, (sort_by, order), after, limit)
            })
        })?;
        Ok((items.iter().map(shown).collect(), reply))
    }
}

/// The order that a `sortOrder` asks for.
pub(super) fn order_of(text: Option<&str>) -> Option<Order> {
    text.map(|text| match text.eq_ignore_ascii_case("ASC") {
        true => Order::Ascending,
        false => Order::Descending,
    })
}

fn limit(call: &Call, limits: Limits) -> Result<usize, ApiError> {
    let Some(text) = call.query_text("limit") else {
        return Ok(limits.default);
    };
    match text.parse::<usize>() {
        Ok(limit) if (1..=limits.most).contains(&limit) => Ok(limit),
        _ => Err(ApiError::invalid(format!(
            "limit must be 1 to {}, not {text}",
            limits.most
        ))),
    }
}

/// Reads a token of the list. What a list is sorted by belongs to it; filters may change between pages.
fn read_token(text: &str, list: &str) -> Result<Token, ApiError> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok();
    bytes
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .filter(|token: &Token| token.list == list)
        .ok_or_else(|| {
            ApiError::invalid(
                "page is not a token of this list: give the opc-next-page of its last reply, and sort as before",
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::PlaceValue;

    #[test]
    fn tokens_read_back() {
        let request = Request {
            list: "ListStreams/NAME".to_owned(),
            order: Order::Ascending,
            limit: 10,
            token: None,
        };
        let place = Place {
            value: PlaceValue::Text("orders".into()),
            id: "ocid1.stream.oc1..a".into(),
        };
        let text = request.token(place.clone(), true);
        let token = read_token(&text, &request.list).unwrap();
        assert_eq!((token.place, token.before), (place, true));
        assert_eq!(
            read_token(&text, "ListStreams/TIMECREATED")
                .unwrap_err()
                .status,
            400
        );
        assert_eq!(read_token("x", &request.list).unwrap_err().status, 400);
        assert_eq!(read_token("", &request.list).unwrap_err().status, 400);
    }
}
