//! What stands before the first call to the cloud: `setup`, `session` and `doctor`, end to end.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod config;
mod defaults;
mod doctor;
mod files;
mod machine;
mod refusals;
mod service;
mod session;
mod terminal;
