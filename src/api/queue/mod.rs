//! The operations of Queue.

mod admin;
mod messages;

use super::Service;
use super::operation::Client;

/// The operations of Queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Queue {
    /// List the channels of a queue that hold messages.
    ListChannels,
    /// Delete one message that was received.
    DeleteMessage,
    /// Delete up to 20 received messages at once.
    DeleteMessages,
    /// Receive messages and hide them from other consumers for a while.
    GetMessages,
    /// Count the waiting, in-flight and dead letter messages of a queue.
    GetStats,
    /// Put up to 20 messages into a queue.
    PutMessages,
    /// Change how long one received message stays hidden.
    UpdateMessage,
    /// Change how long up to 20 received messages stay hidden.
    UpdateMessages,
    /// Create a consumer group in a queue.
    CreateConsumerGroup,
    /// Delete a consumer group other than the primary one.
    DeleteConsumerGroup,
    /// Show one consumer group.
    GetConsumerGroup,
    /// Change the settings of a consumer group.
    UpdateConsumerGroup,
    /// List the consumer groups of a queue.
    ListConsumerGroups,
    /// Move a queue to another compartment.
    ChangeQueueCompartment,
    /// Create a queue.
    CreateQueue,
    /// Delete a queue with all its messages.
    DeleteQueue,
    /// Show one queue.
    GetQueue,
    /// List queues.
    ListQueues,
    /// Remove all messages of a queue, or of some of its channels.
    PurgeQueue,
    /// Change the settings of a queue.
    UpdateQueue,
    /// Show the state of one work request.
    GetWorkRequest,
    /// List the work requests of queues and consumer groups.
    ListWorkRequests,
    /// List the errors of a work request.
    ListWorkRequestErrors,
    /// List the log lines of a work request.
    ListWorkRequestLogs,
}

static QUEUE_ADMIN: Client = Client {
    name: "queue_admin",
    base_path: "/20210201",
    endpoint: "https://messaging.{region}.oci.{secondLevelDomain}",
};

static QUEUE: Client = Client {
    name: "queue",
    base_path: "/20210201",
    endpoint: "https://messaging.{region}.oci.{secondLevelDomain}",
};

const LIFECYCLE_STATE: &[&str] = &[
    "CREATING", "UPDATING", "ACTIVE", "DELETING", "DELETED", "FAILED", "INACTIVE",
];

const SORT_BY: &[&str] = &["timeCreated", "displayName"];

/// Queue, as the command line and the REST interface have it.
pub static SERVICE: Service = Service {
    name: "queue",
    title: "Queue",
    groups: GROUPS,
    parts: &[&messages::OPERATIONS, &admin::OPERATIONS],
};

const GROUPS: &[(&str, &str)] = &[
    (
        "queue",
        "Queues that hand each message to one consumer until it is deleted.",
    ),
    (
        "queue channels",
        "Channels, the named lanes inside a queue.",
    ),
    (
        "queue messages",
        "Messages of a queue: put, get, update, delete and count them.",
    ),
    (
        "queue queue-admin",
        "Queues themselves, their consumer groups and their work requests.",
    ),
    (
        "queue queue-admin consumer-group",
        "One consumer group: readers who share a filtered copy of the messages.",
    ),
    (
        "queue queue-admin consumer-group-collection",
        "Lists of consumer groups.",
    ),
    (
        "queue queue-admin queue",
        "One queue: create, change, empty and delete it.",
    ),
    (
        "queue queue-admin work-request",
        "Work requests: the progress of changes that run in the background.",
    ),
    (
        "queue queue-admin work-request-error",
        "Errors that a work request ran into.",
    ),
    (
        "queue queue-admin work-request-log",
        "Log lines that a work request wrote.",
    ),
];
