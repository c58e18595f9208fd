//! What is done with the messages of a stream: cursors, groups, put and get.

use crate::api::OperationId;
use crate::api::model::Kind;
use crate::api::models::streaming as models;
use crate::api::operation::{Method, OPERATION, Operation, ReplyBody, body, path, query};

use super::{STREAM, Streaming};

pub(super) static OPERATIONS: [Operation; 8] = [
    Operation {
        id: OperationId::Streaming(Streaming::CreateCursor),
        command: "streaming stream cursor create-cursor",
        summary: "Create a cursor to read one partition from a given place.",
        example: "ocelot streaming stream cursor create-cursor --stream-id orders \
            --partition 0 --type TRIM_HORIZON --query data.value --raw-output",
        client: &STREAM,
        method: Method::Post,
        path: "/streams/{streamId}/cursors",
        params: &[
            path("streamId", "The stream, by name or OCID."),
            body(
                "partition",
                "Partition to read, counted from 0; left out here, all of them.",
            )
            .optional_here(),
            body(
                "type",
                "Where reading starts: at an offset, at a time, with new messages or \
                 with the oldest kept.",
            ),
            body(
                "offset",
                "Offset for AT_OFFSET and AFTER_OFFSET, from that of the oldest kept \
                 message to that of the latest.",
            ),
            body(
                "time",
                "Moment to start from with AT_TIME, such as 2026-01-15T08:00:00Z.",
            ),
        ],
        body: Some(&models::CREATE_CURSOR_DETAILS),
        reply: ReplyBody::Object(&models::CURSOR),
        ..OPERATION
    },
    Operation {
        id: OperationId::Streaming(Streaming::CreateGroupCursor),
        command: "streaming stream cursor create-group-cursor",
        summary: "Create a cursor for one reader of a consumer group.",
        example: "ocelot streaming stream cursor create-group-cursor --stream-id orders \
            --group-name billing --instance-name billing-1 --type TRIM_HORIZON \
            --query data.value --raw-output",
        client: &STREAM,
        method: Method::Post,
        path: "/streams/{streamId}/groupCursors",
        params: &[
            path("streamId", "The stream, by name or OCID."),
            body(
                "type",
                "Where a new group starts reading; an existing group goes on from its \
                 committed offsets.",
            ),
            body("groupName", "Name of the consumer group."),
            body(
                "time",
                "Moment to start from with AT_TIME, such as 2026-01-15T08:00:00Z.",
            ),
            body(
                "instanceName",
                "Name of this reader in the group (default: a generated UUID).",
            ),
            body(
                "timeoutInMs",
                "Milliseconds of silence before this reader's partitions go to others \
                 (default 30000).",
            ),
            body(
                "commitOnGet",
                "Whether each read commits the offsets of the read before it (default true).",
            ),
        ],
        body: Some(&models::CREATE_GROUP_CURSOR_DETAILS),
        reply: ReplyBody::Object(&models::CURSOR),
        ..OPERATION
    },
    Operation {
        id: OperationId::Streaming(Streaming::ConsumerCommit),
        command: "streaming stream group commit",
        summary: "Commit the offsets of a group cursor and get a fresh cursor.",
        example: "ocelot streaming stream group commit --stream-id orders --cursor \
            \"$CURSOR\" --query data.value --raw-output",
        client: &STREAM,
        method: Method::Post,
        path: "/streams/{streamId}/commit",
        params: &[
            path("streamId", "The stream, by name or OCID."),
            query(
                "cursor",
                "Group cursor: a new one, or the opc-next-cursor of the last read; \
                 valid for 5 minutes.",
            )
            .required(),
        ],
        reply: ReplyBody::Object(&models::CURSOR),
        ..OPERATION
    },
    Operation {
        id: OperationId::Streaming(Streaming::GetGroup),
        command: "streaming stream group get",
        summary: "Show the committed offsets and the readers of a consumer group.",
        example: "ocelot streaming stream group get --stream-id orders --group-name billing",
        client: &STREAM,
        method: Method::Get,
        path: "/streams/{streamId}/groups/{groupName}",
        params: &[
            path("streamId", "The stream, by name or OCID."),
            path("groupName", "Name of the consumer group."),
        ],
        reply: ReplyBody::Object(&models::GROUP),
        ..OPERATION
    },
    Operation {
        id: OperationId::Streaming(Streaming::ConsumerHeartbeat),
        command: "streaming stream group heartbeat",
        summary: "Keep the partitions of a group's reader reserved and get a fresh cursor.",
        example: "ocelot streaming stream group heartbeat --stream-id orders --cursor \
            \"$CURSOR\" --query data.value --raw-output",
        client: &STREAM,
        method: Method::Post,
        path: "/streams/{streamId}/heartbeat",
        params: &[
            path("streamId", "The stream, by name or OCID."),
            query(
                "cursor",
                "Group cursor: a new one, or the opc-next-cursor of the last read; \
                 valid for 5 minutes.",
            )
            .required(),
        ],
        reply: ReplyBody::Object(&models::CURSOR),
        ..OPERATION
    },
    Operation {
        id: OperationId::Streaming(Streaming::UpdateGroup),
        command: "streaming stream group update",
        summary: "Reset a consumer group to another place, on all partitions.",
        example: "ocelot streaming stream group update --stream-id orders --group-name \
            billing --type AT_TIME --time 2026-01-15T08:00:00Z",
        client: &STREAM,
        method: Method::Put,
        path: "/streams/{streamId}/groups/{groupName}",
        params: &[
            path("streamId", "The stream, by name or OCID."),
            path("groupName", "Name of the consumer group."),
            body(
                "type",
                "Where the group goes on reading; its present cursors become stale.",
            ),
            body(
                "time",
                "Moment to start from with AT_TIME, such as 2026-01-15T08:00:00Z.",
            ),
        ],
        body: Some(&models::UPDATE_GROUP_DETAILS),
        ..OPERATION
    },
    Operation {
        id: OperationId::Streaming(Streaming::GetMessages),
        command: "streaming stream message get",
        summary: "Get messages from a cursor; the reply brings the cursor for the next read.",
        example: "ocelot streaming stream message get --stream-id orders --cursor \
            \"$CURSOR\" --limit 100 --query 'data[].{Offset: offset, Value: value}' \
            --output table",
        client: &STREAM,
        method: Method::Get,
        path: "/streams/{streamId}/messages",
        params: &[
            path("streamId", "The stream, by name or OCID."),
            query(
                "cursor",
                "Cursor to read from: a new one, or the opc-next-cursor of the last \
                 read; valid for 5 minutes.",
            )
            .required(),
            query(
                "limit",
                "Most messages in one reply, up to 10000 (default: as many as possible).",
            )
            .of(Kind::Integer),
        ],
        reply: ReplyBody::List(&models::MESSAGE),
        ..OPERATION
    },
    Operation {
        id: OperationId::Streaming(Streaming::PutMessages),
        command: "streaming stream message put",
        summary: "Put messages into a stream; equal keys go to the same partition.",
        example: "ocelot streaming stream message put --stream-id orders --messages \
            '[{\"key\": \"b3JkZXItMQ==\", \"value\": \"eyJ0b3RhbCI6IDQyfQ==\"}]'",
        client: &STREAM,
        method: Method::Post,
        path: "/streams/{streamId}/messages",
        params: &[
            path("streamId", "The stream, by name or OCID."),
            body(
                "messages",
                "JSON array of objects with base64 value and optional key; 1 MiB in \
                 all, a key up to 256 bytes.",
            ),
        ],
        body: Some(&models::PUT_MESSAGES_DETAILS),
        reply: ReplyBody::Object(&models::PUT_MESSAGES_RESULT),
        ..OPERATION
    },
];
