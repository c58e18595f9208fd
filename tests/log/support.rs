//! What the tests of the log share.

use std::path::Path;
use std::sync::Arc;

use ocelot::disk::Disk;
use ocelot::log::{Durability, LogError, LogOptions, NewRecord, Partition, ReadLimits, Record};

pub(crate) const NO_LIMITS: ReadLimits = ReadLimits {
    max_records: usize::MAX,
    max_bytes: usize::MAX,
};

/// Small segments and a dense index, so that little data meets every path.
pub(crate) fn small(durability: Durability) -> LogOptions {
    LogOptions {
        segment_bytes: 8 << 10,
        index_interval_bytes: 1 << 10,
        durability,
    }
}

pub(crate) fn open(disk: &Arc<impl Disk + 'static>, options: LogOptions) -> Partition {
    try_open(disk, options).unwrap()
}

pub(crate) fn try_open(
    disk: &Arc<impl Disk + 'static>,
    options: LogOptions,
) -> Result<Partition, LogError> {
    let disk: Arc<dyn Disk> = disk.clone();
    Partition::open(disk, Path::new("/data/0"), options)
}

pub(crate) fn new_record(value: &[u8]) -> NewRecord<'_> {
    NewRecord {
        value,
        ..NewRecord::default()
    }
}

/// Appends one batch of records without keys.
pub(crate) fn append(
    partition: &mut Partition,
    values: &[Vec<u8>],
    timestamp_ms: i64,
) -> Result<i64, LogError> {
    let records: Vec<NewRecord<'_>> = values.iter().map(|value| new_record(value)).collect();
    Ok(partition.append(&records, timestamp_ms)?.last_offset)
}

/// Reads to the end, or to the first error.
pub(crate) fn read_on(partition: &Partition, from_offset: i64) -> (Vec<Record>, Option<LogError>) {
    let mut records: Vec<Record> = Vec::new();
    let mut offset = from_offset;
    loop {
        match partition.read(offset, NO_LIMITS) {
            Ok(more) if more.is_empty() => return (records, None),
            Ok(more) => {
                offset = more.last().unwrap().offset + 1;
                records.extend(more);
            }
            Err(error) => return (records, Some(error)),
        }
    }
}

/// A small generator with a seed: the same run every time.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below a bound.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        ((self.next() >> 33) % bound as u64) as usize
    }

    pub(crate) fn chance(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 0
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next() as u8).collect()
    }
}
