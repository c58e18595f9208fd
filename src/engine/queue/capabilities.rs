//! Capabilities: what a queue can do beyond the usual.

use serde::Deserialize;
use serde_json::Value;

use super::consumer_groups::{self, PrimaryDetails};
use super::queues::QueueResource;
use crate::call::ApiError;
use crate::store::Session;

/// The capabilities that a request asks for.
#[derive(Debug, Default)]
pub(super) struct Capabilities {
    consumer_groups: Option<PrimaryDetails>,
    large_messages: bool,
}

impl Capabilities {
    /// Reads the list of a request, whose form is checked already.
    pub(super) fn read(list: Option<&Value>) -> Result<Self, ApiError> {
        let mut capabilities = Self::default();
        let entries = list.and_then(Value::as_array).into_iter().flatten();
        for (index, entry) in entries.enumerate() {
            match entry.get("type").and_then(Value::as_str) {
                Some(kind) if kind.eq_ignore_ascii_case("CONSUMER_GROUPS") => {
                    let details = PrimaryDetails::deserialize(entry).map_err(|error| {
                        ApiError::invalid(format!("Unable to parse JSON body: {error}"))
                    })?;
                    details.check(&format!("capabilities[{index}]"))?;
                    capabilities.consumer_groups = Some(details);
                }
                Some(_) => capabilities.large_messages = true,
                None => {
                    return Err(ApiError::missing(format!(
                        "capabilities[{index}].type is missing"
                    )));
                }
            }
        }
        Ok(capabilities)
    }

    /// Makes these the queue's capabilities.
    pub(super) fn apply(
        self,
        session: &Session<'_>,
        now_ms: i64,
        queue: &mut QueueResource,
    ) -> Result<(), ApiError> {
        queue.details.takes_large_messages = self.large_messages;
        match self.consumer_groups {
            Some(details) => consumer_groups::set_primary(session, now_ms, queue, details),
            None => consumer_groups::remove_primary(session, now_ms, queue),
        }
    }
}
