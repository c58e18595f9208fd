//! Queues themselves, their consumer groups and their work requests.

use crate::api::OperationId;
use crate::api::models::{queue as models, work_requests};
use crate::api::operation::{
    DEFINED_TAGS, FREEFORM_TAGS, IF_MATCH, LIMIT, Method, OPERATION, Operation, PAGE, ReplyBody,
    SORT_ORDER, WORK_REQUEST_ID, body, path, query,
};

use super::{LIFECYCLE_STATE, QUEUE_ADMIN, Queue, SORT_BY};

pub(super) static OPERATIONS: [Operation; 16] = [
    Operation {
        id: OperationId::Queue(Queue::CreateConsumerGroup),
        command: "queue queue-admin consumer-group create",
        summary: "Create a consumer group in a queue.",
        example: "ocelot queue queue-admin consumer-group create --queue-id jobs \
            --display-name billing --filter ':type = \"invoice\"'",
        client: &QUEUE_ADMIN,
        method: Method::Post,
        path: "/consumerGroups",
        params: &[
            body(
                "displayName",
                "Name of the consumer group, unique in its queue whatever the letter case.",
            ),
            body("queueId", "Name or OCID of the queue."),
            body(
                "filter",
                "Filter on custom properties of messages, such as :type = \"order\"; \
                 empty means all messages.",
            ),
            body(
                "isEnabled",
                "Whether the consumer group is on (state ACTIVE) or off (state INACTIVE).",
            ),
            FREEFORM_TAGS,
            DEFINED_TAGS,
            body(
                "deadLetterQueueDeliveryCount",
                "Deliveries before a message goes to the dead letter queue (default: \
                 the queue's setting).",
            )
            .renamed("dlq-delivery-count"),
        ],
        body: Some(&models::CREATE_CONSUMER_GROUP_DETAILS),
        wait: Some(OperationId::Queue(Queue::GetWorkRequest)),
        takes_retry_token: true,
        ..OPERATION
    },
    Operation {
        id: OperationId::Queue(Queue::DeleteConsumerGroup),
        command: "queue queue-admin consumer-group delete",
        summary: "Delete a consumer group other than the primary one.",
        example: "ocelot queue queue-admin consumer-group delete --consumer-group-id billing",
        client: &QUEUE_ADMIN,
        method: Method::Delete,
        path: "/consumerGroups/{consumerGroupId}",
        params: &[
            path("consumerGroupId", "Name or OCID of the consumer group."),
            IF_MATCH,
        ],
        wait: Some(OperationId::Queue(Queue::GetWorkRequest)),
        ..OPERATION
    },
    Operation {
        id: OperationId::Queue(Queue::GetConsumerGroup),
        command: "queue queue-admin consumer-group get",
        summary: "Show one consumer group.",
        example: "ocelot queue queue-admin consumer-group get --consumer-group-id billing",
        client: &QUEUE_ADMIN,
        method: Method::Get,
        path: "/consumerGroups/{consumerGroupId}",
        params: &[path(
            "consumerGroupId",
            "Name or OCID of the consumer group.",
        )],
        reply: ReplyBody::Object(&models::CONSUMER_GROUP),
        ..OPERATION
    },
    Operation {
        id: OperationId::Queue(Queue::UpdateConsumerGroup),
        command: "queue queue-admin consumer-group update",
        summary: "Change the settings of a consumer group.",
        example: "ocelot queue queue-admin consumer-group update --consumer-group-id \
            billing --is-enabled false",
        client: &QUEUE_ADMIN,
        method: Method::Put,
        path: "/consumerGroups/{consumerGroupId}",
        params: &[
            path("consumerGroupId", "Name or OCID of the consumer group."),
            body(
                "displayName",
                "Name of the consumer group, unique in its queue whatever the letter case.",
            ),
            body(
                "filter",
                "Filter on custom properties of messages, such as :type = \"order\"; \
                 empty means all messages.",
            ),
            body(
                "isEnabled",
                "Whether the consumer group is on (state ACTIVE) or off (state INACTIVE).",
            ),
            FREEFORM_TAGS,
            DEFINED_TAGS,
            IF_MATCH,
            body(
                "deadLetterQueueDeliveryCount",
                "Deliveries before a message goes to the dead letter queue; -1 for the \
                 queue's setting.",
            )
            .renamed("dlq-delivery-count"),
        ],
        body: Some(&models::UPDATE_CONSUMER_GROUP_DETAILS),
        wait: Some(OperationId::Queue(Queue::GetWorkRequest)),
        ..OPERATION
    },
    Operation {
        id: OperationId::Queue(Queue::ListConsumerGroups),
        command: "queue queue-admin consumer-group-collection list-consumer-groups",
        summary: "List the consumer groups of a queue.",
        example: "ocelot queue queue-admin consumer-group-collection \
            list-consumer-groups --queue-id jobs",
        client: &QUEUE_ADMIN,
        method: Method::Get,
        path: "/consumerGroups",
        params: &[
            query("lifecycleState", "List only items in this lifecycle state.")
                .one_of(LIFECYCLE_STATE),
            query("displayName", "List only items with exactly this name."),
            query("id", "List only the item with this OCID."),
            query("queueId", "Name or OCID of the queue."),
            LIMIT,
            PAGE,
            SORT_ORDER,
            query("sortBy", "Field to sort by.").one_of(SORT_BY),
        ],
        reply: ReplyBody::Object(&models::CONSUMER_GROUP_COLLECTION),
        ..OPERATION
    },
    Operation {
        id: OperationId::Queue(Queue::ChangeQueueCompartment),
        command: "queue queue-admin queue change-compartment",
        summary: "Move a queue to another compartment.",
        example: "ocelot queue queue-admin queue change-compartment --queue-id jobs \
            --compartment-id ocid1.compartment.oc1..archive",
        client: &QUEUE_ADMIN,
        method: Method::Post,
        path: "/queues/{queueId}/actions/changeCompartment",
        params: &[
            path("queueId", "Name or OCID of the queue."),
            body(
                "compartmentId",
                "OCID of the compartment to move the resource to.",
            ),
            IF_MATCH,
        ],
        body: Some(&models::CHANGE_QUEUE_COMPARTMENT_DETAILS),
        wait: Some(OperationId::Queue(Queue::GetWorkRequest)),
        ..OPERATION
    },
    Operation {
        id: OperationId::Queue(Queue::CreateQueue),
        command: "queue queue-admin queue create",
        summary: "Create a queue.",
        example: "ocelot queue queue-admin queue create --display-name jobs \
            --visibility-in-seconds 60 --dlq-delivery-count 5",
        client: &QUEUE_ADMIN,
        method: Method::Post,
        path: "/queues",
        params: &[
            body(
                "displayName",
                "Name shown for the queue; need not be unique.",
            ),
            body(
                "compartmentId",
                "OCID of the compartment to create the resource in.",
            ),
            body(
                "retentionInSeconds",
                "Seconds to keep a message, 10 to 604800 (default 86400).",
            ),
            body(
                "visibilityInSeconds",
                "Seconds a delivered message stays hidden, 1 to 43200 (default 30).",
            ),
            body(
                "timeoutInSeconds",
                "Seconds a read waits for messages, 0 to 30 (default 30).",
            ),
            body(
                "channelConsumptionLimit",
                "Most of the queue's capacity that one channel may use, in percent \
                 (default 100).",
            ),
            body(
                "capabilities",
                "JSON list of objects with type CONSUMER_GROUPS (and its settings) or \
                 LARGE_MESSAGES.",
            ),
            FREEFORM_TAGS,
            DEFINED_TAGS,
            body(
                "customEncryptionKeyId",
                "OCID of your own encryption key (default: a key that Oracle manages).",
            )
            .renamed("custom-key"),
            body(
                "deadLetterQueueDeliveryCount",
                "Deliveries before a message goes to the dead letter queue, 1 to 20; 0 \
                 for none (default 0).",
            )
            .renamed("dlq-delivery-count"),
        ],
        body: Some(&models::CREATE_QUEUE_DETAILS),
        wait: Some(OperationId::Queue(Queue::GetWorkRequest)),
        takes_retry_token: true,
        ..OPERATION
    },
    Operation {
        id: OperationId::Queue(Queue::DeleteQueue),
        command: "queue queue-admin queue delete",
        summary: "Delete a queue with all its messages.",
        example: "ocelot queue queue-admin queue delete --queue-id jobs",
        client: &QUEUE_ADMIN,
        method: Method::Delete,
        path: "/queues/{queueId}",
        params: &[path("queueId", "Name or OCID of the queue."), IF_MATCH],
        wait: Some(OperationId::Queue(Queue::GetWorkRequest)),
        ..OPERATION
    },
    Operation {
        id: OperationId::Queue(Queue::GetQueue),
        command: "queue queue-admin queue get",
        summary: "Show one queue.",
        example: "ocelot queue queue-admin queue get --queue-id jobs",
        client: &QUEUE_ADMIN,
        method: Method::Get,
        path: "/queues/{queueId}",
        params: &[path("queueId", "Name or OCID of the queue.")],
        reply: ReplyBody::Object(&models::QUEUE),
        ..OPERATION
    },
    Operation {
        id: OperationId::Queue(Queue::ListQueues),
        command: "queue queue-admin queue list",
        summary: "List queues.",
        example: "ocelot queue queue-admin queue list --lifecycle-state ACTIVE --query \
            'data.items[].\"display-name\"'",
        client: &QUEUE_ADMIN,
        method: Method::Get,
        path: "/queues",
        params: &[
            query("compartmentId", "OCID of the compartment to look in."),
            query("lifecycleState", "List only items in this lifecycle state.")
                .one_of(LIFECYCLE_STATE),
            query("displayName", "List only items with exactly this name."),
            query("id", "List only the item with this OCID."),
            LIMIT,
            PAGE,
            SORT_ORDER,
            query("sortBy", "Field to sort by (default timeCreated).").one_of(SORT_BY),
        ],
        reply: ReplyBody::Object(&models::QUEUE_COLLECTION),
        ..OPERATION
    },
    Operation {
        id: OperationId::Queue(Queue::PurgeQueue),
        command: "queue queue-admin queue purge",
        summary: "Remove all messages of a queue, or of some of its channels.",
        example: "ocelot queue queue-admin queue purge --queue-id jobs --purge-type \
            NORMAL --channel-ids '[\"europe\"]'",
        client: &QUEUE_ADMIN,
        method: Method::Post,
        path: "/queues/{queueId}/actions/purge",
        params: &[
            path("queueId", "Name or OCID of the queue."),
            body(
                "purgeType",
                "Which messages to remove; DLQ stands for the dead letter queue.",
            ),
            body(
                "channelIds",
                "JSON list of the ids of the channels to purge (default: all channels).",
            ),
            body(
                "consumerGroupId",
                "Name or OCID of the consumer group, or all for every one (default: the \
                 primary group).",
            ),
            IF_MATCH,
        ],
        body: Some(&models::PURGE_QUEUE_DETAILS),
        wait: Some(OperationId::Queue(Queue::GetWorkRequest)),
        ..OPERATION
    },
    Operation {
        id: OperationId::Queue(Queue::UpdateQueue),
        command: "queue queue-admin queue update",
        summary: "Change the settings of a queue.",
        example: "ocelot queue queue-admin queue update --queue-id jobs \
            --visibility-in-seconds 120",
        client: &QUEUE_ADMIN,
        method: Method::Put,
        path: "/queues/{queueId}",
        params: &[
            path("queueId", "Name or OCID of the queue."),
            body(
                "displayName",
                "Name shown for the queue; need not be unique.",
            ),
            body(
                "visibilityInSeconds",
                "Seconds a delivered message stays hidden, 1 to 43200.",
            ),
            body(
                "timeoutInSeconds",
                "Seconds a read waits for messages, 0 to 30.",
            ),
            body(
                "channelConsumptionLimit",
                "Most of the queue's capacity that one channel may use, in percent.",
            ),
            body(
                "capabilities",
                "JSON list of objects with type CONSUMER_GROUPS (and its settings) or \
                 LARGE_MESSAGES.",
            ),
            FREEFORM_TAGS,
            DEFINED_TAGS,
            IF_MATCH,
            body(
                "customEncryptionKeyId",
                "OCID of your own encryption key; empty for a key that Oracle manages.",
            )
            .renamed("custom-key"),
            body(
                "deadLetterQueueDeliveryCount",
                "Deliveries before a message goes to the dead letter queue, 1 to 20; 0 \
                 for none.",
            )
            .renamed("dlq-delivery-count"),
        ],
        body: Some(&models::UPDATE_QUEUE_DETAILS),
        wait: Some(OperationId::Queue(Queue::GetWorkRequest)),
        ..OPERATION
    },
    Operation {
        id: OperationId::Queue(Queue::GetWorkRequest),
        command: "queue queue-admin work-request get",
        summary: "Show the state of one work request.",
        example: "ocelot queue queue-admin work-request get --work-request-id \
            \"$WORK_REQUEST\" --query data.status --raw-output",
        client: &QUEUE_ADMIN,
        method: Method::Get,
        path: "/workRequests/{workRequestId}",
        params: &[WORK_REQUEST_ID],
        reply: ReplyBody::Object(&models::WORK_REQUEST),
        ..OPERATION
    },
    Operation {
        id: OperationId::Queue(Queue::ListWorkRequests),
        command: "queue queue-admin work-request list",
        summary: "List the work requests of queues and consumer groups.",
        example: "ocelot queue queue-admin work-request list --limit 10",
        client: &QUEUE_ADMIN,
        method: Method::Get,
        path: "/workRequests",
        params: &[
            query("compartmentId", "OCID of the compartment to look in."),
            query("workRequestId", "List only the item with this OCID."),
            PAGE,
            LIMIT,
        ],
        reply: ReplyBody::Object(&models::WORK_REQUEST_SUMMARY_COLLECTION),
        ..OPERATION
    },
    Operation {
        id: OperationId::Queue(Queue::ListWorkRequestErrors),
        command: "queue queue-admin work-request-error list",
        summary: "List the errors of a work request.",
        example: "ocelot queue queue-admin work-request-error list --work-request-id \
            \"$WORK_REQUEST\"",
        client: &QUEUE_ADMIN,
        method: Method::Get,
        path: "/workRequests/{workRequestId}/errors",
        params: &[WORK_REQUEST_ID, PAGE, LIMIT],
        reply: ReplyBody::Object(&work_requests::WORK_REQUEST_ERROR_COLLECTION),
        ..OPERATION
    },
    Operation {
        id: OperationId::Queue(Queue::ListWorkRequestLogs),
        command: "queue queue-admin work-request-log list",
        summary: "List the log lines of a work request.",
        example: "ocelot queue queue-admin work-request-log list --work-request-id \
            \"$WORK_REQUEST\"",
        client: &QUEUE_ADMIN,
        method: Method::Get,
        path: "/workRequests/{workRequestId}/logs",
        params: &[WORK_REQUEST_ID, PAGE, LIMIT],
        reply: ReplyBody::Object(&work_requests::WORK_REQUEST_LOG_ENTRY_COLLECTION),
        ..OPERATION
    },
];
