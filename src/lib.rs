//! `ocelot`: the `oci` command line for Oracle Cloud's event services, with the services built in.

pub mod disk;
pub mod log;
