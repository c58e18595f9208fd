//! The operations of Notifications.

use super::models::ons as models;
use super::operation::{
    Client, DEFINED_TAGS, FREEFORM_TAGS, IF_MATCH, LIMIT, Method, OPERATION, Operation, PAGE,
    ReplyBody, SORT_ORDER, body, header, path, query,
};
use super::{OperationId, Service};

/// The operations of Notifications.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ons {
    /// Publish a message to all confirmed subscriptions of a topic.
    PublishMessage,
    /// Move a subscription to another compartment.
    ChangeSubscriptionCompartment,
    /// Confirm a subscription with the token that its endpoint received.
    GetConfirmSubscription,
    /// Subscribe an endpoint to a topic; all but functions must then confirm.
    CreateSubscription,
    /// Delete a subscription.
    DeleteSubscription,
    /// Show one subscription, with its endpoint and state.
    GetSubscription,
    /// List the subscriptions of a compartment or of one topic.
    ListSubscriptions,
    /// Send the confirmation message of a pending subscription again.
    ResendSubscriptionConfirmation,
    /// Unsubscribe an endpoint with the token that it received.
    GetUnsubscription,
    /// Change the delivery policy or the tags of a subscription.
    UpdateSubscription,
    /// Move a topic to another compartment.
    ChangeTopicCompartment,
    /// Create a topic to publish messages to.
    CreateTopic,
    /// Delete a topic and its subscriptions.
    DeleteTopic,
    /// Show one topic.
    GetTopic,
    /// List the topics of a compartment.
    ListTopics,
    /// Change the description or the tags of a topic.
    UpdateTopic,
}

static NOTIFICATION_CONTROL_PLANE: Client = Client {
    name: "notification_control_plane",
    base_path: "/20181201",
    endpoint: "https://notification.{region}.{secondLevelDomain}",
};

static NOTIFICATION_DATA_PLANE: Client = Client {
    name: "notification_data_plane",
    base_path: "/20181201",
    endpoint: "https://notification.{region}.{secondLevelDomain}",
};

/// Notifications, as the command line and the REST interface have it.
pub static SERVICE: Service = Service {
    name: "ons",
    title: "Notifications",
    groups: GROUPS,
    parts: &[&OPERATIONS],
};

const GROUPS: &[(&str, &str)] = &[
    (
        "ons",
        "Topics that deliver each published message to email, HTTPS, SMS and more.",
    ),
    (
        "ons message",
        "Messages, which go to all confirmed subscriptions of a topic.",
    ),
    (
        "ons subscription",
        "Subscriptions: the endpoints that receive the messages of a topic.",
    ),
    (
        "ons topic",
        "Topics: create, list, change, move and delete them.",
    ),
];

static OPERATIONS: [Operation; 16] = [
    Operation {
        id: OperationId::Ons(Ons::PublishMessage),
        command: "ons message publish",
        summary: "Publish a message to all confirmed subscriptions of a topic.",
        example: "ocelot ons message publish --topic-id alerts --title 'Disk almost \
            full' --body 'Disk use on web-1 is above 95 percent.'",
        client: &NOTIFICATION_DATA_PLANE,
        method: Method::Post,
        path: "/topics/{topicId}/messages",
        params: &[
            path("topicId", "The topic, by name or OCID."),
            body(
                "body",
                "Text of the message; a whole request is at most 64 KB.",
            ),
            body(
                "title",
                "Title of the message: the subject line in email, ignored by most other \
                 protocols.",
            ),
            header(
                "messageType",
                "How to read the body (default RAW_TEXT); JSON, with a text per \
                 protocol and a default, is deprecated.",
            )
            .one_of(&["JSON", "RAW_TEXT"]),
        ],
        body: Some(&models::MESSAGE_DETAILS),
        reply: ReplyBody::Object(&models::PUBLISH_RESULT),
        ..OPERATION
    },
    Operation {
        id: OperationId::Ons(Ons::ChangeSubscriptionCompartment),
        command: "ons subscription change-compartment",
        summary: "Move a subscription to another compartment.",
        example: "ocelot ons subscription change-compartment --subscription-id \
            ocid1.onssubscription.oc1..oncall --compartment-id \
            ocid1.compartment.oc1..archive",
        client: &NOTIFICATION_DATA_PLANE,
        method: Method::Post,
        path: "/subscriptions/{subscriptionId}/actions/changeCompartment",
        params: &[
            path("subscriptionId", "OCID of the subscription."),
            body("compartmentId", "OCID of the compartment to move it to."),
            IF_MATCH,
        ],
        body: Some(&models::CHANGE_COMPARTMENT_DETAILS),
        takes_retry_token: true,
        ..OPERATION
    },
    Operation {
        id: OperationId::Ons(Ons::GetConfirmSubscription),
        command: "ons subscription confirm",
        summary: "Confirm a subscription with the token that its endpoint received.",
        example: "ocelot ons subscription confirm --id ocid1.onssubscription.oc1..oncall \
            --token \"$TOKEN\" --protocol EMAIL",
        client: &NOTIFICATION_DATA_PLANE,
        method: Method::Get,
        path: "/subscriptions/{id}/confirmation",
        params: &[
            path("id", "OCID of the subscription."),
            query(
                "token",
                "Token from the confirmation message; valid for 3 days.",
            )
            .required(),
            query("protocol", "Protocol of the subscription, such as EMAIL.").required(),
        ],
        reply: ReplyBody::Object(&models::CONFIRMATION_RESULT),
        ..OPERATION
    },
    Operation {
        id: OperationId::Ons(Ons::CreateSubscription),
        command: "ons subscription create",
        summary: "Subscribe an endpoint to a topic; all but functions must then confirm.",
        example: "ocelot ons subscription create --topic-id alerts --protocol EMAIL \
            --subscription-endpoint oncall@example.com",
        client: &NOTIFICATION_DATA_PLANE,
        method: Method::Post,
        path: "/subscriptions",
        params: &[
            body("topicId", "The topic, by name or OCID."),
            body(
                "compartmentId",
                "OCID of the compartment to create it in, which must be that of the topic.",
            ),
            body(
                "protocol",
                "Protocol: CUSTOM_HTTPS, EMAIL, ORACLE_FUNCTIONS, PAGERDUTY, SLACK, SMS \
                 or the deprecated HTTPS.",
            ),
            body("metadata", "Extra text to keep with the subscription."),
            FREEFORM_TAGS,
            DEFINED_TAGS,
            body(
                "endpoint",
                "Email address, phone number, function OCID or URL (at most 512 \
                 characters) to deliver to.",
            )
            .renamed("subscription-endpoint")
            .or_global("endpoint"),
        ],
        body: Some(&models::CREATE_SUBSCRIPTION_DETAILS),
        reply: ReplyBody::Object(&models::SUBSCRIPTION),
        wait: Some(OperationId::Ons(Ons::GetSubscription)),
        takes_retry_token: true,
        ..OPERATION
    },
    Operation {
        id: OperationId::Ons(Ons::DeleteSubscription),
        command: "ons subscription delete",
        summary: "Delete a subscription.",
        example: "ocelot ons subscription delete --subscription-id \
            ocid1.onssubscription.oc1..oncall",
        client: &NOTIFICATION_DATA_PLANE,
        method: Method::Delete,
        path: "/subscriptions/{subscriptionId}",
        params: &[
            path("subscriptionId", "OCID of the subscription."),
            IF_MATCH,
        ],
        wait: Some(OperationId::Ons(Ons::GetSubscription)),
        ..OPERATION
    },
    Operation {
        id: OperationId::Ons(Ons::GetSubscription),
        command: "ons subscription get",
        summary: "Show one subscription, with its endpoint and state.",
        example: "ocelot ons subscription get --subscription-id \
            ocid1.onssubscription.oc1..oncall --query 'data.\"lifecycle-state\"' \
            --raw-output",
        client: &NOTIFICATION_DATA_PLANE,
        method: Method::Get,
        path: "/subscriptions/{subscriptionId}",
        params: &[path("subscriptionId", "OCID of the subscription.")],
        reply: ReplyBody::Object(&models::SUBSCRIPTION),
        ..OPERATION
    },
    Operation {
        id: OperationId::Ons(Ons::ListSubscriptions),
        command: "ons subscription list",
        summary: "List the subscriptions of a compartment or of one topic.",
        example: "ocelot ons subscription list --topic-id alerts --query \
            'data[].{Protocol: protocol, Endpoint: endpoint, State: \
            \"lifecycle-state\"}' --output table",
        client: &NOTIFICATION_DATA_PLANE,
        method: Method::Get,
        path: "/subscriptions",
        params: &[
            query("compartmentId", "OCID of the compartment to look in.").required(),
            query(
                "topicId",
                "Keep only the subscriptions of this topic, by name or OCID.",
            ),
            PAGE,
            LIMIT,
        ],
        reply: ReplyBody::List(&models::SUBSCRIPTION_SUMMARY),
        ..OPERATION
    },
    Operation {
        id: OperationId::Ons(Ons::ResendSubscriptionConfirmation),
        command: "ons subscription resend-confirmation",
        summary: "Send the confirmation message of a pending subscription again.",
        example: "ocelot ons subscription resend-confirmation --id \
            ocid1.onssubscription.oc1..oncall",
        client: &NOTIFICATION_DATA_PLANE,
        method: Method::Post,
        path: "/subscriptions/{id}/resendConfirmation",
        params: &[path("id", "OCID of the subscription.")],
        reply: ReplyBody::Object(&models::SUBSCRIPTION),
        ..OPERATION
    },
    Operation {
        id: OperationId::Ons(Ons::GetUnsubscription),
        command: "ons subscription unsubscribe",
        summary: "Unsubscribe an endpoint with the token that it received.",
        example: "ocelot ons subscription unsubscribe --id \
            ocid1.onssubscription.oc1..oncall --token \"$TOKEN\" --protocol EMAIL",
        client: &NOTIFICATION_DATA_PLANE,
        method: Method::Get,
        path: "/subscriptions/{id}/unsubscription",
        params: &[
            path("id", "OCID of the subscription."),
            query(
                "token",
                "Token from the unsubscribe link that the endpoint received.",
            )
            .required(),
            query("protocol", "Protocol of the subscription, such as EMAIL.").required(),
        ],
        reply: ReplyBody::Text,
        ..OPERATION
    },
    Operation {
        id: OperationId::Ons(Ons::UpdateSubscription),
        command: "ons subscription update",
        summary: "Change the delivery policy or the tags of a subscription.",
        example: "ocelot ons subscription update --subscription-id \
            ocid1.onssubscription.oc1..oncall --delivery-policy file://policy.json",
        client: &NOTIFICATION_DATA_PLANE,
        method: Method::Put,
        path: "/subscriptions/{subscriptionId}",
        params: &[
            path("subscriptionId", "OCID of the subscription."),
            body(
                "deliveryPolicy",
                "JSON object: backoffRetryPolicy with maxRetryDuration (ms, default \
                 7200000) and policyType.",
            ),
            FREEFORM_TAGS,
            DEFINED_TAGS,
            IF_MATCH,
        ],
        body: Some(&models::UPDATE_SUBSCRIPTION_DETAILS),
        reply: ReplyBody::Object(&models::UPDATE_SUBSCRIPTION_DETAILS),
        ..OPERATION
    },
    Operation {
        id: OperationId::Ons(Ons::ChangeTopicCompartment),
        command: "ons topic change-compartment",
        summary: "Move a topic to another compartment.",
        example: "ocelot ons topic change-compartment --topic-id alerts --compartment-id \
            ocid1.compartment.oc1..archive",
        client: &NOTIFICATION_CONTROL_PLANE,
        method: Method::Post,
        path: "/topics/{topicId}/actions/changeCompartment",
        params: &[
            path("topicId", "The topic, by name or OCID."),
            body("compartmentId", "OCID of the compartment to move it to."),
            IF_MATCH,
        ],
        body: Some(&models::CHANGE_COMPARTMENT_DETAILS),
        takes_retry_token: true,
        ..OPERATION
    },
    Operation {
        id: OperationId::Ons(Ons::CreateTopic),
        command: "ons topic create",
        summary: "Create a topic to publish messages to.",
        example: "ocelot ons topic create --name alerts --description 'Alerts for the \
            people on call'",
        client: &NOTIFICATION_CONTROL_PLANE,
        method: Method::Post,
        path: "/topics",
        params: &[
            body(
                "name",
                "Name of the topic, unique in the tenancy; fixed at creation.",
            ),
            body("compartmentId", "OCID of the compartment to create it in."),
            body("description", "Description of the topic."),
            FREEFORM_TAGS,
            DEFINED_TAGS,
        ],
        body: Some(&models::CREATE_TOPIC_DETAILS),
        reply: ReplyBody::Object(&models::NOTIFICATION_TOPIC),
        takes_retry_token: true,
        ..OPERATION
    },
    Operation {
        id: OperationId::Ons(Ons::DeleteTopic),
        command: "ons topic delete",
        summary: "Delete a topic and its subscriptions.",
        example: "ocelot ons topic delete --topic-id alerts",
        client: &NOTIFICATION_CONTROL_PLANE,
        method: Method::Delete,
        path: "/topics/{topicId}",
        params: &[path("topicId", "The topic, by name or OCID."), IF_MATCH],
        ..OPERATION
    },
    Operation {
        id: OperationId::Ons(Ons::GetTopic),
        command: "ons topic get",
        summary: "Show one topic.",
        example: "ocelot ons topic get --topic-id alerts",
        client: &NOTIFICATION_CONTROL_PLANE,
        method: Method::Get,
        path: "/topics/{topicId}",
        params: &[path("topicId", "The topic, by name or OCID.")],
        reply: ReplyBody::Object(&models::NOTIFICATION_TOPIC),
        ..OPERATION
    },
    Operation {
        id: OperationId::Ons(Ons::ListTopics),
        command: "ons topic list",
        summary: "List the topics of a compartment.",
        example: "ocelot ons topic list --lifecycle-state ACTIVE --sort-by TIMECREATED \
            --sort-order DESC",
        client: &NOTIFICATION_CONTROL_PLANE,
        method: Method::Get,
        path: "/topics",
        params: &[
            query("compartmentId", "OCID of the compartment to look in.").required(),
            query("id", "Keep only the one with this OCID."),
            query("name", "Keep only those with exactly this name."),
            PAGE,
            LIMIT,
            query("sortBy", "Field to sort by.").one_of(&["TIMECREATED", "LIFECYCLESTATE"]),
            SORT_ORDER,
            query("lifecycleState", "Keep only those in this state.")
                .one_of(&["ACTIVE", "DELETING", "CREATING"]),
        ],
        reply: ReplyBody::List(&models::NOTIFICATION_TOPIC_SUMMARY),
        ..OPERATION
    },
    Operation {
        id: OperationId::Ons(Ons::UpdateTopic),
        command: "ons topic update",
        summary: "Change the description or the tags of a topic.",
        example: "ocelot ons topic update --topic-id alerts --description 'Alerts for \
            the people on call'",
        client: &NOTIFICATION_CONTROL_PLANE,
        method: Method::Put,
        path: "/topics/{topicId}",
        params: &[
            path("topicId", "The topic, by name or OCID."),
            body("description", "Description of the topic."),
            FREEFORM_TAGS,
            DEFINED_TAGS,
            IF_MATCH,
        ],
        body: Some(&models::TOPIC_ATTRIBUTES_DETAILS),
        reply: ReplyBody::Object(&models::NOTIFICATION_TOPIC),
        ..OPERATION
    },
];
