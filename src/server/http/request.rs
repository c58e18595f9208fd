//! From an HTTP request to a Call, by the operation table.

use std::borrow::Cow;
use std::collections::BTreeMap;

use axum::http::{HeaderMap, header};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::api::operation::{Method, Operation, Param, Place};
use crate::api::route::{NoRoute, Route, methods, route};
use crate::call::{ApiError, Call, Origin};

/// A header that is not a parameter of the table, but of every operation that takes it.
const RETRY_TOKEN: &str = "opc-retry-token";

/// The operation that a method and a path mean, with the values in the path.
pub(super) fn find<'p>(method: &axum::http::Method, path: &'p str) -> Result<Route<'p>, ApiError> {
    let known = match method.as_str() {
        "GET" => Some(Method::Get),
        "POST" => Some(Method::Post),
        "PUT" => Some(Method::Put),
        "DELETE" => Some(Method::Delete),
        _ => None,
    };
    // A method that no operation has is wrong where another would be right, and else the path is.
    let found = match known {
        Some(method) => route(method, path),
        None => match route(Method::Get, path) {
            Err(NoRoute::Path) => Err(NoRoute::Path),
            _ => Err(NoRoute::Method),
        },
    };
    found.map_err(|no_route| match no_route {
        NoRoute::Path => {
            ApiError::new(404, "NotFound", format!("No operation has the path {path}"))
        }
        NoRoute::Method => ApiError::new(
            405,
            "MethodNotAllowed",
            format!("No operation with the path {path} has the method {method}"),
        ),
    })
}

/// The methods that a path takes, as the header `Allow` lists them.
pub(super) fn allowed(path: &str) -> String {
    let names: Vec<&str> = methods(path).map(Method::as_str).collect();
    names.join(", ")
}

/// The Call of a request. Parameters that the operation does not have are let pass, as the services do.
///
/// Its body is still to be added.
pub(super) fn call(
    route: &Route<'_>,
    query: Option<&str>,
    headers: &HeaderMap,
    origin: Origin,
) -> Result<Call, ApiError> {
    let operation = route.operation;
    Ok(Call {
        operation,
        path: path_values(route)?,
        query: query_values(operation, query.unwrap_or_default()),
        headers: header_values(operation, headers)?,
        body: None,
        origin,
    })
}

fn path_values(route: &Route<'_>) -> Result<BTreeMap<&'static str, String>, ApiError> {
    let decoded = |(name, value): (&&'static str, &&str)| {
        let value = percent_decode_str(value).decode_utf8();
        match value {
            Ok(value) => Ok((*name, value.into_owned())),
            Err(_) => Err(ApiError::invalid(format!("{name} is not UTF-8"))),
        }
    };
    route.path.iter().map(decoded).collect()
}

fn query_values(operation: &'static Operation, query: &str) -> BTreeMap<&'static str, String> {
    let pairs = form_urlencoded::parse(query.as_bytes());
    let known = |(name, value): (Cow<'_, str>, Cow<'_, str>)| {
        let param = params(operation, Place::Query).find(|param| param.wire == name)?;
        Some((param.wire, value.into_owned()))
    };
    pairs.filter_map(known).collect()
}

fn header_values(
    operation: &'static Operation,
    headers: &HeaderMap,
) -> Result<BTreeMap<&'static str, String>, ApiError> {
    let names = params(operation, Place::Header).map(|param| param.wire);
    let names = names.chain(operation.takes_retry_token.then_some(RETRY_TOKEN));
    let given = names.filter_map(|name| Some((name, headers.get(name)?)));
    given
        .map(|(name, value)| match value.to_str() {
            Ok(value) => Ok((name, value.to_owned())),
            Err(_) => Err(ApiError::invalid(format!("{name} is not ASCII"))),
        })
        .collect()
}

fn params(operation: &'static Operation, place: Place) -> impl Iterator<Item = &'static Param> {
    let params = operation.params.iter();
    params.filter(move |param| param.place == place)
}

/// The body as JSON; none where the operation takes none.
pub(super) fn body(operation: &Operation, content: &[u8]) -> Result<Option<Value>, ApiError> {
    if operation.body.is_none() || content.is_empty() {
        return Ok(None);
    }
    serde_json::from_slice(content)
        .map(Some)
        .map_err(|error| ApiError::invalid(format!("Unable to parse JSON body: {error}")))
}

/// Refuses a body that says it is something else than JSON.
pub(super) fn check_type(headers: &HeaderMap, content: &[u8]) -> Result<(), ApiError> {
    if content.is_empty() {
        return Ok(());
    }
    let Some(given) = headers.get(header::CONTENT_TYPE) else {
        return Ok(());
    };
    let text = given.to_str().unwrap_or_default();
    let essence = text.split(';').next().unwrap_or_default().trim();
    match essence.eq_ignore_ascii_case("application/json") {
        true => Ok(()),
        false => Err(ApiError::new(
            415,
            "UnsupportedMediaType",
            format!("Content-Type must be application/json, not {essence}"),
        )),
    }
}
