//! Windows over time, the slots they cover, and what the tallies of slots come to in each.

use std::ops::{Range, RangeInclusive};

use super::Datapoint;
use super::tally::{self, Last, Tally};

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
        // This is asked for every bucket: short numbers are divided faster, and mostly none need be.
        match u32::try_from(end_minute - self.base - 1) {
            Ok(minute) if self.slot == 1 => minute as usize,
            Ok(minute) => (minute / self.slot) as usize,
            Err(_) => usize::MAX,
        }
    }

    /// How many slots a window covers.
    pub(super) fn width(&self) -> usize {
        let minutes = usize::try_from(self.interval).unwrap_or(1);
        (minutes / self.slot as usize).max(1)
    }

    /// Whether values are in several windows.
    pub(super) fn windows_overlap(&self) -> bool {
        self.interval > self.windows.step
    }

    /// How many slots lie between the ends of two windows.
    fn stride(&self) -> usize {
        let minutes = usize::try_from(self.windows.step).unwrap_or(1);
        (minutes / self.slot as usize).max(1)
    }

    /// The slots of the window that ends with this minute.
    fn window(&self, end: i64) -> Range<usize> {
        self.slot_of(end - self.interval + 1)..self.slot_of(end) + 1
    }

    /// A datapoint for each window of whose slots `of` tells a value.
    pub(super) fn points(&self, mut of: impl FnMut(Range<usize>) -> Option<f64>) -> Vec<Datapoint> {
        let ends = self.windows.ends();
        let points = ends.filter_map(|end| Datapoint::finite(end, of(self.window(end))?));
        points.collect()
    }
}

fn greatest_common_divisor(mut one: i64, mut other: i64) -> i64 {
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one.max(1)
}

/// What the values of every window come to.
///
/// Time is cut into blocks of a window's length. A window is the end of one block and the begin of the next,
/// so it takes one addition, however many slots it covers.
struct Sliding<T> {
    width: usize,
    /// From the begin of the block to the slot.
    begins: Vec<Option<T>>,
    /// From the slot to the end of the block.
    ends: Vec<Option<T>>,
}

impl<T: Tally> Sliding<T> {
    fn new(frame: &Frame, slots: &[Option<T>]) -> Self {
        let width = frame.width();
        let mut sliding = Self {
            width,
            begins: Vec::with_capacity(slots.len()),
            ends: vec![None; slots.len()],
        };
        for (block, ends) in slots.chunks(width).zip(sliding.ends.chunks_mut(width)) {
            let mut sum = None;
            sliding.begins.extend(block.iter().map(|slot| {
                slot.iter().for_each(|slot| tally::add(&mut sum, *slot));
                sum
            }));
            let mut sum = None;
            for (slot, end) in block.iter().zip(ends).rev() {
                slot.iter().for_each(|slot| tally::add(&mut sum, *slot));
                *end = sum;
            }
        }
        sliding
    }

    fn window(&self, slots: Range<usize>) -> Option<T> {
        let last = slots.end.checked_sub(1)?;
        let mut sum = self.begins.get(last).copied().flatten();
        if !slots.start.is_multiple_of(self.width)
            && let Some(Some(end)) = self.ends.get(slots.start)
        {
            tally::add(&mut sum, *end);
        }
        sum
    }
}

/// A statistic of each window, by the tallies of the slots.
pub(super) fn values<T: Tally>(frame: &Frame, slots: &[Option<T>]) -> Vec<Datapoint> {
    let sliding = Sliding::new(frame, slots);
    frame.points(|slots| Some(sliding.window(slots)?.value()))
}

/// By how much the last value of each window is more than that of the window before, for one member after the other
/// of what becomes one stream.
pub(super) struct Increments<'f> {
    frame: &'f Frame,
    /// The last value of the window that ends with each slot.
    lasts: Vec<Option<f64>>,
    /// The sum for each window; none where no member has a value in it and one in the window before.
    sums: Vec<Option<f64>>,
}

impl<'f> Increments<'f> {
    /// None yet. The frame begins one window before the first.
    pub(super) fn new(frame: &'f Frame) -> Self {
        Self {
            frame,
            lasts: Vec::with_capacity(frame.slots()),
            sums: vec![None; frame.windows.ends().count()],
        }
    }

    /// Adds those of a member. `slots` holds its last value of each.
    pub(super) fn add(&mut self, slots: &[Option<Last>]) {
        let width = self.frame.width();
        let mut latest = None;
        self.lasts.clear();
        self.lasts
            .extend(slots.iter().enumerate().map(|(at, slot)| {
                latest = slot.map(|last| (at, last.value())).or(latest);
                let (seen, value) = latest?;
                (at - seen < width).then_some(value)
            }));
        let every = |first: usize| {
            let lasts = self.lasts.get(first..).unwrap_or_default();
            lasts.iter().step_by(self.frame.stride())
        };
        let pairs = every(width - 1).zip(every(2 * width - 1));
        for (sum, (before, now)) in self.sums.iter_mut().zip(pairs) {
            let (Some(before), Some(now)) = (before, now) else {
                continue;
            };
            let change = now - before;
            if change.is_finite() {
                *sum = Some(sum.unwrap_or_default() + change);
            }
        }
    }

    /// The sums.
    pub(super) fn points(self) -> Vec<Datapoint> {
        let sums = self.frame.windows.ends().zip(self.sums);
        let points = sums.filter_map(|(end, sum)| Datapoint::finite(end, sum?));
        points.collect()
    }
}
