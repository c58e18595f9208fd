//! The wire models of Monitoring, as its interface descriptions name them.

use crate::api::model::{
    DEFINED_TAGS, FREEFORM_TAGS, Kind, Model, boolean, choice, datetime, float, integer, list, map,
    model, model_of, object, text,
};

const SEVERITY: &[&str] = &["CRITICAL", "ERROR", "WARNING", "INFO"];

const MESSAGE_FORMAT: &[&str] = &["RAW", "PRETTY_JSON", "ONS_OPTIMIZED"];

const LEVEL: &[&str] = &["ALARM", "DIMENSION"];

/// `AggregatedDatapoint`.
pub static AGGREGATED_DATAPOINT: Model = model(
    "AggregatedDatapoint",
    &[datetime("timestamp").required(), float("value").required()],
);

/// `Alarm`.
pub static ALARM: Model = model(
    "Alarm",
    &[
        text("id").required(),
        text("displayName").required(),
        text("compartmentId").required(),
        text("metricCompartmentId").required(),
        boolean("metricCompartmentIdInSubtree"),
        text("namespace").required(),
        text("resourceGroup"),
        text("query").required(),
        text("resolution"),
        text("pendingDuration"),
        choice("severity", SEVERITY).required(),
        text("body"),
        boolean("isNotificationsPerMetricDimensionEnabled"),
        choice("messageFormat", MESSAGE_FORMAT),
        list("destinations", &Kind::Text).required(),
        text("repeatNotificationDuration"),
        object("suppression", &SUPPRESSION),
        boolean("isEnabled").required(),
        FREEFORM_TAGS,
        DEFINED_TAGS,
        list("overrides", &Kind::Object(&ALARM_OVERRIDE)),
        text("ruleName"),
        text("notificationVersion"),
        text("notificationTitle"),
        text("evaluationSlackDuration"),
        text("alarmSummary"),
        choice("lifecycleState", &["ACTIVE", "DELETING", "DELETED"]).required(),
        datetime("timeCreated").required(),
        datetime("timeUpdated").required(),
    ],
);

/// `AlarmDimensionStatesCollection`.
pub static ALARM_DIMENSION_STATES_COLLECTION: Model = model(
    "AlarmDimensionStatesCollection",
    &[
        text("alarmId").required(),
        boolean("isEnabled").required(),
        boolean("isNotificationsPerMetricDimensionEnabled").required(),
        list("items", &Kind::Object(&ALARM_DIMENSION_STATES_ENTRY)).required(),
    ],
);

/// `AlarmDimensionStatesEntry`.
pub static ALARM_DIMENSION_STATES_ENTRY: Model = model(
    "AlarmDimensionStatesEntry",
    &[
        text("alarmSummary").required(),
        map("dimensions", &Kind::Text).required(),
        choice("status", &["FIRING", "OK"]).required(),
        text("ruleName").required(),
        datetime("timestamp").required(),
    ],
);

/// `AlarmHistoryCollection`.
pub static ALARM_HISTORY_COLLECTION: Model = model(
    "AlarmHistoryCollection",
    &[
        text("alarmId").required(),
        boolean("isEnabled").required(),
        list("entries", &Kind::Object(&ALARM_HISTORY_ENTRY)).required(),
    ],
);

/// `AlarmHistoryEntry`.
pub static ALARM_HISTORY_ENTRY: Model = model(
    "AlarmHistoryEntry",
    &[
        text("alarmSummary").required(),
        text("summary").required(),
        datetime("timestamp").required(),
        datetime("timestampTriggered"),
    ],
);

/// `AlarmOverride`.
pub static ALARM_OVERRIDE: Model = model(
    "AlarmOverride",
    &[
        text("pendingDuration"),
        text("severity"),
        text("body"),
        text("ruleName"),
        text("query"),
    ],
);

/// `AlarmStatusSummary`.
pub static ALARM_STATUS_SUMMARY: Model = model(
    "AlarmStatusSummary",
    &[
        text("id").required(),
        text("displayName").required(),
        choice("severity", SEVERITY).required(),
        text("ruleName").required(),
        datetime("timestampTriggered").required(),
        text("alarmSummary").required(),
        choice("status", &["FIRING", "OK", "SUSPENDED"]).required(),
        object("suppression", &SUPPRESSION),
    ],
);

/// `AlarmSummary`.
pub static ALARM_SUMMARY: Model = model(
    "AlarmSummary",
    &[
        text("id").required(),
        text("displayName").required(),
        text("compartmentId").required(),
        text("metricCompartmentId").required(),
        text("namespace").required(),
        text("query").required(),
        choice("severity", SEVERITY).required(),
        list("destinations", &Kind::Text).required(),
        object("suppression", &SUPPRESSION),
        boolean("isEnabled").required(),
        boolean("isNotificationsPerMetricDimensionEnabled"),
        FREEFORM_TAGS,
        DEFINED_TAGS,
        text("lifecycleState").required(),
        list("overrides", &Kind::Object(&ALARM_OVERRIDE)),
        text("ruleName"),
        text("notificationVersion"),
        text("notificationTitle"),
        text("evaluationSlackDuration"),
        text("alarmSummary"),
        text("resourceGroup"),
    ],
);

/// `AlarmSuppression`.
pub static ALARM_SUPPRESSION: Model = model(
    "AlarmSuppression",
    &[
        text("id").required(),
        text("compartmentId").required(),
        object("alarmSuppressionTarget", &ALARM_SUPPRESSION_TARGET).required(),
        choice("level", LEVEL).required(),
        list(
            "suppressionConditions",
            &Kind::Object(&SUPPRESSION_CONDITION),
        ),
        text("displayName").required(),
        text("description"),
        map("dimensions", &Kind::Text),
        datetime("timeSuppressFrom").required(),
        datetime("timeSuppressUntil").required(),
        choice("lifecycleState", &["ACTIVE", "DELETED"]).required(),
        datetime("timeCreated").required(),
        datetime("timeUpdated").required(),
        FREEFORM_TAGS,
        DEFINED_TAGS,
    ],
);

/// `AlarmSuppressionAlarmTarget`.
pub static ALARM_SUPPRESSION_ALARM_TARGET: Model = model(
    "AlarmSuppressionAlarmTarget",
    &[text("targetType"), text("alarmId").required()],
);

/// `AlarmSuppressionCollection`.
pub static ALARM_SUPPRESSION_COLLECTION: Model = model(
    "AlarmSuppressionCollection",
    &[list("items", &Kind::Object(&ALARM_SUPPRESSION_SUMMARY)).required()],
);

/// `AlarmSuppressionCompartmentTarget`.
pub static ALARM_SUPPRESSION_COMPARTMENT_TARGET: Model = model(
    "AlarmSuppressionCompartmentTarget",
    &[
        text("targetType"),
        text("compartmentId").required(),
        boolean("compartmentIdInSubtree"),
    ],
);

/// `AlarmSuppressionHistoryItem`.
pub static ALARM_SUPPRESSION_HISTORY_ITEM: Model = model(
    "AlarmSuppressionHistoryItem",
    &[
        text("suppressionId").required(),
        object("alarmSuppressionTarget", &ALARM_SUPPRESSION_TARGET).required(),
        choice("level", LEVEL).required(),
        text("displayName").required(),
        text("description"),
        map("dimensions", &Kind::Text),
        datetime("timeEffectiveFrom").required(),
        datetime("timeEffectiveUntil").required(),
        list(
            "suppressionConditions",
            &Kind::Object(&SUPPRESSION_CONDITION),
        ),
    ],
);

/// `AlarmSuppressionHistoryItemCollection`.
pub static ALARM_SUPPRESSION_HISTORY_ITEM_COLLECTION: Model = model(
    "AlarmSuppressionHistoryItemCollection",
    &[list("items", &Kind::Object(&ALARM_SUPPRESSION_HISTORY_ITEM)).required()],
);

/// `AlarmSuppressionSummary`.
pub static ALARM_SUPPRESSION_SUMMARY: Model = model(
    "AlarmSuppressionSummary",
    &[
        text("id").required(),
        text("compartmentId").required(),
        object("alarmSuppressionTarget", &ALARM_SUPPRESSION_TARGET).required(),
        text("level").required(),
        list(
            "suppressionConditions",
            &Kind::Object(&SUPPRESSION_CONDITION),
        ),
        text("displayName").required(),
        text("description"),
        map("dimensions", &Kind::Text),
        datetime("timeSuppressFrom").required(),
        datetime("timeSuppressUntil").required(),
        text("lifecycleState").required(),
        datetime("timeCreated").required(),
        datetime("timeUpdated").required(),
        FREEFORM_TAGS,
        DEFINED_TAGS,
    ],
);

/// `AlarmSuppressionTarget`.
pub static ALARM_SUPPRESSION_TARGET: Model = model_of(
    "AlarmSuppressionTarget",
    &[choice("targetType", &["ALARM", "COMPARTMENT"]).required()],
    "targetType",
    &[
        ("ALARM", &ALARM_SUPPRESSION_ALARM_TARGET),
        ("COMPARTMENT", &ALARM_SUPPRESSION_COMPARTMENT_TARGET),
    ],
);

/// `ChangeAlarmCompartmentDetails`.
pub static CHANGE_ALARM_COMPARTMENT_DETAILS: Model = model(
    "ChangeAlarmCompartmentDetails",
    &[text("compartmentId").required()],
);

/// `CreateAlarmDetails`.
pub static CREATE_ALARM_DETAILS: Model = model(
    "CreateAlarmDetails",
    &[
        text("displayName").required(),
        text("compartmentId").required(),
        text("metricCompartmentId").required(),
        boolean("metricCompartmentIdInSubtree"),
        text("namespace").required(),
        text("resourceGroup"),
        text("query").required(),
        text("resolution"),
        text("pendingDuration"),
        text("severity").required(),
        text("body"),
        boolean("isNotificationsPerMetricDimensionEnabled"),
        choice("messageFormat", MESSAGE_FORMAT),
        list("destinations", &Kind::Text).required(),
        text("repeatNotificationDuration"),
        object("suppression", &SUPPRESSION),
        boolean("isEnabled").required(),
        FREEFORM_TAGS,
        DEFINED_TAGS,
        list("overrides", &Kind::Object(&ALARM_OVERRIDE)),
        text("ruleName"),
        text("notificationVersion"),
        text("notificationTitle"),
        text("evaluationSlackDuration"),
        text("alarmSummary"),
    ],
);

/// `CreateAlarmSuppressionDetails`.
pub static CREATE_ALARM_SUPPRESSION_DETAILS: Model = model(
    "CreateAlarmSuppressionDetails",
    &[
        object("alarmSuppressionTarget", &ALARM_SUPPRESSION_TARGET).required(),
        text("level"),
        text("displayName").required(),
        text("description"),
        map("dimensions", &Kind::Text),
        datetime("timeSuppressFrom").required(),
        datetime("timeSuppressUntil").required(),
        FREEFORM_TAGS,
        DEFINED_TAGS,
        list(
            "suppressionConditions",
            &Kind::Object(&SUPPRESSION_CONDITION),
        ),
    ],
);

/// `Datapoint`.
pub static DATAPOINT: Model = model(
    "Datapoint",
    &[
        datetime("timestamp").required(),
        float("value").required(),
        integer("count"),
    ],
);

/// `FailedMetricRecord`.
pub static FAILED_METRIC_RECORD: Model = model(
    "FailedMetricRecord",
    &[
        text("message").required(),
        object("metricData", &METRIC_DATA_DETAILS).required(),
    ],
);

/// `ListMetricsDetails`.
pub static LIST_METRICS_DETAILS: Model = model(
    "ListMetricsDetails",
    &[
        text("name"),
        text("namespace"),
        text("resourceGroup"),
        map("dimensionFilters", &Kind::Text),
        list("groupBy", &Kind::Text),
        choice("sortBy", &["NAMESPACE", "NAME", "RESOURCEGROUP"]),
        choice("sortOrder", &["ASC", "DESC"]),
    ],
);

/// `Metric`.
pub static METRIC: Model = model(
    "Metric",
    &[
        text("name"),
        text("namespace"),
        text("resourceGroup"),
        text("compartmentId"),
        map("dimensions", &Kind::Text),
    ],
);

/// `MetricData`.
pub static METRIC_DATA: Model = model(
    "MetricData",
    &[
        text("namespace").required(),
        text("resourceGroup"),
        text("compartmentId").required(),
        text("name").required(),
        map("dimensions", &Kind::Text).required(),
        map("metadata", &Kind::Text),
        text("resolution"),
        list("aggregatedDatapoints", &Kind::Object(&AGGREGATED_DATAPOINT)).required(),
    ],
);

/// `MetricDataDetails`.
pub static METRIC_DATA_DETAILS: Model = model(
    "MetricDataDetails",
    &[
        text("namespace").required(),
        text("resourceGroup"),
        text("compartmentId").required(),
        text("name").required(),
        map("dimensions", &Kind::Text).required(),
        map("metadata", &Kind::Text),
        list("datapoints", &Kind::Object(&DATAPOINT)).required(),
    ],
);

/// `PostMetricDataDetails`.
pub static POST_METRIC_DATA_DETAILS: Model = model(
    "PostMetricDataDetails",
    &[
        list("metricData", &Kind::Object(&METRIC_DATA_DETAILS)).required(),
        choice("batchAtomicity", &["ATOMIC", "NON_ATOMIC"]),
    ],
);

/// `PostMetricDataResponseDetails`.
pub static POST_METRIC_DATA_RESPONSE_DETAILS: Model = model(
    "PostMetricDataResponseDetails",
    &[
        integer("failedMetricsCount").required(),
        list("failedMetrics", &Kind::Object(&FAILED_METRIC_RECORD)),
    ],
);

/// `Recurrence`.
pub static RECURRENCE: Model = model(
    "Recurrence",
    &[
        text("conditionType"),
        text("suppressionRecurrence").required(),
        text("suppressionDuration").required(),
    ],
);

/// `RetrieveDimensionStatesDetails`.
pub static RETRIEVE_DIMENSION_STATES_DETAILS: Model = model(
    "RetrieveDimensionStatesDetails",
    &[map("dimensionFilters", &Kind::Text), text("status")],
);

/// `SummarizeAlarmSuppressionHistoryDetails`.
pub static SUMMARIZE_ALARM_SUPPRESSION_HISTORY_DETAILS: Model = model(
    "SummarizeAlarmSuppressionHistoryDetails",
    &[
        map("dimensions", &Kind::Text),
        datetime("timeSuppressFromGreaterThanOrEqualTo"),
        datetime("timeSuppressFromLessThan"),
    ],
);

/// `SummarizeMetricsDataDetails`.
pub static SUMMARIZE_METRICS_DATA_DETAILS: Model = model(
    "SummarizeMetricsDataDetails",
    &[
        text("namespace").required(),
        text("resourceGroup"),
        text("query").required(),
        datetime("startTime"),
        datetime("endTime"),
        text("resolution"),
    ],
);

/// `Suppression`.
pub static SUPPRESSION: Model = model(
    "Suppression",
    &[
        text("description"),
        datetime("timeSuppressFrom").required(),
        datetime("timeSuppressUntil").required(),
    ],
);

/// `SuppressionCondition`.
pub static SUPPRESSION_CONDITION: Model = model_of(
    "SuppressionCondition",
    &[choice("conditionType", &["RECURRENCE"]).required()],
    "conditionType",
    &[("RECURRENCE", &RECURRENCE)],
);

/// `UpdateAlarmDetails`.
pub static UPDATE_ALARM_DETAILS: Model = model(
    "UpdateAlarmDetails",
    &[
        text("displayName"),
        text("compartmentId"),
        text("metricCompartmentId"),
        boolean("metricCompartmentIdInSubtree"),
        text("namespace"),
        text("resourceGroup"),
        text("query"),
        text("resolution"),
        text("pendingDuration"),
        text("severity"),
        text("body"),
        boolean("isNotificationsPerMetricDimensionEnabled"),
        choice("messageFormat", MESSAGE_FORMAT),
        list("destinations", &Kind::Text),
        text("repeatNotificationDuration"),
        object("suppression", &SUPPRESSION),
        boolean("isEnabled"),
        FREEFORM_TAGS,
        DEFINED_TAGS,
        list("overrides", &Kind::Object(&ALARM_OVERRIDE)),
        text("ruleName"),
        text("notificationVersion"),
        text("notificationTitle"),
        text("evaluationSlackDuration"),
        text("alarmSummary"),
    ],
);
