//! The record batch (version 2): header, checksum, sealing.
//!
//! Knows bytes, not files. The table of the header stands at the head of [`crate::log`].

use super::error::{Fault, LogError};
use super::inflate::Codec;
use super::record::{NewRecord, Records, put_record, record_body_bytes};
use super::varint;

/// Bytes of a batch before its first record.
pub(crate) const HEADER_BYTES: usize = 61;
/// The most a batch may take. Larger ones are refused, and a stored length above it is damage.
pub(crate) const MAX_BATCH_BYTES: usize = 64 << 20;

/// Bytes before those that the length field counts: base offset and the length itself.
const LENGTH_PREFIX_BYTES: usize = 12;
const CRC_POSITION: usize = 17;
/// The checksum covers everything from here to the end of the batch.
pub(crate) const CHECKED_FROM: usize = 21;

const MAGIC: i8 = 2;
const LEADER_EPOCH: i32 = 0;
const COMPRESSION_BITS: i16 = 0x07;
const LOG_APPEND_TIME: i16 = 0x08;
const TRANSACTIONAL: i16 = 0x10;
/// What stands for no producer id, no epoch and no sequence.
const NO_PRODUCER: i64 = -1;
/// What a producer may set: compression, either time stamp type, transactional.
const PRODUCER_BITS: i16 = COMPRESSION_BITS | LOG_APPEND_TIME | TRANSACTIONAL;

/// The fields of a batch header that the log reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BatchHeader {
    pub(crate) base_offset: i64,
    /// As stored: counts the bytes after it.
    pub(crate) length: i32,
    pub(crate) leader_epoch: i32,
    pub(crate) magic: i8,
    pub(crate) crc: u32,
    pub(crate) attributes: i16,
    pub(crate) last_offset_delta: i32,
    pub(crate) base_timestamp_ms: i64,
    pub(crate) max_timestamp_ms: i64,
    pub(crate) producer_id: i64,
    pub(crate) producer_epoch: i16,
    pub(crate) base_sequence: i32,
    pub(crate) record_count: i32,
}

impl BatchHeader {
    /// Reads the fields as they stand; `None` when there are fewer than 61 bytes.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let header = bytes.get(..HEADER_BYTES)?;
        Some(Self {
            base_offset: i64::from_be_bytes(field(header, 0)?),
            length: i32::from_be_bytes(field(header, 8)?),
            leader_epoch: i32::from_be_bytes(field(header, 12)?),
            magic: i8::from_be_bytes(field(header, 16)?),
            crc: u32::from_be_bytes(field(header, CRC_POSITION)?),
            attributes: i16::from_be_bytes(field(header, 21)?),
            last_offset_delta: i32::from_be_bytes(field(header, 23)?),
            base_timestamp_ms: i64::from_be_bytes(field(header, 27)?),
            max_timestamp_ms: i64::from_be_bytes(field(header, 35)?),
            producer_id: i64::from_be_bytes(field(header, 43)?),
            producer_epoch: i16::from_be_bytes(field(header, 51)?),
            base_sequence: i32::from_be_bytes(field(header, 53)?),
            record_count: i32::from_be_bytes(field(header, 57)?),
        })
    }

    /// Checks what the checksum does not cover, and returns the length of the whole batch.
    pub(crate) fn plausible(&self, expected_offset: i64) -> Result<usize, Fault> {
        if self.base_offset != expected_offset {
            return Err(Fault::BaseOffset {
                found: self.base_offset,
                expected: expected_offset,
            });
        }
        if self.leader_epoch != LEADER_EPOCH {
            return Err(Fault::LeaderEpoch(self.leader_epoch));
        }
        self.shape()
    }

    /// The part of [`Self::plausible`] that holds for a producer's batch too.
    fn shape(&self) -> Result<usize, Fault> {
        if self.magic != MAGIC {
            return Err(Fault::Magic(self.magic));
        }
        self.total_bytes().ok_or(Fault::Length(self.length))
    }

    /// Length of the whole batch, unless the length field cannot be true.
    pub(crate) fn total_bytes(&self) -> Option<usize> {
        let total = usize::try_from(self.length).ok()? + LENGTH_PREFIX_BYTES;
        (HEADER_BYTES..=MAX_BATCH_BYTES)
            .contains(&total)
            .then_some(total)
    }

    pub(crate) fn last_offset(&self) -> i64 {
        self.base_offset
            .saturating_add(i64::from(self.last_offset_delta))
    }

    pub(crate) fn next_offset(&self) -> i64 {
        self.last_offset().saturating_add(1)
    }

    /// How the records are compressed; `None` when they are stored as they are.
    pub(crate) fn codec(&self) -> Result<Option<Codec>, Fault> {
        match self.attributes & COMPRESSION_BITS {
            0 => Ok(None),
            1 => Ok(Some(Codec::Gzip)),
            2 => Ok(Some(Codec::Snappy)),
            3 => Ok(Some(Codec::Lz4)),
            4 => Ok(Some(Codec::Zstd)),
            _ => Err(Fault::Attributes(self.attributes)),
        }
    }

    /// Whether an idempotent producer made the batch, which then has an epoch and a sequence.
    pub(crate) fn is_idempotent(&self) -> bool {
        self.producer_id != NO_PRODUCER
    }

    pub(crate) fn is_transactional(&self) -> bool {
        self.attributes & TRANSACTIONAL != 0
    }

    /// When a record of the batch was appended, or made where its producer's time was kept.
    pub(crate) fn record_timestamp_ms(&self, timestamp_delta: i64) -> i64 {
        if self.attributes & LOG_APPEND_TIME != 0 {
            self.max_timestamp_ms
        } else {
            self.base_timestamp_ms.saturating_add(timestamp_delta)
        }
    }
}

/// Checks the batch that `bytes` begin with; more may follow it.
///
/// `Fault::Short` says that the batch goes on behind the bytes given.
pub(crate) fn check(bytes: &[u8], expected_offset: i64) -> Result<(BatchHeader, usize), Fault> {
    let header = BatchHeader::parse(bytes).ok_or(Fault::Short)?;
    let total = header.plausible(expected_offset)?;
    let checked = bytes.get(CHECKED_FROM..total).ok_or(Fault::Short)?;
    if crc32c::crc32c(checked) != header.crc {
        return Err(Fault::Checksum);
    }
    if header.last_offset_delta < 0
        || header.record_count < 1
        || expected_offset
            .checked_add(i64::from(header.last_offset_delta) + 1)
            .is_none()
    {
        return Err(Fault::Count);
    }
    Ok((header, total))
}

/// Checks a batch as a producer sent it, and returns its header and how many bytes the key and the value of its
/// largest record have.
///
/// The base offset and the leader epoch are the broker's to fill in, so whatever stands there is
/// taken. All records are looked at, decompressed where they are compressed: one that does not
/// decode would make the batch unreadable for ever.
pub(crate) fn check_produced(bytes: &[u8]) -> Result<(BatchHeader, usize), Fault> {
    let header = BatchHeader::parse(bytes).ok_or(Fault::Short)?;
    let total = header.shape()?;
    let checked = bytes.get(CHECKED_FROM..total).ok_or(Fault::Short)?;
    if bytes.len() > total {
        return Err(Fault::Trailing);
    }
    if crc32c::crc32c(checked) != header.crc {
        return Err(Fault::Checksum);
    }
    if header.attributes & !PRODUCER_BITS != 0 {
        return Err(Fault::Attributes(header.attributes));
    }
    if header.record_count < 1
        || Some(header.last_offset_delta) != header.record_count.checked_sub(1)
    {
        return Err(Fault::Count);
    }
    if header.is_idempotent()
        && (header.producer_id < 0 || header.producer_epoch < 0 || header.base_sequence < 0)
    {
        return Err(Fault::Producer);
    }
    let mut records = Records::of(&header, bytes)?;
    let mut largest_bytes = 0;
    while let Some(record) = records.next_record() {
        largest_bytes = largest_bytes.max(record?.message_bytes());
    }
    Ok((header, largest_bytes))
}

/// Packs records into one batch, in place of what the buffer holds.
pub(crate) fn encode(
    buffer: &mut Vec<u8>,
    base_offset: i64,
    timestamp_ms: i64,
    new_records: &[NewRecord<'_>],
) -> Result<(), LogError> {
    let last_delta = i32::try_from(new_records.len())
        .ok()
        .and_then(|count| count.checked_sub(1))
        .filter(|&delta| delta >= 0)
        .ok_or(LogError::NoRecords)?;
    let bytes = new_records
        .iter()
        .zip(0..)
        .map(|(record, delta)| {
            let body = record_body_bytes(record, delta);
            body.saturating_add(varint::size(body as i64))
        })
        .fold(HEADER_BYTES, usize::saturating_add);
    if bytes > MAX_BATCH_BYTES {
        return Err(LogError::BatchTooLarge {
            bytes,
            limit: MAX_BATCH_BYTES,
        });
    }
    buffer.clear();
    buffer.reserve(bytes);
    buffer.extend_from_slice(&base_offset.to_be_bytes());
    buffer.extend_from_slice(&((bytes - LENGTH_PREFIX_BYTES) as i32).to_be_bytes());
    buffer.extend_from_slice(&LEADER_EPOCH.to_be_bytes());
    buffer.extend_from_slice(&MAGIC.to_be_bytes());
    buffer.extend_from_slice(&[0; 4]);
    buffer.extend_from_slice(&LOG_APPEND_TIME.to_be_bytes());
    buffer.extend_from_slice(&last_delta.to_be_bytes());
    buffer.extend_from_slice(&timestamp_ms.to_be_bytes());
    buffer.extend_from_slice(&timestamp_ms.to_be_bytes());
    // Producer id, epoch and base sequence: -1, as a producer without idempotence sends them.
    buffer.extend_from_slice(&[0xff; 14]);
    buffer.extend_from_slice(&(last_delta + 1).to_be_bytes());
    for (record, delta) in new_records.iter().zip(0..) {
        put_record(buffer, record, delta);
    }
    put_checksum(buffer);
    Ok(())
}

/// Gives a producer's batch its offsets and its time, in place.
pub(crate) fn seal(batch: &mut [u8], header: &BatchHeader, base_offset: i64, timestamp_ms: i64) {
    let attributes = header.attributes | LOG_APPEND_TIME;
    put_field(batch, 0, base_offset.to_be_bytes());
    put_field(batch, 12, LEADER_EPOCH.to_be_bytes());
    put_field(batch, 21, attributes.to_be_bytes());
    put_field(batch, 35, timestamp_ms.to_be_bytes());
    put_checksum(batch);
}

fn put_checksum(batch: &mut [u8]) {
    let crc = crc32c::crc32c(batch.get(CHECKED_FROM..).unwrap_or_default());
    put_field(batch, CRC_POSITION, crc.to_be_bytes());
}

fn field<const WIDTH: usize>(bytes: &[u8], position: usize) -> Option<[u8; WIDTH]> {
    bytes.get(position..)?.first_chunk().copied()
}

fn put_field<const WIDTH: usize>(bytes: &mut [u8], position: usize, value: [u8; WIDTH]) {
    let target = bytes.get_mut(position..);
    if let Some(target) = target.and_then(<[u8]>::first_chunk_mut) {
        *target = value;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::log::record::{NewHeader, Record};

    type Raw = (
        Option<Vec<u8>>,
        Option<Vec<u8>>,
        Vec<(Vec<u8>, Option<Vec<u8>>)>,
    );

    fn raw_record() -> impl Strategy<Value = Raw> {
        let bytes = || proptest::collection::vec(any::<u8>(), 0..200);
        let header = (bytes(), proptest::option::of(bytes()));
        (
            proptest::option::of(bytes()),
            proptest::option::of(bytes()),
            proptest::collection::vec(header, 0..4),
        )
    }

    fn encoded(raw: &[Raw], base_offset: i64, timestamp_ms: i64) -> Vec<u8> {
        let headers: Vec<Vec<NewHeader<'_>>> = raw
            .iter()
            .map(|(_, _, headers)| {
                headers
                    .iter()
                    .map(|(key, value)| NewHeader {
                        key,
                        value: value.as_deref(),
                    })
                    .collect()
            })
            .collect();
        let records: Vec<NewRecord<'_>> = raw
            .iter()
            .zip(&headers)
            .map(|((key, value, _), headers)| NewRecord {
                key: key.as_deref(),
                value: value.as_deref(),
                headers,
            })
            .collect();
        let mut buffer = b"left from before".to_vec();
        encode(&mut buffer, base_offset, timestamp_ms, &records).unwrap();
        buffer
    }

    fn decoded(batch: &[u8], base_offset: i64) -> Vec<Record> {
        let (header, total) = check(batch, base_offset).unwrap();
        assert_eq!(total, batch.len());
        let mut records = Records::of(&header, batch).unwrap();
        let mut found = Vec::new();
        while let Some(record) = records.next_record() {
            found.push(record.unwrap().to_record());
        }
        found
    }

    proptest! {
        #[test]
        fn a_batch_comes_back_as_it_went_in(
            raw in proptest::collection::vec(raw_record(), 1..20),
            base_offset in 0..i64::MAX / 2,
            timestamp_ms: i64,
        ) {
            let batch = encoded(&raw, base_offset, timestamp_ms);
            let found = decoded(&batch, base_offset);
            prop_assert_eq!(found.len(), raw.len());
            for ((record, (key, value, headers)), offset) in found.iter().zip(&raw).zip(base_offset..) {
                prop_assert_eq!(record.offset, offset);
                prop_assert_eq!(record.timestamp_ms, timestamp_ms);
                prop_assert_eq!(&record.key, key);
                prop_assert_eq!(&record.value, value);
                let pairs: Vec<_> = record.headers.iter().map(|h| (h.key.clone(), h.value.clone())).collect();
                prop_assert_eq!(&pairs, headers);
            }
        }

        #[test]
        fn arbitrary_bytes_never_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..300), right_header: bool, codec in 0..6_u8) {
            if right_header && bytes.len() >= HEADER_BYTES {
                let length = (bytes.len() - LENGTH_PREFIX_BYTES) as i32;
                put_field(&mut bytes, 8, length.to_be_bytes());
                put_field(&mut bytes, 16, [2]);
                put_field(&mut bytes, 21, [0, codec]);
                put_checksum(&mut bytes);
            }
            let _ = check(&bytes, 0);
            let _ = check_produced(&bytes);
            if let Some(header) = BatchHeader::parse(&bytes)
                && let Ok(mut records) = Records::of(&header, &bytes)
            {
                while records.next_record().is_some() {}
            }
        }

        #[test]
        fn every_flipped_bit_is_noticed(raw in proptest::collection::vec(raw_record(), 1..4), position: prop::sample::Index, bit in 0..8_u8) {
            let mut batch = encoded(&raw, 7, 1);
            let position = position.index(batch.len());
            batch[position] ^= 1 << bit;
            prop_assert!(check(&batch, 7).is_err());
        }

        #[test]
        fn a_sealed_batch_is_valid(raw in proptest::collection::vec(raw_record(), 1..10)) {
            let mut batch = encoded(&raw, 0, 5);
            put_field(&mut batch, 12, 77_i32.to_be_bytes());
            let (header, largest_bytes) = check_produced(&batch).unwrap();
            seal(&mut batch, &header, 1000, 99);
            let found = decoded(&batch, 1000);
            let bytes = found.iter().map(|record| {
                record.key.as_ref().map_or(0, Vec::len) + record.value.as_ref().map_or(0, Vec::len)
            });
            prop_assert_eq!(bytes.max(), Some(largest_bytes));
            prop_assert_eq!(found.len(), raw.len());
            prop_assert!(found.iter().all(|record| record.timestamp_ms == 99));
        }
    }

    /// The bytes of a batch, worked out by hand from Kafka's documentation of the format.
    #[test]
    fn bytes_are_those_of_the_wire() {
        let mut buffer = Vec::new();
        let record = NewRecord {
            key: Some(b"k"),
            value: Some(b"hi"),
            headers: &[],
        };
        encode(&mut buffer, 3, 0x0102, &[record]).unwrap();
        let expected = [
            &[0, 0, 0, 0, 0, 0, 0, 3][..],
            &[0, 0, 0, 59],
            &[0, 0, 0, 0],
            &[2],
            &buffer[17..21],
            &[0, 8],
            &[0, 0, 0, 0],
            &[0, 0, 0, 0, 0, 0, 1, 2],
            &[0, 0, 0, 0, 0, 0, 1, 2],
            &[0xff; 14],
            &[0, 0, 0, 1],
            &[18, 0, 0, 0, 2, b'k', 4, b'h', b'i', 0],
        ]
        .concat();
        assert_eq!(buffer, expected);
    }

    #[test]
    fn a_producer_is_told_what_is_wrong() {
        let good = encoded(&[(None, Some(vec![1]), vec![])], 0, 5);
        let changed = |position: usize, bytes: &[u8]| {
            let mut batch = good.clone();
            batch[position..position + bytes.len()].copy_from_slice(bytes);
            put_checksum(&mut batch);
            check_produced(&batch)
        };
        assert!(check_produced(&good).is_ok());
        assert_eq!(check_produced(&good[..30]), Err(Fault::Short));
        assert_eq!(check_produced(&good[..good.len() - 1]), Err(Fault::Short));
        let longer = [&good[..], &[0]].concat();
        assert_eq!(check_produced(&longer), Err(Fault::Trailing));
        assert_eq!(changed(16, &[1]), Err(Fault::Magic(1)));
        assert_eq!(changed(21, &[0, 0x20]), Err(Fault::Attributes(0x20)));
        assert_eq!(changed(21, &[0, 5]), Err(Fault::Attributes(5)));
        // A producer id without an epoch and a sequence.
        assert_eq!(changed(43, &[0; 8]), Err(Fault::Producer));
        assert_eq!(changed(43, &[0x80; 14]), Err(Fault::Producer));
        assert_eq!(changed(57, &[0, 0, 0, 2]), Err(Fault::Count));
        assert_eq!(changed(23, &[0, 0, 0, 1]), Err(Fault::Count));
        assert_eq!(changed(8, &[0, 0, 0, 1]), Err(Fault::Length(1)));
        assert_eq!(changed(HEADER_BYTES, &[2]), Err(Fault::Record(0)));
    }
}
