//! The faces of the engine on the network: REST over HTTP, and Kafka.
//!
//! [`run`] opens the engine, binds every listener, says that it is ready, and serves until it is told to stop.
//! A face translates between its protocol and the engine; what is true is the engine's.

// No panic can be reached from the network. Tests may panic: that is how they fail.
#![cfg_attr(
    not(test),
    deny(clippy::indexing_slicing, clippy::string_slice, clippy::panic)
)]

mod coordinator;
mod http;
mod kafka;
mod options;
mod stop;

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::engine::{Engine, EngineError};
pub use options::{Limits, ServeOptions};
use stop::{Stop, Stopping};

/// Why the server cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The data folder cannot be used.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// An address cannot be listened on.
    #[error("cannot listen on {address} for {face}: {source}; choose another with --{face}")]
    Bind {
        /// The protocol, which is also the option's name.
        face: &'static str,
        /// The address as it was given.
        address: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The threads could not be started.
    #[error("cannot start the server: {0}")]
    Runtime(std::io::Error),
}

/// What a server that is ready can be reached by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ready {
    /// Where REST is served.
    pub http: SocketAddr,
    /// Where Kafka is served.
    pub kafka: SocketAddr,
}

/// What all faces share.
struct Shared {
    engine: Engine,
    options: ServeOptions,
    addresses: Ready,
    stopping: Stopping,
}

/// Serves until the process is asked to end. `on_ready` is called once, when every listener answers.
pub fn run(
    options: ServeOptions,
    on_ready: impl FnOnce(&Ready, &Engine),
) -> Result<(), ServeError> {
    let engine = Engine::open(&options.home, options.durability)?;
    let runtime = Runtime::new().map_err(ServeError::Runtime)?;
    runtime.block_on(serve(options, engine, on_ready))
}

async fn serve(
    options: ServeOptions,
    engine: Engine,
    on_ready: impl FnOnce(&Ready, &Engine),
) -> Result<(), ServeError> {
    let http = bind("http", &options.http).await?;
    let kafka = bind("kafka", &options.kafka).await?;
    let address = |listener: &TcpListener| listener.local_addr().map_err(ServeError::Runtime);
    let addresses = Ready {
        http: address(&http)?,
        kafka: address(&kafka)?,
    };
    let mut stop = Stop::listen().map_err(ServeError::Runtime)?;
    let shared = Arc::new(Shared {
        engine,
        options,
        addresses,
        stopping: stop.stopping(),
    });
    let faces = [
        tokio::spawn(http::serve(http, Arc::clone(&shared))),
        tokio::spawn(kafka::serve(kafka, Arc::clone(&shared))),
    ];
    on_ready(&shared.addresses, &shared.engine);
    stop.asked_for().await;
    stop.finish(faces).await;
    Ok(())
}

async fn bind(face: &'static str, address: &str) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| ServeError::Bind {
            face,
            address: address.to_owned(),
            source,
        })
}
