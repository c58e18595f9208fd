//! Requests for the messages of streams and queues, and messages of topics.

use std::time::Duration;

use super::catalogue::{
    MessageMetrics, QUEUE_BYTES, QUEUE_LATENCY, QUEUE_MESSAGES, QUEUE_SUCCESSES, RequestMetrics,
};
use super::recorder::{Recorder, Subject};
use crate::call::ApiError;

/// What came of a request for messages of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Outcome {
    /// So many messages were put or got, with so many bytes: of keys and values over REST, of whole batches as they
    /// travel, maybe compressed, with Kafka clients, since nothing else looks into those. Others came too fast.
    Done {
        messages: usize,
        bytes: usize,
        throttled: usize,
    },
    /// All of them came too fast: so many messages of a put, or one get.
    Throttled(usize),
    /// Nothing was put or got, by a fault of the request or of the engine.
    Failed,
}

impl Outcome {
    /// Of a request that failed, and that would count as so many if it came too fast.
    pub(in crate::engine) fn of_error(error: &ApiError, count: usize) -> Self {
        match error.status {
            429 => Self::Throttled(count),
            _ => Self::Failed,
        }
    }
}

/// What came of a request for messages of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum QueueOutcome {
    /// So many messages were put or got, with so many bytes.
    Moved {
        messages: usize,
        bytes: i64,
        took: Duration,
    },
    /// It was answered, and no message was put or got. A get that begins to wait is one, too.
    Answered { took: Duration },
    /// A get that waited found so many messages.
    Found { messages: usize, bytes: i64 },
    /// It was refused, or failed.
    Failed,
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
            Outcome::Done {
                messages,
                bytes,
                throttled,
            } => {
                let messages = messages as f64;
                let latency = took.as_secs_f64() * metrics.latency_per_second;
                let values = [
                    (&metrics.messages, messages),
                    (&metrics.latency, latency),
                    (&metrics.bytes, bytes as f64),
                    (&metrics.throughput, messages),
                    (&metrics.succeeded, 1.0),
                ];
                let records = metrics.records.as_ref().map(|records| (records, messages));
                self.record(subject, &values);
                self.record(subject, records.as_slice());
                self.throttled(metrics, subject, throttled);
            }
            Outcome::Throttled(count) => self.throttled(metrics, subject, count),
            Outcome::Failed => self.record(subject, &[(&metrics.failed, 1.0)]),
        }
    }

    /// Records that so many messages of a put, or gets, came too fast.
    pub(in crate::engine) fn throttled(
        &self,
        metrics: &'static RequestMetrics,
        subject: &Subject<'_>,
        count: usize,
    ) {
        if count > 0 {
            self.record(subject, &[(&metrics.throttled, count as f64)]);
        }
    }

    /// Records a request for messages of a queue, by the name of its operation. The dimension that has it is
    /// unconfirmed.
    pub(in crate::engine) fn queue_request(
        &self,
        subject: Subject<'_>,
        api_name: &str,
        outcome: QueueOutcome,
    ) {
        let names = [("apiName", api_name)];
        let subject = subject.with(&names);
        let latency = |took: Duration| (&QUEUE_LATENCY, took.as_secs_f64() * 1000.0);
        let amount = |messages: usize, bytes: i64| {
            [
                (&QUEUE_MESSAGES, messages as f64),
                (&QUEUE_BYTES, bytes as f64),
            ]
        };
        let success = (&QUEUE_SUCCESSES, 1.0);
        match outcome {
            QueueOutcome::Moved {
                messages,
                bytes,
                took,
            } => {
                let [messages, bytes] = amount(messages, bytes);
                self.record(&subject, &[messages, bytes, success, latency(took)]);
            }
            QueueOutcome::Answered { took } => self.record(&subject, &[success, latency(took)]),
            QueueOutcome::Found { messages, bytes } => {
                self.record(&subject, &amount(messages, bytes));
            }
            QueueOutcome::Failed => self.record(&subject, &[(&QUEUE_SUCCESSES, 0.0)]),
        }
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
