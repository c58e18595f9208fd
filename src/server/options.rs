//! How to serve.

use crate::engine::Home;
use crate::log::Durability;

/// How to serve.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// Where the engine keeps its data.
    pub home: Home,
    /// What an answered write survives.
    pub durability: Durability,
    /// Where to listen for REST calls, as `host:port`; port 0 picks a free one.
    pub http: String,
    /// Where to listen for Kafka clients, as `host:port`; port 0 picks a free one.
    pub kafka: String,
    /// The host that resources name in their addresses, where it is not the one that the client used.
    pub advertise: Option<String>,
}
