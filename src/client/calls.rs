//! Calls of the operation table as HTTP requests, and responses as Replies.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use uuid::Uuid;

use super::http::{Http, HttpError};
use super::retry::{self, RetryPolicy};
use super::{Request, Response};
use crate::api::operation::{Method, ReplyBody};
use crate::call::{ApiError, Call, Reply};
use crate::profile::BaseUrl;

/// Lets the service see that a request is a repeated one, so that it acts once.
const RETRY_TOKEN: &str = "opc-retry-token";

/// Adds to a request what proves who sends it. It is asked again for each attempt, because a signature
/// holds the time.
pub trait Authorize {
    /// Signs a request.
    fn authorize(&self, request: &mut Request) -> Result<(), String>;
}

/// A server that Calls are sent to.
pub struct Remote {
    /// The address that paths are put behind, with the version path.
    pub address: BaseUrl,
    /// Sends requests.
    pub http: Http,
    /// How often.
    pub retry: RetryPolicy,
    /// Signs requests, where there is a key.
    pub authorize: Option<Box<dyn Authorize>>,
    /// The `opc-request-id` that the user gave.
    pub request_id: Option<String>,
}

/// Why a Call got no Reply.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// The service said no.
    #[error(transparent)]
    Service(#[from] ApiError),
    /// There was no response.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The request could not be signed.
    #[error("cannot sign the request: {0}")]
    Authorize(String),
    /// The response is not what the operation replies.
    #[error("the answer of {address} is not one of this service: {reason}")]
    Unexpected {
        /// Who was asked.
        address: String,
        /// What is wrong.
        reason: String,
    },
}

impl Remote {
    /// Sends a Call, again if need be, and waits for its Reply.
    pub fn send(&self, call: &Call) -> Result<Reply, RemoteError> {
        let request = self.request(call);
        let begun = Instant::now();
        for attempt in 1.. {
            let answer = self.attempt(&request, call);
            let Err(error) = &answer else {
                return answer;
            };
            let Some(passing) = Passing::of(error) else {
                return answer;
            };
            let random = f64::from(getrandom::u32().unwrap_or(u32::MAX)) / f64::from(u32::MAX);
            let wait = self.retry.wait(
                attempt,
                begun.elapsed(),
                passing.throttled,
                passing.retry_after,
                random,
            );
            match wait {
                Some(wait) => thread::sleep(wait),
                None => return answer,
            }
        }
        Err(RemoteError::Authorize("no attempt was made".to_owned()))
    }

    fn attempt(&self, request: &Request, call: &Call) -> Result<Reply, RemoteError> {
        let mut request = request.clone();
        if let Some(authorize) = &self.authorize {
            authorize
                .authorize(&mut request)
                .map_err(RemoteError::Authorize)?;
        }
        let response = self.http.send(&request)?;
        match response.status {
            200..=299 => reply(self.address.origin(), call, response),
            300..=399 => Err(RemoteError::Unexpected {
                address: self.address.origin().to_owned(),
                reason: redirect(&response),
            }),
            _ => Err(RemoteError::Service(refusal(&response))),
        }
    }

    /// The request of a Call, not signed yet.
    pub fn request(&self, call: &Call) -> Request {
        let mut headers = vec![
            ("accept".to_owned(), "application/json".to_owned()),
            ("content-type".to_owned(), "application/json".to_owned()),
        ];
        let params = call.headers.iter();
        headers.extend(params.map(|(name, value)| ((*name).to_owned(), value.clone())));
        let repeats = call.operation.takes_retry_token && self.retry != RetryPolicy::NONE;
        if repeats && !call.headers.contains_key(RETRY_TOKEN) {
            let token = Uuid::new_v4().simple().to_string();
            headers.push((RETRY_TOKEN.to_owned(), token));
        }
        if let Some(id) = &self.request_id {
            headers.push(("opc-request-id".to_owned(), id.clone()));
        }
        let body = call.body.as_ref().map(|body| body.to_string().into_bytes());
        Request {
            method: call.operation.method,
            url: self.url(call),
            headers,
            // A signature covers the length of a body, and so there is always one.
            body: match call.operation.method {
                Method::Post | Method::Put => Some(body.unwrap_or_default()),
                Method::Get | Method::Delete => body,
            },
        }
    }

    /// The address of a Call with its query string.
    pub fn url(&self, call: &Call) -> String {
        let mut url = format!("{}{}", self.address, call.operation.path);
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

/// A failure that may be gone a little later.
struct Passing {
    throttled: bool,
    retry_after: Option<Duration>,
}

impl Passing {
    fn of(error: &RemoteError) -> Option<Self> {
        match error {
            RemoteError::Service(error) if retry::is_passing(error.status, &error.code) => {
                Some(Self {
                    throttled: error.status == 429,
                    retry_after: error.retry_after_seconds.map(Duration::from_secs),
                })
            }
            RemoteError::Http(error) if error.is_passing() => Some(Self {
                throttled: false,
                retry_after: None,
            }),
            _ => None,
        }
    }
}

fn reply(address: &str, call: &Call, response: Response) -> Result<Reply, RemoteError> {
    let body = match call.operation.reply {
        _ if response.body.is_empty() => None,
        ReplyBody::Text => Some(text_body(&response.body)),
        _ => match serde_json::from_slice(&response.body) {
            Ok(body) => Some(body),
            Err(error) => {
                return Err(RemoteError::Unexpected {
                    address: address.to_owned(),
                    reason: format!("it is not JSON ({error}): {}", beginning(&response.body)),
                });
            }
        },
    };
    Ok(Reply {
        status: response.status,
        headers: response.headers.into_iter().collect::<BTreeMap<_, _>>(),
        body,
    })
}

/// A reply that is a string: as JSON, or bare.
fn text_body(bytes: &[u8]) -> Value {
    match serde_json::from_slice(bytes) {
        Ok(Value::String(text)) => Value::String(text),
        _ => Value::String(String::from_utf8_lossy(bytes).into_owned()),
    }
}

fn beginning(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let shown: String = text.chars().take(80).collect();
    let more = if shown.len() < text.len() { "…" } else { "" };
    format!("{}{more}", shown.escape_debug())
}

fn redirect(response: &Response) -> String {
    match response.header("location") {
        Some(location) => format!(
            "it redirects to {location}, which is not followed, because a request is signed for one host"
        ),
        None => format!("its status is {}", response.status),
    }
}

/// The error object of a refusal; what other servers answer is shown as it is.
fn refusal(response: &Response) -> ApiError {
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let field = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    let message = field("message").unwrap_or_else(|| match response.body.as_slice() {
        [] => "The service returned error code and no message".to_owned(),
        bytes => beginning(bytes),
    });
    ApiError {
        status: response.status,
        code: field("code").unwrap_or_else(|| "None".to_owned()).into(),
        message,
        request_id: response.header("opc-request-id").map(str::to_owned),
        retry_after_seconds: response
            .header("retry-after")
            .and_then(|text| text.trim().parse().ok()),
    }
}
