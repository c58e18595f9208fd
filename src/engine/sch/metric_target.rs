//! A metric as a target: each record becomes a point of it.

use std::collections::BTreeMap;

use jmespath::{Expression, Variable};

use super::super::Context;
use super::connectors::Connector;
use super::details::Target;
use super::metric_details::{
    CONNECTOR_ID, CONNECTOR_NAME, DimensionValue, MOST_VALUE_CHARS, SOURCE_TYPE,
};
use crate::call::ApiError;
use crate::store::{SeriesKey, Session, Stamped, WaitingRecord};

/// What a dimension is where the record has nothing at its path, or a text without characters. Source:
/// behaviour.md 6.3.
const INVALID_VALUE: &str = "SCH_EVAL_INVALID_VALUE";
const EMPTY_VALUE: &str = "SCH_EVAL_VALUE_EMPTY";

/// What makes the value of a dimension.
enum Evaluation<'c> {
    Static(&'c str),
    Path(Expression<'static>),
}

/// Adds a point for each record to the metric: its value is 1, and its time is now, because Monitoring takes none
/// that is old. That the value is 1 is unconfirmed; sum and count are the number of records.
pub(super) fn write(
    session: &Session<'_>,
    context: &Context<'_>,
    connector: &Connector,
    records: &[WaitingRecord],
) -> Result<(), ApiError> {
    let Target::Monitoring {
        compartment_id,
        metric_namespace,
        metric,
        dimensions,
    } = &connector.details.target
    else {
        return Ok(());
    };
    let dimensions = dimensions.iter().flatten().map(|dimension| {
        let evaluation = match &dimension.dimension_value {
            DimensionValue::Static { value } => Evaluation::Static(value),
            DimensionValue::JmesPath { path } => Evaluation::Path(
                jmespath::compile(path)
                    .map_err(|error| ApiError::internal(error.reason.to_string()))?,
            ),
        };
        Ok((dimension.name.as_str(), evaluation))
    });
    let dimensions: Vec<(&str, Evaluation<'_>)> = dimensions.collect::<Result<_, ApiError>>()?;
    let mut counts: BTreeMap<BTreeMap<String, String>, u64> = BTreeMap::new();
    for record in records {
        let own = dimensions_of(connector, &dimensions, record);
        *counts.entry(own).or_default() += 1;
    }
    let point = Stamped {
        at_ms: context.now_ms,
        value: 1.0,
    };
    for (dimensions, count) in counts {
        let key = SeriesKey {
            namespace: metric_namespace.clone(),
            name: metric.clone(),
            compartment_id: compartment_id.clone(),
            resource_group: String::new(),
            dimensions,
        };
        session.add_metric_points(&key, None, &[(point, count)], context.now_ms)?;
    }
    Ok(())
}

fn dimensions_of(
    connector: &Connector,
    dimensions: &[(&str, Evaluation<'_>)],
    record: &WaitingRecord,
) -> BTreeMap<String, String> {
    let own = [
        (CONNECTOR_ID, shortened(&connector.id)),
        (CONNECTOR_NAME, shortened(&connector.name)),
        (SOURCE_TYPE, connector.details.source.word().to_owned()),
    ];
    let content = Variable::from_json(&record.text).unwrap_or(Variable::Null);
    let configured = dimensions.iter().map(|(name, evaluation)| {
        let value = match evaluation {
            Evaluation::Static(value) => (*value).to_owned(),
            Evaluation::Path(path) => found(path, &content),
        };
        (*name, value)
    });
    let all = own.into_iter().chain(configured);
    all.map(|(name, value)| (name.to_owned(), value)).collect()
}

/// What a path finds in a record, as text.
fn found(path: &Expression<'_>, content: &Variable) -> String {
    let found = path.search(content);
    let text = match found.as_deref() {
        Err(_) | Ok(Variable::Null) => return INVALID_VALUE.to_owned(),
        Ok(Variable::String(text)) => text.clone(),
        Ok(other) => other.to_string(),
    };
    match text.is_empty() {
        true => EMPTY_VALUE.to_owned(),
        false => shortened(&text),
    }
}

/// As much of a text as a dimension holds.
fn shortened(text: &str) -> String {
    text.chars().take(MOST_VALUE_CHARS).collect()
}
