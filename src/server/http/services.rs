//! Requests to the services: routed, authenticated, answered by the engine.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Response, Uri, header};

use super::authenticate::{Caller, authenticate};
use super::{body, request, response};
use crate::call::{ApiError, Origin, Reply};
use crate::server::Shared;

/// Answers a request for an operation of the table, or says why not.
pub(super) async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response<Body> {
    let id = response::request_id(request.headers().get(response::REQUEST_ID));
    let (parts, body) = request.into_parts();
    let mut response = match reply(&shared, &parts, body).await {
        Ok(reply) => response::reply(reply),
        Err(error) => response::refusal(&error),
    };
    response::insert(&mut response, response::REQUEST_ID, &id);
    response
}

async fn reply(shared: &Shared, parts: &Parts, body: Body) -> Result<Reply, ApiError> {
    let limits = &shared.options.limits;
    let route = request::find(&parts.method, parts.uri.path())?;
    let body = body::read(body, limits).await?;
    let caller = authenticate(parts, &body)?;
    let origin = origin(shared, parts, caller);
    let content = body::content(&parts.headers, body, limits)?;
    let call = request::call(route, parts.uri.query(), &parts.headers, &content, origin)?;
    tokio::task::block_in_place(|| shared.engine.answer(&call))
}

/// Who asks, and the addresses that they will find the services at: the host that they used, or the one that
/// is advertised.
fn origin(shared: &Shared, parts: &Parts, caller: Caller) -> Origin {
    let http = shared.addresses.http;
    let kafka_port = shared.addresses.kafka.port();
    let used = used_host(&parts.uri, &parts.headers);
    let (host, rest_authority) = match (&shared.options.advertise, &used) {
        (Some(host), _) => (host.clone(), format!("{host}:{}", http.port())),
        (None, Some(used)) => (used.host().to_owned(), used.to_string()),
        (None, None) => (http.ip().to_string(), http.to_string()),
    };
    Origin {
        tenancy_id: caller.tenancy_id,
        user_id: caller.user_id,
        rest_address: format!("http://{rest_authority}"),
        kafka_address: format!("{host}:{kafka_port}"),
    }
}

/// The host that a client named, as far as it is one.
fn used_host(uri: &Uri, headers: &HeaderMap) -> Option<Authority> {
    let named = headers.get(header::HOST);
    let named = named.and_then(|host| Authority::try_from(host.as_bytes()).ok());
    let used = uri.authority().cloned().or(named)?;
    let has_user = used.as_str().contains('@');
    (!has_user && !used.host().is_empty()).then_some(used)
}
