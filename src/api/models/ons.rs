//! The wire models of Notifications, as its interface descriptions name them.

use crate::api::model::{
    DEFINED_TAGS, FREEFORM_TAGS, Model, choice, datetime, integer, model, object, text,
};

const NOTIFICATION_TOPIC_LIFECYCLE_STATE: &[&str] = &["ACTIVE", "DELETING", "CREATING"];

const SUBSCRIPTION_LIFECYCLE_STATE: &[&str] = &["PENDING", "ACTIVE", "DELETED"];

/// `BackoffRetryPolicy`.
pub static BACKOFF_RETRY_POLICY: Model = model(
    "BackoffRetryPolicy",
    &[
        integer("maxRetryDuration").required(),
        choice("policyType", &["EXPONENTIAL"]).required(),
    ],
);

/// `ChangeCompartmentDetails`.
pub static CHANGE_COMPARTMENT_DETAILS: Model = model(
    "ChangeCompartmentDetails",
    &[text("compartmentId").required()],
);

/// `ConfirmationResult`.
pub static CONFIRMATION_RESULT: Model = model(
    "ConfirmationResult",
    &[
        text("topicName").required(),
        text("topicId").required(),
        text("endpoint").required(),
        text("unsubscribeUrl").required(),
        text("message").required(),
        text("subscriptionId").required(),
    ],
);

/// `CreateSubscriptionDetails`.
pub static CREATE_SUBSCRIPTION_DETAILS: Model = model(
    "CreateSubscriptionDetails",
    &[
        text("topicId").required(),
        text("compartmentId").required(),
        text("protocol").required(),
        text("endpoint").required(),
        text("metadata"),
        FREEFORM_TAGS,
        DEFINED_TAGS,
    ],
);

/// `CreateTopicDetails`.
pub static CREATE_TOPIC_DETAILS: Model = model(
    "CreateTopicDetails",
    &[
        text("name").required(),
        text("compartmentId").required(),
        text("description"),
        FREEFORM_TAGS,
        DEFINED_TAGS,
    ],
);

/// `DeliveryPolicy`.
pub static DELIVERY_POLICY: Model = model(
    "DeliveryPolicy",
    &[object("backoffRetryPolicy", &BACKOFF_RETRY_POLICY)],
);

/// `MessageDetails`.
pub static MESSAGE_DETAILS: Model =
    model("MessageDetails", &[text("title"), text("body").required()]);

/// `NotificationTopic`.
pub static NOTIFICATION_TOPIC: Model = model(
    "NotificationTopic",
    &[
        text("name").required(),
        text("topicId").required(),
        text("shortTopicId"),
        text("compartmentId").required(),
        choice("lifecycleState", NOTIFICATION_TOPIC_LIFECYCLE_STATE).required(),
        text("description"),
        datetime("timeCreated").required(),
        text("etag"),
        FREEFORM_TAGS,
        DEFINED_TAGS,
        text("apiEndpoint").required(),
    ],
);

/// `NotificationTopicSummary`.
pub static NOTIFICATION_TOPIC_SUMMARY: Model = model(
    "NotificationTopicSummary",
    &[
        text("name").required(),
        text("topicId").required(),
        text("shortTopicId"),
        text("compartmentId").required(),
        choice("lifecycleState", NOTIFICATION_TOPIC_LIFECYCLE_STATE).required(),
        text("description"),
        datetime("timeCreated").required(),
        text("etag"),
        FREEFORM_TAGS,
        DEFINED_TAGS,
        text("apiEndpoint").required(),
    ],
);

/// `PublishResult`.
pub static PUBLISH_RESULT: Model = model(
    "PublishResult",
    &[text("messageId").required(), datetime("timeStamp")],
);

/// `Subscription`.
pub static SUBSCRIPTION: Model = model(
    "Subscription",
    &[
        text("id").required(),
        text("topicId").required(),
        text("protocol").required(),
        text("endpoint").required(),
        choice("lifecycleState", SUBSCRIPTION_LIFECYCLE_STATE).required(),
        text("compartmentId").required(),
        integer("createdTime"),
        text("deliverPolicy"),
        text("etag"),
        FREEFORM_TAGS,
        DEFINED_TAGS,
    ],
);

/// `SubscriptionSummary`.
pub static SUBSCRIPTION_SUMMARY: Model = model(
    "SubscriptionSummary",
    &[
        text("id").required(),
        text("topicId").required(),
        text("protocol").required(),
        text("endpoint").required(),
        choice("lifecycleState", SUBSCRIPTION_LIFECYCLE_STATE).required(),
        text("compartmentId").required(),
        integer("createdTime"),
        object("deliveryPolicy", &DELIVERY_POLICY),
        text("etag"),
        FREEFORM_TAGS,
        DEFINED_TAGS,
    ],
);

/// `TopicAttributesDetails`.
pub static TOPIC_ATTRIBUTES_DETAILS: Model = model(
    "TopicAttributesDetails",
    &[text("description").required(), FREEFORM_TAGS, DEFINED_TAGS],
);

/// `UpdateSubscriptionDetails`.
pub static UPDATE_SUBSCRIPTION_DETAILS: Model = model(
    "UpdateSubscriptionDetails",
    &[
        object("deliveryPolicy", &DELIVERY_POLICY),
        FREEFORM_TAGS,
        DEFINED_TAGS,
    ],
);
