//! The command line as its users meet it: exit status, stdout and stderr together, each stated.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod recorded;
mod sandbox;
