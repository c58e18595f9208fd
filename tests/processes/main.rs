//! Many processes on one data folder: at once, killed, and beside other folders. With the real program.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod at_once;
mod folders;
mod killed;
mod support;
