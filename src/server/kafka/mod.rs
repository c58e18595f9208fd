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
mod fetch_session;
mod frame;
mod groups;
mod parked;
mod registry;
mod sasl;
mod scram;
mod shape;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, OnceLock};

use kafka_protocol::messages::BrokerId;
use ring::digest;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::Shared;
use crate::call::{ApiError, LOCAL_TENANCY};
use crate::engine::Topic;
use crate::log::Durability;
use buffers::Buffers;
use connection::Connection;
use groups::Groups;
use parked::Parked;
use sasl::Authenticator;

/// The number of the one broker.
const BROKER_ID: BrokerId = BrokerId(0);

/// The epoch of the one leader that every partition ever has.
const LEADER_EPOCH: i32 = 0;

/// What all Kafka connections share.
struct Kafka {
    shared: Arc<Shared>,
    parked: Arc<Parked>,
    buffers: Buffers,
    groups: Groups,
    /// Who may connect; `None` when everybody may.
    authenticator: Option<Arc<dyn Authenticator>>,
    /// The OCID of the pool of those who name none.
    default_pool_id: OnceLock<String>,
    /// The number of the fetch session that began last.
    last_session_id: AtomicI32,
}

/// Serves until the server is to end.
pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let stopping = shared.stopping.clone();
    let places = Arc::new(Semaphore::new(shared.options.limits.connections));
    let kafka = Arc::new(Kafka::new(shared, None));
    tokio::spawn(groups::keep_time(Arc::clone(&kafka)));
    loop {
        let accepted = async {
            // Those who come when all places are taken wait for one.
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            accepted = accepted => accepted,
            () = stopping.begun() => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let kafka = Arc::clone(&kafka);
                tokio::spawn(async move {
                    let _place = place;
                    if let Err(reason) = kafka.serve_stream(stream).await {
                        tracing::info!(%peer, "Kafka connection ended: {reason}");
                        eprintln!("DBG {reason}");
                    }
                });
            }
            Err(error) => {
                tracing::warn!("cannot accept a Kafka connection: {error}");
                // Files are short, most likely: let some be closed.
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        }
    }
    // Connections end by themselves; this waits for the last.
    let all = u32::try_from(kafka.shared.options.limits.connections).unwrap_or(u32::MAX);
    let _ = places.acquire_many(all).await;
}

impl Kafka {
    fn new(shared: Arc<Shared>, authenticator: Option<Arc<dyn Authenticator>>) -> Self {
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
            groups: Groups::new(),
            authenticator,
            default_pool_id: OnceLock::new(),
            last_session_id: AtomicI32::new(0),
        }
    }

    /// A number for a fetch session, at least 1.
    fn next_session_id(&self) -> i32 {
        let last = self.last_session_id.fetch_add(1, Ordering::Relaxed);
        last.rem_euclid(i32::MAX) + 1
    }

    async fn serve_stream(self: Arc<Self>, stream: TcpStream) -> Result<(), registry::Closing> {
        stream
            .set_nodelay(true)
            .map_err(frame::FrameError::Broken)?;
        let local = stream.local_addr().map_err(frame::FrameError::Broken)?;
        let peer = stream.peer_addr().map_err(frame::FrameError::Broken)?;
        connection::serve(stream, local, peer, self).await
    }

    /// Whether a client must still say who it is.
    fn is_stranger(&self, connection: &Connection) -> bool {
        self.authenticator.is_some() && connection.login().pool_id().is_none()
    }

    /// The pool of clients that name none: the tenancy's default pool.
    fn default_pool_id(&self) -> Result<String, ApiError> {
        if let Some(id) = self.default_pool_id.get() {
            return Ok(id.clone());
        }
        let id = self.shared.engine.topics().default_pool(LOCAL_TENANCY)?;
        Ok(self.default_pool_id.get_or_init(|| id).clone())
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

    /// Does what may wait for the disk. Other connections are served meanwhile.
    fn waiting_for_disk<T>(&self, work: impl FnOnce() -> T) -> T {
        match self.shared.options.durability {
            Durability::Os => work(),
            Durability::Fsync => tokio::task::block_in_place(work),
        }
    }
}

/// The id of a topic, which follows from its stream's OCID.
fn topic_id(topic: &Topic) -> Uuid {
    let hash = digest::digest(&digest::SHA256, topic.id.as_bytes());
    let first = hash.as_ref().first_chunk().copied().unwrap_or_default();
    uuid::Builder::from_random_bytes(first).into_uuid()
}
