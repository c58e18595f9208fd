//! How alarms stand, for those who look at all of them at once.

use super::silence::Silence;
use super::state::AlarmState;
use super::status::triggered_ms;
use super::{ALARM, Alarm, suppressions};
use crate::call::ApiError;
use crate::engine::overview::{AlarmOverview, AlarmStatus};
use crate::store::{AlarmStanding, AlarmWatch, Session};

/// The alarms of a tenancy, those that fire first, at most `most` of them.
pub(in super::super::super) fn overview(
    session: &Session<'_>,
    now_ms: i64,
    most: usize,
) -> Result<Vec<AlarmOverview>, ApiError> {
    let standings = session.alarm_standings(most)?;
    // Those who have no alarms need not ask for suppressions.
    let known = match standings.is_empty() {
        true => Vec::new(),
        false => suppressions::of_tenancy(session)?,
    };
    let mut alarms = Vec::with_capacity(standings.len());
    for standing in standings {
        let alarm: Option<Alarm> = session.resource(ALARM.ocid_type, &standing.alarm_id)?;
        if let Some(alarm) = alarm {
            let is_quiet = Silence::of(&alarm, &known).covers_all(now_ms);
            alarms.push(shown(session, alarm, (&standing, is_quiet))?);
        }
    }
    Ok(alarms)
}

fn shown(
    session: &Session<'_>,
    alarm: Alarm,
    (standing, is_quiet): (&AlarmStanding, bool),
) -> Result<AlarmOverview, ApiError> {
    let rule = standing.rule.and_then(|rule| usize::try_from(rule).ok());
    let firing = match rule {
        Some(_) => {
            let watch: Option<AlarmWatch<AlarmState>> = session.alarm_watch(&alarm.id)?;
            watch.map_or(0, |watch| watch.state.firing().count())
        }
        None => 0,
    };
    Ok(AlarmOverview {
        severity: alarm.details.severity_of(rule).to_owned(),
        status: match (alarm.details.is_enabled, is_quiet, rule) {
            (false, ..) => AlarmStatus::Off,
            (true, true, _) => AlarmStatus::Suspended,
            (true, false, Some(_)) => AlarmStatus::Firing,
            (true, false, None) => AlarmStatus::Ok,
        },
        since_ms: triggered_ms(&alarm, standing.since_minute),
        firing,
        name: alarm.name,
    })
}
