//! The log against a `Vec`, through random calls.

use std::path::Path;
use std::sync::Arc;

use ocelot::disk::{Disk, MemoryDisk, RealDisk};
use ocelot::log::{
    Durability, LogError, LogOptions, NewHeader, NewRecord, Partition, ReadLimits, Record,
    RecordHeader, TimedOffset,
};
use proptest::prelude::*;

use crate::support::{
    Compression, NO_LIMITS, append, new_record, open, produced, read_on, small, try_open,
};

#[derive(Debug, Clone)]
enum Call {
    Append(Vec<(Option<u8>, usize)>, i64),
    /// As a Kafka producer would.
    AppendBatch(Vec<(Option<u8>, usize)>, i64, Option<usize>),
    Read(prop::sample::Index, usize, usize),
    ReadBatches(prop::sample::Index, usize),
    OffsetAtTime(i64),
    Trim(i64),
    TrimOffset(prop::sample::Index),
    Reopen,
    ReopenWithoutIndexes,
}

fn call() -> impl Strategy<Value = Call> {
    let records = || {
        let record = (proptest::option::of(any::<u8>()), 0..900_usize);
        proptest::collection::vec(record, 1..6)
    };
    prop_oneof![
        10 => (records(), 0..400_i64).prop_map(|(records, time)| Call::Append(records, time)),
        4 => (records(), 0..400_i64, proptest::option::of(0..Compression::ALL.len()))
            .prop_map(|(records, time, codec)| Call::AppendBatch(records, time, codec)),
        6 => (any::<prop::sample::Index>(), 0..40_usize, 0..5000_usize)
            .prop_map(|(from, records, bytes)| Call::Read(from, records, bytes)),
        4 => (any::<prop::sample::Index>(), 0..9000_usize)
            .prop_map(|(from, bytes)| Call::ReadBatches(from, bytes)),
        4 => (-10..420_i64).prop_map(Call::OffsetAtTime),
        2 => (-10..420_i64).prop_map(Call::Trim),
        2 => any::<prop::sample::Index>().prop_map(Call::TrimOffset),
        2 => Just(Call::Reopen),
        1 => Just(Call::ReopenWithoutIndexes),
    ]
}

struct Model {
    disk: Arc<MemoryDisk>,
    options: LogOptions,
    partition: Partition,
    /// Every record ever appended; those before the partition's start are trimmed.
    records: Vec<Record>,
    /// The start that was asked for last.
    start: i64,
}

impl Model {
    fn new(options: LogOptions) -> Self {
        let disk = Arc::new(MemoryDisk::new());
        Self {
            partition: open(&disk, options),
            disk,
            options,
            records: Vec::new(),
            start: 0,
        }
    }

    fn run(&mut self, call: &Call) {
        match call {
            Call::Append(records, time) => self.append(records, *time, None),
            Call::AppendBatch(records, time, codec) => {
                let codec = codec.map(|codec| Compression::ALL[codec]);
                self.append(records, *time, Some(codec));
            }
            Call::Read(from, max_records, max_bytes) => {
                self.read(from, *max_records, *max_bytes);
            }
            Call::ReadBatches(from, max_bytes) => self.read_batches(from, *max_bytes),
            Call::OffsetAtTime(time) => {
                let held = self.held();
                let expected = held.iter().find(|record| record.timestamp_ms >= *time);
                let found = self.partition.first_at_time(*time).unwrap();
                assert_eq!(found, expected.map(timed), "time {time}");
                let latest = held.last().map(|last| last.timestamp_ms);
                let first = held.iter().find(|held| Some(held.timestamp_ms) == latest);
                let found = self.partition.first_of_latest_time().unwrap();
                assert_eq!(found, first.map(timed));
            }
            Call::Trim(time) => self.trim(*time),
            Call::TrimOffset(from) => {
                let offset = self.pick(from);
                self.partition.trim_before_offset(offset).unwrap();
                assert_eq!(self.partition.start_offset(), offset);
                if offset == self.partition.end_offset() {
                    assert_eq!(self.partition.size_bytes().unwrap(), 0);
                }
                self.start = offset;
            }
            Call::Reopen => self.partition = open(&self.disk, self.options),
            Call::ReopenWithoutIndexes => {
                let folder = Path::new("/data/0");
                for name in self.disk.list(folder).unwrap() {
                    if name.ends_with(".index") {
                        self.disk.remove_file(&folder.join(name)).unwrap();
                    }
                }
                self.partition = open(&self.disk, self.options);
            }
        }
        let last = self.held().last().map(|record| record.timestamp_ms);
        if last.is_some() {
            assert_eq!(self.partition.last_timestamp_ms(), last);
        }
        assert_eq!(self.partition.end_offset(), self.records.len() as i64);
        assert!(self.partition.start_offset() >= self.start);
        let below = self.partition.start_offset() - 1;
        assert!(matches!(
            self.partition.read(below, NO_LIMITS),
            Err(LogError::OffsetOutOfRange { .. })
        ));
    }

    fn held(&self) -> &[Record] {
        &self.records[self.partition.start_offset() as usize..]
    }

    fn append(
        &mut self,
        records: &[(Option<u8>, usize)],
        time: i64,
        as_batch: Option<Option<Compression>>,
    ) {
        let time_of_last = self.partition.last_timestamp_ms();
        let timestamp_ms = time_of_last.map_or(time, |last| last.max(time));
        let base_offset = self.records.len() as i64;
        let content: Vec<(Option<Vec<u8>>, Vec<u8>)> = records
            .iter()
            .zip(base_offset..)
            .map(|((key, length), offset)| {
                let value = (0..*length).map(|place| (place as i64 ^ offset) as u8);
                (key.map(|key| vec![key; 3]), value.collect())
            })
            .collect();
        let header = [NewHeader {
            key: b"h",
            value: None,
        }];
        let new_records: Vec<NewRecord<'_>> = content
            .iter()
            .map(|(key, value)| NewRecord {
                key: key.as_deref(),
                value: Some(value),
                headers: if value.len() % 2 == 0 { &[] } else { &header },
            })
            .collect();
        let appended = match as_batch {
            None => self.partition.append(&new_records, time),
            Some(codec) => {
                let plain = produced(&new_records);
                let batch = codec.map_or(plain.clone(), |codec| codec.batch(&plain));
                self.partition.append_batch(&batch, time)
            }
        };
        let appended = appended.unwrap();
        assert_eq!(appended.base_offset, base_offset);
        assert_eq!(appended.timestamp_ms, timestamp_ms);
        for ((key, value), offset) in content.into_iter().zip(base_offset..) {
            let headers = match value.len() % 2 {
                0 => Vec::new(),
                _ => vec![RecordHeader {
                    key: b"h".to_vec(),
                    value: None,
                }],
            };
            self.records.push(Record {
                offset,
                timestamp_ms,
                key,
                value: Some(value),
                headers,
            });
        }
        assert_eq!(appended.last_offset, self.records.len() as i64 - 1);
    }

    /// An offset that the partition holds, or its end.
    fn pick(&self, from: &prop::sample::Index) -> i64 {
        self.partition.start_offset() + from.index(self.held().len() + 1) as i64
    }

    fn read(&self, from: &prop::sample::Index, max_records: usize, max_bytes: usize) {
        let from = self.pick(from);
        let limits = ReadLimits {
            max_records,
            max_bytes,
        };
        let found = self.partition.read(from, limits).unwrap();
        let rest = &self.records[from as usize..];
        assert!(rest.starts_with(&found), "from {from}");
        assert!(found.len() <= max_records);
        let size = |records: &[Record]| -> usize { records.iter().map(size_of_record).sum() };
        assert!(found.len() < 2 || size(&found) <= max_bytes);
        if let Some(next) = rest.get(found.len()) {
            let full = size(&found) + size_of_record(next) > max_bytes
                || size(&found) >= max_bytes
                || found.len() == max_records;
            assert!(
                full && (max_records == 0 || !found.is_empty()),
                "from {from}"
            );
        }
    }

    fn read_batches(&self, from: &prop::sample::Index, max_bytes: usize) {
        let mut offset = self.pick(from);
        let mut buffer = Vec::new();
        while offset < self.partition.end_offset() {
            let next = self
                .partition
                .read_batches(offset, max_bytes, &mut buffer)
                .unwrap();
            assert!(next > offset);
            // Another log takes the first of them, and has the same records.
            let length = i32::from_be_bytes(buffer[8..12].try_into().unwrap()) as usize + 12;
            assert!(buffer.len() <= max_bytes.max(length));
            let base = i64::from_be_bytes(buffer[..8].try_into().unwrap());
            assert!(base <= offset);
            let other = Arc::new(MemoryDisk::new());
            let mut other = open(&other, self.options);
            other.append_batch(&buffer[..length], 5).unwrap();
            for record in other.read(0, NO_LIMITS).unwrap() {
                let expected = &self.records[(base + record.offset) as usize];
                assert_eq!(record.value, expected.value);
                assert_eq!(record.headers, expected.headers);
            }
            offset = next;
        }
        let end = self.partition.end_offset();
        assert_eq!(
            self.partition.read_batches(end, 10, &mut buffer).unwrap(),
            end
        );
        assert!(buffer.is_empty());
    }

    fn trim(&mut self, time: i64) {
        let size_bytes = self.partition.size_bytes().unwrap();
        let first_kept = self
            .held()
            .iter()
            .find(|record| record.timestamp_ms >= time)
            .map_or(self.partition.end_offset(), |record| record.offset);
        let start = self.partition.start_offset();
        let trimmed = self.partition.trim_before_time(time).unwrap();
        let new_start = self.partition.start_offset();
        assert!(new_start >= start && new_start <= first_kept);
        assert_eq!(new_start > start, trimmed.segment_count > 0);
        let left = self.partition.size_bytes().unwrap();
        assert_eq!(size_bytes - left, trimmed.freed_bytes);
        if first_kept == self.partition.end_offset() {
            assert_eq!(
                (new_start, left),
                (first_kept, 0),
                "all is older than {time}"
            );
        }
    }
}

fn timed(record: &Record) -> TimedOffset {
    TimedOffset {
        offset: record.offset,
        timestamp_ms: record.timestamp_ms,
    }
}

fn size_of_record(record: &Record) -> usize {
    // Headers count as they are stored: here, two lengths and a name.
    record.key.as_ref().map_or(0, Vec::len)
        + record.value.as_ref().map_or(0, Vec::len)
        + record.headers.len() * 3
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn the_log_is_a_vec(calls in proptest::collection::vec(call(), 1..60)) {
        let mut model = Model::new(small(Durability::Os));
        for call in &calls {
            model.run(call);
        }
        let (records, error) = read_on(&model.partition, model.partition.start_offset());
        prop_assert!(error.is_none());
        prop_assert_eq!(&records[..], model.held());
    }
}

#[test]
fn a_new_partition_is_empty() {
    let disk = Arc::new(MemoryDisk::new());
    let mut partition = open(&disk, LogOptions::default());
    assert_eq!((partition.start_offset(), partition.end_offset()), (0, 0));
    assert_eq!(partition.last_timestamp_ms(), None);
    assert_eq!(partition.size_bytes().unwrap(), 0);
    assert_eq!(partition.read(0, NO_LIMITS).unwrap(), []);
    assert_eq!(partition.offset_at_time(0).unwrap(), None);
    assert_eq!(
        partition.trim_before_time(i64::MAX).unwrap().segment_count,
        0
    );
    partition.sync().unwrap();
    assert!(matches!(partition.append(&[], 0), Err(LogError::NoRecords)));
    assert_eq!(
        partition.read(1, NO_LIMITS).unwrap_err().to_string(),
        "offset 1 is out of range: the partition holds offsets 0 to 0, the last not included"
    );
}

#[test]
fn a_removed_partition_begins_anew() {
    let disk = Arc::new(MemoryDisk::new());
    let mut partition = open(&disk, LogOptions::default());
    append(&mut partition, &[b"x".to_vec()], 1).unwrap();
    drop(partition);
    Partition::remove(&*disk, Path::new("/data/0")).unwrap();
    Partition::remove(&*disk, Path::new("/data/0")).unwrap();
    assert_eq!(open(&disk, LogOptions::default()).end_offset(), 0);
}

#[test]
fn a_trimmed_partition_keeps_counting() {
    let disk = Arc::new(MemoryDisk::new());
    let mut partition = open(&disk, small(Durability::Fsync));
    append(&mut partition, &[vec![1], vec![2]], 10).unwrap();
    assert_eq!(partition.trim_before_time(10).unwrap().segment_count, 0);
    assert_eq!(partition.trim_before_time(11).unwrap().segment_count, 1);
    assert_eq!(partition.trim_before_time(11).unwrap().segment_count, 0);
    let mut partition = open(&disk, small(Durability::Fsync));
    assert_eq!((partition.start_offset(), partition.end_offset()), (2, 2));
    assert_eq!(append(&mut partition, &[vec![3]], 5).unwrap(), 2);
    assert!(matches!(
        partition.read(1, NO_LIMITS),
        Err(LogError::OffsetOutOfRange { start: 2, .. })
    ));
}

#[test]
fn damage_says_where_and_what_to_do() {
    let disk = Arc::new(MemoryDisk::new());
    let mut partition = open(&disk, small(Durability::Os));
    for number in 1..4_u8 {
        append(&mut partition, &[vec![number; 100]], 1).unwrap();
    }
    drop(partition);
    let path = Path::new("/data/0/00000000000000000000.log");
    let file = disk.open(path).unwrap();
    file.write_at(b"!", 300).unwrap();
    let mut partition = open(&disk, small(Durability::Os));
    assert_eq!(partition.end_offset(), 3);
    assert_eq!(
        partition.read(1, NO_LIMITS).unwrap_err().to_string(),
        "damaged log: /data/0/00000000000000000000.log at byte 170: the checksum does not match. \
         Records before it can be read, and records from offset 2 on. \
         Restore the file from a copy, or read on after the damage"
    );
    append(&mut partition, &[vec![4; 100]], 1).unwrap();
    assert_eq!(partition.read(2, NO_LIMITS).unwrap().len(), 2);

    // At the very end nobody knows how many records there were: no more are taken.
    let length = file.length_bytes().unwrap();
    file.write_at(b"!", length - 2).unwrap();
    let mut partition = open(&disk, small(Durability::Os));
    assert!(matches!(
        append(&mut partition, &[vec![5]], 1),
        Err(LogError::Damaged {
            next_offset: None,
            ..
        })
    ));
    assert_eq!(partition.read(2, NO_LIMITS).unwrap().len(), 1);
    assert_eq!(
        partition.read(3, NO_LIMITS).unwrap_err().to_string(),
        "damaged log: /data/0/00000000000000000000.log at byte 510: the checksum does not match. \
         Records before it can be read; none can be appended behind it. \
         Restore the file from a copy, or cut the damaged end off"
    );
    let cut = partition.cut_damaged_tail().unwrap().unwrap();
    assert_eq!((cut.position, cut.cut_bytes), (510, 170));
    assert_eq!(partition.cut_damaged_tail().unwrap(), None);
    assert_eq!(append(&mut partition, &[vec![6]], 1).unwrap(), 3);
    let partition = open(&disk, small(Durability::Os));
    assert_eq!(partition.read(2, NO_LIMITS).unwrap().len(), 2);
}

/// Offsets that are given out again must be read, though the start was behind them before.
#[test]
fn a_damaged_end_before_the_start_moves_the_start() {
    let disk = Arc::new(MemoryDisk::new());
    let mut partition = open(&disk, small(Durability::Os));
    for number in 0..3_u8 {
        append(&mut partition, &[vec![number; 100]], 1).unwrap();
    }
    partition.trim_before_offset(2).unwrap();
    let path = Path::new("/data/0/00000000000000000000.log");
    let file = disk.open(path).unwrap();
    for position in [300, 500] {
        file.write_at(b"!", position).unwrap();
    }
    for _ in 0..2 {
        let partition = open(&disk, small(Durability::Os));
        assert_eq!((partition.start_offset(), partition.end_offset()), (1, 1));
        assert!(partition.read(1, NO_LIMITS).is_err());
    }
    let mut partition = open(&disk, small(Durability::Os));
    partition.cut_damaged_tail().unwrap().unwrap();
    assert_eq!(append(&mut partition, &[b"new".to_vec()], 1).unwrap(), 1);
    let partition = open(&disk, small(Durability::Os));
    assert_eq!((partition.start_offset(), partition.end_offset()), (1, 2));
    assert_eq!(partition.read(1, NO_LIMITS).unwrap().len(), 1);
    assert!(partition.read(0, NO_LIMITS).is_err());
}

#[test]
fn damage_to_the_end_of_a_segment_names_the_next_one() {
    let disk = Arc::new(MemoryDisk::new());
    let mut partition = open(&disk, small(Durability::Os));
    for number in 0..3 {
        append(&mut partition, &[vec![number; 5000]], 1).unwrap();
    }
    let path = Path::new("/data/0/00000000000000000001.log");
    disk.open(path).unwrap().write_at(b"!", 300).unwrap();
    let partition = open(&disk, small(Durability::Os));
    assert_eq!(partition.read(0, NO_LIMITS).unwrap().len(), 1);
    for from in [1, 2] {
        let read = partition.read(from, NO_LIMITS);
        match from {
            1 => assert!(matches!(
                read,
                Err(LogError::Damaged {
                    next_offset: Some(2),
                    ..
                })
            )),
            _ => assert_eq!(read.unwrap().len(), 1),
        }
    }
}

proptest! {
    /// Whatever lies in the folder, nothing panics, and opening again changes nothing more.
    #[test]
    fn arbitrary_files_do_no_harm(
        segment in proptest::collection::vec(prop_oneof![Just(0_u8), Just(2), any::<u8>()], 0..2000),
        index in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let disk = Arc::new(MemoryDisk::new());
        let folder = Path::new("/data/0");
        disk.create_folder(folder).unwrap();
        for (name, bytes) in [("00000000000000000007.log", &segment), ("00000000000000000007.index", &index)] {
            disk.create(&folder.join(name)).unwrap().write_at(bytes, 0).unwrap();
        }
        for _ in 0..2 {
            let mut partition = open(&disk, small(Durability::Os));
            prop_assert_eq!((partition.start_offset(), partition.end_offset()), (7, 7));
            let _ = partition.read(7, NO_LIMITS);
            let _ = partition.offset_at_time(1);
            let _ = partition.trim_before_time(1);
            partition.cut_damaged_tail().unwrap();
        }
        let mut partition = open(&disk, small(Durability::Os));
        prop_assert_eq!(append(&mut partition, &[vec![1]], 1).unwrap(), 7);
        prop_assert_eq!(partition.read(7, NO_LIMITS).unwrap().len(), 1);
    }

    #[test]
    fn arbitrary_batches_are_refused(mut bytes in proptest::collection::vec(any::<u8>(), 0..300), checksum: bool) {
        if checksum && bytes.len() > 61 {
            let length = bytes.len() as u32 - 12;
            bytes[8..12].copy_from_slice(&length.to_be_bytes());
            bytes[16] = 2;
            let crc = crc32c::crc32c(&bytes[21..]);
            bytes[17..21].copy_from_slice(&crc.to_be_bytes());
        }
        let mut partition = open(&Arc::new(MemoryDisk::new()), small(Durability::Os));
        prop_assert!(partition.append_batch(&bytes, 1).is_err());
        prop_assert_eq!(partition.end_offset(), 0);
    }
}

#[test]
fn on_the_real_disk() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("a").join("b");
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    for round in 0..30 {
        let options = small(match round % 2 {
            0 => Durability::Os,
            _ => Durability::Fsync,
        });
        let mut partition = Partition::open(disk.clone(), &folder, options).unwrap();
        assert_eq!(partition.end_offset(), round);
        partition
            .append(&[new_record(&[round as u8; 900])], round)
            .unwrap();
        let (records, error) = read_on(&partition, partition.start_offset());
        assert!(error.is_none());
        assert_eq!(records.len() as i64, round + 1 - partition.start_offset());
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder), 0o700);
        for entry in std::fs::read_dir(&folder).unwrap() {
            assert_eq!(mode(&entry.unwrap().path()), 0o600);
        }
    }
    let mut partition = Partition::open(disk.clone(), &folder, LogOptions::default()).unwrap();
    partition.trim_before_time(i64::MAX).unwrap();
    assert_eq!((partition.start_offset(), partition.end_offset()), (30, 30));
    drop(partition);
    Partition::remove(&*disk, &folder).unwrap();
    assert!(!folder.exists() && home.path().join("a").exists());
}

#[test]
fn a_folder_that_is_a_file_is_an_error() {
    let disk = Arc::new(MemoryDisk::new());
    disk.create_folder(Path::new("/data")).unwrap();
    disk.create(Path::new("/data/0")).unwrap();
    assert!(matches!(
        try_open(&disk, LogOptions::default()),
        Err(LogError::Io { .. })
    ));
}
