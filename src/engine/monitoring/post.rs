//! PostMetricData: points of custom metrics.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::Context;
use super::super::request::check_item;
use crate::call::{ApiError, Call, Reply};
use crate::clock::{parse_rfc3339, rfc3339};
use crate::store::{SeriesKey, Session, Stamped};

// Source of the limits: behaviour.md 5.3.
const MOST_STREAMS: usize = 50;
const MOST_DIMENSIONS: usize = 20;
const MOST_KEY_CHARS: usize = 256;
const MOST_DIMENSION_CHARS: usize = 512;
const MOST_METADATA_CHARS: usize = 256;
const OLDEST_MS: i64 = 2 * 3_600_000;
const NEWEST_MS: i64 = 10 * 60_000;
const RESERVED: [&str; 2] = ["oci_", "oracle_"];

/// The longest namespace, name and resource group, in characters. Unconfirmed.
const MOST_NAME_CHARS: usize = 256;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    metric_data: Vec<Value>,
    batch_atomicity: Option<String>,
}

impl Details {
    fn is_atomic(&self) -> bool {
        let atomicity = self.batch_atomicity.as_deref();
        atomicity.is_some_and(|atomicity| atomicity.eq_ignore_ascii_case("ATOMIC"))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metric {
    namespace: String,
    resource_group: Option<String>,
    compartment_id: String,
    name: String,
    dimensions: BTreeMap<String, String>,
    metadata: Option<BTreeMap<String, String>>,
    datapoints: Vec<Datapoint>,
}

#[derive(Deserialize)]
struct Datapoint {
    timestamp: String,
    value: f64,
    count: Option<i64>,
}

/// A metric that can be stored.
struct Checked {
    key: SeriesKey,
    metadata: Option<BTreeMap<String, String>>,
    points: Vec<(Stamped, u64)>,
}

/// A metric that cannot, and why.
struct Refused<'c> {
    metric: &'c Value,
    error: ApiError,
}

pub(super) fn post(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let details: Details = call.typed_body()?;
    let mut good = Vec::new();
    let mut bad = Vec::new();
    for (index, metric) in details.metric_data.iter().enumerate() {
        let checked = check_item(call, "metricData", index)
            .and_then(|()| check(metric, context.now_ms).map_err(ApiError::invalid));
        match checked {
            Ok(checked) => good.push(checked),
            Err(error) => bad.push(Refused { metric, error }),
        }
    }
    check_batch(&details, &good, &bad)?;
    context
        .store
        .write(|session| store(session, &good, context.now_ms))?;
    let failed = bad.iter().map(|refused| {
        json!({
            "message": refused.error.message,
            "metricData": refused.metric,
        })
    });
    Ok(Reply::ok(json!({
        "failedMetricsCount": bad.len(),
        "failedMetrics": failed.collect::<Vec<_>>(),
    })))
}

/// Refuses the whole batch where it is too large, or where too much of it is refused: anything of an atomic
/// one, all of another. The status of that is unconfirmed.
fn check_batch(details: &Details, good: &[Checked], bad: &[Refused<'_>]) -> Result<(), ApiError> {
    let streams: BTreeSet<&SeriesKey> = good.iter().map(|metric| &metric.key).collect();
    if streams.len() > MOST_STREAMS {
        return Err(ApiError::invalid(format!(
            "metricData has {} metric streams; at most {MOST_STREAMS} are allowed",
            streams.len()
        )));
    }
    match bad.first() {
        None if details.metric_data.is_empty() => {
            Err(ApiError::invalid("metricData has no metrics"))
        }
        Some(first) if details.is_atomic() || good.is_empty() => Err(ApiError {
            message: format!(
                "{} of {} metrics cannot be stored, and nothing was: {}",
                bad.len(),
                details.metric_data.len(),
                first.error.message
            ),
            ..first.error.clone()
        }),
        _ => Ok(()),
    }
}

fn store(session: &Session<'_>, metrics: &[Checked], now_ms: i64) -> Result<(), ApiError> {
    for metric in metrics {
        session.add_metric_points(
            &metric.key,
            metric.metadata.as_ref(),
            &metric.points,
            now_ms,
        )?;
    }
    Ok(())
}

/// A metric as it can be stored, or why it cannot.
fn check(metric: &Value, now_ms: i64) -> Result<Checked, String> {
    let metric = Metric::deserialize(metric).map_err(|error| error.to_string())?;
    check_metric_name(("namespace", &metric.namespace), ("name", &metric.name))?;
    if let Some(group) = &metric.resource_group {
        check_name("resourceGroup", group, "._-$")?;
    }
    if metric.compartment_id.trim().is_empty() {
        return Err("compartmentId is empty".to_owned());
    }
    check_dimensions(&metric.dimensions)?;
    check_metadata(metric.metadata.as_ref())?;
    let points = check_points(&metric.datapoints, now_ms)?;
    Ok(Checked {
        key: SeriesKey {
            namespace: metric.namespace,
            name: metric.name,
            compartment_id: metric.compartment_id,
            resource_group: metric.resource_group.unwrap_or_default(),
            dimensions: metric.dimensions,
        },
        metadata: metric.metadata,
        points,
    })
}

/// Refuses the namespace and the name of a metric that is no service's own, each with what it is called.
pub(in crate::engine) fn check_metric_name(
    (namespace_field, namespace): (&str, &str),
    (name_field, name): (&str, &str),
) -> Result<(), String> {
    check_name(namespace_field, namespace, "_")?;
    let lower = namespace.to_ascii_lowercase();
    let mut reserved = RESERVED.iter();
    if let Some(prefix) = reserved.find(|prefix| lower.starts_with(**prefix)) {
        return Err(format!(
            "{namespace_field} must not begin with {prefix}, which is reserved, as {namespace} does"
        ));
    }
    check_name(name_field, name, "._-$")
}

/// Says what is wrong with a name, in which these signs may stand besides letters and digits.
pub(super) fn check_name(what: &str, name: &str, signs: &str) -> Result<(), String> {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || signs.contains(c);
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic());
    if begins && name.chars().all(is_of_name) && name.len() <= MOST_NAME_CHARS {
        return Ok(());
    }
    Err(format!(
        "{what} must be a letter, and up to {} letters, digits and any of {signs} after it, not {name:?}",
        MOST_NAME_CHARS - 1
    ))
}

fn check_dimensions(dimensions: &BTreeMap<String, String>) -> Result<(), String> {
    if !(1..=MOST_DIMENSIONS).contains(&dimensions.len()) {
        return Err(format!(
            "dimensions must be 1 to {MOST_DIMENSIONS}, not {}",
            dimensions.len()
        ));
    }
    for (key, value) in dimensions {
        check_dimension_key(key)?;
        check_dimension_value(key, value)?;
    }
    Ok(())
}

/// Says what is wrong with the key of a dimension.
pub fn check_dimension_key(key: &str) -> Result<(), String> {
    let is_key = !key.is_empty() && key.len() <= MOST_KEY_CHARS;
    match is_key && key.chars().all(|c| c.is_ascii_graphic()) {
        true => Ok(()),
        false => Err(format!(
            "a dimension's key must be 1 to {MOST_KEY_CHARS} printable ASCII characters without \
             blanks, not {key:?}"
        )),
    }
}

/// Says what is wrong with the value of a dimension.
pub fn check_dimension_value(key: &str, value: &str) -> Result<(), String> {
    match (1..=MOST_DIMENSION_CHARS).contains(&value.chars().count()) {
        true => Ok(()),
        false => Err(format!(
            "the value of dimension {key} must have 1 to {MOST_DIMENSION_CHARS} characters"
        )),
    }
}

fn check_metadata(metadata: Option<&BTreeMap<String, String>>) -> Result<(), String> {
    for (key, value) in metadata.into_iter().flatten() {
        if key.chars().count().max(value.chars().count()) > MOST_METADATA_CHARS {
            return Err(format!(
                "keys and values of metadata may have {MOST_METADATA_CHARS} characters at most"
            ));
        }
    }
    Ok(())
}

fn check_points(points: &[Datapoint], now_ms: i64) -> Result<Vec<(Stamped, u64)>, String> {
    if points.is_empty() {
        return Err("datapoints is empty".to_owned());
    }
    points
        .iter()
        .map(|point| check_point(point, now_ms))
        .collect()
}

fn check_point(point: &Datapoint, now_ms: i64) -> Result<(Stamped, u64), String> {
    let timestamp = &point.timestamp;
    let at_ms = parse_rfc3339(timestamp)
        .ok_or_else(|| format!("timestamp must be an RFC 3339 time, not {timestamp}"))?;
    if at_ms <= now_ms - OLDEST_MS || at_ms >= now_ms + NEWEST_MS {
        return Err(format!(
            "timestamp {timestamp} must be after {} and before {}: less than two hours ago, and less than \
             ten minutes ahead",
            rfc3339(now_ms - OLDEST_MS),
            rfc3339(now_ms + NEWEST_MS)
        ));
    }
    let count = u64::try_from(point.count.unwrap_or(1)).unwrap_or_default();
    if count == 0 {
        return Err("count must be greater than 0".to_owned());
    }
    let value = point.value;
    Ok((Stamped { at_ms, value }, count))
}
