//! What a statistic keeps of values: no more than it takes to tell it, since a query looks at millions of them.

use crate::store::{Stamped, Summary};

/// What a statistic keeps of the values of a slot or a window.
pub(super) trait Tally: Copy {
    /// Of some values.
    fn of(summary: &Summary) -> Self;

    /// Adds what is kept of others.
    fn add(&mut self, other: Self);

    /// The statistic.
    fn value(self) -> f64;
}

/// Adds what is kept of values to a slot or a window that may have none yet.
#[inline]
pub(super) fn add<T: Tally>(known: &mut Option<T>, other: T) {
    match known {
        Some(known) => known.add(other),
        None => *known = Some(other),
    }
}

/// How many there are.
#[derive(Clone, Copy)]
pub(super) struct Count(u64);

impl Tally for Count {
    fn of(summary: &Summary) -> Self {
        Self(summary.count)
    }

    fn add(&mut self, other: Self) {
        self.0 = self.0.saturating_add(other.0);
    }

    fn value(self) -> f64 {
        self.0 as f64
    }
}

/// Their sum.
#[derive(Clone, Copy)]
pub(super) struct Sum(f64);

impl Tally for Sum {
    fn of(summary: &Summary) -> Self {
        Self(summary.sum)
    }

    fn add(&mut self, other: Self) {
        self.0 += other.0;
    }

    fn value(self) -> f64 {
        self.0
    }
}

/// Their sum, divided by how many there are.
#[derive(Clone, Copy)]
pub(super) struct Mean(Sum, Count);

impl Tally for Mean {
    fn of(summary: &Summary) -> Self {
        Self(Sum::of(summary), Count::of(summary))
    }

    fn add(&mut self, other: Self) {
        self.0.add(other.0);
        self.1.add(other.1);
    }

    fn value(self) -> f64 {
        self.0.value() / self.1.value()
    }
}

/// The smallest.
#[derive(Clone, Copy)]
pub(super) struct Min(f64);

impl Tally for Min {
    fn of(summary: &Summary) -> Self {
        Self(summary.min)
    }

    fn add(&mut self, other: Self) {
        self.0 = self.0.min(other.0);
    }

    fn value(self) -> f64 {
        self.0
    }
}

/// The largest.
#[derive(Clone, Copy)]
pub(super) struct Max(f64);

impl Tally for Max {
    fn of(summary: &Summary) -> Self {
        Self(summary.max)
    }

    fn add(&mut self, other: Self) {
        self.0 = self.0.max(other.0);
    }

    fn value(self) -> f64 {
        self.0
    }
}

/// The earliest; of those of one time the smallest.
#[derive(Clone, Copy)]
pub(super) struct First(Stamped);

impl Tally for First {
    fn of(summary: &Summary) -> Self {
        Self(summary.first)
    }

    fn add(&mut self, other: Self) {
        if other.0.is_before(&self.0) {
            *self = other;
        }
    }

    fn value(self) -> f64 {
        self.0.value
    }
}

/// The latest; of those of one time the largest.
#[derive(Clone, Copy)]
pub(super) struct Last(Stamped);

impl Tally for Last {
    fn of(summary: &Summary) -> Self {
        Self(summary.last)
    }

    fn add(&mut self, other: Self) {
        if self.0.is_before(&other.0) {
            *self = other;
        }
    }

    fn value(self) -> f64 {
        self.0.value
    }
}
