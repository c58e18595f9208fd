//! The faces of the engine on the network.

pub mod coordinator;
