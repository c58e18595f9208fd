//! `security_token`: a session that a user began in the browser, with a token in a file and a key beside it.

use std::path::PathBuf;

use secrecy::ExposeSecret;

use super::Credentials;
use super::error::AuthError;
use super::secret_file::{self, KeySettings};
use super::session::{Renewal, Session, Sessions};
use super::token::Token;
use crate::client::Request;
use crate::client::signing::SignedHeaders;
use crate::clock::Clock;

const WHAT: &str = "session token";

/// What a profile says of a session.
#[derive(Clone, Debug)]
pub struct SecurityTokenSettings {
    /// The file with the token (`security_token_file`).
    pub token_file: PathBuf,
    /// The session's private key.
    pub key: KeySettings,
    /// The tenancy of the profile.
    pub tenancy: Option<String>,
    /// The region of the profile.
    pub region: Option<String>,
}

/// Signs within a user's session.
#[derive(Debug)]
pub struct SecurityToken {
    settings: SecurityTokenSettings,
    sessions: Sessions,
}

impl SecurityToken {
    /// Nothing is read before the first request.
    pub fn new(settings: SecurityTokenSettings) -> Self {
        Self {
            settings,
            sessions: Sessions::new(Renewal::BeforeEnd),
        }
    }

    /// The token as it is in the file, expired or not.
    pub fn token(&self) -> Result<Token, AuthError> {
        let text = secret_file::read(WHAT, &self.settings.token_file)?;
        Token::parse(WHAT, text.expose_secret())
    }

    /// Reads token and key anew: `session refresh` may have run meanwhile.
    fn read(&self, clock: &dyn Clock) -> Result<Session, AuthError> {
        let token = self.token()?;
        if let Some(expired_ms) = token.expires_ms()
            && token.has_expired(clock.now_ms())
        {
            return Err(AuthError::TokenExpired {
                what: WHAT,
                expired_ms,
                hint: "Begin a new session with oci session authenticate.",
            });
        }
        let key = self.settings.key.read()?;
        Ok(Session { token, key })
    }
}

impl Credentials for SecurityToken {
    fn authorize(&self, request: &mut Request, clock: &dyn Clock) -> Result<(), AuthError> {
        self.sessions
            .sign(request, SignedHeaders::Usual, clock, &|| self.read(clock))
    }

    /// A new attempt helps only if another program has renewed the file.
    fn renew(&self) -> bool {
        let old = self
            .sessions
            .current()
            .map(|session| session.token.key_id());
        match (old, self.token()) {
            (Some(old), Ok(token)) if token.key_id() != old => self.sessions.drop_current(),
            _ => false,
        }
    }

    fn region(&self) -> Result<Option<String>, AuthError> {
        Ok(self.settings.region.clone())
    }

    fn tenancy(&self) -> Result<Option<String>, AuthError> {
        Ok(self.settings.tenancy.clone())
    }
}
