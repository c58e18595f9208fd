//! The `ocelot` binary.

fn main() {}
