//! What is kept of each request: its id, what it is counted as, and its line in the access log.

use std::time::Duration;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Response};

use super::response;
use crate::api::OperationId;
use crate::call::ApiError;
use crate::server::Shared;
use crate::server::metrics::RequestInFlight;

/// A request that is not answered yet.
pub(super) struct Access<'s> {
    /// Its id: a part of it is the client's.
    pub(super) id: String,
    counted: RequestInFlight<'s>,
}

impl<'s> Access<'s> {
    /// Begins to count a request.
    pub(super) fn begin(shared: &'s Shared, headers: &HeaderMap) -> Self {
        Self {
            counted: shared.metrics.request(),
            id: response::request_id(headers.get(response::REQUEST_ID)),
        }
    }

    /// The response to the request, which is counted and noted.
    pub(super) fn end(
        self,
        parts: &Parts,
        operation: Option<OperationId>,
        answer: Result<Response<Body>, ApiError>,
    ) -> Response<Body> {
        let (mut response, refusal) = match answer {
            Ok(response) => (response, None),
            Err(error) => (response::refusal(&error), Some(error)),
        };
        response::insert(&mut response, response::REQUEST_ID, &self.id);
        let took = self.counted.ended(operation, response.status().as_u16());
        note(parts, operation, &response, &self.id, took, refusal);
        response
    }
}

/// Writes the access log; a failure of the server itself is told at any level.
fn note(
    parts: &Parts,
    operation: Option<OperationId>,
    response: &Response<Body>,
    id: &str,
    took: Duration,
    refusal: Option<ApiError>,
) {
    let status = response.status().as_u16();
    if let Some(error) = refusal.filter(|error| error.status == 500) {
        tracing::error!(id, method = %parts.method, path = parts.uri.path(), error = error.message, "failed");
    }
    tracing::debug!(
        id,
        method = %parts.method,
        path = parts.uri.path(),
        operation = operation.map(tracing::field::display),
        status,
        microseconds = took.as_micros(),
        "request"
    );
}
