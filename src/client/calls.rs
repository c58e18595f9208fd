//! Calls of the operation table as HTTP requests, and responses as Replies.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Map, Value};
use uuid::Uuid;

use super::auth::Credentials;
use super::error::RemoteError;
use super::http::Http;
use super::retry::{self, RetryPolicy};
use super::trace::{self, Trace};
use super::{Request, Response, skew};
use crate::api::OperationId;
use crate::api::operation::{Method, ReplyBody};
use crate::api::queue::Queue;
use crate::api::streaming::Streaming;
use crate::call::{ApiError, Call, Reply};
use crate::clock::{Clock, SystemClock};
use crate::profile::BaseUrl;

/// Lets the service see that a request is a repeated one, so that it acts once.
pub(super) const RETRY_TOKEN: &str = "opc-retry-token";

/// A server that Calls are sent to.
pub struct Remote {
    /// The address that paths are put behind, with the version path.
    pub address: BaseUrl,
    /// Whether messages have an address of their own, which the stream or queue tells. In the cloud they do.
    pub asks_for_messages_endpoint: bool,
    /// Sends requests.
    pub http: Http,
    /// How often.
    pub retry: RetryPolicy,
    /// Signs requests, where there is something to sign with.
    pub credentials: Option<Box<dyn Credentials>>,
    /// The `opc-request-id` that the user gave.
    pub request_id: Option<String>,
    /// Who is shown what is sent and what comes back.
    pub trace: Option<Trace>,
}

impl Remote {
    /// Sends a Call to where it is answered, and waits for its Reply.
    pub fn send(&self, call: &Call) -> Result<Reply, RemoteError> {
        match messages_of(call).filter(|_| self.asks_for_messages_endpoint) {
            Some(holder) => self.send_to(&self.messages_endpoint(&holder, call)?, call),
            None => self.send_to(&self.address, call),
        }
    }

    /// Asks the stream or queue of a Call where its messages are.
    fn messages_endpoint(&self, holder: &Call, call: &Call) -> Result<BaseUrl, RemoteError> {
        let reply = self.send_to(&self.address, holder)?;
        let body = reply.body.unwrap_or_default();
        let unexpected = |reason: String| RemoteError::Unexpected {
            address: self.address.origin().to_owned(),
            reason,
        };
        let Some(url) = body.get("messagesEndpoint").and_then(Value::as_str) else {
            return Err(unexpected("it tells no messagesEndpoint".to_owned()));
        };
        BaseUrl::given(url, call.operation.client).map_err(|error| unexpected(error.to_string()))
    }

    /// Sends a Call, again if need be.
    fn send_to(&self, address: &BaseUrl, call: &Call) -> Result<Reply, RemoteError> {
        let request = self.request(address, call);
        let begun = Instant::now();
        for attempt in 1.. {
            let answer = self.attempt(address, &request, call);
            let Err(error) = &answer else {
                return answer;
            };
            if attempt == 1 && is_unknown(error) && self.renews() {
                continue;
            }
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
                Some(wait) => self.pause(wait, error),
                None => return answer,
            }
        }
        Err(RemoteError::NoAttempt)
    }

    /// Whether new credentials may be taken where the ones that were sent are not.
    fn renews(&self) -> bool {
        let credentials = self.credentials.as_ref();
        credentials.is_some_and(|credentials| credentials.renew())
    }

    fn pause(&self, wait: Duration, reason: &RemoteError) {
        if let Some(trace) = self.trace {
            trace(&format!("* {reason}: again in {:.1} s", wait.as_secs_f64()));
        }
        thread::sleep(wait);
    }

    fn attempt(
        &self,
        address: &BaseUrl,
        request: &Request,
        call: &Call,
    ) -> Result<Reply, RemoteError> {
        let mut request = request.clone();
        // Dates in signatures have whole seconds: a server that takes none twice tells attempts of one second
        // apart by their ids.
        if self.request_id.is_none() {
            request.set_header("opc-request-id", Uuid::new_v4().simple().to_string());
        }
        if let Some(credentials) = &self.credentials {
            credentials.authorize(&mut request, &SystemClock)?;
        }
        if let Some(trace) = self.trace {
            trace::request(trace, &request);
        }
        let response = self.http.send(&request)?;
        if let Some(trace) = self.trace {
            trace::response(trace, &response);
        }
        match response.status {
            200..=299 => reply(address.origin(), call, response),
            300..=399 => Err(RemoteError::Unexpected {
                address: address.origin().to_owned(),
                reason: redirect(&response),
            }),
            _ => Err(RemoteError::Service(refusal(&response))),
        }
    }

    /// The request of a Call, not signed yet.
    fn request(&self, address: &BaseUrl, call: &Call) -> Request {
        let mut headers = vec![
            ("accept".to_owned(), "application/json".to_owned()),
            ("content-type".to_owned(), "application/json".to_owned()),
        ];
        let params = call.headers.iter();
        headers.extend(params.map(|(name, value)| ((*name).to_owned(), value.clone())));
        let repeats = call.operation.takes_retry_token && self.retry.sends_tokens;
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
            url: url(address, call),
            headers,
            // A signature covers the length of a body, and so there is always one.
            body: match call.operation.method {
                Method::Post | Method::Put => Some(body.unwrap_or_default()),
                Method::Get | Method::Delete => body,
            },
        }
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

/// The Call that tells where the messages are that this Call is about; `None` if it is not about any.
fn messages_of(call: &Call) -> Option<Call> {
    let (holder, wire) = match call.operation.client.name {
        "stream" => (OperationId::Streaming(Streaming::GetStream), "streamId"),
        "queue" => (OperationId::Queue(Queue::GetQueue), "queueId"),
        _ => return None,
    };
    let mut asking = Call::new(holder.operation()?);
    asking.path.insert(wire, call.path.get(wire)?.clone());
    Some(asking)
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

/// Whether the service does not know who is asking.
fn is_unknown(error: &RemoteError) -> bool {
    matches!(error, RemoteError::Service(error) if error.status == 401)
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
        // As the official command line takes it: an object without fields. A list without items is nothing.
        ReplyBody::Object(_) if response.body.is_empty() => Some(Value::Object(Map::new())),
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
    let now_ms = SystemClock.now_ms();
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
            .and_then(|text| retry::seconds_to_wait(text, now_ms)),
        clock_ahead_ms: skew::ahead_ms(response.header("date"), now_ms),
    }
}
