//! A Call as a request, before it is signed.

use uuid::Uuid;

use super::Request;
use crate::call::Call;
use crate::profile::BaseUrl;

/// Lets the service see that a request is a repeated one, so that it acts once.
pub(super) const RETRY_TOKEN: &str = "opc-retry-token";

/// The request of a Call to the server at `address`, not signed yet.
///
/// With `sends_retry_tokens`, what creates something gets a
/// token of its own, unless the Call has one.
pub fn compose(call: &Call, address: &BaseUrl, sends_retry_tokens: bool) -> Request {
    let mut headers = vec![
        ("accept".to_owned(), "application/json".to_owned()),
        ("content-type".to_owned(), "application/json".to_owned()),
    ];
    let params = call.headers.iter();
    headers.extend(params.map(|(name, value)| ((*name).to_owned(), value.clone())));
    let repeats = call.operation.takes_retry_token && sends_retry_tokens;
    if repeats && !call.headers.contains_key(RETRY_TOKEN) {
        let token = Uuid::new_v4().simple().to_string();
        headers.push((RETRY_TOKEN.to_owned(), token));
    }
    let method = call.operation.method;
    let body = call.body.as_ref().map(|body| body.to_string().into_bytes());
    Request {
        method,
        url: url(address, call),
        headers,
        // A signature covers the length of a body, and so there is always one.
        body: match method.carries_body() {
            true => Some(body.unwrap_or_default()),
            false => body,
        },
    }
}

/// The address of a Call with its query string.
fn url(address: &BaseUrl, call: &Call) -> String {
    let mut url = format!("{}{}", address, call.operation.path);
    for (name, value) in &call.path {
        url = url.replace(&format!("{{{name}}}"), &percent(value));
    }
    let query: Vec<String> = call
        .query
        .iter()
        .map(|(name, value)| format!("{}={}", percent(name), percent(value)))
        .collect();
    if !query.is_empty() {
        url = format!("{url}?{}", query.join("&"));
    }
    url
}

/// Percent-encodes all but the characters that are never special in an address.
fn percent(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
