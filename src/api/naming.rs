//! Names change their spelling between the wire (`streamPoolId`), the command line (`stream-pool-id`)
//! and interface descriptions (`stream_pool_id`).

/// `streamPoolId` or `CreateStream` as `stream_pool_id`, `create_stream`.
///
/// A run of capitals stays together, as the services have it: `batchRolloverSizeInMBs` is
/// `batch_rollover_size_in_mbs`.
pub fn snake(camel: &str) -> String {
    words(camel, '_')
}

/// `streamPoolId` as `stream-pool-id`.
pub fn kebab(camel: &str) -> String {
    words(camel, '-')
}

fn words(camel: &str, separator: char) -> String {
    let mut out = String::with_capacity(camel.len() + 4);
    let mut after_small = false;
    for letter in camel.chars() {
        if letter.is_ascii_uppercase() && after_small {
            out.push(separator);
        }
        after_small = letter.is_ascii_lowercase() || letter.is_ascii_digit();
        out.push(letter.to_ascii_lowercase());
    }
    out
}

/// `stream-pool-id` or `stream_pool_id` as `streamPoolId`.
pub fn camel(dashed: &str) -> String {
    let mut out = String::with_capacity(dashed.len());
    let mut capital = false;
    for letter in dashed.chars() {
        if letter == '-' || letter == '_' {
            capital = !out.is_empty();
        } else if capital {
            out.push(letter.to_ascii_uppercase());
            capital = false;
        } else {
            out.push(letter);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings() {
        assert_eq!(kebab("streamPoolId"), "stream-pool-id");
        assert_eq!(
            kebab("batchRolloverSizeInMBs"),
            "batch-rollover-size-in-mbs"
        );
        assert_eq!(snake("CreateStream"), "create_stream");
        assert_eq!(camel("stream-pool-id"), "streamPoolId");
        assert_eq!(camel("wait_for_state"), "waitForState");
    }
}
