//! Why there are no credentials: what was tried, what came of it, and what to do next.
//!
//! No message holds a token, a key or a passphrase.

use std::io;
use std::path::PathBuf;

use super::exchange::{ExchangeError, Failure};
use crate::client::signing::{KeyError, SignError};
use crate::clock;
use crate::profile::ProfileError;

/// Why a request cannot be given credentials.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthError {
    /// A private key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A request cannot be signed.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// A setting that the kind needs is not there.
    #[error("{kind} authentication needs {setting}, which is not set")]
    MissingSetting {
        /// The kind, as `--auth` has it.
        kind: &'static str,
        /// The setting or variable.
        setting: String,
    },
    /// A setting has a value that is not supported.
    #[error("{setting} is {value:?}, which is not supported")]
    UnsupportedSetting {
        /// The setting or variable.
        setting: &'static str,
        /// Its value.
        value: String,
        /// What to do.
        hint: &'static str,
    },
    /// A file with a token cannot be read.
    #[error("cannot read the {what} in {path}")]
    File {
        /// What it holds.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A token is not one.
    #[error("the {what} is not a token: {reason}")]
    TokenMalformed {
        /// The token.
        what: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A token has expired.
    #[error("the {what} expired at {}", clock::rfc3339(*expired_ms))]
    TokenExpired {
        /// The token.
        what: &'static str,
        /// When, in milliseconds since 1970.
        expired_ms: i64,
        /// What to do.
        hint: &'static str,
    },
    /// A file with a new token cannot be written.
    #[error("cannot keep the new {what}: {source}")]
    NotKept {
        /// What was to be written.
        what: &'static str,
        /// Why.
        #[source]
        source: ProfileError,
    },
    /// A service that gives out credentials was not reached.
    #[error("the {service} at {url} gave no answer")]
    NoAnswer {
        /// The service.
        service: &'static str,
        /// The address tried.
        url: String,
        /// Why.
        #[source]
        source: ExchangeError,
    },
    /// A service that gives out credentials refused to.
    #[error("the {service} at {url} answered {status}{}", said(.message))]
    Refused {
        /// The service.
        service: &'static str,
        /// The address.
        url: String,
        /// The HTTP status.
        status: u16,
        /// Its code and message, as far as there are any.
        message: String,
    },
    /// A service that gives out credentials answered something else.
    #[error("the answer of the {service} at {url} cannot be used: {reason}")]
    BadAnswer {
        /// The service.
        service: &'static str,
        /// The address.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
}

fn said(message: &str) -> String {
    match message {
        "" => String::new(),
        message => format!(": {message}"),
    }
}

impl AuthError {
    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Key(error) => error.hint()?,
            Self::TokenExpired { hint, .. } | Self::UnsupportedSetting { hint, .. } => hint,
            Self::NoAnswer {
                service, source, ..
            } => return Some(no_answer_hint(service, source)),
            Self::Refused {
                service: METADATA, ..
            } => ONLY_ON_INSTANCES,
            Self::Refused {
                service: PROXYMUX,
                status: 403,
                ..
            } => "Workload identity needs an enhanced cluster.",
            Self::Refused {
                service: SESSIONS,
                status: 401,
                ..
            } => "The session is over: begin a new one with oci session authenticate.",
            Self::Refused { status: 401, .. } => {
                "Check that this machine's clock is right; more than five minutes off is refused."
            }
            Self::MissingSetting { setting, .. } => {
                return Some(format!(
                    "Set {setting}, or choose another kind with --auth."
                ));
            }
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

pub(super) const METADATA: &str = "metadata service";
pub(super) const FEDERATION: &str = "federation service";
pub(super) const SESSIONS: &str = "authentication service";
pub(super) const PROXYMUX: &str = "cluster's token service";
pub(super) const RESOURCE_TOKENS: &str = "resource principal token service";

const ONLY_ON_INSTANCES: &str = "Instance principals work only on compute instances of the cloud; elsewhere use --auth api_key or security_token.";

fn no_answer_hint(service: &str, source: &ExchangeError) -> String {
    match (service, source.failure) {
        (METADATA, _) => ONLY_ON_INSTANCES.to_owned(),
        (_, Failure::TimedOut) => {
            format!("Check the way to the {service}: firewall, proxy, --federation-endpoint.")
        }
        (_, Failure::Unreachable | Failure::Broken) => {
            format!("Check the address of the {service}, and the network.")
        }
    }
}
