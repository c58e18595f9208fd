//! The operations of Monitoring.

mod alarms;
mod metrics;

use super::Service;
use super::operation::Client;

/// The operations of Monitoring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Monitoring {
    /// Move an alarm to another compartment.
    ChangeAlarmCompartment,
    /// Create an alarm that watches a metric.
    CreateAlarm,
    /// Delete an alarm.
    DeleteAlarm,
    /// Show one alarm.
    GetAlarm,
    /// List alarms.
    ListAlarms,
    /// Change the settings of an alarm.
    UpdateAlarm,
    /// Show the state of each metric stream that an alarm watches.
    RetrieveDimensionStates,
    /// Show the history of an alarm, kept for 90 days.
    GetAlarmHistory,
    /// List alarms with their current status.
    ListAlarmsStatus,
    /// Plan a time in which an alarm or a whole compartment stays quiet.
    CreateAlarmSuppression,
    /// Delete an alarm suppression.
    DeleteAlarmSuppression,
    /// Show one alarm suppression.
    GetAlarmSuppression,
    /// Show the past suppressions of an alarm.
    SummarizeAlarmSuppressionHistory,
    /// List alarm suppressions.
    ListAlarmSuppressions,
    /// List the metrics that exist.
    ListMetrics,
    /// Post values of your own metrics.
    PostMetricData,
    /// Query the values of a metric over time.
    SummarizeMetricsData,
    /// Remove the quiet time set on an alarm itself.
    RemoveAlarmSuppression,
}

static MONITORING: Client = Client {
    name: "monitoring",
    base_path: "/20180401",
    endpoint: "https://telemetry.{region}.{secondLevelDomain}",
};

const SORT_BY: &[&str] = &["displayName", "severity"];

/// Monitoring, as the command line and the REST interface have it.
pub static SERVICE: Service = Service {
    name: "monitoring",
    title: "Monitoring",
    groups: GROUPS,
    parts: &[&alarms::OPERATIONS, &metrics::OPERATIONS],
};

const GROUPS: &[(&str, &str)] = &[
    (
        "monitoring",
        "Metrics to post and query, and alarms that watch them.",
    ),
    (
        "monitoring alarm",
        "Alarms that notify when a metric meets a condition.",
    ),
    (
        "monitoring alarm-dimension-states-collection",
        "States of an alarm, one for each metric stream it watches.",
    ),
    (
        "monitoring alarm-history-collection",
        "Past states and rules of an alarm.",
    ),
    (
        "monitoring alarm-status",
        "Current status of alarms: which are firing and which are fine.",
    ),
    (
        "monitoring alarm-suppression",
        "Planned times in which alarms stay quiet.",
    ),
    (
        "monitoring alarm-suppression-collection",
        "Lists of alarm suppressions.",
    ),
    (
        "monitoring metric",
        "Metrics that exist, with their names and dimensions.",
    ),
    (
        "monitoring metric-data",
        "Values of metrics: post your own and query them all.",
    ),
    (
        "monitoring suppression",
        "The quiet time set on an alarm itself.",
    ),
];
