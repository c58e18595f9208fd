//! Requests to the services: routed, authenticated, answered by the engine.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Response, StatusCode, Uri, header};

use super::access::Access;
use super::authenticate::{Caller, authenticate};
use super::{Entrance, body, puts, request, response};
use crate::api::OperationId;
use crate::api::queue::Queue;
use crate::api::route::Route;
use crate::api::streaming::Streaming;
use crate::call::{ApiError, Call, Origin};
use crate::engine::{Attempt, Engine, NEXT_CURSOR, PutQueueMessages};
use crate::server::Shared;
use crate::server::listeners::from_here;
use crate::server::wait;

/// Answers a request for an operation of the table, or says why not.
pub(super) async fn answer(State(entrance): State<Entrance>, request: Request) -> Response<Body> {
    let access = Access::begin(&entrance.shared, request.headers());
    let (parts, body) = request.into_parts();
    let route = request::find(&parts.method, parts.uri.path());
    let operation = route.as_ref().ok().map(|route| route.operation.id);
    let answer = match route {
        Ok(route) => reply(&entrance, route, &parts, body, &access.id).await,
        Err(error) => Err(error),
    };
    let mut response = access.end(&parts, operation, answer);
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        let allowed = request::allowed(parts.uri.path());
        response::insert(&mut response, header::ALLOW.as_str(), &allowed);
    }
    response
}

async fn reply(
    entrance: &Entrance,
    route: Route<'_>,
    parts: &Parts,
    body: Body,
    id: &str,
) -> Result<Response<Body>, ApiError> {
    let shared = &entrance.shared;
    let limits = &shared.options.limits;
    let body = body::read(body, limits).await?;
    let caller = authenticate(entrance, Some(route.operation), parts, &body)?;
    let origin = origin(entrance, parts, caller);
    let content = body::content(&parts.headers, body, limits)?;
    request::check_type(&parts.headers, &content)?;
    let mut call = request::call(&route, parts.uri.query(), &parts.headers, origin)?;
    let has_faults = shared.engine.has_faults();
    if !has_faults && let Some(answer) = move_messages(shared, &call, &content).await {
        return answer;
    }
    call.body = request::body(call.operation, &content)?;
    call.origin.request_id = Some(id.to_owned());
    if has_faults {
        let strike = shared.ask_engine(|engine| engine.strike(&call))?;
        tokio::time::sleep(strike.delay).await;
        if let Some(hit) = strike.hit {
            let reply = shared.ask_engine(|engine| engine.answer_hit(&call, hit));
            return response::reply(reply?);
        }
    }
    response::reply(wait::answer(shared, &call).await?)
}

/// Answers a call of those that move most messages, which go without a document in between; nothing for other
/// calls, and where the body is not what it should be: the general way tells what is wrong with it.
async fn move_messages(
    shared: &Arc<Shared>,
    call: &Call,
    content: &[u8],
) -> Option<Result<Response<Body>, ApiError>> {
    match shared.ask_engine(|engine| exchange_messages(engine, call, content)) {
        None => exchange_queue_messages(shared, call, content).await,
        answer => answer,
    }
}

/// Those that are answered at once.
fn exchange_messages(
    engine: &Engine,
    call: &Call,
    content: &[u8],
) -> Option<Result<Response<Body>, ApiError>> {
    match call.operation.id {
        OperationId::Streaming(Streaming::PutMessages) => {
            let messages = serde_json::from_slice(content).ok()?;
            let put = engine.put_messages(call, &messages);
            Some(put.and_then(|result| response::json(&result)))
        }
        OperationId::Streaming(Streaming::GetMessages) => Some(get_messages(engine, call)),
        OperationId::Queue(Queue::DeleteMessages) => {
            let receipts = serde_json::from_slice(content).ok()?;
            let deleted = engine.delete_queue_messages(call, &receipts);
            Some(deleted.and_then(|result| response::json(&result)))
        }
        _ => None,
    }
}

/// Those that may have to wait for others.
async fn exchange_queue_messages(
    shared: &Arc<Shared>,
    call: &Call,
    content: &[u8],
) -> Option<Result<Response<Body>, ApiError>> {
    match call.operation.id {
        OperationId::Queue(Queue::PutMessages) => {
            let messages: PutQueueMessages<'_> = serde_json::from_slice(content).ok()?;
            let put = puts::put(shared, call.clone(), messages.into_owned()).await;
            Some(put.and_then(|result| response::json(&result)))
        }
        OperationId::Queue(Queue::GetMessages) => {
            let attempt = shared.ask_engine(|engine| engine.get_queue_messages(call));
            Some(match attempt {
                Ok(Attempt::Done(got)) => response::json(&got),
                Ok(Attempt::Nothing(wait)) => {
                    let reply = wait::answer_later(shared, call, wait).await;
                    reply.and_then(response::reply)
                }
                Err(error) => Err(error),
            })
        }
        _ => None,
    }
}

fn get_messages(engine: &Engine, call: &Call) -> Result<Response<Body>, ApiError> {
    let got = engine.get_messages(call)?;
    let mut response = response::json(&got.messages)?;
    response::insert(&mut response, NEXT_CURSOR, &got.next_cursor);
    Ok(response)
}

/// Who asks, and the addresses that they will find the services at: those of the host that they used, or of the
/// one that is advertised.
fn origin(entrance: &Entrance, parts: &Parts, caller: Caller) -> Origin {
    // Who comes in by the owner's entrance has used an address that is no use to others.
    let used = used_host(&parts.uri, &parts.headers).filter(|_| !entrance.owner_only);
    Origin {
        tenancy_id: caller.tenancy_id,
        user_id: caller.user_id,
        claimed_user_id: caller.claimed_user_id,
        ..origin_at(&entrance.shared, used)
    }
}

/// Someone of this machine's own tenancy, who has used this host, or none that is of use to others.
pub(super) fn origin_at(shared: &Shared, used: Option<Authority>) -> Origin {
    let addresses = &shared.addresses;
    let (kafka_host, rest) = match (shared.options.advertise.as_ref(), &used) {
        (Some(host), _) => (host.clone(), format!("{host}:{}", addresses.http.port())),
        (None, Some(used)) => (used.host().to_owned(), used.to_string()),
        (None, None) => {
            let rest = from_here(addresses.http);
            (host_of(rest), rest.to_string())
        }
    };
    Origin {
        rest_address: format!("{}://{rest}", addresses.scheme()),
        kafka_address: format!("{kafka_host}:{}", addresses.kafka.port()),
        ..Origin::default()
    }
}

/// An address's host as it stands before a port.
fn host_of(address: SocketAddr) -> String {
    match address {
        SocketAddr::V4(address) => address.ip().to_string(),
        SocketAddr::V6(address) => format!("[{}]", address.ip()),
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
