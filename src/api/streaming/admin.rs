//! Streams, pools and connect harnesses themselves, and their work requests.

use crate::api::OperationId;
use crate::api::model::Kind;
use crate::api::models::{streaming as models, work_requests};
use crate::api::operation::{
    DEFINED_TAGS, FREEFORM_TAGS, IF_MATCH, LIMIT, Method, OPERATION, Operation, PAGE, ReplyBody,
    SORT_ORDER, WORK_REQUEST_ID, body, path, query,
};

use super::{LIFECYCLE_STATE, SORT_BY, STREAM_ADMIN, Streaming, WORK_REQUEST_SORT_BY};

pub(super) static OPERATIONS: [Operation; 22] = [
    Operation {
        id: OperationId::Streaming(Streaming::ChangeConnectHarnessCompartment),
        command: "streaming admin connect-harness change-compartment",
        summary: "Move a connect harness to another compartment.",
        example: "ocelot streaming admin connect-harness change-compartment \
            --connect-harness-id shop-connect --compartment-id \
            ocid1.compartment.oc1..archive",
        client: &STREAM_ADMIN,
        method: Method::Post,
        path: "/connectharnesses/{connectHarnessId}/actions/changeCompartment",
        params: &[
            path("connectHarnessId", "The connect harness, by name or OCID."),
            body("compartmentId", "OCID of the compartment to move it to."),
            IF_MATCH,
        ],
        body: Some(&models::CHANGE_CONNECT_HARNESS_COMPARTMENT_DETAILS),
        wait: Some(OperationId::Streaming(Streaming::GetWorkRequest)),
        ..OPERATION
    },
    Operation {
        id: OperationId::Streaming(Streaming::CreateConnectHarness),
        command: "streaming admin connect-harness create",
        summary: "Create a connect harness with the three state topics of Kafka Connect.",
        example: "ocelot streaming admin connect-harness create --name shop-connect",
        client: &STREAM_ADMIN,
        method: Method::Post,
        path: "/connectharnesses",
        params: &[
            body("name", "Name of the connect harness."),
            body(
                "compartmentId",
                "OCID of the compartment to create it in; it serves only the streams of \
                 that compartment.",
            ),
            FREEFORM_TAGS,
            DEFINED_TAGS,
        ],
        body: Some(&models::CREATE_CONNECT_HARNESS_DETAILS),
        reply: ReplyBody::Object(&models::CONNECT_HARNESS),
        wait: Some(OperationId::Streaming(Streaming::GetWorkRequest)),
        takes_retry_token: true,
        ..OPERATION
    },
    Operation {
        id: OperationId::Streaming(Streaming::DeleteConnectHarness),
        command: "streaming admin connect-harness delete",
        summary: "Delete a connect harness.",
        example: "ocelot streaming admin connect-harness delete --connect-harness-id \
            shop-connect",
        client: &STREAM_ADMIN,
        method: Method::Delete,
        path: "/connectharnesses/{connectHarnessId}",
        params: &[
            path("connectHarnessId", "The connect harness, by name or OCID."),
            IF_MATCH,
        ],
        wait: Some(OperationId::Streaming(Streaming::GetWorkRequest)),
        ..OPERATION
    },
    Operation {
        id: OperationId::Streaming(Streaming::GetConnectHarness),
        command: "streaming admin connect-harness get",
        summary: "Show one connect harness.",
        example: "ocelot streaming admin connect-harness get --connect-harness-id shop-connect",
        client: &STREAM_ADMIN,
        method: Method::Get,
        path: "/connectharnesses/{connectHarnessId}",
        params: &[path(
            "connectHarnessId",
            "The connect harness, by name or OCID.",
        )],
        reply: ReplyBody::Object(&models::CONNECT_HARNESS),
        ..OPERATION
    },
    Operation {
        id: OperationId::Streaming(Streaming::ListConnectHarnesses),
        command: "streaming admin connect-harness list",
        summary: "List the connect harnesses of a compartment.",
        example: "ocelot streaming admin connect-harness list --lifecycle-state ACTIVE \
            --sort-by NAME",
        client: &STREAM_ADMIN,
        method: Method::Get,
        path: "/connectharnesses",
        params: &[
            query("compartmentId", "OCID of the compartment to look in.").required(),
            query("id", "Keep only the one with this OCID."),
            query("name", "Keep only those with exactly this name."),
            LIMIT,
            PAGE,
            query("sortBy", "Field to sort by.").one_of(SORT_BY),
            SORT_ORDER,
            query("lifecycleState", "Keep only those in this state.").one_of(LIFECYCLE_STATE),
        ],
        reply: ReplyBody::List(&models::CONNECT_HARNESS_SUMMARY),
        ..OPERATION
    },
    Operation {
        id: OperationId::Streaming(Streaming::UpdateConnectHarness),
        command: "streaming admin connect-harness update",
        summary: "Change the tags of a connect harness.",
        example: "ocelot streaming admin connect-harness update --connect-harness-id \
            shop-connect --freeform-tags '{\"team\": \"shop\"}'",
        client: &STREAM_ADMIN,
        method: Method::Put,
        path: "/connectharnesses/{connectHarnessId}",
        params: &[
            path("connectHarnessId", "The connect harness, by name or OCID."),
            FREEFORM_TAGS,
            DEFINED_TAGS,
            IF_MATCH,
        ],
        body: Some(&models::UPDATE_CONNECT_HARNESS_DETAILS),
        reply: ReplyBody::Object(&models::CONNECT_HARNESS),
        wait: Some(OperationId::Streaming(Streaming::GetWorkRequest)),
        ..OPERATION
    },
    Operation {
        id: OperationId::Streaming(Streaming::ChangeStreamCompartment),
        command: "streaming admin stream change-compartment",
        summary: "Move a stream to another compartment, into its default pool.",
        example: "ocelot streaming admin stream change-compartment --stream-id orders \
            --compartment-id ocid1.compartment.oc1..archive",
        client: &STREAM_ADMIN,
        method: Method::Post,
        path: "/streams/{streamId}/actions/changeCompartment",
        params: &[
            path("streamId", "The stream, by name or OCID."),
            body("compartmentId", "OCID of the compartment to move it to."),
            IF_MATCH,
        ],
        body: Some(&models::CHANGE_STREAM_COMPARTMENT_DETAILS),
        wait: Some(OperationId::Streaming(Streaming::GetWorkRequest)),
        ..OPERATION
    },
    Operation {
        id: OperationId::Streaming(Streaming::CreateStream),
        command: "streaming admin stream create",
        summary: "Create a stream, in a pool or in the compartment's default pool.",
        example: "ocelot streaming admin stream create --name orders --partitions 3 \
            --stream-pool-id shop --retention-in-hours 48",
        client: &STREAM_ADMIN,
        method: Method::Post,
        path: "/streams",
        params: &[
            body(
                "name",
                "Name of the stream, unique in its pool; fixed at creation.",
            ),
            body("partitions", "Number of partitions; fixed at creation."),
            body(
                "compartmentId",
                "OCID of the compartment to create it in, when no pool is given.",
            ),
            body(
                "streamPoolId",
                "Pool to create it in, by name or OCID (default: the compartment's \
                 default pool).",
            ),
            body(
                "retentionInHours",
                "Hours to keep messages, 24 to 168 (default 24); fixed at creation.",
            ),
            FREEFORM_TAGS,
            DEFINED_TAGS,
        ],
        body: Some(&models::CREATE_STREAM_DETAILS),
        reply: ReplyBody::Object(&models::STREAM),
        wait: Some(OperationId::Streaming(Streaming::GetWorkRequest)),
        ..OPERATION
    },
    Operation {
        id: OperationId::Streaming(Streaming::DeleteStream),
        command: "streaming admin stream delete",
        summary: "Delete a stream and all its messages at once, for good.",
        example: "ocelot streaming admin stream delete --stream-id orders",
        client: &STREAM_ADMIN,
        method: Method::Delete,
        path: "/streams/{streamId}",
        params: &[path("streamId", "The stream, by name or OCID."), IF_MATCH],
        wait: Some(OperationId::Streaming(Streaming::GetWorkRequest)),
        ..OPERATION
    },
    Operation {
        id: OperationId::Streaming(Streaming::GetStream),
        command: "streaming admin stream get",
        summary: "Show one stream, with its retention and its messages endpoint.",
        example: "ocelot streaming admin stream get --stream-id orders",
        client: &STREAM_ADMIN,
        method: Method::Get,
        path: "/streams/{streamId}",
        params: &[path("streamId", "The stream, by name or OCID.")],
        reply: ReplyBody::Object(&models::STREAM),
        ..OPERATION
    },
    Operation {
        id: OperationId::Streaming(Streaming::ListStreams),
        command: "streaming admin stream list",
        summary: "List the streams of a compartment or of a pool.",
        example: "ocelot streaming admin stream list --stream-pool-id shop \
            --lifecycle-state ACTIVE --query 'data[].{Name: name, Partitions: \
            partitions}' --output table",
        client: &STREAM_ADMIN,
        method: Method::Get,
        path: "/streams",
        params: &[
            query(
                "compartmentId",
                "OCID of the compartment to look in, when no pool is given.",
            ),
            query("streamPoolId", "Pool to look in, by name or OCID."),
            query("id", "Keep only the one with this OCID."),
            query("name", "Keep only those with exactly this name."),
            query("limit", "Most items in one page, 1 to 50 (default 10).").of(Kind::Integer),
            PAGE,
            query(
                "sortBy",
                "Field to sort by; unless --sort-order is given, names go up and times \
                 go newest first.",
            )
            .one_of(SORT_BY),
            SORT_ORDER,
            query("lifecycleState", "Keep only those in this state.").one_of(LIFECYCLE_STATE),
        ],
        reply: ReplyBody::List(&models::STREAM_SUMMARY),
        ..OPERATION
    },
    Operation {
        id: OperationId::Streaming(Streaming::UpdateStream),
        command: "streaming admin stream update",
        summary: "Change the tags of a stream, or move it to another pool.",
        example: "ocelot streaming admin stream update --stream-id orders --stream-pool-id shop",
        client: &STREAM_ADMIN,
        method: Method::Put,
        path: "/streams/{streamId}",
        params: &[
            path("streamId", "The stream, by name or OCID."),
            body(
                "streamPoolId",
                "Pool to move it to, by name or OCID; the pool's compartment becomes \
                 the stream's.",
            ),
            FREEFORM_TAGS,
            DEFINED_TAGS,
            IF_MATCH,
        ],
        body: Some(&models::UPDATE_STREAM_DETAILS),
        reply: ReplyBody::Object(&models::STREAM),
        wait: Some(OperationId::Streaming(Streaming::GetWorkRequest)),
        ..OPERATION
    },
    Operation {
        id: OperationId::Streaming(Streaming::ChangeStreamPoolCompartment),
        command: "streaming admin stream-pool change-compartment",
        summary: "Move a stream pool and its streams to another compartment.",
        example: "ocelot streaming admin stream-pool change-compartment --stream-pool-id \
            shop --compartment-id ocid1.compartment.oc1..archive",
        client: &STREAM_ADMIN,
        method: Method::Post,
        path: "/streampools/{streamPoolId}/actions/changeCompartment",
        params: &[
            path("streamPoolId", "The stream pool, by name or OCID."),
            body("compartmentId", "OCID of the compartment to move it to."),
            IF_MATCH,
        ],
        body: Some(&models::CHANGE_STREAM_POOL_COMPARTMENT_DETAILS),
        wait: Some(OperationId::Streaming(Streaming::GetWorkRequest)),
        ..OPERATION
    },
    Operation {
        id: OperationId::Streaming(Streaming::CreateStreamPool),
        command: "streaming admin stream-pool create",
        summary: "Create a stream pool, which Kafka clients see as one cluster.",
        example: "ocelot streaming admin stream-pool create --name shop --kafka-settings \
            '{\"autoCreateTopicsEnable\": true, \"numPartitions\": 3}'",
        client: &STREAM_ADMIN,
        method: Method::Post,
        path: "/streampools",
        params: &[
            body("compartmentId", "OCID of the compartment to create it in."),
            body("name", "Name of the stream pool."),
            body(
                "kafkaSettings",
                "JSON object: autoCreateTopicsEnable (default false), logRetentionHours \
                 (24), numPartitions (1).",
            )
            .drops_unknown_keys(),
            body(
                "customEncryptionKeyDetails",
                "Your own encryption key, as a JSON object with kmsKeyId.",
            ),
            body(
                "privateEndpointDetails",
                "JSON object with subnetId, privateEndpointIp and an nsgIds array; \
                 fixed at creation.",
            ),
            FREEFORM_TAGS,
            body(
                "securityAttributes",
                "Security attributes of a private pool, at most 3, as a JSON object of \
                 namespaces with names and values.",
            ),
            DEFINED_TAGS,
        ],
        body: Some(&models::CREATE_STREAM_POOL_DETAILS),
        reply: ReplyBody::Object(&models::STREAM_POOL),
        wait: Some(OperationId::Streaming(Streaming::GetWorkRequest)),
        takes_retry_token: true,
        ..OPERATION
    },
    Operation {
        id: OperationId::Streaming(Streaming::DeleteStreamPool),
        command: "streaming admin stream-pool delete",
        summary: "Delete a stream pool with all its streams; a default pool cannot be deleted.",
        example: "ocelot streaming admin stream-pool delete --stream-pool-id shop",
        client: &STREAM_ADMIN,
        method: Method::Delete,
        path: "/streampools/{streamPoolId}",
        params: &[
            path("streamPoolId", "The stream pool, by name or OCID."),
            IF_MATCH,
        ],
        wait: Some(OperationId::Streaming(Streaming::GetWorkRequest)),
        ..OPERATION
    },
    Operation {
        id: OperationId::Streaming(Streaming::GetStreamPool),
        command: "streaming admin stream-pool get",
        summary: "Show one stream pool, with its Kafka settings.",
        example: "ocelot streaming admin stream-pool get --stream-pool-id shop --query \
            'data.\"kafka-settings\".\"bootstrap-servers\"' --raw-output",
        client: &STREAM_ADMIN,
        method: Method::Get,
        path: "/streampools/{streamPoolId}",
        params: &[path("streamPoolId", "The stream pool, by name or OCID.")],
        reply: ReplyBody::Object(&models::STREAM_POOL),
        ..OPERATION
    },
    Operation {
        id: OperationId::Streaming(Streaming::ListStreamPools),
        command: "streaming admin stream-pool list",
        summary: "List the stream pools of a compartment.",
        example: "ocelot streaming admin stream-pool list --lifecycle-state ACTIVE \
            --sort-by NAME",
        client: &STREAM_ADMIN,
        method: Method::Get,
        path: "/streampools",
        params: &[
            query("compartmentId", "OCID of the compartment to look in.").required(),
            query("id", "Keep only the one with this OCID."),
            query("name", "Keep only those with exactly this name."),
            LIMIT,
            PAGE,
            query("sortBy", "Field to sort by.").one_of(SORT_BY),
            SORT_ORDER,
            query("lifecycleState", "Keep only those in this state.").one_of(LIFECYCLE_STATE),
        ],
        reply: ReplyBody::List(&models::STREAM_POOL_SUMMARY),
        ..OPERATION
    },
    Operation {
        id: OperationId::Streaming(Streaming::UpdateStreamPool),
        command: "streaming admin stream-pool update",
        summary: "Change the name, settings, key or tags of a stream pool.",
        example: "ocelot streaming admin stream-pool update --stream-pool-id shop \
            --kafka-settings '{\"logRetentionHours\": 48}'",
        client: &STREAM_ADMIN,
        method: Method::Put,
        path: "/streampools/{streamPoolId}",
        params: &[
            path("streamPoolId", "The stream pool, by name or OCID."),
            body("name", "Name of the stream pool."),
            body(
                "kafkaSettings",
                "JSON object with autoCreateTopicsEnable, logRetentionHours and numPartitions.",
            )
            .drops_unknown_keys(),
            body(
                "customEncryptionKeyDetails",
                "Your own encryption key, as a JSON object with kmsKeyId.",
            ),
            FREEFORM_TAGS,
            body(
                "securityAttributes",
                "Security attributes of a private pool, at most 3, as a JSON object of \
                 namespaces with names and values.",
            ),
            DEFINED_TAGS,
            IF_MATCH,
        ],
        body: Some(&models::UPDATE_STREAM_POOL_DETAILS),
        reply: ReplyBody::Object(&models::STREAM_POOL),
        wait: Some(OperationId::Streaming(Streaming::GetWorkRequest)),
        ..OPERATION
    },
    Operation {
        id: OperationId::Streaming(Streaming::GetWorkRequest),
        command: "streaming admin work-request get",
        summary: "Show one work request and how far it has come.",
        example: "ocelot streaming admin work-request get --work-request-id \
            ocid1.workrequest.oc1..example --query data.status --raw-output",
        client: &STREAM_ADMIN,
        method: Method::Get,
        path: "/workRequests/{workRequestId}",
        params: &[WORK_REQUEST_ID],
        reply: ReplyBody::Object(&models::WORK_REQUEST),
        ..OPERATION
    },
    Operation {
        id: OperationId::Streaming(Streaming::ListWorkRequestErrors),
        command: "streaming admin work-request-error-collection list-work-request-errors",
        summary: "List the errors of a work request.",
        example: "ocelot streaming admin work-request-error-collection \
            list-work-request-errors --work-request-id \
            ocid1.workrequest.oc1..example",
        client: &STREAM_ADMIN,
        method: Method::Get,
        path: "/workRequests/{workRequestId}/errors",
        params: &[
            WORK_REQUEST_ID,
            PAGE,
            LIMIT,
            SORT_ORDER,
            query("sortBy", "Field to sort by.").one_of(WORK_REQUEST_SORT_BY),
        ],
        reply: ReplyBody::Object(&work_requests::WORK_REQUEST_ERROR_COLLECTION),
        ..OPERATION
    },
    Operation {
        id: OperationId::Streaming(Streaming::ListWorkRequestLogs),
        command: "streaming admin work-request-log-entry list-work-request-logs",
        summary: "List the log lines of a work request.",
        example: "ocelot streaming admin work-request-log-entry list-work-request-logs \
            --work-request-id ocid1.workrequest.oc1..example",
        client: &STREAM_ADMIN,
        method: Method::Get,
        path: "/workRequests/{workRequestId}/logs",
        params: &[
            WORK_REQUEST_ID,
            PAGE,
            LIMIT,
            SORT_ORDER,
            query("sortBy", "Field to sort by.").one_of(WORK_REQUEST_SORT_BY),
        ],
        reply: ReplyBody::Object(&work_requests::WORK_REQUEST_LOG_ENTRY_COLLECTION),
        ..OPERATION
    },
    Operation {
        id: OperationId::Streaming(Streaming::ListWorkRequests),
        command: "streaming admin work-request-summary-collection list-work-requests",
        summary: "List the work requests of a compartment.",
        example: "ocelot streaming admin work-request-summary-collection \
            list-work-requests --limit 10",
        client: &STREAM_ADMIN,
        method: Method::Get,
        path: "/workRequests",
        params: &[
            query("workRequestId", "OCID of the work request."),
            query("compartmentId", "OCID of the compartment to look in."),
            PAGE,
            LIMIT,
            SORT_ORDER,
            query("sortBy", "Field to sort by.").one_of(WORK_REQUEST_SORT_BY),
            query(
                "resourceId",
                "Keep only the work requests of the resource with this OCID.",
            ),
        ],
        reply: ReplyBody::Object(&models::WORK_REQUEST_SUMMARY_COLLECTION),
        ..OPERATION
    },
];
