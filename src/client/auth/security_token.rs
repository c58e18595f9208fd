//! `security_token`: a session that a user began in the browser, with a token in a file and a key beside it.

use std::path::PathBuf;

use secrecy::ExposeSecret;
use serde_json::json;

use super::Credentials;
use super::error::{AuthError, SESSIONS};
use super::exchange::{Exchange, Question};
use super::secret_file::{self, KeySettings};
use super::session::{Renewal, Session, Sessions};
use super::token::Token;
use crate::api::operation::Method;
use crate::client::Request;
use crate::client::signing::{SignedHeaders, Signer};
use crate::clock::Clock;
use crate::profile::write_private;

const WHAT: &str = "session token";

/// Where a session's token is exchanged for a new one.
const REFRESH_PATH: &str = "/v1/authentication/refresh";

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

    /// Exchanges the token for a new one, which takes its place in the file, and returns that. `url` is the
    /// address of the authentication service. Nothing changes if it says no.
    pub fn refresh(
        &self,
        url: &str,
        exchange: &dyn Exchange,
        clock: &dyn Clock,
    ) -> Result<Token, AuthError> {
        let Session { token, key } = self.read(clock)?;
        let body = json!({ "currentToken": token.text().expose_secret() }).to_string();
        let signer = Signer::new(token.key_id(), key);
        let question = Question {
            exchange,
            service: SESSIONS,
            not_found_may_pass: false,
            insist: false,
        };
        let answer = question.ask(&|| {
            let url = format!("{}{REFRESH_PATH}", url.trim_end_matches('/'));
            let mut request = Request::new(Method::Post, url);
            request.set_header("content-type", "application/json");
            request.body = Some(body.clone().into_bytes());
            signer.sign(&mut request, clock.now_ms())?;
            Ok(request)
        })?;
        let fresh = Token::parse(WHAT, &answer.field("token")?)?;
        write_private(&self.settings.token_file, fresh.text().expose_secret())
            .map_err(|source| AuthError::NotKept { what: WHAT, source })?;
        Ok(fresh)
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
