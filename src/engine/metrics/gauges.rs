//! What is measured at the moment that metrics are stored: how far consumers are behind, and what queues hold.
//!
//! A gauge has one value a minute, the last that was measured in it, however often somebody asks. Minutes in which
//! nobody asked, or that the clock went past in one step, get the value that was measured before them.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, PoisonError};

use super::super::queue::{self, QueueGauges};
use super::super::streaming::Lag;
use super::super::{Engine, EngineError};
use super::MetricsAsked;
use super::catalogue::{CONSUMER_LAG, Metric, QUEUE_DEPTH, QUEUE_LAG, QUEUE_SIZE};
use crate::store::{Bucket, Measurement, Since, Stamped};

/// A minute, in milliseconds.
const MINUTE_MS: f64 = 60_000.0;

impl Engine {
    /// The gauges that somebody asks for, as they are now.
    pub(super) fn gauges(
        &self,
        asked: &MetricsAsked<'_>,
        now_ms: i64,
    ) -> Result<Vec<Measurement>, EngineError> {
        let mut gauges = Vec::new();
        if asked.include(&CONSUMER_LAG) {
            let lags = self.streaming.lags(&self.store, now_ms)?;
            gauges.extend(lags.into_iter().map(|lag| of_lag(lag, now_ms)));
        }
        if OF_QUEUES.iter().any(|metric| asked.include(metric)) {
            for queue in self.queue_gauges(now_ms)? {
                gauges.extend(of_queue(&queue, asked, now_ms));
            }
        }
        Ok(gauges)
    }

    fn queue_gauges(&self, now_ms: i64) -> Result<Vec<QueueGauges>, EngineError> {
        let tenancies = self.store.read(|session| session.tenancies())?;
        let mut gauges = Vec::new();
        for tenancy_id in &tenancies {
            let tenancy = self.store.tenancy(tenancy_id);
            gauges.extend(tenancy.read(|session| queue::gauges(session, now_ms))?);
        }
        Ok(gauges)
    }
}

fn of_lag(lag: Lag, now_ms: i64) -> Measurement {
    let place = lag.place;
    let kind = match place.last_used_ms {
        Some(_) => "REST",
        None => "KAFKA",
    };
    let partition = place.partition.to_string();
    let dimensions = [
        ("groupName", place.group.as_str()),
        ("groupType", kind),
        ("partition", &partition),
    ];
    let value = lag.messages as f64;
    gauge(
        &CONSUMER_LAG,
        (&place.stream_id, &dimensions),
        now_ms,
        value,
    )
}

/// What is measured of each queue and consumer group.
static OF_QUEUES: [&Metric; 3] = [&QUEUE_DEPTH, &QUEUE_SIZE, &QUEUE_LAG];

fn of_queue(queue: &QueueGauges, asked: &MetricsAsked<'_>, now_ms: i64) -> Vec<Measurement> {
    let group = queue.group_id.as_deref();
    let group = group.map(|group_id| ("consumerGroupId", group_id));
    let age_ms = queue.oldest_ms.map_or(0, |oldest_ms| now_ms - oldest_ms);
    let all = [
        (&QUEUE_DEPTH, Some("true"), queue.visible as f64),
        (&QUEUE_DEPTH, Some("false"), queue.in_flight as f64),
        (&QUEUE_SIZE, None, queue.bytes as f64),
        (&QUEUE_LAG, None, age_ms as f64 / MINUTE_MS),
    ];
    let asked = all.into_iter().filter(|(metric, ..)| asked.include(metric));
    let gauges = asked.map(|(metric, visible, value)| {
        let visible = visible.map(|visible| ("isVisible", visible));
        let dimensions: Vec<_> = group.into_iter().chain(visible).collect();
        gauge(metric, (&queue.queue_id, &dimensions), now_ms, value)
    });
    gauges.collect()
}

fn gauge(
    metric: &'static Metric,
    (resource_id, dimensions): (&str, &[(&'static str, &str)]),
    now_ms: i64,
    value: f64,
) -> Measurement {
    let dimensions = dimensions
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    let point = Stamped {
        at_ms: now_ms,
        value,
    };
    let since = match std::ptr::eq(metric, &QUEUE_LAG) {
        true => Since::Aged,
        false => Since::Held,
    };
    Measurement {
        gauge: Some(since),
        ..metric.measurement(resource_id, dimensions.collect(), Bucket::of(point, 1))
    }
}

/// Whether a gauge stands at zero.
pub(super) fn is_at_zero(gauge: &Measurement) -> bool {
    gauge.bucket.summary.last.value == 0.0
}

/// What tells a gauge from others: its metric's name and its dimensions.
type GaugeName = (String, BTreeMap<String, String>);

/// The gauges that stood at zero in the last minute: they are not stored again while they do, so that a server
/// with nothing to do writes nothing.
#[derive(Debug, Default)]
pub(in crate::engine) struct AtRest(Mutex<HashSet<GaugeName>>);

impl AtRest {
    /// Leaves out what still stands at zero, and notes what does now.
    pub(super) fn leave_out(&self, gauges: &mut Vec<Measurement>) {
        let mut at_rest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::take(&mut *at_rest);
        gauges.retain(|gauge| {
            if !is_at_zero(gauge) {
                return true;
            }
            let name = (gauge.name.clone(), gauge.dimensions.clone());
            let is_news = !before.contains(&name);
            at_rest.insert(name);
            is_news
        });
    }
}
