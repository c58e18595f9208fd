//! The log.
// No panic can be reached from bytes. Tests may panic: that is how they fail.
#![cfg_attr(
    not(test),
    deny(clippy::indexing_slicing, clippy::string_slice, clippy::panic)
)]

mod batch;
mod error;
mod index;
mod open;
mod partition;
mod read;
mod record;
mod recover;
mod segment;
mod trim;
mod varint;
mod walk;

pub use error::{Fault, LogError};
pub use partition::{Appended, CutTail, Durability, LogOptions, Partition};
pub use read::ReadLimits;
pub use record::{NewHeader, NewRecord, Record, RecordHeader};
pub use trim::Trimmed;
