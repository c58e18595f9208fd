//! What the work requests of all services have in common.

use crate::api::model::{Field, Kind, Model, choice, datetime, float, list, model, text};

/// The fields of a work request whose operations, states and resources are these.
pub(super) const fn fields(
    operations: &'static [&'static str],
    states: &'static [&'static str],
    resource: &'static Kind,
) -> [Field; 9] {
    [
        choice("operationType", operations).required(),
        choice("status", states).required(),
        text("id").required(),
        text("compartmentId").required(),
        list("resources", resource).required(),
        float("percentComplete").required(),
        datetime("timeAccepted").required(),
        datetime("timeStarted"),
        datetime("timeFinished"),
    ]
}

/// `WorkRequestError`.
pub static WORK_REQUEST_ERROR: Model = model(
    "WorkRequestError",
    &[
        text("code").required(),
        text("message").required(),
        datetime("timestamp").required(),
    ],
);

/// `WorkRequestErrorCollection`.
pub static WORK_REQUEST_ERROR_COLLECTION: Model = model(
    "WorkRequestErrorCollection",
    &[list("items", &Kind::Object(&WORK_REQUEST_ERROR)).required()],
);

/// `WorkRequestLogEntry`.
pub static WORK_REQUEST_LOG_ENTRY: Model = model(
    "WorkRequestLogEntry",
    &[text("message").required(), datetime("timestamp").required()],
);

/// `WorkRequestLogEntryCollection`.
pub static WORK_REQUEST_LOG_ENTRY_COLLECTION: Model = model(
    "WorkRequestLogEntryCollection",
    &[list("items", &Kind::Object(&WORK_REQUEST_LOG_ENTRY)).required()],
);
