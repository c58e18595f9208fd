//! Patterns of topic names.

use std::collections::BTreeSet;

use regex::bytes::{Regex, RegexBuilder};

use super::super::super::coordinator::{TopicId, Topics};

/// Most bytes of memory for a compiled pattern.
const MOST_PATTERN_MEMORY_BYTES: usize = 1 << 20;

/// The topics whose whole names match a pattern. The syntax is close to RE2, which Kafka's brokers take; as
/// there, `\d`, `\w` and the like stand for ASCII only.
///
/// # Errors
/// The pattern has a mistake, or needs more than a megabyte when compiled.
pub(super) fn matching_topics(pattern: &str, topics: &Topics) -> Result<BTreeSet<TopicId>, String> {
    // By itself first: what is put around it must not complete it.
    compile(pattern)?;
    let whole = compile(&format!(r"\A(?:{pattern})\z"))?;
    let matching = topics
        .iter()
        .filter(|(name, _)| whole.is_match(name.as_bytes()));
    Ok(matching.map(|(_, topic)| topic.id).collect())
}

fn compile(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(pattern)
        .unicode(false)
        .size_limit(MOST_PATTERN_MEMORY_BYTES)
        .dfa_size_limit(MOST_PATTERN_MEMORY_BYTES)
        .build()
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::super::super::coordinator::Topic;
    use super::*;

    fn matching(pattern: &str) -> Result<Vec<u128>, String> {
        let names = ["orders", "orders-eu", "clicks", "orders2"];
        let topics = names.iter().zip(1..).map(|(name, number)| {
            let topic = Topic {
                id: Uuid::from_u128(number),
                partitions: 1,
            };
            ((*name).to_owned(), topic)
        });
        let found = matching_topics(pattern, &topics.collect())?;
        Ok(found.into_iter().map(|id| id.as_u128()).collect())
    }

    #[test]
    fn the_whole_name_must_match() {
        assert_eq!(matching("orders"), Ok(vec![1]));
        assert_eq!(matching("orders.*"), Ok(vec![1, 2, 4]));
        assert_eq!(matching("clicks|orders"), Ok(vec![1, 3]));
        assert_eq!(matching(r"orders\d"), Ok(vec![4]));
        assert_eq!(matching("(?i)CLICKS"), Ok(vec![3]));
        assert_eq!(matching("order"), Ok(vec![]));
    }

    #[test]
    fn a_mistake_is_told_and_nothing_large_is_made() {
        for pattern in ["(", "a)|(b", "[", "*", "(?:a{1000}){1000}"] {
            assert!(matching(pattern).is_err(), "{pattern}");
        }
    }
}
