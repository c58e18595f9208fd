//! Who makes a request.

use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use super::Entrance;
use crate::call::{ApiError, LOCAL_TENANCY};
use crate::server::Shared;

/// Who makes a request.
pub(super) struct Caller {
    pub(super) tenancy_id: String,
    pub(super) user_id: Option<String>,
}

/// Tells who makes a request, or refuses it. `body` is as it came, which is what a signature covers.
///
/// Without verification everyone is the user of this machine, whatever a signature claims: so the command line,
/// unsigned programs and signed ones see the same resources.
pub(super) fn authenticate(
    entrance: &Entrance,
    parts: &Parts,
    _body: &[u8],
) -> Result<Caller, ApiError> {
    if entrance.owner_only && !is_owner(&entrance.shared, &parts.headers) {
        return Err(ApiError::new(
            401,
            "NotAuthenticated",
            "This address is for commands on the server's data folder: use that of its REST interface",
        ));
    }
    Ok(Caller {
        tenancy_id: LOCAL_TENANCY.to_owned(),
        user_id: None,
    })
}

/// Whether a request comes from the owner of the data folder, who can read the server's record in it.
pub(super) fn is_owner(shared: &Shared, headers: &HeaderMap) -> bool {
    let given = headers.get(header::AUTHORIZATION);
    match (&shared.control, given) {
        (Some(token), Some(given)) => token.is_proven_by(given.as_bytes()),
        _ => false,
    }
}
