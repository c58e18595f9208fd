//! Metrics as a source: what services have measured, a record for each series and minute.
//!
//! The position is a minute. Points arrive in memory first, and the calls that they are of may take a while; so a
//! minute is read when it has been over for some time, after all that was measured is stored. What is kept of a
//! minute are its values, each with how often it occurred.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde_json::{Value, json};

use super::super::Context;
use super::metric_details::MonitoringSource;
use super::movement::{NewRecord, Position};
use super::sources::Taken;
use crate::call::ApiError;
use crate::store::{Bucket, Series, SeriesFilter, Session, StoreError, minute_of};

const MINUTE_MS: i64 = 60_000;

/// How long a minute is over when it is read, in milliseconds: a call that began in it is measured by then.
const GRACE_MS: i64 = 10_000;

/// How old metrics are at most when they are read, in minutes. Source: the documentation of this source, "the
/// retention period for the Monitoring source in Connector Hub is 24 hours".
const KEPT_MINUTES: i64 = 24 * 60;

/// How many minutes are looked through at once: as many as stand in a row of the store.
const MINUTES_AT_ONCE: i64 = 120;

/// How many records are taken at once, unless a single minute has more.
const MOST_RECORDS: usize = 1000;

/// The last minute, by its end, that can be read at a time.
fn last_readable(now_ms: i64) -> i64 {
    (now_ms - GRACE_MS).div_euclid(MINUTE_MS)
}

/// The last minute that was read. The first that is read is the one in which the connector began.
fn last_read(position: &Position) -> i64 {
    let before_begin = minute_of(position.begin_ms) - 1;
    position.metrics_minute.unwrap_or(before_begin)
}

/// When there is something to read next, in milliseconds.
pub(super) fn due_ms(position: &Position) -> i64 {
    (last_read(position) + 1) * MINUTE_MS + GRACE_MS
}

/// Whether there are minutes to read.
pub(super) fn is_due(position: &Position, now_ms: i64) -> bool {
    let end = last_readable(now_ms);
    // A clock that was set back has the minutes come again.
    let is_ahead = position.metrics_minute.is_some_and(|read| read > end);
    is_ahead || last_read(position) < end
}

/// Reads the metrics of the minutes behind the position.
pub(super) fn read(
    context: &Context<'_>,
    sources: &[MonitoringSource],
    position: &Position,
) -> Result<Taken, ApiError> {
    let end = last_readable(context.now_ms);
    let mut done = last_read(position).clamp(end - KEPT_MINUTES, end);
    let records = context.store.read(|session| {
        let series = selected(session, sources)?;
        while done < end {
            let minutes = done + 1..=end.min(done + MINUTES_AT_ONCE);
            let some = fitting(session, &series, minutes)?;
            done = *some.end();
            let records = records(session, &series, &some)?;
            if !records.is_empty() {
                return Ok(records);
            }
        }
        Ok::<_, StoreError>(Vec::new())
    })?;
    Ok(Taken {
        records,
        position: Position {
            metrics_minute: Some(done),
            ..position.clone()
        },
        obstacle: None,
    })
}

/// The series of a source, each once.
fn selected(
    session: &Session<'_>,
    sources: &[MonitoringSource],
) -> Result<Vec<Series>, StoreError> {
    let mut selected = BTreeMap::new();
    for source in sources {
        for namespace in source.namespaces() {
            let filter = SeriesFilter {
                namespace: Some(namespace),
                compartment_id: Some(&source.compartment_id),
                ..SeriesFilter::default()
            };
            let series = session.metric_series(&filter)?;
            selected.extend(series.into_iter().map(|one| (one.series_no, one)));
        }
    }
    Ok(selected.into_values().collect())
}

/// The first of these minutes, as many as have not too many records together.
fn fitting(
    session: &Session<'_>,
    series: &[Series],
    minutes: RangeInclusive<i64>,
) -> Result<RangeInclusive<i64>, StoreError> {
    let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
    for one in series {
        session.visit_metric_buckets(one.series_no, &minutes, |bucket: &Bucket| {
            if minutes.contains(&bucket.end_minute) {
                *counts.entry(bucket.end_minute).or_default() += 1;
            }
        })?;
    }
    let mut records = 0;
    for (minute, count) in counts {
        let has_some = records > 0;
        records += count;
        if has_some && records > MOST_RECORDS {
            return Ok(*minutes.start()..=minute - 1);
        }
    }
    Ok(minutes)
}

/// What was measured in these minutes, in order of time.
fn records(
    session: &Session<'_>,
    series: &[Series],
    minutes: &RangeInclusive<i64>,
) -> Result<Vec<NewRecord>, StoreError> {
    let mut records = Vec::new();
    for one in series {
        session.visit_metric_buckets(one.series_no, minutes, |bucket: &Bucket| {
            if minutes.contains(&bucket.end_minute) {
                records.push(record_of(one, bucket));
            }
        })?;
    }
    records.sort_by_key(|record| record.time_ms);
    Ok(records)
}

/// The values of a minute. They have the time of the first of them. Source of the form: the documentation of this
/// source, and the payloads in the samples of functions for it (times in milliseconds, counts).
fn record_of(series: &Series, bucket: &Bucket) -> NewRecord {
    let time_ms = bucket.summary.first.at_ms;
    let points = bucket
        .values()
        .map(|(value, count)| json!({"timestamp": time_ms, "value": value, "count": count}));
    let key = &series.key;
    let group = Some(key.resource_group.as_str()).filter(|group| !group.is_empty());
    let shown = json!({
        "namespace": key.namespace,
        "resourceGroup": group,
        "compartmentId": key.compartment_id,
        "name": key.name,
        "dimensions": key.dimensions,
        "metadata": series.metadata,
        "datapoints": points.collect::<Vec<Value>>(),
    });
    NewRecord {
        text: shown.to_string(),
        time_ms,
        partition: None,
        trace: None,
        receipt: None,
    }
}
