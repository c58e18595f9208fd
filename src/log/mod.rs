//! The log: partitions of records, appended to at the end, read from any offset, trimmed by time or
//! by offset.
//!
//! A [`Partition`] is a folder. This module knows record batches and files (through
//! [`crate::disk`]), and nothing of streams, services or the network. A producer's batch is stored
//! as it came but for the fields a broker fills in, and goes out again as it is stored. All its
//! records are looked at before, so that every reader can decode what is stored.
//!
//! # Files
//!
//! | name | content |
//! |---|---|
//! | `NNNNNNNNNNNNNNNNNNNN.log` | a segment: record batches back to back, nothing else |
//! | `NNNNNNNNNNNNNNNNNNNN.index` | its sparse index; made when the first entry is due |
//! | `NNNNNNNNNNNNNNNNNNNN.producers` | the idempotent producers that are known where the segment begins; made when there are any |
//! | `NNNNNNNNNNNNNNNNNNNN.start` | nothing: its name is the first offset that may be read, where that lies behind a segment's first record |
//!
//! The twenty digits are the offset of the segment's first record. The segment with the highest
//! number is the *active* one, the only one written to; the others are *finished*. Of several starts
//! the highest counts. Other names are left alone.
//!
//! ## Record batch
//!
//! Kafka's version 2. Numbers are big-endian.
//!
//! | byte | width | field | as stored |
//! |---|---|---|---|
//! | 0 | 8 | base offset | the last offset of the batch before + 1; in the first batch, the file's name |
//! | 8 | 4 | length | bytes that follow this field, 49 to 64 MiB - 12 |
//! | 12 | 4 | leader epoch | 0 |
//! | 16 | 1 | magic | 2 |
//! | 17 | 4 | checksum | CRC-32C of byte 21 to the end of the batch |
//! | 21 | 2 | attributes | bits 0-2 compression, bit 3 set (log append time), bit 4 transactional |
//! | 23 | 4 | last offset delta | number of records - 1 |
//! | 27 | 8 | base time stamp | ours: as the next field; a producer's: as it was sent |
//! | 35 | 8 | max time stamp | when the batch was appended: the time of all its records, in ms |
//! | 43 | 8 | producer id | as sent, else -1 |
//! | 51 | 2 | producer epoch | as sent, else -1 |
//! | 53 | 4 | base sequence | as sent, else -1 |
//! | 57 | 4 | record count | at least 1 |
//! | 61 | | records | one after the other, compressed as a whole where the attributes say so |
//!
//! Compression is gzip (1), snappy (2; one raw block, or the frame of snappy-java), lz4 (3; the frame
//! format) or zstd (4). Records may decompress to 64 MiB, as many bytes as a batch may hold.
//!
//! A record, where *varint* is a zigzag number of up to 5 bytes (*varlong*: 10), and a length of -1
//! stands for null:
//!
//! | width | field |
//! |---|---|
//! | varint | length of what follows |
//! | 1 | attributes, 0 |
//! | varlong | time stamp delta (ours: 0) |
//! | varint | offset delta: the record's place in the batch, from 0 |
//! | varint, then bytes | key |
//! | varint, then bytes | value |
//! | varint | number of headers; each is a varint and the name, a varint and the value |
//!
//! ## Index entry
//!
//! 24 bytes, one for about every [`LogOptions::index_interval_bytes`] of the segment. It serves
//! lookups by offset and by time.
//!
//! | byte | width | field |
//! |---|---|---|
//! | 0 | 8 | base offset of a batch |
//! | 8 | 8 | its max time stamp |
//! | 16 | 4 | its position in the segment file |
//! | 20 | 4 | CRC-32C of `ocelot log index 1` and of bytes 0 to 19 |
//!
//! ## Producers
//!
//! A CRC-32C of `ocelot log producers 1` and of what follows it, 4 bytes; then, for each producer, its
//! id (8), its epoch (2), the number of its batches (1; the last ones, at most 5) and the batches:
//! first and last sequence number (4 each), base offset (8), time stamp (8). The batches of the segment
//! tell the rest. Where the checksum does not hold, the walk begins a segment earlier.
//!
//! # Invariants
//!
//! 1. Offsets go up by one from record to record, across batches and segments.
//! 2. Time stamps never go down: an append gets at least the time of the one before.
//! 3. Nothing is served unless its checksum holds and its base offset, leader epoch and magic are
//!    those that must stand there. So a changed byte is noticed wherever it lies.
//! 4. A finished segment and its index are synced, and so is the name of the segment after it, in
//!    either durability. Only the active segment can end in an unfinished append. What of it is synced
//!    earlier, while it grows, is so for speed alone (`early_sync`).
//! 5. An index is never believed: what it points to is checked like the rest, and what it lacks is
//!    found by walking. Losing one costs time only.
//!
//! # An append, and where it can stop
//!
//! | step | killed or power cut after it |
//! |---|---|
//! | 0. Where the batch does not fit: write the producers, if there are any, and sync them and the folder; sync the active segment, its index and its folders; create the next segment, sync the folder | a file of producers without a segment, which the next open removes; or an empty last segment, which the next append uses |
//! | 1. Write the batch, from its start to its end | killed: all of it or a first part may be there. Power cut: any sectors of it. The next open keeps a whole batch and cuts off a part |
//! | 2. Under fsync: sync the file; the first time also the folders | the batch is there, though nobody was told |
//! | 3. Write an index entry, if one is due | an entry is missing: the next open adds it |
//! | 4. Answer | the batch is there (without fsync: unless the power was cut) |
//!
//! A failed write is taken back by cutting the file to where it was, and syncing that. If that
//! fails, or a sync does, all further writes are refused: the system may have dropped what it could
//! not write. That an early sync failed is told by the next one. Readers in the same process see a batch once step 2 is done.
//!
//! A trim removes the oldest segment first and syncs the folder after each, so that no
//! gap can stay; before it removes the last one, it begins an empty segment that keeps the offset. A
//! trim to an offset inside a segment first syncs the log, then creates the start and syncs the folder:
//! a start that is there has its records behind it.
//!
//! # Idempotent producers
//!
//! The rules are those of Kafka's broker (`producers.rs`). What was stored and not answered is found
//! again: by the headers of the active segment, and the file of producers that it begins with. Nothing
//! is read for that until the first batch of an idempotent producer comes or a segment ends.
//!
//! # Opening
//!
//! Only the active segment is looked at, from the last index entry that points to a valid batch.
//! Where the bytes stop being valid, `recover.rs` tells which it is:
//!
//! * *An unfinished append*: cut off, the cut synced, and [`Partition::cut_tail`] says so.
//! * *Damage* with valid batches behind it: left as it is. Reads that come to it fail with
//!   [`LogError::Damaged`], which names the offset to go on from; appends go on at the end.
//! * *Damage* in the last batch: reads before it work; reads at it and appends fail, for nobody
//!   knows how many offsets it took. [`Partition::cut_damaged_tail`] gives the batch up.
//!
//! Without fsync, a power cut may write later batches of the active segment and not earlier ones.
//! That hole is reported as damage and not cut: whether what lies behind it was synced is not
//! written anywhere, and what was synced must stay. Reading from the start then yields a prefix with
//! all that was synced, and after it the report.
//!
//! # What a new version may change
//!
//! Batches carry their version (magic). A new index format gets another text in its checksum: old
//! entries are then no entries, and the index is written anew; the same happens on the way back. A
//! new kind of file needs a new extension. What a name, an offset or a stored batch means stays.

// No panic can be reached from bytes. Tests may panic: that is how they fail.
#![cfg_attr(
    not(test),
    deny(clippy::indexing_slicing, clippy::string_slice, clippy::panic)
)]

mod append;
mod batch;
mod check;
mod early_sync;
mod error;
mod idempotence;
mod index;
mod inflate;
mod names;
mod open;
mod partition;
mod produced;
mod producers;
mod read;
mod record;
mod recover;
mod segment;
mod start;
mod time;
mod trim;
mod varint;
mod walk;

pub use error::{Fault, LogError};
pub use partition::{Appended, CutTail, Durability, LogOptions, Partition};
pub use produced::ProducedBatch;
pub use read::{BatchReader, ReadLimits};
pub use record::{NewHeader, NewRecord, Record, RecordHeader};
pub use time::TimedOffset;
pub use trim::Trimmed;
