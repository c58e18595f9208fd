//! REST: an HTTP request becomes a Call, its Reply an HTTP response.
//!
//! A connection is limited in number, time and size before anything of it is read; a request is routed by the
//! operation table, authenticated in one place, and answered by the engine.

mod access;
mod authenticate;
mod body;
mod connection;
mod control;
mod idle;
mod overview;
mod pages;
mod puts;
mod request;
mod response;
mod services;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::{LOCAL_PATH, OVERVIEW_PATH, Shared, accept};
use connection::Connections;
pub(super) use puts::Puts;

/// A way into the server, as those who answer see it.
#[derive(Clone)]
struct Entrance {
    shared: Arc<Shared>,
    /// Whether only the owner of the data folder may come in.
    owner_only: bool,
}

/// Serves until the server is to end, and then until the requests in flight are answered.
pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let entrance = Entrance {
        shared: Arc::clone(&shared),
        owner_only: false,
    };
    let tls = shared.tls.clone();
    serve_entrance(listener, entrance, tls).await;
}

/// Serves the owner of the data folder, without TLS: for commands on this machine.
pub(super) async fn serve_owner(listener: TcpListener, shared: Arc<Shared>) {
    let entrance = Entrance {
        shared,
        owner_only: true,
    };
    serve_entrance(listener, entrance, None).await;
}

async fn serve_entrance(listener: TcpListener, entrance: Entrance, tls: Option<TlsAcceptor>) {
    let shared = Arc::clone(&entrance.shared);
    let connections = Arc::new(Connections::new(&shared, routes(entrance), tls));
    accept::serve(listener, "HTTP", &shared, |stream, _| {
        let connections = Arc::clone(&connections);
        async move { connections.serve(stream).await }
    })
    .await;
}

/// What is asked for at which path: the server's own pages, and all else by the operation table.
fn routes(entrance: Entrance) -> Router {
    Router::new()
        .route("/healthz", get(pages::health))
        .route("/readyz", get(pages::readiness))
        .route("/metrics", get(pages::metrics))
        .route(LOCAL_PATH, post(control::answer))
        .route(OVERVIEW_PATH, get(overview::answer))
        .method_not_allowed_fallback(pages::wrong_method)
        .fallback(services::answer)
        .with_state(entrance)
}
