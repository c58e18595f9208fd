//! `ocelot top`: as text, through a server or of one, and on a terminal, which is tmux here.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod foreign;
mod once;
mod sandbox;
mod screen;
mod server;
mod terminal;
