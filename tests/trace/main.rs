//! Tests of traces, end to end: the program with receivers that the tests start, a clock that they turn, and a
//! server on the folder.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bounds;
mod events;
mod ids;
mod messages;
mod older;
mod receiver;
mod sandbox;
mod server;
mod tables;
