//! What each format of `--output` prints, and lists of many pages: whole, in little memory, or not at all.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod charts;
mod layouts;
mod memory;
mod paging;
mod server;
mod yaml;
