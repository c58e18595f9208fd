//! Instants in the spelling that the official command line prints.

use jiff::civil::{DateTime, Time};
use jiff::fmt::temporal::{Pieces, PiecesOffset};
use jiff::tz::Offset;

/// `2026-03-14T01:02:03.456Z` as `2026-03-14T01:02:03.456000+00:00`, which is Python's `isoformat`:
/// microseconds or no fraction at all, and the offset that was given, else UTC.
///
/// Nothing for text that is no instant.
pub(super) fn printed(text: &str) -> Option<String> {
    let pieces = Pieces::parse(text).ok()?;
    let offset = match pieces.offset() {
        Some(PiecesOffset::Numeric(numeric)) => numeric.offset(),
        _ => Offset::UTC,
    };
    let time = pieces.time().unwrap_or(Time::midnight());
    Some(isoformat(DateTime::from_parts(pieces.date(), time), offset))
}

fn isoformat(at: DateTime, offset: Offset) -> String {
    let seconds = at.strftime("%Y-%m-%dT%H:%M:%S");
    let micros = at.subsec_nanosecond() / 1000;
    let minutes = offset.seconds() / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    let (hours, minutes) = (minutes.abs() / 60, minutes.abs() % 60);
    if micros == 0 {
        format!("{seconds}{sign}{hours:02}:{minutes:02}")
    } else {
        format!("{seconds}.{micros:06}{sign}{hours:02}:{minutes:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::printed;

    #[test]
    fn instants_are_printed_in_full() {
        for (given, wanted) in [
            (
                "2026-03-14T01:02:03.456Z",
                "2026-03-14T01:02:03.456000+00:00",
            ),
            ("2026-03-14T01:02:03Z", "2026-03-14T01:02:03+00:00"),
            ("2026-03-14T01:02:03.000Z", "2026-03-14T01:02:03+00:00"),
            (
                "2026-12-31T23:59:59.1234567Z",
                "2026-12-31T23:59:59.123456+00:00",
            ),
            ("2026-03-14T01:02:03-05:30", "2026-03-14T01:02:03-05:30"),
            ("2026-03-14T01:02:03", "2026-03-14T01:02:03+00:00"),
            ("2026-03-14", "2026-03-14T00:00:00+00:00"),
        ] {
            assert_eq!(printed(given).as_deref(), Some(wanted));
        }
        for given in ["", "soon", "timeCreated-0", "1773446400"] {
            assert_eq!(printed(given), None);
        }
    }
}
