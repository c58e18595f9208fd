//! The overview that `ocelot top` shows of a server: what belongs to the caller's tenancy, and nothing else.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Response;
use axum::http::request::Parts;

use super::access::Access;
use super::authenticate::authenticate;
use super::{Entrance, body, response};
use crate::call::ApiError;

/// Answers as every request is answered: to whoever may call the services.
pub(super) async fn answer(State(entrance): State<Entrance>, request: Request) -> Response<Body> {
    let access = Access::begin(&entrance.shared, request.headers());
    let (parts, body) = request.into_parts();
    let answer = reply(&entrance, &parts, body).await;
    access.end(&parts, None, answer)
}

async fn reply(entrance: &Entrance, parts: &Parts, body: Body) -> Result<Response<Body>, ApiError> {
    let shared = &entrance.shared;
    let body = body::read(body, &shared.options.limits).await?;
    let caller = authenticate(entrance, None, parts, &body)?;
    let overview = shared.ask_engine(|engine| engine.overview_of_tenancy(&caller.tenancy_id));
    let overview = overview.map_err(|error| ApiError::internal(error.to_string()))?;
    response::json(&overview)
}
