//! The log from outside: against a model, under kills, power cuts and flipped bytes.
// A helper that fails fails its test.
#![allow(clippy::unwrap_used)]

mod compressed;
mod crash;
mod disk;
mod faults;
mod flip;
mod full;
mod idempotence;
mod model;
mod power;
mod readers;
mod support;
