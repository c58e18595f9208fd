//! Percentiles: of values that are kept until all are there.

use std::collections::VecDeque;
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
            return self.moving(frame, part);
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
    fn moving(&self, frame: &Frame, part: f64) -> Vec<Datapoint> {
        let mut values = Moving::new(self.sample(BINS * SAMPLED_A_BIN));
        let mut scratch = Vec::new();
        let mut seen: Range<usize> = 0..0;
        frame.points(|window| {
            let slots = |range| self.0.get(range).unwrap_or_default();
            let new = slots(seen.end..window.end).iter();
            new.for_each(|slot| values.add(slot.values()));
            let gone = slots(seen.start..window.start).iter();
            values.remove(gone.map(Slot::len).sum());
            seen = window;
            values.percentile(part, &mut scratch)
        })
    }

    /// About as many of the values, from everywhere among them.
    fn sample(&self, most: usize) -> Vec<f64> {
        let all: usize = self.0.iter().map(Slot::len).sum();
        let values = self.0.iter().flat_map(Slot::values);
        let sample = values.step_by(all.div_ceil(most).max(1));
        sample.map(|(value, _)| value).collect()
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

    /// How many values there are.
    fn len(&self) -> usize {
        self.single.len() + self.counted.len()
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
            let wanted = part * count_of(&self.counted) as f64;
            return nth(&mut self.counted, wanted);
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

/// The smallest of some values that is not smaller than `wanted` of them, in any order, each with how often it is there;
/// their order changes.
///
/// They are halved where the percentile stands if each is there equally often, which is usual, and in the middle
/// where they are not: so it takes about one look at each, and a few more at most.
fn nth(values: &mut [(f64, u64)], wanted: f64) -> Option<f64> {
    let part = wanted / count_of(values) as f64;
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

/// How many bins there are at most.
const BINS: usize = 128;

/// How many values a bin's share of the sample has, by which the bounds of bins are chosen.
const SAMPLED_A_BIN: usize = 16;

/// The values of a window that moves: they come and go in the same order.
///
/// They fall into bins by their size. Those of a bin go in the order in which they came, too, so that none is searched
/// for, and only the values of the bin with the percentile are looked at.
struct Moving {
    /// The smallest values of the bins after the first.
    bounds: Vec<f64>,
    bins: Vec<Bin>,
    /// The bins of the values, in the order in which they came.
    order: VecDeque<usize>,
    total: u64,
}

#[derive(Clone, Default)]
struct Bin {
    values: VecDeque<(f64, u64)>,
    count: u64,
}

impl Moving {
    /// Without values. The bins fit some values like those that will come.
    fn new(mut sample: Vec<f64>) -> Self {
        sample.sort_unstable_by(f64::total_cmp);
        let mut bounds: Vec<f64> = sample
            .into_iter()
            .skip(SAMPLED_A_BIN)
            .step_by(SAMPLED_A_BIN)
            .collect();
        bounds.dedup();
        Self {
            bins: vec![Bin::default(); bounds.len() + 1],
            bounds,
            order: VecDeque::new(),
            total: 0,
        }
    }

    fn add(&mut self, values: impl Iterator<Item = (f64, u64)>) {
        for (value, count) in values {
            let place = self.bounds.partition_point(|bound| *bound <= value);
            if let Some(bin) = self.bins.get_mut(place) {
                bin.values.push_back((value, count));
                bin.count = bin.count.saturating_add(count);
                self.total = self.total.saturating_add(count);
                self.order.push_back(place);
            }
        }
    }

    /// Removes as many values, those that came first.
    fn remove(&mut self, values: usize) {
        for place in self.order.drain(..values.min(self.order.len())) {
            if let Some(bin) = self.bins.get_mut(place)
                && let Some((_, count)) = bin.values.pop_front()
            {
                bin.count = bin.count.saturating_sub(count);
                self.total = self.total.saturating_sub(count);
            }
        }
    }

    fn percentile(&self, part: f64, scratch: &mut Vec<(f64, u64)>) -> Option<f64> {
        let wanted = part * self.total as f64;
        let mut below = 0_u64;
        let bin = self.bins.iter().find(|bin| {
            let up_to = below.saturating_add(bin.count);
            let is_there = bin.count > 0 && up_to as f64 >= wanted;
            if !is_there {
                below = up_to;
            }
            is_there
        })?;
        scratch.clear();
        scratch.extend(&bin.values);
        nth(scratch, wanted - below as f64)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::windows::Windows;
    use super::*;
    use crate::store::Stamped;

    /// The value that a percentile is, found among all of them in order.
    fn model<'v>(values: impl Iterator<Item = &'v (f64, u64)>, part: f64) -> Option<f64> {
        let each = values.flat_map(|(value, count)| (0..*count).map(|_| *value));
        let mut each: Vec<f64> = each.collect();
        each.sort_by(f64::total_cmp);
        let wanted = (part * each.len() as f64).ceil() as usize;
        each.get(wanted.saturating_sub(1)).copied()
    }

    fn count() -> impl Strategy<Value = u64> {
        prop_oneof![4 => Just(1_u64), 1 => 2..9_u64]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn values_are_found_in_any_order(
            values in prop::collection::vec((-20..20_i8, count()), 1..80),
            percent in 1..100_u8,
        ) {
            let part = f64::from(percent) / 100.0;
            let mut values: Vec<_> = values.into_iter().map(|(value, count)| (f64::from(value), count)).collect();
            let expected = model(values.iter(), part);
            let wanted = part * count_of(&values) as f64;
            prop_assert_eq!(nth(&mut values, wanted), expected);
        }

        #[test]
        fn windows_have_the_percentile_of_their_values(
            slots in prop::collection::vec(
                prop::collection::vec((-500..500_i16, count()), 0..60),
                40,
            ),
            has_counts in any::<bool>(),
            interval in prop::sample::select(vec![1_i64, 2, 5, 9, 12, 30]),
            step in prop::sample::select(vec![1_i64, 2, 5]),
            percent in 1..100_u8,
        ) {
            let part = f64::from(percent) / 100.0;
            let minutes: Vec<Vec<(f64, u64)>> = slots
                .into_iter()
                .map(|values| {
                    let values = values.into_iter();
                    values.map(|(value, count)| (f64::from(value), if has_counts { count } else { 1 })).collect()
                })
                .collect();
            let windows = Windows { first: interval, last: 40, step };
            let frame = Frame::new(windows, interval, 0);
            let mut slots = Slots::default();
            for _ in 0..2 {
                slots.clear(&frame);
                for (minute, values) in (1..).zip(&minutes) {
                    for (value, count) in values {
                        let point = Stamped { at_ms: minute * 60_000, value: *value };
                        slots.add(frame.slot_of(minute), &Bucket::of(point, *count));
                    }
                }
                let found = slots.percentiles(&frame, part);
                let expected = windows.ends().filter_map(|end| {
                    let covered = usize::try_from(end - interval).unwrap()..usize::try_from(end).unwrap();
                    Datapoint::finite(end, model(minutes[covered].iter().flatten(), part)?)
                });
                prop_assert_eq!(found, expected.collect::<Vec<_>>());
            }
        }
    }
}
