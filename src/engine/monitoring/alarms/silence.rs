//! When an alarm is quiet. It is evaluated all the same: unconfirmed.

use super::Alarm;
use super::rules;
use super::state::{Notice, StreamKey};
use super::suppressions::{Suppression, SuppressionDetails};

/// The times in which an alarm, or some of its streams, are quiet.
pub(super) struct Silence {
    /// The one set on the alarm itself.
    own: Option<rules::Suppression>,
    /// Those that name the alarm, or its compartment.
    others: Vec<SuppressionDetails>,
}

impl Silence {
    /// Those of an alarm, of which all of the tenancy's suppressions are `known`.
    pub(super) fn of(alarm: &Alarm, known: &[Suppression]) -> Self {
        let others = known.iter().map(|one| &one.details);
        let others = others.filter(|one| one.reaches(alarm)).cloned();
        Self::new(alarm, others.collect())
    }

    /// Those of an alarm that these others reach.
    pub(super) fn new(alarm: &Alarm, others: Vec<SuppressionDetails>) -> Self {
        Self {
            own: alarm.details.suppression.clone(),
            others,
        }
    }

    /// Whether the alarm as a whole is quiet at this time.
    pub(super) fn covers_all(&self, time_ms: i64) -> bool {
        let mut others = self.others.iter();
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
        let is_loud = |key: &StreamKey| {
            let mut others = self.others.iter();
            !others.any(|one| one.is_about(key) && one.covers(time_ms))
        };
        notice.streams.retain(|(key, _)| is_loud(key));
        (!notice.streams.is_empty()).then_some(notice)
    }
}
