//! The documented commands of the event services guide, unchanged and all of them: by this program on the embedded
//! engine and through a server, and by the official command line through a server.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod official;
mod ours;
mod script;
