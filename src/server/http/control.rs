//! `ocelot local …` on the data folder of this server: for the folder's owner alone.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Response;
use serde_json::Value;

use super::authenticate::is_owner;
use super::services::origin_at;
use super::{Entrance, body, response};
use crate::call::ApiError;
use crate::engine::LocalRequest;
use crate::server::Shared;

/// Answers what a command asks of the engine.
pub(super) async fn answer(State(entrance): State<Entrance>, request: Request) -> Response<Body> {
    let data = reply(&entrance.shared, request).await;
    let response = data.and_then(|data| response::json(&data));
    response.unwrap_or_else(|error| response::refusal(&error))
}

async fn reply(shared: &Shared, request: Request) -> Result<Value, ApiError> {
    if !is_owner(shared, request.headers()) {
        return Err(ApiError::new(
            401,
            "NotAuthenticated",
            "This path is for the owner of the data folder: use ocelot local",
        ));
    }
    let body = body::read(request.into_body(), &shared.options.limits).await?;
    let request: LocalRequest = serde_json::from_slice(&body)
        .map_err(|error| ApiError::invalid(format!("This is no request: {error}")))?;
    let origin = origin_at(shared, None);
    let answer = shared.ask_engine(|engine| engine.control_from(&request, &origin));
    let mut data = answer.map_err(|error| ApiError::invalid(error.to_string()))?;
    if let (LocalRequest::ShowStatus, Some(fields)) = (&request, data.as_object_mut()) {
        fields.insert("server".to_owned(), shared.addresses.to_json());
    }
    Ok(data)
}
