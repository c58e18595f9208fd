//! A byte flipped anywhere is noticed: a call fails, or its answer is as if nothing had happened.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ocelot::disk::{Disk, MemoryDisk};
use ocelot::log::{LogError, LogOptions, Partition, ReadLimits, Record};

use crate::support::{NO_LIMITS, Random, append, open, read_on, try_open};

const FOLDER: &str = "/data/0";

fn options() -> LogOptions {
    LogOptions {
        segment_bytes: 4 << 10,
        index_interval_bytes: 512,
        ..LogOptions::default()
    }
}

/// The content of every file of a partition.
type Files = Vec<(PathBuf, Vec<u8>)>;

struct Original {
    files: Files,
    records: Vec<Record>,
    /// File and position of every batch, by the bytes of its base offset.
    batches: BTreeMap<Vec<u8>, (usize, usize)>,
}

impl Original {
    fn new(disk: &MemoryDisk, records: Vec<Record>) -> Self {
        let files = content(disk);
        let mut batches = BTreeMap::new();
        for (file, (path, bytes)) in files.iter().enumerate() {
            let mut position = 0;
            while path.extension().unwrap() == "log" && position < bytes.len() {
                batches.insert(bytes[position..position + 8].to_vec(), (file, position));
                let length = bytes[position + 8..position + 12].try_into().unwrap();
                position += 12 + u32::from_be_bytes(length) as usize;
            }
        }
        Self {
            files,
            records,
            batches,
        }
    }

    /// Whether batches stand in one of the files as they are here.
    fn holds_batches(&self, batches: &[u8]) -> bool {
        self.batches
            .get(&batches[..8])
            .is_some_and(|&(file, position)| self.files[file].1[position..].starts_with(batches))
    }
}

fn original() -> Original {
    let disk = Arc::new(MemoryDisk::new());
    let mut partition = open(&disk, options());
    let mut random = Random::new(11);
    for round in 0..30 {
        let values: Vec<Vec<u8>> = (0..=random.below(4))
            .map(|_| {
                // Never zero: whole sectors of zeros look like a power cut, see below.
                let length = random.below(300);
                random.bytes(length).iter().map(|byte| byte | 1).collect()
            })
            .collect();
        append(&mut partition, &values, 1000 + round * 10).unwrap();
    }
    let records = partition.read(0, NO_LIMITS).unwrap();
    let (records_again, error) = read_on(&partition, 0);
    assert!(error.is_none() && records == records_again);
    Original::new(&disk, records)
}

fn content(disk: &MemoryDisk) -> Files {
    let mut names = disk.list(Path::new(FOLDER)).unwrap();
    names.sort();
    names
        .iter()
        .map(|name| {
            let path = Path::new(FOLDER).join(name);
            let file = disk.open(&path).unwrap();
            let mut bytes = vec![0; file.length_bytes().unwrap() as usize];
            file.read_at(&mut bytes, 0).unwrap();
            (path, bytes)
        })
        .collect()
}

fn disk_with(files: &Files) -> Arc<MemoryDisk> {
    let disk = MemoryDisk::new();
    disk.create_folder(Path::new(FOLDER)).unwrap();
    for (path, bytes) in files {
        disk.create(path).unwrap().write_at(bytes, 0).unwrap();
    }
    Arc::new(disk)
}

fn is_damage(error: &LogError) -> bool {
    matches!(error, LogError::Damaged { .. })
}

/// Every answer is right or a report of damage; at least one must be such a report, unless the
/// partition answers as the original does.
fn check(original: &Original, files: &Files, what: &str) {
    let disk = disk_with(files);
    let partition = match try_open(&disk, options()) {
        Ok(partition) => partition,
        Err(error) => {
            assert!(is_damage(&error), "{what}: {error}");
            return;
        }
    };
    let records = &original.records;
    let (read, error) = read_on(&partition, 0);
    assert!(records.starts_with(&read), "{what}: wrong records");
    match &error {
        None => assert!(
            read.len() == records.len() || partition.cut_tail().is_some(),
            "{what}: lost without a word"
        ),
        Some(error) => {
            assert!(is_damage(error), "{what}: {error}");
            check_after_damage(&partition, records, error, what);
        }
    }
    let mut buffer = Vec::new();
    let few = ReadLimits {
        max_records: 3,
        max_bytes: 1000,
    };
    for record in records.iter().step_by(23) {
        match partition.read(record.offset, few) {
            Ok(found) => {
                let rest = &records[record.offset as usize..];
                assert!(
                    rest.starts_with(&found),
                    "{what}: read from {}",
                    record.offset
                );
            }
            Err(LogError::OffsetOutOfRange { .. }) => assert!(
                partition.cut_tail().is_some() || error.is_some(),
                "{what}: offset {} is gone",
                record.offset
            ),
            Err(error) => assert!(is_damage(&error), "{what}: {error}"),
        }
        if let Ok(next) = partition.read_batches(record.offset, 1000, &mut buffer) {
            assert!(
                original.holds_batches(&buffer),
                "{what}: other batches from {} to {next}",
                record.offset
            );
        }
        match partition.offset_at_time(record.timestamp_ms) {
            Ok(found) => {
                let expected = records
                    .iter()
                    .find(|other| other.timestamp_ms >= record.timestamp_ms)
                    .map(|other| other.offset);
                assert!(
                    found == expected || (found.is_none() && partition.cut_tail().is_some()),
                    "{what}: time {} is at {found:?}, not {expected:?}",
                    record.timestamp_ms
                );
            }
            Err(error) => assert!(is_damage(&error), "{what}: {error}"),
        }
    }
}

fn check_after_damage(partition: &Partition, records: &[Record], error: &LogError, what: &str) {
    if let LogError::Damaged {
        next_offset: Some(next),
        ..
    } = error
    {
        let (rest, error) = read_on(partition, *next);
        assert!(error.is_none(), "{what}: after the damage: {error:?}");
        assert!(
            records.ends_with(&rest),
            "{what}: wrong records after the damage"
        );
        assert_eq!(rest.len(), records.len() - *next as usize, "{what}");
    }
}

#[test]
fn every_byte_flipped() {
    let original = original();
    assert!(original.files.len() >= 6, "several segments, with indexes");
    let mut random = Random::new(12);
    for file in 0..original.files.len() {
        let length = original.files[file].1.len();
        // Every byte of the last segment and of all indexes, some of the rest.
        let name = original.files[file].0.clone();
        let step = match name.extension().unwrap().to_str() {
            Some("log") if file + 2 < original.files.len() => 2 + random.below(5),
            _ => 1,
        };
        for position in (0..length).step_by(step) {
            let mut files = original.files.clone();
            files[file].1[position] ^= 1 << random.below(8);
            // What was written whole is not cut off.
            let partition = try_open(&disk_with(&files), options()).unwrap();
            assert_eq!(
                partition.cut_tail(),
                None,
                "byte {position} of {}",
                name.display()
            );
            check(
                &original,
                &files,
                &format!("byte {position} of {}", name.display()),
            );
        }
    }
}

#[test]
fn runs_of_bytes_replaced() {
    let original = original();
    let mut random = Random::new(13);
    for round in 0..1000 {
        let mut files = original.files.clone();
        let file = random.below(files.len());
        let (path, bytes) = &mut files[file];
        let start = random.below(bytes.len());
        let end = (start + 1 + random.below(1000)).min(bytes.len());
        let what = format!("round {round}, bytes {start}..{end} of {}", path.display());
        let replacement = random.bytes(end - start);
        bytes[start..end].copy_from_slice(&replacement);
        check(&original, &files, &what);
    }
}

#[test]
fn indexes_missing_short_or_of_another_partition() {
    let original = original();
    let is_index = |path: &Path| path.extension().unwrap() == "index";
    for file in 0..original.files.len() {
        let path = original.files[file].0.clone();
        if !is_index(&path) {
            continue;
        }
        let mut without = original.files.clone();
        without.remove(file);
        check(&original, &without, &format!("without {}", path.display()));
        for length in (0..original.files[file].1.len()).step_by(5) {
            let mut files = original.files.clone();
            files[file].1.truncate(length);
            check(
                &original,
                &files,
                &format!("{} cut to {length}", path.display()),
            );
        }
        for other in 0..original.files.len() {
            let mut files = original.files.clone();
            files[file].1 = original.files[other].1.clone();
            check(
                &original,
                &files,
                &format!("{} from {other}", path.display()),
            );
        }
    }
    let mut none = original.files.clone();
    none.retain(|(path, _)| !is_index(path));
    let disk = disk_with(&none);
    let partition = open(&disk, options());
    assert_eq!(read_on(&partition, 0).0, original.records);
    assert_eq!(
        content(&disk),
        original.files,
        "the indexes are written anew"
    );
}

#[test]
fn segments_missing_or_short() {
    let original = original();
    let data: Vec<usize> = (0..original.files.len())
        .filter(|&file| original.files[file].0.extension().unwrap() == "log")
        .collect();
    // The first may have been trimmed away, and the last may never have been.
    for &file in &data[1..data.len() - 1] {
        let path = original.files[file].0.clone();
        let mut without = original.files.clone();
        without.remove(file);
        check(&original, &without, &format!("without {}", path.display()));
        for length in (0..original.files[file].1.len()).step_by(61) {
            let mut files = original.files.clone();
            files[file].1.truncate(length);
            check(
                &original,
                &files,
                &format!("{} cut to {length}", path.display()),
            );
        }
    }
}
