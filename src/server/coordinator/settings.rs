//! The times and bounds of the coordinator.

/// The most bytes of a group's name.
pub(super) const MAX_GROUP_ID_BYTES: usize = 255;
/// The most protocols that a classic member offers.
pub(super) const MAX_PROTOCOLS: usize = 32;
/// The most bytes of a classic member's metadata, over all its protocols; also of one assignment.
pub(super) const MAX_METADATA_BYTES: usize = 1024 * 1024;
/// The most topic names in a subscription.
pub(super) const MAX_SUBSCRIBED_TOPICS: usize = 10_000;
/// The most bytes of a pattern of topic names.
pub(super) const MAX_PATTERN_BYTES: usize = 4096;
/// How long a member that is new to a rebalance may wait in it, in milliseconds. It has no session
/// yet; a client that gave up and asked again would otherwise leave members behind. As Kafka.
pub(super) const NEW_MEMBER_JOIN_TIMEOUT_MS: i64 = 300_000;

/// What an operator can set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    /// How long the first rebalance of an empty group waits for the next member, in milliseconds;
    /// each that comes begins the wait again. Kafka waits 3 seconds. Consumers that start together
    /// come within a fraction of one, and a lone one should not wait: 100.
    pub initial_rebalance_delay_ms: i64,
    /// The shortest session timeout of a classic member, in milliseconds. As Kafka: 6 seconds.
    pub min_session_timeout_ms: i32,
    /// The longest session timeout of a classic member, in milliseconds. As Kafka: 30 minutes.
    pub max_session_timeout_ms: i32,
    /// How long a member of a KIP-848 group may be silent, in milliseconds. As Kafka: 45 seconds.
    pub consumer_session_timeout_ms: i64,
    /// How often members of a KIP-848 group are told to show themselves, in milliseconds. Kafka
    /// says 5 seconds. A partition changes hands at heartbeats, and ours cost little: 1 second.
    pub consumer_heartbeat_interval_ms: i32,
    /// The most members of a group, those that are about to join included.
    pub max_members: usize,
    /// The most groups, over all scopes.
    pub max_groups: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            initial_rebalance_delay_ms: 100,
            min_session_timeout_ms: 6_000,
            max_session_timeout_ms: 1_800_000,
            consumer_session_timeout_ms: 45_000,
            consumer_heartbeat_interval_ms: 1_000,
            max_members: 1_000,
            max_groups: 10_000,
        }
    }
}
