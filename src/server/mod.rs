//! The faces of the engine on the network: REST over HTTP, Kafka, and STOMP.
//!
//! [`run`] opens the engine, binds every listener, says that it is ready, and serves until it is told to stop.
//! A face translates between its protocol and the engine; what is true is the engine's.

// No panic can be reached from the network. Tests may panic: that is how they fail.
#![cfg_attr(
    not(test),
    deny(clippy::indexing_slicing, clippy::string_slice, clippy::panic)
)]

mod accept;
mod alarms;
pub mod auth;
mod coordinator;
mod deliveries;
mod error;
mod http;
mod kafka;
mod listeners;
mod log;
mod metrics;
mod options;
mod own_metrics;
mod ready;
mod record;
mod stomp;
mod stop;
mod tls;
mod wait;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;

use crate::engine::{Engine, EngineOptions, Home, PATIENCE, Strictness};
use crate::log::Durability;
use auth::Verifier;
pub use error::ServeError;
use listeners::Listeners;
pub use log::{LogOptions, log_to_stderr};
use metrics::Metrics;
pub use options::{Limits, ServeOptions};
pub use ready::Ready;
pub use record::{ControlToken, Holder, ServerRecord};
use stop::{Stop, Stopping};
pub use tls::{Tls, TlsError};

/// Where the owner of the data folder sends a [`LocalRequest`](crate::engine::LocalRequest), as JSON, with the
/// record's token.
pub const LOCAL_PATH: &str = "/ocelot/v1/local";

/// Where anyone who may call the services gets the [`Overview`](crate::engine::overview::Overview) of their tenancy, as
/// JSON.
pub const OVERVIEW_PATH: &str = "/ocelot/v1/overview";

/// The header in which a command on the data folder tells its user.
pub const CLAIMED_USER: &str = "ocelot-user";

/// How long the end of the process waits for work that cannot be interrupted.
const LAST_MOMENT: Duration = Duration::from_millis(100);

/// How long a server that was killed may still hold the folder: a busy one takes a moment to go.
const DYING: Duration = Duration::from_secs(1);

/// How long to wait before looking again who holds the folder.
const PAUSE: Duration = Duration::from_millis(20);

/// What all faces share.
struct Shared {
    engine: Engine,
    options: ServeOptions,
    addresses: Ready,
    /// Speaks TLS with clients, where they must.
    tls: Option<TlsAcceptor>,
    /// What commands on the data folder prove that they are its owner's by; none without a folder.
    control: Option<ControlToken>,
    /// Checks signatures, where callers must show who they are.
    verifier: Verifier,
    /// Messages on their way into queues.
    puts: http::Puts,
    metrics: Metrics,
    stopping: Stopping,
}

impl Shared {
    /// Asks the engine, which answers at once unless it waits for the disk. Only then do the other tasks of this
    /// thread move to another: moving them takes longer than most answers.
    fn ask_engine<T>(&self, question: impl FnOnce(&Engine) -> T) -> T {
        match self.options.durability {
            Durability::Os => question(&self.engine),
            Durability::Fsync => tokio::task::block_in_place(|| question(&self.engine)),
        }
    }
}

/// Serves until the process is asked to end. `on_ready` is called once, when every listener answers.
pub fn run(options: ServeOptions, on_ready: impl FnOnce(&Ready)) -> Result<(), ServeError> {
    let engine_options = EngineOptions {
        durability: options.durability,
        strictness: Strictness::new(options.strict),
        keeps_folder: true,
    };
    let engine = open(&options.home, &engine_options)?;
    if let Some(seed) = &options.seed {
        for planted in engine.plant(seed)? {
            tracing::info!(
                section = planted.section,
                name = planted.name,
                new = planted.is_new,
                "seed"
            );
        }
    }
    let runtime = Runtime::new().map_err(ServeError::Runtime)?;
    let served = runtime.block_on(serve(options, engine, on_ready));
    runtime.shutdown_timeout(LAST_MOMENT);
    served
}

/// Opens the engine, unless another server has the folder: one that was killed a moment ago may hold it still.
fn open(home: &Home, options: &EngineOptions) -> Result<Engine, ServeError> {
    let begun = Instant::now();
    loop {
        match Holder::find(home, options, PATIENCE)? {
            Holder::Here(engine) => return Ok(*engine),
            Holder::Server(_) if begun.elapsed() < DYING => std::thread::sleep(PAUSE),
            Holder::Server(record) => {
                return Err(ServeError::Served {
                    home: home.clone(),
                    pid: record.pid,
                    http: record.http,
                });
            }
        }
    }
}

async fn serve(
    options: ServeOptions,
    engine: Engine,
    on_ready: impl FnOnce(&Ready),
) -> Result<(), ServeError> {
    let listeners = Listeners::bind(&options).await?;
    let secured = tls::secure(&options.tls, engine.folder(), listeners.names(&options)?)?;
    let (acceptor, ca) = match secured {
        Some(secured) => (Some(secured.acceptor), secured.ca),
        None => (None, None),
    };
    let mut stop = Stop::listen().map_err(ServeError::Runtime)?;
    let folder = engine.folder().map(ToOwned::to_owned);
    let shared = Arc::new(Shared {
        addresses: listeners.ready(acceptor.is_some(), ca, folder.clone())?,
        control: folder.as_ref().map(|_| ControlToken::new()),
        tls: acceptor,
        verifier: Verifier::new(),
        puts: http::Puts::default(),
        metrics: Metrics::default(),
        stopping: stop.stopping(),
        engine,
        options,
    });
    let control = listeners.control_url(&shared.addresses)?;
    let mut tasks = vec![
        tokio::spawn(http::serve(listeners.http, Arc::clone(&shared))),
        tokio::spawn(kafka::serve(listeners.kafka, Arc::clone(&shared))),
        tokio::spawn(stomp::serve(listeners.stomp, Arc::clone(&shared))),
        tokio::spawn(deliveries::make(Arc::clone(&shared))),
        tokio::spawn(own_metrics::store(Arc::clone(&shared))),
        tokio::spawn(alarms::evaluate(Arc::clone(&shared))),
    ];
    if let Some(listener) = listeners.control {
        tasks.push(tokio::spawn(http::serve_owner(
            listener,
            Arc::clone(&shared),
        )));
    }
    let token = shared.control.as_ref();
    let record = token.map(|token| shared.addresses.record(&shared.options, control, token));
    if let (Some(folder), Some(record)) = (&folder, &record) {
        record.write(folder).map_err(ServeError::record(folder))?;
    }
    if let Some(file) = &shared.options.ready_file {
        let written = shared.addresses.write(file);
        written.map_err(ServeError::ready_file(file))?;
    }
    let addresses = &shared.addresses;
    tracing::info!(
        http = addresses.http_url(),
        kafka = addresses.kafka_address(),
        stomp = addresses.stomp_address(),
        ca = addresses
            .ca
            .as_ref()
            .map(|file| tracing::field::display(file.display())),
        "ready"
    );
    on_ready(addresses);
    stop.asked_for().await;
    tracing::info!("stopping");
    let all_answered = stop.finish(tasks).await;
    // Tasks that did not end in time may keep the engine from being closed.
    if let Err(error) = shared.ask_engine(Engine::store_metrics) {
        tracing::error!(%error, "the last metrics were not stored");
    }
    if let (Some(folder), Some(record), true) = (&folder, &record, all_answered) {
        record
            .note_end(folder)
            .map_err(ServeError::record(folder))?;
    }
    Ok(())
}
