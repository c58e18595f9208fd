//! The topics that members can subscribe to, as data.

use std::collections::{BTreeMap, BTreeSet};

/// A topic's id.
pub(crate) type TopicId = uuid::Uuid;

/// A partition of a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct TopicPartition {
    /// The topic.
    pub topic: TopicId,
    /// The partition's number, from 0.
    pub partition: i32,
}

/// Partitions of any topics.
pub(crate) type PartitionSet = BTreeSet<TopicPartition>;

/// What the coordinator has to know of a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Topic {
    /// Its id. A topic that is deleted and made again has another.
    pub id: TopicId,
    /// How many partitions it has.
    pub partitions: i32,
}

/// The topics of a scope by name.
pub(crate) type Topics = BTreeMap<String, Topic>;

/// Finds the topics whose names match a pattern (RE2's syntax) from start to end.
///
/// Handed in, so that the state machine needs no engine for regular expressions. It must depend on
/// its arguments only.
///
/// # Errors
/// What is wrong with the pattern, as a sentence.
pub(crate) type TopicMatcher =
    fn(pattern: &str, topics: &Topics) -> Result<BTreeSet<TopicId>, String>;
