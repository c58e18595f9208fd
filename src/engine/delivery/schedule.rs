//! When a delivery that failed is tried again. Source: behaviour.md 3.5.
//!
//! It is tried again right away, then after 1, 2, 4, 8 minutes and so on, until the longest time of the
//! subscription's policy is over. The first attempt is made however late it comes.

use crate::store::StoredDelivery;

/// How long a delivery is tried where nothing else is said, in milliseconds: 2 hours.
pub const DEFAULT_PATIENCE_MS: i64 = 7_200_000;

const FIRST_PAUSE_MS: i64 = 60_000;

/// When a delivery that failed now once more is due again, in milliseconds; `None` when it is given up.
pub(super) fn next_attempt_ms<T>(delivery: &StoredDelivery<T>, now_ms: i64) -> Option<i64> {
    let due_ms = now_ms.saturating_add(pause_ms(delivery.attempts));
    let end_ms = delivery
        .time_created_ms
        .saturating_add(delivery.patience_ms);
    (due_ms <= end_ms).then_some(due_ms)
}

/// The pause after an attempt that failed, when `earlier` had failed before it.
fn pause_ms(earlier: u32) -> i64 {
    match earlier.checked_sub(1) {
        None => 0,
        // Doubled 32 times it is longer than any policy.
        Some(doublings) => FIRST_PAUSE_MS << doublings.min(32),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double() {
        let minutes: Vec<i64> = (0..8).map(|earlier| pause_ms(earlier) / 60_000).collect();
        assert_eq!(minutes, [0, 1, 2, 4, 8, 16, 32, 64]);
        assert!(pause_ms(u32::MAX) > 0);
    }

    #[test]
    fn the_policy_ends_it() {
        let delivery = |attempts| StoredDelivery {
            id: 1,
            task: (),
            attempts,
            time_created_ms: 1_000,
            patience_ms: 90_000,
        };
        assert_eq!(next_attempt_ms(&delivery(0), 1_000), Some(1_000));
        assert_eq!(next_attempt_ms(&delivery(1), 31_000), Some(91_000));
        assert_eq!(next_attempt_ms(&delivery(1), 31_001), None);
        assert_eq!(next_attempt_ms(&delivery(0), 91_001), None);
    }
}
