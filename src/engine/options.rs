//! How an engine is to behave.

use std::sync::Arc;

use super::rates::Rates;
use crate::log::Durability;

/// How an engine is to behave.
#[derive(Clone, Debug, Default)]
pub struct EngineOptions {
    /// What an answered write survives.
    pub durability: Durability,
    /// Whether what the services in the cloud refuse is refused.
    pub strictness: Strictness,
    /// Whether the folder is this process's until the process ends, as a server's is. What it has under lease then
    /// is due again as soon as another opens the folder.
    pub keeps_folder: bool,
}

impl From<Durability> for EngineOptions {
    /// The usual behaviour, with this durability.
    fn from(durability: Durability) -> Self {
        Self {
            durability,
            ..Self::default()
        }
    }
}

/// Whether the limits hold that only the services in the cloud have: rates, and a tenancy's quota.
///
/// Limits that an interface states, as the size of a request or the life of a cursor, hold always.
#[derive(Clone, Debug, Default)]
pub enum Strictness {
    /// They do not.
    #[default]
    Lenient,
    /// They do. Engines with the same rates count together.
    Strict(Arc<Rates>),
}

impl Strictness {
    /// Strict from nothing on, or lenient.
    pub fn new(strict: bool) -> Self {
        match strict {
            true => Self::Strict(Arc::default()),
            false => Self::Lenient,
        }
    }

    /// Whether it is strict.
    pub fn is_strict(&self) -> bool {
        matches!(self, Self::Strict(_))
    }

    /// What has happened lately, where that matters.
    pub(super) fn rates(&self) -> Option<&Rates> {
        match self {
            Self::Lenient => None,
            Self::Strict(rates) => Some(rates),
        }
    }
}
