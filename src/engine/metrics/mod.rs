//! The engine's own metrics, in the namespaces of the services.
//!
//! Services record in memory ([`Recorder`]): a lock and a few additions, and no write to the disk. What was
//! recorded is stored when metrics are asked for, when the engine is closed, and by a server every few seconds;
//! a process that is killed loses what it measured since. Measurements name resources; the series are in the
//! compartments in which the resources are when that is stored.

mod backlog;
mod catalogue;
mod connectors;
mod gauges;
mod recorder;
mod requests;

use super::{Engine, EngineError};
use crate::clock::Clock;
use crate::store::{Measurement, Since};

pub(super) use backlog::Backlog;
use catalogue::Metric;
pub(super) use catalogue::{
    DELIVERED, DELIVERED_EVENTS, EVENTS_DELIVERED, FAILED, GETS, MATCHED_EVENTS, PUBLISHED,
    PUBLISHED_EVENTS, PUTS, RequestMetrics, UNDELIVERED_EVENTS, is_amount,
};
pub(super) use connectors::{AT_SOURCE, AT_TARGET, AT_TASK, Amount, PlaceMetrics};
pub(super) use gauges::AtRest;
pub(super) use recorder::{Recorder, Subject};
pub(super) use requests::{Outcome, QueueOutcome};

use backlog::Waiting;
use gauges::is_at_zero;

/// How many bytes of measurements wait at most to be brought into their series.
const MOST_WAITING_BYTES: u64 = 256 * 1024;

/// The metrics that somebody asks for.
#[derive(Debug, Default)]
pub(super) struct MetricsAsked<'c> {
    /// Those of this namespace; of all where it is absent.
    pub namespace: Option<&'c str>,
    /// Those with these names; all where they are absent.
    pub names: Option<Vec<String>>,
}

impl MetricsAsked<'_> {
    fn include(&self, metric: &Metric) -> bool {
        let namespace = self.namespace;
        let names = self.names.as_ref();
        namespace.is_none_or(|namespace| namespace.eq_ignore_ascii_case(metric.namespace))
            && names.is_none_or(|names| {
                let mut names = names.iter();
                names.any(|name| name.eq_ignore_ascii_case(metric.name))
            })
    }
}

impl Engine {
    /// Stores what was measured, in the series that queries read, with the gauges as they are now.
    pub fn store_metrics(&self) -> Result<(), EngineError> {
        let now_ms = self.clock.now_ms();
        let gauges = self.gauges(&MetricsAsked::default(), now_ms)?;
        self.store_with(gauges, now_ms)
    }

    /// The same for someone who asks for some of them: other gauges need not be measured, of which there are several
    /// for each queue. Those at zero are not filled up to now, since there may be thousands that have long been.
    pub(super) fn store_metrics_for(&self, asked: &MetricsAsked<'_>) -> Result<(), EngineError> {
        let now_ms = self.clock.now_ms();
        let mut gauges = self.gauges(asked, now_ms)?;
        for gauge in gauges.iter_mut().filter(|gauge| is_at_zero(gauge)) {
            gauge.gauge = Some(Since::Unknown);
        }
        self.store_with(gauges, now_ms)
    }

    /// The same once a minute, without anybody asking: gauges that stay at zero are left out.
    pub fn store_metrics_of_minute(&self) -> Result<(), EngineError> {
        let now_ms = self.clock.now_ms();
        let mut gauges = self.gauges(&MetricsAsked::default(), now_ms)?;
        self.at_rest.leave_out(&mut gauges);
        self.store_with(gauges, now_ms)
    }

    /// Has the engine count nothing from now on, so that a benchmark can tell what counting costs.
    pub fn measure_nothing(&self) {
        self.recorder.turn_off();
    }

    fn store_with(&self, gauges: Vec<Measurement>, now_ms: i64) -> Result<(), EngineError> {
        let store = |waiting: Option<Waiting>| -> Result<(), EngineError> {
            Ok(self.store.write_unsynced(|session| {
                let mut measurements = Vec::new();
                if let Some(waiting) = waiting
                    && session.take_backlog(&waiting.name)?
                {
                    measurements = waiting.measurements;
                }
                measurements.extend(self.recorder.take());
                measurements.extend(gauges);
                session.add_measurements(measurements, now_ms)
            })?)
        };
        match &self.folder {
            Some(folder) => folder.measured().hand_over(store),
            None => store(None),
        }
    }

    /// Stores what was recorded, and leaves out the gauges: those are measured in every queue and every partition
    /// that a group reads, and a point a minute is enough.
    pub fn store_recorded_metrics(&self) -> Result<(), EngineError> {
        let recorded = self.recorder.take();
        if recorded.is_empty() {
            return Ok(());
        }
        let now_ms = self.clock.now_ms();
        Ok(self
            .store
            .write_unsynced(|session| session.add_measurements(recorded, now_ms))?)
    }

    /// Puts down what was measured, which is less than to store it.
    pub(super) fn put_down_metrics(&self) -> Result<(), EngineError> {
        let Some(folder) = &self.folder else {
            return self.store_recorded_metrics();
        };
        let measured = self.recorder.take();
        if measured.is_empty() {
            return Ok(());
        }
        match folder.measured().append(&measured)? > MOST_WAITING_BYTES {
            true => self.store_with(Vec::new(), self.clock.now_ms()),
            false => Ok(()),
        }
    }

    /// Puts down what was measured when that is much. Metrics are not worth a call that fails: what cannot be
    /// stored is lost.
    pub(super) fn relieve_recorder(&self) {
        if self.recorder.is_full() {
            let _ = self.put_down_metrics();
        }
    }
}
