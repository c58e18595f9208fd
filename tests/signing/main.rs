//! Signatures and credentials from outside: against what the official SDK signs, and against stand-ins for the
//! metadata and federation services.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

mod auth_failures;
mod auth_instance;
mod auth_resource;
mod auth_user;
mod auth_workload;
mod generate;
mod keys;
mod refusals;
mod standin;
mod support;
mod vectors;
