//! Calls of the operation table, sent to a server, and its responses as Replies.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Response;
use super::compose::compose;
use super::connection::Connection;
use super::error::RemoteError;
use super::http::HttpError;
use super::messages::MessagesEndpoints;
use super::{Request, RequestIds, retry, skew};
use crate::api::OperationId;
use crate::api::operation::{Method, ReplyBody};
use crate::api::queue::Queue;
use crate::api::streaming::Streaming;
use crate::call::{ApiError, Call, Reply};
use crate::clock::{Clock, SystemClock};
use crate::profile::BaseUrl;

/// A server that Calls are sent to.
pub struct Remote {
    /// The address that paths are put behind, with the version path.
    pub address: BaseUrl,
    /// Where messages have an address of their own, which the stream or queue tells, as in the cloud: those
    /// that are known.
    pub messages: Option<MessagesEndpoints>,
    /// Sends requests.
    pub connection: Connection,
    /// Names requests.
    pub request_ids: RequestIds,
}

impl Remote {
    /// Sends a Call to where it is answered, and waits for its Reply.
    pub fn send(&self, call: &Call) -> Result<Reply, RemoteError> {
        match (&self.messages, Holder::of(call)) {
            (Some(known), Some(holder)) => self.send_to_messages(known, &holder, call),
            _ => self.send_to(&self.address, call),
        }
    }

    /// Asks for the JSON that a server has at a path which is no operation's.
    pub fn get(&self, path: &str) -> Result<Value, RemoteError> {
        let url = format!("{}{path}", self.address);
        self.connection.repeat(|| {
            let mut request = Request::new(Method::Get, url.clone());
            request.set_header("accept", "application/json");
            request.set_header("opc-request-id", self.request_ids.next());
            let response = self.connection.exchange(&request)?;
            let response = accepted(self.address.origin(), response)?;
            json_body(self.address.origin(), &response.body)
        })
    }

    /// Sends a Call about messages to where they are: as is known, or else as the stream or queue tells.
    fn send_to_messages(
        &self,
        known: &MessagesEndpoints,
        holder: &Holder,
        call: &Call,
    ) -> Result<Reply, RemoteError> {
        let server = self.address.origin();
        let remembered = known.find(server, &holder.id);
        let remembered = remembered.and_then(|url| self.endpoint(&url, call).ok());
        let mut answered = None;
        if let Some(address) = &remembered {
            let answer = self.send_to(address, call);
            if !answer.as_ref().is_err_and(may_be_elsewhere) {
                return answer;
            }
            known.forget(server, &holder.id);
            answered = Some(answer);
        }
        let url = self.ask(holder)?;
        let address = self.endpoint(&url, call)?;
        known.remember(server, &holder.id, &url);
        match answered {
            Some(answer) if remembered.as_ref() == Some(&address) => answer,
            _ => self.send_to(&address, call),
        }
    }

    /// Asks a stream or queue where its messages are.
    fn ask(&self, holder: &Holder) -> Result<String, RemoteError> {
        let reply = self.send_to(&self.address, &holder.asking)?;
        let body = reply.body.unwrap_or_default();
        let url = body.get("messagesEndpoint").and_then(Value::as_str);
        let url = url.map(str::to_owned);
        url.ok_or_else(|| self.unexpected("it tells no messagesEndpoint".to_owned()))
    }

    /// The address that a stream or queue told. What is signed for TLS is not sent without.
    fn endpoint(&self, url: &str, call: &Call) -> Result<BaseUrl, RemoteError> {
        let address = BaseUrl::given(url, call.operation.client)
            .map_err(|error| self.unexpected(error.to_string()))?;
        let is_secure = |address: &BaseUrl| address.origin().starts_with("https://");
        match is_secure(&self.address) && !is_secure(&address) {
            true => Err(self.unexpected(format!(
                "its messagesEndpoint {url} does not begin with https://"
            ))),
            false => Ok(address),
        }
    }

    fn unexpected(&self, reason: String) -> RemoteError {
        RemoteError::Unexpected {
            address: self.address.origin().to_owned(),
            reason,
        }
    }

    /// Sends a Call, again if need be.
    fn send_to(&self, address: &BaseUrl, call: &Call) -> Result<Reply, RemoteError> {
        let tokens = self.connection.retry.sends_tokens;
        let composed = compose(call, address, tokens);
        self.connection.repeat(|| {
            let mut request = composed.clone();
            request.set_header("opc-request-id", self.request_ids.next());
            answer(address, call, self.connection.exchange(&request)?)
        })
    }
}

/// What a response says.
fn answer(address: &BaseUrl, call: &Call, response: Response) -> Result<Reply, RemoteError> {
    let response = accepted(address.origin(), response)?;
    reply(address.origin(), call, response)
}

/// A response, unless it is a refusal, or leads elsewhere.
fn accepted(address: &str, response: Response) -> Result<Response, RemoteError> {
    match response.status {
        200..=299 => Ok(response),
        300..=399 => Err(RemoteError::Unexpected {
            address: address.to_owned(),
            reason: redirect(&response),
        }),
        _ => Err(RemoteError::Service(refusal(&response))),
    }
}

/// The stream or queue that a Call about messages is about.
struct Holder {
    id: String,
    /// The Call that tells where its messages are.
    asking: Call,
}

impl Holder {
    /// `None` if a Call is not about messages.
    fn of(call: &Call) -> Option<Self> {
        let (tells, wire) = match call.operation.client.name {
            "stream" => (OperationId::Streaming(Streaming::GetStream), "streamId"),
            "queue" => (OperationId::Queue(Queue::GetQueue), "queueId"),
            _ => return None,
        };
        let id = call.path.get(wire)?.clone();
        let mut asking = Call::new(tells.operation()?);
        asking.path.insert(wire, id.clone());
        Some(Self { id, asking })
    }
}

/// Whether messages may be at another address by now. Only failures in which the Call was not carried out
/// are among them, so that it can be sent there.
fn may_be_elsewhere(error: &RemoteError) -> bool {
    match error {
        RemoteError::Service(error) => error.status == 404,
        RemoteError::Http(error) => matches!(
            error,
            HttpError::Connect { .. } | HttpError::ConnectTimeout { .. } | HttpError::Tls { .. }
        ),
        _ => false,
    }
}

fn reply(address: &str, call: &Call, response: Response) -> Result<Reply, RemoteError> {
    let body = match call.operation.reply {
        // As the official command line takes it: an object without fields. A list without items is nothing.
        ReplyBody::Object(_) if response.body.is_empty() => Some(Value::Object(Map::new())),
        _ if response.body.is_empty() => None,
        ReplyBody::Text => Some(text_body(&response.body)),
        _ => Some(json_body(address, &response.body)?),
    };
    Ok(Reply {
        status: response.status,
        headers: response.headers.into_iter().collect::<BTreeMap<_, _>>(),
        body,
    })
}

/// A body that is JSON.
fn json_body(address: &str, bytes: &[u8]) -> Result<Value, RemoteError> {
    serde_json::from_slice(bytes).map_err(|error| RemoteError::Unexpected {
        address: address.to_owned(),
        reason: format!("it is not JSON ({error}): {}", beginning(bytes)),
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
