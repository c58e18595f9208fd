//! The little HTTP that credentials need: the trait that the transport implements, retries, and reading answers.

use std::time::Duration;

use serde_json::Value;

use super::error::AuthError;
use crate::client::Request;

/// Sends a request and waits for the whole answer. The transport bounds time and size, and follows no redirects.
pub trait Exchange: Send + Sync {
    /// Sends a request. An answer of any status is an answer.
    fn send(&self, request: &Request) -> Result<Response, ExchangeError>;

    /// Waits between two attempts.
    fn pause(&self, duration: Duration) {
        std::thread::sleep(duration);
    }
}

/// An answer.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// The first header with this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        crate::client::find_header(&self.headers, name)
    }
}

impl std::fmt::Debug for Response {
    /// Without the body: it may be a token or a key.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Response")
            .field("status", &self.status)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Why no answer came.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExchangeError {
    /// How far it got.
    pub failure: Failure,
    /// What happened, for the user.
    pub message: String,
}

/// How an exchange failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No connection was made: no such host, refused, no trust in its certificate.
    Unreachable,
    /// No connection or no answer in time.
    TimedOut,
    /// The connection broke off, or what came was not HTTP.
    Broken,
}

/// Pauses between the attempts of one exchange; there is one attempt more than pauses.
const PAUSES_MS: [u64; 3] = [250, 500, 1000];

/// More than any token or certificate chain.
const MAX_ANSWER_BYTES: usize = 1 << 20;

/// The longest message of a service that is shown, in characters.
const MAX_MESSAGE: usize = 300;

/// Asks a service for something, a few times if it says that it cannot just now.
pub(super) struct Question<'a> {
    pub(super) exchange: &'a dyn Exchange,
    /// The service, for messages.
    pub(super) service: &'static str,
    /// Whether 404 may mean "not yet", as when an instance has just started.
    pub(super) not_found_may_pass: bool,
    /// Whether a connection that fails is tried again.
    pub(super) insist: bool,
}

impl Question<'_> {
    /// Sends what `prepare` makes, for each attempt anew, until an answer of the 200s comes.
    pub(super) fn ask(
        &self,
        prepare: &dyn Fn() -> Result<Request, AuthError>,
    ) -> Result<Answer, AuthError> {
        let mut pauses = PAUSES_MS.into_iter();
        loop {
            let request = prepare()?;
            let result = self.exchange.send(&request);
            if self.may_pass(&result)
                && let Some(pause_ms) = pauses.next()
            {
                self.exchange.pause(jittered(pause_ms));
                continue;
            }
            return self.judge(request.url, result);
        }
    }

    fn may_pass(&self, result: &Result<Response, ExchangeError>) -> bool {
        match result {
            Ok(response) => match response.status {
                404 => self.not_found_may_pass,
                429 | 500 | 502..=599 => true,
                _ => false,
            },
            Err(error) => self.insist || error.failure == Failure::Broken,
        }
    }

    fn judge(
        &self,
        url: String,
        result: Result<Response, ExchangeError>,
    ) -> Result<Answer, AuthError> {
        let service = self.service;
        let response = match result {
            Ok(response) => response,
            Err(source) => {
                return Err(AuthError::NoAnswer {
                    service,
                    url,
                    source,
                });
            }
        };
        let answer = Answer {
            service,
            url,
            body: response.body,
        };
        if !(200..300).contains(&response.status) {
            return Err(AuthError::Refused {
                service,
                status: response.status,
                message: answer.message(),
                url: answer.url,
            });
        }
        if answer.body.len() > MAX_ANSWER_BYTES {
            return Err(answer.unusable("it is larger than 1 MiB"));
        }
        Ok(answer)
    }
}

fn jittered(pause_ms: u64) -> Duration {
    let random = getrandom::u32().map_or(0, u64::from);
    Duration::from_millis(pause_ms / 2 + random % (pause_ms / 2 + 1))
}

/// An answer of the 200s, and where it came from.
pub(super) struct Answer {
    service: &'static str,
    url: String,
    body: Vec<u8>,
}

impl Answer {
    /// The body as text, without the blanks around it.
    pub(super) fn text(&self) -> Result<&str, AuthError> {
        match std::str::from_utf8(&self.body).map(str::trim) {
            Ok("") => Err(self.unusable("it is empty")),
            Ok(text) => Ok(text),
            Err(_) => Err(self.unusable("it is not text")),
        }
    }

    /// A text in the body's JSON object.
    pub(super) fn field(&self, name: &str) -> Result<String, AuthError> {
        self.field_of(self.text()?, name)
    }

    /// A text in a JSON object that came in this answer.
    pub(super) fn field_of(&self, json: &str, name: &str) -> Result<String, AuthError> {
        let value: Value =
            serde_json::from_str(json).map_err(|_| self.unusable("it is not JSON"))?;
        match value.get(name).and_then(Value::as_str) {
            Some(text) if !text.trim().is_empty() => Ok(text.trim().to_owned()),
            _ => Err(self.unusable(&format!("it has no {name}"))),
        }
    }

    /// The error that this answer cannot be used. The body is not shown: it may hold half a token.
    pub(super) fn unusable(&self, reason: &str) -> AuthError {
        AuthError::BadAnswer {
            service: self.service,
            url: self.url.clone(),
            reason: reason.to_owned(),
        }
    }

    /// What a refusal says of itself: code and message, and nothing else of the body.
    fn message(&self) -> String {
        let Ok(value) = serde_json::from_slice::<Value>(&self.body) else {
            return String::new();
        };
        let parts: Vec<&str> = ["code", "message"]
            .into_iter()
            .filter_map(|name| value.get(name).and_then(Value::as_str))
            .collect();
        let letters = parts.join(": ");
        letters
            .chars()
            .filter(|c| !c.is_control())
            .take(MAX_MESSAGE)
            .collect()
    }
}
