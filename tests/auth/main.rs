//! Who may call a server: signatures against those of the official SDK, and logins with auth tokens.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod keys;
mod refusals;
mod replays;
mod sdk;
mod support;
mod tokens;
