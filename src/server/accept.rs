//! Taking connections, for every face in the same way.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::Shared;

/// How long to wait before taking the next connection when the system has no room for one.
const PAUSE: Duration = Duration::from_millis(100);

/// Takes connections until the server is to end, and returns once those that are open have ended. No more are open
/// at a time than the limits say; `face` is the protocol's name in the log.
pub(super) async fn serve<F>(
    listener: TcpListener,
    face: &'static str,
    shared: &Shared,
    serve: impl Fn(TcpStream, SocketAddr) -> F,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let places = Arc::new(Semaphore::new(shared.options.limits.connections));
    let mut open = JoinSet::new();
    loop {
        let accepted = async {
            // Those who come when all places are taken wait in the system's queue.
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            accepted = accepted => accepted,
            () = shared.stopping.begun() => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let serving = serve(stream, peer);
                open.spawn(async move {
                    let _place = place;
                    serving.await;
                });
            }
            Err(error) => {
                tracing::warn!(%error, "cannot take a {face} connection");
                tokio::time::sleep(PAUSE).await;
            }
        }
        while open.try_join_next().is_some() {}
    }
    drop(listener);
    while open.join_next().await.is_some() {}
}
