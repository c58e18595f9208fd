//! The STOMP face of `ocelot serve`, end to end: the protocol spoken by hand, and by stomp.py.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod clients;
mod exchange;
mod faults;
mod flow;
mod hostile;
mod life;
mod server;
mod wire;
