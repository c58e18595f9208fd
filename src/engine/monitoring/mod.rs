//! Monitoring: metrics that are posted, listed and queried.
//!
//! Semantics and limits are those of the service as far as they are known (behaviour.md, section 5). What no
//! source states is marked "unconfirmed" where it is decided.

pub mod evaluate;
mod list;
pub mod mql;
mod post;
mod scope;
mod summarize;

use super::rates::Rate;
use super::{Context, Strictness, not_available};
use crate::api::monitoring::Monitoring as Operation;
use crate::call::{ApiError, Call, Reply};

/// Source of the rates: behaviour.md 5.3.
const READS: Rate = Rate::per_second("requests of this kind", 10);
const POSTS: Rate = Rate::per_second("posts of metric data", 50);

/// Whether an operation asks for metrics that are stored.
pub(super) fn reads_metrics(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::ListMetrics | Operation::SummarizeMetricsData
    )
}

/// Answers a call of an operation of Monitoring.
pub(super) fn answer(
    context: &Context<'_>,
    strictness: &Strictness,
    operation: Operation,
    call: &Call,
) -> Result<Reply, ApiError> {
    match operation {
        Operation::PostMetricData => {
            count(context, strictness, (operation, &POSTS))?;
            post::post(context, call)
        }
        Operation::ListMetrics => {
            count(context, strictness, (operation, &READS))?;
            list::list(context, call)
        }
        Operation::SummarizeMetricsData => {
            count(context, strictness, (operation, &READS))?;
            summarize::summarize(context, call)
        }
        Operation::ChangeAlarmCompartment
        | Operation::CreateAlarm
        | Operation::DeleteAlarm
        | Operation::GetAlarm
        | Operation::ListAlarms
        | Operation::UpdateAlarm
        | Operation::RetrieveDimensionStates
        | Operation::GetAlarmHistory
        | Operation::ListAlarmsStatus
        | Operation::CreateAlarmSuppression
        | Operation::DeleteAlarmSuppression
        | Operation::GetAlarmSuppression
        | Operation::SummarizeAlarmSuppressionHistory
        | Operation::ListAlarmSuppressions
        | Operation::RemoveAlarmSuppression => Err(not_available(call)),
    }
}

/// Counts a call, unless there were too many of its kind.
fn count(
    context: &Context<'_>,
    strictness: &Strictness,
    (operation, rate): (Operation, &'static Rate),
) -> Result<(), ApiError> {
    if let Some(rates) = strictness.rates() {
        let whom = format!("{operation:?} {}", context.origin.tenancy_id);
        rates.take(rate, &whom, 1, context.now_ms)?;
    }
    Ok(())
}
