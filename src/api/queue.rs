//! The operations of Queue.

use super::model::Kind;
use super::models::queue as models;
use super::operation::{
    Client, DEFINED_TAGS, FREEFORM_TAGS, IF_MATCH, Method, OPERATION, Operation, PAGE, ReplyBody,
    SORT_ORDER, body, path, query,
};
use super::{OperationId, Service};

/// The operations of Queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Queue {
    /// List the channels of a queue that hold messages.
    ListChannels,
    /// Delete one message that was received.
    DeleteMessage,
    /// Delete up to 20 received messages at once.
    DeleteMessages,
    /// Receive messages and hide them from other consumers for a while.
    GetMessages,
    /// Count the waiting, in-flight and dead letter messages of a queue.
    GetStats,
    /// Put up to 20 messages into a queue.
    PutMessages,
    /// Change how long one received message stays hidden.
    UpdateMessage,
    /// Change how long up to 20 received messages stay hidden.
    UpdateMessages,
    /// Create a consumer group in a queue.
    CreateConsumerGroup,
    /// Delete a consumer group other than the primary one.
    DeleteConsumerGroup,
    /// Show one consumer group.
    GetConsumerGroup,
    /// Change the settings of a consumer group.
    UpdateConsumerGroup,
    /// List the consumer groups of a queue.
    ListConsumerGroups,
    /// Move a queue to another compartment.
    ChangeQueueCompartment,
    /// Create a queue.
    CreateQueue,
    /// Delete a queue with all its messages.
    DeleteQueue,
    /// Show one queue.
    GetQueue,
    /// List queues.
    ListQueues,
    /// Remove all messages of a queue, or of some of its channels.
    PurgeQueue,
    /// Change the settings of a queue.
    UpdateQueue,
    /// Show the state of one work request.
    GetWorkRequest,
    /// List the work requests of queues and consumer groups.
    ListWorkRequests,
    /// List the errors of a work request.
    ListWorkRequestErrors,
    /// List the log lines of a work request.
    ListWorkRequestLogs,
}

static QUEUE_ADMIN: Client = Client {
    name: "queue_admin",
    base_path: "/20210201",
    endpoint: "https://messaging.{region}.oci.{secondLevelDomain}",
};

static QUEUE: Client = Client {
    name: "queue",
    base_path: "/20210201",
    endpoint: "https://messaging.{region}.oci.{secondLevelDomain}",
};

const LIFECYCLE_STATE: &[&str] = &[
    "CREATING", "UPDATING", "ACTIVE", "DELETING", "DELETED", "FAILED", "INACTIVE",
];

const SORT_BY: &[&str] = &["timeCreated", "displayName"];

/// Queue, as the command line and the REST interface have it.
pub static SERVICE: Service = Service {
    name: "queue",
    title: "Queue",
    groups: GROUPS,
    operations: &OPERATIONS,
};

const GROUPS: &[(&str, &str)] = &[
    (
        "queue",
        "Queues that hand each message to one consumer until it is deleted.",
    ),
    (
        "queue channels",
        "Channels, the named lanes inside a queue.",
    ),
    (
        "queue messages",
        "Messages of a queue: put, get, update, delete and count them.",
    ),
    (
        "queue queue-admin",
        "Queues themselves, their consumer groups and their work requests.",
    ),
    (
        "queue queue-admin consumer-group",
        "One consumer group: readers who share a filtered copy of the messages.",
    ),
    (
        "queue queue-admin consumer-group-collection",
        "Lists of consumer groups.",
    ),
    (
        "queue queue-admin queue",
        "One queue: create, change, empty and delete it.",
    ),
    (
        "queue queue-admin work-request",
        "Work requests: the progress of changes that run in the background.",
    ),
    (
        "queue queue-admin work-request-error",
        "Errors that a work request ran into.",
    ),
    (
        "queue queue-admin work-request-log",
        "Log lines that a work request wrote.",
    ),
];

static OPERATIONS: [Operation; 24] = [
    Operation {
        id: OperationId::Queue(Queue::ListChannels),
        command: "queue channels list-channels",
        summary: "List the channels of a queue that hold messages.",
        example: "ocelot queue channels list-channels --queue-id jobs",
        client: &QUEUE,
        method: Method::Get,
        path: "/queues/{queueId}/channels",
        params: &[
            path("queueId", "Name or OCID of the queue."),
            query(
                "consumerGroupId",
                "Name or OCID of the consumer group (default: the primary group).",
            ),
            query("limit", "Most items in one page.").of(Kind::Integer),
            PAGE,
            query(
                "channelFilter",
                "List only the channel with exactly this id.",
            ),
        ],
        reply: ReplyBody::Object(&models::CHANNEL_COLLECTION),
        ..OPERATION
    },
    Operation {
        id: OperationId::Queue(Queue::DeleteMessage),
        command: "queue messages delete-message",
        summary: "Delete one message that was received.",
        example: "ocelot queue messages delete-message --queue-id jobs --message-receipt \
            \"$RECEIPT\"",
        client: &QUEUE,
        method: Method::Delete,
        path: "/queues/{queueId}/messages/{messageReceipt}",
        params: &[
            path("queueId", "Name or OCID of the queue."),
            path(
                "messageReceipt",
                "Receipt of the message, from the reply of get-messages.",
            ),
            query(
                "consumerGroupId",
                "Name or OCID of the consumer group (default: the primary group).",
            ),
        ],
        ..OPERATION
    },
    Operation {
        id: OperationId::Queue(Queue::DeleteMessages),
        command: "queue messages delete-messages",
        summary: "Delete up to 20 received messages at once.",
        example: "ocelot queue messages delete-messages --queue-id jobs --entries \
            '[{\"receipt\": \"'\"$RECEIPT\"'\"}]'",
        client: &QUEUE,
        method: Method::Post,
        path: "/queues/{queueId}/messages/actions/deleteMessages",
        params: &[
            path("queueId", "Name or OCID of the queue."),
            body(
                "entries",
                "JSON list of up to 20 objects, each with the receipt of a message.",
            ),
            query(
                "consumerGroupId",
                "Name or OCID of the consumer group (default: the primary group).",
            ),
        ],
        body: Some(&models::DELETE_MESSAGES_DETAILS),
        reply: ReplyBody::Object(&models::DELETE_MESSAGES_RESULT),
        ..OPERATION
    },
    Operation {
        id: OperationId::Queue(Queue::GetMessages),
        command: "queue messages get-messages",
        summary: "Receive messages and hide them from other consumers for a while.",
        example: "ocelot queue messages get-messages --queue-id jobs --limit 5 --query \
            'data.messages[].{content: content, receipt: receipt}'",
        client: &QUEUE,
        method: Method::Get,
        path: "/queues/{queueId}/messages",
        params: &[
            path("queueId", "Name or OCID of the queue."),
            query(
                "visibilityInSeconds",
                "Seconds the messages stay hidden, 0 to 43200; 0 only peeks (default: \
                 the queue's setting).",
            )
            .of(Kind::Integer),
            query(
                "timeoutInSeconds",
                "Seconds to wait for a message, 0 to 30; 0 does not wait (default: the \
                 queue's setting).",
            )
            .of(Kind::Integer),
            query(
                "limit",
                "Most messages to return, 1 to 32 (default 1); one reply holds at most 20.",
            )
            .of(Kind::Integer),
            query(
                "channelFilter",
                "Take messages only from the channel with exactly this id.",
            ),
            query(
                "consumerGroupId",
                "Name or OCID of the consumer group (default: the primary group).",
            ),
        ],
        reply: ReplyBody::Object(&models::GET_MESSAGES),
        ..OPERATION
    },
    Operation {
        id: OperationId::Queue(Queue::GetStats),
        command: "queue messages get-stats",
        summary: "Count the waiting, in-flight and dead letter messages of a queue.",
        example: "ocelot queue messages get-stats --queue-id jobs --query \
            'data.queue.\"visible-messages\"'",
        client: &QUEUE,
        method: Method::Get,
        path: "/queues/{queueId}/stats",
        params: &[
            path("queueId", "Name or OCID of the queue."),
            query(
                "channelId",
                "Count only the messages of the channel with this id.",
            ),
            query(
                "consumerGroupId",
                "Name or OCID of the consumer group (default: the primary group).",
            ),
        ],
        reply: ReplyBody::Object(&models::QUEUE_STATS),
        ..OPERATION
    },
    Operation {
        id: OperationId::Queue(Queue::PutMessages),
        command: "queue messages put-messages",
        summary: "Put up to 20 messages into a queue.",
        example: "ocelot queue messages put-messages --queue-id jobs --messages \
            '[{\"content\": \"Invoice 4711\", \"metadata\": {\"channelId\": \
            \"europe\"}}]'",
        client: &QUEUE,
        method: Method::Post,
        path: "/queues/{queueId}/messages",
        params: &[
            path("queueId", "Name or OCID of the queue."),
            body(
                "messages",
                "JSON list of up to 20 objects with content and optional metadata, 512 \
                 KB in all.",
            ),
        ],
        body: Some(&models::PUT_MESSAGES_DETAILS),
        reply: ReplyBody::Object(&models::PUT_MESSAGES),
        ..OPERATION
    },
    Operation {
        id: OperationId::Queue(Queue::UpdateMessage),
        command: "queue messages update-message",
        summary: "Change how long one received message stays hidden.",
        example: "ocelot queue messages update-message --queue-id jobs --message-receipt \
            \"$RECEIPT\" --visibility-in-seconds 120",
        client: &QUEUE,
        method: Method::Put,
        path: "/queues/{queueId}/messages/{messageReceipt}",
        params: &[
            path("queueId", "Name or OCID of the queue."),
            path(
                "messageReceipt",
                "Receipt of the message, from the reply of get-messages.",
            ),
            body(
                "visibilityInSeconds",
                "Seconds the message stays hidden from now on, 0 to 43200; 0 shows it at once.",
            ),
            query(
                "consumerGroupId",
                "Name or OCID of the consumer group (default: the primary group).",
            ),
        ],
        body: Some(&models::UPDATE_MESSAGE_DETAILS),
        reply: ReplyBody::Object(&models::UPDATED_MESSAGE),
        ..OPERATION
    },
    Operation {
        id: OperationId::Queue(Queue::UpdateMessages),
        command: "queue messages update-messages",
        summary: "Change how long up to 20 received messages stay hidden.",
        example: "ocelot queue messages update-messages --queue-id jobs --entries \
            '[{\"receipt\": \"'\"$RECEIPT\"'\", \"visibilityInSeconds\": 120}]'",
        client: &QUEUE,
        method: Method::Post,
        path: "/queues/{queueId}/messages/actions/updateMessages",
        params: &[
            path("queueId", "Name or OCID of the queue."),
            body(
                "entries",
                "JSON list of up to 20 objects, each with receipt and visibilityInSeconds.",
            ),
            query(
                "consumerGroupId",
                "Name or OCID of the consumer group (default: the primary group).",
            ),
        ],
        body: Some(&models::UPDATE_MESSAGES_DETAILS),
        reply: ReplyBody::Object(&models::UPDATE_MESSAGES_RESULT),
        ..OPERATION
    },
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
            query("limit", "Most items in one page.").of(Kind::Integer),
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
            query("limit", "Most items in one page.").of(Kind::Integer),
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
        params: &[path("workRequestId", "OCID of the work request.")],
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
            query("limit", "Most items in one page.").of(Kind::Integer),
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
        params: &[
            path("workRequestId", "OCID of the work request."),
            PAGE,
            query("limit", "Most items in one page.").of(Kind::Integer),
        ],
        reply: ReplyBody::Object(&models::WORK_REQUEST_ERROR_COLLECTION),
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
        params: &[
            path("workRequestId", "OCID of the work request."),
            PAGE,
            query("limit", "Most items in one page.").of(Kind::Integer),
        ],
        reply: ReplyBody::Object(&models::WORK_REQUEST_LOG_ENTRY_COLLECTION),
        ..OPERATION
    },
];
