//! What people and test suites control of the engine on their machine.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod audit;
mod damaged;
mod diff;
mod fault;
mod follow;
mod foreign;
mod killed;
mod piped;
mod run;
mod saving;
mod seed;
mod server;
mod state;
mod tail;
