//! What connectors do on the way, as the interface description of Connector Hub names it.

use crate::api::model::{Model, choice, integer, model, model_of, object, text};

use super::PRIVATE_ENDPOINT_METADATA;

const TASK_DETAILS_KIND: &[&str] = &["function", "logRule"];

/// `FunctionTaskDetails`.
pub static FUNCTION_TASK_DETAILS: Model = model(
    "FunctionTaskDetails",
    &[
        text("kind"),
        text("functionId").required(),
        integer("batchSizeInKbs"),
        integer("batchTimeInSec"),
    ],
);

/// `FunctionTaskDetailsResponse`.
pub static FUNCTION_TASK_DETAILS_RESPONSE: Model = model(
    "FunctionTaskDetailsResponse",
    &[
        text("kind"),
        object("privateEndpointMetadata", &PRIVATE_ENDPOINT_METADATA),
        text("functionId").required(),
        integer("batchSizeInKbs"),
        integer("batchTimeInSec"),
    ],
);

/// `LogRuleTaskDetails`.
pub static LOG_RULE_TASK_DETAILS: Model = model(
    "LogRuleTaskDetails",
    &[text("kind"), text("condition").required()],
);

/// `LogRuleTaskDetailsResponse`.
pub static LOG_RULE_TASK_DETAILS_RESPONSE: Model = model(
    "LogRuleTaskDetailsResponse",
    &[
        text("kind"),
        object("privateEndpointMetadata", &PRIVATE_ENDPOINT_METADATA),
        text("condition").required(),
    ],
);

/// `TaskDetails`.
pub static TASK_DETAILS: Model = model_of(
    "TaskDetails",
    &[choice("kind", TASK_DETAILS_KIND).required()],
    "kind",
    &[
        ("function", &FUNCTION_TASK_DETAILS),
        ("logRule", &LOG_RULE_TASK_DETAILS),
    ],
);

/// `TaskDetailsResponse`.
pub static TASK_DETAILS_RESPONSE: Model = model_of(
    "TaskDetailsResponse",
    &[
        choice("kind", TASK_DETAILS_KIND).required(),
        object("privateEndpointMetadata", &PRIVATE_ENDPOINT_METADATA),
    ],
    "kind",
    &[
        ("function", &FUNCTION_TASK_DETAILS_RESPONSE),
        ("logRule", &LOG_RULE_TASK_DETAILS_RESPONSE),
    ],
);
