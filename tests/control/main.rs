//! What people and test suites control of the engine on their machine.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod audit;
mod diff;
mod fault;
mod run;
mod seed;
#[path = "../serve/server.rs"]
#[allow(dead_code, reason = "some of it is for other tests")]
mod server;
mod state;
mod tail;
