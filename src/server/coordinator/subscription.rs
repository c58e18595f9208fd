//! Reads the topics out of a subscription of the `consumer` protocol type.

use std::collections::BTreeSet;

/// The topics of a subscription: a version (2 bytes), the number of topics (4), and each topic's
/// length (2) and name. What follows differs by version and is not needed. Numbers are big-endian.
///
/// Returns nothing when the bytes are something else.
pub(super) fn topics(metadata: &[u8]) -> Option<BTreeSet<String>> {
    let (_version, rest) = metadata.split_first_chunk::<2>()?;
    let (count, mut rest) = rest.split_first_chunk::<4>()?;
    let mut topics = BTreeSet::new();
    for _ in 0..u32::from_be_bytes(*count) {
        let (length, after) = rest.split_first_chunk::<2>()?;
        let (name, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        topics.insert(std::str::from_utf8(name).ok()?.to_owned());
        rest = after;
    }
    Some(topics)
}

#[cfg(test)]
mod tests {
    use super::topics;

    #[test]
    fn reads_topics_and_leaves_the_rest() {
        let metadata = b"\0\x03\0\0\0\x02\0\x01a\0\x02bc\xff\xff\xff\xff";
        let found = topics(metadata).unwrap();
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["a", "bc"]);
    }

    #[test]
    fn bytes_that_are_no_subscription_give_nothing() {
        for bytes in [
            &b""[..],
            b"\0\0\0",
            b"\0\0\xff\xff\xff\xff",
            b"\0\0\0\0\0\x01\0\x09ab",
            b"\0\0\0\0\0\x01\0\x01\xff",
        ] {
            assert_eq!(topics(bytes), None, "{bytes:?}");
        }
    }
}
