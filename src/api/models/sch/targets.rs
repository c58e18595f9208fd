//! Where connectors move to, as the interface description of Connector Hub names it.

use crate::api::model::{
    Kind, Model, boolean, choice, integer, list, model, model_of, object, text,
};

use super::PRIVATE_ENDPOINT_METADATA;

const TARGET_DETAILS_KIND: &[&str] = &[
    "functions",
    "loggingAnalytics",
    "monitoring",
    "notifications",
    "objectStorage",
    "streaming",
];

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

/// `StaticDimensionValue`.
pub static STATIC_DIMENSION_VALUE: Model = model(
    "StaticDimensionValue",
    &[text("kind"), text("value").required()],
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
