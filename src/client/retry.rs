//! When a request is sent again, and how long to wait before.
//!
//! The rules are the official SDK's: 8 attempts and 600 s in all; timeouts, broken connections, 429, any 5xx
//! but 501, and 409 `IncorrectState` or `LockConflict`; waits grow by powers of two up to 30 s, drawn at
//! random below that, or, after a 429, from the upper half. A server's `Retry-After` is kept to.

use std::time::Duration;

/// Longest wait between two attempts.
const MOST_WAIT: Duration = Duration::from_secs(30);

/// How long all attempts together may take.
const MOST_TOTAL: Duration = Duration::from_secs(600);

/// How often a request is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// At most so many times; 1 is once.
    pub attempts: u32,
    /// Whether what creates something goes with a token, by which the service knows a repeated request.
    pub sends_tokens: bool,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self::at_most(8)
    }
}

impl RetryPolicy {
    /// Each request is sent once.
    pub const NONE: Self = Self {
        attempts: 1,
        sends_tokens: false,
    };

    /// A request is sent this often at most.
    pub const fn at_most(attempts: u32) -> Self {
        Self {
            attempts,
            sends_tokens: true,
        }
    }

    /// How long to wait before the next attempt; `None` when there is to be none.
    ///
    /// `attempt` counts from 1; `random` is any number from 0 to 1.
    pub(super) fn wait(
        self,
        attempt: u32,
        elapsed: Duration,
        throttled: bool,
        retry_after: Option<Duration>,
        random: f64,
    ) -> Option<Duration> {
        if attempt >= self.attempts {
            return None;
        }
        let grown = Duration::from_secs(1 << attempt.min(5)).min(MOST_WAIT);
        let share = if throttled {
            0.5 + random / 2.0
        } else {
            random
        };
        let wait = grown
            .mul_f64(share.clamp(0.0, 1.0))
            .max(retry_after.unwrap_or_default());
        (elapsed.saturating_add(wait) < MOST_TOTAL).then_some(wait)
    }
}

/// The seconds that a `Retry-After` asks to wait: it holds them, or the time when to come again.
pub(super) fn seconds_to_wait(text: &str, now_ms: i64) -> Option<u64> {
    let text = text.trim();
    let until = || {
        let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
        let ms = at.as_millisecond().saturating_sub(now_ms).max(0);
        u64::try_from(ms).ok().map(|ms| ms.div_ceil(1000))
    };
    text.parse().ok().or_else(until)
}

/// Whether a refusal may be gone a little later.
pub(super) fn is_passing(status: u16, code: &str) -> bool {
    match status {
        409 => matches!(code, "IncorrectState" | "LockConflict"),
        429 => true,
        501 => false,
        status => status >= 500,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_end() {
        let policy = RetryPolicy::default();
        let wait = |attempt, throttled| {
            policy
                .wait(attempt, Duration::ZERO, throttled, None, 1.0)
                .map(|wait| wait.as_secs())
        };
        assert_eq!(
            [1, 2, 3, 4, 5, 7].map(|n| wait(n, false)),
            [2, 4, 8, 16, 30, 30].map(Some)
        );
        assert_eq!(wait(8, false), None);
        let least = policy.wait(3, Duration::ZERO, true, None, 0.0);
        assert_eq!(least, Some(Duration::from_secs(4)));
        let told = policy.wait(1, Duration::ZERO, true, Some(Duration::from_secs(9)), 0.0);
        assert_eq!(told, Some(Duration::from_secs(9)));
        let never = policy.wait(1, Duration::ZERO, true, Some(Duration::MAX), 0.0);
        assert_eq!(never, None);
        assert_eq!(policy.wait(1, MOST_TOTAL, false, None, 0.0), None);
        assert_eq!(
            RetryPolicy::NONE.wait(1, Duration::ZERO, false, None, 0.0),
            None
        );
    }

    #[test]
    fn retry_after_is_seconds_or_a_time() {
        let now = 1_773_450_000_000;
        assert_eq!(seconds_to_wait(" 7 ", now), Some(7));
        let at = "Sat, 14 Mar 2026 01:00:05 GMT";
        assert_eq!(seconds_to_wait(at, now), Some(5));
        assert_eq!(
            seconds_to_wait("Sat, 14 Mar 2020 01:00:05 GMT", now),
            Some(0)
        );
        for text in ["", "-1", "soon", "99999999999999999999"] {
            assert_eq!(seconds_to_wait(text, now), None, "{text}");
        }
    }

    #[test]
    fn what_passes() {
        assert!(is_passing(503, "ServiceUnavailable") && is_passing(429, "TooManyRequests"));
        assert!(is_passing(409, "IncorrectState") && !is_passing(409, "Conflict"));
        assert!(!is_passing(501, "MethodNotImplemented") && !is_passing(404, "NotFound"));
    }
}
