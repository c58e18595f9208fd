//! Suppressions that come again: on some days of the week, at some hours.

use jiff::Timestamp;
use jiff::civil::{DateTime, Weekday};
use jiff::tz::TimeZone;

use super::duration;
use crate::call::ApiError;

/// The longest that one may last, in minutes. Source: behaviour.md 5.4.
const MOST_MINUTES: i64 = 24 * 60;

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("MO", Weekday::Monday),
    ("TU", Weekday::Tuesday),
    ("WE", Weekday::Wednesday),
    ("TH", Weekday::Thursday),
    ("FR", Weekday::Friday),
    ("SA", Weekday::Saturday),
    ("SU", Weekday::Sunday),
];

/// At which hours of which days, in UTC, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Recurrence {
    /// Every day where it is empty.
    days: Vec<Weekday>,
    /// Midnight where it is empty.
    hours: Vec<i8>,
    minutes: i64,
}

impl Recurrence {
    /// Reads a rule such as `FREQ=WEEKLY;BYDAY=MO,TU;BYHOUR=10` and a duration. Source: behaviour.md 5.4.
    pub(super) fn read(rule: &str, length: &str) -> Result<Self, ApiError> {
        let wrong = || {
            ApiError::invalid(format!(
                "suppressionRecurrence must be as FREQ=DAILY;BYHOUR=10 or FREQ=WEEKLY;BYDAY=MO,TU;BYHOUR=10, \
                 not {rule}"
            ))
        };
        let (mut frequency, mut days, mut hours) = (None, Vec::new(), Vec::new());
        for part in rule.trim().trim_end_matches(';').split(';') {
            let (name, values) = part.split_once('=').ok_or_else(wrong)?;
            match name.trim().to_ascii_uppercase().as_str() {
                "FREQ" => frequency = Some(values.trim().to_ascii_uppercase()),
                "BYDAY" => {
                    let read = values.split(',').map(weekday).collect::<Option<_>>();
                    days = read.ok_or_else(wrong)?;
                }
                "BYHOUR" => {
                    let read = values.split(',').map(hour).collect::<Option<_>>();
                    hours = read.ok_or_else(wrong)?;
                }
                _ => return Err(wrong()),
            }
        }
        // A week without days has none to begin on.
        match frequency.as_deref() {
            Some("DAILY") => {}
            Some("WEEKLY") if !days.is_empty() => {}
            _ => return Err(wrong()),
        }
        let minutes = duration::minutes(length).filter(|one| (1..=MOST_MINUTES).contains(one));
        let minutes = minutes.ok_or_else(|| {
            ApiError::invalid(format!(
                "suppressionDuration must be PT1M to PT24H in whole minutes, not {length}"
            ))
        })?;
        Ok(Self {
            days,
            hours,
            minutes,
        })
    }

    /// Whether a time is in one of them.
    pub(super) fn covers(&self, time_ms: i64) -> bool {
        // None lasts longer than a day, so it began at an hour of today or yesterday.
        let hour_ms = 3_600_000;
        let this_hour = time_ms.div_euclid(hour_ms);
        (0..=24).any(|back| {
            let begin_ms = (this_hour - back) * hour_ms;
            time_ms < begin_ms + self.minutes * 60_000 && self.begins(begin_ms)
        })
    }

    fn begins(&self, hour_ms: i64) -> bool {
        let Ok(timestamp) = Timestamp::from_millisecond(hour_ms) else {
            return false;
        };
        let time: DateTime = TimeZone::UTC.to_datetime(timestamp);
        let is_day = self.days.is_empty() || self.days.contains(&time.weekday());
        let is_hour = match self.hours.as_slice() {
            [] => time.hour() == 0,
            hours => hours.contains(&time.hour()),
        };
        is_day && is_hour
    }
}

fn weekday(text: &str) -> Option<Weekday> {
    let mut all = WEEKDAYS.iter();
    let found = all.find(|(name, _)| name.eq_ignore_ascii_case(text.trim()));
    found.map(|(_, day)| *day)
}

fn hour(text: &str) -> Option<i8> {
    let hour = text.trim().parse().ok();
    hour.filter(|hour| (0..24).contains(hour))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::parse_rfc3339;

    #[test]
    fn recurrences_cover_their_hours() {
        // 2026-03-14 is a Saturday.
        let rule = Recurrence::read("FREQ=WEEKLY;BYDAY=SA;BYHOUR=23", "PT2H").unwrap();
        let covers = |rule: &Recurrence, text| rule.covers(parse_rfc3339(text).unwrap());
        assert!(!covers(&rule, "2026-03-14T22:59:59Z"));
        assert!(covers(&rule, "2026-03-14T23:00:00Z"));
        assert!(covers(&rule, "2026-03-15T00:59:59Z"));
        assert!(!covers(&rule, "2026-03-15T01:00:00Z"));
        assert!(!covers(&rule, "2026-03-15T23:30:00Z"));
        let daily = Recurrence::read("FREQ=DAILY;BYHOUR=1,5", "PT24H").unwrap();
        assert!(covers(&daily, "2026-03-14T00:30:00Z"));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for (rule, length) in [
            ("", "PT1H"),
            ("FREQ=MONTHLY", "PT1H"),
            ("FREQ=WEEKLY", "PT1H"),
            ("FREQ=DAILY;BYHOUR=24", "PT1H"),
            ("FREQ=WEEKLY;BYDAY=XX", "PT1H"),
            ("FREQ=DAILY;COUNT=3", "PT1H"),
            ("FREQ=DAILY", "PT25H"),
        ] {
            assert!(Recurrence::read(rule, length).is_err(), "{rule} {length}");
        }
    }
}
