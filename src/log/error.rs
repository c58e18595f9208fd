//! What can go wrong in the log, and what to do about it.

use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why a call on a partition failed. Each message names the file and says what to do next.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LogError {
    /// The disk said no.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried: `read`, `append to`, …
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },

    /// Stored bytes are not what was written. They are neither served nor skipped.
    #[error(
        "damaged log: {} at byte {position}: {fault}. Records before it can be read{}",
        file.display(), resume_text(*.next_offset)
    )]
    Damaged {
        /// The segment file.
        file: PathBuf,
        /// Where in the file, in bytes, the batch that is not valid begins.
        position: u64,
        /// What is wrong there.
        fault: Fault,
        /// The first offset after the damage that can be read; `None` at the end of the log.
        next_offset: Option<i64>,
    },

    /// The offset was trimmed away or is not written yet.
    #[error(
        "offset {offset} is out of range: the partition holds offsets {start} to {end}, the last not included"
    )]
    OffsetOutOfRange {
        /// The offset asked for.
        offset: i64,
        /// The first offset held.
        start: i64,
        /// The offset the next record gets.
        end: i64,
    },

    /// A record batch handed in by a producer is refused.
    #[error("the record batch is refused: {0}")]
    InvalidBatch(Fault),

    /// A batch would be larger than a segment can index.
    #[error(
        "the records make a batch of {bytes} bytes, over the limit of {limit} bytes; send fewer at once"
    )]
    BatchTooLarge {
        /// What the batch would take, in bytes.
        bytes: usize,
        /// The most a batch may take, in bytes.
        limit: usize,
    },

    /// There is no record to append.
    #[error("nothing to append: a batch holds at least one record")]
    NoRecords,

    /// An idempotent producer left sequence numbers out, or repeats some that are too old to tell.
    #[error(
        "producer {producer_id} sent sequence number {found} in epoch {epoch}, where {expected} was due"
    )]
    OutOfOrderSequence {
        /// The producer.
        producer_id: i64,
        /// The epoch of the batch.
        epoch: i16,
        /// The sequence number that follows the last one stored.
        expected: i32,
        /// The sequence number of the batch's first record.
        found: i32,
    },

    /// A batch of an idempotent producer that has begun a later epoch since.
    #[error("producer {producer_id} sent epoch {found}, but has begun epoch {current}")]
    StaleProducerEpoch {
        /// The producer.
        producer_id: i64,
        /// The latest epoch seen.
        current: i16,
        /// The epoch of the batch.
        found: i16,
    },

    /// An earlier write or sync failed, so nobody knows what the disk holds.
    #[error(
        "writes to {} are refused since an earlier one failed ({cause}); \
         put the disk right, then open the log again", folder.display()
    )]
    WritesRefused {
        /// The partition's folder.
        folder: PathBuf,
        /// The error of that earlier write.
        cause: String,
    },
}

/// What is wrong with the bytes of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Fault {
    /// The bytes end before the batch does.
    #[error("the batch is cut short")]
    Short,
    /// The length field cannot be true.
    #[error("the length field says {0}")]
    Length(i32),
    /// Not a version 2 batch.
    #[error("the format version is {0}, not 2")]
    Magic(i8),
    /// The log writes 0 there.
    #[error("the leader epoch is {0}, not 0")]
    LeaderEpoch(i32),
    /// The batch is not the one that belongs here.
    #[error("the base offset is {found}, not {expected}")]
    BaseOffset {
        /// What is stored.
        found: i64,
        /// What follows from the batch before.
        expected: i64,
    },
    /// The CRC-32C differs from the content's.
    #[error("the checksum does not match")]
    Checksum,
    /// The record count or the last offset delta cannot be true.
    #[error("the record count and the offsets do not agree")]
    Count,
    /// A record inside does not decode.
    #[error("record {0} of the batch does not decode")]
    Record(i32),
    /// Bytes are left after the last record, or after the batch.
    #[error("bytes are left over at the end")]
    Trailing,
    /// An attribute a producer may not set (control batch, or a bit without meaning).
    #[error("the attributes {0:#06x} are not allowed")]
    Attributes(i16),
    /// The compressed records do not decompress.
    #[error("the records do not decompress as {0}")]
    Compression(&'static str),
    /// The compressed records decompress to more than the limit, in bytes.
    #[error("the records decompress to more than {0} bytes")]
    Inflated(u64),
    /// A producer id without an epoch or a sequence number, or a negative one.
    #[error("the producer id, epoch and sequence number do not agree")]
    Producer,
    /// A whole run of records is gone between two files.
    #[error("offsets {expected} to {found}, the last not included, are missing")]
    Gap {
        /// The first offset that is missing.
        expected: i64,
        /// The first offset after the gap.
        found: i64,
    },
}

impl LogError {
    /// For `map_err` on a call of the disk.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io {
            action,
            path: path.to_owned(),
            source,
        }
    }
}

fn resume_text(next_offset: Option<i64>) -> String {
    match next_offset {
        Some(offset) => format!(
            ", and records from offset {offset} on. \
             Restore the file from a copy, or read on after the damage"
        ),
        None => "; none can be appended behind it. \
                 Restore the file from a copy, or cut the damaged end off"
            .to_owned(),
    }
}
