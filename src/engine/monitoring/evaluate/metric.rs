//! The streams of a metric.

use super::super::mql::{MetricQuery, Statistic};
use super::group::group;
use super::windows::{
    Frame, Windows, absence_minutes, absences, add_summary, increments, per_second, percentiles,
    summaries,
};
use super::{
    Datapoint, EvaluateError, Identity, MOST_DATAPOINTS, MOST_STREAMS, Source, Stream, check_size,
    combine,
};
use crate::store::{Bucket, Series, Stamped};

/// The streams that a metric's series come to.
pub(super) fn streams<S: Source>(
    query: &MetricQuery,
    source: &S,
    windows: Windows,
) -> Result<Vec<Stream>, EvaluateError<S::Error>> {
    let series = source.series(query).map_err(EvaluateError::Source)?;
    let known = series.into_iter().map(identified);
    let asked = known.filter(|(identity, _)| identity.passes(&query.filters));
    let mut reading = Reading {
        query,
        source,
        windows,
        values: Vec::new(),
    };
    let mut streams = Vec::new();
    let mut datapoints = 0;
    for (identity, members) in group(asked.collect(), query.grouping.as_ref()) {
        let points = reading.points(&members)?;
        datapoints += points.len();
        streams.push(Stream { identity, points });
        // Told before all are there: they may not fit.
        if streams.len() > MOST_STREAMS || datapoints > MOST_DATAPOINTS {
            check_size(&streams, MOST_STREAMS, MOST_DATAPOINTS)?;
        }
    }
    Ok(streams)
}

fn identified(series: Series) -> (Identity, i64) {
    let key = series.key;
    let identity = Identity {
        name: key.name,
        compartment_id: Some(key.compartment_id),
        resource_group: Some(key.resource_group).filter(|group| !group.is_empty()),
        dimensions: key.dimensions,
        is_grouped: false,
        metadata: series.metadata,
    };
    (identity, series.series_no)
}

/// Points on their way from a source to a statistic.
struct Reading<'r, S> {
    query: &'r MetricQuery,
    source: &'r S,
    windows: Windows,
    /// The values of each slot, for percentiles. They are kept from group to group for their memory alone: to ask
    /// for it again would take as long as to read the points.
    values: Vec<Vec<(f64, u64)>>,
}

impl<S: Source> Reading<'_, S> {
    /// The datapoints that some series come to together.
    fn points(&mut self, series: &[i64]) -> Result<Vec<Datapoint>, EvaluateError<S::Error>> {
        let interval = self.query.interval.minutes();
        match &self.query.statistic {
            Statistic::Absent(period) => {
                self.absences(series, (interval, absence_minutes(*period)))
            }
            Statistic::Percentile(part) => self.percentiles(series, *part),
            Statistic::Increment => self.increments(series),
            Statistic::Rate => {
                let mut points = match self.source.is_amount(self.query) {
                    true => self.summaries(series, &Statistic::Sum)?,
                    false => self.increments(series)?,
                };
                per_second(&mut points, interval);
                Ok(points)
            }
            statistic => self.summaries(series, statistic),
        }
    }

    fn summaries(
        &self,
        series: &[i64],
        statistic: &Statistic,
    ) -> Result<Vec<Datapoint>, EvaluateError<S::Error>> {
        let frame = Frame::new(self.windows, self.query.interval.minutes(), 0);
        let mut slots = vec![None; frame.slots()];
        self.visit(series, &frame, |slot, bucket| {
            if let Some(slot) = slots.get_mut(slot) {
                add_summary(slot, &bucket.summary);
            }
        })?;
        Ok(summaries(&frame, &slots, statistic))
    }

    fn percentiles(
        &mut self,
        series: &[i64],
        part: f64,
    ) -> Result<Vec<Datapoint>, EvaluateError<S::Error>> {
        let frame = Frame::new(self.windows, self.query.interval.minutes(), 0);
        let mut slots = std::mem::take(&mut self.values);
        slots.iter_mut().for_each(Vec::clear);
        slots.resize(frame.slots(), Vec::new());
        self.visit(series, &frame, |slot, bucket| {
            if let Some(slot) = slots.get_mut(slot) {
                slot.extend(bucket.values());
            }
        })?;
        let points = percentiles(&frame, &mut slots, part);
        self.values = slots;
        Ok(points)
    }

    /// The increments of each series, added up: the last value of a group is that of any of its series, and
    /// tells nothing of the others. Unconfirmed.
    fn increments(&self, series: &[i64]) -> Result<Vec<Datapoint>, EvaluateError<S::Error>> {
        let frame = Frame::new(self.windows, self.query.interval.minutes(), 1);
        let mut sums = Vec::new();
        let mut slots: Vec<Option<Stamped>> = Vec::new();
        for one in series {
            slots.clear();
            slots.resize(frame.slots(), None);
            self.visit(std::slice::from_ref(one), &frame, |slot, bucket| {
                if let Some(slot) = slots.get_mut(slot) {
                    let last = bucket.summary.last;
                    let is_later = slot.is_none_or(|known| known.is_before(&last));
                    *slot = if is_later { Some(last) } else { *slot };
                }
            })?;
            sums = combine::added(&sums, &increments(&frame, &slots));
        }
        Ok(sums)
    }

    fn absences(
        &self,
        series: &[i64],
        (interval, period): (i64, i64),
    ) -> Result<Vec<Datapoint>, EvaluateError<S::Error>> {
        let begin = self.windows.first - interval.max(period);
        let minutes = begin..=self.windows.last;
        let length = usize::try_from(self.windows.last - begin + 1).unwrap_or_default();
        let mut present = vec![false; length];
        for one in series {
            let note = |bucket: &Bucket| {
                let place = usize::try_from(bucket.end_minute - begin);
                if let Ok(Some(minute)) = place.map(|place| present.get_mut(place)) {
                    *minute = true;
                }
            };
            self.source
                .visit_buckets(*one, &minutes, note)
                .map_err(EvaluateError::Source)?;
        }
        let present = (begin..).zip(present).filter(|(_, present)| *present);
        let present: Vec<i64> = present.map(|(minute, _)| minute).collect();
        Ok(absences(self.windows, (interval, period), &present))
    }

    /// Shows the buckets of some series with the slots they are in.
    fn visit(
        &self,
        series: &[i64],
        frame: &Frame,
        mut visit: impl FnMut(usize, &Bucket),
    ) -> Result<(), EvaluateError<S::Error>> {
        let minutes = frame.minutes();
        for one in series {
            let show = |bucket: &Bucket| visit(frame.slot_of(bucket.end_minute), bucket);
            self.source
                .visit_buckets(*one, &minutes, show)
                .map_err(EvaluateError::Source)?;
        }
        Ok(())
    }
}
