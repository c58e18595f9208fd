//! The wire models, one file a service.

pub mod events;
pub mod monitoring;
pub mod ons;
pub mod queue;
pub mod sch;
pub mod streaming;
