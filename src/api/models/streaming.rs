//! The wire models of Streaming, as its interface descriptions name them.

use crate::api::model::{
    DEFINED_TAGS, FREEFORM_TAGS, Field, Kind, Model, boolean, choice, datetime, integer, list, map,
    model, object, text,
};

use super::work_requests;

const LIFECYCLE_STATE: &[&str] = &[
    "CREATING", "ACTIVE", "DELETING", "DELETED", "FAILED", "UPDATING",
];

const GROUP_CURSOR_TYPE: &[&str] = &["AT_TIME", "LATEST", "TRIM_HORIZON"];

const WORK_REQUEST_OPERATION_TYPE: &[&str] = &[
    "CREATE_STREAM",
    "UPDATE_STREAM",
    "DELETE_STREAM",
    "CREATE_STREAM_POOL",
    "UPDATE_STREAM_POOL",
    "DELETE_STREAM_POOL",
    "CREATE_CONNECT_HARNESS",
    "UPDATE_CONNECT_HARNESS",
    "DELETE_CONNECT_HARNESS",
];

const WORK_REQUEST_STATUS: &[&str] = &[
    "ACCEPTED",
    "IN_PROGRESS",
    "WAITING",
    "NEEDS_ATTENTION",
    "FAILED",
    "SUCCEEDED",
    "CANCELING",
    "CANCELED",
];

/// `ChangeConnectHarnessCompartmentDetails`.
pub static CHANGE_CONNECT_HARNESS_COMPARTMENT_DETAILS: Model = model(
    "ChangeConnectHarnessCompartmentDetails",
    &[text("compartmentId").required()],
);

/// `ChangeStreamCompartmentDetails`.
pub static CHANGE_STREAM_COMPARTMENT_DETAILS: Model = model(
    "ChangeStreamCompartmentDetails",
    &[text("compartmentId").required()],
);

/// `ChangeStreamPoolCompartmentDetails`.
pub static CHANGE_STREAM_POOL_COMPARTMENT_DETAILS: Model = model(
    "ChangeStreamPoolCompartmentDetails",
    &[text("compartmentId").required()],
);

/// `ConnectHarness`.
pub static CONNECT_HARNESS: Model = model(
    "ConnectHarness",
    &[
        text("name").required(),
        text("id").required(),
        text("compartmentId").required(),
        choice("lifecycleState", LIFECYCLE_STATE).required(),
        text("lifecycleStateDetails"),
        datetime("timeCreated").required(),
        FREEFORM_TAGS,
        DEFINED_TAGS,
    ],
);

/// `ConnectHarnessSummary`.
pub static CONNECT_HARNESS_SUMMARY: Model = model(
    "ConnectHarnessSummary",
    &[
        text("name").required(),
        text("id").required(),
        text("compartmentId").required(),
        choice("lifecycleState", LIFECYCLE_STATE).required(),
        datetime("timeCreated").required(),
        FREEFORM_TAGS,
        DEFINED_TAGS,
    ],
);

/// `CreateConnectHarnessDetails`.
pub static CREATE_CONNECT_HARNESS_DETAILS: Model = model(
    "CreateConnectHarnessDetails",
    &[
        text("name").required(),
        text("compartmentId").required(),
        FREEFORM_TAGS,
        DEFINED_TAGS,
    ],
);

/// `CreateCursorDetails`.
pub static CREATE_CURSOR_DETAILS: Model = model(
    "CreateCursorDetails",
    &[
        text("partition").required(),
        choice(
            "type",
            &[
                "AFTER_OFFSET",
                "AT_OFFSET",
                "AT_TIME",
                "LATEST",
                "TRIM_HORIZON",
            ],
        )
        .required(),
        integer("offset"),
        datetime("time"),
    ],
);

/// `CreateGroupCursorDetails`.
pub static CREATE_GROUP_CURSOR_DETAILS: Model = model(
    "CreateGroupCursorDetails",
    &[
        choice("type", GROUP_CURSOR_TYPE).required(),
        datetime("time"),
        text("groupName").required(),
        text("instanceName"),
        integer("timeoutInMs"),
        boolean("commitOnGet"),
    ],
);

/// `CreateStreamDetails`.
pub static CREATE_STREAM_DETAILS: Model = model(
    "CreateStreamDetails",
    &[
        text("name").required(),
        integer("partitions").required(),
        text("compartmentId"),
        text("streamPoolId"),
        integer("retentionInHours"),
        FREEFORM_TAGS,
        DEFINED_TAGS,
    ],
);

/// `CreateStreamPoolDetails`.
pub static CREATE_STREAM_POOL_DETAILS: Model = model(
    "CreateStreamPoolDetails",
    &[
        text("compartmentId").required(),
        text("name").required(),
        object("kafkaSettings", &KAFKA_SETTINGS),
        object("customEncryptionKeyDetails", &CUSTOM_ENCRYPTION_KEY_DETAILS),
        object("privateEndpointDetails", &PRIVATE_ENDPOINT_DETAILS),
        FREEFORM_TAGS,
        map("securityAttributes", &Kind::Map(&Kind::Any)),
        DEFINED_TAGS,
    ],
);

/// `Cursor`.
pub static CURSOR: Model = model("Cursor", &[text("value").required()]);

/// `CustomEncryptionKey`.
pub static CUSTOM_ENCRYPTION_KEY: Model = model(
    "CustomEncryptionKey",
    &[
        text("kmsKeyId"),
        choice(
            "keyState",
            &[
                "ACTIVE", "CREATING", "DELETING", "NONE", "FAILED", "UPDATING",
            ],
        ),
    ],
);

/// `CustomEncryptionKeyDetails`.
pub static CUSTOM_ENCRYPTION_KEY_DETAILS: Model =
    model("CustomEncryptionKeyDetails", &[text("kmsKeyId").required()]);

/// `Group`.
pub static GROUP: Model = model(
    "Group",
    &[
        text("streamId").required(),
        text("groupName").required(),
        list("reservations", &Kind::Object(&PARTITION_RESERVATION)),
    ],
);

/// `KafkaSettings`.
pub static KAFKA_SETTINGS: Model = model(
    "KafkaSettings",
    &[
        text("bootstrapServers"),
        boolean("autoCreateTopicsEnable"),
        integer("logRetentionHours"),
        integer("numPartitions"),
    ],
);

/// `Message`.
pub static MESSAGE: Model = model(
    "Message",
    &[
        text("stream").required(),
        text("partition").required(),
        text("key").required(),
        text("value").required(),
        integer("offset").required(),
        datetime("timestamp").required(),
    ],
);

/// `PartitionReservation`.
pub static PARTITION_RESERVATION: Model = model(
    "PartitionReservation",
    &[
        text("partition"),
        integer("committedOffset"),
        text("reservedInstance"),
        datetime("timeReservedUntil"),
    ],
);

/// `PrivateEndpointDetails`.
pub static PRIVATE_ENDPOINT_DETAILS: Model = model(
    "PrivateEndpointDetails",
    &[
        text("subnetId"),
        text("privateEndpointIp"),
        list("nsgIds", &Kind::Text),
    ],
);

/// `PrivateEndpointSettings`.
pub static PRIVATE_ENDPOINT_SETTINGS: Model = model(
    "PrivateEndpointSettings",
    &[
        text("subnetId"),
        text("privateEndpointIp"),
        list("nsgIds", &Kind::Text),
    ],
);

/// `PutMessagesDetails`.
pub static PUT_MESSAGES_DETAILS: Model = model(
    "PutMessagesDetails",
    &[list("messages", &Kind::Object(&PUT_MESSAGES_DETAILS_ENTRY)).required()],
);

/// `PutMessagesDetailsEntry`.
pub static PUT_MESSAGES_DETAILS_ENTRY: Model = model(
    "PutMessagesDetailsEntry",
    &[text("key"), text("value").required()],
);

/// `PutMessagesResult`.
pub static PUT_MESSAGES_RESULT: Model = model(
    "PutMessagesResult",
    &[
        integer("failures").required(),
        list("entries", &Kind::Object(&PUT_MESSAGES_RESULT_ENTRY)).required(),
    ],
);

/// `PutMessagesResultEntry`.
pub static PUT_MESSAGES_RESULT_ENTRY: Model = model(
    "PutMessagesResultEntry",
    &[
        text("partition"),
        integer("offset"),
        datetime("timestamp"),
        text("error"),
        text("errorMessage"),
    ],
);

/// `Stream`.
pub static STREAM: Model = model(
    "Stream",
    &[
        text("name").required(),
        text("id").required(),
        integer("partitions").required(),
        integer("retentionInHours").required(),
        text("compartmentId").required(),
        text("streamPoolId").required(),
        choice("lifecycleState", LIFECYCLE_STATE).required(),
        text("lifecycleStateDetails"),
        datetime("timeCreated").required(),
        text("messagesEndpoint").required(),
        FREEFORM_TAGS,
        DEFINED_TAGS,
    ],
);

/// `StreamPool`.
pub static STREAM_POOL: Model = model(
    "StreamPool",
    &[
        text("id").required(),
        text("compartmentId").required(),
        text("name").required(),
        choice("lifecycleState", LIFECYCLE_STATE).required(),
        text("lifecycleStateDetails"),
        datetime("timeCreated").required(),
        object("kafkaSettings", &KAFKA_SETTINGS).required(),
        object("customEncryptionKey", &CUSTOM_ENCRYPTION_KEY).required(),
        boolean("isPrivate"),
        text("endpointFqdn"),
        object("privateEndpointSettings", &PRIVATE_ENDPOINT_SETTINGS),
        FREEFORM_TAGS,
        map("securityAttributes", &Kind::Map(&Kind::Any)),
        DEFINED_TAGS,
    ],
);

/// `StreamPoolSummary`.
pub static STREAM_POOL_SUMMARY: Model = model(
    "StreamPoolSummary",
    &[
        text("id").required(),
        text("compartmentId").required(),
        text("name").required(),
        choice("lifecycleState", LIFECYCLE_STATE).required(),
        datetime("timeCreated").required(),
        boolean("isPrivate"),
        FREEFORM_TAGS,
        map("securityAttributes", &Kind::Map(&Kind::Any)),
        DEFINED_TAGS,
    ],
);

/// `StreamSummary`.
pub static STREAM_SUMMARY: Model = model(
    "StreamSummary",
    &[
        text("name").required(),
        text("id").required(),
        integer("partitions").required(),
        text("compartmentId").required(),
        text("streamPoolId").required(),
        choice("lifecycleState", LIFECYCLE_STATE).required(),
        datetime("timeCreated").required(),
        text("messagesEndpoint").required(),
        FREEFORM_TAGS,
        DEFINED_TAGS,
    ],
);

/// `UpdateConnectHarnessDetails`.
pub static UPDATE_CONNECT_HARNESS_DETAILS: Model = model(
    "UpdateConnectHarnessDetails",
    &[FREEFORM_TAGS, DEFINED_TAGS],
);

/// `UpdateGroupDetails`.
pub static UPDATE_GROUP_DETAILS: Model = model(
    "UpdateGroupDetails",
    &[choice("type", GROUP_CURSOR_TYPE), datetime("time")],
);

/// `UpdateStreamDetails`.
pub static UPDATE_STREAM_DETAILS: Model = model(
    "UpdateStreamDetails",
    &[text("streamPoolId"), FREEFORM_TAGS, DEFINED_TAGS],
);

/// `UpdateStreamPoolDetails`.
pub static UPDATE_STREAM_POOL_DETAILS: Model = model(
    "UpdateStreamPoolDetails",
    &[
        text("name"),
        object("kafkaSettings", &KAFKA_SETTINGS),
        object("customEncryptionKeyDetails", &CUSTOM_ENCRYPTION_KEY_DETAILS),
        FREEFORM_TAGS,
        map("securityAttributes", &Kind::Map(&Kind::Any)),
        DEFINED_TAGS,
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
            &[
                "CREATED",
                "UPDATED",
                "DELETED",
                "IN_PROGRESS",
                "RELATED",
                "FAILED",
            ],
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
