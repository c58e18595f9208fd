//! When an alarm is quiet. It is evaluated all the same: unconfirmed.

use super::Alarm;
use super::rules::Suppression;
use super::state::{Dimensions, Notice};
use super::suppressions;
use crate::call::ApiError;
use crate::store::Session;

/// The times in which an alarm, or some of its streams, are quiet.
pub(super) struct Silence {
    /// The one set on the alarm itself.
    own: Option<Suppression>,
    /// Those that name the alarm, or its compartment.
    others: Vec<suppressions::Suppression>,
}

impl Silence {
    pub(super) fn of(session: &Session<'_>, alarm: &Alarm) -> Result<Self, ApiError> {
        let mut others = suppressions::of_tenancy(session)?;
        others.retain(|one| one.details.reaches(alarm));
        Ok(Self {
            own: alarm.details.suppression.clone(),
            others,
        })
    }

    /// Whether the alarm as a whole is quiet at this time.
    pub(super) fn covers_all(&self, time_ms: i64) -> bool {
        let mut others = self.others.iter().map(|one| &one.details);
        self.own.as_ref().is_some_and(|own| own.covers(time_ms))
            || others.any(|one| one.is_of_whole_alarm() && one.covers(time_ms))
    }

    /// What is left of a notification at this time, if anything is: streams that are quiet are left out of it.
    /// Unconfirmed for messages about several.
    pub(super) fn hushed(&self, notice: &Notice, time_ms: i64) -> Option<Notice> {
        if self.covers_all(time_ms) {
            return None;
        }
        let mut notice = notice.clone();
        let is_loud = |dimensions: &Dimensions| {
            let mut others = self.others.iter().map(|one| &one.details);
            !others.any(|one| one.is_about(dimensions) && one.covers(time_ms))
        };
        notice.streams.retain(|(dimensions, _)| is_loud(dimensions));
        (!notice.streams.is_empty()).then_some(notice)
    }
}
