//! Compressed batches: read record by record, refused when they are not what they claim, and never
//! more costly than they may be.

use std::path::Path;
use std::sync::Arc;

use ocelot::disk::{Disk, MemoryDisk};
use ocelot::log::{Durability, Fault, LogError, Partition, ProducedBatch, ReadLimits};
use proptest::prelude::*;

use crate::support::{
    Compression, NO_LIMITS, RECORDS, append, finish, new_record, open, produced, small,
};

fn partition() -> Partition {
    open(&Arc::new(MemoryDisk::new()), small(Durability::Os))
}

fn values(count: usize) -> Vec<Vec<u8>> {
    (0..count)
        .map(|number| format!("value {number} ").repeat(number % 50).into_bytes())
        .collect()
}

fn batch(values: &[Vec<u8>]) -> Vec<u8> {
    let records: Vec<_> = values.iter().map(|value| new_record(value)).collect();
    produced(&records)
}

fn fault(result: Result<ProducedBatch<'_>, LogError>) -> Fault {
    match result {
        Err(LogError::InvalidBatch(fault)) => fault,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_codec_is_read_from_any_offset_and_stays_as_it_came() {
    let values = values(300);
    let plain = batch(&values);
    for codec in Compression::ALL {
        let mut partition = partition();
        append(&mut partition, &[b"before".to_vec()], 1).unwrap();
        let compressed = codec.batch(&plain);
        assert!(compressed.len() < plain.len());
        let appended = partition.append_batch(&compressed, 2).unwrap();
        assert_eq!((appended.base_offset, appended.last_offset), (1, 300));
        append(&mut partition, &[b"behind".to_vec()], 3).unwrap();
        for from in [0, 1, 2, 150, 299, 300, 301] {
            let found = partition.read(from, NO_LIMITS).unwrap();
            assert_eq!(found.len() as i64, 302 - from, "{codec:?}");
            for record in &found {
                let expected = match record.offset {
                    0 => b"before",
                    301 => b"behind",
                    offset => &values[offset as usize - 1][..],
                };
                assert_eq!(record.value.as_deref(), Some(expected));
                let time = 2 + i64::from(record.offset == 301) - i64::from(record.offset == 0);
                assert_eq!(record.timestamp_ms, time);
            }
        }
        let limits = ReadLimits {
            max_records: usize::MAX,
            max_bytes: 1000,
        };
        let some = partition.read(100, limits).unwrap();
        assert!((1..20).contains(&some.len()), "{codec:?}: {}", some.len());
        let mut raw = Vec::new();
        assert_eq!(partition.read_batches(7, 0, &mut raw).unwrap(), 301);
        assert_eq!(raw[RECORDS..], compressed[RECORDS..]);
    }
}

#[test]
fn what_is_not_what_it_claims_is_refused() {
    let plain = batch(&values(10));
    for codec in Compression::ALL {
        let good = codec.batch(&plain);
        assert_eq!(ProducedBatch::check(&good).unwrap().record_count(), 10);
        // One record too few, one too many, bytes behind the last, a wrong place in the batch.
        let mut few = plain.clone();
        few[26] += 1;
        few[60] += 1;
        assert_eq!(
            fault(ProducedBatch::check(&codec.batch(&few))),
            Fault::Record(10)
        );
        let mut many = plain.clone();
        many[26] -= 1;
        many[60] -= 1;
        assert_eq!(
            fault(ProducedBatch::check(&codec.batch(&many))),
            Fault::Trailing
        );
        let longer = [&plain[RECORDS..], b"!"].concat();
        let longer = codec.batch_of(&plain, &longer);
        assert_eq!(fault(ProducedBatch::check(&longer)), Fault::Trailing);
        let mut moved = plain.clone();
        moved[RECORDS + 3] += 2;
        assert_eq!(
            fault(ProducedBatch::check(&codec.batch(&moved))),
            Fault::Record(0)
        );
        // Not compressed at all, or not to the end.
        let mut raw = plain.clone();
        raw[22] = good[22];
        assert!(matches!(
            fault(ProducedBatch::check(&finish(raw))),
            Fault::Compression(_)
        ));
        let short = finish(good[..good.len() - 5].to_vec());
        assert!(matches!(
            fault(ProducedBatch::check(&short)),
            Fault::Compression(_) | Fault::Record(_)
        ));
    }
}

#[test]
fn a_batch_that_inflates_without_end_is_refused() {
    let plain = batch(&values(1));
    // One record that claims 100 MB, and zeros.
    let mut records = vec![0x80, 0xc2, 0xd7, 0x5f];
    records.resize(100_000_000, 0);
    for codec in Compression::ALL {
        let bomb = codec.batch_of(&plain, &records);
        let refused = ProducedBatch::check(&bomb).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "the record batch is refused: the records decompress to more than 67108864 bytes",
            "{codec:?}"
        );
    }
}

/// Batches of earlier versions were taken on trust, and a copied folder may hold anything.
#[test]
fn a_stored_batch_that_does_not_decompress_does_not_hide_what_follows() {
    let disk = Arc::new(MemoryDisk::new());
    let mut partition = open(&disk, small(Durability::Os));
    append(&mut partition, &[b"before".to_vec()], 1).unwrap();
    let good = Compression::Zstd.batch(&batch(&values(3)));
    partition.append_batch(&good, 1).unwrap();
    append(&mut partition, &[b"behind".to_vec()], 1).unwrap();
    let mut stored = Vec::new();
    let next = partition.read_batches(1, 0, &mut stored).unwrap();
    assert_eq!(next, 4);
    let position = partition.size_bytes().unwrap() as usize;
    stored[RECORDS..].fill(b'x');
    let stored = finish(stored);
    let mut before = Vec::new();
    partition.read_batches(0, 0, &mut before).unwrap();
    let path = Path::new("/data/0/00000000000000000000.log");
    let file = disk.open(path).unwrap();
    file.write_at(&stored, before.len() as u64).unwrap();
    assert_eq!(file.length_bytes().unwrap(), position as u64);
    assert_eq!(partition.read(0, NO_LIMITS).unwrap().len(), 1);
    let refused = partition.read(1, NO_LIMITS).unwrap_err();
    assert!(matches!(
        refused,
        LogError::Damaged {
            fault: Fault::Compression("zstd"),
            next_offset: Some(4),
            ..
        }
    ));
    assert_eq!(partition.read(4, NO_LIMITS).unwrap().len(), 1);
}

proptest! {
    #[test]
    fn arbitrary_compressed_bytes_are_refused_without_harm(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        codec in 0..Compression::ALL.len(),
        position: prop::sample::Index,
        inside: bool,
    ) {
        let plain = batch(&values(5));
        let codec = Compression::ALL[codec];
        // Either what is decompressed is arbitrary, or what is to be.
        let mut batch = codec.batch_of(&plain, if inside { &bytes } else { &plain[RECORDS..] });
        if !inside {
            let start = RECORDS + position.index(batch.len() - RECORDS);
            let count = bytes.len().min(batch.len() - start);
            batch[start..start + count].copy_from_slice(&bytes[..count]);
        }
        let batch = finish(batch);
        let mut partition = partition();
        if partition.append_batch(&batch, 1).is_ok() {
            prop_assert_eq!(partition.read(0, NO_LIMITS).unwrap().len(), 5);
        }
    }
}
