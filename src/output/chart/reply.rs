//! From what `summarizeMetricsData` answers, as it is printed, to a chart.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Chart, Series};
use crate::clock::parse_rfc3339;
use crate::output::OutputError;

/// A metric with its values, as far as a chart tells of it.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Metric {
    name: Option<String>,
    dimensions: Option<Map<String, Value>>,
    metadata: Option<Map<String, Value>>,
    resolution: Option<String>,
    aggregated_datapoints: Vec<DataPoint>,
}

#[derive(Deserialize)]
struct DataPoint {
    timestamp: String,
    value: Option<f64>,
}

/// The chart of data: a list of metrics with their values, or one of them.
pub(in crate::output) fn from_data(data: Value) -> Result<Chart, OutputError> {
    let metrics: Vec<Metric> = match data {
        Value::Array(_) => serde_json::from_value(data),
        one => serde_json::from_value(one).map(|metric| vec![metric]),
    }
    .map_err(|error| OutputError::Chart(error.to_string()))?;
    let names: BTreeSet<&str> = metrics
        .iter()
        .filter_map(|metric| metric.name.as_deref())
        .collect();
    let series = metrics.iter().map(|metric| metric.series(names.len() > 1));
    Ok(Chart {
        title: title(&names, &metrics),
        series: series.collect::<Result<_, _>>()?,
        step_ms: common(metrics.iter().map(|metric| metric.resolution.as_deref()))
            .and_then(period_ms),
    })
}

impl Metric {
    fn series(&self, is_named: bool) -> Result<Series, OutputError> {
        let points = self.aggregated_datapoints.iter().filter_map(|point| {
            let value = point.value?;
            Some(match parse_rfc3339(&point.timestamp) {
                Some(time_ms) => Ok((time_ms, value)),
                None => Err(OutputError::Chart(format!(
                    "{:?} is no time",
                    point.timestamp
                ))),
            })
        });
        let mut points: Vec<(i64, f64)> = points.collect::<Result<_, _>>()?;
        points.sort_by_key(|point| point.0);
        Ok(Series {
            label: self.label(is_named),
            points,
        })
    }

    /// The metric's name, where there are several, and its dimensions.
    fn label(&self, is_named: bool) -> String {
        let name = self.name.iter().filter(|_| is_named).cloned();
        let dimensions = self.dimensions.iter().flatten();
        let dimensions = dimensions.map(|(name, value)| match value.as_str() {
            Some(text) => format!("{name}={text}"),
            None => format!("{name}={value}"),
        });
        let parts: Vec<String> = name.chain(dimensions).collect();
        parts.join(" ")
    }
}

/// What all series are about: the metrics' names, their unit, and the time between two values.
fn title(names: &BTreeSet<&str>, metrics: &[Metric]) -> String {
    let units = metrics.iter().map(|metric| {
        let unit = metric.metadata.as_ref()?.get("unit")?;
        unit.as_str()
    });
    let names: Vec<&str> = names.iter().copied().collect();
    let mut title = names.join(", ");
    if let Some(unit) = common(units).filter(|unit| !unit.is_empty()) {
        title += &format!(" in {unit}");
    }
    if let Some(resolution) = common(metrics.iter().map(|metric| metric.resolution.as_deref())) {
        title += &format!(", every {resolution}");
    }
    title
}

/// What all have, if they all have the same.
fn common<'t>(mut values: impl Iterator<Item = Option<&'t str>>) -> Option<&'t str> {
    let first = values.next()??;
    values.all(|value| value == Some(first)).then_some(first)
}

/// A resolution in milliseconds: `1m`, `5m`, `1h`, `1d`.
fn period_ms(text: &str) -> Option<i64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit_ms = match unit {
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    let number: i64 = number.parse().ok()?;
    number
        .checked_mul(unit_ms)
        .filter(|period_ms| *period_ms > 0)
}
