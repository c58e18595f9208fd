//! A clock that the tests turn.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use ocelot::clock::Clock;

/// When the tests begin: 2026-03-14T01:02:03.456Z.
pub const START_MS: i64 = 1_773_450_123_456;

/// A second.
pub const SECOND_MS: i64 = 1000;
/// A minute.
pub const MINUTE_MS: i64 = 60 * SECOND_MS;
/// An hour.
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
/// A day.
pub const DAY_MS: i64 = 24 * HOUR_MS;

/// A clock that stands still until it is turned. Its clones are the same clock.
#[derive(Clone, Debug)]
pub struct Time(Arc<AtomicI64>);

impl Time {
    /// A clock that stands at this time.
    pub fn at(now_ms: i64) -> Self {
        Self(Arc::new(AtomicI64::new(now_ms)))
    }

    /// Turns the clock, backward too.
    pub fn advance(&self, by_ms: i64) {
        self.0.fetch_add(by_ms, Ordering::SeqCst);
    }

    /// How far the clock was turned since [`START_MS`].
    pub fn since_start(&self) -> i64 {
        self.now_ms() - START_MS
    }

    /// What the clock shows.
    pub fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

impl Clock for Time {
    fn now_ms(&self) -> i64 {
        self.now_ms()
    }
}
