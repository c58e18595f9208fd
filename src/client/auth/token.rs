//! Tokens (JSON Web Tokens, RFC 7519): what they say of themselves. Whether to believe it is the services' part.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use super::error::AuthError;

/// A token and its claims.
#[derive(Clone)]
pub struct Token {
    text: SecretString,
    claims: Map<String, Value>,
}

impl Token {
    /// Reads a token. `what` names it in errors.
    pub fn parse(what: &'static str, text: &str) -> Result<Self, AuthError> {
        let text = text.trim();
        let malformed = |reason| AuthError::TokenMalformed { what, reason };
        if text.is_empty() {
            return Err(malformed("it is empty"));
        }
        let parts: Vec<&str> = text.split('.').collect();
        let [_, payload, _] = parts.as_slice() else {
            return Err(malformed(
                "it does not have the three parts of a JSON Web Token",
            ));
        };
        let payload = BASE64_URL_SAFE_NO_PAD
            .decode(payload.trim_end_matches('='))
            .map_err(|_| malformed("its claims are not base64"))?;
        let claims = serde_json::from_slice(&payload)
            .map_err(|_| malformed("its claims are not a JSON object"))?;
        Ok(Self {
            text: SecretString::from(text),
            claims,
        })
    }

    /// The key id that requests are signed under with the key that belongs to this token.
    pub(super) fn key_id(&self) -> String {
        format!("ST${}", self.text.expose_secret())
    }

    /// The token itself.
    pub(super) fn text(&self) -> &SecretString {
        &self.text
    }

    /// A claim that is text.
    pub fn claim(&self, name: &str) -> Option<&str> {
        self.claims.get(name).and_then(Value::as_str)
    }

    /// When it expires, in milliseconds since 1970; never, where it does not say.
    pub fn expires_ms(&self) -> Option<i64> {
        self.instant_ms("exp")
    }

    /// Whether it has expired.
    pub fn has_expired(&self, now_ms: i64) -> bool {
        self.expires_ms().is_some_and(|expires| now_ms >= expires)
    }

    /// When it was issued, in milliseconds since 1970.
    pub(super) fn issued_ms(&self) -> Option<i64> {
        self.instant_ms("iat")
    }

    fn instant_ms(&self, claim: &str) -> Option<i64> {
        let seconds = self.claims.get(claim)?.as_f64()?;
        // A float that is out of range becomes the nearest integer.
        Some((seconds * 1000.0) as i64)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Token")
            .field("expires_ms", &self.expires_ms())
            .finish_non_exhaustive()
    }
}
