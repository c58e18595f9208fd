//! How to serve.

use std::path::PathBuf;
use std::time::Duration;

use super::auth::Auth;
use super::tls::Tls;
use crate::delivery::CourierOptions;
use crate::engine::{Home, Seed};
use crate::log::Durability;

/// How to serve.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// Where the engine keeps its data.
    pub home: Home,
    /// What an answered write survives.
    pub durability: Durability,
    /// How what becomes due is delivered.
    pub courier: CourierOptions,
    /// Whether what the services in the cloud refuse is refused.
    pub strict: bool,
    /// Where to listen for REST calls, as `host:port`; port 0 picks a free one.
    pub http: String,
    /// Where to listen for Kafka clients, as `host:port`; port 0 picks a free one.
    pub kafka: String,
    /// Where to listen for STOMP clients, as `host:port`; port 0 picks a free one.
    pub stomp: String,
    /// The host that resources name in their addresses, where it is not the one that the client used.
    pub advertise: Option<String>,
    /// Whether callers must show who they are.
    pub auth: Auth,
    /// Whether clients must speak TLS.
    pub tls: Tls,
    /// Whether other machines may connect although nobody is asked who they are.
    pub insecure: bool,
    /// What is to be there once the server is ready.
    pub seed: Option<Seed>,
    /// The file to write once the server is ready.
    pub ready_file: Option<PathBuf>,
    /// What clients may take.
    pub limits: Limits,
}

/// What clients may take of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most connections that a face has open at a time; more wait until one ends.
    pub connections: usize,
    /// Most bytes of a request's headers, 8 KiB at least.
    pub header_bytes: usize,
    /// Most bytes of a request's body, as it comes and inflated.
    pub body_bytes: usize,
    /// How long a request may take to arrive, and a connection be idle.
    pub client_timeout: Duration,
}
