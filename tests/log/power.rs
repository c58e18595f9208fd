//! A power cut at any write: what was synced is there, and what is there is a prefix.
//!
//! [`Recorder`] notes every call that changes the disk. For every prefix of the notes, [`survivors`]
//! makes disks that a power cut at that moment could leave: what was not synced is kept, dropped or
//! torn, in any combination and in any order.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Result;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use ocelot::disk::{Disk, DiskFile, MemoryDisk};
use ocelot::log::{Durability, LogError, LogOptions, Partition, Record};

use crate::support::{
    NO_LIMITS, Random, append, new_record, open, produced, read_on, sequenced, small,
};

const SECTOR_BYTES: u64 = 512;

#[derive(Debug, Clone)]
enum Event {
    CreateFolder(PathBuf),
    Create(PathBuf),
    Remove(PathBuf),
    Write(PathBuf, u64, Vec<u8>),
    Truncate(PathBuf, u64),
    Sync(PathBuf),
    SyncFolder(PathBuf),
    /// A call of the log was answered.
    Answered(Promise),
}

/// What the log has promised so far.
#[derive(Debug, Clone, Copy, Default)]
struct Promise {
    start_offset: i64,
    synced_end: i64,
    /// The last batch of an idempotent producer: its sequence number and its offset.
    produced: Option<(i32, i64)>,
}

type Events = Arc<Mutex<Vec<Event>>>;

#[derive(Debug, Default)]
struct Recorder {
    disk: Arc<MemoryDisk>,
    events: Events,
}

#[derive(Debug)]
struct RecordedFile {
    file: Arc<dyn DiskFile>,
    path: PathBuf,
    events: Events,
}

impl Recorder {
    fn note(&self, event: Event) {
        self.events.lock().unwrap().push(event);
    }

    fn recorded(&self, file: Arc<dyn DiskFile>, path: &Path) -> Arc<dyn DiskFile> {
        Arc::new(RecordedFile {
            file,
            path: path.to_owned(),
            events: Arc::clone(&self.events),
        })
    }
}

impl Disk for Recorder {
    fn open(&self, path: &Path) -> Result<Arc<dyn DiskFile>> {
        Ok(self.recorded(self.disk.open(path)?, path))
    }

    fn create(&self, path: &Path) -> Result<Arc<dyn DiskFile>> {
        let file = self.disk.create(path)?;
        self.note(Event::Create(path.to_owned()));
        Ok(self.recorded(file, path))
    }

    fn length_bytes(&self, path: &Path) -> Result<u64> {
        self.disk.length_bytes(path)
    }

    fn exists(&self, path: &Path) -> Result<bool> {
        self.disk.exists(path)
    }

    fn list(&self, folder: &Path) -> Result<Vec<String>> {
        self.disk.list(folder)
    }

    fn create_folder(&self, folder: &Path) -> Result<()> {
        for ancestor in folder.ancestors().collect::<Vec<_>>().iter().rev() {
            if !self.disk.exists(ancestor)? {
                self.note(Event::CreateFolder(ancestor.to_path_buf()));
            }
        }
        self.disk.create_folder(folder)
    }

    fn remove_file(&self, path: &Path) -> Result<()> {
        self.note(Event::Remove(path.to_owned()));
        self.disk.remove_file(path)
    }

    fn remove_folder(&self, folder: &Path) -> Result<()> {
        self.disk.remove_folder(folder)
    }

    fn sync_folder(&self, folder: &Path) -> Result<()> {
        self.note(Event::SyncFolder(folder.to_owned()));
        self.disk.sync_folder(folder)
    }
}

impl RecordedFile {
    fn note(&self, event: Event) {
        self.events.lock().unwrap().push(event);
    }
}

impl DiskFile for RecordedFile {
    fn read_at(&self, buffer: &mut [u8], position: u64) -> Result<usize> {
        self.file.read_at(buffer, position)
    }

    fn write_at(&self, bytes: &[u8], position: u64) -> Result<()> {
        self.note(Event::Write(self.path.clone(), position, bytes.to_vec()));
        self.file.write_at(bytes, position)
    }

    fn length_bytes(&self) -> Result<u64> {
        self.file.length_bytes()
    }

    fn truncate(&self, length_bytes: u64) -> Result<()> {
        self.note(Event::Truncate(self.path.clone(), length_bytes));
        self.file.truncate(length_bytes)
    }

    fn sync(&self) -> Result<()> {
        self.note(Event::Sync(self.path.clone()));
        self.file.sync()
    }
}

/// A change of a file that is not synced yet.
#[derive(Debug, Clone)]
enum Change {
    Write(u64, Vec<u8>),
    Truncate(u64),
}

fn apply(content: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Truncate(length) => content.resize(*length as usize, 0),
        Change::Write(position, bytes) => {
            let end = *position as usize + bytes.len();
            if content.len() < end {
                content.resize(end, 0);
            }
            content[*position as usize..end].copy_from_slice(bytes);
        }
    }
}

/// What is on the platters, and what is still on its way there.
#[derive(Debug, Default)]
struct Platters {
    content: BTreeMap<PathBuf, Vec<u8>>,
    changes: BTreeMap<PathBuf, Vec<Change>>,
    names: BTreeSet<PathBuf>,
    folders: BTreeSet<PathBuf>,
    /// Names made (true) or removed (false).
    name_changes: Vec<(PathBuf, bool)>,
}

impl Platters {
    fn take(&mut self, event: &Event) {
        match event {
            Event::CreateFolder(path) => {
                self.folders.insert(path.clone());
                self.name_changes.push((path.clone(), true));
            }
            Event::Create(path) => {
                self.content.insert(path.clone(), Vec::new());
                self.changes.remove(path);
                self.name_changes.push((path.clone(), true));
            }
            Event::Remove(path) => self.name_changes.push((path.clone(), false)),
            Event::Write(path, position, bytes) => {
                self.change(path, Change::Write(*position, bytes.clone()));
            }
            Event::Truncate(path, length) => self.change(path, Change::Truncate(*length)),
            Event::Sync(path) => {
                let content = self.content.get_mut(path).unwrap();
                for change in self.changes.remove(path).unwrap_or_default() {
                    apply(content, &change);
                }
            }
            Event::SyncFolder(folder) => {
                for (path, made) in std::mem::take(&mut self.name_changes) {
                    if path.parent() == Some(folder) {
                        Self::name(&mut self.names, &path, made);
                    } else {
                        self.name_changes.push((path, made));
                    }
                }
            }
            Event::Answered(_) => {}
        }
    }

    fn change(&mut self, path: &Path, change: Change) {
        self.changes
            .entry(path.to_owned())
            .or_default()
            .push(change);
    }

    fn name(names: &mut BTreeSet<PathBuf>, path: &Path, made: bool) {
        if made {
            names.insert(path.to_owned());
        } else {
            names.remove(path);
        }
    }

    /// After a power cut, all there is is on the platters.
    fn of(disk: &MemoryDisk) -> Self {
        let mut platters = Self::default();
        let mut folders = vec![PathBuf::from("/")];
        while let Some(folder) = folders.pop() {
            for name in disk.list(&folder).unwrap() {
                let path = folder.join(name);
                platters.names.insert(path.clone());
                if let Ok(file) = disk.open(&path) {
                    let mut content = vec![0; file.length_bytes().unwrap() as usize];
                    file.read_at(&mut content, 0).unwrap();
                    platters.content.insert(path, content);
                } else {
                    platters.folders.insert(path.clone());
                    folders.push(path);
                }
            }
        }
        platters
    }

    /// A disk that a power cut now could leave.
    fn survivor(&self, random: &mut Random) -> Arc<MemoryDisk> {
        let mut names = self.names.clone();
        for (path, made) in &self.name_changes {
            if random.chance(2) {
                Self::name(&mut names, path, *made);
            }
        }
        let disk = MemoryDisk::new();
        // The root is there, and a folder only with all those above it.
        let reachable = |path: &Path| {
            path.ancestors()
                .all(|ancestor| ancestor.parent().is_none() || names.contains(ancestor))
        };
        for folder in self.folders.iter().filter(|folder| reachable(folder)) {
            disk.create_folder(folder).unwrap();
        }
        for (path, content) in self.content.iter().filter(|(path, _)| reachable(path)) {
            let changes = self.changes.get(path).map_or(&[][..], Vec::as_slice);
            let content = torn(content.clone(), changes, random);
            let file = disk.create(path).unwrap();
            file.write_at(&content, 0).unwrap();
        }
        Arc::new(disk)
    }
}

/// Applies some of the changes, some of them in part.
fn torn(mut content: Vec<u8>, changes: &[Change], random: &mut Random) -> Vec<u8> {
    // How likely a change is lost differs from one power cut to the next.
    let lost_one_in = [1, 2, 3, 1000][random.below(4)];
    for (number, change) in changes.iter().enumerate() {
        if random.chance(lost_one_in) {
            match change {
                Change::Write(position, bytes) if random.chance(2) => {
                    if number + 1 == changes.len() && random.chance(2) {
                        // The file was extended by as much as was written.
                        let count = random.below(bytes.len() + 1);
                        apply(
                            &mut content,
                            &Change::Write(*position, bytes[..count].to_vec()),
                        );
                    } else {
                        tear_sectors(&mut content, *position, bytes, random);
                    }
                }
                _ => {}
            }
        } else {
            apply(&mut content, change);
        }
    }
    content
}

/// Writes some sectors of a write, and extends the file to all of it or to the last one written.
fn tear_sectors(content: &mut Vec<u8>, position: u64, bytes: &[u8], random: &mut Random) {
    let end = position + bytes.len() as u64;
    if random.chance(2) && (content.len() as u64) < end {
        content.resize(end as usize, 0);
    }
    let mut start = position;
    while start < end {
        let stop = ((start / SECTOR_BYTES + 1) * SECTOR_BYTES).min(end);
        if random.chance(2) {
            let part = &bytes[(start - position) as usize..(stop - position) as usize];
            apply(content, &Change::Write(start, part.to_vec()));
        }
        start = stop;
    }
}

struct Run {
    events: Vec<Event>,
    /// Every record that was ever appended, by offset.
    records: Vec<Record>,
}

/// Appends, trims, syncs and opens again, and records it all.
fn record_run(options: LogOptions, seed: u64) -> Run {
    let disk = Arc::new(Recorder::default());
    // What is above the partition's folder is its caller's to sync.
    disk.create_folder(Path::new("/data")).unwrap();
    disk.sync_folder(Path::new("/")).unwrap();
    let mut random = Random::new(seed);
    let mut partition = open(&disk, options);
    let mut records: Vec<Record> = Vec::new();
    let mut promise = Promise::default();
    for time in 0..70 {
        match random.below(24) {
            0 => {
                drop(partition);
                partition = open(&disk, options);
            }
            1 => {
                partition.trim_before_time(time - 15).unwrap();
                promise.start_offset = partition.start_offset();
            }
            2 if random.chance(3) => {
                partition.trim_before_time(time + 1).unwrap();
                promise.start_offset = partition.start_offset();
            }
            2..5 => {
                partition.sync().unwrap();
                promise.synced_end = partition.end_offset();
            }
            5 => {
                let (start, end) = (partition.start_offset(), partition.end_offset());
                let offset = end - random.below((end - start + 1).min(20) as usize) as i64;
                partition.trim_before_offset(offset).unwrap();
                promise.start_offset = offset;
            }
            6..9 => {
                let sequence = promise.produced.map_or(0, |(sequence, _)| sequence + 1);
                let batch = sequenced_batch(sequence);
                let offset = partition.append_batch(&batch, time).unwrap().base_offset;
                records.extend(partition.read(offset, NO_LIMITS).unwrap());
                promise.produced = Some((sequence, offset));
                if options.durability == Durability::Fsync {
                    promise.synced_end = partition.end_offset();
                }
            }
            _ => {
                let values: Vec<Vec<u8>> = (0..=random.below(3))
                    .map(|_| {
                        let length = random.below(1200);
                        match random.chance(5) {
                            true => vec![0; length],
                            false => random.bytes(length),
                        }
                    })
                    .collect();
                let from = partition.end_offset();
                append(&mut partition, &values, time).unwrap();
                records.extend(partition.read(from, NO_LIMITS).unwrap());
                if options.durability == Durability::Fsync {
                    promise.synced_end = partition.end_offset();
                }
            }
        }
        disk.note(Event::Answered(promise));
    }
    let events = disk.events.lock().unwrap().clone();
    Run { events, records }
}

fn sequenced_batch(sequence: i32) -> Vec<u8> {
    let value = sequence.to_string().repeat(200);
    sequenced(&produced(&[new_record(value.as_bytes())]), 1, 0, sequence)
}

/// Sends the last batch that was answered once more, then the one after it.
fn send_again(partition: &mut Partition, promise: Promise, what: &str) {
    let Some((sequence, offset)) = promise.produced else {
        return;
    };
    let again = partition.append_batch(&sequenced_batch(sequence), 1000);
    let again = again.unwrap_or_else(|error| panic!("{what}: {error}"));
    // The next one may have come through without an answer.
    assert!(again.is_duplicate && again.base_offset == offset, "{what}");
    let end = partition.end_offset();
    let next = partition.append_batch(&sequenced_batch(sequence + 1), 1000);
    let next = next.unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(next.is_duplicate, next.base_offset < end, "{what}");
}

/// Calls `check` with disks that a power cut could leave, at every moment of a run.
fn for_each_power_cut(
    run: &Run,
    seed: u64,
    tries: u64,
    check: impl Fn(&Arc<MemoryDisk>, Promise, Promise, &str),
) {
    let mut platters = Platters::default();
    let mut promise = Promise::default();
    for (count, event) in run.events.iter().enumerate() {
        platters.take(event);
        if let Event::Answered(answered) = event {
            promise = *answered;
        }
        let next = run.events[count..].iter().find_map(|event| match event {
            Event::Answered(answered) => Some(*answered),
            _ => None,
        });
        for attempt in 0..tries {
            let mut random = Random::new(seed << 32 | (count as u64) << 8 | attempt);
            let disk = platters.survivor(&mut random);
            let what = format!("seed {seed}, event {count}, try {attempt}");
            check(&disk, promise, next.unwrap_or(promise), &what);
        }
    }
}

/// The records of the run from an offset on.
fn from(run: &Run, offset: i64) -> &[Record] {
    &run.records[offset as usize..]
}

fn append_more(partition: &mut Partition, what: &str) -> Vec<Record> {
    let from = partition.end_offset();
    for number in 0..3_u8 {
        append(partition, &[vec![number; 700]], 1000).unwrap();
    }
    let (more, error) = read_on(partition, from);
    assert!(error.is_none() && more.len() == 3, "{what}: {error:?}");
    more
}

#[test]
fn with_fsync_what_was_acknowledged_survives() {
    for seed in 0..4 {
        let options = small(Durability::Fsync);
        let run = record_run(options, seed);
        for_each_power_cut(&run, seed, 8, |disk, promise, next, what| {
            let mut partition = open(disk, options);
            let (start, end) = (partition.start_offset(), partition.end_offset());
            assert!(
                start >= promise.start_offset,
                "{what}: {start} of {promise:?}"
            );
            assert!(end >= promise.synced_end, "{what}: {end} of {promise:?}");
            assert!(start <= next.start_offset, "{what}: begins at {start}");
            let (records, error) = read_on(&partition, start);
            assert!(error.is_none(), "{what}: {error:?}");
            assert_eq!(records.len() as i64, end - start, "{what}");
            assert!(
                from(&run, start).starts_with(&records),
                "{what}: wrong records"
            );

            let more = append_more(&mut partition, what);
            drop(partition);
            let mut partition = open(disk, options);
            assert_eq!(partition.cut_tail(), None, "{what}");
            let (again, error) = read_on(&partition, start);
            assert!(error.is_none(), "{what}: {error:?}");
            assert_eq!(again, [records, more].concat(), "{what}");
            send_again(&mut partition, promise, what);
        });
    }
}

/// The power goes again while the log recovers, or right after.
#[test]
fn with_fsync_a_second_power_cut_takes_nothing() {
    for seed in 200..203 {
        let options = small(Durability::Fsync);
        let run = record_run(options, seed);
        for_each_power_cut(&run, seed, 2, |disk, promise, _, what| {
            let mut platters = Platters::of(disk);
            let disk = Arc::new(Recorder {
                disk: Arc::clone(disk),
                events: Events::default(),
            });
            let mut partition = open(&disk, options);
            let start = partition.start_offset();
            let records = read_on(&partition, start).0;
            disk.note(Event::Answered(Promise {
                start_offset: start,
                synced_end: partition.end_offset(),
                ..promise
            }));
            let more = append_more(&mut partition, what);
            let all = [records, more].concat();

            let mut synced_end = promise.synced_end;
            let mut random = Random::new(seed);
            for event in disk.events.lock().unwrap().iter() {
                platters.take(event);
                if let Event::Answered(promise) = event {
                    synced_end = promise.synced_end;
                }
                let survivor = platters.survivor(&mut random);
                let partition = open(&survivor, options);
                assert!(partition.end_offset() >= synced_end, "{what}");
                let (records, error) = read_on(&partition, start);
                assert!(error.is_none(), "{what}: {error:?}");
                assert!(all.starts_with(&records), "{what}: wrong records");
            }
        });
    }
}

/// Without fsync a power cut may leave holes. Reading yields a prefix with all that was synced, and
/// then ends or reports damage; nothing wrong is ever read.
#[test]
fn without_fsync_what_was_synced_survives() {
    for seed in 100..104 {
        let options = small(Durability::Os);
        let run = record_run(options, seed);
        for_each_power_cut(&run, seed, 8, |disk, promise, next, what| {
            let mut partition = open(disk, options);
            let start = partition.start_offset();
            assert!(
                start >= promise.start_offset,
                "{what}: {start} of {promise:?}"
            );
            assert!(start <= next.start_offset, "{what}: begins at {start}");
            let (records, error) = read_on(&partition, start);
            assert!(
                from(&run, start).starts_with(&records),
                "{what}: wrong records"
            );
            let end = start + records.len() as i64;
            assert!(
                end >= promise.synced_end,
                "{what}: {end} of {promise:?}: {error:?}"
            );
            match error {
                None => {
                    assert_eq!(end, partition.end_offset(), "{what}");
                    append_more(&mut partition, what);
                }
                Some(LogError::Damaged { next_offset, .. }) => {
                    if let Some(offset) = next_offset {
                        let (rest, _) = read_on(&partition, offset);
                        assert!(!rest.is_empty(), "{what}");
                        assert!(
                            from(&run, offset).starts_with(&rest),
                            "{what}: wrong records"
                        );
                        if append(&mut partition, &[vec![1]], 1000).is_ok() {
                            let last = partition.end_offset() - 1;
                            let (more, error) = read_on(&partition, last);
                            assert!(more.len() == 1 && error.is_none(), "{what}");
                        }
                    }
                }
                Some(error) => panic!("{what}: {error}"),
            }
        });
    }
}

/// The recorder's own test: with nothing synced, all kinds of loss occur.
#[test]
fn the_model_loses_what_is_not_synced() {
    let disk = Recorder::default();
    disk.create_folder(Path::new("/d")).unwrap();
    let file = disk.create(Path::new("/d/f")).unwrap();
    disk.sync_folder(Path::new("/")).unwrap();
    disk.sync_folder(Path::new("/d")).unwrap();
    file.write_at(&[1; 100], 0).unwrap();
    file.sync().unwrap();
    file.write_at(&[2; 2000], 100).unwrap();
    let mut platters = Platters::default();
    for event in disk.events.lock().unwrap().iter() {
        platters.take(event);
    }
    let (mut whole, mut lost, mut short, mut holes) = (0, 0, 0, 0);
    for seed in 0..300 {
        let survivor = platters.survivor(&mut Random::new(seed));
        let file = survivor.open(Path::new("/d/f")).unwrap();
        let mut bytes = vec![9; 3000];
        let count = file.read_at(&mut bytes, 0).unwrap();
        bytes.truncate(count);
        assert_eq!(bytes[..100], [1; 100]);
        match count {
            100 => lost += 1,
            2100 if bytes.contains(&0) => holes += 1,
            2100 => whole += 1,
            _ => short += 1,
        }
    }
    assert!(whole > 10 && lost > 10 && short > 10 && holes > 10);
}

#[test]
fn a_sync_is_shared_by_those_who_wait() {
    let disk = Arc::new(Recorder::default());
    let mut partition = open(&disk, small(Durability::Os));
    let count_syncs = || {
        let events = disk.events.lock().unwrap();
        let is_sync = |event: &&Event| matches!(event, Event::Sync(_));
        events.iter().filter(is_sync).count()
    };
    for round in 1..4 {
        append(&mut partition, &[vec![1]], 1).unwrap();
        let partition = &partition;
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| partition.sync().unwrap());
            }
        });
        assert_eq!(count_syncs(), round);
    }
}
