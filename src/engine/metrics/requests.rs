//! Requests for the messages of streams and topics.

use std::time::Duration;

use super::catalogue::{
    MessageMetrics, QUEUE_BYTES, QUEUE_LATENCY, QUEUE_MESSAGES, QUEUE_SUCCESSES, RequestMetrics,
};
use super::recorder::{Recorder, Subject};
use crate::call::ApiError;

/// What came of a request for messages of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Outcome {
    /// So many messages were put or got, with so many bytes of keys and values.
    Done { messages: usize, bytes: usize },
    /// There were too many before it.
    Throttled,
    /// It failed within the engine.
    Failed,
    /// It was wrong: no fault of the service, and not counted as one. Unconfirmed.
    Refused,
}

impl Outcome {
    pub(in crate::engine) fn of_error(error: &ApiError) -> Self {
        match error.status {
            429 => Self::Throttled,
            500.. => Self::Failed,
            _ => Self::Refused,
        }
    }
}

impl Recorder {
    /// Records a request for messages of a stream, and how long it took.
    pub(in crate::engine) fn request(
        &self,
        metrics: &'static RequestMetrics,
        subject: &Subject<'_>,
        (outcome, took): (Outcome, Duration),
    ) {
        match outcome {
            Outcome::Done { messages, bytes } => {
                let messages = messages as f64;
                let latency = took.as_secs_f64() * metrics.latency_per_second;
                let values = [
                    (&metrics.messages, messages),
                    (&metrics.latency, latency),
                    (&metrics.bytes, bytes as f64),
                    (&metrics.requests, 1.0),
                    (&metrics.succeeded, 1.0),
                ];
                let records = metrics.records.as_ref().map(|records| (records, messages));
                self.record(subject, &values);
                self.record(subject, records.as_slice());
            }
            Outcome::Throttled => self.record(
                subject,
                &[(&metrics.requests, 1.0), (&metrics.throttled, 1.0)],
            ),
            Outcome::Failed => {
                self.record(subject, &[(&metrics.requests, 1.0), (&metrics.failed, 1.0)]);
            }
            Outcome::Refused => self.record(subject, &[(&metrics.requests, 1.0)]),
        }
    }

    /// Records a request for messages of a queue that went well: which, of how many messages and bytes, and how
    /// long it took. The dimension that names it is unconfirmed.
    pub(in crate::engine) fn queue_request(
        &self,
        subject: Subject<'_>,
        api_name: &str,
        (messages, bytes, took): (usize, i64, Duration),
    ) {
        self.record(
            &subject.with(&[("apiName", api_name)]),
            &[
                (&QUEUE_MESSAGES, messages as f64),
                (&QUEUE_SUCCESSES, 1.0),
                (&QUEUE_LATENCY, took.as_secs_f64() * 1000.0),
                (&QUEUE_BYTES, bytes as f64),
            ],
        );
    }

    /// Records that a message of a topic came so far.
    pub(in crate::engine) fn message(
        &self,
        metrics: &'static MessageMetrics,
        subject: &Subject<'_>,
        bytes: usize,
    ) {
        self.record(
            subject,
            &[(&metrics.count, 1.0), (&metrics.bytes, bytes as f64)],
        );
    }
}
