//! The metrics: names and units as the services have them.
//!
//! Source of those: behaviour.md 5.7, 3.6, 4.5 and 2.8, and of what they count the services' own pages of metrics.
//! `PutMessages`, `GetMessages`, `ConsumerLag` of streams and `oci_events` are in no list of the services' metrics,
//! but documents ask for them by these names.

const STREAMING: &str = "oci_streaming";
const NOTIFICATION: &str = "oci_notification";
const CLOUD_EVENTS: &str = "oci_cloudevents";
const EVENTS: &str = "oci_events";
const QUEUE: &str = "oci_queue";

/// A metric of a service.
#[derive(Debug)]
pub(in crate::engine) struct Metric {
    pub(super) namespace: &'static str,
    pub(super) name: &'static str,
    pub(super) unit: &'static str,
    /// The dimension that names the resource.
    pub(super) resource: &'static str,
    /// Whether the region is a dimension too.
    pub(super) has_region: bool,
}

impl Metric {
    const fn new(namespace: &'static str, name: &'static str, unit: &'static str) -> Self {
        Self {
            namespace,
            name,
            unit,
            resource: "resourceId",
            has_region: false,
        }
    }

    /// One that also tells the region.
    const fn regional(namespace: &'static str, name: &'static str, unit: &'static str) -> Self {
        Self {
            has_region: true,
            ..Self::new(namespace, name, unit)
        }
    }

    /// One that documents name, with a dimension of its own for the resource.
    pub(super) const fn documented(
        (namespace, name): (&'static str, &'static str),
        unit: &'static str,
        resource: &'static str,
    ) -> Self {
        Self {
            resource,
            ..Self::new(namespace, name, unit)
        }
    }
}

/// What a kind of request to streams is measured by.
#[derive(Debug)]
pub(in crate::engine) struct RequestMetrics {
    /// A value for each request: how many messages it had.
    pub(super) messages: Metric,
    pub(super) latency: Metric,
    /// What a second of the latency's values comes to.
    pub(super) latency_per_second: f64,
    pub(super) bytes: Metric,
    /// The messages, under the service's own names.
    pub(super) throughput: Metric,
    pub(super) records: Option<Metric>,
    /// How many messages of puts came too fast, or how many gets.
    pub(super) throttled: Metric,
    pub(super) succeeded: Metric,
    /// Requests that failed for any other reason, the client's or the engine's.
    pub(super) failed: Metric,
}

pub(in crate::engine) static PUTS: RequestMetrics = RequestMetrics {
    messages: Metric::documented((STREAMING, "PutMessages"), "count", "streamId"),
    latency: Metric::regional(STREAMING, "PutMessagesLatency.Time", "ms"),
    latency_per_second: 1000.0,
    bytes: Metric::regional(STREAMING, "PutMessagesThroughput.Bytes", "bytes"),
    throughput: Metric::regional(STREAMING, "PutMessagesThroughput.Count", "count"),
    records: Some(Metric::regional(
        STREAMING,
        "PutMessagesRecords.Count",
        "count",
    )),
    throttled: Metric::regional(STREAMING, "PutMessagesThrottling.Count", "count"),
    succeeded: Metric::regional(STREAMING, "PutMessagesSuccess.Count", "count"),
    failed: Metric::regional(STREAMING, "PutMessagesFault.Count", "count"),
};

pub(in crate::engine) static GETS: RequestMetrics = RequestMetrics {
    messages: Metric::documented((STREAMING, "GetMessages"), "count", "streamId"),
    latency: Metric::regional(STREAMING, "GetMessagesLatency.Time", "s"),
    latency_per_second: 1.0,
    bytes: Metric::regional(STREAMING, "GetMessagesThroughput.Bytes", "bytes"),
    throughput: Metric::regional(STREAMING, "GetMessagesThroughput.Count", "count"),
    records: None,
    throttled: Metric::regional(STREAMING, "GetMessagesThrottling.Count", "count"),
    succeeded: Metric::regional(STREAMING, "GetMessagesSuccess.Count", "count"),
    failed: Metric::regional(STREAMING, "GetMessagesFault.Count", "count"),
};

pub(super) static CONSUMER_LAG: Metric =
    Metric::documented((STREAMING, "ConsumerLag"), "count", "streamId");

pub(in crate::engine) static PUBLISHED_EVENTS: Metric =
    Metric::new(CLOUD_EVENTS, "PublishedEvents", "count");
pub(in crate::engine) static MATCHED_EVENTS: Metric =
    Metric::new(CLOUD_EVENTS, "MatchedEvents", "count");
pub(in crate::engine) static DELIVERED_EVENTS: Metric =
    Metric::new(CLOUD_EVENTS, "DeliverySucceedEvents", "count");
pub(in crate::engine) static UNDELIVERED_EVENTS: Metric =
    Metric::new(CLOUD_EVENTS, "DeliveryFailedEvents", "count");
pub(in crate::engine) static EVENTS_DELIVERED: Metric =
    Metric::documented((EVENTS, "EventsDelivered"), "count", "ruleId");

/// What messages of topics are measured by at one point of their way: how many, and their size.
#[derive(Debug)]
pub(in crate::engine) struct MessageMetrics {
    pub(super) count: Metric,
    pub(super) bytes: Metric,
}

pub(in crate::engine) static PUBLISHED: MessageMetrics = MessageMetrics {
    count: Metric::regional(NOTIFICATION, "PublishedMessagesCount", "count"),
    bytes: Metric::regional(NOTIFICATION, "PublishedMessagesSize", "bytes"),
};
pub(in crate::engine) static DELIVERED: MessageMetrics = MessageMetrics {
    count: Metric::regional(NOTIFICATION, "DeliveredMessagesCount", "count"),
    bytes: Metric::regional(NOTIFICATION, "DeliveredMessagesSize", "bytes"),
};
pub(in crate::engine) static FAILED: MessageMetrics = MessageMetrics {
    count: Metric::regional(NOTIFICATION, "FailedMessagesCount", "count"),
    bytes: Metric::regional(NOTIFICATION, "FailedMessagesSize", "bytes"),
};

/// Messages that were put or got. What goes through twice counts twice.
pub(super) static QUEUE_MESSAGES: Metric = Metric::regional(QUEUE, "MessagesCount", "count");
/// 1 for a request that went well, 0 for another: the sum counts them, the mean is how many of them do.
pub(super) static QUEUE_SUCCESSES: Metric = Metric::regional(QUEUE, "RequestSuccess", "count");
pub(super) static QUEUE_LATENCY: Metric = Metric::regional(QUEUE, "RequestsLatency", "ms");
pub(super) static QUEUE_BYTES: Metric = Metric::regional(QUEUE, "RequestsThroughput", "bytes");
pub(super) static QUEUE_DEPTH: Metric = Metric::regional(QUEUE, "MessagesInQueueCount", "count");
pub(super) static QUEUE_SIZE: Metric = Metric::regional(QUEUE, "QueueSize", "bytes");
/// The age of the oldest message.
pub(super) static QUEUE_LAG: Metric = Metric::regional(QUEUE, "ConsumerLag", "minutes");

/// Whether the values of a metric are amounts of what happened, and its rate how much of that there was a second.
///
/// So it is for those that documents name, `PutMessages[1m].rate` among them. The service's own metrics have the
/// rate that the language defines: by how much a value changes.
pub(in crate::engine) fn is_amount(namespace: &str, name: &str) -> bool {
    let is = |metric: &Metric| {
        metric.namespace.eq_ignore_ascii_case(namespace) && metric.name.eq_ignore_ascii_case(name)
    };
    [&PUTS.messages, &GETS.messages, &EVENTS_DELIVERED]
        .into_iter()
        .any(is)
}
