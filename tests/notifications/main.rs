//! Tests of Notifications: the engine call by call with a clock that the tests turn, and the program with
//! receivers that the tests start.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bench;
mod delivery;
mod effects;
mod email;
mod functions;
mod inbox;
mod killed;
mod policy;
mod program;
mod publish;
mod receiver;
mod runner;
mod safety;
mod schedule;
#[cfg(target_os = "linux")]
mod secure;
mod server;
mod strict;
mod subscriptions;
mod tenancies;
mod topics;
mod wake;
