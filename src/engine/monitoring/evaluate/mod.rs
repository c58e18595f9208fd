//! What a query comes to: streams of aggregated datapoints.
//!
//! A window of the length of the interval ends at each multiple of the resolution; its datapoint has the time
//! of its end, and a point on the end belongs to it. Windows without points have no datapoint. Source:
//! behaviour.md 5.1 and 5.2; what no source states is marked "unconfirmed" where it is decided.
//!
//! Series and their points come from a [`Source`], so nothing here knows a store.

mod combine;
mod group;
mod metric;
mod percentiles;
mod statistic;
mod tally;
#[cfg(test)]
mod tests;
mod windows;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::mql::{Expression, MetricQuery};
use crate::store::{Bucket, Series};
pub use windows::Windows;

/// The most streams and datapoints of any part of a query: more than a result may have, since they may become
/// fewer. Unconfirmed.
const MOST_STREAMS: usize = 20_000;
const MOST_DATAPOINTS: usize = 2_000_000;

/// Where series and their points come from.
pub trait Source {
    /// Why they do not come.
    type Error;

    /// The series with the name, and of the resource group, that a metric says.
    fn series(&self, metric: &MetricQuery) -> Result<Vec<Series>, Self::Error>;

    /// Whether a metric's values are amounts of what happened, so that its rate is how much of that there was a
    /// second. The rate of any other is by how much its last value changes.
    fn is_amount(&self, _metric: &MetricQuery) -> bool {
        false
    }

    /// Shows what is kept of a series' points in these minutes; others may be shown too.
    fn visit_buckets(
        &self,
        series_no: i64,
        minutes: &RangeInclusive<i64>,
        visit: impl FnMut(&Bucket),
    ) -> Result<(), Self::Error>;
}

/// Why a query comes to nothing.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvaluateError<E> {
    /// The points cannot be read.
    #[error(transparent)]
    Source(E),
    /// There are more streams than are reckoned with.
    #[error("exceeded maximum metric streams: {found} where at most {most} are allowed")]
    TooManyStreams {
        /// How many there are, at least.
        found: usize,
        /// How many there may be.
        most: usize,
    },
    /// There are more datapoints than are reckoned with.
    #[error("exceeded maximum datapoints: {found} where at most {most} are allowed")]
    TooManyDatapoints {
        /// How many there are, at least.
        found: usize,
        /// How many there may be.
        most: usize,
    },
}

/// What a stream is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Identity {
    /// The metric's name; of several, the first in the query.
    pub name: String,
    /// The compartment; none where streams of several became one.
    pub compartment_id: Option<String>,
    /// The resource group; none where there is none, or there are several.
    pub resource_group: Option<String>,
    /// The dimensions by which it differs from other streams of the result.
    pub dimensions: BTreeMap<String, String>,
    /// Whether grouping made it: it is the same stream then whichever compartments its series are of, and otherwise
    /// its compartment tells it from others.
    pub is_grouped: bool,
    /// What else is said of the metric.
    pub metadata: BTreeMap<String, String>,
}

/// The value of a window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Datapoint {
    /// The end of the window, in minutes since the epoch.
    pub end_minute: i64,
    /// The value.
    pub value: f64,
}

impl Datapoint {
    /// One, if the value is a number.
    fn finite(end_minute: i64, value: f64) -> Option<Self> {
        value.is_finite().then_some(Self { end_minute, value })
    }
}

/// Datapoints in order of time.
#[derive(Clone, Debug, PartialEq)]
pub struct Stream {
    /// What it is about.
    pub identity: Identity,
    /// The datapoints.
    pub points: Vec<Datapoint>,
}

/// What a part of a query comes to.
enum Value {
    Number(f64),
    Streams(Vec<Stream>),
}

/// The streams of a query in these windows. Streams without datapoints are left out.
pub fn evaluate<S: Source>(
    expression: &Expression,
    source: &S,
    windows: Windows,
) -> Result<Vec<Stream>, EvaluateError<S::Error>> {
    match value(expression, source, windows)? {
        Value::Streams(streams) => Ok(streams),
        // The parser makes no such query.
        Value::Number(_) => Ok(Vec::new()),
    }
}

fn value<S: Source>(
    expression: &Expression,
    source: &S,
    windows: Windows,
) -> Result<Value, EvaluateError<S::Error>> {
    let mut streams = match expression {
        Expression::Number(number) => return Ok(Value::Number(*number)),
        Expression::Metric(query) => metric::streams(query, source, windows)?,
        Expression::Nested(nested) => {
            let inner = evaluate(
                &nested.inner,
                source,
                combine::inner_windows(nested, windows),
            )?;
            combine::nested(nested, inner, windows)
        }
        Expression::Filtered(inner, predicate) => {
            let mut streams = evaluate(inner, source, windows)?;
            for stream in &mut streams {
                stream.points.retain(|point| predicate.keeps(point.value));
            }
            streams
        }
        Expression::Arithmetic(left, operator, right) => {
            let left = value(left, source, windows)?;
            let right = value(right, source, windows)?;
            match combine::arithmetic(*operator, left, right) {
                Value::Streams(streams) => streams,
                number => return Ok(number),
            }
        }
        Expression::Joined(left, join, right) => {
            let left = evaluate(left, source, windows)?;
            let right = evaluate(right, source, windows)?;
            combine::joined(*join, &left, &right)
        }
    };
    streams.retain(|stream| !stream.points.is_empty());
    check_size(&streams, MOST_STREAMS, MOST_DATAPOINTS)?;
    Ok(Value::Streams(streams))
}

/// Refuses more streams or datapoints than are allowed.
pub fn check_size<E>(
    streams: &[Stream],
    most_streams: usize,
    most_datapoints: usize,
) -> Result<(), EvaluateError<E>> {
    if streams.len() > most_streams {
        return Err(EvaluateError::TooManyStreams {
            found: streams.len(),
            most: most_streams,
        });
    }
    let found = streams.iter().map(|stream| stream.points.len()).sum();
    if found > most_datapoints {
        return Err(EvaluateError::TooManyDatapoints {
            found,
            most: most_datapoints,
        });
    }
    Ok(())
}
