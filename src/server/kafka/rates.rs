//! How fast a partition may be written and read under `--strict`: as fast as in the service.
//!
//! What comes too fast is stored and answered, and the client is told to wait as Kafka's quotas do: its
//! connection is not read from until the rate is kept. Rates are counted from second to second, so that a
//! client that was quiet may go on with a second's worth at once.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Bytes a second that a partition takes. Source: behaviour.md 1.1.
const WRITTEN_BYTES_PER_SECOND: f64 = 1_048_576.0;
/// Bytes a second that a partition gives. Source: behaviour.md 1.1.
const READ_BYTES_PER_SECOND: f64 = 2.0 * 1_048_576.0;
/// How much may come at once.
const BURST: Duration = Duration::from_secs(1);
/// How many partitions are remembered before those that keep their rate are forgotten.
const MOST_KNOWN: usize = 1000;

/// The rates of the partitions in use.
#[derive(Default)]
pub(super) struct Rates {
    written: Rate,
    read: Rate,
}

/// By the stream's OCID and the partition's number, when all that came is within the rate.
#[derive(Default)]
struct Rate(Mutex<HashMap<(String, u32), Instant>>);

impl Rates {
    /// Counts what was written to a partition, and returns how long its writer must wait.
    pub(super) fn written(&self, stream_id: &str, partition: u32, bytes: usize) -> Duration {
        let cost = Duration::from_secs_f64(bytes as f64 / WRITTEN_BYTES_PER_SECOND);
        self.written
            .add((stream_id, partition), cost, Instant::now())
    }

    /// Counts what was read from a partition, and returns how long its reader must wait.
    pub(super) fn read(&self, stream_id: &str, partition: u32, bytes: usize) -> Duration {
        let cost = Duration::from_secs_f64(bytes as f64 / READ_BYTES_PER_SECOND);
        self.read.add((stream_id, partition), cost, Instant::now())
    }
}

impl Rate {
    fn add(&self, (stream_id, partition): (&str, u32), cost: Duration, now: Instant) -> Duration {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_KNOWN {
            known.retain(|_, even_at| *even_at > now);
        }
        let even_at = known
            .entry((stream_id.to_owned(), partition))
            .or_insert(now);
        *even_at = (*even_at).max(now) + cost;
        even_at.saturating_duration_since(now).saturating_sub(BURST)
    }
}

/// A wait as the protocol tells it, in whole milliseconds.
pub(super) fn throttle_time_ms(wait: Duration) -> i32 {
    i32::try_from(wait.as_millis()).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_at_once_and_then_the_rate() {
        let rate = Rate::default();
        let now = Instant::now();
        let half = Duration::from_millis(500);
        let add = |partition, after| rate.add(("s", partition), half, now + after);
        assert_eq!(add(0, Duration::ZERO), Duration::ZERO);
        assert_eq!(add(0, Duration::ZERO), Duration::ZERO);
        assert_eq!(add(0, Duration::ZERO), half);
        assert_eq!(add(1, Duration::ZERO), Duration::ZERO, "another partition");
        assert_eq!(add(0, half), half);
        // Quiet for long: a second at once again, and no more.
        let later = Duration::from_secs(60);
        assert_eq!(add(0, later), Duration::ZERO);
        assert_eq!(add(0, later), Duration::ZERO);
        assert_eq!(add(0, later), half);
    }
}
