//! When an alarm is quiet. It is evaluated all the same: unconfirmed.

use super::Alarm;
use super::rules::Suppression;
use super::state::Notice;
use crate::store::{Session, StoreError};

/// The times in which an alarm is quiet.
pub(super) struct Silence {
    /// The one set on the alarm itself.
    own: Option<Suppression>,
}

impl Silence {
    pub(super) fn of(_session: &Session<'_>, alarm: &Alarm) -> Result<Self, StoreError> {
        Ok(Self {
            own: alarm.details.suppression.clone(),
        })
    }

    /// Whether the alarm as a whole is quiet at this time.
    pub(super) fn covers_all(&self, time_ms: i64) -> bool {
        self.own.as_ref().is_some_and(|own| own.covers(time_ms))
    }

    /// What is left of a notification at this time, if anything is.
    pub(super) fn hushed(&self, notice: &Notice, time_ms: i64) -> Option<Notice> {
        (!self.covers_all(time_ms)).then(|| notice.clone())
    }
}
