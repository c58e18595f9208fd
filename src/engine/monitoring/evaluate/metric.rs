//! The streams of a metric.

use std::ops::RangeInclusive;

use super::super::mql::MetricQuery;
use super::group::group;
use super::statistic::{Points, Reckoning};
use super::windows::Windows;
use super::{EvaluateError, Identity, MOST_DATAPOINTS, MOST_STREAMS, Source, Stream, check_size};
use crate::store::{Bucket, Series};

/// The streams that a metric's series come to.
pub(super) fn streams<S: Source>(
    query: &MetricQuery,
    source: &S,
    windows: Windows,
) -> Result<Vec<Stream>, EvaluateError<S::Error>> {
    let series = source.series(query).map_err(EvaluateError::Source)?;
    let known = series.into_iter().map(identified);
    let asked = known.filter(|(identity, _)| identity.passes(&query.filters));
    let are_amounts = source.is_amount(query);
    let times = (query.interval.minutes(), windows);
    let mut reckoning = Reckoning::new(&query.statistic, times, OfSeries(source));
    let mut streams = Vec::new();
    let mut datapoints = 0;
    for (identity, members) in group(asked.collect(), query.grouping.as_ref()) {
        let points = reckoning.datapoints(&members, are_amounts);
        let points = points.map_err(EvaluateError::Source)?;
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

/// The points of series.
struct OfSeries<'s, S>(&'s S);

impl<S: Source> Points for OfSeries<'_, S> {
    type Member = i64;
    type Error = S::Error;

    fn visit(
        &self,
        series_no: &i64,
        minutes: &RangeInclusive<i64>,
        visit: impl FnMut(&Bucket),
    ) -> Result<(), S::Error> {
        self.0.visit_buckets(*series_no, minutes, visit)
    }
}
