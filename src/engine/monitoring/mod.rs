//! Monitoring: metrics that are posted, listed and queried, and alarms that watch them.
//!
//! Semantics and limits are those of the service as far as they are known (behaviour.md, section 5). What no
//! source states is marked "unconfirmed" where it is decided.

mod alarms;
pub mod evaluate;
mod list;
pub mod mql;
mod post;
mod scope;
mod summarize;

pub(super) use alarms::{ALARM_KIND, overview as alarms_overview};
pub use alarms::{
    NotificationCounts, SimulatedAlarm, SimulatedNotification, SimulatedOutcome, SimulatedPoint,
    SimulatedStream, Simulation, SimulationError, TimelineEntry,
};
pub use post::{check_dimension_key, check_dimension_value};

use super::metrics::MetricsAsked;
use super::rates::Rate;
use super::{Context, Strictness};
use crate::api::monitoring::Monitoring as Operation;
use crate::call::{ApiError, Call, Reply};

pub(super) use post::check_metric_name;

/// Source of the rates: behaviour.md 5.3.
const READS: Rate = Rate::per_second("requests of this kind", 10);
const ALARM_CALLS: Rate = Rate::per_second("requests about alarms", 10);
const POSTS: Rate = Rate::per_second("posts of metric data", 50);

/// Whether an operation asks for metrics that are stored.
pub(super) fn reads_metrics(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::ListMetrics | Operation::SummarizeMetricsData
    )
}

/// The metrics that a call asks for.
pub(super) fn metrics_asked(call: &Call) -> MetricsAsked<'_> {
    let text = |key| call.body.as_ref()?.get(key)?.as_str();
    let query = text("query").and_then(|query| mql::parse(query).ok());
    let names = query.map(|query| {
        let metrics = query.metrics().into_iter();
        metrics.map(|metric| metric.name.clone()).collect()
    });
    MetricsAsked {
        namespace: text("namespace"),
        names,
    }
}

/// Answers a call of an operation of Monitoring.
pub(super) fn answer(
    context: &Context<'_>,
    strictness: &Strictness,
    operation: Operation,
    call: &Call,
) -> Result<Reply, ApiError> {
    count(context, strictness, operation)?;
    match operation {
        Operation::PostMetricData => post::post(context, call),
        Operation::ListMetrics => list::list(context, call),
        Operation::SummarizeMetricsData => summarize::summarize(context, call),
        Operation::CreateAlarmSuppression => alarms::create_suppression(context, call),
        Operation::DeleteAlarmSuppression => alarms::delete_suppression(context, call),
        Operation::GetAlarmSuppression => alarms::get_suppression(context, call),
        Operation::SummarizeAlarmSuppressionHistory => alarms::suppression_history(context, call),
        Operation::ListAlarmSuppressions => alarms::list_suppressions(context, call),
        Operation::ChangeAlarmCompartment => alarms::change_compartment(context, call),
        Operation::CreateAlarm => alarms::create(context, call),
        Operation::DeleteAlarm => alarms::delete(context, call),
        Operation::GetAlarm => alarms::get(context, call),
        Operation::ListAlarms => alarms::list(context, call),
        Operation::UpdateAlarm => alarms::update(context, call),
        Operation::RetrieveDimensionStates => alarms::dimension_states(context, call),
        Operation::GetAlarmHistory => alarms::get_history(context, call),
        Operation::ListAlarmsStatus => alarms::list_status(context, call),
        Operation::RemoveAlarmSuppression => alarms::remove_suppression(context, call),
    }
}

/// Whether what an operation tells, or changes, depends on how far alarms are evaluated.
pub(super) fn concerns_alarms(operation: Operation) -> bool {
    !matches!(
        operation,
        Operation::PostMetricData | Operation::ListMetrics | Operation::SummarizeMetricsData
    )
}

/// Counts a call, unless there were too many of its kind. Operations of alarms are counted together.
fn count(
    context: &Context<'_>,
    strictness: &Strictness,
    operation: Operation,
) -> Result<(), ApiError> {
    let Some(rates) = strictness.rates() else {
        return Ok(());
    };
    let (kind, rate) = match operation {
        Operation::PostMetricData => (format!("{operation:?}"), &POSTS),
        Operation::ListMetrics | Operation::SummarizeMetricsData => {
            (format!("{operation:?}"), &READS)
        }
        _ => ("alarms".to_owned(), &ALARM_CALLS),
    };
    let whom = format!("{kind} {}", context.origin.tenancy_id);
    Ok(rates.take(rate, &whom, 1, context.now_ms)?)
}
