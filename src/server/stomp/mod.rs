//! STOMP 1.0, 1.1 and 1.2: queues for clients that keep a connection.
//!
//! `decoder.rs` makes frames of bytes, `session.rs` requests of frames, and `connection.rs` Calls of requests,
//! so that what holds for messages over REST holds here. Each subscription is a task that waits for its queue.
//! What the service in the cloud takes and refuses is in behaviour.md 2.7.
//! <https://stomp.github.io/stomp-specification-1.2.html>

mod connection;
mod decoder;
mod deliveries;
mod destination;
mod error;
mod frame;
mod login;
mod outgoing;
mod queue;
mod session;
mod subscription;
#[cfg(test)]
mod tests;
mod version;

use std::sync::Arc;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::{Shared, accept};
use error::Closing;

/// How long a client may be quiet before the system asks whether it is still there, and how long it then waits
/// before it asks again.
const KEEP_ALIVE: Duration = Duration::from_secs(60);
const KEEP_ALIVE_AGAIN: Duration = Duration::from_secs(10);

/// What all STOMP connections share.
struct Stomp {
    shared: Arc<Shared>,
}

/// Serves until the server is to end, and then until the last words are said.
pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let stomp = Arc::new(Stomp {
        shared: Arc::clone(&shared),
    });
    accept::serve(listener, "STOMP", &shared, |stream, peer| {
        let stomp = Arc::clone(&stomp);
        async move {
            if let Err(reason) = stomp.serve_stream(stream).await {
                tracing::info!(%peer, %reason, "a STOMP connection ended");
            }
        }
    })
    .await;
}

impl Stomp {
    async fn serve_stream(self: Arc<Self>, stream: TcpStream) -> Result<(), Closing> {
        stream.set_nodelay(true)?;
        // A subscribed client may be quiet for ever, and one that is gone must not hold its place for as long.
        let keep_alive = TcpKeepalive::new()
            .with_time(KEEP_ALIVE)
            .with_interval(KEEP_ALIVE_AGAIN);
        SockRef::from(&stream).set_tcp_keepalive(&keep_alive)?;
        let _open = self.shared.metrics.connection("stomp");
        match &self.shared.tls {
            None => connection::serve(stream, Arc::clone(&self)).await,
            Some(acceptor) => {
                let patience = self.shared.options.limits.client_timeout;
                let stream = tokio::select! {
                    shaken = timeout(patience, acceptor.accept(stream)) => {
                        shaken.map_err(|_| Closing::Slow(patience))??
                    }
                    () = self.shared.stopping.begun() => return Ok(()),
                };
                connection::serve(stream, Arc::clone(&self)).await
            }
        }
    }
}
