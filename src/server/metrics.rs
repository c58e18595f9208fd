//! What the server counts, in the text form that Prometheus reads.

use std::fmt::Write;
use std::time::{Duration, Instant};

use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use crate::api::OperationId;

/// The kind of the text, for the header of the response.
pub(super) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What the server counts.
pub(super) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    request_seconds: Histogram,
    in_flight: Gauge,
    connections: Family<FaceLabels, Gauge>,
    stomp_frames: Family<CommandLabels, Counter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    service: &'static str,
    operation: Operation,
    status: u16,
}

/// An operation, or none where a request was for no operation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Operation(Option<OperationId>);

impl EncodeLabelValue for Operation {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        match self.0 {
            Some(id) => write!(encoder, "{id}"),
            None => encoder.write_str("none"),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FaceLabels {
    face: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CommandLabels {
    command: &'static str,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("ocelot");
        let requests = Family::default();
        // From 50 µs to 1.6 s.
        let request_seconds = Histogram::new(exponential_buckets(50e-6, 2.0, 16));
        let in_flight = Gauge::default();
        let connections = Family::default();
        let stomp_frames = Family::default();
        registry.register(
            "http_requests",
            "REST requests answered, by service, operation and status",
            requests.clone(),
        );
        registry.register_with_unit(
            "http_request_duration",
            "Time from the headers of a REST request to its response",
            Unit::Seconds,
            request_seconds.clone(),
        );
        registry.register(
            "http_requests_in_flight",
            "REST requests being answered",
            in_flight.clone(),
        );
        registry.register(
            "connections",
            "Open connections, by face",
            connections.clone(),
        );
        registry.register(
            "stomp_frames",
            "Frames that STOMP clients sent, by command",
            stomp_frames.clone(),
        );
        registry.register(
            "build",
            "The program that serves",
            Info::new([("version", env!("CARGO_PKG_VERSION"))]),
        );
        Self {
            registry,
            requests,
            request_seconds,
            in_flight,
            connections,
            stomp_frames,
        }
    }
}

impl Metrics {
    /// Notes that a REST request begins; what is returned is to be told how it ended.
    pub(super) fn request(&self) -> RequestInFlight<'_> {
        self.in_flight.inc();
        RequestInFlight {
            metrics: self,
            begun: Instant::now(),
        }
    }

    /// Notes that a connection is open for as long as the value lives.
    pub(super) fn connection(&self, face: &'static str) -> OpenConnection {
        let gauge = self.connections.get_or_create_owned(&FaceLabels { face });
        gauge.inc();
        OpenConnection(gauge)
    }

    /// Notes that a STOMP client sent a frame.
    pub(super) fn stomp_frame(&self, command: &'static str) {
        let labels = CommandLabels { command };
        self.stomp_frames.get_or_create(&labels).inc();
    }

    /// All that is counted.
    pub(super) fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// A REST request that is being answered.
pub(super) struct RequestInFlight<'m> {
    metrics: &'m Metrics,
    begun: Instant,
}

impl RequestInFlight<'_> {
    /// Notes the end, and tells how long it took.
    pub(super) fn ended(self, operation: Option<OperationId>, status: u16) -> Duration {
        let elapsed = self.begun.elapsed();
        let labels = RequestLabels {
            // Services have operations of the same name.
            service: operation.map_or("none", |id| id.service().name),
            operation: Operation(operation),
            status,
        };
        self.metrics.requests.get_or_create(&labels).inc();
        self.metrics.request_seconds.observe(elapsed.as_secs_f64());
        elapsed
    }
}

impl Drop for RequestInFlight<'_> {
    fn drop(&mut self) {
        self.metrics.in_flight.dec();
    }
}

/// A connection that is open.
pub(super) struct OpenConnection(Gauge);

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.dec();
    }
}
