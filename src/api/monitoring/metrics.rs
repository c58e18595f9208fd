//! Metrics: which there are, their points, and queries.

use crate::api::OperationId;
use crate::api::model::Kind;
use crate::api::models::monitoring as models;
use crate::api::operation::{Method, OPERATION, Operation, PAGE, ReplyBody, body, header, query};

use super::{MONITORING, Monitoring};

pub(super) static OPERATIONS: [Operation; 3] = [
    Operation {
        id: OperationId::Monitoring(Monitoring::ListMetrics),
        command: "monitoring metric list",
        summary: "List the metrics that exist.",
        example: "ocelot monitoring metric list --namespace oci_queue --group-by \
            '[\"name\"]' --query 'data[].name'",
        client: &MONITORING,
        method: Method::Post,
        path: "/metrics/actions/listMetrics",
        params: &[
            query("compartmentId", "OCID of the compartment to look in.").required(),
            body(
                "name",
                "List only metrics with this name; * stands for any text.",
            ),
            body(
                "namespace",
                "List only metrics of this namespace, such as oci_queue.",
            ),
            body("resourceGroup", "List only metrics of this resource group."),
            body(
                "dimensionFilters",
                "JSON object of dimension names and values to match; ignored when grouping.",
            ),
            body(
                "groupBy",
                "JSON list of what to group by, from namespace, name and resourceGroup.",
            ),
            body("sortBy", "Field to sort by."),
            body("sortOrder", "Order of the sorting."),
            PAGE,
            query("limit", "Most items in one page, 1 to 1000 (default 1000).").of(Kind::Integer),
            query(
                "compartmentIdInSubtree",
                "Whether to look in all compartments below too; only when the \
                 compartment is the tenancy.",
            )
            .of(Kind::Boolean),
        ],
        body: Some(&models::LIST_METRICS_DETAILS),
        reply: ReplyBody::List(&models::METRIC),
        ..OPERATION
    },
    Operation {
        id: OperationId::Monitoring(Monitoring::PostMetricData),
        command: "monitoring metric-data post",
        summary: "Post values of your own metrics.",
        example: "ocelot monitoring metric-data post --metric-data '[{\"namespace\": \
            \"shop\", \"name\": \"orders\", \"compartmentId\": \
            \"ocid1.compartment.oc1..lab\", \"dimensions\": {\"site\": \"berlin\"}, \
            \"datapoints\": [{\"timestamp\": \"'\"$(date -u +%FT%TZ)\"'\", \
            \"value\": 42}]}]'",
        client: &MONITORING,
        method: Method::Post,
        path: "/metrics",
        params: &[
            body(
                "metricData",
                "JSON list of objects with namespace, name, compartmentId, dimensions \
                 and datapoints, at most 50.",
            )
            .with_items_judged(),
            body(
                "batchAtomicity",
                "Whether one bad entry spoils the whole batch or only itself (default \
                 NON_ATOMIC).",
            ),
            header(
                "content-encoding",
                "Encoding of the request body, such as gzip.",
            ),
        ],
        body: Some(&models::POST_METRIC_DATA_DETAILS),
        reply: ReplyBody::Object(&models::POST_METRIC_DATA_RESPONSE_DETAILS),
        ..OPERATION
    },
    Operation {
        id: OperationId::Monitoring(Monitoring::SummarizeMetricsData),
        command: "monitoring metric-data summarize-metrics-data",
        summary: "Query the values of a metric over time.",
        example: "ocelot monitoring metric-data summarize-metrics-data --namespace \
            oci_queue --query-text 'MessagesInQueueCount[5m]{isVisible = \
            \"true\"}.max()'",
        client: &MONITORING,
        method: Method::Post,
        path: "/metrics/actions/summarizeMetricsData",
        params: &[
            query("compartmentId", "OCID of the compartment to look in.").required(),
            body("namespace", "Namespace of the metric, such as oci_queue."),
            body(
                "resourceGroup",
                "Resource group of the metric (default: only metrics without one).",
            ),
            body(
                "startTime",
                "Start of the time range (RFC 3339), included (default: 3 hours ago).",
            ),
            body(
                "endTime",
                "End of the time range (RFC 3339), not included (default: now).",
            ),
            body(
                "resolution",
                "Time between two values: 1m to 60m, 1h to 24h or 1d (default: the \
                 interval of the query).",
            ),
            query(
                "compartmentIdInSubtree",
                "Whether to look in all compartments below too; only when the \
                 compartment is the tenancy.",
            )
            .of(Kind::Boolean),
            body("query", "Query in MQL, such as ConsumerLag[5m].max().").renamed("query-text"),
        ],
        body: Some(&models::SUMMARIZE_METRICS_DATA_DETAILS),
        reply: ReplyBody::List(&models::METRIC_DATA),
        ..OPERATION
    },
];
