//! For how long a subscription's messages are tried again.

use serde::{Deserialize, Serialize};

use super::super::delivery::DEFAULT_PATIENCE_MS;
use crate::call::ApiError;

/// A delivery policy, as the wire has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeliveryPolicy {
    #[serde(default)]
    backoff_retry_policy: BackoffRetryPolicy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct BackoffRetryPolicy {
    max_retry_duration: i64,
    policy_type: PolicyType,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum PolicyType {
    #[serde(rename = "EXPONENTIAL", alias = "exponential")]
    Exponential,
}

impl Default for BackoffRetryPolicy {
    /// Source: behaviour.md 3.5.
    fn default() -> Self {
        Self {
            max_retry_duration: DEFAULT_PATIENCE_MS,
            policy_type: PolicyType::Exponential,
        }
    }
}

impl DeliveryPolicy {
    /// Refuses a duration that is none. The longest that the service takes is unconfirmed.
    pub(super) fn check(&self) -> Result<(), ApiError> {
        match self.patience_ms() {
            1.. => Ok(()),
            other => Err(ApiError::invalid(format!(
                "deliveryPolicy.backoffRetryPolicy.maxRetryDuration must be at least 1 (milliseconds), \
                 not {other}"
            ))),
        }
    }

    /// For how long a message is tried again, in milliseconds.
    pub(super) fn patience_ms(&self) -> i64 {
        self.backoff_retry_policy.max_retry_duration
    }
}
