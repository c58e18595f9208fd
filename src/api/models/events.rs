//! The wire models of Events, as its interface descriptions name them.

use crate::api::model::{
    DEFINED_TAGS, FREEFORM_TAGS, Kind, Model, boolean, choice, datetime, list, model, model_of,
    object, text,
};

const ACTION_TYPE: &[&str] = &["ONS", "OSS", "FAAS"];

const RULE_LIFECYCLE_STATE: &[&str] = &[
    "CREATING", "ACTIVE", "INACTIVE", "UPDATING", "DELETING", "DELETED", "FAILED",
];

/// `Action`.
pub static ACTION: Model = model_of(
    "Action",
    &[
        choice("actionType", ACTION_TYPE).required(),
        text("id").required(),
        text("lifecycleMessage").required(),
        choice("lifecycleState", RULE_LIFECYCLE_STATE).required(),
        boolean("isEnabled"),
        text("description"),
    ],
    "actionType",
    &[
        ("FAAS", &FAA_S_ACTION),
        ("ONS", &NOTIFICATION_SERVICE_ACTION),
        ("OSS", &STREAMING_SERVICE_ACTION),
    ],
);

/// `ActionDetails`.
pub static ACTION_DETAILS: Model = model_of(
    "ActionDetails",
    &[
        choice("actionType", ACTION_TYPE).required(),
        boolean("isEnabled").required(),
        text("description"),
    ],
    "actionType",
    &[
        ("FAAS", &CREATE_FAA_S_ACTION_DETAILS),
        ("ONS", &CREATE_NOTIFICATION_SERVICE_ACTION_DETAILS),
        ("OSS", &CREATE_STREAMING_SERVICE_ACTION_DETAILS),
    ],
);

/// `ActionDetailsList`.
pub static ACTION_DETAILS_LIST: Model = model(
    "ActionDetailsList",
    &[list("actions", &Kind::Object(&ACTION_DETAILS)).required()],
);

/// `ActionList`.
pub static ACTION_LIST: Model = model(
    "ActionList",
    &[list("actions", &Kind::Object(&ACTION)).required()],
);

/// `ChangeRuleCompartmentDetails`.
pub static CHANGE_RULE_COMPARTMENT_DETAILS: Model = model(
    "ChangeRuleCompartmentDetails",
    &[text("compartmentId").required()],
);

/// `CreateFaaSActionDetails`.
pub static CREATE_FAA_S_ACTION_DETAILS: Model = model(
    "CreateFaaSActionDetails",
    &[
        text("actionType"),
        boolean("isEnabled"),
        text("description"),
        text("functionId"),
    ],
);

/// `CreateNotificationServiceActionDetails`.
pub static CREATE_NOTIFICATION_SERVICE_ACTION_DETAILS: Model = model(
    "CreateNotificationServiceActionDetails",
    &[
        text("actionType"),
        boolean("isEnabled"),
        text("description"),
        text("topicId"),
    ],
);

/// `CreateRuleDetails`.
pub static CREATE_RULE_DETAILS: Model = model(
    "CreateRuleDetails",
    &[
        text("displayName").required(),
        text("description"),
        boolean("isEnabled").required(),
        text("condition").required(),
        text("compartmentId").required(),
        object("actions", &ACTION_DETAILS_LIST).required(),
        FREEFORM_TAGS,
        DEFINED_TAGS,
    ],
);

/// `CreateStreamingServiceActionDetails`.
pub static CREATE_STREAMING_SERVICE_ACTION_DETAILS: Model = model(
    "CreateStreamingServiceActionDetails",
    &[
        text("actionType"),
        boolean("isEnabled"),
        text("description"),
        text("streamId").required(),
    ],
);

/// `FaaSAction`.
pub static FAA_S_ACTION: Model = model(
    "FaaSAction",
    &[
        text("actionType"),
        text("id"),
        text("lifecycleMessage"),
        text("lifecycleState"),
        boolean("isEnabled"),
        text("description"),
        text("functionId"),
    ],
);

/// `NotificationServiceAction`.
pub static NOTIFICATION_SERVICE_ACTION: Model = model(
    "NotificationServiceAction",
    &[
        text("actionType"),
        text("id"),
        text("lifecycleMessage"),
        text("lifecycleState"),
        boolean("isEnabled"),
        text("description"),
        text("topicId"),
    ],
);

/// `Rule`.
pub static RULE: Model = model(
    "Rule",
    &[
        text("displayName").required(),
        text("description"),
        choice("lifecycleState", RULE_LIFECYCLE_STATE).required(),
        text("condition").required(),
        text("compartmentId").required(),
        boolean("isEnabled").required(),
        FREEFORM_TAGS,
        DEFINED_TAGS,
        object("actions", &ACTION_LIST).required(),
        text("id").required(),
        datetime("timeCreated").required(),
        text("lifecycleMessage"),
    ],
);

/// `RuleSummary`.
pub static RULE_SUMMARY: Model = model(
    "RuleSummary",
    &[
        text("id").required(),
        text("displayName").required(),
        text("description"),
        text("lifecycleState").required(),
        text("condition").required(),
        text("compartmentId").required(),
        boolean("isEnabled").required(),
        datetime("timeCreated").required(),
        FREEFORM_TAGS,
        DEFINED_TAGS,
    ],
);

/// `StreamingServiceAction`.
pub static STREAMING_SERVICE_ACTION: Model = model(
    "StreamingServiceAction",
    &[
        text("actionType"),
        text("id"),
        text("lifecycleMessage"),
        text("lifecycleState"),
        boolean("isEnabled"),
        text("description"),
        text("streamId"),
    ],
);

/// `UpdateRuleDetails`.
pub static UPDATE_RULE_DETAILS: Model = model(
    "UpdateRuleDetails",
    &[
        text("displayName"),
        text("description"),
        boolean("isEnabled"),
        text("condition"),
        object("actions", &ACTION_DETAILS_LIST),
        FREEFORM_TAGS,
        DEFINED_TAGS,
    ],
);
