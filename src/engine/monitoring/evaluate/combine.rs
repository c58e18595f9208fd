//! Streams made of other streams: nested statistics, arithmetic and joins.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::ops::RangeInclusive;

use super::super::mql::{Arithmetic, Expression, Join, Nested, Statistic};
use super::group::group;
use super::statistic::{Points, Reckoning, absence_minutes};
use super::windows::Windows;
use super::{Datapoint, Stream, Value};
use crate::store::{Bucket, Stamped};

const MINUTE_MS: i64 = 60_000;

/// The windows in which the inner query is needed: those of the outer one, and before them what its
/// statistic looks back to.
pub(super) fn inner_windows(nested: &Nested, windows: Windows) -> Windows {
    match &nested.statistic {
        Statistic::Increment | Statistic::Rate => windows.earlier(windows.step),
        Statistic::Absent(period) => windows.earlier(absence_minutes(*period)),
        _ => windows,
    }
}

/// A statistic of the streams of an inner query, of which each value counts once.
///
/// Of a condition, values that meet it count as 1. Source: the titles of the published examples, behaviour.md
/// 5.1; unconfirmed.
pub(super) fn nested(nested: &Nested, mut inner: Vec<Stream>, windows: Windows) -> Vec<Stream> {
    if is_condition(&nested.inner) {
        let points = inner.iter_mut().flat_map(|stream| &mut stream.points);
        points.for_each(|point| point.value = 1.0);
    }
    let items = inner
        .into_iter()
        .map(|stream| (stream.identity, stream.points));
    let groups = group(items.collect(), nested.grouping.as_ref()).into_iter();
    let times = (windows.step, windows);
    let mut reckoning = Reckoning::new(&nested.statistic, times, OfStreams);
    let streams = groups.map(|(identity, members)| {
        let Ok(points) = reckoning.datapoints(&members, false);
        Stream { identity, points }
    });
    streams.collect()
}

/// Whether a query yields the values that meet a condition, rather than those of a metric.
fn is_condition(expression: &Expression) -> bool {
    match expression {
        Expression::Filtered(..) => true,
        Expression::Joined(left, _, right) => is_condition(left) && is_condition(right),
        _ => false,
    }
}

/// The points of streams of an inner query.
struct OfStreams;

impl Points for OfStreams {
    type Member = Vec<Datapoint>;
    type Error = Infallible;

    fn visit(
        &self,
        points: &Vec<Datapoint>,
        _minutes: &RangeInclusive<i64>,
        mut visit: impl FnMut(&Bucket),
    ) -> Result<(), Infallible> {
        for point in points {
            let at_ms = point.end_minute * MINUTE_MS;
            let value = point.value;
            visit(&Bucket::of(Stamped { at_ms, value }, 1));
        }
        Ok(())
    }
}

pub(super) fn arithmetic(operator: Arithmetic, left: Value, right: Value) -> Value {
    let reckon = |mut streams: Vec<Stream>, of: &dyn Fn(f64) -> Option<f64>| {
        for stream in &mut streams {
            stream.points.retain_mut(|point| match of(point.value) {
                Some(value) => {
                    point.value = value;
                    true
                }
                None => false,
            });
        }
        Value::Streams(streams)
    };
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => operator
            .of(left, right)
            .map_or_else(|| Value::Streams(Vec::new()), Value::Number),
        (Value::Streams(left), Value::Number(right)) => {
            reckon(left, &|left| operator.of(left, right))
        }
        (Value::Number(left), Value::Streams(right)) => {
            reckon(right, &|right| operator.of(left, right))
        }
        (Value::Streams(left), Value::Streams(right)) => {
            Value::Streams(matched(&left, &right, |left, right| {
                operator.of(left?, right?)
            }))
        }
    }
}

/// The values of the left query where both, or either, have any; of the right one where only that has. Whose
/// values they are is unconfirmed.
pub(super) fn joined(join: Join, left: &[Stream], right: &[Stream]) -> Vec<Stream> {
    matched(left, right, |left, right| match join {
        Join::And => left.filter(|_| right.is_some()),
        Join::Or => left.or(right),
    })
}

/// Streams of two queries brought together: those of the same compartment and dimensions, or of the same dimensions
/// where grouping made them all. A single stream without dimensions, as `grouping()` makes it, goes with every
/// stream of the other. Unconfirmed.
fn matched(
    left: &[Stream],
    right: &[Stream],
    of: impl Fn(Option<f64>, Option<f64>) -> Option<f64>,
) -> Vec<Stream> {
    let pairs = match (left, right) {
        (_, [whole]) if is_whole(whole) && left.iter().any(|stream| !is_whole(stream)) => {
            left.iter().map(|one| (Some(one), Some(whole))).collect()
        }
        ([whole], _) if is_whole(whole) && right.iter().any(|stream| !is_whole(stream)) => {
            right.iter().map(|one| (Some(whole), Some(one))).collect()
        }
        _ => equal_pairs(left, right),
    };
    let streams = pairs.into_iter().filter_map(|(left, right)| {
        let identity = match (left, right) {
            (Some(left), Some(right)) if is_whole(left) => &right.identity,
            (left, right) => &left.or(right)?.identity,
        };
        Some(Stream {
            identity: identity.clone(),
            points: zipped(points_of(left), points_of(right), &of),
        })
    });
    streams.collect()
}

fn points_of(stream: Option<&Stream>) -> &[Datapoint] {
    stream.map_or(&[], |stream| &stream.points)
}

fn is_whole(stream: &Stream) -> bool {
    stream.identity.dimensions.is_empty()
}

type Pair<'s> = (Option<&'s Stream>, Option<&'s Stream>);

fn equal_pairs<'s>(left: &'s [Stream], right: &'s [Stream]) -> Vec<Pair<'s>> {
    let mut all = left.iter().chain(right);
    let all_grouped = all.all(|stream| stream.identity.is_grouped);
    let key = |stream: &'s Stream| {
        let identity = &stream.identity;
        let compartment_id = identity.compartment_id.as_ref();
        (
            compartment_id.filter(|_| !all_grouped),
            &identity.dimensions,
        )
    };
    let mut others: BTreeMap<_, &Stream> = right.iter().map(|one| (key(one), one)).collect();
    let mut pairs: Vec<Pair<'s>> = left
        .iter()
        .map(|one| (Some(one), others.remove(&key(one))))
        .collect();
    pairs.extend(others.into_values().map(|other| (None, Some(other))));
    pairs
}

/// Two sequences brought together by time; `of` is asked wherever either has a value.
fn zipped(
    left: &[Datapoint],
    right: &[Datapoint],
    of: impl Fn(Option<f64>, Option<f64>) -> Option<f64>,
) -> Vec<Datapoint> {
    let mut left = left.iter().peekable();
    let mut right = right.iter().peekable();
    let mut points = Vec::new();
    loop {
        let order = match (left.peek(), right.peek()) {
            (None, None) => return points,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(one), Some(other)) => one.end_minute.cmp(&other.end_minute),
        };
        let one = if order.is_le() { left.next() } else { None };
        let other = if order.is_ge() { right.next() } else { None };
        let Some(end_minute) = one.or(other).map(|point| point.end_minute) else {
            return points;
        };
        let value = of(one.map(|point| point.value), other.map(|point| point.value));
        points.extend(value.map(|value| Datapoint { end_minute, value }));
    }
}
