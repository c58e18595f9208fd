//! Readers of stored batches beside a writer, which hold no lock while they read.

use std::sync::{Arc, Mutex};

use ocelot::disk::MemoryDisk;
use ocelot::log::{Durability, LogError};

use crate::support::{append, open, small};

fn record_count(batches: &[u8]) -> i64 {
    let mut rest = batches;
    let mut count = 0;
    while !rest.is_empty() {
        let length = u32::from_be_bytes(rest[8..12].try_into().unwrap()) as usize + 12;
        count += i64::from(i32::from_be_bytes(rest[57..61].try_into().unwrap()));
        rest = &rest[length..];
    }
    count
}

#[test]
fn readers_follow_a_writer_without_its_lock() {
    const END: i64 = 2_000;
    let partition = open(&Arc::new(MemoryDisk::new()), small(Durability::Os));
    let partition = Mutex::new(partition);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0..END {
                let value = vec![number as u8; number as usize % 300];
                append(&mut partition.lock().unwrap(), &[value], 1).unwrap();
            }
        });
        for max_bytes in [0, 1_000, 1 << 20] {
            let partition = &partition;
            scope.spawn(move || {
                let (mut offset, mut buffer) = (0, Vec::new());
                while offset < END {
                    let reader = partition.lock().unwrap().batch_reader(offset).unwrap();
                    let next = reader.read(max_bytes, &mut buffer).unwrap();
                    assert_eq!(record_count(&buffer), next - offset);
                    offset = next;
                }
            });
        }
    });
}

#[test]
fn a_reader_goes_on_after_its_segment_is_trimmed() {
    let mut partition = open(&Arc::new(MemoryDisk::new()), small(Durability::Os));
    append(&mut partition, &vec![vec![1; 100]; 3], 1).unwrap();
    let reader = partition.batch_reader(1).unwrap();
    append(&mut partition, &[vec![2]], 1).unwrap();
    partition.trim_before_offset(4).unwrap();
    let mut buffer = Vec::new();
    assert_eq!(reader.read(1 << 20, &mut buffer).unwrap(), 3);
    assert_eq!(record_count(&buffer), 3);
    assert!(matches!(
        partition.batch_reader(3),
        Err(LogError::OffsetOutOfRange {
            start: 4,
            end: 4,
            ..
        })
    ));
    let at_end = partition.batch_reader(4).unwrap();
    assert_eq!(at_end.read(1 << 20, &mut buffer).unwrap(), 4);
    assert!(buffer.is_empty());
}

/// The start may lie in the middle of a batch: the batch is read, and no offset before the start.
#[test]
fn a_start_in_the_middle_of_a_batch_survives_a_restart() {
    let disk = Arc::new(MemoryDisk::new());
    let mut partition = open(&disk, small(Durability::Os));
    append(&mut partition, &vec![vec![1; 100]; 5], 1).unwrap();
    partition.trim_before_offset(2).unwrap();
    partition.trim_before_offset(1).unwrap();
    partition.trim_before_offset(3).unwrap();
    let mut partition = open(&disk, small(Durability::Os));
    assert_eq!((partition.start_offset(), partition.end_offset()), (3, 5));
    assert!(partition.trim_before_offset(6).is_err());
    let found = partition.first_at_time(0).unwrap().unwrap();
    assert_eq!((found.offset, found.timestamp_ms), (3, 1));
    let mut buffer = Vec::new();
    assert_eq!(partition.read_batches(3, 0, &mut buffer).unwrap(), 5);
    assert_eq!(record_count(&buffer), 5);
    assert!(partition.read_batches(2, 0, &mut buffer).is_err());
    assert!(buffer.is_empty());
}
