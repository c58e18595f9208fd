//! What is kept of a series' points in a minute, five minutes or an hour, and how it is written.
//!
//! Buckets of one length stand in chunks of [`BUCKETS_A_CHUNK`], one row each. A chunk is a sequence of
//! buckets in order of time, each of these fields (varint: seven bits a byte, the lowest first; value: a
//! little-endian `f64`):
//!
//! | field | form | meaning |
//! |---|---|---|
//! | step | varint | minutes from the end of the bucket before (at first: the begin of the chunk), times 4, plus the form |
//! | age | varint | milliseconds from the (earliest) point to the end of the bucket |
//! | value | value | of the (earliest) point |
//! | count | varint | form 1 and 2: how many occurrences |
//! | last age, last value | varint, value | form 2: the latest point |
//! | sum | value | form 2 |
//! | kinds | varint | form 2: how many pairs follow, sorted by value |
//! | pair | value, varint | form 2: a value and how often it occurred |
//!
//! Form 0 is one point that counts once, form 1 one that counts more, form 2 any other. More than
//! [`MOST_KINDS`] kinds of values are drawn together, the nearest first; sums, counts, the smallest and the
//! largest stay exact.

use serde::{Deserialize, Serialize};

/// How many buckets a chunk holds: as many as let several chunks share a page of the database.
pub(super) const BUCKETS_A_CHUNK: i64 = 120;

/// How many kinds of values of a bucket are told apart. Not less than 2.
const MOST_KINDS: usize = 64;

const MINUTE_MS: i64 = 60_000;

/// A value and its time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stamped {
    /// When, in milliseconds.
    pub at_ms: i64,
    /// The value.
    pub value: f64,
}

impl Stamped {
    /// Whether it is earlier; of those of one time, whether it is smaller.
    pub fn is_before(&self, other: &Self) -> bool {
        self.at_ms < other.at_ms || (self.at_ms == other.at_ms && self.value < other.value)
    }
}

/// What some values come to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// How many there are.
    pub count: u64,
    /// Their sum.
    pub sum: f64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
    /// The earliest; of those of one time the smallest.
    pub first: Stamped,
    /// The latest; of those of one time the largest.
    pub last: Stamped,
}

impl Summary {
    /// Of a value that occurred `count` times.
    pub fn of(point: Stamped, count: u64) -> Self {
        Self {
            count,
            sum: point.value * count as f64,
            min: point.value,
            max: point.value,
            first: point,
            last: point,
        }
    }

    /// Adds what others come to.
    pub fn merge(&mut self, other: &Self) {
        self.count = self.count.saturating_add(other.count);
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        if other.first.is_before(&self.first) {
            self.first = other.first;
        }
        if self.last.is_before(&other.last) {
            self.last = other.last;
        }
    }
}

/// The points of a series in one stretch of time.
///
/// A point that lies on the end of a stretch belongs to it, one on its begin to the one before. Source: the
/// documentation's picture of aggregation windows ("from 0:n to 5:00, 5:n to 10:00").
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bucket {
    /// The end of the stretch, in minutes since the epoch.
    pub end_minute: i64,
    /// What the values come to.
    pub summary: Summary,
    /// The values and how often each occurred, sorted; empty where there is one kind only.
    kinds: Vec<(f64, u64)>,
}

impl Bucket {
    /// Of one point.
    pub fn of(point: Stamped, count: u64) -> Self {
        Self {
            end_minute: minute_of(point.at_ms),
            summary: Summary::of(point, count),
            kinds: Vec::new(),
        }
    }

    /// Of points of one minute that were brought together: what they come to, and their values, sorted, each
    /// with how often it occurred. Where values were rounded, the smallest and the largest are exact still.
    pub fn of_kinds(summary: Summary, mut kinds: Vec<(f64, u64)>) -> Self {
        draw_together(&mut kinds);
        if summary.min == summary.max {
            kinds.clear();
        } else if let [first, .., last] = kinds.as_mut_slice() {
            (first.0, last.0) = (summary.min, summary.max);
        }
        Self {
            end_minute: minute_of(summary.first.at_ms),
            summary,
            kinds,
        }
    }

    /// The values, each with how often it occurred.
    pub fn values(&self) -> impl Iterator<Item = (f64, u64)> {
        let only = self.kinds.is_empty();
        let only = only.then_some((self.summary.min, self.summary.count));
        self.kinds.iter().copied().chain(only)
    }

    /// Adds the points of another one, whose stretch lies in this one's.
    pub fn merge(&mut self, other: &Self) {
        if self.summary.min != other.summary.min
            || !self.kinds.is_empty()
            || !other.kinds.is_empty()
        {
            let mut kinds: Vec<(f64, u64)> = self.values().chain(other.values()).collect();
            kinds.sort_by(|(one, _), (other, _)| one.total_cmp(other));
            kinds.dedup_by(|next, kept| {
                let same = next.0 == kept.0;
                if same {
                    kept.1 = kept.1.saturating_add(next.1);
                }
                same
            });
            draw_together(&mut kinds);
            self.kinds = kinds;
        }
        self.summary.merge(&other.summary);
    }
}

/// Replaces the two kinds of values that are nearest by their mean, until there are few enough. The smallest
/// and the largest stay as they are.
fn draw_together(kinds: &mut Vec<(f64, u64)>) {
    while kinds.len() > MOST_KINDS {
        let inner = kinds.len() - 2;
        let gaps = kinds.windows(2).enumerate().skip(1).take(inner - 1);
        let gaps = gaps.filter_map(|(at, pair)| match pair {
            [one, other] => Some((at, other.0 - one.0)),
            _ => None,
        });
        let Some((at, _)) = gaps.min_by(|(_, one), (_, other)| one.total_cmp(other)) else {
            return;
        };
        let (other_value, other_count) = kinds.remove(at + 1);
        if let Some((value, count)) = kinds.get_mut(at) {
            let all = count.saturating_add(other_count);
            *value += (other_value - *value) * (other_count as f64 / all as f64);
            *count = all;
        }
    }
}

/// The minute, by its end, that a time belongs to.
pub fn minute_of(at_ms: i64) -> i64 {
    at_ms.saturating_add(MINUTE_MS - 1).div_euclid(MINUTE_MS)
}

/// A chunk that does not read as one.
#[derive(Debug, thiserror::Error)]
#[error("a chunk of metric points is damaged")]
pub(super) struct Damaged;

/// Writes the buckets of a chunk, which are in order of time.
pub(super) fn encode(begin_minute: i64, buckets: &[Bucket]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(buckets.len() * 12);
    let mut before = begin_minute;
    for bucket in buckets {
        encode_bucket(&mut bytes, bucket, before);
        before = bucket.end_minute;
    }
    bytes
}

fn encode_bucket(bytes: &mut Vec<u8>, bucket: &Bucket, before: i64) {
    let Summary {
        count, first, last, ..
    } = bucket.summary;
    let is_one_point = bucket.kinds.is_empty() && first.at_ms == last.at_ms;
    let form = match (is_one_point, count) {
        (true, 1) => 0,
        (true, _) => 1,
        (false, _) => 2,
    };
    let end_ms = bucket.end_minute * MINUTE_MS;
    put_varint(bytes, unsigned(bucket.end_minute - before) << 2 | form);
    put_varint(bytes, unsigned(end_ms - first.at_ms));
    put_value(bytes, first.value);
    if form >= 1 {
        put_varint(bytes, count);
    }
    if form == 2 {
        put_varint(bytes, unsigned(end_ms - last.at_ms));
        put_value(bytes, last.value);
        put_value(bytes, bucket.summary.sum);
        put_varint(bytes, bucket.kinds.len() as u64);
        for (value, count) in &bucket.kinds {
            put_value(bytes, *value);
            put_varint(bytes, *count);
        }
    }
}

/// Reads a chunk, bucket by bucket.
///
/// Nearly all buckets have one point. They are shown by a call of their own, which is compiled together with `visit`:
/// so what that does not look at is not made.
pub(super) fn decode(
    begin_minute: i64,
    bytes: &[u8],
    visit: &mut impl FnMut(&Bucket),
) -> Result<(), Damaged> {
    let mut rest = bytes;
    let mut before = begin_minute;
    while !rest.is_empty() {
        let head = take_varint(&mut rest)?;
        let end_minute = before.checked_add(signed(head >> 2)?).ok_or(Damaged)?;
        let end_ms = end_minute.checked_mul(MINUTE_MS).ok_or(Damaged)?;
        let first = take_stamped(&mut rest, end_ms)?;
        let count = match head & 3 {
            0 => 1,
            1 | 2 => take_varint(&mut rest)?,
            _ => return Err(Damaged),
        };
        let one_point = Bucket {
            end_minute,
            summary: Summary::of(first, count),
            kinds: Vec::new(),
        };
        match head & 3 {
            2 => visit(&decode_others(&mut rest, end_ms, one_point)?),
            _ => visit(&one_point),
        }
        before = end_minute;
    }
    Ok(())
}

/// Reads what a bucket of several points holds after its first one.
#[inline(never)]
fn decode_others(rest: &mut &[u8], end_ms: i64, bucket: Bucket) -> Result<Bucket, Damaged> {
    let Bucket {
        end_minute,
        mut summary,
        mut kinds,
    } = bucket;
    summary.last = take_stamped(rest, end_ms)?;
    summary.sum = take_value(rest)?;
    let length = take_varint(rest)?;
    if length > MOST_KINDS as u64 {
        return Err(Damaged);
    }
    for _ in 0..length {
        kinds.push((take_value(rest)?, take_varint(rest)?));
    }
    if let (Some(smallest), Some(largest)) = (kinds.first(), kinds.last()) {
        (summary.min, summary.max) = (smallest.0, largest.0);
    }
    Ok(Bucket {
        end_minute,
        summary,
        kinds,
    })
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

fn signed(number: u64) -> Result<i64, Damaged> {
    i64::try_from(number).map_err(|_| Damaged)
}

fn put_varint(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take_varint(rest: &mut &[u8]) -> Result<u64, Damaged> {
    // Nearly all have one byte.
    if let Some((byte, after)) = rest.split_first()
        && *byte < 0x80
    {
        *rest = after;
        return Ok(u64::from(*byte));
    }
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first().ok_or(Damaged)?;
        *rest = after;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(Damaged)
}

fn put_value(bytes: &mut Vec<u8>, value: f64) {
    bytes.extend_from_slice(&value.to_le_bytes());
}

fn take_value(rest: &mut &[u8]) -> Result<f64, Damaged> {
    let (value, after) = rest.split_first_chunk().ok_or(Damaged)?;
    *rest = after;
    Ok(f64::from_le_bytes(*value))
}

fn take_stamped(rest: &mut &[u8], end_ms: i64) -> Result<Stamped, Damaged> {
    let age_ms = signed(take_varint(rest)?)?;
    Ok(Stamped {
        at_ms: end_ms.checked_sub(age_ms).ok_or(Damaged)?,
        value: take_value(rest)?,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn point(at_ms: i64, value: f64) -> Stamped {
        Stamped { at_ms, value }
    }

    fn decoded(begin: i64, bytes: &[u8]) -> Result<Vec<Bucket>, Damaged> {
        let mut buckets = Vec::new();
        decode(begin, bytes, &mut |bucket| buckets.push(bucket.clone()))?;
        Ok(buckets)
    }

    #[test]
    fn a_point_on_the_end_of_a_minute_belongs_to_it() {
        assert_eq!([0, 1, 60_000, 60_001].map(minute_of), [0, 1, 1, 2]);
    }

    #[test]
    fn a_usual_point_takes_ten_bytes() {
        let minutes = 1..=240;
        let buckets = minutes.map(|minute| Bucket::of(point(minute * MINUTE_MS, 0.5), 1));
        let bytes = encode(0, &buckets.collect::<Vec<_>>());
        assert_eq!(bytes.len(), 240 * 10);
    }

    #[test]
    fn many_kinds_of_values_are_drawn_together() {
        let mut bucket = Bucket::of(point(1, 0.0), 1);
        for at_ms in 1..1000 {
            bucket.merge(&Bucket::of(point(at_ms, at_ms as f64), 2));
        }
        let values: Vec<(f64, u64)> = bucket.values().collect();
        assert_eq!(values.len(), MOST_KINDS);
        assert_eq!((values[0].0, values[MOST_KINDS - 1].0), (0.0, 999.0));
        assert_eq!(values.iter().map(|(_, count)| count).sum::<u64>(), 1999);
        assert_eq!(
            (bucket.summary.count, bucket.summary.sum),
            (1999, 999_000.0)
        );
        let mut below = 0;
        let median = values.iter().find(|(_, count)| {
            below += count;
            below >= 1000
        });
        assert!((median.unwrap().0 - 500.0).abs() < 40.0, "{values:?}");
    }

    proptest! {
        #[test]
        fn chunks_read_back(
            points in prop::collection::vec((0..14_400_000_i64, -5..5_i8, 1..3_u64), 0..60),
            cut in any::<prop::sample::Index>(),
        ) {
            let mut buckets: Vec<Bucket> = Vec::new();
            for (at_ms, value, count) in points {
                let new = Bucket::of(point(at_ms + 1, f64::from(value)), count);
                match buckets.binary_search_by_key(&new.end_minute, |bucket| bucket.end_minute) {
                    Ok(at) => buckets[at].merge(&new),
                    Err(at) => buckets.insert(at, new),
                }
            }
            let bytes = encode(0, &buckets);
            prop_assert_eq!(decoded(0, &bytes).unwrap(), buckets);
            if !bytes.is_empty() {
                let _ = decoded(0, &bytes[..cut.index(bytes.len())]);
            }
        }

        #[test]
        fn no_bytes_break_it(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = decoded(i64::MAX / 2, &bytes);
        }
    }
}
