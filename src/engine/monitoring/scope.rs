//! Where metrics are looked for: one compartment, or all of the tenancy.

use super::super::Context;
use crate::call::{ApiError, Call};

/// The compartment to look in; none where all of the tenancy's are meant.
pub(super) fn compartment<'c>(
    context: &Context<'_>,
    call: &'c Call,
) -> Result<Option<&'c str>, ApiError> {
    let compartment_id = call
        .query_text("compartmentId")
        .ok_or_else(|| ApiError::missing("compartmentId is missing"))?;
    match call.query_text("compartmentIdInSubtree") {
        Some("true") if compartment_id == context.origin.tenancy_id => Ok(None),
        Some("true") => Err(ApiError::invalid(format!(
            "compartmentIdInSubtree can be true only when compartmentId is the tenancy's, {}",
            context.origin.tenancy_id
        ))),
        _ => Ok(Some(compartment_id)),
    }
}

/// Refuses a namespace without a name, in which nothing can be.
pub(super) fn check_namespace(namespace: Option<&str>) -> Result<(), ApiError> {
    match namespace {
        Some(name) if name.trim().is_empty() => Err(ApiError::invalid(
            "namespace is empty: name one, as oci_queue",
        )),
        _ => Ok(()),
    }
}
