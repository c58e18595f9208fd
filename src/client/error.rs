//! Why a Call got no Reply, and what the user can do about it.

use super::auth::AuthError;
use super::http::HttpError;
use crate::call::ApiError;

/// Why a Call got no Reply.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// The service said no.
    #[error(transparent)]
    Service(#[from] ApiError),
    /// There was no response.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The request could not be signed.
    #[error("cannot sign the request: {0}")]
    Authorize(#[from] AuthError),
    /// Not even one attempt is allowed.
    #[error("no attempt was made")]
    NoAttempt,
    /// The response is not what the operation replies.
    #[error("the answer of {address} is not one of this service: {reason}")]
    Unexpected {
        /// Who was asked.
        address: String,
        /// What is wrong.
        reason: String,
    },
}

impl RemoteError {
    /// The kind of failure, as the official command line calls it; `None` where nothing was asked at all.
    pub fn title(&self) -> Option<&'static str> {
        match self {
            Self::Service(_)
            | Self::Authorize(_)
            | Self::NoAttempt
            | Self::Http(HttpError::Setup(_)) => None,
            Self::Http(HttpError::ConnectTimeout { .. }) => Some("ConnectTimeout"),
            Self::Http(HttpError::Tls { .. }) => Some("SSLException"),
            Self::Http(_) | Self::Unexpected { .. } => Some("RequestException"),
        }
    }

    /// What to do next.
    pub fn next_step(&self) -> &'static str {
        match self {
            Self::Http(HttpError::Connect { .. }) => {
                "Check the address, that a server listens there, and the proxy if there is one; without \
                 --endpoint and --target the engine on this machine answers."
            }
            Self::Http(HttpError::ConnectTimeout { .. }) => {
                "Check the network, the firewall and the proxy; --connection-timeout SECONDS waits longer."
            }
            Self::Http(HttpError::Timeout { .. }) => {
                "The request may have been carried out: look before you repeat it. --read-timeout SECONDS \
                 waits longer."
            }
            Self::Http(HttpError::Tls { .. }) => {
                "If the server's certificate comes from an authority of your own, give its certificate with \
                 --cert-bundle FILE, or in REQUESTS_CA_BUNDLE."
            }
            Self::Http(HttpError::Broken { .. }) => {
                "The request may have been carried out: look before you repeat it. Check what stands between \
                 here and the service: a proxy, or another server at this address."
            }
            Self::Http(HttpError::TooLarge { .. }) => {
                "Ask for less at a time, with --limit; if that is not it, check what answers at this address."
            }
            Self::Unexpected { .. } => {
                "Check that --endpoint is the address of the service, and what answers there: curl shows it."
            }
            Self::Service(_)
            | Self::Authorize(_)
            | Self::NoAttempt
            | Self::Http(HttpError::Setup(_)) => "Correct what the message names.",
        }
    }
}
