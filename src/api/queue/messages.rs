//! What is done with the messages of a queue, and its channels.

use crate::api::OperationId;
use crate::api::model::Kind;
use crate::api::models::queue as models;
use crate::api::operation::{
    LIMIT, Method, OPERATION, Operation, PAGE, ReplyBody, body, path, query,
};

use super::{QUEUE, Queue};

pub(super) static OPERATIONS: [Operation; 8] = [
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
            LIMIT,
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
];
