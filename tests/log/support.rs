//! What the tests of the log share.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use ocelot::disk::{Disk, MemoryDisk};
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
        value: Some(value),
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

/// The codecs that Kafka's producers have; snappy in both its forms.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Compression {
    Gzip,
    SnappyRaw,
    SnappyJava,
    Lz4,
    Zstd,
}

impl Compression {
    pub(crate) const ALL: [Self; 5] = [
        Self::Gzip,
        Self::SnappyRaw,
        Self::SnappyJava,
        Self::Lz4,
        Self::Zstd,
    ];

    fn attribute(self) -> u8 {
        match self {
            Self::Gzip => 1,
            Self::SnappyRaw | Self::SnappyJava => 2,
            Self::Lz4 => 3,
            Self::Zstd => 4,
        }
    }

    pub(crate) fn compress(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Gzip => {
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Default::default());
                encoder.write_all(bytes).unwrap();
                encoder.finish().unwrap()
            }
            Self::SnappyRaw => snap::raw::Encoder::new().compress_vec(bytes).unwrap(),
            Self::SnappyJava => {
                let mut framed = b"\x82SNAPPY\0\0\0\0\x01\0\0\0\x01".to_vec();
                for chunk in bytes.chunks(1000) {
                    let block = snap::raw::Encoder::new().compress_vec(chunk).unwrap();
                    framed.extend((block.len() as u32).to_be_bytes());
                    framed.extend(block);
                }
                framed
            }
            Self::Lz4 => {
                let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
                encoder.write_all(bytes).unwrap();
                encoder.finish().unwrap()
            }
            Self::Zstd => zstd::stream::encode_all(bytes, 3).unwrap(),
        }
    }

    /// The same batch with its records compressed.
    pub(crate) fn batch(self, plain: &[u8]) -> Vec<u8> {
        self.batch_of(plain, &plain[RECORDS..])
    }

    /// A batch with the header of another, and these bytes compressed in the place of its records.
    pub(crate) fn batch_of(self, plain: &[u8], records: &[u8]) -> Vec<u8> {
        let mut batch = [&plain[..RECORDS], &self.compress(records)].concat();
        batch[22] |= self.attribute();
        finish(batch)
    }
}

/// Where the records of a batch begin.
pub(crate) const RECORDS: usize = 61;

/// Gives a batch its length and its checksum.
pub(crate) fn finish(mut batch: Vec<u8>) -> Vec<u8> {
    let length = batch.len() as u32 - 12;
    batch[8..12].copy_from_slice(&length.to_be_bytes());
    let crc = crc32c::crc32c(&batch[21..]);
    batch[17..21].copy_from_slice(&crc.to_be_bytes());
    batch
}

/// A batch as a Kafka producer would send it.
pub(crate) fn produced(records: &[NewRecord<'_>]) -> Vec<u8> {
    let mut other = open(&Arc::new(MemoryDisk::new()), LogOptions::default());
    other.append(records, 77).unwrap();
    let mut batch = Vec::new();
    other.read_batches(0, 0, &mut batch).unwrap();
    batch
}

/// A batch as an idempotent producer would send it.
pub(crate) fn sequenced(plain: &[u8], id: i64, epoch: i16, sequence: i32) -> Vec<u8> {
    let mut batch = plain.to_vec();
    batch[43..51].copy_from_slice(&id.to_be_bytes());
    batch[51..53].copy_from_slice(&epoch.to_be_bytes());
    batch[53..57].copy_from_slice(&sequence.to_be_bytes());
    finish(batch)
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
