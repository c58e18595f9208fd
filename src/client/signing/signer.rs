//! Signs requests.

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use ring::digest::SHA256;

use super::error::SignError;
use super::key::PrivateKey;
use super::target::{Target, check_headers};
use crate::api::operation::Method;
use crate::client::{Request, find_header, set_header};

/// Signed on requests that carry a body.
const BODY_HEADERS: [&str; 3] = ["content-length", "content-type", "x-content-sha256"];

/// Which headers are signed on every request, in this order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SignedHeaders {
    /// `date (request-target) host`: what the services want.
    #[default]
    Usual,
    /// The usual ones and `opc-obo-token`, for requests on behalf of a user.
    WithDelegation,
    /// `date (request-target)`: what the federation service gets from the official SDK.
    WithoutHost,
}

impl SignedHeaders {
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Usual => &["date", "(request-target)", "host"],
            Self::WithDelegation => &["date", "(request-target)", "host", "opc-obo-token"],
            Self::WithoutHost => &["date", "(request-target)"],
        }
    }
}

/// Signs requests with one key.
#[derive(Clone)]
pub struct Signer {
    key_id: String,
    key: Arc<PrivateKey>,
    headers: SignedHeaders,
}

impl Signer {
    /// A signer whose key the services know under this id: `tenancy/user/fingerprint`, or `ST$` and a token.
    pub fn new(key_id: impl Into<String>, key: Arc<PrivateKey>) -> Self {
        Self {
            key_id: key_id.into(),
            key,
            headers: SignedHeaders::Usual,
        }
    }

    /// The same signer, for other headers.
    #[must_use]
    pub fn signing(mut self, headers: SignedHeaders) -> Self {
        self.headers = headers;
        self
    }

    /// The key it signs with.
    pub fn key(&self) -> &Arc<PrivateKey> {
        &self.key
    }

    /// Signs a request, and adds the headers that a signature needs.
    ///
    /// Added where missing: `date`, `host`, `content-type: application/json`, and for methods with a body
    /// `x-content-sha256`. `content-length` becomes the body's own. A request with `x-date` has that signed
    /// in place of `date`, since the services then go by it. All else is left as it is. A request that
    /// cannot be signed is not changed.
    pub fn sign(&self, request: &mut Request, now_ms: i64) -> Result<(), SignError> {
        check_headers(request)?;
        let quotable = |byte: u8| byte.is_ascii_graphic() && byte != b'"';
        if !self.key_id.bytes().all(quotable) {
            return Err(SignError::KeyId);
        }
        let target = Target::of(&request.url)?;
        let mut headers = request.headers.clone();
        complete(&mut headers, request, target.host, now_ms)?;
        let names = self.names(request.method, &headers);
        let message = message(&names, &headers, request.method, &target)?;
        let signature = BASE64_STANDARD.encode(self.key.sign(message.as_bytes())?);
        let authorization = format!(
            r#"Signature algorithm="rsa-sha256",headers="{}",keyId="{}",signature="{signature}",version="1""#,
            names.join(" "),
            self.key_id,
        );
        set_header(&mut headers, "authorization", authorization);
        request.headers = headers;
        Ok(())
    }

    /// The names of the headers to sign, in their order.
    fn names(&self, method: Method, headers: &[(String, String)]) -> Vec<&'static str> {
        let mut names = self.headers.names().to_vec();
        if method.carries_body() {
            names.extend(BODY_HEADERS);
        }
        if find_header(headers, "x-date").is_some() {
            for name in names.iter_mut().filter(|name| **name == "date") {
                *name = "x-date";
            }
        }
        names
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key_id = match self.key_id.starts_with("ST$") {
            true => "ST$***",
            false => &self.key_id,
        };
        formatter
            .debug_struct("Signer")
            .field("key_id", &key_id)
            .field("key", &self.key)
            .field("headers", &self.headers)
            .finish()
    }
}

/// Adds the headers that a signature needs.
fn complete(
    headers: &mut Vec<(String, String)>,
    request: &Request,
    host: &str,
    now_ms: i64,
) -> Result<(), SignError> {
    if find_header(headers, "date").is_none() && find_header(headers, "x-date").is_none() {
        set_header(headers, "date", http_date(now_ms)?);
    }
    let mut add = |name: &str, value: &dyn Fn() -> String| {
        if find_header(headers, name).is_none() {
            set_header(headers, name, value());
        }
    };
    add("host", &|| host.to_owned());
    add("content-type", &|| "application/json".to_owned());
    if request.method.carries_body() {
        let body = request.body.as_deref().unwrap_or_default();
        add("x-content-sha256", &|| {
            BASE64_STANDARD.encode(ring::digest::digest(&SHA256, body))
        });
        set_header(headers, "content-length", body.len().to_string());
    }
    Ok(())
}

/// A date as HTTP has it (RFC 9110, 5.6.7).
fn http_date(now_ms: i64) -> Result<String, SignError> {
    Timestamp::from_millisecond(now_ms)
        .and_then(|time| DateTimePrinter::new().timestamp_to_rfc9110_string(&time))
        .map_err(|_| SignError::Time(now_ms))
}

/// The text that is signed: a line a header (draft-cavage-http-signatures-08, 2.3).
fn message(
    names: &[&str],
    headers: &[(String, String)],
    method: Method,
    target: &Target<'_>,
) -> Result<String, SignError> {
    let mut lines = Vec::with_capacity(names.len());
    for name in names {
        if *name == "(request-target)" {
            let method = method.as_str().to_ascii_lowercase();
            lines.push(format!("{name}: {method} {}", target.path_and_query));
            continue;
        }
        let mut values = headers
            .iter()
            .filter(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim());
        let value = values.next().unwrap_or_default();
        if values.next().is_some() {
            return Err(SignError::HeaderTwice((*name).to_owned()));
        }
        lines.push(format!("{name}: {value}"));
    }
    Ok(lines.join("\n"))
}
