//! A statistic over what becomes one stream: series of a metric, or streams of an inner query.

use std::ops::RangeInclusive;

use super::super::mql::{Period, Statistic};
use super::Datapoint;
use super::percentiles::Slots;
use super::tally::{self, Count, First, Last, Max, Mean, Min, Sum, Tally};
use super::windows::{Frame, Increments, Windows, values};
use crate::store::Bucket;

/// For how long absence is news where a query does not say, in minutes. Source: behaviour.md 5.1.
const ABSENCE_MINUTES: i64 = 2 * 60;

/// The points of members: of what becomes one stream.
pub(super) trait Points {
    /// One of them.
    type Member;
    /// Why the points do not come.
    type Error;

    /// Shows what is kept of a member's points in these minutes; others may be shown too.
    fn visit(
        &self,
        member: &Self::Member,
        minutes: &RangeInclusive<i64>,
        visit: impl FnMut(&Bucket),
    ) -> Result<(), Self::Error>;
}

/// A statistic on its way from one group of members to the next.
pub(super) struct Reckoning<'q, P> {
    statistic: &'q Statistic,
    interval: i64,
    windows: Windows,
    points: P,
    /// For percentiles.
    values: Slots,
}

impl<'q, P: Points> Reckoning<'q, P> {
    /// A statistic of values in windows of `interval` minutes.
    pub(super) fn new(
        statistic: &'q Statistic,
        (interval, windows): (i64, Windows),
        points: P,
    ) -> Self {
        Self {
            statistic,
            interval,
            windows,
            points,
            values: Slots::default(),
        }
    }

    /// The datapoints that some members come to together. Where values are amounts of what happened, their rate is
    /// how much of that there was a second; else it is by how much the last value changes.
    pub(super) fn datapoints(
        &mut self,
        members: &[P::Member],
        are_amounts: bool,
    ) -> Result<Vec<Datapoint>, P::Error> {
        match self.statistic {
            Statistic::Absent(period) => self.absences(members, absence_minutes(*period)),
            Statistic::Count => self.tallied::<Count>(members),
            Statistic::First => self.tallied::<First>(members),
            Statistic::Increment => self.increments(members),
            Statistic::Last => self.tallied::<Last>(members),
            Statistic::Max => self.tallied::<Max>(members),
            Statistic::Mean => self.tallied::<Mean>(members),
            Statistic::Min => self.tallied::<Min>(members),
            Statistic::Percentile(part) => self.percentiles(members, *part),
            Statistic::Rate if are_amounts => Ok(self.per_second(self.tallied::<Sum>(members)?)),
            Statistic::Rate => Ok(self.per_second(self.increments(members)?)),
            Statistic::Sum => self.tallied::<Sum>(members),
        }
    }

    fn tallied<T: Tally>(&self, members: &[P::Member]) -> Result<Vec<Datapoint>, P::Error> {
        let frame = Frame::new(self.windows, self.interval, 0);
        let mut slots: Vec<Option<T>> = vec![None; frame.slots()];
        for member in members {
            self.tally(member, &frame, &mut slots)?;
        }
        Ok(values(&frame, &slots))
    }

    fn tally<T: Tally>(
        &self,
        member: &P::Member,
        frame: &Frame,
        slots: &mut [Option<T>],
    ) -> Result<(), P::Error> {
        self.points.visit(member, &frame.minutes(), |bucket| {
            if let Some(slot) = slots.get_mut(frame.slot_of(bucket.end_minute)) {
                tally::add(slot, T::of(&bucket.summary));
            }
        })
    }

    /// The increments of each member, added up: the last value of a group is that of any of its members, and
    /// tells nothing of the others. Unconfirmed.
    fn increments(&self, members: &[P::Member]) -> Result<Vec<Datapoint>, P::Error> {
        let frame = Frame::new(self.windows, self.interval, 1);
        let mut increments = Increments::new(&frame);
        let mut slots: Vec<Option<Last>> = Vec::new();
        for member in members {
            slots.clear();
            slots.resize(frame.slots(), None);
            self.tally(member, &frame, &mut slots)?;
            increments.add(&slots);
        }
        Ok(increments.points())
    }

    fn per_second(&self, mut points: Vec<Datapoint>) -> Vec<Datapoint> {
        let seconds = (self.interval * 60) as f64;
        points.iter_mut().for_each(|point| point.value /= seconds);
        points
    }

    fn percentiles(
        &mut self,
        members: &[P::Member],
        part: f64,
    ) -> Result<Vec<Datapoint>, P::Error> {
        let frame = Frame::new(self.windows, self.interval, 0);
        self.values.clear(&frame);
        for member in members {
            self.points.visit(member, &frame.minutes(), |bucket| {
                self.values.add(frame.slot_of(bucket.end_minute), bucket);
            })?;
        }
        Ok(self.values.percentiles(&frame, part))
    }

    fn absences(&self, members: &[P::Member], period: i64) -> Result<Vec<Datapoint>, P::Error> {
        let begin = self.windows.first - self.interval.max(period);
        let minutes = begin..=self.windows.last;
        let length = usize::try_from(self.windows.last - begin + 1).unwrap_or_default();
        let mut present = vec![false; length];
        for member in members {
            self.points.visit(member, &minutes, |bucket| {
                let place = usize::try_from(bucket.end_minute - begin);
                if let Ok(Some(minute)) = place.map(|place| present.get_mut(place)) {
                    *minute = true;
                }
            })?;
        }
        let present = (begin..).zip(present).filter(|(_, present)| *present);
        let present: Vec<i64> = present.map(|(minute, _)| minute).collect();
        Ok(absences(self.windows, (self.interval, period), &present))
    }
}

/// For how long absence is news, in minutes.
pub(super) fn absence_minutes(period: Option<Period>) -> i64 {
    period.map_or(ABSENCE_MINUTES, |period| period.minutes())
}

/// 0 for each window with values, 1 for each without, nothing where there were none for longer than `period`.
/// `present` holds the minutes with values, in order.
fn absences(windows: Windows, (interval, period): (i64, i64), present: &[i64]) -> Vec<Datapoint> {
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
