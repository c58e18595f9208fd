//! Pages for those who watch the server. They tell nothing of what is stored, and ask nobody who they are.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderName, Response, StatusCode, header};

use super::Entrance;
use super::access::Access;
use crate::call::ApiError;
use crate::server::metrics;

/// Whether the process answers.
pub(super) async fn health() -> &'static str {
    "ok\n"
}

/// Whether requests are taken: not any more once the server is to end.
pub(super) async fn readiness(State(entrance): State<Entrance>) -> (StatusCode, &'static str) {
    match entrance.shared.stopping.has_begun() {
        true => (StatusCode::SERVICE_UNAVAILABLE, "stopping\n"),
        false => (StatusCode::OK, "ready\n"),
    }
}

/// What the server counts, for Prometheus.
pub(super) async fn metrics(
    State(entrance): State<Entrance>,
) -> Result<([(HeaderName, &'static str); 1], String), StatusCode> {
    let text = entrance.shared.metrics.text();
    let text = text.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], text))
}

/// Refuses a method that a page does not have; which it has is told by the router.
pub(super) async fn wrong_method(
    State(entrance): State<Entrance>,
    request: Request,
) -> Response<Body> {
    let access = Access::begin(&entrance.shared, request.headers());
    let (parts, _) = request.into_parts();
    let error = ApiError::new(
        405,
        "MethodNotAllowed",
        format!(
            "The path {} does not have the method {}",
            parts.uri.path(),
            parts.method
        ),
    );
    access.end(&parts, None, Err(error))
}
