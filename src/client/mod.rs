//! Calls over HTTP: from a Call to a signed request, and from the response to a Reply.
//!
//! It knows the operation table and settings, and nothing of the engine or of how replies are printed.

mod calls;
mod error;
mod http;
mod retry;
mod trace;

pub use calls::{Authorize, Remote};
pub use error::RemoteError;
pub use http::{Http, HttpError, HttpOptions};
pub use retry::RetryPolicy;
pub use trace::Trace;

use crate::api::operation::Method;

/// An HTTP request, as data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The whole address, with its query string.
    pub url: String,
    /// Headers in the order they are sent, by lower-case name.
    pub headers: Vec<(String, String)>,
    /// The body, if there is one.
    pub body: Option<Vec<u8>>,
}

/// An HTTP response, as data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// Headers by lower-case name.
    pub headers: Vec<(String, String)>,
    /// The body, as it came.
    pub body: Vec<u8>,
}

impl Response {
    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}
