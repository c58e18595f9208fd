//! A batch as a Kafka producer sent it.

use super::batch::{self, BatchHeader};
use super::error::LogError;

/// A producer's batch that was checked: it can be appended, and every record of it be read.
///
/// Checking is the costly part of an append, most of all where records are compressed: it needs no
/// partition, so it can be done before one is locked.
#[derive(Debug, Clone, Copy)]
pub struct ProducedBatch<'b> {
    pub(crate) bytes: &'b [u8],
    pub(crate) header: BatchHeader,
    largest_message_bytes: usize,
}

impl<'b> ProducedBatch<'b> {
    /// Checks a batch: its checksum, its header, and every record, decompressed where they are
    /// compressed. Control batches are refused, and records that decompress to more than 64 MiB.
    pub fn check(bytes: &'b [u8]) -> Result<Self, LogError> {
        let checked = batch::check_produced(bytes).map_err(LogError::InvalidBatch)?;
        let (header, largest_message_bytes) = checked;
        Ok(Self {
            bytes,
            header,
            largest_message_bytes,
        })
    }

    /// How many records it holds, at least 1.
    pub fn record_count(&self) -> i32 {
        self.header.record_count
    }

    /// How many bytes the largest of its records has, decompressed: its key and its value.
    pub fn largest_message_bytes(&self) -> usize {
        self.largest_message_bytes
    }

    /// Whether an idempotent producer made it.
    pub fn is_idempotent(&self) -> bool {
        self.header.is_idempotent()
    }

    /// Whether it is part of a transaction. The log stores it like any other.
    pub fn is_transactional(&self) -> bool {
        self.header.is_transactional()
    }
}
