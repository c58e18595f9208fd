//! The operations of Events.

use super::model::Kind;
use super::models::events as models;
use super::operation::{
    Client, DEFINED_TAGS, FREEFORM_TAGS, IF_MATCH, Method, OPERATION, Operation, PAGE, ReplyBody,
    SORT_ORDER, body, path, query,
};
use super::{OperationId, Service};

/// The operations of Events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Events {
    /// Move a rule to another compartment.
    ChangeRuleCompartment,
    /// Create a rule that sends matching events to topics, streams or functions.
    CreateRule,
    /// Delete a rule.
    DeleteRule,
    /// Show one rule, with its condition and actions.
    GetRule,
    /// List the rules of a compartment.
    ListRules,
    /// Change a rule, or switch it on or off.
    UpdateRule,
}

static EVENTS: Client = Client {
    name: "events",
    base_path: "/20181201",
    endpoint: "https://events.{region}.{dualStack?ds.:}oci.{secondLevelDomain}",
};

/// Events, as the command line and the REST interface have it.
pub static SERVICE: Service = Service {
    name: "events",
    title: "Events",
    groups: GROUPS,
    parts: &[&OPERATIONS],
};

const GROUPS: &[(&str, &str)] = &[
    (
        "events",
        "Rules that pass on chosen events to topics, streams and functions.",
    ),
    (
        "events rule",
        "Rules: create, list, change, move and delete them.",
    ),
];

static OPERATIONS: [Operation; 6] = [
    Operation {
        id: OperationId::Events(Events::ChangeRuleCompartment),
        command: "events rule change-compartment",
        summary: "Move a rule to another compartment.",
        example: "ocelot events rule change-compartment --rule-id stopped-instances \
            --compartment-id ocid1.compartment.oc1..archive",
        client: &EVENTS,
        method: Method::Post,
        path: "/rules/{ruleId}/actions/changeCompartment",
        params: &[
            path("ruleId", "The rule, by name or OCID."),
            body("compartmentId", "OCID of the compartment to move it to."),
            IF_MATCH,
        ],
        body: Some(&models::CHANGE_RULE_COMPARTMENT_DETAILS),
        takes_retry_token: true,
        ..OPERATION
    },
    Operation {
        id: OperationId::Events(Events::CreateRule),
        command: "events rule create",
        summary: "Create a rule that sends matching events to topics, streams or functions.",
        example: "ocelot events rule create --display-name stopped-instances \
            --is-enabled true --condition '{\"eventType\": \
            \"com.oraclecloud.computeapi.instanceaction.begin\"}' --actions \
            '{\"actions\": [{\"actionType\": \"ONS\", \"topicId\": \
            \"alerts\", \"isEnabled\": true}]}'",
        client: &EVENTS,
        method: Method::Post,
        path: "/rules",
        params: &[
            body(
                "displayName",
                "Name of the rule; several rules may share one.",
            ),
            body(
                "isEnabled",
                "Whether the rule is on; a rule that is off ignores all events.",
            ),
            body(
                "condition",
                "JSON object of event fields that must all match; arrays mean any of, * \
                 is a wildcard, {} takes all.",
            ),
            body(
                "compartmentId",
                "OCID of the compartment to create it in; the rule sees events there \
                 and in child compartments.",
            ),
            body(
                "actions",
                "JSON object: actions array of actionType (ONS, OSS, FAAS), isEnabled, \
                 topicId/streamId/functionId.",
            ),
            body("description", "Description of the rule."),
            FREEFORM_TAGS,
            DEFINED_TAGS,
        ],
        body: Some(&models::CREATE_RULE_DETAILS),
        reply: ReplyBody::Object(&models::RULE),
        wait: Some(OperationId::Events(Events::GetRule)),
        takes_retry_token: true,
        ..OPERATION
    },
    Operation {
        id: OperationId::Events(Events::DeleteRule),
        command: "events rule delete",
        summary: "Delete a rule.",
        example: "ocelot events rule delete --rule-id stopped-instances",
        client: &EVENTS,
        method: Method::Delete,
        path: "/rules/{ruleId}",
        params: &[path("ruleId", "The rule, by name or OCID."), IF_MATCH],
        wait: Some(OperationId::Events(Events::GetRule)),
        ..OPERATION
    },
    Operation {
        id: OperationId::Events(Events::GetRule),
        command: "events rule get",
        summary: "Show one rule, with its condition and actions.",
        example: "ocelot events rule get --rule-id stopped-instances",
        client: &EVENTS,
        method: Method::Get,
        path: "/rules/{ruleId}",
        params: &[path("ruleId", "The rule, by name or OCID.")],
        reply: ReplyBody::Object(&models::RULE),
        ..OPERATION
    },
    Operation {
        id: OperationId::Events(Events::ListRules),
        command: "events rule list",
        summary: "List the rules of a compartment.",
        example: "ocelot events rule list --lifecycle-state ACTIVE --query \
            'data[].{Name: \"display-name\", Condition: condition}' --output table",
        client: &EVENTS,
        method: Method::Get,
        path: "/rules",
        params: &[
            query("compartmentId", "OCID of the compartment to look in.").required(),
            query("limit", "Most items in one page, 1 to 50 (default 10).").of(Kind::Integer),
            PAGE,
            query("lifecycleState", "Keep only those in this state.").one_of(&[
                "CREATING", "ACTIVE", "INACTIVE", "UPDATING", "DELETING", "DELETED", "FAILED",
            ]),
            query("displayName", "Keep only those with exactly this name."),
            query("sortBy", "Field to sort by (default TIME_CREATED).").one_of(&[
                "TIME_CREATED",
                "ID",
                "DISPLAY_NAME",
            ]),
            SORT_ORDER,
        ],
        reply: ReplyBody::List(&models::RULE_SUMMARY),
        ..OPERATION
    },
    Operation {
        id: OperationId::Events(Events::UpdateRule),
        command: "events rule update",
        summary: "Change a rule, or switch it on or off.",
        example: "ocelot events rule update --rule-id stopped-instances --is-enabled false",
        client: &EVENTS,
        method: Method::Put,
        path: "/rules/{ruleId}",
        params: &[
            path("ruleId", "The rule, by name or OCID."),
            body(
                "displayName",
                "Name of the rule; several rules may share one.",
            ),
            body("description", "Description of the rule."),
            body(
                "isEnabled",
                "Whether the rule is on; a rule that is off ignores all events.",
            ),
            body(
                "condition",
                "JSON object of event fields that must all match; arrays mean any of, * \
                 is a wildcard, {} takes all.",
            ),
            body(
                "actions",
                "JSON object with an actions array, as on create; replaces all actions \
                 of the rule.",
            ),
            FREEFORM_TAGS,
            DEFINED_TAGS,
            IF_MATCH,
        ],
        body: Some(&models::UPDATE_RULE_DETAILS),
        reply: ReplyBody::Object(&models::RULE),
        wait: Some(OperationId::Events(Events::GetRule)),
        ..OPERATION
    },
];
