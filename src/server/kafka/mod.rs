//! Kafka: streams of a pool as topics, one file an API key.
//!
//! The client's pool is its cluster, with this server as the one broker. Frames are read and answered in
//! `connection.rs`; `registry.rs` finds the API, whose file in `apis/` has the versions, the request's shape
//! and the handler. What is true is the engine's.

mod answer;
mod apis;
mod buffers;
mod configs;
mod connection;
mod error;
mod faults;
mod fetch_session;
mod frame;
mod groups;
mod memory;
mod parked;
mod registry;
mod repeats;
mod sasl;
mod scram;
mod shape;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use kafka_protocol::messages::BrokerId;
use ring::digest;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use uuid::Uuid;

use super::auth::Auth;
use super::{Shared, accept};
use crate::engine::Topic;
use crate::log::Durability;
use buffers::Buffers;
use connection::Connection;
use frame::FrameError;
use groups::Groups;
use memory::Memory;
use parked::Parked;

/// The number of the one broker.
const BROKER_ID: BrokerId = BrokerId(0);

/// The epoch of the one leader that every partition ever has.
const LEADER_EPOCH: i32 = 0;

/// What all Kafka connections share.
struct Kafka {
    shared: Arc<Shared>,
    parked: Arc<Parked>,
    buffers: Buffers,
    memory: Memory,
    groups: Groups,
    /// The number of the fetch session that began last.
    last_session_id: AtomicI32,
}

/// Serves until the server is to end, and then until the requests in flight are answered.
pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let kafka = Arc::new(Kafka::new(Arc::clone(&shared)));
    tokio::spawn(groups::keep_time(Arc::clone(&kafka)));
    accept::serve(listener, "Kafka", &shared, |stream, peer| {
        let kafka = Arc::clone(&kafka);
        async move {
            if let Err(reason) = kafka.serve_stream(stream).await {
                tracing::info!(%peer, %reason, "a Kafka connection ended");
            }
        }
    })
    .await;
}

impl Kafka {
    fn new(shared: Arc<Shared>) -> Self {
        let parked = Arc::new(Parked::default());
        let wakes = Arc::clone(&parked);
        shared
            .engine
            .on_append(Arc::new(move |stream_id, partition| {
                wakes.wake(stream_id, partition);
            }));
        Self {
            shared,
            parked,
            buffers: Buffers::default(),
            memory: Memory::default(),
            groups: Groups::new(),
            last_session_id: AtomicI32::new(0),
        }
    }

    /// A number for a fetch session, at least 1.
    fn next_session_id(&self) -> i32 {
        let last = self.last_session_id.fetch_add(1, Ordering::Relaxed);
        last.rem_euclid(i32::MAX) + 1
    }

    async fn serve_stream(self: Arc<Self>, stream: TcpStream) -> Result<(), registry::Closing> {
        stream.set_nodelay(true).map_err(FrameError::Broken)?;
        let local = stream.local_addr().map_err(FrameError::Broken)?;
        let peer = stream.peer_addr().map_err(FrameError::Broken)?;
        let _open = self.shared.metrics.connection("kafka");
        match &self.shared.tls {
            None => connection::serve(stream, local, peer, Arc::clone(&self)).await,
            Some(acceptor) => {
                let patience = self.shared.options.limits.client_timeout;
                let stream = timeout(patience, acceptor.accept(stream))
                    .await
                    .map_err(|_| FrameError::Slow(patience))?
                    .map_err(FrameError::Broken)?;
                connection::serve(stream, local, peer, Arc::clone(&self)).await
            }
        }
    }

    /// Whether a client must still say who it is.
    fn is_stranger(&self, connection: &Connection) -> bool {
        self.shared.options.auth == Auth::Verify && connection.identity().is_none()
    }

    /// Whether what the service in the cloud refuses is refused.
    fn is_strict(&self) -> bool {
        self.shared.engine.is_strict()
    }

    /// Where clients reach the broker: the host that is advertised, or else the address that the client
    /// used, for Kafka does not tell the name.
    fn broker_address(&self, connection: &Connection) -> (String, i32) {
        let host = match &self.shared.options.advertise {
            Some(host) => host.clone(),
            None => connection.local.ip().to_canonical().to_string(),
        };
        (host, i32::from(connection.local.port()))
    }

    /// Does what waits for the disk where the durability asks for it.
    fn storing<T>(&self, work: impl FnOnce() -> T) -> T {
        match self.shared.options.durability {
            Durability::Os => work(),
            Durability::Fsync => self.blocking(work),
        }
    }

    /// Does what may take long, while other connections are served.
    fn blocking<T>(&self, work: impl FnOnce() -> T) -> T {
        tokio::task::block_in_place(work)
    }
}

/// The id of a topic, which follows from its stream's OCID.
fn topic_id(topic: &Topic) -> Uuid {
    let hash = digest::digest(&digest::SHA256, topic.id.as_bytes());
    let first = hash.as_ref().first_chunk().copied().unwrap_or_default();
    uuid::Builder::from_random_bytes(first).into_uuid()
}
