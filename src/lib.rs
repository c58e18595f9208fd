//! `ocelot`: the `oci` command line for Oracle Cloud's event services, with the services built in.
//!
//! Modules stand on those before them: the operation table knows nothing else, the command line
//! knows everything. ARCHITECTURE.md tells why.

pub mod api;
pub mod call;
pub mod clock;
pub mod disk;
pub mod log;
pub mod public_key;
pub mod store;

pub mod engine;
pub mod output;
pub mod profile;

pub mod client;
pub mod delivery;

pub mod server;

pub mod cli;

pub mod docs;
