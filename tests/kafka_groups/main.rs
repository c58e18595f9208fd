//! Consumer groups and idempotent producers of `ocelot serve`, with the clients that people use.
//!
//! `OCELOT_PYTHON` names a Python that has confluent-kafka and kafka-python; without it nothing here runs.
//! `OCELOT_KAFKAJS` names a folder whose `node_modules` has kafkajs; `kcat` is found in the path. The tests of
//! either do not run without it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod clients;
mod members;
mod producers;
mod rebalances;
mod restarts;
mod server;
