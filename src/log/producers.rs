//! What is known of the idempotent producers of a partition.
//!
//! Pure state, with the rules of Kafka's broker. An idempotent producer numbers its records, and
//! sends a batch again when no answer came: what was stored already is not stored again, and
//! nothing is stored while something before it is missing. It has at most five requests on the way.

use std::collections::{BTreeMap, VecDeque};

use super::batch::BatchHeader;
use super::error::LogError;
use super::varint::Reader;

/// How many batches of a producer are told from new ones. Kafka's number.
const REMEMBERED_BATCHES: usize = 5;
/// How long a producer that sends nothing is known, by the time of the records: a day, as Kafka's
/// brokers do.
const EXPIRY_MS: i64 = 86_400_000;
/// How many producers are known at a time. One more, and the one silent for longest is forgotten,
/// as if it had expired.
const MOST_PRODUCERS: usize = 10_000;
/// The most that [`Producers::encode`] gives.
pub(crate) const MOST_BYTES: u64 =
    4 + MOST_PRODUCERS as u64 * (11 + REMEMBERED_BATCHES as u64 * 24);
/// Mixed into the checksum: bytes of another format are no valid ones.
const FORMAT: &[u8] = b"ocelot log producers 1";

/// The producers of a partition, by their id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Producers {
    by_id: BTreeMap<i64, Producer>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Producer {
    epoch: i16,
    /// The last ones of this epoch, the newest at the end; at least one.
    batches: VecDeque<StoredBatch>,
}

/// A batch that was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StoredBatch {
    first_sequence: i32,
    last_sequence: i32,
    pub(crate) base_offset: i64,
    pub(crate) timestamp_ms: i64,
}

impl Producers {
    pub(crate) fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// Checks a batch that is to be stored, and finds it where it is stored already.
    ///
    /// A producer that is not known may begin with any number: what it sent before may be trimmed.
    pub(crate) fn check(
        &self,
        batch: &BatchHeader,
        now_ms: i64,
    ) -> Result<Option<StoredBatch>, LogError> {
        let known = self.by_id.get(&batch.producer_id);
        let Some(producer) = known.filter(|producer| !producer.is_expired(now_ms)) else {
            return Ok(None);
        };
        let stored = producer.batches.iter().find(|stored| {
            stored.first_sequence == batch.base_sequence
                && stored.last_sequence == last_sequence(batch)
        });
        if let Some(stored) = stored.filter(|_| batch.producer_epoch == producer.epoch) {
            return Ok(Some(*stored));
        }
        if batch.producer_epoch < producer.epoch {
            return Err(LogError::StaleProducerEpoch {
                producer_id: batch.producer_id,
                current: producer.epoch,
                found: batch.producer_epoch,
            });
        }
        let expected = match batch.producer_epoch == producer.epoch {
            true => producer.next_sequence(),
            false => 0,
        };
        if batch.base_sequence != expected {
            return Err(LogError::OutOfOrderSequence {
                producer_id: batch.producer_id,
                epoch: batch.producer_epoch,
                expected,
                found: batch.base_sequence,
            });
        }
        Ok(None)
    }

    /// Remembers a batch that is stored. One without a producer changes nothing.
    pub(crate) fn note(&mut self, batch: &BatchHeader) {
        if !batch.is_idempotent() {
            return;
        }
        let now_ms = batch.max_timestamp_ms;
        if !self.by_id.contains_key(&batch.producer_id) && self.by_id.len() >= MOST_PRODUCERS {
            self.make_room(now_ms);
        }
        let producer = self.by_id.entry(batch.producer_id).or_default();
        if producer.epoch != batch.producer_epoch || producer.is_expired(now_ms) {
            producer.epoch = batch.producer_epoch;
            producer.batches.clear();
        }
        if producer.batches.len() >= REMEMBERED_BATCHES {
            producer.batches.pop_front();
        }
        producer.batches.push_back(StoredBatch {
            first_sequence: batch.base_sequence,
            last_sequence: last_sequence(batch),
            base_offset: batch.base_offset,
            timestamp_ms: now_ms,
        });
    }

    fn make_room(&mut self, now_ms: i64) {
        self.by_id
            .retain(|_, producer| !producer.is_expired(now_ms));
        if self.by_id.len() >= MOST_PRODUCERS {
            let silent = self
                .by_id
                .iter()
                .min_by_key(|(_, producer)| producer.last_timestamp_ms());
            if let Some(id) = silent.map(|(&id, _)| id) {
                self.by_id.remove(&id);
            }
        }
    }

    /// The bytes that [`Self::decode`] reads: a checksum, then the producers that have not expired.
    pub(crate) fn encode(&self, now_ms: i64) -> Vec<u8> {
        let mut bytes = vec![0; 4];
        let known = self.by_id.iter();
        for (id, producer) in known.filter(|(_, producer)| !producer.is_expired(now_ms)) {
            bytes.extend_from_slice(&id.to_be_bytes());
            bytes.extend_from_slice(&producer.epoch.to_be_bytes());
            bytes.push(producer.batches.len() as u8);
            for batch in &producer.batches {
                bytes.extend_from_slice(&batch.first_sequence.to_be_bytes());
                bytes.extend_from_slice(&batch.last_sequence.to_be_bytes());
                bytes.extend_from_slice(&batch.base_offset.to_be_bytes());
                bytes.extend_from_slice(&batch.timestamp_ms.to_be_bytes());
            }
        }
        if let Some((crc, content)) = bytes.split_first_chunk_mut() {
            *crc = checksum(content).to_be_bytes();
        }
        bytes
    }

    /// `None` when the bytes are not what was encoded.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let (crc, content) = bytes.split_first_chunk()?;
        if u32::from_be_bytes(*crc) != checksum(content) {
            return None;
        }
        let mut reader = Reader::new(content);
        let mut producers = Self::default();
        while !reader.is_empty() {
            let id = i64::from_be_bytes(reader.array()?);
            let mut producer = Producer {
                epoch: i16::from_be_bytes(reader.array()?),
                batches: VecDeque::new(),
            };
            for _ in 0..reader.byte()? {
                producer.batches.push_back(StoredBatch {
                    first_sequence: i32::from_be_bytes(reader.array()?),
                    last_sequence: i32::from_be_bytes(reader.array()?),
                    base_offset: i64::from_be_bytes(reader.array()?),
                    timestamp_ms: i64::from_be_bytes(reader.array()?),
                });
            }
            producers.by_id.insert(id, producer);
        }
        Some(producers)
    }
}

impl Producer {
    fn last_timestamp_ms(&self) -> i64 {
        self.batches
            .back()
            .map_or(i64::MIN, |batch| batch.timestamp_ms)
    }

    fn is_expired(&self, now_ms: i64) -> bool {
        self.last_timestamp_ms().saturating_add(EXPIRY_MS) <= now_ms
    }

    fn next_sequence(&self) -> i32 {
        self.batches
            .back()
            .map_or(0, |batch| add(batch.last_sequence, 1))
    }
}

fn last_sequence(batch: &BatchHeader) -> i32 {
    add(batch.base_sequence, batch.last_offset_delta)
}

/// Sequence numbers have 31 bits: after the highest comes 0.
fn add(sequence: i32, count: i32) -> i32 {
    sequence.wrapping_add(count) & i32::MAX
}

fn checksum(content: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(FORMAT), content)
}

#[cfg(test)]
mod tests {
    use super::super::batch::{self, encode};
    use super::super::record::NewRecord;
    use super::*;

    fn sent(id: i64, epoch: i16, sequence: i32, count: i32) -> BatchHeader {
        let mut buffer = Vec::new();
        encode(&mut buffer, 0, 1_000, &[NewRecord::default()]).unwrap();
        BatchHeader {
            producer_id: id,
            producer_epoch: epoch,
            base_sequence: sequence,
            last_offset_delta: count - 1,
            record_count: count,
            ..batch::check(&buffer, 0).unwrap().0
        }
    }

    fn known(batches: &[BatchHeader]) -> Producers {
        let mut producers = Producers::default();
        for batch in batches {
            assert!(producers.check(batch, 1_000).unwrap().is_none());
            producers.note(batch);
        }
        producers
    }

    #[test]
    fn the_last_five_batches_are_told_from_new_ones() {
        let batches: Vec<BatchHeader> = (0..7)
            .map(|number| BatchHeader {
                base_offset: i64::from(number) * 10,
                ..sent(1, 0, number * 2, 2)
            })
            .collect();
        let producers = known(&batches);
        for (number, batch) in (0..).zip(&batches) {
            match producers.check(batch, 1_000) {
                Ok(Some(stored)) => assert!(number >= 2 && stored.base_offset == number * 10),
                Err(LogError::OutOfOrderSequence { expected: 14, .. }) => assert!(number < 2),
                other => panic!("{number}: {other:?}"),
            }
        }
        // The same beginning and another end is no repetition.
        assert!(producers.check(&sent(1, 0, 12, 1), 1_000).is_err());
    }

    #[test]
    fn numbers_begin_again_after_the_highest() {
        let mut producers = known(&[sent(1, 0, i32::MAX - 1, 2)]);
        assert!(matches!(
            producers.check(&sent(1, 0, 1, 1), 1_000),
            Err(LogError::OutOfOrderSequence { expected: 0, .. })
        ));
        producers.note(&sent(1, 0, 0, 1));
        assert_eq!(producers.check(&sent(1, 0, 1, 1), 1_000).unwrap(), None);
        // A batch that goes over the highest number.
        let producers = known(&[sent(2, 0, i32::MAX, 3)]);
        assert_eq!(producers.check(&sent(2, 0, 2, 1), 1_000).unwrap(), None);
        let again = producers.check(&sent(2, 0, i32::MAX, 3), 1_000);
        assert!(again.unwrap().is_some());
    }

    #[test]
    fn a_new_epoch_begins_at_zero_and_ends_the_old_one() {
        let mut producers = known(&[sent(1, 3, 0, 5)]);
        assert!(matches!(
            producers.check(&sent(1, 4, 5, 1), 1_000),
            Err(LogError::OutOfOrderSequence { expected: 0, .. })
        ));
        let next = sent(1, 4, 0, 5);
        assert_eq!(producers.check(&next, 1_000).unwrap(), None);
        producers.note(&next);
        assert!(matches!(
            producers.check(&sent(1, 3, 0, 5), 1_000),
            Err(LogError::StaleProducerEpoch {
                current: 4,
                found: 3,
                ..
            })
        ));
    }

    #[test]
    fn a_silent_producer_is_forgotten() {
        let producers = known(&[sent(1, 0, 0, 5)]);
        let gap = sent(1, 0, 9, 1);
        assert!(producers.check(&gap, 1_000 + EXPIRY_MS - 1).is_err());
        assert_eq!(producers.check(&gap, 1_000 + EXPIRY_MS).unwrap(), None);
        let bytes = producers.encode(1_000 + EXPIRY_MS);
        assert_eq!(Producers::decode(&bytes), Some(Producers::default()));
    }

    #[test]
    fn the_number_of_producers_is_bounded() {
        let mut producers = Producers::default();
        for id in 0..MOST_PRODUCERS as i64 + 10 {
            producers.note(&BatchHeader {
                max_timestamp_ms: 1_000 + id,
                ..sent(id, 0, 0, 1)
            });
        }
        assert_eq!(producers.by_id.len(), MOST_PRODUCERS);
        assert_eq!(producers.by_id.keys().next(), Some(&10));
        assert!(producers.encode(1_000).len() as u64 <= MOST_BYTES);
    }

    #[test]
    fn what_is_encoded_is_decoded_and_nothing_else() {
        let producers = known(&[
            sent(1, 0, 0, 5),
            sent(1, 0, 5, 2),
            sent(i64::MAX, i16::MAX, i32::MAX, 1),
        ]);
        let bytes = producers.encode(1_000);
        assert_eq!(Producers::decode(&bytes), Some(producers));
        for position in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[position] ^= 4;
            assert_eq!(Producers::decode(&changed), None);
            assert_eq!(Producers::decode(&bytes[..position]), None);
        }
    }
}
