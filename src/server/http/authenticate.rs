//! Who makes a request.

use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use super::Entrance;
use crate::api::operation::Operation;
use crate::call::{ApiError, LOCAL_TENANCY};
use crate::clock::{Clock, SystemClock};
use crate::engine::changes_a_resource;
use crate::server::auth::{self, Auth, SignedRequest};
use crate::server::{CLAIMED_USER, Shared};

/// Who makes a request.
pub(super) struct Caller {
    pub(super) tenancy_id: String,
    pub(super) user_id: Option<String>,
    /// Who they claim to be, where it is told later and nobody checks.
    pub(super) claimed_user_id: Option<String>,
}

/// Tells who makes a request, or refuses it. `operation` is that of the table which is asked for, if it is one;
/// `body` is as it came, which is what a signature covers.
///
/// The owner of the data folder is the user of this machine. So is everyone without verification, whatever a
/// signature claims: the command line, unsigned programs and signed ones then see the same resources. Links of
/// messages hold a token that shows as much as a signature would.
pub(super) fn authenticate(
    entrance: &Entrance,
    operation: Option<&Operation>,
    parts: &Parts,
    body: &[u8],
) -> Result<Caller, ApiError> {
    let shared = &entrance.shared;
    let local_user = Caller {
        tenancy_id: LOCAL_TENANCY.to_owned(),
        user_id: None,
        claimed_user_id: operation
            .is_some_and(changes_a_resource)
            .then(|| claimed_user(shared, &parts.headers))
            .flatten(),
    };
    if is_owner(shared, &parts.headers) {
        return Ok(local_user);
    }
    if entrance.owner_only {
        return Err(ApiError::new(
            401,
            "NotAuthenticated",
            "This address is for commands on the server's data folder: use that of its REST interface",
        ));
    }
    let is_allowed_by_token = operation.is_some_and(|entry| entry.id.is_allowed_by_token());
    match shared.options.auth {
        _ if is_allowed_by_token => Ok(local_user),
        Auth::None => Ok(local_user),
        Auth::Verify => {
            let request = SignedRequest {
                method: &parts.method,
                uri: &parts.uri,
                headers: &parts.headers,
                body,
            };
            // Clients sign with the machine's time, wherever the engine's clock is set to.
            let now_ms = SystemClock.now_ms();
            let signer = shared.verifier.verify(&shared.engine, &request, now_ms)?;
            Ok(Caller {
                tenancy_id: signer.tenancy_id,
                user_id: Some(signer.user_id),
                claimed_user_id: None,
            })
        }
    }
}

/// Who the owner of the data folder says to be, or whom a signature names that nobody checks.
fn claimed_user(shared: &Shared, headers: &HeaderMap) -> Option<String> {
    let text = |name: &str| headers.get(name)?.to_str().ok();
    match is_owner(shared, headers) {
        true => text(CLAIMED_USER).map(str::to_owned),
        false => auth::claimed_user(text(header::AUTHORIZATION.as_str())?),
    }
}

/// Whether a request comes from the owner of the data folder, who can read the server's record in it.
pub(super) fn is_owner(shared: &Shared, headers: &HeaderMap) -> bool {
    let given = headers.get(header::AUTHORIZATION);
    match (&shared.control, given) {
        (Some(token), Some(given)) => token.is_proven_by(given.as_bytes()),
        _ => false,
    }
}
