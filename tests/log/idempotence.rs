//! Idempotent producers: each batch is stored once, in order, whatever is sent again or killed.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::Arc;

use ocelot::disk::{Disk, MemoryDisk};
use ocelot::log::{Durability, LogError, LogOptions, Partition};
use proptest::prelude::*;

use crate::support::{NO_LIMITS, Random, new_record, open, produced, sequenced, small};

const DAY_MS: i64 = 86_400_000;

fn batch(id: i64, epoch: i16, sequence: i32, count: usize) -> Vec<u8> {
    let value = format!("{id} {epoch} {sequence}");
    let records = vec![new_record(value.as_bytes()); count];
    sequenced(&produced(&records), id, epoch, sequence)
}

/// What Kafka's rules say of one producer.
#[derive(Debug, Clone, Default)]
struct Known {
    epoch: i16,
    /// First and last sequence number, and the offset.
    batches: VecDeque<(i32, i32, i64)>,
    time: i64,
}

#[derive(Debug, Clone)]
enum Step {
    /// The next batch of a producer, of so many records.
    Send {
        producer: usize,
        count: usize,
    },
    /// One of the last batches again, so many back.
    Again {
        producer: usize,
        back: usize,
    },
    /// A batch whose number is off by this.
    Off {
        producer: usize,
        by: i32,
    },
    /// A new epoch, which begins at 0 or does not.
    Epoch {
        producer: usize,
        sequence: i32,
    },
    /// A batch of the epoch before.
    OldEpoch {
        producer: usize,
    },
    /// Records without a producer, to fill segments.
    Plain(usize),
    Wait(i64),
    TrimOffset(prop::sample::Index),
    Reopen,
    /// The file of the producers is damaged.
    Damage,
    /// Killed in the middle of an append.
    Torn {
        producer: usize,
        part: prop::sample::Index,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let producer = || 0..4_usize;
    prop_oneof![
        12 => (producer(), 1..4_usize).prop_map(|(producer, count)| Step::Send { producer, count }),
        6 => (producer(), 0..8_usize).prop_map(|(producer, back)| Step::Again { producer, back }),
        3 => (producer(), prop_oneof![-3..0_i32, 1..4_i32])
            .prop_map(|(producer, by)| Step::Off { producer, by }),
        2 => (producer(), 0..2_i32).prop_map(|(producer, sequence)| Step::Epoch { producer, sequence }),
        1 => producer().prop_map(|producer| Step::OldEpoch { producer }),
        4 => (1..5000_usize).prop_map(Step::Plain),
        1 => prop_oneof![Just(1000_i64), Just(DAY_MS / 2), Just(DAY_MS)].prop_map(Step::Wait),
        1 => any::<prop::sample::Index>().prop_map(Step::TrimOffset),
        3 => Just(Step::Reopen),
        1 => Just(Step::Damage),
        1 => (producer(), any::<prop::sample::Index>()).prop_map(|(producer, part)| Step::Torn { producer, part }),
    ]
}

struct Model {
    disk: Arc<MemoryDisk>,
    partition: Partition,
    known: BTreeMap<i64, Known>,
    now: i64,
    /// A damaged file is made up for by the segments before it, as long as those are there.
    damaged: bool,
}

/// Sequence numbers of some producers go over the highest one.
fn first_sequence(producer: usize) -> i32 {
    match producer {
        0 => i32::MAX - 3,
        _ => 0,
    }
}

fn add(sequence: i32, count: i32) -> i32 {
    ((i64::from(sequence) + i64::from(count)).rem_euclid(1 << 31)) as i32
}

impl Model {
    fn new() -> Self {
        let disk = Arc::new(MemoryDisk::new());
        Self {
            partition: open(&disk, small(Durability::Os)),
            disk,
            known: BTreeMap::new(),
            now: 1_000,
            damaged: false,
        }
    }

    fn alive(&self, producer: usize) -> Option<&Known> {
        let known = self.known.get(&(producer as i64));
        known.filter(|known| known.time + DAY_MS > self.now)
    }

    fn next(&self, producer: usize) -> (i16, i32) {
        match self.alive(producer) {
            Some(known) => (known.epoch, add(known.batches.back().unwrap().1, 1)),
            None => (0, first_sequence(producer)),
        }
    }

    fn send(&mut self, producer: usize, epoch: i16, sequence: i32, count: usize) {
        let id = producer as i64;
        let end = self.partition.end_offset();
        let last = add(sequence, count as i32 - 1);
        let known = self.alive(producer).cloned();
        let sent = self
            .partition
            .append_batch(&batch(id, epoch, sequence, count), self.now);
        let stored = known.as_ref().and_then(|known| {
            let mut batches = known.batches.iter();
            let found = batches.find(|batch| (batch.0, batch.1) == (sequence, last))?;
            (known.epoch == epoch).then_some(found.2)
        });
        if let Some(offset) = stored {
            let appended = sent.unwrap();
            assert!(appended.is_duplicate);
            assert_eq!(appended.base_offset, offset);
            assert_eq!(appended.last_offset, offset + count as i64 - 1);
            assert_eq!(self.partition.end_offset(), end);
            return;
        }
        if let Some(known) = &known {
            if epoch < known.epoch {
                assert!(matches!(sent, Err(LogError::StaleProducerEpoch { .. })));
                return;
            }
            let due = match epoch == known.epoch {
                true => add(known.batches.back().unwrap().1, 1),
                false => 0,
            };
            if due != sequence {
                match sent {
                    Err(LogError::OutOfOrderSequence {
                        expected, found, ..
                    }) => assert_eq!((expected, found), (due, sequence)),
                    other => panic!("{other:?}"),
                }
                return;
            }
        }
        let appended = sent.unwrap();
        assert_eq!((appended.base_offset, appended.is_duplicate), (end, false));
        let mut known = known
            .filter(|known| known.epoch == epoch)
            .unwrap_or_default();
        known.epoch = epoch;
        known.time = self.now;
        known.batches.push_back((sequence, last, end));
        if known.batches.len() > 5 {
            known.batches.pop_front();
        }
        self.known.insert(id, known);
    }

    fn reopen(&mut self) {
        self.partition = open(&self.disk, small(Durability::Os));
    }

    /// Adds a first part of a batch to the log, as a killed process would have left it.
    fn tear(&mut self, bytes: &[u8]) {
        let folder = Path::new("/data/0");
        let names = self.disk.list(folder).unwrap();
        let logs = names.iter().filter(|name| name.ends_with(".log"));
        let Some(last) = logs.max() else {
            return;
        };
        let file = self.disk.open(&folder.join(last)).unwrap();
        let end = file.length_bytes().unwrap();
        file.write_at(bytes, end).unwrap();
        self.reopen();
    }

    fn run(&mut self, step: &Step) {
        match step {
            Step::Send { producer, count } => {
                let (epoch, sequence) = self.next(*producer);
                self.send(*producer, epoch, sequence, *count);
            }
            Step::Again { producer, back } => {
                let Some(known) = self.alive(*producer) else {
                    return;
                };
                let epoch = known.epoch;
                let mut batches = known.batches.iter().rev();
                if let Some(&(first, last, _)) = batches.nth(*back) {
                    let count = add(last, -first) as usize + 1;
                    self.send(*producer, epoch, first, count);
                }
            }
            Step::Off { producer, by } => {
                let (epoch, sequence) = self.next(*producer);
                self.send(*producer, epoch, add(sequence, *by), 1);
            }
            Step::Epoch { producer, sequence } => {
                let (epoch, _) = self.next(*producer);
                self.send(*producer, epoch + 1, *sequence, 2);
            }
            Step::OldEpoch { producer } => {
                let (epoch, sequence) = self.next(*producer);
                if epoch > 0 {
                    self.send(*producer, epoch - 1, sequence, 1);
                }
            }
            Step::Plain(bytes) => {
                let value = vec![7; *bytes];
                self.partition
                    .append(&[new_record(&value)], self.now)
                    .unwrap();
            }
            Step::Wait(ms) => self.now += ms,
            Step::TrimOffset(_) if self.damaged => {}
            Step::TrimOffset(to) => {
                let start = self.partition.start_offset();
                let held = self.partition.end_offset() - start;
                let offset = start + to.index(held as usize + 1) as i64;
                self.partition.trim_before_offset(offset).unwrap();
                self.reopen_if_segments_went();
            }
            Step::Reopen => self.reopen(),
            Step::Damage => self.damage(),
            Step::Torn { producer, part } => {
                let (epoch, sequence) = self.next(*producer);
                let mut bytes = batch(*producer as i64, epoch, sequence, 1);
                let end = self.partition.end_offset();
                bytes[..8].copy_from_slice(&end.to_be_bytes());
                self.tear(&bytes[..part.index(bytes.len())]);
            }
        }
    }

    /// Only what is known in memory may be asked for twice, so half of the trims are followed by a
    /// start that finds it in the files.
    fn reopen_if_segments_went(&mut self) {
        if self.partition.start_offset() % 2 == 0 {
            self.reopen();
        }
    }

    fn damage(&mut self) {
        if self.partition.start_offset() > 0 {
            return;
        }
        let folder = Path::new("/data/0");
        let names = self.disk.list(folder).unwrap();
        let files = names.iter().filter(|name| name.ends_with(".producers"));
        if let Some(name) = files.max() {
            let file = self.disk.open(&folder.join(name)).unwrap();
            file.write_at(b"!", 5).unwrap();
        }
        self.damaged = true;
        self.reopen();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn each_batch_is_stored_once_and_in_order(steps in proptest::collection::vec(step(), 1..80)) {
        let mut model = Model::new();
        for step in &steps {
            model.run(step);
        }
    }
}

/// What the file of a trimmed log's producers says is not in the segments any more.
#[test]
fn producers_are_known_after_their_records_are_gone() {
    let disk = Arc::new(MemoryDisk::new());
    let mut partition = open(&disk, LogOptions::default());
    partition.append_batch(&batch(9, 0, 0, 3), 1).unwrap();
    partition.trim_before_offset(3).unwrap();
    assert_eq!(partition.size_bytes().unwrap(), 0);
    let mut partition = open(&disk, LogOptions::default());
    let again = partition.append_batch(&batch(9, 0, 0, 3), 2).unwrap();
    assert!(again.is_duplicate);
    assert_eq!((again.base_offset, again.timestamp_ms), (0, 1));
    assert_eq!(
        partition
            .append_batch(&batch(9, 0, 7, 1), 2)
            .unwrap_err()
            .to_string(),
        "producer 9 sent sequence number 7 in epoch 0, where 3 was due"
    );
    assert_eq!(
        partition
            .append_batch(&batch(9, 0, 3, 1), 2)
            .unwrap()
            .base_offset,
        3
    );
}

/// An answer says that the batch is on the disk, also where it was stored by a process that was
/// killed before it synced.
#[test]
fn producers_retry_until_they_are_answered_through_kills() {
    let disk = Arc::new(MemoryDisk::new());
    let mut random = Random::new(4);
    let mut answered = 0;
    let mut sequence = 0;
    let mut partition = open(&disk, small(Durability::Fsync));
    while answered < 300 {
        let appended = partition
            .append_batch(&batch(1, 0, sequence, 1), 5)
            .unwrap();
        // The answer is lost in half of the cases, and the process in some.
        if random.chance(2) {
            assert_eq!(appended.base_offset, i64::from(sequence));
            sequence += 1;
            answered += 1;
        }
        if random.chance(5) {
            partition = open(&disk, small(Durability::Fsync));
        }
    }
    for expected in 0..300 {
        let record = partition.read(expected, NO_LIMITS).unwrap().remove(0);
        let value = format!("1 0 {expected}");
        assert_eq!(record.value, Some(value.into_bytes()));
    }
    assert!(partition.end_offset() <= 301);
}
