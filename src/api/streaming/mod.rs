//! The operations of Streaming.

mod admin;
mod messages;

use super::Service;
use super::operation::Client;

/// The operations of Streaming.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Streaming {
    /// Move a connect harness to another compartment.
    ChangeConnectHarnessCompartment,
    /// Create a connect harness with the three state topics of Kafka Connect.
    CreateConnectHarness,
    /// Delete a connect harness.
    DeleteConnectHarness,
    /// Show one connect harness.
    GetConnectHarness,
    /// List the connect harnesses of a compartment.
    ListConnectHarnesses,
    /// Change the tags of a connect harness.
    UpdateConnectHarness,
    /// Move a stream to another compartment, into its default pool.
    ChangeStreamCompartment,
    /// Create a stream, in a pool or in the compartment's default pool.
    CreateStream,
    /// Delete a stream and all its messages at once, for good.
    DeleteStream,
    /// Show one stream, with its retention and its messages endpoint.
    GetStream,
    /// List the streams of a compartment or of a pool.
    ListStreams,
    /// Change the tags of a stream, or move it to another pool.
    UpdateStream,
    /// Move a stream pool and its streams to another compartment.
    ChangeStreamPoolCompartment,
    /// Create a stream pool, which Kafka clients see as one cluster.
    CreateStreamPool,
    /// Delete a stream pool with all its streams; a default pool cannot be deleted.
    DeleteStreamPool,
    /// Show one stream pool, with its Kafka settings.
    GetStreamPool,
    /// List the stream pools of a compartment.
    ListStreamPools,
    /// Change the name, settings, key or tags of a stream pool.
    UpdateStreamPool,
    /// Show one work request and how far it has come.
    GetWorkRequest,
    /// List the errors of a work request.
    ListWorkRequestErrors,
    /// List the log lines of a work request.
    ListWorkRequestLogs,
    /// List the work requests of a compartment.
    ListWorkRequests,
    /// Create a cursor to read one partition from a given place.
    CreateCursor,
    /// Create a cursor for one reader of a consumer group.
    CreateGroupCursor,
    /// Commit the offsets of a group cursor and get a fresh cursor.
    ConsumerCommit,
    /// Show the committed offsets and the readers of a consumer group.
    GetGroup,
    /// Keep the partitions of a group's reader reserved and get a fresh cursor.
    ConsumerHeartbeat,
    /// Reset a consumer group to another place, on all partitions.
    UpdateGroup,
    /// Get messages from a cursor; the reply brings the cursor for the next read.
    GetMessages,
    /// Put messages into a stream; equal keys go to the same partition.
    PutMessages,
}

static STREAM_ADMIN: Client = Client {
    name: "stream_admin",
    base_path: "/20180418",
    endpoint: "https://streaming.{region}.oci.{secondLevelDomain}",
};

static STREAM: Client = Client {
    name: "stream",
    base_path: "/20180418",
    endpoint: "https://streaming.{region}.oci.{secondLevelDomain}",
};

const SORT_BY: &[&str] = &["NAME", "TIMECREATED"];

const LIFECYCLE_STATE: &[&str] = &[
    "CREATING", "ACTIVE", "DELETING", "DELETED", "FAILED", "UPDATING",
];

const WORK_REQUEST_SORT_BY: &[&str] = &["TIMEACCEPTED"];

/// Streaming, as the command line and the REST interface have it.
pub static SERVICE: Service = Service {
    name: "streaming",
    title: "Streaming",
    groups: GROUPS,
    parts: &[&admin::OPERATIONS, &messages::OPERATIONS],
};

const GROUPS: &[(&str, &str)] = &[
    (
        "streaming",
        "Durable streams of messages, written and read over HTTP or by Kafka clients.",
    ),
    (
        "streaming admin",
        "Manage streams, stream pools, connect harnesses and their work requests.",
    ),
    (
        "streaming admin connect-harness",
        "Connect harnesses, which keep the state of Kafka Connect.",
    ),
    (
        "streaming admin stream",
        "Streams: create, list, change, move and delete them.",
    ),
    (
        "streaming admin stream-pool",
        "Stream pools, which group streams and hold their Kafka settings.",
    ),
    (
        "streaming admin work-request",
        "Work requests, which track changes that run in the background.",
    ),
    (
        "streaming admin work-request-error-collection",
        "Errors that a work request met.",
    ),
    (
        "streaming admin work-request-log-entry",
        "Log lines that a work request wrote.",
    ),
    (
        "streaming admin work-request-summary-collection",
        "Lists of work requests.",
    ),
    (
        "streaming stream",
        "Write and read the messages of a stream.",
    ),
    (
        "streaming stream cursor",
        "Cursors, the places in a stream where reading starts.",
    ),
    (
        "streaming stream group",
        "Consumer groups, whose readers share the partitions of a stream.",
    ),
    (
        "streaming stream message",
        "Messages of a stream: put them and get them.",
    ),
];
