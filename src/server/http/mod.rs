//! REST: an HTTP request becomes a Call, its Reply an HTTP response.
//!
//! A connection is limited in number, time and size before anything of it is read; a request is routed by the
//! operation table, authenticated in one place, and answered by the engine.

mod authenticate;
mod body;
mod connection;
mod idle;
mod request;
mod response;
mod services;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

use super::Shared;
use connection::Connections;

/// How long to wait before taking the next connection when the system has no room for one.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves until the server is to end, and then until the requests in flight are answered.
pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let connections = Arc::new(Connections::new(&shared, routes(&shared)));
    let room = Arc::new(Semaphore::new(shared.options.limits.connections));
    let mut open = JoinSet::new();
    loop {
        let (stream, permit) = tokio::select! {
            () = shared.stopping.begun() => break,
            accepted = accept(&listener, &room) => accepted,
        };
        let connections = Arc::clone(&connections);
        open.spawn(async move {
            connections.serve(stream).await;
            drop(permit);
        });
        while open.try_join_next().is_some() {}
    }
    drop(listener);
    while open.join_next().await.is_some() {}
}

/// Takes the next connection once there is room for it; until then clients wait in the system's queue.
async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> (TcpStream, Option<OwnedSemaphorePermit>) {
    let permit = Arc::clone(room).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return (stream, permit),
            Err(error) => {
                tracing::warn!(%error, "cannot take a connection");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// What is asked for at which path: the server's own pages, and all else by the operation table.
fn routes(shared: &Arc<Shared>) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .fallback(services::answer)
        .with_state(Arc::clone(shared))
}
