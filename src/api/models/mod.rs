//! The wire models, one file a service, and what they share.

pub mod events;
pub mod monitoring;
pub mod ons;
pub mod queue;
pub mod sch;
pub mod streaming;
pub mod work_requests;
