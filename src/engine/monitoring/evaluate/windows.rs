//! Windows over time, and the statistics of what falls into them.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};

use super::super::mql::{Period, Statistic};
use super::Datapoint;
use crate::store::{Stamped, Summary};

/// For how long absence is news where a query does not say, in minutes. Source: behaviour.md 5.1.
const ABSENCE_MINUTES: i64 = 2 * 60;

/// The ends of the windows, in minutes since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    /// The end of the first.
    pub first: i64,
    /// The end of the last, or less than a step after it.
    pub last: i64,
    /// From one end to the next; at least one.
    pub step: i64,
}

impl Windows {
    /// The ends, in order.
    pub fn ends(self) -> impl Iterator<Item = i64> {
        let step = usize::try_from(self.step).unwrap_or(1).max(1);
        (self.first..=self.last).step_by(step)
    }

    /// The same, begun at least so many minutes earlier.
    pub(super) fn earlier(self, minutes: i64) -> Self {
        let steps = (minutes + self.step - 1).div_euclid(self.step);
        Self {
            first: self.first - steps * self.step,
            ..self
        }
    }
}

/// Time cut into slots, of which each window covers some whole ones.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    windows: Windows,
    interval: i64,
    /// The length of a slot, in minutes.
    slot: u32,
    /// The end of the minute before the first slot.
    base: i64,
}

impl Frame {
    /// For windows of `interval` minutes, and as many windows before each as `before` says.
    pub(super) fn new(windows: Windows, interval: i64, before: i64) -> Self {
        Self {
            windows,
            interval,
            slot: u32::try_from(greatest_common_divisor(interval, windows.step)).unwrap_or(1),
            base: windows.first - interval * (1 + before),
        }
    }

    /// The minutes that matter.
    pub(super) fn minutes(&self) -> RangeInclusive<i64> {
        self.base + 1..=self.windows.last
    }

    /// How many slots there are.
    pub(super) fn slots(&self) -> usize {
        let minutes = usize::try_from(self.windows.last - self.base).unwrap_or_default();
        minutes / self.slot as usize
    }

    /// The slot that a minute is in; what is not below the number of slots is in none.
    pub(super) fn slot_of(&self, end_minute: i64) -> usize {
        // Short numbers are divided faster, and this is asked for every bucket.
        match u32::try_from(end_minute - self.base - 1) {
            Ok(minute) => (minute / self.slot) as usize,
            Err(_) => usize::MAX,
        }
    }

    /// How many slots a window covers.
    fn width(&self) -> usize {
        let minutes = usize::try_from(self.interval).unwrap_or(1);
        (minutes / self.slot as usize).max(1)
    }

    /// The slots of the window that ends with this minute.
    fn window(&self, end: i64) -> Range<usize> {
        self.slot_of(end - self.interval + 1)..self.slot_of(end) + 1
    }
}

fn greatest_common_divisor(mut one: i64, mut other: i64) -> i64 {
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one.max(1)
}

/// Adds what some values come to.
pub(super) fn add_summary(slot: &mut Option<Summary>, summary: &Summary) {
    match slot {
        Some(known) => known.merge(summary),
        None => *slot = Some(*summary),
    }
}

/// What the values of every window come to.
///
/// Time is cut into blocks of a window's length. A window is the end of one block and the begin of the next,
/// so it takes one addition, however many slots it covers.
struct Sliding {
    width: usize,
    /// From the begin of the block to the slot.
    begins: Vec<Option<Summary>>,
    /// From the slot to the end of the block.
    ends: Vec<Option<Summary>>,
}

impl Sliding {
    fn new(frame: &Frame, slots: &[Option<Summary>]) -> Self {
        let width = frame.width();
        let mut sliding = Self {
            width,
            begins: Vec::with_capacity(slots.len()),
            ends: vec![None; slots.len()],
        };
        for (block, ends) in slots.chunks(width).zip(sliding.ends.chunks_mut(width)) {
            let mut sum = None;
            sliding.begins.extend(block.iter().map(|slot| {
                slot.iter().for_each(|slot| add_summary(&mut sum, slot));
                sum
            }));
            let mut sum = None;
            for (slot, end) in block.iter().zip(ends).rev() {
                slot.iter().for_each(|slot| add_summary(&mut sum, slot));
                *end = sum;
            }
        }
        sliding
    }

    fn window(&self, slots: Range<usize>) -> Option<Summary> {
        let mut sum = self
            .begins
            .get(slots.end.checked_sub(1)?)
            .copied()
            .flatten();
        if !slots.start.is_multiple_of(self.width)
            && let Some(Some(end)) = self.ends.get(slots.start)
        {
            add_summary(&mut sum, end);
        }
        sum
    }
}

/// A statistic that can be told from what values come to: neither a percentile nor one of absence or change.
pub(super) fn of_summary(statistic: &Statistic, summary: &Summary) -> Option<f64> {
    let value = match statistic {
        Statistic::Count => summary.count as f64,
        Statistic::First => summary.first.value,
        Statistic::Last => summary.last.value,
        Statistic::Max => summary.max,
        Statistic::Mean => summary.sum / summary.count as f64,
        Statistic::Min => summary.min,
        Statistic::Sum => summary.sum,
        Statistic::Absent(_)
        | Statistic::Increment
        | Statistic::Percentile(_)
        | Statistic::Rate => return None,
    };
    value.is_finite().then_some(value)
}

/// A statistic of each window.
pub(super) fn summaries(
    frame: &Frame,
    slots: &[Option<Summary>],
    statistic: &Statistic,
) -> Vec<Datapoint> {
    let sliding = Sliding::new(frame, slots);
    let point = |end| {
        let summary = sliding.window(frame.window(end))?;
        let value = of_summary(statistic, &summary)?;
        Some(Datapoint {
            end_minute: end,
            value,
        })
    };
    frame.windows.ends().filter_map(point).collect()
}

/// By how much the last value of each window is more than that of the window before. None where either has
/// no values; that the last value counts is unconfirmed. `slots` holds the last value of each.
pub(super) fn increments(frame: &Frame, slots: &[Option<Stamped>]) -> Vec<Datapoint> {
    // For each slot, the slot of the last value up to there.
    let mut latest = None;
    let latest: Vec<Option<usize>> = slots
        .iter()
        .enumerate()
        .map(|(at, slot)| {
            latest = slot.map(|_| at).or(latest);
            latest
        })
        .collect();
    let last = |end| {
        let window = frame.window(end);
        let at = latest.get(window.end.checked_sub(1)?).copied().flatten()?;
        let found = slots.get(at).copied().flatten()?;
        (at >= window.start).then_some(found.value)
    };
    let point = |end| {
        let value = last(end)? - last(end - frame.interval)?;
        value.is_finite().then_some(Datapoint {
            end_minute: end,
            value,
        })
    };
    frame.windows.ends().filter_map(point).collect()
}

/// Divides increments by the seconds they took.
pub(super) fn per_second(points: &mut [Datapoint], minutes: i64) {
    for point in points {
        point.value /= (minutes * 60) as f64;
    }
}

/// How many slots a window may cover so that its percentile is best found by looking at all its values.
const FEW_SLOTS: usize = 8;

/// A percentile of each window: the smallest value that is not smaller than `part` of them. That nothing is
/// interpolated is unconfirmed. The order of the values in `slots` changes.
pub(super) fn percentiles(
    frame: &Frame,
    slots: &mut [Vec<(f64, u64)>],
    part: f64,
) -> Vec<Datapoint> {
    let overlap = frame.interval > frame.windows.step;
    let mut of_window: OfWindow<'_> = match frame.width() {
        1 => Box::new(|window| percentile(slots.get_mut(window.start)?, part)),
        width if overlap && width > FEW_SLOTS => sliding(slots, part),
        _ => together(slots, part),
    };
    let point = |end| {
        let value = of_window(frame.window(end))?;
        Some(Datapoint {
            end_minute: end,
            value,
        })
    };
    frame.windows.ends().filter_map(point).collect()
}

type OfWindow<'s> = Box<dyn FnMut(Range<usize>) -> Option<f64> + 's>;

/// Where windows have few slots, or no value is in two of them: each by itself.
fn together(slots: &[Vec<(f64, u64)>], part: f64) -> OfWindow<'_> {
    let mut values: Vec<(f64, u64)> = Vec::new();
    Box::new(move |window| {
        values.clear();
        let slots = slots.get(window).unwrap_or_default();
        slots.iter().for_each(|slot| values.extend(slot));
        percentile(&mut values, part)
    })
}

/// Where windows overlap much, values come and go.
fn sliding(slots: &[Vec<(f64, u64)>], part: f64) -> OfWindow<'_> {
    let mut values = Values::default();
    let mut seen = 0..0;
    let slot = |at: usize| slots.get(at).map_or(&[][..], Vec::as_slice);
    Box::new(move |window| {
        (seen.end..window.end).for_each(|at| values.add(slot(at)));
        (seen.start..window.start).for_each(|at| values.remove(slot(at)));
        seen = window;
        values.percentile(part)
    })
}

fn count_of(values: &[(f64, u64)]) -> u64 {
    let counts = values.iter().map(|(_, count)| *count);
    counts.fold(0, u64::saturating_add)
}

/// A percentile of values in any order, each with how often it is there; their order changes.
///
/// They are halved where the percentile stands if each is there equally often, which is usual, and in the middle
/// where they are not: so it takes about one look at each, and a few more at most.
pub(super) fn percentile(values: &mut [(f64, u64)], part: f64) -> Option<f64> {
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
    fn add(&mut self, values: &[(f64, u64)]) {
        for (value, count) in values {
            let known = self.counts.entry(Ordered(*value)).or_default();
            *known = known.saturating_add(*count);
            self.total = self.total.saturating_add(*count);
        }
    }

    fn remove(&mut self, values: &[(f64, u64)]) {
        for (value, count) in values {
            if let Some(known) = self.counts.get_mut(&Ordered(*value)) {
                *known = known.saturating_sub(*count);
                if *known == 0 {
                    self.counts.remove(&Ordered(*value));
                }
            }
            self.total = self.total.saturating_sub(*count);
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

/// For how long absence is news, in minutes.
pub(super) fn absence_minutes(period: Option<Period>) -> i64 {
    period.map_or(ABSENCE_MINUTES, |period| period.minutes())
}

/// 0 for each window with values, 1 for each without, nothing where there were none for longer than `period`.
/// `present` holds the minutes with values, in order.
pub(super) fn absences(
    windows: Windows,
    (interval, period): (i64, i64),
    present: &[i64],
) -> Vec<Datapoint> {
    let mut present = present.iter().copied().peekable();
    let mut latest = None;
    let mut points = Vec::new();
    for end in windows.ends() {
        while let Some(minute) = present.next_if(|minute| *minute <= end) {
            latest = Some(minute);
        }
        let Some(silent) = latest.map(|minute| end - minute) else {
            continue;
        };
        let value = match () {
            () if silent < interval => 0.0,
            () if silent <= period => 1.0,
            () => continue,
        };
        points.push(Datapoint {
            end_minute: end,
            value,
        });
    }
    points
}

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
            sliding.add(&values);
            prop_assert_eq!(sliding.percentile(part), expected);
            prop_assert_eq!(percentile(&mut values.clone(), part), expected);
        }
    }
}
