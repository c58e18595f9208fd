//! The wire models of Queue, as its interface descriptions name them.

use crate::api::model::{
    DEFINED_TAGS, FREEFORM_TAGS, Field, Kind, Model, boolean, choice, datetime, integer, list, map,
    model, model_of, object, text,
};

use super::work_requests;

const QUEUE_LIFECYCLE_STATE: &[&str] = &[
    "CREATING", "UPDATING", "ACTIVE", "DELETING", "DELETED", "FAILED", "INACTIVE",
];

const WORK_REQUEST_OPERATION_TYPE: &[&str] = &[
    "CREATE_QUEUE",
    "UPDATE_QUEUE",
    "DELETE_QUEUE",
    "MOVE_QUEUE",
    "PURGE_QUEUE",
    "CREATE_CONSUMER_GROUP",
    "UPDATE_CONSUMER_GROUP",
    "DELETE_CONSUMER_GROUP",
];

const WORK_REQUEST_STATUS: &[&str] = &[
    "ACCEPTED",
    "IN_PROGRESS",
    "FAILED",
    "SUCCEEDED",
    "CANCELING",
    "CANCELED",
];

const CAPABILITY: &[&str] = &["CONSUMER_GROUPS", "LARGE_MESSAGES"];

/// `CapabilityDetails`.
pub static CAPABILITY_DETAILS: Model = model_of(
    "CapabilityDetails",
    &[choice("type", CAPABILITY)],
    "type",
    &[
        ("CONSUMER_GROUPS", &CONSUMER_GROUPS_CAPABILITY_DETAILS),
        ("LARGE_MESSAGES", &LARGE_MESSAGES_CAPABILITY_DETAILS),
    ],
);

/// `ChangeQueueCompartmentDetails`.
pub static CHANGE_QUEUE_COMPARTMENT_DETAILS: Model = model(
    "ChangeQueueCompartmentDetails",
    &[text("compartmentId").required()],
);

/// `ChannelCollection`.
pub static CHANNEL_COLLECTION: Model = model(
    "ChannelCollection",
    &[list("items", &Kind::Text).required()],
);

/// `ConsumerGroup`.
pub static CONSUMER_GROUP: Model = model(
    "ConsumerGroup",
    &[
        text("id").required(),
        text("displayName").required(),
        datetime("timeCreated").required(),
        datetime("timeUpdated").required(),
        choice("lifecycleState", QUEUE_LIFECYCLE_STATE).required(),
        text("lifecycleDetails"),
        text("filter").required(),
        text("queueId").required(),
        integer("deadLetterQueueDeliveryCount"),
        FREEFORM_TAGS,
        DEFINED_TAGS,
        map("systemTags", &Kind::Map(&Kind::Any)),
    ],
);

/// `ConsumerGroupCollection`.
pub static CONSUMER_GROUP_COLLECTION: Model = model(
    "ConsumerGroupCollection",
    &[list("items", &Kind::Object(&CONSUMER_GROUP_SUMMARY)).required()],
);

/// `ConsumerGroupSummary`.
pub static CONSUMER_GROUP_SUMMARY: Model = model(
    "ConsumerGroupSummary",
    &[
        text("id").required(),
        text("displayName").required(),
        datetime("timeCreated").required(),
        datetime("timeUpdated").required(),
        text("lifecycleState").required(),
        text("lifecycleDetails"),
        text("filter").required(),
        text("queueId").required(),
        FREEFORM_TAGS,
        DEFINED_TAGS,
        map("systemTags", &Kind::Map(&Kind::Any)),
    ],
);

/// `ConsumerGroupsCapabilityDetails`.
pub static CONSUMER_GROUPS_CAPABILITY_DETAILS: Model = model(
    "ConsumerGroupsCapabilityDetails",
    &[
        text("type"),
        boolean("isPrimaryConsumerGroupEnabled"),
        text("primaryConsumerGroupDisplayName"),
        text("primaryConsumerGroupFilter"),
        integer("primaryConsumerGroupDeadLetterQueueDeliveryCount"),
    ],
);

/// `CreateConsumerGroupDetails`.
pub static CREATE_CONSUMER_GROUP_DETAILS: Model = model(
    "CreateConsumerGroupDetails",
    &[
        text("displayName").required(),
        text("filter"),
        text("queueId").required(),
        boolean("isEnabled"),
        integer("deadLetterQueueDeliveryCount"),
        FREEFORM_TAGS,
        DEFINED_TAGS,
    ],
);

/// `CreateQueueDetails`.
pub static CREATE_QUEUE_DETAILS: Model = model(
    "CreateQueueDetails",
    &[
        text("displayName").required(),
        text("compartmentId").required(),
        integer("retentionInSeconds"),
        integer("visibilityInSeconds"),
        integer("timeoutInSeconds"),
        integer("channelConsumptionLimit"),
        integer("deadLetterQueueDeliveryCount"),
        text("customEncryptionKeyId"),
        list("capabilities", &Kind::Object(&CAPABILITY_DETAILS)),
        FREEFORM_TAGS,
        DEFINED_TAGS,
    ],
);

/// `DeleteMessagesDetails`.
pub static DELETE_MESSAGES_DETAILS: Model = model(
    "DeleteMessagesDetails",
    &[list("entries", &Kind::Object(&DELETE_MESSAGES_DETAILS_ENTRY)).required()],
);

/// `DeleteMessagesDetailsEntry`.
pub static DELETE_MESSAGES_DETAILS_ENTRY: Model =
    model("DeleteMessagesDetailsEntry", &[text("receipt").required()]);

/// `DeleteMessagesResult`.
pub static DELETE_MESSAGES_RESULT: Model = model(
    "DeleteMessagesResult",
    &[
        integer("serverFailures").required(),
        integer("clientFailures").required(),
        list("entries", &Kind::Object(&DELETE_MESSAGES_RESULT_ENTRY)).required(),
    ],
);

/// `DeleteMessagesResultEntry`.
pub static DELETE_MESSAGES_RESULT_ENTRY: Model = model(
    "DeleteMessagesResultEntry",
    &[integer("errorCode"), text("errorMessage")],
);

/// `GetMessage`.
pub static GET_MESSAGE: Model = model(
    "GetMessage",
    &[
        integer("id").required(),
        text("content").required(),
        text("receipt").required(),
        integer("deliveryCount").required(),
        datetime("visibleAfter").required(),
        datetime("expireAfter").required(),
        datetime("createdAt").required(),
        object("metadata", &MESSAGE_METADATA),
    ],
);

/// `GetMessages`.
pub static GET_MESSAGES: Model = model(
    "GetMessages",
    &[list("messages", &Kind::Object(&GET_MESSAGE)).required()],
);

/// `LargeMessagesCapabilityDetails`.
pub static LARGE_MESSAGES_CAPABILITY_DETAILS: Model =
    model("LargeMessagesCapabilityDetails", &[text("type")]);

/// `MessageMetadata`.
pub static MESSAGE_METADATA: Model = model(
    "MessageMetadata",
    &[
        text("channelId").required(),
        map("customProperties", &Kind::Text),
    ],
);

/// `PurgeQueueDetails`.
pub static PURGE_QUEUE_DETAILS: Model = model(
    "PurgeQueueDetails",
    &[
        choice("purgeType", &["NORMAL", "DLQ", "BOTH"]).required(),
        list("channelIds", &Kind::Text),
        text("consumerGroupId"),
    ],
);

/// `PutMessage`.
pub static PUT_MESSAGE: Model = model(
    "PutMessage",
    &[integer("id").required(), datetime("expireAfter")],
);

/// `PutMessages`.
pub static PUT_MESSAGES: Model = model(
    "PutMessages",
    &[list("messages", &Kind::Object(&PUT_MESSAGE)).required()],
);

/// `PutMessagesDetails`.
pub static PUT_MESSAGES_DETAILS: Model = model(
    "PutMessagesDetails",
    &[list("messages", &Kind::Object(&PUT_MESSAGES_DETAILS_ENTRY)).required()],
);

/// `PutMessagesDetailsEntry`.
pub static PUT_MESSAGES_DETAILS_ENTRY: Model = model(
    "PutMessagesDetailsEntry",
    &[
        text("content").required(),
        object("metadata", &MESSAGE_METADATA),
    ],
);

/// `Queue`.
pub static QUEUE: Model = model(
    "Queue",
    &[
        text("id").required(),
        text("displayName"),
        text("compartmentId").required(),
        datetime("timeCreated").required(),
        datetime("timeUpdated").required(),
        choice("lifecycleState", QUEUE_LIFECYCLE_STATE).required(),
        text("lifecycleDetails"),
        text("messagesEndpoint").required(),
        integer("retentionInSeconds").required(),
        integer("visibilityInSeconds").required(),
        integer("timeoutInSeconds").required(),
        integer("deadLetterQueueDeliveryCount").required(),
        text("customEncryptionKeyId"),
        FREEFORM_TAGS,
        DEFINED_TAGS,
        map("systemTags", &Kind::Map(&Kind::Any)),
        integer("channelConsumptionLimit"),
        list("capabilities", &Kind::Object(&CAPABILITY_DETAILS)),
    ],
);

/// `QueueCollection`.
pub static QUEUE_COLLECTION: Model = model(
    "QueueCollection",
    &[list("items", &Kind::Object(&QUEUE_SUMMARY)).required()],
);

/// `QueueStats`.
pub static QUEUE_STATS: Model = model(
    "QueueStats",
    &[
        object("queue", &STATS).required(),
        object("dlq", &STATS).required(),
        text("channelId"),
        text("consumerGroupId"),
    ],
);

/// `QueueSummary`.
pub static QUEUE_SUMMARY: Model = model(
    "QueueSummary",
    &[
        text("id").required(),
        text("displayName"),
        text("compartmentId").required(),
        datetime("timeCreated").required(),
        datetime("timeUpdated").required(),
        text("lifecycleState").required(),
        text("lifecycleDetails"),
        text("messagesEndpoint").required(),
        FREEFORM_TAGS,
        DEFINED_TAGS,
        map("systemTags", &Kind::Map(&Kind::Any)),
        list("capabilities", &Kind::Choice(CAPABILITY)),
    ],
);

/// `Stats`.
pub static STATS: Model = model(
    "Stats",
    &[
        integer("visibleMessages").required(),
        integer("inFlightMessages").required(),
        integer("sizeInBytes").required(),
    ],
);

/// `UpdateConsumerGroupDetails`.
pub static UPDATE_CONSUMER_GROUP_DETAILS: Model = model(
    "UpdateConsumerGroupDetails",
    &[
        text("displayName"),
        text("filter"),
        boolean("isEnabled"),
        integer("deadLetterQueueDeliveryCount"),
        FREEFORM_TAGS,
        DEFINED_TAGS,
    ],
);

/// `UpdateMessageDetails`.
pub static UPDATE_MESSAGE_DETAILS: Model = model(
    "UpdateMessageDetails",
    &[integer("visibilityInSeconds").required()],
);

/// `UpdateMessagesDetails`.
pub static UPDATE_MESSAGES_DETAILS: Model = model(
    "UpdateMessagesDetails",
    &[list("entries", &Kind::Object(&UPDATE_MESSAGES_DETAILS_ENTRY)).required()],
);

/// `UpdateMessagesDetailsEntry`.
pub static UPDATE_MESSAGES_DETAILS_ENTRY: Model = model(
    "UpdateMessagesDetailsEntry",
    &[
        text("receipt").required(),
        integer("visibilityInSeconds").required(),
    ],
);

/// `UpdateMessagesResult`.
pub static UPDATE_MESSAGES_RESULT: Model = model(
    "UpdateMessagesResult",
    &[
        integer("serverFailures").required(),
        integer("clientFailures").required(),
        list("entries", &Kind::Object(&UPDATE_MESSAGES_RESULT_ENTRY)).required(),
    ],
);

/// `UpdateMessagesResultEntry`.
pub static UPDATE_MESSAGES_RESULT_ENTRY: Model = model(
    "UpdateMessagesResultEntry",
    &[
        integer("id"),
        datetime("visibleAfter"),
        integer("errorCode"),
        text("errorMessage"),
    ],
);

/// `UpdateQueueDetails`.
pub static UPDATE_QUEUE_DETAILS: Model = model(
    "UpdateQueueDetails",
    &[
        text("displayName"),
        integer("visibilityInSeconds"),
        integer("timeoutInSeconds"),
        integer("channelConsumptionLimit"),
        integer("deadLetterQueueDeliveryCount"),
        text("customEncryptionKeyId"),
        list("capabilities", &Kind::Object(&CAPABILITY_DETAILS)),
        FREEFORM_TAGS,
        DEFINED_TAGS,
    ],
);

/// `UpdatedMessage`.
pub static UPDATED_MESSAGE: Model = model(
    "UpdatedMessage",
    &[
        integer("id").required(),
        datetime("visibleAfter").required(),
    ],
);

static WORK_REQUEST_FIELDS: [Field; 9] = work_requests::fields(
    WORK_REQUEST_OPERATION_TYPE,
    WORK_REQUEST_STATUS,
    &Kind::Object(&WORK_REQUEST_RESOURCE),
);

/// `WorkRequest`.
pub static WORK_REQUEST: Model = model("WorkRequest", &WORK_REQUEST_FIELDS);

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

/// `WorkRequestSummary`.
pub static WORK_REQUEST_SUMMARY: Model = model("WorkRequestSummary", &WORK_REQUEST_FIELDS);

/// `WorkRequestSummaryCollection`.
pub static WORK_REQUEST_SUMMARY_COLLECTION: Model = model(
    "WorkRequestSummaryCollection",
    &[list("items", &Kind::Object(&WORK_REQUEST_SUMMARY)).required()],
);
