//! Lists: how many items a page holds, where it begins, and the tokens for the pages around it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::call::{ApiError, Call, Reply};
use crate::store::{Order, Page, Place, StoreError};

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
    place: Place,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    before: bool,
}

/// Which page of a list a call asks for.
pub(super) struct Request {
    order: Order,
    limit: usize,
    token: Option<Token>,
}

impl Request {
    /// Reads `limit`, `page` and `sortOrder`.
    pub(super) fn of(call: &Call, limits: Limits, default_order: Order) -> Result<Self, ApiError> {
        let order = match call.query_text("sortOrder") {
            Some(text) if text.eq_ignore_ascii_case("ASC") => Order::Ascending,
            Some(_) => Order::Descending,
            None => default_order,
        };
        Ok(Self {
            order,
            limit: limit(call, limits)?,
            token: call.query_text("page").map(read_token).transpose()?,
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
            reply = reply.with_header("opc-next-page", token(place(last), false));
        }
        if let Some(first) = items.first().filter(|_| has_previous) {
            reply = reply.with_header("opc-prev-page", token(place(first), true));
        }
        Ok((items, reply))
    }
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

fn token(place: Place, before: bool) -> String {
    let json = serde_json::to_vec(&Token { place, before }).unwrap_or_default();
    URL_SAFE_NO_PAD.encode(json)
}

fn read_token(text: &str) -> Result<Token, ApiError> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok();
    bytes
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .ok_or_else(|| {
            ApiError::invalid(
                "page is not a token of this list: give the opc-next-page of its last reply",
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::PlaceValue;

    #[test]
    fn tokens_read_back() {
        let place = Place {
            value: PlaceValue::Text("orders".into()),
            id: "ocid1.stream.oc1..a".into(),
        };
        let text = token(place.clone(), true);
        assert_eq!(
            read_token(&text).unwrap(),
            Token {
                place,
                before: true
            }
        );
        assert_eq!(read_token("x").unwrap_err().status, 400);
        assert_eq!(read_token("").unwrap_err().status, 400);
    }
}
