//! Signatures and credentials from outside: against what the official SDK signs, and against stand-ins for the
//! metadata and federation services.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

mod generate;
mod keys;
mod refusals;
mod support;
mod vectors;
