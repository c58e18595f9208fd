//! The wire models of Connector Hub, as its interface descriptions name them.

use crate::api::model::{
    DEFINED_TAGS, FREEFORM_TAGS, Field, Kind, Model, any, boolean, choice, datetime, integer, list,
    map, model, model_of, object, text,
};

use super::work_requests;

const KIND: &[&str] = &["SOURCE", "TARGET"];

const ESTIMATED_THROUGHPUT: &[&str] = &["LOW", "MEDIUM", "HIGH", "UNKNOWN"];

const CONNECTOR_PLUGIN_LIFECYCLE_STATE: &[&str] = &["ACTIVE", "DELETED"];

const SERVICE_CONNECTOR_LIFECYCLE_STATE: &[&str] = &[
    "CREATING",
    "UPDATING",
    "ACTIVE",
    "INACTIVE",
    "NEEDS_ATTENTION",
    "DELETING",
    "DELETED",
    "FAILED",
];

const SOURCE_DETAILS_KIND: &[&str] = &["logging", "monitoring", "streaming", "plugin"];

const TARGET_DETAILS_KIND: &[&str] = &[
    "functions",
    "loggingAnalytics",
    "monitoring",
    "notifications",
    "objectStorage",
    "streaming",
];

const TASK_DETAILS_KIND: &[&str] = &["function", "logRule"];

/// `ChangeServiceConnectorCompartmentDetails`.
pub static CHANGE_SERVICE_CONNECTOR_COMPARTMENT_DETAILS: Model = model(
    "ChangeServiceConnectorCompartmentDetails",
    &[text("compartmentId").required()],
);

/// `ConnectorPlugin`.
pub static CONNECTOR_PLUGIN: Model = model_of(
    "ConnectorPlugin",
    &[
        choice("kind", KIND).required(),
        text("name").required(),
        datetime("timeCreated").required(),
        choice("estimatedThroughput", ESTIMATED_THROUGHPUT),
        choice("lifecycleState", CONNECTOR_PLUGIN_LIFECYCLE_STATE).required(),
        text("displayName").required(),
        text("schema"),
    ],
    "kind",
    &[
        ("SOURCE", &SOURCE_CONNECTOR_PLUGIN),
        ("TARGET", &TARGET_CONNECTOR_PLUGIN),
    ],
);

/// `ConnectorPluginCollection`.
pub static CONNECTOR_PLUGIN_COLLECTION: Model = model(
    "ConnectorPluginCollection",
    &[list("items", &Kind::Object(&CONNECTOR_PLUGIN_SUMMARY)).required()],
);

/// `ConnectorPluginSummary`.
pub static CONNECTOR_PLUGIN_SUMMARY: Model = model_of(
    "ConnectorPluginSummary",
    &[
        choice("kind", KIND).required(),
        text("name").required(),
        datetime("timeCreated").required(),
        choice("estimatedThroughput", ESTIMATED_THROUGHPUT),
        choice("lifecycleState", CONNECTOR_PLUGIN_LIFECYCLE_STATE).required(),
        text("displayName").required(),
    ],
    "kind",
    &[
        ("SOURCE", &SOURCE_CONNECTOR_PLUGIN_SUMMARY),
        ("TARGET", &TARGET_CONNECTOR_PLUGIN_SUMMARY),
    ],
);

/// `CreateServiceConnectorDetails`.
pub static CREATE_SERVICE_CONNECTOR_DETAILS: Model = model(
    "CreateServiceConnectorDetails",
    &[
        text("displayName").required(),
        text("compartmentId").required(),
        text("description"),
        object("source", &SOURCE_DETAILS).required(),
        list("tasks", &Kind::Object(&TASK_DETAILS)),
        object("target", &TARGET_DETAILS).required(),
        FREEFORM_TAGS,
        DEFINED_TAGS,
    ],
);

/// `DimensionDetails`.
pub static DIMENSION_DETAILS: Model = model(
    "DimensionDetails",
    &[
        text("name").required(),
        object("dimensionValue", &DIMENSION_VALUE_DETAILS).required(),
    ],
);

/// `DimensionValueDetails`.
pub static DIMENSION_VALUE_DETAILS: Model = model_of(
    "DimensionValueDetails",
    &[choice("kind", &["jmesPath", "static"]).required()],
    "kind",
    &[
        ("jmesPath", &JMES_PATH_DIMENSION_VALUE),
        ("static", &STATIC_DIMENSION_VALUE),
    ],
);

/// `FunctionTaskDetails`.
pub static FUNCTION_TASK_DETAILS: Model = model(
    "FunctionTaskDetails",
    &[
        text("kind"),
        text("functionId").required(),
        integer("batchSizeInKbs"),
        integer("batchTimeInSec"),
    ],
);

/// `FunctionTaskDetailsResponse`.
pub static FUNCTION_TASK_DETAILS_RESPONSE: Model = model(
    "FunctionTaskDetailsResponse",
    &[
        text("kind"),
        object("privateEndpointMetadata", &PRIVATE_ENDPOINT_METADATA),
        text("functionId").required(),
        integer("batchSizeInKbs"),
        integer("batchTimeInSec"),
    ],
);

/// `FunctionsTargetDetails`.
pub static FUNCTIONS_TARGET_DETAILS: Model = model(
    "FunctionsTargetDetails",
    &[
        text("kind"),
        text("functionId").required(),
        integer("batchSizeInKbs"),
        integer("batchSizeInNum"),
        integer("batchTimeInSec"),
    ],
);

/// `FunctionsTargetDetailsResponse`.
pub static FUNCTIONS_TARGET_DETAILS_RESPONSE: Model = model(
    "FunctionsTargetDetailsResponse",
    &[
        text("kind"),
        object("privateEndpointMetadata", &PRIVATE_ENDPOINT_METADATA),
        text("functionId").required(),
        integer("batchSizeInKbs"),
        integer("batchSizeInNum"),
        integer("batchTimeInSec"),
    ],
);

/// `JmesPathDimensionValue`.
pub static JMES_PATH_DIMENSION_VALUE: Model = model(
    "JmesPathDimensionValue",
    &[text("kind"), text("path").required()],
);

/// `LatestStreamingCursor`.
pub static LATEST_STREAMING_CURSOR: Model = model("LatestStreamingCursor", &[text("kind")]);

/// `LogRuleTaskDetails`.
pub static LOG_RULE_TASK_DETAILS: Model = model(
    "LogRuleTaskDetails",
    &[text("kind"), text("condition").required()],
);

/// `LogRuleTaskDetailsResponse`.
pub static LOG_RULE_TASK_DETAILS_RESPONSE: Model = model(
    "LogRuleTaskDetailsResponse",
    &[
        text("kind"),
        object("privateEndpointMetadata", &PRIVATE_ENDPOINT_METADATA),
        text("condition").required(),
    ],
);

/// `LogSource`.
pub static LOG_SOURCE: Model = model(
    "LogSource",
    &[
        text("compartmentId").required(),
        text("logGroupId"),
        text("logId"),
    ],
);

/// `LoggingAnalyticsTargetDetails`.
pub static LOGGING_ANALYTICS_TARGET_DETAILS: Model = model(
    "LoggingAnalyticsTargetDetails",
    &[
        text("kind"),
        text("logGroupId").required(),
        text("logSourceIdentifier"),
    ],
);

/// `LoggingAnalyticsTargetDetailsResponse`.
pub static LOGGING_ANALYTICS_TARGET_DETAILS_RESPONSE: Model = model(
    "LoggingAnalyticsTargetDetailsResponse",
    &[
        text("kind"),
        object("privateEndpointMetadata", &PRIVATE_ENDPOINT_METADATA),
        text("logGroupId").required(),
        text("logSourceIdentifier"),
    ],
);

/// `LoggingSourceDetails`.
pub static LOGGING_SOURCE_DETAILS: Model = model(
    "LoggingSourceDetails",
    &[
        text("kind"),
        list("logSources", &Kind::Object(&LOG_SOURCE)).required(),
    ],
);

/// `LoggingSourceDetailsResponse`.
pub static LOGGING_SOURCE_DETAILS_RESPONSE: Model = model(
    "LoggingSourceDetailsResponse",
    &[
        text("kind"),
        object("privateEndpointMetadata", &PRIVATE_ENDPOINT_METADATA),
        list("logSources", &Kind::Object(&LOG_SOURCE)).required(),
    ],
);

/// `MonitoringSource`.
pub static MONITORING_SOURCE: Model = model(
    "MonitoringSource",
    &[
        text("compartmentId").required(),
        object("namespaceDetails", &MONITORING_SOURCE_NAMESPACE_DETAILS).required(),
    ],
);

/// `MonitoringSourceAllMetrics`.
pub static MONITORING_SOURCE_ALL_METRICS: Model =
    model("MonitoringSourceAllMetrics", &[text("kind")]);

/// `MonitoringSourceDetails`.
pub static MONITORING_SOURCE_DETAILS: Model = model(
    "MonitoringSourceDetails",
    &[
        text("kind"),
        list("monitoringSources", &Kind::Object(&MONITORING_SOURCE)).required(),
    ],
);

/// `MonitoringSourceDetailsResponse`.
pub static MONITORING_SOURCE_DETAILS_RESPONSE: Model = model(
    "MonitoringSourceDetailsResponse",
    &[
        text("kind"),
        object("privateEndpointMetadata", &PRIVATE_ENDPOINT_METADATA),
        list("monitoringSources", &Kind::Object(&MONITORING_SOURCE)).required(),
    ],
);

/// `MonitoringSourceMetricDetails`.
pub static MONITORING_SOURCE_METRIC_DETAILS: Model = model_of(
    "MonitoringSourceMetricDetails",
    &[choice("kind", &["all"]).required()],
    "kind",
    &[("all", &MONITORING_SOURCE_ALL_METRICS)],
);

/// `MonitoringSourceNamespaceDetails`.
pub static MONITORING_SOURCE_NAMESPACE_DETAILS: Model = model_of(
    "MonitoringSourceNamespaceDetails",
    &[choice("kind", &["selected"]).required()],
    "kind",
    &[("selected", &MONITORING_SOURCE_SELECTED_NAMESPACE_DETAILS)],
);

/// `MonitoringSourceSelectedNamespace`.
pub static MONITORING_SOURCE_SELECTED_NAMESPACE: Model = model(
    "MonitoringSourceSelectedNamespace",
    &[
        text("namespace").required(),
        object("metrics", &MONITORING_SOURCE_METRIC_DETAILS).required(),
    ],
);

/// `MonitoringSourceSelectedNamespaceDetails`.
pub static MONITORING_SOURCE_SELECTED_NAMESPACE_DETAILS: Model = model(
    "MonitoringSourceSelectedNamespaceDetails",
    &[
        text("kind"),
        list(
            "namespaces",
            &Kind::Object(&MONITORING_SOURCE_SELECTED_NAMESPACE),
        )
        .required(),
    ],
);

/// `MonitoringTargetDetails`.
pub static MONITORING_TARGET_DETAILS: Model = model(
    "MonitoringTargetDetails",
    &[
        text("kind"),
        text("compartmentId").required(),
        text("metricNamespace").required(),
        text("metric").required(),
        list("dimensions", &Kind::Object(&DIMENSION_DETAILS)),
    ],
);

/// `MonitoringTargetDetailsResponse`.
pub static MONITORING_TARGET_DETAILS_RESPONSE: Model = model(
    "MonitoringTargetDetailsResponse",
    &[
        text("kind"),
        object("privateEndpointMetadata", &PRIVATE_ENDPOINT_METADATA),
        text("compartmentId").required(),
        text("metricNamespace").required(),
        text("metric").required(),
        list("dimensions", &Kind::Object(&DIMENSION_DETAILS)),
    ],
);

/// `NotificationsTargetDetails`.
pub static NOTIFICATIONS_TARGET_DETAILS: Model = model(
    "NotificationsTargetDetails",
    &[
        text("kind"),
        text("topicId").required(),
        boolean("enableFormattedMessaging"),
    ],
);

/// `NotificationsTargetDetailsResponse`.
pub static NOTIFICATIONS_TARGET_DETAILS_RESPONSE: Model = model(
    "NotificationsTargetDetailsResponse",
    &[
        text("kind"),
        object("privateEndpointMetadata", &PRIVATE_ENDPOINT_METADATA),
        text("topicId").required(),
        boolean("enableFormattedMessaging"),
    ],
);

/// `ObjectStorageTargetDetails`.
pub static OBJECT_STORAGE_TARGET_DETAILS: Model = model(
    "ObjectStorageTargetDetails",
    &[
        text("kind"),
        text("namespace"),
        text("bucketName").required(),
        text("objectNamePrefix"),
        integer("batchRolloverSizeInMBs"),
        integer("batchRolloverTimeInMs"),
    ],
);

/// `ObjectStorageTargetDetailsResponse`.
pub static OBJECT_STORAGE_TARGET_DETAILS_RESPONSE: Model = model(
    "ObjectStorageTargetDetailsResponse",
    &[
        text("kind"),
        object("privateEndpointMetadata", &PRIVATE_ENDPOINT_METADATA),
        text("namespace"),
        text("bucketName").required(),
        text("objectNamePrefix"),
        integer("batchRolloverSizeInMBs"),
        integer("batchRolloverTimeInMs"),
    ],
);

/// `PluginSourceDetails`.
pub static PLUGIN_SOURCE_DETAILS: Model = model(
    "PluginSourceDetails",
    &[
        text("kind"),
        text("pluginName").required(),
        any("configMap").required(),
    ],
);

/// `PluginSourceDetailsResponse`.
pub static PLUGIN_SOURCE_DETAILS_RESPONSE: Model = model(
    "PluginSourceDetailsResponse",
    &[
        text("kind"),
        object("privateEndpointMetadata", &PRIVATE_ENDPOINT_METADATA),
        text("pluginName").required(),
        any("configMap").required(),
    ],
);

/// `PrivateEndpointMetadata`.
pub static PRIVATE_ENDPOINT_METADATA: Model = model(
    "PrivateEndpointMetadata",
    &[text("rceTrafficIpAddress"), text("rceDnsProxyIpAddress")],
);

/// `ServiceConnector`.
pub static SERVICE_CONNECTOR: Model = model(
    "ServiceConnector",
    &[
        text("id").required(),
        text("displayName").required(),
        text("description"),
        text("compartmentId").required(),
        datetime("timeCreated").required(),
        datetime("timeUpdated").required(),
        choice("lifecycleState", SERVICE_CONNECTOR_LIFECYCLE_STATE).required(),
        text("lifecycleDetails"),
        text("lifecyleDetails"),
        object("source", &SOURCE_DETAILS_RESPONSE),
        list("tasks", &Kind::Object(&TASK_DETAILS_RESPONSE)),
        object("target", &TARGET_DETAILS_RESPONSE),
        FREEFORM_TAGS,
        DEFINED_TAGS,
        map("systemTags", &Kind::Map(&Kind::Any)),
    ],
);

/// `ServiceConnectorCollection`.
pub static SERVICE_CONNECTOR_COLLECTION: Model = model(
    "ServiceConnectorCollection",
    &[list("items", &Kind::Object(&SERVICE_CONNECTOR_SUMMARY)).required()],
);

/// `ServiceConnectorSummary`.
pub static SERVICE_CONNECTOR_SUMMARY: Model = model(
    "ServiceConnectorSummary",
    &[
        text("id").required(),
        text("displayName").required(),
        text("description"),
        text("compartmentId").required(),
        datetime("timeCreated").required(),
        datetime("timeUpdated").required(),
        choice("lifecycleState", SERVICE_CONNECTOR_LIFECYCLE_STATE).required(),
        text("lifecycleDetails"),
        FREEFORM_TAGS,
        DEFINED_TAGS,
        map("systemTags", &Kind::Map(&Kind::Any)),
    ],
);

/// `SourceConnectorPlugin`.
pub static SOURCE_CONNECTOR_PLUGIN: Model = model(
    "SourceConnectorPlugin",
    &[
        text("kind"),
        text("name"),
        datetime("timeCreated"),
        text("estimatedThroughput"),
        text("lifecycleState"),
        text("displayName"),
        text("schema"),
        text("maxRetention"),
    ],
);

/// `SourceConnectorPluginSummary`.
pub static SOURCE_CONNECTOR_PLUGIN_SUMMARY: Model = model(
    "SourceConnectorPluginSummary",
    &[
        text("kind"),
        text("name"),
        datetime("timeCreated"),
        text("estimatedThroughput"),
        text("lifecycleState"),
        text("displayName"),
        text("maxRetention"),
    ],
);

/// `SourceDetails`.
pub static SOURCE_DETAILS: Model = model_of(
    "SourceDetails",
    &[choice("kind", SOURCE_DETAILS_KIND).required()],
    "kind",
    &[
        ("logging", &LOGGING_SOURCE_DETAILS),
        ("monitoring", &MONITORING_SOURCE_DETAILS),
        ("plugin", &PLUGIN_SOURCE_DETAILS),
        ("streaming", &STREAMING_SOURCE_DETAILS),
    ],
);

/// `SourceDetailsResponse`.
pub static SOURCE_DETAILS_RESPONSE: Model = model_of(
    "SourceDetailsResponse",
    &[
        choice("kind", SOURCE_DETAILS_KIND).required(),
        object("privateEndpointMetadata", &PRIVATE_ENDPOINT_METADATA),
    ],
    "kind",
    &[
        ("logging", &LOGGING_SOURCE_DETAILS_RESPONSE),
        ("monitoring", &MONITORING_SOURCE_DETAILS_RESPONSE),
        ("plugin", &PLUGIN_SOURCE_DETAILS_RESPONSE),
        ("streaming", &STREAMING_SOURCE_DETAILS_RESPONSE),
    ],
);

/// `StaticDimensionValue`.
pub static STATIC_DIMENSION_VALUE: Model = model(
    "StaticDimensionValue",
    &[text("kind"), text("value").required()],
);

/// `StreamingCursorDetails`.
pub static STREAMING_CURSOR_DETAILS: Model = model_of(
    "StreamingCursorDetails",
    &[choice("kind", &["LATEST", "TRIM_HORIZON"]).required()],
    "kind",
    &[
        ("LATEST", &LATEST_STREAMING_CURSOR),
        ("TRIM_HORIZON", &TRIM_HORIZON_STREAMING_CURSOR),
    ],
);

/// `StreamingSourceDetails`.
pub static STREAMING_SOURCE_DETAILS: Model = model(
    "StreamingSourceDetails",
    &[
        text("kind"),
        text("streamId").required(),
        object("cursor", &STREAMING_CURSOR_DETAILS),
    ],
);

/// `StreamingSourceDetailsResponse`.
pub static STREAMING_SOURCE_DETAILS_RESPONSE: Model = model(
    "StreamingSourceDetailsResponse",
    &[
        text("kind"),
        object("privateEndpointMetadata", &PRIVATE_ENDPOINT_METADATA),
        text("streamId").required(),
        object("cursor", &STREAMING_CURSOR_DETAILS),
    ],
);

/// `StreamingTargetDetails`.
pub static STREAMING_TARGET_DETAILS: Model = model(
    "StreamingTargetDetails",
    &[text("kind"), text("streamId").required()],
);

/// `StreamingTargetDetailsResponse`.
pub static STREAMING_TARGET_DETAILS_RESPONSE: Model = model(
    "StreamingTargetDetailsResponse",
    &[
        text("kind"),
        object("privateEndpointMetadata", &PRIVATE_ENDPOINT_METADATA),
        text("streamId").required(),
    ],
);

/// `TargetConnectorPlugin`.
pub static TARGET_CONNECTOR_PLUGIN: Model = model(
    "TargetConnectorPlugin",
    &[
        text("kind"),
        text("name"),
        datetime("timeCreated"),
        text("estimatedThroughput"),
        text("lifecycleState"),
        text("displayName"),
        text("schema"),
    ],
);

/// `TargetConnectorPluginSummary`.
pub static TARGET_CONNECTOR_PLUGIN_SUMMARY: Model = model(
    "TargetConnectorPluginSummary",
    &[
        text("kind"),
        text("name"),
        datetime("timeCreated"),
        text("estimatedThroughput"),
        text("lifecycleState"),
        text("displayName"),
    ],
);

/// `TargetDetails`.
pub static TARGET_DETAILS: Model = model_of(
    "TargetDetails",
    &[choice("kind", TARGET_DETAILS_KIND).required()],
    "kind",
    &[
        ("functions", &FUNCTIONS_TARGET_DETAILS),
        ("loggingAnalytics", &LOGGING_ANALYTICS_TARGET_DETAILS),
        ("monitoring", &MONITORING_TARGET_DETAILS),
        ("notifications", &NOTIFICATIONS_TARGET_DETAILS),
        ("objectStorage", &OBJECT_STORAGE_TARGET_DETAILS),
        ("streaming", &STREAMING_TARGET_DETAILS),
    ],
);

/// `TargetDetailsResponse`.
pub static TARGET_DETAILS_RESPONSE: Model = model_of(
    "TargetDetailsResponse",
    &[
        choice("kind", TARGET_DETAILS_KIND).required(),
        object("privateEndpointMetadata", &PRIVATE_ENDPOINT_METADATA),
    ],
    "kind",
    &[
        ("functions", &FUNCTIONS_TARGET_DETAILS_RESPONSE),
        (
            "loggingAnalytics",
            &LOGGING_ANALYTICS_TARGET_DETAILS_RESPONSE,
        ),
        ("monitoring", &MONITORING_TARGET_DETAILS_RESPONSE),
        ("notifications", &NOTIFICATIONS_TARGET_DETAILS_RESPONSE),
        ("objectStorage", &OBJECT_STORAGE_TARGET_DETAILS_RESPONSE),
        ("streaming", &STREAMING_TARGET_DETAILS_RESPONSE),
    ],
);

/// `TaskDetails`.
pub static TASK_DETAILS: Model = model_of(
    "TaskDetails",
    &[choice("kind", TASK_DETAILS_KIND).required()],
    "kind",
    &[
        ("function", &FUNCTION_TASK_DETAILS),
        ("logRule", &LOG_RULE_TASK_DETAILS),
    ],
);

/// `TaskDetailsResponse`.
pub static TASK_DETAILS_RESPONSE: Model = model_of(
    "TaskDetailsResponse",
    &[
        choice("kind", TASK_DETAILS_KIND).required(),
        object("privateEndpointMetadata", &PRIVATE_ENDPOINT_METADATA),
    ],
    "kind",
    &[
        ("function", &FUNCTION_TASK_DETAILS_RESPONSE),
        ("logRule", &LOG_RULE_TASK_DETAILS_RESPONSE),
    ],
);

/// `TrimHorizonStreamingCursor`.
pub static TRIM_HORIZON_STREAMING_CURSOR: Model =
    model("TrimHorizonStreamingCursor", &[text("kind")]);

/// `UpdateServiceConnectorDetails`.
pub static UPDATE_SERVICE_CONNECTOR_DETAILS: Model = model(
    "UpdateServiceConnectorDetails",
    &[
        text("displayName"),
        text("description"),
        object("source", &SOURCE_DETAILS),
        list("tasks", &Kind::Object(&TASK_DETAILS)),
        object("target", &TARGET_DETAILS),
        FREEFORM_TAGS,
        DEFINED_TAGS,
    ],
);

static WORK_REQUEST_FIELDS: [Field; 9] = work_requests::fields(
    &[
        "CREATE_SERVICE_CONNECTOR",
        "UPDATE_SERVICE_CONNECTOR",
        "DELETE_SERVICE_CONNECTOR",
        "ACTIVATE_SERVICE_CONNECTOR",
        "DEACTIVATE_SERVICE_CONNECTOR",
    ],
    &[
        "ACCEPTED",
        "IN_PROGRESS",
        "FAILED",
        "SUCCEEDED",
        "CANCELING",
        "CANCELED",
    ],
    &Kind::Object(&WORK_REQUEST_RESOURCE),
);

/// `WorkRequest`.
pub static WORK_REQUEST: Model = model("WorkRequest", &WORK_REQUEST_FIELDS);

/// `WorkRequestCollection`.
pub static WORK_REQUEST_COLLECTION: Model = model(
    "WorkRequestCollection",
    &[list("items", &Kind::Object(&WORK_REQUEST)).required()],
);

/// `WorkRequestResource`.
pub static WORK_REQUEST_RESOURCE: Model = model(
    "WorkRequestResource",
    &[
        text("entityType").required(),
        choice(
            "actionType",
            &["CREATED", "UPDATED", "DELETED", "IN_PROGRESS", "RELATED"],
        )
        .required(),
        text("identifier").required(),
        text("entityUri"),
    ],
);
