//! Checks signatures of requests as the services do.
//! <https://docs.oracle.com/iaas/Content/API/Concepts/signingrequests.htm>

use axum::http::{HeaderMap, Method, Uri};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::fmt::rfc2822::DateTimeParser;
use ring::digest::{SHA256, digest};

use super::Caller;
use super::authorization::Authorization;
use super::replay::{Refusal, Replays};
use crate::api::route::route;
use crate::api::streaming::Streaming;
use crate::api::{self, OperationId};
use crate::call::ApiError;
use crate::engine::Engine;

/// How far a request's date may be from the server's, in milliseconds: five minutes.
pub(super) const MOST_SKEW_MS: i64 = 5 * 60_000;

const REQUEST_TARGET: &str = "(request-target)";
const BODY_HASH: &str = "x-content-sha256";

/// What of a request is signed, or checked against what is.
#[derive(Clone, Copy, Debug)]
pub struct SignedRequest<'r> {
    /// The method.
    pub method: &'r Method,
    /// The path and query as they came; the authority, where there is one, stands for a missing `host`.
    pub uri: &'r Uri,
    /// The headers.
    pub headers: &'r HeaderMap,
    /// The whole body.
    pub body: &'r [u8],
}

/// Checks signatures, and remembers those that changed something.
pub struct Verifier {
    replays: Replays,
}

impl Default for Verifier {
    fn default() -> Self {
        Self::new()
    }
}

impl Verifier {
    /// A verifier that has seen nothing yet.
    pub fn new() -> Self {
        Self {
            replays: Replays::new(),
        }
    }

    /// Who signed a request; or 401, with what is wrong.
    ///
    /// `now_ms` is the machine's time, not the engine's: clients sign with theirs, wherever a test has set
    /// the engine's clock. A request other than GET and HEAD is good once.
    pub fn verify(
        &self,
        engine: &Engine,
        request: &SignedRequest<'_>,
        now_ms: i64,
    ) -> Result<Caller, ApiError> {
        let text = single(request.headers, "authorization").map_err(refused)?;
        let authorization = Authorization::parse(text).map_err(refused)?;
        request
            .check_signed(&authorization.headers)
            .map_err(refused)?;
        let date_ms = request.date_ms(&authorization.headers).map_err(refused)?;
        check_skew(date_ms, now_ms).map_err(refused)?;
        let message = request.message(&authorization.headers).map_err(refused)?;
        let key = engine
            .registered_key(&authorization.key_id)
            .map_err(|error| ApiError::internal(error.to_string()))?
            .ok_or_else(|| {
                refused(
                    "No key of this tenancy, user and fingerprint is registered: ocelot local key add \
                     registers one",
                )
            })?;
        if !key.verifies(&message, &authorization.signature) {
            return Err(refused(
                "The signature is not that of this request: something signed was changed on the way, or it \
                 was signed with another key",
            ));
        }
        request
            .check_body(&authorization.headers)
            .map_err(refused)?;
        if !request.only_reads() {
            let id = request.headers.get("opc-request-id");
            let id = id.map(|id| id.as_bytes());
            self.replays
                .note(&authorization.signature, id, (date_ms, now_ms))
                .map_err(replayed)?;
        }
        Ok(Caller {
            tenancy_id: authorization.key_id.tenancy_id,
            user_id: authorization.key_id.user_id,
        })
    }
}

impl SignedRequest<'_> {
    fn only_reads(&self) -> bool {
        *self.method == Method::GET || *self.method == Method::HEAD
    }

    fn carries_body(&self) -> bool {
        [Method::POST, Method::PUT, Method::PATCH].contains(self.method)
    }

    /// Whether it is the one request whose body the official SDKs leave out of the signature.
    fn puts_messages(&self) -> bool {
        let operation = OperationId::Streaming(Streaming::PutMessages);
        *self.method == Method::POST
            && route(api::operation::Method::Post, self.uri.path())
                .is_ok_and(|route| route.operation.id == operation)
    }

    /// Refuses a signature that leaves out what must be signed.
    fn check_signed(&self, signed: &[String]) -> Result<(), String> {
        let is_signed = |name: &str| signed.iter().any(|one| one == name);
        let body_headers: &[&str] = match self.carries_body() && !self.puts_messages() {
            true => &["content-length", "content-type", BODY_HASH],
            false => &[],
        };
        let needed = [REQUEST_TARGET, "host"].iter().chain(body_headers);
        let mut missing: Vec<&str> = needed.copied().filter(|name| !is_signed(name)).collect();
        if !is_signed("date") && !is_signed("x-date") {
            missing.push("date or x-date");
        }
        match missing.is_empty() {
            true => Ok(()),
            false => Err(format!(
                "The signature leaves out what a {} request must have signed: {}",
                self.method,
                missing.join(", ")
            )),
        }
    }

    /// The date that is signed, in milliseconds: `x-date` before `date`, as for clients that cannot set that.
    fn date_ms(&self, signed: &[String]) -> Result<i64, String> {
        let x_date = signed.iter().any(|name| name == "x-date");
        let name = if x_date { "x-date" } else { "date" };
        let text = single(self.headers, name)?;
        // Oracle's own examples have a date with the wrong day of the week.
        let parser = DateTimeParser::new().relaxed_weekday(true);
        let time = parser.parse_timestamp(text).map_err(|_| {
            format!(
                "The header {name} is no date as HTTP has it: Sun, 06 Nov 1994 08:49:37 GMT is one"
            )
        })?;
        Ok(time.as_millisecond())
    }

    /// The text that is signed: a line for each header.
    fn message(&self, signed: &[String]) -> Result<Vec<u8>, String> {
        let mut lines = Vec::with_capacity(signed.len());
        for name in signed {
            let value = match name.as_str() {
                REQUEST_TARGET => self.target().into_bytes(),
                name => self.header(name)?,
            };
            lines.push([name.as_bytes(), b": ", &value].concat());
        }
        Ok(lines.join(&b"\n"[..]))
    }

    fn target(&self) -> String {
        let method = self.method.as_str().to_ascii_lowercase();
        let path_and_query = self.uri.path_and_query().map_or("/", |both| both.as_str());
        format!("{method} {path_and_query}")
    }

    /// The value of a header as it is signed; several are joined.
    fn header(&self, name: &str) -> Result<Vec<u8>, String> {
        let values = self.headers.get_all(name).iter();
        let values: Vec<&[u8]> = values.map(|value| value.as_bytes().trim_ascii()).collect();
        match (values.as_slice(), name) {
            // HTTP/2 has the host in the place of its authority.
            ([], "host") => match self.uri.authority() {
                Some(authority) => Ok(authority.as_str().as_bytes().to_vec()),
                None => Err(absent(name)),
            },
            ([], _) => Err(absent(name)),
            // What a server goes by must not be open to choice.
            (
                [_, _, ..],
                "host" | "date" | "x-date" | "content-length" | "content-type" | BODY_HASH,
            ) => Err(twice(name)),
            (values, _) => Ok(values.join(&b", "[..])),
        }
    }

    /// Refuses a body that is not the one whose hash is signed.
    fn check_body(&self, signed: &[String]) -> Result<(), String> {
        let is_signed = |name: &str| signed.iter().any(|one| one == name);
        if !is_signed(BODY_HASH) {
            return match self.body.is_empty() {
                true => Ok(()),
                false if self.puts_messages() => Ok(()),
                false => Err(format!("The body is not signed: {BODY_HASH} must be")),
            };
        }
        if is_signed("content-length") {
            let length = single(self.headers, "content-length")?;
            if length.parse() != Ok(self.body.len()) {
                return Err("The body has not the length of the header content-length".to_owned());
            }
        }
        let hash = digest(&SHA256, self.body);
        let expected = BASE64_STANDARD.decode(single(self.headers, BODY_HASH)?);
        match expected.is_ok_and(|expected| expected == hash.as_ref()) {
            true => Ok(()),
            false => Err(format!(
                "The body is not the one that was signed: its SHA-256 differs from {BODY_HASH}"
            )),
        }
    }
}

fn check_skew(date_ms: i64, now_ms: i64) -> Result<(), String> {
    let behind_ms = now_ms.saturating_sub(date_ms);
    if behind_ms.unsigned_abs() <= MOST_SKEW_MS.unsigned_abs() {
        return Ok(());
    }
    let direction = if behind_ms > 0 { "behind" } else { "ahead of" };
    Err(format!(
        "The request's date is {} s {direction} the server's clock; at most 300 s are allowed. Set the \
         client's clock right",
        behind_ms.unsigned_abs() / 1000
    ))
}

/// The value of a header that must be there once.
fn single<'h>(headers: &'h HeaderMap, name: &str) -> Result<&'h str, String> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Err(absent(name)),
        (Some(_), Some(_)) => Err(twice(name)),
        (Some(value), None) => match value.to_str() {
            Ok(text) => Ok(text.trim()),
            Err(_) => Err(format!("The header {name} is not plain text")),
        },
    }
}

fn absent(name: &str) -> String {
    match name {
        "authorization" => {
            "There is no Authorization header: sign requests with a registered API key".to_owned()
        }
        name => format!("The header {name} is signed but not there"),
    }
}

fn twice(name: &str) -> String {
    format!("The header {name} is there twice")
}

/// 401 with the service's own sentence, and what is wrong.
fn refused(reason: impl AsRef<str>) -> ApiError {
    let mut reason = reason.as_ref().chars();
    let first: String = reason
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .collect();
    ApiError::new(
        401,
        "NotAuthenticated",
        format!(
            "The required information to complete authentication was not provided or was incorrect. \
             {first}{}.",
            reason.as_str()
        ),
    )
}

fn replayed(refusal: Refusal) -> ApiError {
    refused(match refusal {
        Refusal::Replayed => {
            "This very request came before: sign it anew, with a new date (or another opc-request-id within \
             the same second)"
        }
        Refusal::Forgotten => {
            "The server has had so many requests since this one was signed that it cannot tell whether it \
             came before: sign it anew"
        }
    })
}
