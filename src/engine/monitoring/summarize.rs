//! SummarizeMetricsData: a query over a range of time.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::{Context, metrics};
use super::evaluate::{EvaluateError, Identity, Source, Stream, Windows, check_size, evaluate};
use super::mql::{self, Expression, MetricQuery, Period};
use super::scope;
use crate::call::{ApiError, Call, Reply, WARNING};
use crate::clock::{parse_rfc3339, rfc3339};
use crate::store::{Bucket, Series, SeriesFilter, Session, StoreError, minute_of};

const MINUTE_MS: i64 = 60_000;
const HOUR_MINUTES: i64 = 60;
const DAY_MINUTES: i64 = 24 * HOUR_MINUTES;

/// Where a range begins when the caller does not say, in milliseconds before now. Source: behaviour.md 5.2.
const DEFAULT_RANGE_MS: i64 = 3 * 3_600_000;

/// What a result may hold. Source: behaviour.md 5.2; the status of what is beyond is unconfirmed.
const MOST_STREAMS: usize = 2_000;
const MOST_DATAPOINTS: usize = 100_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    namespace: String,
    resource_group: Option<String>,
    query: String,
    start_time: Option<String>,
    end_time: Option<String>,
    resolution: Option<String>,
}

pub(super) fn summarize(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let details: Details = call.typed_body()?;
    scope::check_namespace(Some(&details.namespace))?;
    let compartment_id = scope::compartment(context, call)?;
    let query = mql::parse(&details.query).map_err(|error| {
        // The query with its caret stands on lines of its own.
        ApiError::invalid(format!("query cannot be read: {error}"))
    })?;
    let resolution = resolution(&details, &query)?;
    let range = Range::of(&details, resolution, context.now_ms)?;
    let windows = range.windows(resolution, query.asks_for_absence());
    let streams = context.store.read(|session| {
        let stored = Stored {
            session,
            namespace: &details.namespace,
            compartment_id,
            resource_group: details.resource_group.as_deref(),
        };
        evaluate(&query, &stored, windows)
    })?;
    check_size::<StoreError>(&streams, MOST_STREAMS, MOST_DATAPOINTS)?;
    let asked_in = call.query_text("compartmentId").unwrap_or_default();
    let times = times(windows);
    let shown = streams.into_iter().map(|stream| {
        let points = datapoints(&stream, &times);
        shown(
            stream.identity,
            points,
            (&details.namespace, asked_in),
            resolution,
        )
    });
    let mut reply = Reply::ok(shown.collect());
    if let Some(warning) = range.left_out(resolution) {
        reply.headers.insert(WARNING.to_owned(), warning);
    }
    Ok(reply)
}

/// The time from one datapoint to the next: the interval of the query, where the caller does not say; of
/// several the shortest, which is unconfirmed. A longer one is refused, since what is between the windows would be
/// left out. Source: the SDK's SummarizeMetricsDataDetails, "equal or less than the interval in the query".
fn resolution(details: &Details, query: &Expression) -> Result<Period, ApiError> {
    let interval = query
        .shortest_interval()
        .ok_or_else(|| ApiError::invalid("query names no metric"))?;
    let Some(text) = &details.resolution else {
        return Ok(interval);
    };
    let resolution = Period::parse_interval(text).ok_or_else(|| {
        ApiError::invalid(format!(
            "resolution must be {}, not {text}",
            Period::INTERVALS
        ))
    })?;
    if resolution.minutes() > interval.minutes() {
        return Err(ApiError::invalid(format!(
            "resolution {resolution} is longer than the query's interval of {interval}, so that what is between \
             the windows would be left out: ask for [{resolution}], or for a resolution of {interval} or less"
        )));
    }
    Ok(resolution)
}

/// The time that a query is about, in milliseconds.
struct Range {
    start_ms: i64,
    /// None where it goes on to now, and the window that is still open is in it, so that what was posted just now
    /// shows: unconfirmed.
    end_ms: Option<i64>,
    /// Where it can begin at the earliest.
    oldest_ms: i64,
    now_ms: i64,
}

impl Range {
    fn of(details: &Details, resolution: Period, now_ms: i64) -> Result<Self, ApiError> {
        let start_ms = time("startTime", details.start_time.as_deref())?;
        let end_ms = time("endTime", details.end_time.as_deref())?;
        let range = Self {
            start_ms: start_ms.unwrap_or(now_ms - DEFAULT_RANGE_MS),
            end_ms,
            oldest_ms: now_ms - look_back_minutes(resolution.minutes()) * MINUTE_MS,
            now_ms,
        };
        let is_empty = match end_ms {
            Some(end_ms) => end_ms <= range.start_ms,
            None => now_ms < range.start_ms,
        };
        if !is_empty {
            return Ok(range);
        }
        let told = |given: bool, otherwise: &'static str| if given { "" } else { otherwise };
        Err(ApiError::invalid(format!(
            "startTime {}{} must be before endTime {}{}",
            rfc3339(range.start_ms),
            told(
                start_ms.is_some(),
                " (three hours ago, since none is given)"
            ),
            rfc3339(end_ms.unwrap_or(now_ms)),
            told(end_ms.is_some(), " (now, since none is given)"),
        )))
    }

    /// The windows whose ends lie in the range: its begin is in it, its end is not. They lie at multiples of the
    /// resolution since 1970, which is unconfirmed. Where absence is asked for, a window counts once it is over:
    /// what is not there yet may still come.
    fn windows(&self, resolution: Period, is_of_absence: bool) -> Windows {
        let step = resolution.minutes();
        let first = minute_of(self.start_ms.max(self.oldest_ms));
        let last = match self.end_ms {
            // The last minute that ends before it.
            Some(end_ms) => (end_ms - 1).div_euclid(MINUTE_MS).div_euclid(step) * step,
            None if is_of_absence => self.now_ms.div_euclid(MINUTE_MS).div_euclid(step) * step,
            None => up_to_multiple(minute_of(self.now_ms), step),
        };
        // No point is further ahead than the latest that is taken.
        let newest = up_to_multiple(minute_of(self.now_ms) + HOUR_MINUTES, step);
        Windows {
            first: up_to_multiple(first, step),
            last: last.min(newest),
            step,
        }
    }

    /// A line for whoever asks for what lies too far back.
    fn left_out(&self, resolution: Period) -> Option<String> {
        (self.start_ms < self.oldest_ms).then(|| {
            format!(
                "nothing before {} is looked at: queries reach back 7 days, 30 days with a resolution of 5m or \
                 more, and 90 days with 1h or more; this one's is {resolution}",
                rfc3339(self.oldest_ms)
            )
        })
    }
}

fn time(what: &str, text: Option<&str>) -> Result<Option<i64>, ApiError> {
    let Some(text) = text else {
        return Ok(None);
    };
    let time = parse_rfc3339(text);
    let wrong = || ApiError::invalid(format!("{what} must be an RFC 3339 time, not {text}"));
    time.ok_or_else(wrong).map(Some)
}

fn up_to_multiple(minute: i64, step: i64) -> i64 {
    (minute + step - 1).div_euclid(step) * step
}

/// How far back a query may look from now, by its resolution. Source: behaviour.md 5.2.
fn look_back_minutes(resolution_minutes: i64) -> i64 {
    match resolution_minutes {
        ..5 => 7 * DAY_MINUTES,
        5..HOUR_MINUTES => 30 * DAY_MINUTES,
        _ => 90 * DAY_MINUTES,
    }
}

/// The series and points of a tenancy that a request may see.
pub(super) struct Stored<'s, 'c> {
    pub session: &'s Session<'c>,
    pub namespace: &'s str,
    /// None where all of the tenancy's are meant.
    pub compartment_id: Option<&'s str>,
    pub resource_group: Option<&'s str>,
}

impl Source for Stored<'_, '_> {
    type Error = StoreError;

    /// What stands before `::` in a query takes the place of the request's resource group: unconfirmed.
    fn series(&self, metric: &MetricQuery) -> Result<Vec<Series>, StoreError> {
        let group = metric.resource_group.as_deref().or(self.resource_group);
        self.session.metric_series(&SeriesFilter {
            namespace: Some(self.namespace),
            name: Some(&metric.name),
            compartment_id: self.compartment_id,
            resource_group: Some(group.unwrap_or_default()),
        })
    }

    fn is_amount(&self, metric: &MetricQuery) -> bool {
        metrics::is_amount(self.namespace, &metric.name)
    }

    fn visit_buckets(
        &self,
        series_no: i64,
        minutes: &RangeInclusive<i64>,
        visit: impl FnMut(&Bucket),
    ) -> Result<(), StoreError> {
        self.session.visit_metric_buckets(series_no, minutes, visit)
    }
}

impl From<StoreError> for EvaluateError<StoreError> {
    fn from(error: StoreError) -> Self {
        Self::Source(error)
    }
}

impl From<EvaluateError<StoreError>> for ApiError {
    fn from(error: EvaluateError<StoreError>) -> Self {
        match error {
            EvaluateError::Source(error) => error.into(),
            too_many => Self::invalid(format!(
                "{too_many}. Ask for fewer with dimensions, grouping(), a longer interval or a shorter range"
            )),
        }
    }
}

/// The ends of the windows as they are written: streams share them.
fn times(windows: Windows) -> BTreeMap<i64, String> {
    let ends = windows.ends();
    ends.map(|end| (end, rfc3339(end * MINUTE_MS))).collect()
}

fn datapoints(stream: &Stream, times: &BTreeMap<i64, String>) -> Vec<Value> {
    let points = stream.points.iter().map(|point| {
        json!({
            "timestamp": times.get(&point.end_minute),
            "value": point.value,
        })
    });
    points.collect()
}

fn shown(
    identity: Identity,
    datapoints: Vec<Value>,
    (namespace, asked_in): (&str, &str),
    resolution: Period,
) -> Value {
    json!({
        "namespace": namespace,
        "resourceGroup": identity.resource_group,
        // Where streams of several compartments became one, it is of the one that was asked for.
        "compartmentId": identity.compartment_id.as_deref().unwrap_or(asked_in),
        "name": identity.name,
        "dimensions": identity.dimensions,
        "metadata": identity.metadata,
        "resolution": resolution.to_string(),
        "aggregatedDatapoints": datapoints,
    })
}
