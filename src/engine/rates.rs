//! Rates: how much may happen a second, counted in buckets that fill with the engine's clock.
//!
//! A bucket holds one second's worth, and is full when it is new; so what happens now and then is never in
//! the way. What costs more than is left waits. Nothing is stored: each process counts for itself, and a clock
//! that stands still fills no bucket.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::call::ApiError;

/// With how many buckets the full ones are looked for and forgotten, the first time.
const MANY: usize = 1024;

/// Thousandths: a bucket fills by `per_second` of them each millisecond.
const MILLI: i64 = 1000;

/// How much of something may happen a second.
#[derive(Debug)]
pub(super) struct Rate {
    /// What is counted, as the message names it.
    pub what: &'static str,
    /// How much.
    pub per_second: i64,
}

/// What has happened lately.
#[derive(Debug, Default)]
pub struct Rates(Mutex<Buckets>);

#[derive(Debug)]
struct Buckets {
    /// By what is counted, and for whom.
    by_key: HashMap<(&'static str, String), Bucket>,
    /// With how many buckets the full ones are forgotten.
    many: usize,
}

impl Default for Buckets {
    fn default() -> Self {
        Self {
            by_key: HashMap::new(),
            many: MANY,
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    /// What is left, in thousandths; negative where more was taken than there was.
    left: i64,
    at_ms: i64,
    per_second: i64,
}

impl Bucket {
    fn full(rate: &Rate, now_ms: i64) -> Self {
        Self {
            left: rate.per_second * MILLI,
            at_ms: now_ms,
            per_second: rate.per_second,
        }
    }

    /// The same bucket at another time. A clock that was set back fills nothing, and takes nothing away.
    fn at(self, now_ms: i64) -> Self {
        let passed_ms = now_ms.saturating_sub(self.at_ms).max(0);
        let filled = passed_ms.saturating_mul(self.per_second);
        Self {
            left: self.left.saturating_add(filled).min(self.size()),
            at_ms: now_ms,
            ..self
        }
    }

    fn size(&self) -> i64 {
        self.per_second * MILLI
    }

    /// The milliseconds until so much is left.
    fn wait_ms(&self, wanted: i64) -> i64 {
        let missing = wanted.saturating_sub(self.left).max(0);
        missing / self.per_second + i64::from(missing % self.per_second > 0)
    }
}

impl Rates {
    /// Takes `cost` for `whom`, or says how many milliseconds it takes until there is enough. What costs more
    /// than a second's worth needs a full bucket, and leaves it in debt.
    pub(super) fn take(
        &self,
        rate: &Rate,
        whom: &str,
        cost: usize,
        now_ms: i64,
    ) -> Result<(), Throttled> {
        self.change(rate, whom, now_ms, |bucket| {
            let cost = milli(cost);
            match bucket.wait_ms(cost.min(bucket.size())) {
                0 => {
                    bucket.left = bucket.left.saturating_sub(cost);
                    Ok(())
                }
                wait_ms => Err(Throttled::new(rate, wait_ms)),
            }
        })
    }

    /// Takes `cost` for `whom` in any case: it has happened. Returns the milliseconds until the debt is paid.
    pub(super) fn charge(&self, rate: &Rate, whom: &str, cost: usize, now_ms: i64) -> i64 {
        self.change(rate, whom, now_ms, |bucket| {
            bucket.left = bucket.left.saturating_sub(milli(cost));
            bucket.wait_ms(0)
        })
    }

    fn change<T>(
        &self,
        rate: &Rate,
        whom: &str,
        now_ms: i64,
        work: impl FnOnce(&mut Bucket) -> T,
    ) -> T {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.make_room(now_ms);
        let bucket = buckets
            .by_key
            .entry((rate.what, whom.to_owned()))
            .or_insert_with(|| Bucket::full(rate, now_ms));
        *bucket = bucket.at(now_ms);
        work(bucket)
    }
}

impl Buckets {
    /// Forgets full buckets, which are as good as new ones, each time there are many.
    fn make_room(&mut self, now_ms: i64) {
        if self.by_key.len() >= self.many {
            self.by_key.retain(|_, bucket| {
                *bucket = bucket.at(now_ms);
                bucket.left < bucket.size()
            });
            self.many = MANY.max(2 * self.by_key.len());
        }
    }
}

fn milli(cost: usize) -> i64 {
    i64::try_from(cost)
        .unwrap_or(i64::MAX)
        .saturating_mul(MILLI)
}

/// Too much has happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Throttled {
    what: &'static str,
    per_second: i64,
    wait_ms: i64,
}

impl Throttled {
    fn new(rate: &Rate, wait_ms: i64) -> Self {
        Self {
            what: rate.what,
            per_second: rate.per_second,
            wait_ms,
        }
    }
}

impl From<Throttled> for ApiError {
    /// Clients read the number of milliseconds from the end of the text. Source: behaviour.md 1.9.
    fn from(throttled: Throttled) -> Self {
        let Throttled {
            what,
            per_second,
            wait_ms,
        } = throttled;
        Self::new(
            429,
            "TooManyRequests",
            format!(
                "Too many requests: at most {per_second} {what} a second; next request can be made in {wait_ms} ms"
            ),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIVE: Rate = Rate {
        what: "calls",
        per_second: 5,
    };

    fn wait_ms(taken: Result<(), Throttled>) -> i64 {
        taken.map_or_else(|throttled| throttled.wait_ms, |()| 0)
    }

    #[test]
    fn a_second_brings_a_seconds_worth_and_no_more() {
        let rates = Rates::default();
        let take = |now_ms| wait_ms(rates.take(&FIVE, "a", 1, now_ms));
        assert_eq!([0; 5].map(|_| take(1_000)), [0; 5]);
        assert_eq!(take(1_000), 200);
        assert_eq!(take(1_150), 50);
        assert_eq!(take(1_200), 0);
        assert_eq!([0; 5].map(|_| take(900_000)), [0; 5]);
        assert_eq!(take(900_000), 200);
        assert_eq!(wait_ms(rates.take(&FIVE, "b", 1, 900_000)), 0);
    }

    #[test]
    fn what_is_more_than_a_seconds_worth_is_paid_afterwards() {
        let rates = Rates::default();
        assert_eq!(wait_ms(rates.take(&FIVE, "a", 12, 0)), 0);
        assert_eq!(wait_ms(rates.take(&FIVE, "a", 0, 0)), 1_400);
        assert_eq!(rates.charge(&FIVE, "a", 3, 1_400), 600);
        assert_eq!(wait_ms(rates.take(&FIVE, "a", 12, 2_000)), 1_000);
    }

    #[test]
    fn a_clock_that_is_set_back_neither_gives_nor_takes() {
        let rates = Rates::default();
        let take = |now_ms| wait_ms(rates.take(&FIVE, "a", 5, now_ms));
        assert_eq!(take(1_000_000), 0);
        assert_eq!(take(5_000), 1_000);
        assert_eq!(take(6_000), 0);
        assert_eq!(take(i64::MAX), 0);
        assert_eq!(take(i64::MIN), 1_000);
    }

    #[test]
    fn only_what_is_in_use_is_remembered() {
        let rates = Rates::default();
        for number in 0..10 * MANY {
            let now_ms = i64::try_from(number).unwrap() * 10;
            rates.charge(&FIVE, &number.to_string(), 1, now_ms);
        }
        assert!(rates.0.lock().unwrap().by_key.len() <= MANY);
    }
}
