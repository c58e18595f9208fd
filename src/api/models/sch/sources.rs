//! Where connectors take from, as the interface description of Connector Hub names it.

use crate::api::model::{Kind, Model, any, choice, list, model, model_of, object, text};

use super::PRIVATE_ENDPOINT_METADATA;

const SOURCE_DETAILS_KIND: &[&str] = &["logging", "monitoring", "streaming", "plugin"];

/// `LatestStreamingCursor`.
pub static LATEST_STREAMING_CURSOR: Model = model("LatestStreamingCursor", &[text("kind")]);

/// `LogSource`.
pub static LOG_SOURCE: Model = model(
    "LogSource",
    &[
        text("compartmentId").required(),
        text("logGroupId"),
        text("logId"),
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

/// `TrimHorizonStreamingCursor`.
pub static TRIM_HORIZON_STREAMING_CURSOR: Model =
    model("TrimHorizonStreamingCursor", &[text("kind")]);
