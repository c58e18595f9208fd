//! The command line as its users meet it: exit status, stdout and stderr together, each stated.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod access;
mod aliases;
mod confirm;
mod dry_run;
mod errors;
mod globals;
mod help;
mod input;
mod local;
mod paging;
mod recorded;
mod sandbox;
mod settings;
mod spellings;
mod streaming;
mod streams;
mod text;
mod waiting;
