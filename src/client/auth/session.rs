//! Keeps a token and the key that belongs to it, and renews them in time.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::error::AuthError;
use super::token::Token;
use crate::client::Request;
use crate::client::signing::{PrivateKey, SignedHeaders, Signer};
use crate::clock::Clock;

/// How long before its end a token is renewed, as the official SDK has it: clocks differ, and requests take time.
const MARGIN_MS: i64 = 60_000;

/// When a token is renewed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Renewal {
    /// A minute before its end.
    BeforeEnd,
    /// When half its life is over.
    AtHalfLife,
}

impl Renewal {
    fn is_due(self, token: &Token, now_ms: i64) -> bool {
        let Some(expires_ms) = token.expires_ms() else {
            return false;
        };
        let margin_ms = match (self, token.issued_ms()) {
            (Self::AtHalfLife, Some(issued_ms)) => expires_ms.saturating_sub(issued_ms) / 2,
            _ => MARGIN_MS,
        };
        now_ms > expires_ms.saturating_sub(margin_ms)
    }
}

/// A token, and the key whose public half it vouches for.
#[derive(Clone)]
pub(super) struct Session {
    pub(super) token: Token,
    pub(super) key: Arc<PrivateKey>,
}

/// The session in force. One thread renews it while others wait.
pub(super) struct Sessions {
    renewal: Renewal,
    current: Mutex<Option<Arc<Session>>>,
}

impl Sessions {
    pub(super) fn new(renewal: Renewal) -> Self {
        Self {
            renewal,
            current: Mutex::new(None),
        }
    }

    /// Signs a request within the session, which `fetch` begins or renews.
    pub(super) fn sign(
        &self,
        request: &mut Request,
        headers: SignedHeaders,
        clock: &dyn Clock,
        fetch: &dyn Fn() -> Result<Session, AuthError>,
    ) -> Result<(), AuthError> {
        let session = self.get(clock, fetch)?;
        let signer = Signer::new(session.token.key_id(), Arc::clone(&session.key));
        // The clock is asked again: fetching may have taken a while.
        signer.signing(headers).sign(request, clock.now_ms())?;
        Ok(())
    }

    /// The session. When it cannot be renewed early, the old one serves until its end.
    pub(super) fn get(
        &self,
        clock: &dyn Clock,
        fetch: &dyn Fn() -> Result<Session, AuthError>,
    ) -> Result<Arc<Session>, AuthError> {
        let mut current = self.lock();
        let old = current.as_ref().map(Arc::clone);
        if let Some(session) = &old
            && !self.renewal.is_due(&session.token, clock.now_ms())
        {
            return Ok(Arc::clone(session));
        }
        match fetch() {
            Ok(session) => Ok(Arc::clone(current.insert(Arc::new(session)))),
            Err(error) => old
                .filter(|session| !session.token.has_expired(clock.now_ms()))
                .ok_or(error),
        }
    }

    /// The session in force, if one has begun.
    pub(super) fn current(&self) -> Option<Arc<Session>> {
        self.lock().as_ref().map(Arc::clone)
    }

    /// Drops the session: a service did not accept it. Says whether there was one.
    pub(super) fn drop_current(&self) -> bool {
        self.lock().take().is_some()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<Session>>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Sessions")
            .field("renewal", &self.renewal)
            .finish_non_exhaustive()
    }
}
