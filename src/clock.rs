//! Time, behind a trait: the engine asks a [`Clock`], never the system.
//!
//! Instants are milliseconds since 1970-01-01T00:00:00Z, as Kafka and the services' messages have them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Tells what time it is.
pub trait Clock: Send + Sync {
    /// Now, in milliseconds since the epoch.
    fn now_ms(&self) -> i64;
}

/// The machine's own clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_ms(&self) -> i64 {
        Timestamp::now().as_millisecond()
    }
}

/// How a user has set the clock of an engine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Setting {
    /// As the machine's clock.
    #[default]
    System,
    /// Running, this many milliseconds ahead of the machine's clock, or behind it.
    Shifted {
        /// Milliseconds to add.
        offset_ms: i64,
    },
    /// Standing still.
    Frozen {
        /// The instant it stands at.
        at_ms: i64,
    },
}

impl Setting {
    /// The time under this setting when the machine's clock shows `system_ms`.
    pub fn apply(self, system_ms: i64) -> i64 {
        match self {
            Self::System => system_ms,
            Self::Shifted { offset_ms } => system_ms.saturating_add(offset_ms),
            Self::Frozen { at_ms } => at_ms,
        }
    }

    /// The same clock, `by_ms` further on.
    #[must_use]
    pub fn advanced(self, by_ms: i64) -> Self {
        match self {
            Self::System => Self::Shifted { offset_ms: by_ms },
            Self::Shifted { offset_ms } => Self::Shifted {
                offset_ms: offset_ms.saturating_add(by_ms),
            },
            Self::Frozen { at_ms } => Self::Frozen {
                at_ms: at_ms.saturating_add(by_ms),
            },
        }
    }
}

/// The latest instant that can be written as RFC 3339, in milliseconds.
pub const MAX_MS: i64 = 253_402_207_200_000 - 1;

/// The nearest instant that a clock may show: 1970 to 9999.
///
/// Within these bounds times can be written, stored, and reckoned with without overflow.
pub fn clamp_ms(ms: i64) -> i64 {
    ms.clamp(0, MAX_MS)
}

/// An instant as the services write it: `2026-03-14T01:02:03.456Z`.
///
/// What is outside the years that RFC 3339 can write is drawn in to the nearest that it can.
pub fn rfc3339(ms: i64) -> String {
    let clamped = ms.clamp(-MAX_MS, MAX_MS);
    let timestamp = Timestamp::from_millisecond(clamped).unwrap_or(Timestamp::UNIX_EPOCH);
    format!("{timestamp:.3}")
}

/// Reads an RFC 3339 instant, with any offset from UTC.
pub fn parse_rfc3339(text: &str) -> Option<i64> {
    let timestamp: Timestamp = text.trim().parse().ok()?;
    Some(timestamp.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_and_reads_instants() {
        assert_eq!(rfc3339(1_773_450_123_456), "2026-03-14T01:02:03.456Z");
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(
            parse_rfc3339("2026-03-14T03:02:03.456+02:00"),
            Some(1_773_450_123_456)
        );
        assert_eq!(parse_rfc3339("yesterday"), None);
        assert_eq!(rfc3339(i64::MAX), rfc3339(MAX_MS));
    }

    #[test]
    fn clocks_stay_between_1970_and_9999() {
        assert_eq!(rfc3339(clamp_ms(i64::MIN)), "1970-01-01T00:00:00.000Z");
        assert_eq!(rfc3339(clamp_ms(i64::MAX)), "9999-12-30T21:59:59.999Z");
        assert_eq!(clamp_ms(5), 5);
    }

    #[test]
    fn settings_add_up() {
        let day_ms = 86_400_000;
        let setting = Setting::System.advanced(day_ms).advanced(day_ms);
        assert_eq!(setting.apply(5), 5 + 2 * day_ms);
        assert_eq!(Setting::Frozen { at_ms: 7 }.advanced(1).apply(100), 8);
    }
}
