//! `ocelot serve` end to end: its life, REST, TLS, limits, and the commands and programs that use it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod hostile;
mod life;
mod parked;
mod programs;
mod reach;
mod rest;
mod server;
mod tls;
mod wire;
