//! Suppressions that come again: on some days of the week, at some times of the day.

use jiff::Timestamp;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;

use super::duration;
use crate::call::ApiError;

/// The longest that one may last, in minutes. Source: behaviour.md 5.4.
const MOST_MINUTES: i64 = 24 * 60;

const DAY_MS: i64 = 24 * 3_600_000;

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("MO", Weekday::Monday),
    ("TU", Weekday::Tuesday),
    ("WE", Weekday::Wednesday),
    ("TH", Weekday::Thursday),
    ("FR", Weekday::Friday),
    ("SA", Weekday::Saturday),
    ("SU", Weekday::Sunday),
];

/// At which times of which days, in UTC, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Recurrence {
    /// Every day where it is empty.
    days: Vec<Weekday>,
    /// When in a day, in seconds after midnight.
    begins: Vec<i64>,
    minutes: i64,
}

impl Recurrence {
    /// Reads a rule such as `FREQ=WEEKLY;BYDAY=MO,TU;BYHOUR=10` and a duration. It begins at midnight unless
    /// `BYHOUR`, `BYMINUTE` and `BYSECOND` say another time. Source: the official SDK's Recurrence.
    pub(super) fn read(rule: &str, length: &str) -> Result<Self, ApiError> {
        let wrong = || {
            ApiError::invalid(format!(
                "suppressionRecurrence must be as FREQ=DAILY;BYHOUR=10;BYMINUTE=30 or \
                 FREQ=WEEKLY;BYDAY=MO,TU;BYHOUR=10, not {rule}"
            ))
        };
        let (mut frequency, mut days) = (None, Vec::new());
        let [mut hours, mut at_minutes, mut seconds] = [vec![0], vec![0], vec![0]];
        for part in rule.trim().trim_end_matches(';').split(';') {
            let (name, values) = part.split_once('=').ok_or_else(wrong)?;
            match name.trim().to_ascii_uppercase().as_str() {
                "FREQ" => frequency = Some(values.trim().to_ascii_uppercase()),
                "BYDAY" => {
                    let read = values.split(',').map(weekday).collect::<Option<_>>();
                    days = read.ok_or_else(wrong)?;
                }
                "BYHOUR" => hours = numbers(values, 24).ok_or_else(wrong)?,
                "BYMINUTE" => at_minutes = numbers(values, 60).ok_or_else(wrong)?,
                "BYSECOND" => seconds = numbers(values, 60).ok_or_else(wrong)?,
                _ => return Err(wrong()),
            }
        }
        // A week without days has none to begin on, and days are for weeks.
        match frequency.as_deref() {
            Some("DAILY") if days.is_empty() => {}
            Some("WEEKLY") if !days.is_empty() => {}
            _ => return Err(wrong()),
        }
        let minutes = duration::minutes(length).filter(|one| (1..=MOST_MINUTES).contains(one));
        let minutes = minutes.ok_or_else(|| {
            ApiError::invalid(format!(
                "suppressionDuration must be PT1M to PT24H in whole minutes, not {length}"
            ))
        })?;
        let times = hours.iter().flat_map(|hour| {
            let minutes = at_minutes.iter().map(move |minute| hour * 60 + minute);
            minutes.flat_map(|minute| seconds.iter().map(move |second| minute * 60 + second))
        });
        Ok(Self {
            days,
            begins: times.collect(),
            minutes,
        })
    }

    /// Whether a time is in one of them.
    pub(super) fn covers(&self, time_ms: i64) -> bool {
        // None lasts longer than a day, so it began today or yesterday.
        let today = time_ms.div_euclid(DAY_MS);
        [today, today - 1].into_iter().any(|day| {
            let since_ms = time_ms - day * DAY_MS;
            self.is_on(day)
                && self.begins.iter().any(|second| {
                    let begin_ms = second * 1000;
                    (begin_ms..begin_ms + self.minutes * 60_000).contains(&since_ms)
                })
        })
    }

    /// Whether any begins on a day, counted from 1970-01-01.
    fn is_on(&self, day: i64) -> bool {
        let Ok(timestamp) = Timestamp::from_millisecond(day * DAY_MS) else {
            return false;
        };
        let weekday = TimeZone::UTC.to_datetime(timestamp).weekday();
        self.days.is_empty() || self.days.contains(&weekday)
    }
}

fn weekday(text: &str) -> Option<Weekday> {
    let mut all = WEEKDAYS.iter();
    let found = all.find(|(name, _)| name.eq_ignore_ascii_case(text.trim()));
    found.map(|(_, day)| *day)
}

/// Numbers with commas between, each below `end`.
fn numbers(text: &str, end: i64) -> Option<Vec<i64>> {
    let numbers = text.split(',').map(|number| number.trim().parse().ok());
    let numbers = numbers.map(|number| number.filter(|number| (0..end).contains(number)));
    numbers.collect()
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
        let half_past = "FREQ=DAILY;BYHOUR=10,14;BYMINUTE=30;BYSECOND=5";
        let precise = Recurrence::read(half_past, "PT1M").unwrap();
        assert!(!covers(&precise, "2026-03-14T10:30:04Z"));
        assert!(covers(&precise, "2026-03-14T10:30:05Z"));
        assert!(covers(&precise, "2026-03-14T14:31:04Z"));
        assert!(!covers(&precise, "2026-03-14T14:31:05Z"));
        let midnight = Recurrence::read("FREQ=DAILY", "PT1H").unwrap();
        assert!(covers(&midnight, "2026-03-14T00:59:59Z"));
        assert!(!covers(&midnight, "2026-03-14T01:00:00Z"));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for (rule, length) in [
            ("", "PT1H"),
            ("FREQ=MONTHLY", "PT1H"),
            ("FREQ=WEEKLY", "PT1H"),
            ("FREQ=DAILY;BYHOUR=24", "PT1H"),
            ("FREQ=DAILY;BYMINUTE=60", "PT1H"),
            ("FREQ=DAILY;BYDAY=MO", "PT1H"),
            ("FREQ=WEEKLY;BYDAY=XX", "PT1H"),
            ("FREQ=DAILY;COUNT=3", "PT1H"),
            ("FREQ=DAILY", "PT25H"),
        ] {
            assert!(Recurrence::read(rule, length).is_err(), "{rule} {length}");
        }
    }
}
