//! Calls to services over the network: requests, their signatures, and where credentials come from.
//!
//! It knows HTTP and keys, not the engine and not the commands. What is here is plain data and plain
//! functions; sending belongs to the transport, which `auth` takes as a trait.

pub mod auth;
mod calls;
mod compose;
mod connection;
mod error;
mod http;
mod messages;
mod request_id;
mod retry;
pub mod signing;
pub mod skew;
mod trace;

use std::fmt;

pub use auth::Response;
pub use calls::Remote;
pub use compose::compose;
pub use connection::Connection;
pub use error::RemoteError;
pub use http::{Http, HttpError, HttpOptions, normal_url, reason};
pub use messages::MessagesEndpoints;
pub use request_id::RequestIds;
pub use retry::RetryPolicy;
pub use trace::Trace;

use crate::api::operation::Method;

/// A request, ready to be signed and sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// Its method.
    pub method: Method,
    /// Its address, encoded as it goes on the wire: scheme, host, path and query.
    pub url: String,
    /// Its headers, in order. Names are compared without case.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Option<Vec<u8>>,
}

impl Request {
    /// A request without headers and body.
    pub fn new(method: Method, url: impl Into<String>) -> Self {
        Self {
            method,
            url: url.into(),
            headers: Vec::new(),
            body: None,
        }
    }

    /// The first header with this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        find_header(&self.headers, name)
    }

    /// Gives a header this value, in place of all that bear its name.
    pub fn set_header(&mut self, name: &str, value: impl Into<String>) {
        set_header(&mut self.headers, name, value.into());
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<_> = self
            .headers
            .iter()
            .map(|(name, value)| (name, if trace::is_secret(name) { "***" } else { value }))
            .collect();
        formatter
            .debug_struct("Request")
            .field("method", &self.method)
            .field("url", &self.url)
            .field("headers", &headers)
            .field("body_bytes", &self.body.as_ref().map(Vec::len))
            .finish()
    }
}

/// The first header with this name, compared without case.
pub fn find_header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
}

/// Gives a header this value, in place of all that bear its name.
pub fn set_header(headers: &mut Vec<(String, String)>, name: &str, value: String) {
    let same = |known: &str| known.eq_ignore_ascii_case(name);
    let place = headers.iter().position(|(known, _)| same(known));
    headers.retain(|(known, _)| !same(known));
    headers.insert(place.unwrap_or(headers.len()), (name.to_owned(), value));
}
