//! What connectors are measured by. Source: behaviour.md 6.5; the dimensions for types are unconfirmed.

use std::time::Duration;

use super::catalogue::Metric;
use super::recorder::{Recorder, Subject};

const CONNECTOR_HUB: &str = "oci_service_connector_hub";

const fn metric(name: &'static str, unit: &'static str) -> Metric {
    Metric::documented((CONNECTOR_HUB, name), unit, "connectorId")
}

/// What a place is measured by that a connector reads from or writes to.
#[derive(Debug)]
pub(in crate::engine) struct PlaceMetrics {
    messages: Metric,
    bytes: Metric,
    latency: Metric,
    errors: Metric,
}

pub(in crate::engine) static AT_SOURCE: PlaceMetrics = PlaceMetrics {
    messages: metric("MessagesReadFromSource", "count"),
    bytes: metric("BytesReadFromSource", "bytes"),
    latency: metric("LatencyAtSource", "ms"),
    errors: metric("ErrorsAtSource", "count"),
};

pub(in crate::engine) static AT_TASK: PlaceMetrics = PlaceMetrics {
    messages: metric("MessagesWrittenToTask", "count"),
    bytes: metric("BytesWrittenToTask", "bytes"),
    latency: metric("LatencyAtTask", "ms"),
    errors: metric("ErrorsAtTask", "count"),
};

pub(in crate::engine) static AT_TARGET: PlaceMetrics = PlaceMetrics {
    messages: metric("MessagesWrittenToTarget", "count"),
    bytes: metric("BytesWrittenToTarget", "bytes"),
    latency: metric("LatencyAtTarget", "ms"),
    errors: metric("ErrorsAtTarget", "count"),
};

static MESSAGES_FROM_TASK: Metric = metric("MessagesReadFromTask", "count");
static BYTES_FROM_TASK: Metric = metric("BytesReadFromTask", "bytes");
static DATA_FRESHNESS: Metric = metric("DataFreshness", "ms");
static OWN_ERRORS: Metric = metric("ServiceConnectorHubErrors", "count");

/// Some records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::engine) struct Amount {
    /// How many they are.
    pub records: i64,
    /// How many bytes they have.
    pub bytes: i64,
}

impl Recorder {
    /// Records that a connector has read from, or written to, a place, and how long that took.
    pub(in crate::engine) fn moved(
        &self,
        place: &'static PlaceMetrics,
        connector: &Subject<'_>,
        (amount, took): (Amount, Duration),
    ) {
        let values = [
            (&place.messages, amount.records as f64),
            (&place.bytes, amount.bytes as f64),
            (&place.latency, took.as_secs_f64() * 1000.0),
        ];
        self.record(connector, &values);
    }

    /// Records how old the oldest record was of those that were read together, in milliseconds.
    pub(in crate::engine) fn freshness(&self, connector: &Subject<'_>, age_ms: i64) {
        self.record(connector, &[(&DATA_FRESHNESS, age_ms as f64)]);
    }

    /// Records what a function has answered for a connector.
    pub(in crate::engine) fn answered(&self, connector: &Subject<'_>, amount: Amount) {
        let values = [
            (&MESSAGES_FROM_TASK, amount.records as f64),
            (&BYTES_FROM_TASK, amount.bytes as f64),
        ];
        self.record(connector, &values);
    }

    /// Records that a place has failed a connector.
    pub(in crate::engine) fn failed(
        &self,
        place: &'static PlaceMetrics,
        connector_and_error: &Subject<'_>,
    ) {
        self.record(connector_and_error, &[(&place.errors, 1.0)]);
    }

    /// Records that the engine itself has failed a connector.
    pub(in crate::engine) fn failed_within(&self, connector_and_error: &Subject<'_>) {
        self.record(connector_and_error, &[(&OWN_ERRORS, 1.0)]);
    }
}
