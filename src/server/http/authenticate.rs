//! Who makes a request.

use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use super::Entrance;
use crate::api::OperationId;
use crate::call::{ApiError, LOCAL_TENANCY};
use crate::clock::{Clock, SystemClock};
use crate::server::Shared;
use crate::server::auth::{Auth, SignedRequest};

/// Who makes a request.
pub(super) struct Caller {
    pub(super) tenancy_id: String,
    pub(super) user_id: Option<String>,
}

/// Tells who makes a request, or refuses it. `body` is as it came, which is what a signature covers.
///
/// The owner of the data folder is the user of this machine. So is everyone without verification, whatever a
/// signature claims: the command line, unsigned programs and signed ones then see the same resources. Links of
/// messages hold a token that shows as much as a signature would.
pub(super) fn authenticate(
    entrance: &Entrance,
    operation: OperationId,
    parts: &Parts,
    body: &[u8],
) -> Result<Caller, ApiError> {
    let shared = &entrance.shared;
    let local_user = Caller {
        tenancy_id: LOCAL_TENANCY.to_owned(),
        user_id: None,
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
    match shared.options.auth {
        _ if operation.is_allowed_by_token() => Ok(local_user),
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
            })
        }
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
