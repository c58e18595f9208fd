//! Calls against servers that behave badly: each ends with a clear message and exit status 1 or 2, never
//! with a hang, a panic or half a document.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod broken;
mod dry_run;
mod messages;
mod options;
mod program;
mod raw_request;
mod retries;
mod server;
mod tls;
mod waiting;
