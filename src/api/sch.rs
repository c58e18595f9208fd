//! The operations of Connector Hub.

use super::models::{sch as models, work_requests};
use super::operation::{
    Client, DEFINED_TAGS, FREEFORM_TAGS, IF_MATCH, LIMIT, Method, OPERATION, Operation, PAGE,
    ReplyBody, SORT_ORDER, WORK_REQUEST_ID, body, path, query,
};
use super::{OperationId, Service};

/// The operations of Connector Hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sch {
    /// Show one connector plugin, with the schema of its settings.
    GetConnectorPlugin,
    /// List the connector plugins.
    ListConnectorPlugins,
    /// Start a connector that was stopped.
    ActivateServiceConnector,
    /// Move a connector to another compartment.
    ChangeServiceConnectorCompartment,
    /// Create a connector that moves data from a source to a target.
    CreateServiceConnector,
    /// Stop a connector at once, without deleting it.
    DeactivateServiceConnector,
    /// Delete a connector.
    DeleteServiceConnector,
    /// Show one connector, with its source, tasks and target.
    GetServiceConnector,
    /// List the connectors of a compartment.
    ListServiceConnectors,
    /// Change a connector; it pauses meanwhile, then returns to its state.
    UpdateServiceConnector,
    /// Show one work request and how far it has come.
    GetWorkRequest,
    /// List the work requests of a compartment.
    ListWorkRequests,
    /// List the errors of a work request.
    ListWorkRequestErrors,
    /// List the log lines of a work request.
    ListWorkRequestLogs,
}

static CONNECTOR_PLUGINS: Client = Client {
    name: "connector_plugins",
    base_path: "/20200909",
    endpoint: "https://service-connector-hub.{region}.oci.{secondLevelDomain}",
};

static SERVICE_CONNECTOR: Client = Client {
    name: "service_connector",
    base_path: "/20200909",
    endpoint: "https://service-connector-hub.{region}.oci.{secondLevelDomain}",
};

const LIFECYCLE_STATE: &[&str] = &[
    "CREATING",
    "UPDATING",
    "ACTIVE",
    "INACTIVE",
    "NEEDS_ATTENTION",
    "DELETING",
    "DELETED",
    "FAILED",
];

const SORT_BY: &[&str] = &["timeCreated", "displayName"];

/// Connector Hub, as the command line and the REST interface have it.
pub static SERVICE: Service = Service {
    name: "sch",
    title: "Connector Hub",
    groups: GROUPS,
    parts: &[&OPERATIONS],
};

const GROUPS: &[(&str, &str)] = &[
    (
        "sch",
        "Connectors that move data from streams, queues, logs and metrics to a target.",
    ),
    (
        "sch connector-plugins",
        "Plugins, which add sources such as queues to connectors.",
    ),
    (
        "sch service-connector",
        "Connectors: create, list, change, switch on or off, move and delete them.",
    ),
    (
        "sch work-request",
        "Work requests, which track changes that run in the background.",
    ),
    ("sch work-request-error", "Errors that a work request met."),
    (
        "sch work-request-log-entry",
        "Log lines that a work request wrote.",
    ),
];

static OPERATIONS: [Operation; 14] = [
    Operation {
        id: OperationId::Sch(Sch::GetConnectorPlugin),
        command: "sch connector-plugins get",
        summary: "Show one connector plugin, with the schema of its settings.",
        example: "ocelot sch connector-plugins get --connector-plugin-name QueueSource \
            --query data.schema --raw-output",
        client: &CONNECTOR_PLUGINS,
        method: Method::Get,
        path: "/connectorPlugins/{connectorPluginName}",
        params: &[path(
            "connectorPluginName",
            "Name of the connector plugin, such as QueueSource.",
        )],
        reply: ReplyBody::Object(&models::CONNECTOR_PLUGIN),
        ..OPERATION
    },
    Operation {
        id: OperationId::Sch(Sch::ListConnectorPlugins),
        command: "sch connector-plugins list",
        summary: "List the connector plugins.",
        example: "ocelot sch connector-plugins list --sort-by displayName --sort-order ASC",
        client: &CONNECTOR_PLUGINS,
        method: Method::Get,
        path: "/connectorPlugins",
        params: &[
            query("lifecycleState", "Keep only those in this state.").one_of(LIFECYCLE_STATE),
            query(
                "displayName",
                "Keep only those with exactly this display name.",
            ),
            query("name", "Keep only those with exactly this name."),
            LIMIT,
            PAGE,
            SORT_ORDER,
            query("sortBy", "Field to sort by.").one_of(SORT_BY),
        ],
        reply: ReplyBody::Object(&models::CONNECTOR_PLUGIN_COLLECTION),
        ..OPERATION
    },
    Operation {
        id: OperationId::Sch(Sch::ActivateServiceConnector),
        command: "sch service-connector activate",
        summary: "Start a connector that was stopped.",
        example: "ocelot sch service-connector activate --service-connector-id orders-archive",
        client: &SERVICE_CONNECTOR,
        method: Method::Post,
        path: "/serviceConnectors/{serviceConnectorId}/actions/activate",
        params: &[
            path("serviceConnectorId", "The connector, by name or OCID."),
            IF_MATCH,
        ],
        wait: Some(OperationId::Sch(Sch::GetWorkRequest)),
        takes_retry_token: true,
        ..OPERATION
    },
    Operation {
        id: OperationId::Sch(Sch::ChangeServiceConnectorCompartment),
        command: "sch service-connector change-compartment",
        summary: "Move a connector to another compartment.",
        example: "ocelot sch service-connector change-compartment --service-connector-id \
            orders-archive --compartment-id ocid1.compartment.oc1..archive",
        client: &SERVICE_CONNECTOR,
        method: Method::Post,
        path: "/serviceConnectors/{serviceConnectorId}/actions/changeCompartment",
        params: &[
            path("serviceConnectorId", "The connector, by name or OCID."),
            body("compartmentId", "OCID of the compartment to move it to."),
            IF_MATCH,
        ],
        body: Some(&models::CHANGE_SERVICE_CONNECTOR_COMPARTMENT_DETAILS),
        wait: Some(OperationId::Sch(Sch::GetWorkRequest)),
        ..OPERATION
    },
    Operation {
        id: OperationId::Sch(Sch::CreateServiceConnector),
        command: "sch service-connector create",
        summary: "Create a connector that moves data from a source to a target.",
        example: "ocelot sch service-connector create --display-name orders-archive \
            --source '{\"kind\": \"streaming\", \"streamId\": \
            \"ocid1.stream.oc1..orders\", \"cursor\": {\"kind\": \
            \"TRIM_HORIZON\"}}' --target '{\"kind\": \"objectStorage\", \
            \"bucketName\": \"archive\", \"objectNamePrefix\": \"orders\"}'",
        client: &SERVICE_CONNECTOR,
        method: Method::Post,
        path: "/serviceConnectors",
        params: &[
            body("displayName", "Name of the connector."),
            body("compartmentId", "OCID of the compartment to create it in."),
            body(
                "source",
                "JSON object of kind logging, monitoring, streaming or plugin, with the \
                 fields of that kind.",
            ),
            body(
                "target",
                "JSON object of kind functions, loggingAnalytics, monitoring, \
                 notifications, objectStorage or streaming.",
            ),
            body("description", "Description of the connector."),
            body(
                "tasks",
                "JSON array of steps on the way, in order; each an object of kind \
                 logRule or function.",
            ),
            FREEFORM_TAGS,
            DEFINED_TAGS,
        ],
        body: Some(&models::CREATE_SERVICE_CONNECTOR_DETAILS),
        wait: Some(OperationId::Sch(Sch::GetWorkRequest)),
        takes_retry_token: true,
        ..OPERATION
    },
    Operation {
        id: OperationId::Sch(Sch::DeactivateServiceConnector),
        command: "sch service-connector deactivate",
        summary: "Stop a connector at once, without deleting it.",
        example: "ocelot sch service-connector deactivate --service-connector-id orders-archive",
        client: &SERVICE_CONNECTOR,
        method: Method::Post,
        path: "/serviceConnectors/{serviceConnectorId}/actions/deactivate",
        params: &[
            path("serviceConnectorId", "The connector, by name or OCID."),
            IF_MATCH,
        ],
        wait: Some(OperationId::Sch(Sch::GetWorkRequest)),
        takes_retry_token: true,
        ..OPERATION
    },
    Operation {
        id: OperationId::Sch(Sch::DeleteServiceConnector),
        command: "sch service-connector delete",
        summary: "Delete a connector.",
        example: "ocelot sch service-connector delete --service-connector-id orders-archive",
        client: &SERVICE_CONNECTOR,
        method: Method::Delete,
        path: "/serviceConnectors/{serviceConnectorId}",
        params: &[
            path("serviceConnectorId", "The connector, by name or OCID."),
            IF_MATCH,
        ],
        wait: Some(OperationId::Sch(Sch::GetWorkRequest)),
        ..OPERATION
    },
    Operation {
        id: OperationId::Sch(Sch::GetServiceConnector),
        command: "sch service-connector get",
        summary: "Show one connector, with its source, tasks and target.",
        example: "ocelot sch service-connector get --service-connector-id orders-archive \
            --query 'data.\"lifecycle-state\"' --raw-output",
        client: &SERVICE_CONNECTOR,
        method: Method::Get,
        path: "/serviceConnectors/{serviceConnectorId}",
        params: &[path(
            "serviceConnectorId",
            "The connector, by name or OCID.",
        )],
        reply: ReplyBody::Object(&models::SERVICE_CONNECTOR),
        ..OPERATION
    },
    Operation {
        id: OperationId::Sch(Sch::ListServiceConnectors),
        command: "sch service-connector list",
        summary: "List the connectors of a compartment.",
        example: "ocelot sch service-connector list --lifecycle-state ACTIVE --query \
            'data.items[].{Name: \"display-name\", State: \"lifecycle-state\"}' \
            --output table",
        client: &SERVICE_CONNECTOR,
        method: Method::Get,
        path: "/serviceConnectors",
        params: &[
            query("compartmentId", "OCID of the compartment to look in.").required(),
            query("lifecycleState", "Keep only those in this state.").one_of(LIFECYCLE_STATE),
            query("displayName", "Keep only those with exactly this name."),
            LIMIT,
            PAGE,
            SORT_ORDER,
            query(
                "sortBy",
                "Field to sort by (default timeCreated, newest first).",
            )
            .one_of(SORT_BY),
        ],
        reply: ReplyBody::Object(&models::SERVICE_CONNECTOR_COLLECTION),
        ..OPERATION
    },
    Operation {
        id: OperationId::Sch(Sch::UpdateServiceConnector),
        command: "sch service-connector update",
        summary: "Change a connector; it pauses meanwhile, then returns to its state.",
        example: "ocelot sch service-connector update --service-connector-id \
            orders-archive --target '{\"kind\": \"notifications\", \"topicId\": \
            \"ocid1.onstopic.oc1..alerts\"}'",
        client: &SERVICE_CONNECTOR,
        method: Method::Put,
        path: "/serviceConnectors/{serviceConnectorId}",
        params: &[
            path("serviceConnectorId", "The connector, by name or OCID."),
            body("displayName", "Name of the connector."),
            body("description", "Description of the connector."),
            body(
                "source",
                "JSON object of kind logging, monitoring, streaming or plugin, with the \
                 fields of that kind.",
            ),
            body(
                "tasks",
                "JSON array of steps on the way, in order; each an object of kind \
                 logRule or function.",
            ),
            body(
                "target",
                "JSON object of kind functions, loggingAnalytics, monitoring, \
                 notifications, objectStorage or streaming.",
            ),
            FREEFORM_TAGS,
            DEFINED_TAGS,
            IF_MATCH,
        ],
        body: Some(&models::UPDATE_SERVICE_CONNECTOR_DETAILS),
        wait: Some(OperationId::Sch(Sch::GetWorkRequest)),
        ..OPERATION
    },
    Operation {
        id: OperationId::Sch(Sch::GetWorkRequest),
        command: "sch work-request get",
        summary: "Show one work request and how far it has come.",
        example: "ocelot sch work-request get --work-request-id \
            ocid1.workrequest.oc1..example --query data.status --raw-output",
        client: &SERVICE_CONNECTOR,
        method: Method::Get,
        path: "/workRequests/{workRequestId}",
        params: &[WORK_REQUEST_ID],
        reply: ReplyBody::Object(&models::WORK_REQUEST),
        ..OPERATION
    },
    Operation {
        id: OperationId::Sch(Sch::ListWorkRequests),
        command: "sch work-request list",
        summary: "List the work requests of a compartment.",
        example: "ocelot sch work-request list --limit 10",
        client: &SERVICE_CONNECTOR,
        method: Method::Get,
        path: "/workRequests",
        params: &[
            query("compartmentId", "OCID of the compartment to look in.").required(),
            PAGE,
            LIMIT,
        ],
        reply: ReplyBody::Object(&models::WORK_REQUEST_COLLECTION),
        ..OPERATION
    },
    Operation {
        id: OperationId::Sch(Sch::ListWorkRequestErrors),
        command: "sch work-request-error list",
        summary: "List the errors of a work request.",
        example: "ocelot sch work-request-error list --work-request-id \
            ocid1.workrequest.oc1..example",
        client: &SERVICE_CONNECTOR,
        method: Method::Get,
        path: "/workRequests/{workRequestId}/errors",
        params: &[WORK_REQUEST_ID, PAGE, LIMIT],
        reply: ReplyBody::Object(&work_requests::WORK_REQUEST_ERROR_COLLECTION),
        ..OPERATION
    },
    Operation {
        id: OperationId::Sch(Sch::ListWorkRequestLogs),
        command: "sch work-request-log-entry list-work-request-logs",
        summary: "List the log lines of a work request.",
        example: "ocelot sch work-request-log-entry list-work-request-logs \
            --work-request-id ocid1.workrequest.oc1..example",
        client: &SERVICE_CONNECTOR,
        method: Method::Get,
        path: "/workRequests/{workRequestId}/logs",
        params: &[WORK_REQUEST_ID, PAGE, LIMIT],
        reply: ReplyBody::Object(&work_requests::WORK_REQUEST_LOG_ENTRY_COLLECTION),
        ..OPERATION
    },
];
