//! Percentiles: of values that are kept until all are there.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::Range;

use super::Datapoint;
use super::windows::Frame;
use crate::store::Bucket;

/// How many slots a window may cover so that its percentile is best found by looking at all its values.
const FEW_SLOTS: usize = 8;

/// The values of each slot. They are kept from group to group for their memory alone.
#[derive(Default)]
pub(super) struct Slots(Vec<Slot>);

impl Slots {
    /// Forgets the values, and has the slots of a frame.
    pub(super) fn clear(&mut self, frame: &Frame) {
        self.0.iter_mut().for_each(Slot::clear);
        self.0.resize_with(frame.slots(), Slot::default);
    }

    /// Adds the values of a bucket to its slot.
    #[inline]
    pub(super) fn add(&mut self, slot: usize, bucket: &Bucket) {
        let Some(slot) = self.0.get_mut(slot) else {
            return;
        };
        for (value, count) in bucket.values() {
            match count {
                1 => slot.add(value),
                _ => slot.counted.push((value, count)),
            }
        }
    }

    /// A percentile of each window: the smallest value that is not smaller than `part` of them. That nothing is
    /// interpolated is unconfirmed.
    pub(super) fn percentiles(&mut self, frame: &Frame, part: f64) -> Vec<Datapoint> {
        self.0.iter_mut().for_each(Slot::spill);
        if frame.windows_overlap() && frame.width() > FEW_SLOTS {
            return self.sliding(frame, part);
        }
        let mut together = Slot::default();
        frame.points(|window| match self.0.get_mut(window)? {
            [slot] => slot.percentile(part),
            slots => {
                together.clear();
                slots.iter().for_each(|slot| together.extend(slot));
                together.percentile(part)
            }
        })
    }

    /// Where windows overlap much, values come and go.
    fn sliding(&self, frame: &Frame, part: f64) -> Vec<Datapoint> {
        let mut values = Values::default();
        let mut seen: Range<usize> = 0..0;
        frame.points(|window| {
            let slots = |range| self.0.get(range).unwrap_or_default();
            let new = slots(seen.end..window.end).iter();
            new.for_each(|slot| values.add(slot.values()));
            let gone = slots(seen.start..window.start).iter();
            gone.for_each(|slot| values.remove(slot.values()));
            seen = window;
            values.percentile(part)
        })
    }
}

/// How many values are gathered before they go where a slot keeps them.
const GATHERED: usize = 8;

/// The values of a slot.
///
/// Series come one after the other, and each has a value in every slot. A slot's memory is far from the next one's:
/// to append each value there would take longer than to read it. So some are gathered in the slot itself.
#[derive(Default)]
struct Slot {
    gathered: [f64; GATHERED],
    gathered_len: usize,
    /// Values that occurred once.
    single: Vec<f64>,
    /// Values that occurred more often, with how often.
    counted: Vec<(f64, u64)>,
}

impl Slot {
    fn clear(&mut self) {
        self.gathered_len = 0;
        self.single.clear();
        self.counted.clear();
    }

    /// Adds a value that occurred once.
    #[inline]
    fn add(&mut self, value: f64) {
        if let Some(place) = self.gathered.get_mut(self.gathered_len) {
            *place = value;
            self.gathered_len += 1;
        } else {
            self.spill();
            self.gathered[0] = value;
            self.gathered_len = 1;
        }
    }

    /// Puts what was gathered to the other values.
    fn spill(&mut self) {
        let gathered = self.gathered.get(..self.gathered_len);
        self.single.extend_from_slice(gathered.unwrap_or_default());
        self.gathered_len = 0;
    }

    fn extend(&mut self, other: &Self) {
        self.single.extend_from_slice(&other.single);
        self.counted.extend_from_slice(&other.counted);
    }

    /// The values, each with how often it occurred.
    fn values(&self) -> impl Iterator<Item = (f64, u64)> {
        let single = self.single.iter().map(|value| (*value, 1));
        single.chain(self.counted.iter().copied())
    }

    /// A percentile of the values, whose order changes.
    fn percentile(&mut self, part: f64) -> Option<f64> {
        if !self.counted.is_empty() {
            self.counted
                .extend(self.single.drain(..).map(|value| (value, 1)));
            return percentile(&mut self.counted, part);
        }
        let wanted = (part * self.single.len() as f64).ceil() as usize;
        let at = wanted.saturating_sub(1);
        (at < self.single.len()).then(|| *self.single.select_nth_unstable_by(at, f64::total_cmp).1)
    }
}

fn count_of(values: &[(f64, u64)]) -> u64 {
    let counts = values.iter().map(|(_, count)| *count);
    counts.fold(0, u64::saturating_add)
}

/// A percentile of values in any order, each with how often it is there; their order changes.
///
/// They are halved where the percentile stands if each is there equally often, which is usual, and in the middle
/// where they are not: so it takes about one look at each, and a few more at most.
fn percentile(values: &mut [(f64, u64)], part: f64) -> Option<f64> {
    let total = count_of(values);
    let wanted = part * total as f64;
    let mut below = 0_u64;
    let mut at = (part * values.len() as f64).ceil() as usize;
    at = at.saturating_sub(1);
    let mut rest = values;
    while at < rest.len() {
        let (smaller, (value, count), larger) =
            rest.select_nth_unstable_by(at, |(one, _), (other, _)| one.total_cmp(other));
        let before = below.saturating_add(count_of(smaller));
        let up_to = before.saturating_add(*count);
        rest = match () {
            () if before as f64 >= wanted => smaller,
            () if up_to as f64 >= wanted => return Some(*value),
            () => {
                below = up_to;
                larger
            }
        };
        at = rest.len() / 2;
    }
    None
}

/// Values in order, each with how often it is there.
#[derive(Default)]
struct Values {
    counts: BTreeMap<Ordered, u64>,
    total: u64,
}

impl Values {
    fn add(&mut self, values: impl Iterator<Item = (f64, u64)>) {
        for (value, count) in values {
            let known = self.counts.entry(Ordered(value)).or_default();
            *known = known.saturating_add(count);
            self.total = self.total.saturating_add(count);
        }
    }

    fn remove(&mut self, values: impl Iterator<Item = (f64, u64)>) {
        for (value, count) in values {
            if let Some(known) = self.counts.get_mut(&Ordered(value)) {
                *known = known.saturating_sub(count);
                if *known == 0 {
                    self.counts.remove(&Ordered(value));
                }
            }
            self.total = self.total.saturating_sub(count);
        }
    }

    fn percentile(&self, part: f64) -> Option<f64> {
        let wanted = part * self.total as f64;
        let mut seen = 0_u64;
        let mut reached = self.counts.iter().skip_while(|(_, count)| {
            seen = seen.saturating_add(**count);
            (seen as f64) < wanted
        });
        reached.next().map(|(value, _)| value.0)
    }
}

#[derive(Clone, Copy, Debug)]
struct Ordered(f64);

impl Ord for Ordered {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ordered {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ordered {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn percentiles_are_those_of_sorted_values(
            values in prop::collection::vec((-20..20_i8, 1..9_u64), 0..80),
            percent in 1..100_u8,
        ) {
            let values: Vec<_> = values.into_iter().map(|(value, count)| (f64::from(value), count)).collect();
            let part = f64::from(percent) / 100.0;
            let mut each: Vec<f64> = Vec::new();
            for (value, count) in &values {
                each.extend((0..*count).map(|_| *value));
            }
            each.sort_by(f64::total_cmp);
            let wanted = (part * each.len() as f64).ceil() as usize;
            let expected = each.get(wanted.saturating_sub(1)).copied();
            let mut sliding = Values::default();
            sliding.add(values.iter().copied());
            prop_assert_eq!(sliding.percentile(part), expected);
            prop_assert_eq!(percentile(&mut values.clone(), part), expected);
        }
    }
}
