//! REST: an HTTP request becomes a Call, its Reply an HTTP response.

use std::sync::Arc;

use tokio::net::TcpListener;

use super::Shared;

/// Serves until the server is to end.
pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    tokio::select! {
        () = shared.stopping.begun() => {}
        _ = listener.accept() => {}
    }
}
