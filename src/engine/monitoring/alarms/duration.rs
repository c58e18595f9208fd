//! Lengths of time as alarms write them: ISO 8601, whole minutes.

const HOUR_MINUTES: i64 = 60;
const DAY_MINUTES: i64 = 24 * HOUR_MINUTES;

/// The minutes of a text such as `PT5M` or `P1DT12H`; none where it is no length of whole minutes.
pub(super) fn minutes(text: &str) -> Option<i64> {
    let rest = text.strip_prefix('P')?;
    let (days, time) = match rest.split_once('T') {
        Some((_, "")) => return None,
        Some((days, time)) => (days, time),
        None => (rest, ""),
    };
    let (days, after_days) = part(days, 'D')?;
    let (hours, time) = part(time, 'H')?;
    let (minutes, time) = part(time, 'M')?;
    let (seconds, time) = part(time, 'S')?;
    let is_read = after_days.is_empty() && time.is_empty();
    let says_something = rest.bytes().any(|byte| byte.is_ascii_digit());
    (is_read && says_something && seconds % 60 == 0)
        .then_some(days * DAY_MINUTES + hours * HOUR_MINUTES + minutes + seconds / 60)
}

/// A number with its unit, where the text begins with one, and what follows.
fn part(text: &str, unit: char) -> Option<(i64, &str)> {
    let Some((digits, rest)) = text.split_once(unit) else {
        return Some((0, text));
    };
    // More digits than these are longer than anything allowed.
    let is_number = (1..=7).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    let number = digits.parse().ok().filter(|_| is_number)?;
    Some((number, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read() {
        let read = [
            ("PT1M", 1),
            ("PT1H", 60),
            ("P30D", 30 * DAY_MINUTES),
            ("P1DT2H3M", DAY_MINUTES + 123),
            ("PT120S", 2),
        ];
        for (text, expected) in read {
            assert_eq!(minutes(text), Some(expected), "{text}");
        }
        for text in [
            "",
            "P",
            "PT",
            "5M",
            "PT5",
            "PTM",
            "PT-5M",
            "PT1M1H",
            "P1M",
            "PT90S",
            "P1DT",
            "PT12345678M",
            "PTéM",
        ] {
            assert_eq!(minutes(text), None, "{text}");
        }
    }
}
