//! How far this machine's clock is from a service's: a signature holds for five minutes.

/// How far a signature's date may be from the service's clock, in milliseconds, either way (OCI documentation,
/// "Request Signatures").
const MOST_MS: i64 = 5 * 60_000;

/// How far the clock of whoever answered is ahead of this machine's, in milliseconds, by the `Date` of the
/// answer, which has whole seconds; negative where it is behind.
pub fn ahead_ms(date: Option<&str>, now_ms: i64) -> Option<i64> {
    let date = jiff::fmt::rfc2822::parse(date?.trim()).ok()?;
    Some(date.timestamp().as_millisecond().saturating_sub(now_ms))
}

/// Whether services refuse signatures of a clock that is this far off.
pub fn is_refused(ahead_ms: i64) -> bool {
    ahead_ms.saturating_abs() > MOST_MS
}

/// What is wrong with the clock, in words: `7 minutes behind`.
pub fn in_words(ahead_ms: i64) -> String {
    let seconds = ahead_ms.unsigned_abs() / 1000;
    let amount = match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} minutes", seconds / 60),
        7_200..172_800 => format!("{} hours", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    };
    let side = if ahead_ms > 0 { "behind" } else { "ahead of" };
    format!("{amount} {side}")
}

/// What is wrong with the clock, and what to do about it.
pub fn cure(ahead_ms: i64) -> String {
    format!(
        "This computer's clock is {} the service's, and a signature holds for 5 minutes: set the clock (on Linux: \
         timedatectl set-ntp true), and try again.",
        in_words(ahead_ms)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_of_an_answer_tells_how_far_the_clock_is_off() {
        let now_ms = 1_773_450_000_000;
        let ahead = |date| ahead_ms(Some(date), now_ms);
        assert_eq!(ahead("Sat, 14 Mar 2026 01:07:00 GMT"), Some(420_000));
        assert_eq!(ahead("Sat, 14 Mar 2026 01:00:00 GMT"), Some(0));
        assert_eq!(ahead("yesterday"), None);
        assert_eq!(ahead_ms(None, now_ms), None);
        assert!(is_refused(420_000) && is_refused(-420_000) && is_refused(i64::MIN));
        assert!(!is_refused(300_000));
    }

    #[test]
    fn how_far_is_told_in_words() {
        assert_eq!(in_words(420_000), "7 minutes behind");
        assert_eq!(in_words(-90_000), "90 s ahead of");
        assert_eq!(in_words(-10_800_000), "3 hours ahead of");
        assert_eq!(in_words(i64::MAX), "106751991167 days behind");
    }
}
