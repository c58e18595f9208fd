//! The `opc-request-id` that requests carry.

use uuid::Uuid;

/// Where the ids of a command's requests come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestIds {
    /// Each request has this one, which the user gave.
    Given(String),
    /// Each attempt has a new one.
    ///
    /// Dates in signatures have whole seconds: a server that takes no signature twice tells equal requests of
    /// one second apart by their ids.
    New {
        /// What stands before it: the request on whose behalf this one is made, with a slash; or nothing.
        on_behalf_of: String,
    },
}

impl RequestIds {
    /// A new one for each attempt, and nothing before it.
    pub const fn fresh() -> Self {
        Self::New {
            on_behalf_of: String::new(),
        }
    }

    /// The id of the next attempt.
    pub fn next(&self) -> String {
        match self {
            Self::Given(id) => id.clone(),
            Self::New { on_behalf_of } => {
                let new = Uuid::new_v4().simple().to_string().to_uppercase();
                format!("{on_behalf_of}{new}")
            }
        }
    }
}
