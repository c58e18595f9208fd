//! Rates: how much may happen a second or a minute, counted in buckets that fill with the engine's clock.
//!
//! A bucket holds one period's worth, and is full when it is new; so what happens now and then is never in
//! the way. What costs more than is left waits. Nothing is stored: each process counts for itself, and a clock
//! that stands still fills no bucket.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::call::ApiError;

/// With how many buckets the full ones are looked for and forgotten, the first time.
const MANY: usize = 1024;

/// In how much time so much may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Period {
    Second,
    Minute,
}

impl Period {
    /// Its length in milliseconds.
    const fn ms(self) -> i64 {
        match self {
            Self::Second => 1000,
            Self::Minute => 60_000,
        }
    }

    /// Its name after "a".
    fn name(self) -> &'static str {
        match self {
            Self::Second => "second",
            Self::Minute => "minute",
        }
    }
}

/// How much of something may happen in a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rate {
    /// What is counted, as the message names it.
    what: &'static str,
    most: i64,
    period: Period,
}

impl Rate {
    /// At most so much a second.
    pub(super) const fn per_second(what: &'static str, most: i64) -> Self {
        Self {
            what,
            most,
            period: Period::Second,
        }
    }

    /// At most so much a minute.
    pub(super) const fn per_minute(what: &'static str, most: i64) -> Self {
        Self {
            what,
            most,
            period: Period::Minute,
        }
    }

    /// An amount in the parts that a bucket counts: each millisecond it fills by `most` of them.
    fn parts(&self, amount: i64) -> i64 {
        amount.saturating_mul(self.period.ms())
    }
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
    rate: Rate,
    /// What is left, in parts; negative where more was taken than there was.
    left: i64,
    at_ms: i64,
}

impl Bucket {
    fn full(rate: &Rate, now_ms: i64) -> Self {
        Self {
            rate: *rate,
            left: rate.parts(rate.most),
            at_ms: now_ms,
        }
    }

    /// The same bucket at another time. A clock that was set back fills nothing, and takes nothing away.
    fn at(self, now_ms: i64) -> Self {
        let passed_ms = now_ms.saturating_sub(self.at_ms).max(0);
        let filled = passed_ms.saturating_mul(self.rate.most);
        Self {
            left: self.left.saturating_add(filled).min(self.size()),
            at_ms: now_ms,
            ..self
        }
    }

    fn size(&self) -> i64 {
        self.rate.parts(self.rate.most)
    }

    /// The milliseconds until so many parts are left.
    fn wait_ms(&self, wanted: i64) -> i64 {
        let missing = wanted.saturating_sub(self.left).max(0);
        missing / self.rate.most + i64::from(missing % self.rate.most > 0)
    }
}

impl Rates {
    /// Takes `cost` for `whom`, or says how many milliseconds it takes until there is enough. What costs more
    /// than a period's worth needs a full bucket, and leaves it in debt.
    pub(super) fn take(
        &self,
        rate: &Rate,
        whom: &str,
        cost: usize,
        now_ms: i64,
    ) -> Result<(), Throttled> {
        self.change(rate, whom, now_ms, |bucket| {
            let cost = rate.parts(amount(cost));
            match bucket.wait_ms(cost.min(bucket.size())) {
                0 => {
                    bucket.left = bucket.left.saturating_sub(cost);
                    Ok(())
                }
                wait_ms => Err(Throttled {
                    rate: *rate,
                    wait_ms,
                }),
            }
        })
    }

    /// Takes `cost` for `whom` in any case: it has happened. Returns the milliseconds until the debt is paid.
    pub(super) fn charge(&self, rate: &Rate, whom: &str, cost: usize, now_ms: i64) -> i64 {
        self.change(rate, whom, now_ms, |bucket| {
            bucket.left = bucket.left.saturating_sub(rate.parts(amount(cost)));
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

fn amount(cost: usize) -> i64 {
    i64::try_from(cost).unwrap_or(i64::MAX)
}

/// Too much has happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Throttled {
    rate: Rate,
    wait_ms: i64,
}

impl Throttled {
    /// The milliseconds until there is enough.
    pub(super) fn wait_ms(&self) -> i64 {
        self.wait_ms
    }
}

impl From<Throttled> for ApiError {
    /// Clients read the number of milliseconds from the end of the text. Source: behaviour.md 1.9.
    fn from(throttled: Throttled) -> Self {
        let Throttled { rate, wait_ms } = throttled;
        let (most, what, period) = (rate.most, rate.what, rate.period.name());
        Self::new(
            429,
            "TooManyRequests",
            format!(
                "Too many requests: at most {most} {what} a {period}; next request can be made in {wait_ms} ms"
            ),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIVE: Rate = Rate::per_second("calls", 5);

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
    fn a_minute_brings_a_minutes_worth() {
        let sixty = Rate::per_minute("messages", 60);
        let rates = Rates::default();
        let take = |cost, now_ms| wait_ms(rates.take(&sixty, "a", cost, now_ms));
        assert_eq!(take(59, 0), 0);
        assert_eq!(
            [take(1, 0), take(1, 0), take(1, 999), take(1, 1_000)],
            [0, 1_000, 1, 0]
        );
        assert_eq!(take(60, 31_000), 30_000);
        let told = ApiError::from(rates.take(&sixty, "a", 60, 31_000).unwrap_err()).message;
        let expected =
            "Too many requests: at most 60 messages a minute; next request can be made in 30000 ms";
        assert_eq!(told, expected);
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
