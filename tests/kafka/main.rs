//! The Kafka face of `ocelot serve`, end to end: the protocol spoken by hand, and by the clients that people use.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod admin;
mod clients;
mod fetch;
mod hostile;
mod produce;
mod sasl;
mod server;
mod wire;
