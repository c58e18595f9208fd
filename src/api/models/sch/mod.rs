//! The wire models of Connector Hub, as its interface descriptions name them.

mod sources;
mod targets;
mod tasks;

use crate::api::model::{
    DEFINED_TAGS, FREEFORM_TAGS, Field, Kind, Model, choice, datetime, list, map, model, model_of,
    object, text,
};

use super::work_requests;

pub use sources::{
    LATEST_STREAMING_CURSOR, LOG_SOURCE, LOGGING_SOURCE_DETAILS, LOGGING_SOURCE_DETAILS_RESPONSE,
    MONITORING_SOURCE, MONITORING_SOURCE_ALL_METRICS, MONITORING_SOURCE_DETAILS,
    MONITORING_SOURCE_DETAILS_RESPONSE, MONITORING_SOURCE_METRIC_DETAILS,
    MONITORING_SOURCE_NAMESPACE_DETAILS, MONITORING_SOURCE_SELECTED_NAMESPACE,
    MONITORING_SOURCE_SELECTED_NAMESPACE_DETAILS, PLUGIN_SOURCE_DETAILS,
    PLUGIN_SOURCE_DETAILS_RESPONSE, SOURCE_DETAILS, SOURCE_DETAILS_RESPONSE,
    STREAMING_CURSOR_DETAILS, STREAMING_SOURCE_DETAILS, STREAMING_SOURCE_DETAILS_RESPONSE,
    TRIM_HORIZON_STREAMING_CURSOR,
};
pub use targets::{
    DIMENSION_DETAILS, DIMENSION_VALUE_DETAILS, FUNCTIONS_TARGET_DETAILS,
    FUNCTIONS_TARGET_DETAILS_RESPONSE, JMES_PATH_DIMENSION_VALUE, LOGGING_ANALYTICS_TARGET_DETAILS,
    LOGGING_ANALYTICS_TARGET_DETAILS_RESPONSE, MONITORING_TARGET_DETAILS,
    MONITORING_TARGET_DETAILS_RESPONSE, NOTIFICATIONS_TARGET_DETAILS,
    NOTIFICATIONS_TARGET_DETAILS_RESPONSE, OBJECT_STORAGE_TARGET_DETAILS,
    OBJECT_STORAGE_TARGET_DETAILS_RESPONSE, STATIC_DIMENSION_VALUE, STREAMING_TARGET_DETAILS,
    STREAMING_TARGET_DETAILS_RESPONSE, TARGET_DETAILS, TARGET_DETAILS_RESPONSE,
};
pub use tasks::{
    FUNCTION_TASK_DETAILS, FUNCTION_TASK_DETAILS_RESPONSE, LOG_RULE_TASK_DETAILS,
    LOG_RULE_TASK_DETAILS_RESPONSE, TASK_DETAILS, TASK_DETAILS_RESPONSE,
};

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
