//! Monitoring.

pub mod evaluate;
pub mod mql;
