//! What the log must keep up with: appending 64 KiB batches at 800 MB/s, reading them one after
//! another at 2 GB/s, opening 10 million messages as fast as 10.
//!
//! Files lie in the folder for temporary files; what was written before is read from the page
//! cache.
// A benchmark that fails has nothing to report; macros of criterion make items without comments.
#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ocelot::disk::{Disk, RealDisk};
use ocelot::log::{Durability, LogOptions, NewRecord, Partition, ProducedBatch, ReadLimits};

const BATCH_BYTES: usize = 64 << 10;

fn open(folder: &Path) -> Partition {
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    Partition::open(disk, folder, LogOptions::default()).unwrap()
}

fn new_records(value: &[u8], count: usize) -> Vec<NewRecord<'_>> {
    let record = NewRecord {
        value: Some(value),
        ..NewRecord::default()
    };
    vec![record; count]
}

/// Appends to a partition, which is emptied whenever it has grown to 512 MiB.
fn time_appends(count: u64, mut append: impl FnMut(&mut Partition)) -> Duration {
    let home = tempfile::tempdir().unwrap();
    let mut partition = open(home.path());
    let mut spent = Duration::ZERO;
    let mut written_bytes = 0;
    for _ in 0..count {
        let start = Instant::now();
        append(&mut partition);
        spent += start.elapsed();
        written_bytes += BATCH_BYTES;
        if written_bytes > 512 << 20 {
            partition.trim_before_time(i64::MAX).unwrap();
            written_bytes = 0;
        }
    }
    spent
}

fn append(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("append 64 KiB");
    group.throughput(Throughput::Bytes(BATCH_BYTES as u64));
    let value = vec![b'x'; 1014];
    let records = new_records(&value, 64);
    group.bench_function("64 records", |bencher| {
        bencher.iter_custom(|count| {
            time_appends(count, |partition| {
                black_box(partition.append(&records, 1).unwrap());
            })
        });
    });

    let home = tempfile::tempdir().unwrap();
    let mut source = open(home.path());
    source.append(&records, 1).unwrap();
    let mut batch = Vec::new();
    source.read_batches(0, 0, &mut batch).unwrap();
    group.bench_function("a producer's batch", |bencher| {
        bencher.iter_custom(|count| {
            time_appends(count, |partition| {
                black_box(partition.append_batch(&batch, 1).unwrap());
            })
        });
    });
    group.finish();
}

/// A batch of about 64 KiB of JSON in 64 records, as a producer sends it.
fn compressed(codec: &str) -> (Vec<u8>, usize) {
    let home = tempfile::tempdir().unwrap();
    let mut source = open(home.path());
    let values: Vec<String> = (0..64_u64)
        .map(|number| {
            let item = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            format!(r#"{{"id":"{item:016x}","state":"SHIPPED","price":{number}}},"#).repeat(18)
        })
        .collect();
    let records: Vec<NewRecord<'_>> = values
        .iter()
        .map(|value| NewRecord {
            value: Some(value.as_bytes()),
            ..NewRecord::default()
        })
        .collect();
    source.append(&records, 1).unwrap();
    let mut batch = Vec::new();
    source.read_batches(0, 0, &mut batch).unwrap();
    let plain = batch.split_off(61);
    let (attribute, bytes) = match codec {
        "gzip" => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Default::default());
            encoder.write_all(&plain).unwrap();
            (1, encoder.finish().unwrap())
        }
        "snappy" => (2, snap::raw::Encoder::new().compress_vec(&plain).unwrap()),
        "lz4" => {
            let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
            encoder.write_all(&plain).unwrap();
            (3, encoder.finish().unwrap())
        }
        "zstd" => (4, zstd::stream::encode_all(&plain[..], 3).unwrap()),
        _ => (0, plain.clone()),
    };
    batch.extend(bytes);
    batch[22] |= attribute;
    let length = batch.len() as u32 - 12;
    batch[8..12].copy_from_slice(&length.to_be_bytes());
    let crc = crc32c::crc32c(&batch[21..]);
    batch[17..21].copy_from_slice(&crc.to_be_bytes());
    (batch, plain.len())
}

/// Checking a producer's batch, in bytes of records before they were compressed.
fn check(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("check a producer's batch");
    for codec in ["plain", "gzip", "snappy", "lz4", "zstd"] {
        let (batch, plain_bytes) = compressed(codec);
        group.throughput(Throughput::Bytes(plain_bytes as u64));
        group.bench_function(codec, |bencher| {
            bencher.iter(|| black_box(ProducedBatch::check(&batch).unwrap()));
        });
    }
    group.finish();
}

/// The first batch of an idempotent producer after a restart: a walk through a full segment.
fn find_producers(criterion: &mut Criterion) {
    let home = tempfile::tempdir().unwrap();
    let mut partition = open(home.path());
    let (mut batch, _) = compressed("plain");
    batch[43..57].copy_from_slice(&[0; 14]);
    let crc = crc32c::crc32c(&batch[21..]);
    batch[17..21].copy_from_slice(&crc.to_be_bytes());
    let filler = new_records(&[b'x'; 1014], 64);
    partition.append_batch(&batch, 1).unwrap();
    while partition.size_bytes().unwrap() < 63 << 20 {
        partition.append(&filler, 1).unwrap();
    }
    criterion.bench_function("open, and find the producers in 63 MiB", |bencher| {
        bencher.iter(|| {
            let mut partition = open(home.path());
            assert!(partition.append_batch(&batch, 1).unwrap().is_duplicate);
        });
    });
}

fn read(criterion: &mut Criterion) {
    const TOTAL_BYTES: usize = 256 << 20;
    let home = tempfile::tempdir().unwrap();
    let mut partition = open(home.path());
    let value = vec![b'x'; 1014];
    let records = new_records(&value, 64);
    for _ in 0..TOTAL_BYTES / BATCH_BYTES {
        partition.append(&records, 1).unwrap();
    }
    let mut group = criterion.benchmark_group("read 256 MiB");
    group.sample_size(10);
    group.throughput(Throughput::Bytes(partition.size_bytes().unwrap()));
    group.bench_function("as batches", |bencher| {
        let mut buffer = Vec::new();
        bencher.iter(|| {
            let mut offset = 0;
            while offset < partition.end_offset() {
                offset = partition
                    .read_batches(offset, 1 << 20, &mut buffer)
                    .unwrap();
            }
        });
    });
    group.bench_function("as records", |bencher| {
        let limits = ReadLimits {
            max_records: usize::MAX,
            max_bytes: 1 << 20,
        };
        bencher.iter(|| {
            let mut offset = 0;
            while offset < partition.end_offset() {
                let records = partition.read(offset, limits).unwrap();
                offset = records.last().unwrap().offset + 1;
            }
        });
    });
    group.finish();
}

fn open_and_append(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("open");
    let value = [b'x'; 20];
    for messages in [10, 10_000_000] {
        let home = tempfile::tempdir().unwrap();
        let mut partition = open(home.path());
        let per_batch = 1000.min(messages);
        let records = new_records(&value, per_batch);
        for time in 0..messages / per_batch {
            partition.append(&records, time as i64).unwrap();
        }
        drop(partition);
        group.bench_function(BenchmarkId::new("messages", messages), |bencher| {
            bencher.iter(|| black_box(open(home.path())));
        });
        let partition = open(home.path());
        let limits = ReadLimits {
            max_records: 1,
            max_bytes: 1 << 20,
        };
        group.bench_function(BenchmarkId::new("and read one", messages), |bencher| {
            let middle = partition.end_offset() / 2;
            bencher.iter(|| open(home.path()).read(middle, limits).unwrap());
        });
        group.bench_function(BenchmarkId::new("and find a time", messages), |bencher| {
            let middle = (messages / per_batch / 2) as i64;
            bencher.iter(|| open(home.path()).offset_at_time(middle).unwrap());
        });
        // Last: the partition grows by it.
        let one = new_records(&value, 1);
        group.bench_function(BenchmarkId::new("and append one", messages), |bencher| {
            bencher.iter(|| open(home.path()).append(&one, 1).unwrap());
        });
    }
    group.finish();
}

fn append_one(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("append one record");
    let value = [b'x'; 100];
    for durability in [Durability::Os, Durability::Fsync] {
        let home = tempfile::tempdir().unwrap();
        let options = LogOptions {
            durability,
            ..LogOptions::default()
        };
        let disk: Arc<dyn Disk> = Arc::new(RealDisk);
        let mut partition = Partition::open(disk, home.path(), options).unwrap();
        let records = new_records(&value, 1);
        group.bench_function(format!("{durability:?}"), |bencher| {
            bencher.iter(|| partition.append(&records, 1).unwrap());
        });
    }
    group.finish();
}

criterion_group!(
    log,
    append,
    check,
    find_producers,
    read,
    open_and_append,
    append_one
);
criterion_main!(log);
