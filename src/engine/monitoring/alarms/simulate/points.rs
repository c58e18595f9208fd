//! The points of a simulation: what is kept of them, and for how long.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::ops::{Bound, RangeInclusive};

use super::super::super::super::metrics;
use super::super::super::evaluate::Source;
use super::super::super::mql::MetricQuery;
use super::super::rules::AlarmDetails;
use super::super::state::Dimensions;
use crate::store::{Bucket, Series, SeriesKey};

/// What makes a series that one: the metric's name, in small letters, and the dimensions.
type Name = (String, Dimensions);

/// Points, brought together by series and minute.
pub(super) struct Points {
    namespace: String,
    compartment_id: String,
    numbers: BTreeMap<Name, i64>,
    /// By number.
    series: BTreeMap<i64, OneSeries>,
    last_number: i64,
    buckets: usize,
    newest_minute: Option<i64>,
    /// How far before the last minute that is asked for a query looks, as far as one has.
    look_back_minutes: Cell<i64>,
}

struct OneSeries {
    name: Name,
    by_minute: BTreeMap<i64, Bucket>,
}

impl Points {
    /// No points, of the metrics that an alarm watches.
    pub(super) fn of(details: &AlarmDetails) -> Self {
        Self {
            namespace: details.namespace.clone(),
            compartment_id: details.metric_compartment_id.clone(),
            numbers: BTreeMap::new(),
            series: BTreeMap::new(),
            last_number: 0,
            buckets: 0,
            newest_minute: None,
            look_back_minutes: Cell::new(0),
        }
    }

    pub(super) fn add(&mut self, metric: &str, dimensions: Dimensions, bucket: Bucket) {
        let name = (metric.to_ascii_lowercase(), dimensions);
        let number = *self.numbers.entry(name.clone()).or_insert_with(|| {
            self.last_number += 1;
            self.last_number
        });
        let series = self.series.entry(number).or_insert_with(|| OneSeries {
            name,
            by_minute: BTreeMap::new(),
        });
        let minute = bucket.end_minute;
        self.newest_minute = self.newest_minute.max(Some(minute));
        match series.by_minute.get_mut(&minute) {
            Some(known) => known.merge(&bucket),
            None => {
                series.by_minute.insert(minute, bucket);
                self.buckets += 1;
            }
        }
    }

    /// How many minutes of series are kept.
    pub(super) fn len(&self) -> usize {
        self.buckets
    }

    /// How many series there are.
    pub(super) fn count_series(&self) -> usize {
        self.series.len()
    }

    /// The last minute that ever had a point.
    pub(super) fn newest_minute(&self) -> Option<i64> {
        self.newest_minute
    }

    /// The first minute with a point after another.
    pub(super) fn next_minute(&self, after: i64) -> Option<i64> {
        let later = (Bound::Excluded(after), Bound::Unbounded);
        let series = self.series.values();
        let first = series.filter_map(|one| one.by_minute.range(later).next());
        first.map(|(minute, _)| *minute).min()
    }

    /// Whether there is a point that an evaluation at this minute, or at a later one, may look at.
    pub(super) fn matter_at(&self, minute: i64) -> bool {
        self.next_minute(minute - self.look_back_minutes.get() - 1)
            .is_some_and(|next| next <= minute)
    }

    /// Lets go of what evaluations after this minute do not look at.
    pub(super) fn forget_before(&mut self, minute: i64) {
        let oldest = minute - self.look_back_minutes.get();
        self.series.retain(|_, one| {
            let kept = one.by_minute.split_off(&oldest);
            self.buckets -= one.by_minute.len();
            one.by_minute = kept;
            let is_kept = !one.by_minute.is_empty();
            if !is_kept {
                self.numbers.remove(&one.name);
            }
            is_kept
        });
    }
}

impl Source for Points {
    type Error = Infallible;

    /// A file tells no resource groups: its points are of whichever a query names.
    fn series(&self, metric: &MetricQuery) -> Result<Vec<Series>, Infallible> {
        let named = self.series.iter();
        let named = named.filter(|(_, one)| one.name.0.eq_ignore_ascii_case(&metric.name));
        let found = named.map(|(number, one)| Series {
            series_no: *number,
            key: SeriesKey {
                namespace: self.namespace.clone(),
                name: metric.name.clone(),
                compartment_id: self.compartment_id.clone(),
                resource_group: String::new(),
                dimensions: one.name.1.clone(),
            },
            metadata: BTreeMap::new(),
        });
        Ok(found.collect())
    }

    fn is_amount(&self, metric: &MetricQuery) -> bool {
        metrics::is_amount(&self.namespace, &metric.name)
    }

    fn visit_buckets(
        &self,
        series_no: i64,
        minutes: &RangeInclusive<i64>,
        visit: impl FnMut(&Bucket),
    ) -> Result<(), Infallible> {
        let look_back = minutes.end() - minutes.start();
        self.look_back_minutes
            .set(self.look_back_minutes.get().max(look_back));
        if let Some(series) = self.series.get(&series_no) {
            let asked = series.by_minute.range(minutes.clone());
            asked.map(|(_, bucket)| bucket).for_each(visit);
        }
        Ok(())
    }
}
