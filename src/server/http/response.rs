//! From a Reply or an ApiError to an HTTP response.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use serde_json::json;
use uuid::Uuid;

use crate::call::{ApiError, Reply};

/// The header that every response has, by which a request is found in logs.
pub(super) const REQUEST_ID: &str = "opc-request-id";

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The response that a reply is.
pub(super) fn reply(reply: Reply) -> Response<Body> {
    let mut response = match reply.body {
        Some(body) => json_body(&body),
        None => Response::new(Body::empty()),
    };
    *response.status_mut() = status(reply.status);
    for (name, value) in reply.headers {
        insert(&mut response, &name, &value);
    }
    response
}

/// The response that a refusal is.
pub(super) fn refusal(error: &ApiError) -> Response<Body> {
    let mut response = json_body(&json!({ "code": error.code, "message": error.message }));
    *response.status_mut() = status(error.status);
    if let Some(seconds) = error.retry_after_seconds {
        insert(&mut response, "retry-after", &seconds.to_string());
    }
    response
}

/// A response with a JSON body.
fn json_body(body: &serde_json::Value) -> Response<Body> {
    let mut response = Response::new(Body::from(body.to_string()));
    response.headers_mut().insert(header::CONTENT_TYPE, JSON);
    response
}

/// The id of a request: what the client called it, and what only this server does. Three groups are told from
/// each other in the cloud; what each stands for is not known.
pub(super) fn request_id(given: Option<&HeaderValue>) -> String {
    const MOST_LENGTH: usize = 128;
    let new = || Uuid::new_v4().simple().to_string().to_uppercase();
    let given = given.and_then(|value| value.to_str().ok());
    let usable = given.filter(|id| (1..=MOST_LENGTH).contains(&id.len()));
    match usable {
        Some(id) => format!("{id}/{}", new()),
        None => format!("{}/{}", new(), new()),
    }
}

/// Sets a header; a value that no header can have is left out.
pub(super) fn insert(response: &mut Response<Body>, name: &str, value: &str) {
    let name = header::HeaderName::try_from(name);
    if let (Ok(name), Ok(value)) = (name, HeaderValue::try_from(value)) {
        response.headers_mut().insert(name, value);
    }
}

fn status(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
