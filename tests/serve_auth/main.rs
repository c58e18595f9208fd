//! `ocelot serve` as others see it: who may call it, over TLS or not, and how strict it can be. The clients are
//! the official SDK, librdkafka, and our own command line.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bind;
mod signatures;
mod strict;
mod support;
mod tls;
mod tokens;
