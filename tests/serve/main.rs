//! `ocelot serve` end to end: its life, REST, TLS, limits, and the commands and programs that use it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod consumers;
mod hostile;
mod life;
mod official;
mod parked;
mod programs;
mod reach;
mod rest;
mod server;
mod tls;
mod wire;
