//! Who makes a request.

use axum::http::request::Parts;

use crate::call::{ApiError, LOCAL_TENANCY};

/// Who makes a request.
pub(super) struct Caller {
    pub(super) tenancy_id: String,
    pub(super) user_id: Option<String>,
}

/// Tells who makes a request, or refuses it. `body` is as it came, which is what a signature covers.
///
/// Without verification everyone is the user of this machine, whatever a signature claims: so the command line,
/// unsigned programs and signed ones see the same resources.
pub(super) fn authenticate(_parts: &Parts, _body: &[u8]) -> Result<Caller, ApiError> {
    Ok(Caller {
        tenancy_id: LOCAL_TENANCY.to_owned(),
        user_id: None,
    })
}
