//! `ocelot serve` when things go wrong: killed under load, out of disk, and with more clients than it needs.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod connections;
mod full_disk;
mod killed;
mod support;
