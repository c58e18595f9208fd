//! Tells a torn tail from damage.
//!
//! Pure functions over the bytes from the first batch that is not valid to the end of the file.
//! A torn tail is an append that was not finished when the process or the machine stopped; cutting
//! it loses nothing that was acknowledged. Anything else that is not valid is damage, and is kept.

use super::batch;
use super::batch::{BatchHeader, CHECKED_FROM, HEADER_BYTES};

/// What disks write as a whole: after a power cut, all of a sector is new or none of it.
const SECTOR_BYTES: u64 = 512;
/// How many bytes a search may checksum in vain. Only bytes made to look like batches get near it.
const SEARCH_BYTES: usize = 1 << 30;

/// What stands at the end of the last segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// An unfinished append: cut it off.
    Torn,
    /// Bytes were changed after they were written: leave them.
    Damaged,
}

/// The first valid batch after one that is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// So many bytes behind the start of the region.
    Batch {
        distance: usize,
        offset: i64,
    },
    Nothing,
    /// The search was given up.
    Unknown,
}

/// Judges the end of a log file: `region` is what follows the last valid batch.
///
/// The rules, in order:
/// 1. A valid batch follows: damage. An append is written only after the one before it.
/// 2. The checksum holds for the batch as it stands or as far as the file goes: the batch was
///    written whole, and a field that the checksum does not cover was changed: damage. (Unless
///    that field lies in a sector of its own that is zero: then rule 4 holds.)
/// 3. The file ends before the batch does: torn.
/// 4. All bytes of the batch in one sector are zero: torn by a power cut, which leaves sectors
///    unwritten.
/// 5. Otherwise all sectors were written and the content is wrong: damage.
///
/// Rule 4 takes a changed byte for a torn write where the batch holds a sector of zeros anyway.
/// That is the safe side: under fsync, a torn write that passed for damage would stop the log, and
/// what is cut off is reported.
pub(crate) fn judge(region: &[u8], region_position: u64, expected_offset: i64) -> Verdict {
    let Some(header) = BatchHeader::parse(region) else {
        return Verdict::Torn;
    };
    if find_next(region, expected_offset) != Next::Nothing {
        return Verdict::Damaged;
    }
    let claimed = header.total_bytes();
    let whole = |end: usize| {
        let checked = region.get(CHECKED_FROM..end);
        checked.is_some_and(|bytes| crc32c::crc32c(bytes) == header.crc)
    };
    if whole(region.len()) || claimed.is_some_and(whole) {
        // All that was lost may be the first bytes, before those that the checksum covers.
        return match first_sector_lost(region, region_position, expected_offset) {
            true => Verdict::Torn,
            false => Verdict::Damaged,
        };
    }
    let extent = match header.plausible(expected_offset) {
        Ok(total) => match region.get(..total) {
            Some(extent) => extent,
            None => return Verdict::Torn,
        },
        Err(_) => region,
    };
    let lost = first_sector_lost(extent, region_position, expected_offset)
        || later_sector_lost(extent, region_position);
    if lost {
        Verdict::Torn
    } else {
        Verdict::Damaged
    }
}

/// Splits the bytes of a batch where the first sector of the file ends.
fn split_first_sector(bytes: &[u8], position: u64) -> (&[u8], &[u8]) {
    let to_boundary = (SECTOR_BYTES - position % SECTOR_BYTES) as usize;
    bytes.split_at_checked(to_boundary).unwrap_or((bytes, &[]))
}

/// Whether the batch's part of the sector it begins in is zero where it should not be. A few bytes
/// of it may well be: a batch begins with its base offset, and that with zeros.
fn first_sector_lost(bytes: &[u8], position: u64, expected_offset: i64) -> bool {
    let (first, _) = split_first_sector(bytes, position);
    let base_offset = expected_offset.to_be_bytes();
    let known = base_offset.get(..first.len()).unwrap_or(&[1]);
    is_zero(first) && !is_zero(known)
}

fn later_sector_lost(bytes: &[u8], position: u64) -> bool {
    let (_, rest) = split_first_sector(bytes, position);
    rest.chunks(SECTOR_BYTES as usize).any(is_zero)
}

fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|&byte| byte == 0)
}

/// Looks for the first valid batch behind the one that `region` begins with, which is not valid.
///
/// Records may hold anything, bytes of a batch too. So where the header at the start of the region
/// is believable, a find inside its extent counts only when the first batch's checksum holds up to
/// there, which shows that its length is what was changed.
pub(crate) fn find_next(region: &[u8], expected_offset: i64) -> Next {
    let first = BatchHeader::parse(region);
    let extent = first
        .and_then(|header| header.plausible(expected_offset).ok())
        .unwrap_or(0);
    let mut running = (CHECKED_FROM, 0);
    let mut searched_bytes = 0_usize;
    for (distance, window) in region.windows(HEADER_BYTES).enumerate().skip(1) {
        // Leader epoch 0 and magic 2: cheap to look at, and rare in a row.
        if window.get(12..17) != Some(&[0, 0, 0, 0, 2]) {
            continue;
        }
        let Some(header) = BatchHeader::parse(window) else {
            continue;
        };
        if !follows(header.base_offset, expected_offset) {
            continue;
        }
        if distance < extent {
            let (from, crc) = running;
            let crc = crc32c::crc32c_append(crc, region.get(from..distance).unwrap_or_default());
            running = (distance.max(from), crc);
            if first.is_none_or(|first| first.crc != crc) {
                continue;
            }
        }
        let rest = region.get(distance..).unwrap_or_default();
        if header
            .total_bytes()
            .is_some_and(|total| total <= rest.len())
        {
            searched_bytes = searched_bytes.saturating_add(header.total_bytes().unwrap_or(0));
            if batch::check(rest, header.base_offset).is_ok() {
                return Next::Batch {
                    distance,
                    offset: header.base_offset,
                };
            }
            if searched_bytes > SEARCH_BYTES {
                return Next::Unknown;
            }
        }
    }
    Next::Nothing
}

/// Whether a batch at `offset` can stand behind one that should begin at `expected_offset`.
fn follows(offset: i64, expected_offset: i64) -> bool {
    offset > expected_offset && offset - expected_offset <= i64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::batch::encode;
    use super::super::record::NewRecord;
    use super::*;

    fn batch(offset: i64, value: &[u8]) -> Vec<u8> {
        let mut buffer = Vec::new();
        let record = NewRecord {
            value: Some(value),
            ..NewRecord::default()
        };
        encode(&mut buffer, offset, 1, &[record]).unwrap();
        buffer
    }

    fn next_at(distance: usize, offset: i64) -> Next {
        Next::Batch { distance, offset }
    }

    #[test]
    fn every_short_tail_is_torn() {
        let whole = batch(5, &[7; 2000]);
        for length in 0..whole.len() {
            assert_eq!(judge(&whole[..length], 100, 5), Verdict::Torn, "{length}");
        }
    }

    #[test]
    fn every_flip_of_a_whole_batch_is_damage() {
        let whole = batch(5, &[7; 1500]);
        for position in 0..whole.len() {
            for bit in 0..8 {
                let mut flipped = whole.clone();
                flipped[position] ^= 1 << bit;
                assert_eq!(
                    judge(&flipped, 100, 5),
                    Verdict::Damaged,
                    "bit {bit} of byte {position}"
                );
            }
        }
    }

    #[test]
    fn every_flip_before_a_valid_batch_is_damage() {
        let first = batch(5, &[0; 1500]);
        let second = batch(6, b"second");
        for position in 0..first.len() {
            let mut bytes = [&first[..], &second].concat();
            bytes[position] ^= 0x10;
            assert_eq!(judge(&bytes, 0, 5), Verdict::Damaged, "byte {position}");
            assert_eq!(find_next(&bytes, 5), next_at(first.len(), 6));
        }
    }

    #[test]
    fn a_sector_not_written_is_torn() {
        let whole = batch(5, &[7; 2000]);
        for sector in 0..4 {
            let mut bytes = whole.clone();
            // The file position is 100, so that sectors begin at 412, 924, …
            let start = (sector * 512_usize).saturating_sub(100);
            let end = (sector * 512 + 412).min(bytes.len());
            bytes[start..end].fill(0);
            assert_eq!(judge(&bytes, 100, 5), Verdict::Torn, "sector {sector}");
        }
    }

    #[test]
    fn a_batch_that_begins_at_the_end_of_a_sector() {
        let whole = batch(5, &[7; 600]);
        for before_boundary in 1..61 {
            let position = 1024 - before_boundary as u64;
            let mut torn = whole.clone();
            torn[..before_boundary].fill(0);
            // With fewer than eight bytes, only zeros of the base offset are lost: nothing is.
            if before_boundary >= 8 {
                assert_eq!(
                    judge(&torn, position, 5),
                    Verdict::Torn,
                    "{before_boundary}"
                );
            }
            for byte in [6, 7, 12, 16, 17, 61, 300] {
                let mut flipped = whole.clone();
                flipped[byte] ^= 0x40;
                let verdict = judge(&flipped, position, 5);
                assert_eq!(verdict, Verdict::Damaged, "{byte} at {before_boundary}");
            }
        }
    }

    #[test]
    fn zeros_to_the_end_are_torn() {
        assert_eq!(judge(&[0; 5000], 77, 5), Verdict::Torn);
        assert_eq!(judge(&[0; 61], 512, 5), Verdict::Torn);
    }

    #[test]
    fn a_batch_inside_a_record_is_not_taken_for_one_of_the_log() {
        let inner = batch(9, b"inner");
        let whole = batch(5, &[&[1; 700][..], &inner, &[1; 700]].concat());
        assert_eq!(judge(&whole[..whole.len() - 1], 0, 5), Verdict::Torn);
        let mut flipped = whole;
        flipped[100] ^= 1;
        assert_eq!(find_next(&flipped, 5), Next::Nothing);
    }

    #[test]
    fn records_made_to_look_like_batches_cost_little() {
        let mut fake = batch(6, &[]);
        fake[8..12].copy_from_slice(&(4_i32 << 20).to_be_bytes());
        let value = fake.repeat((8 << 20) / fake.len());
        let whole = batch(5, &value);
        assert_eq!(judge(&whole[..whole.len() - 1], 0, 5), Verdict::Torn);
    }
}
