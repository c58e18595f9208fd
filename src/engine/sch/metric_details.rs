//! The parts of connectors that speak of metrics: those a source reads, and the one that a target writes.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::super::monitoring;
use super::super::resource::check_text;
use crate::call::ApiError;

/// What the namespaces of a source begin with: those of services. Source: behaviour.md 6.1.
const SERVICE_PREFIX: &str = "oci_";

/// The dimensions that each metric of a target has. Source: behaviour.md 6.3.
pub(super) const CONNECTOR_ID: &str = "connectorId";
pub(super) const CONNECTOR_NAME: &str = "connectorName";
pub(super) const SOURCE_TYPE: &str = "connectorSourceType";
const OWN_DIMENSIONS: [&str; 3] = [CONNECTOR_ID, CONNECTOR_NAME, SOURCE_TYPE];

/// How many dimensions a target may add to those: a metric has 20 at most. Source: behaviour.md 5.3.
const MOST_DIMENSIONS: usize = 17;

/// Longest names and values of dimensions, in characters. Source: behaviour.md 5.3.
const MOST_NAME_CHARS: usize = 256;
pub(super) const MOST_VALUE_CHARS: usize = 512;

/// What paths of dimensions begin with. Source: behaviour.md 6.3.
const PATH_ROOT: &str = "logContent";

/// The metrics of a compartment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MonitoringSource {
    pub compartment_id: String,
    pub namespace_details: NamespaceDetails,
}

/// Which namespaces.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub(super) enum NamespaceDetails {
    Selected { namespaces: Vec<SelectedNamespace> },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct SelectedNamespace {
    pub namespace: String,
    pub metrics: SelectedMetrics,
}

/// Which metrics of a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub(super) enum SelectedMetrics {
    All,
}

impl MonitoringSource {
    /// The namespaces that it reads.
    pub(super) fn namespaces(&self) -> impl Iterator<Item = &str> {
        let NamespaceDetails::Selected { namespaces } = &self.namespace_details;
        namespaces
            .iter()
            .map(|selected| selected.namespace.as_str())
    }
}

/// Refuses sources that name nothing, or metrics that are no service's.
pub(super) fn check_sources(sources: &[MonitoringSource]) -> Result<(), ApiError> {
    if sources.is_empty() {
        return Err(ApiError::invalid(
            "source.monitoringSources is empty: there are no metrics to read",
        ));
    }
    for (index, source) in sources.iter().enumerate() {
        let field = format!("source.monitoringSources[{index}]");
        check_text(&format!("{field}.compartmentId"), &source.compartment_id)?;
        let field = format!("{field}.namespaceDetails.namespaces");
        if source.namespaces().next().is_none() {
            return Err(ApiError::invalid(format!(
                "{field} is empty: there are no metrics to read"
            )));
        }
        for (index, namespace) in source.namespaces().enumerate() {
            if !namespace.starts_with(SERVICE_PREFIX) {
                return Err(ApiError::invalid(format!(
                    "{field}[{index}].namespace must begin with {SERVICE_PREFIX}, as those of services do, and not \
                     {namespace:?}"
                )));
            }
        }
    }
    Ok(())
}

/// A dimension of the metric that a target writes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Dimension {
    pub name: String,
    pub dimension_value: DimensionValue,
}

/// The value of a dimension.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub(super) enum DimensionValue {
    /// What a JMESPath expression finds in the record.
    JmesPath {
        path: String,
    },
    Static {
        value: String,
    },
}

/// Refuses a metric that Monitoring would not take.
pub(super) fn check_metric(
    compartment_id: &str,
    (namespace, name): (&str, &str),
    dimensions: &[Dimension],
) -> Result<(), ApiError> {
    check_text("target.compartmentId", compartment_id)?;
    let refused = |what: String| ApiError::invalid(format!("target: {what}"));
    monitoring::check_metric_name(("metricNamespace", namespace), ("metric", name))
        .map_err(refused)?;
    if dimensions.len() > MOST_DIMENSIONS {
        return Err(ApiError::invalid(format!(
            "target.dimensions may be {MOST_DIMENSIONS} at most, not {}",
            dimensions.len()
        )));
    }
    let mut names = BTreeSet::new();
    for (index, dimension) in dimensions.iter().enumerate() {
        let field = format!("target.dimensions[{index}]");
        check_name(&field, &dimension.name)?;
        if !names.insert(&dimension.name) {
            return Err(ApiError::invalid(format!(
                "{field}.name is {:?}, as that of another dimension",
                dimension.name
            )));
        }
        check_value(
            &format!("{field}.dimensionValue"),
            &dimension.dimension_value,
        )?;
    }
    Ok(())
}

/// Source: behaviour.md 6.3.
fn check_name(field: &str, name: &str) -> Result<(), ApiError> {
    if OWN_DIMENSIONS.contains(&name) {
        return Err(ApiError::invalid(format!(
            "{field}.name must not be {name}: each metric of a connector has that dimension already"
        )));
    }
    let is_of_name = |byte: u8| byte.is_ascii_graphic() && byte != b'.';
    match (1..=MOST_NAME_CHARS).contains(&name.len()) && name.bytes().all(is_of_name) {
        true => Ok(()),
        false => Err(ApiError::invalid(format!(
            "{field}.name must be 1 to {MOST_NAME_CHARS} printable ASCII characters without blanks and periods, \
             not {name:?}"
        ))),
    }
}

fn check_value(field: &str, value: &DimensionValue) -> Result<(), ApiError> {
    match value {
        DimensionValue::Static { value } => {
            match (1..=MOST_VALUE_CHARS).contains(&value.chars().count()) {
                true => Ok(()),
                false => Err(ApiError::invalid(format!(
                    "{field}.value must have 1 to {MOST_VALUE_CHARS} characters"
                ))),
            }
        }
        DimensionValue::JmesPath { path } => {
            let rest = path.strip_prefix(PATH_ROOT);
            if !rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '['])) {
                return Err(ApiError::invalid(format!(
                    "{field}.path must begin with {PATH_ROOT}, and not be {path:?}"
                )));
            }
            match jmespath::compile(path) {
                Ok(_) => Ok(()),
                Err(error) => Err(ApiError::invalid(format!(
                    "{field}.path is no JMESPath expression: {}",
                    error.reason
                ))),
            }
        }
    }
}
