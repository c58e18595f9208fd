//! Counting in memory: what was measured since it was last stored.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::super::ocid;
use super::catalogue::Metric;
use crate::store::{Bucket, Measurement, SeriesOwner, Stamped, Summary, minute_of};

/// How many series and minutes are kept in memory before they are stored, whatever else.
const MOST_TALLIES: usize = 10_000;

/// How many kinds of values of a minute are told apart exactly. More are rounded to an eighth of a power of two.
const EXACT_KINDS: usize = 32;

/// What the engine measures of its own resources, brought together by series and minute.
#[derive(Debug, Default)]
pub(in crate::engine) struct Recorder {
    /// By the resource's OCID.
    tallies: Mutex<HashMap<String, Vec<Tally>>>,
    /// How many there are.
    count: AtomicUsize,
    /// Whether nothing is to be counted.
    is_off: AtomicBool,
}

/// Of what something is measured, and when.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct Subject<'s> {
    /// The resource's OCID.
    pub resource_id: &'s str,
    /// Tenancy and compartment, of a resource that is not the engine's.
    pub owner: Option<(&'s str, &'s str)>,
    /// What tells its series apart, besides the resource.
    pub dimensions: &'s [(&'static str, &'s str)],
    /// When, in milliseconds.
    pub now_ms: i64,
}

impl<'s> Subject<'s> {
    /// A resource of the engine.
    pub(in crate::engine) fn of(resource_id: &'s str, now_ms: i64) -> Self {
        Self {
            resource_id,
            owner: None,
            dimensions: &[],
            now_ms,
        }
    }

    /// The same, of one of its parts.
    pub(in crate::engine) fn with(self, dimensions: &'s [(&'static str, &'s str)]) -> Self {
        Self { dimensions, ..self }
    }
}

/// A series in a minute.
#[derive(Debug)]
struct Tally {
    metric: &'static Metric,
    minute: i64,
    owner: Option<SeriesOwner>,
    dimensions: Vec<(&'static str, String)>,
    summary: Summary,
    /// Values, sorted, each with how often it occurred.
    kinds: Vec<(f64, u64)>,
}

impl Tally {
    fn new(metric: &'static Metric, subject: &Subject<'_>, value: f64) -> Self {
        let dimensions = subject.dimensions.iter();
        Self {
            metric,
            minute: minute_of(subject.now_ms),
            owner: subject
                .owner
                .map(|(tenancy_id, compartment_id)| SeriesOwner {
                    tenancy_id: tenancy_id.to_owned(),
                    compartment_id: compartment_id.to_owned(),
                }),
            dimensions: dimensions
                .map(|(key, value)| (*key, (*value).to_owned()))
                .collect(),
            summary: Summary::of(stamped(subject.now_ms, value), 1),
            kinds: vec![(value, 1)],
        }
    }

    fn is_of(&self, metric: &'static Metric, subject: &Subject<'_>) -> bool {
        let owner = self.owner.as_ref();
        let owner = owner.map(|owner| (&*owner.tenancy_id, &*owner.compartment_id));
        let mut dimensions = self.dimensions.iter().zip(subject.dimensions);
        std::ptr::eq(self.metric, metric)
            && self.minute == minute_of(subject.now_ms)
            && owner == subject.owner
            && self.dimensions.len() == subject.dimensions.len()
            && dimensions.all(|(own, other)| own.0 == other.0 && own.1 == other.1)
    }

    fn add(&mut self, at_ms: i64, value: f64) {
        self.summary.merge(&Summary::of(stamped(at_ms, value), 1));
        let find = |kinds: &[(f64, u64)], value: f64| {
            kinds.binary_search_by(|(known, _)| known.total_cmp(&value))
        };
        let place = match find(&self.kinds, value) {
            Err(_) if self.kinds.len() >= EXACT_KINDS => {
                let rounded = rounded(value);
                find(&self.kinds, rounded).map_err(|at| (at, rounded))
            }
            place => place.map_err(|at| (at, value)),
        };
        match place {
            Ok(at) => {
                if let Some((_, count)) = self.kinds.get_mut(at) {
                    *count = count.saturating_add(1);
                }
            }
            Err((at, value)) => self.kinds.insert(at, (value, 1)),
        }
    }

    fn measurement(self, resource_id: &str) -> Measurement {
        let dimensions = self.dimensions.into_iter();
        let dimensions = dimensions.map(|(key, value)| (key.to_owned(), value));
        let bucket = Bucket::of_kinds(self.summary, self.kinds);
        Measurement {
            owner: self.owner,
            ..self
                .metric
                .measurement(resource_id, dimensions.collect(), bucket)
        }
    }
}

impl Metric {
    /// What was measured of a resource of the engine. Dimensions are those besides the ones that name it.
    pub(super) fn measurement(
        &self,
        resource_id: &str,
        mut dimensions: BTreeMap<String, String>,
        bucket: Bucket,
    ) -> Measurement {
        // Events may be of nothing.
        if !resource_id.is_empty() {
            dimensions.insert(self.resource.to_owned(), resource_id.to_owned());
        }
        if self.has_region
            && let Some(region) = ocid::region(resource_id)
        {
            dimensions.insert("region".to_owned(), region.to_owned());
        }
        Measurement {
            resource_id: resource_id.to_owned(),
            owner: None,
            namespace: self.namespace.to_owned(),
            name: self.name.to_owned(),
            unit: self.unit.to_owned(),
            dimensions,
            bucket,
            gauge: None,
        }
    }
}

fn stamped(at_ms: i64, value: f64) -> Stamped {
    Stamped { at_ms, value }
}

/// Rounds towards zero, to one of eight values between a power of two and the next.
fn rounded(value: f64) -> f64 {
    const KEPT_BITS: u32 = 52 - 3;
    f64::from_bits(value.to_bits() >> KEPT_BITS << KEPT_BITS)
}

impl Recorder {
    /// Adds a value to each of some metrics.
    pub(in crate::engine) fn record(
        &self,
        subject: &Subject<'_>,
        values: &[(&'static Metric, f64)],
    ) {
        if self.is_off.load(Ordering::Relaxed) {
            return;
        }
        let mut tallies = self.tallies();
        let of_resource = match tallies.get_mut(subject.resource_id) {
            Some(known) => known,
            None => tallies.entry(subject.resource_id.to_owned()).or_default(),
        };
        for (metric, value) in values {
            // The latest minute stands last.
            let mut known = of_resource.iter_mut().rev();
            match known.find(|tally| tally.is_of(metric, subject)) {
                Some(tally) => tally.add(subject.now_ms, *value),
                None => {
                    of_resource.push(Tally::new(metric, subject, *value));
                    self.count.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    }

    /// Counts nothing from now on.
    pub(super) fn turn_off(&self) {
        self.is_off.store(true, Ordering::Relaxed);
    }

    /// Whether it is time to store what there is, so that memory stays bounded.
    pub(in crate::engine) fn is_full(&self) -> bool {
        self.count.load(Ordering::Relaxed) >= MOST_TALLIES
    }

    /// Takes all that was measured.
    pub(in crate::engine) fn take(&self) -> Vec<Measurement> {
        let taken = {
            let mut tallies = self.tallies();
            self.count.store(0, Ordering::Relaxed);
            std::mem::take(&mut *tallies)
        };
        let resources = taken.into_iter();
        resources
            .flat_map(|(resource_id, tallies)| {
                let tallies = tallies.into_iter();
                tallies
                    .map(|tally| tally.measurement(&resource_id))
                    .collect::<Vec<_>>()
            })
            .collect()
    }

    fn tallies(&self) -> MutexGuard<'_, HashMap<String, Vec<Tally>>> {
        self.tallies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
