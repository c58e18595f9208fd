//! Events: rules that pick events and hand them to streams, topics and functions.

pub mod condition;
pub mod types;
pub mod wildcard;
