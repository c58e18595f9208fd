//! What was probably meant by an option that does not exist.
//!
//! The official command line asks Python's `difflib.get_close_matches` of the command's options, and so
//! names options that are far from near. Where it names one, that one is named here too.

use std::cmp::Ordering;
use std::ffi::OsString;

use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// How many are named at most, and how similar they must be: the defaults of `get_close_matches`.
const MOST: usize = 3;
const CUTOFF: f64 = 0.6;

/// Names the options that resemble the one that an error is about.
pub(super) fn add_similar(
    mut error: clap::Error,
    tree: &Command,
    args: &[OsString],
) -> clap::Error {
    if error.kind() != ErrorKind::UnknownArgument {
        return error;
    }
    let Some(ContextValue::String(unknown)) = error.get(ContextKind::InvalidArg) else {
        return error;
    };
    let mut similar = similar(unknown, &options(tree, args));
    if let Some(ContextValue::String(near)) = error.get(ContextKind::SuggestedArg)
        && !similar.contains(near)
    {
        similar.insert(0, near.clone());
    }
    let suggested = match similar.len() {
        0 => return error,
        1 => ContextValue::String(similar.remove(0)),
        _ => ContextValue::Strings(similar),
    };
    error.insert(ContextKind::SuggestedArg, suggested);
    error
}

/// The options of the command that a line leads to, with their dashes.
fn options(tree: &Command, args: &[OsString]) -> Vec<String> {
    let mut command = tree;
    for arg in args.iter().skip(1) {
        command = command.find_subcommand(arg).unwrap_or(command);
    }
    let shown = command.get_arguments().filter(|arg| !arg.is_hide_set());
    shown
        .filter_map(|arg| Some(format!("--{}", arg.get_long()?)))
        .collect()
}

/// The words most similar to this one, the most similar first.
fn similar(word: &str, known: &[String]) -> Vec<String> {
    // A word of another length altogether is not looked at letter by letter: it can be of any length.
    let may_be_near = |known: &&String| {
        let (shorter, longer) = (known.len().min(word.len()), known.len().max(word.len()));
        longer <= shorter.saturating_mul(4)
    };
    let rated = known
        .iter()
        .filter(may_be_near)
        .map(|known| (ratio(known, word), known));
    let mut near: Vec<(f64, &String)> = rated.filter(|(ratio, _)| *ratio >= CUTOFF).collect();
    near.sort_by(|(one, _), (other, _)| other.partial_cmp(one).unwrap_or(Ordering::Equal));
    let words = near.into_iter().map(|(_, known)| known.clone());
    words.take(MOST).collect()
}

/// How similar two texts are, from 0 to 1: twice the letters that they share, in blocks as long as may be,
/// over the letters of both (`difflib.SequenceMatcher.ratio`).
fn ratio(one: &str, other: &str) -> f64 {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let all = one.len() + other.len();
    if all == 0 {
        return 1.0;
    }
    #[expect(clippy::cast_precision_loss, reason = "no option is that long")]
    let ratio = 2.0 * shared(&one, &other) as f64 / all as f64;
    ratio
}

/// The letters of the longest block that both have, and of those on either side of it.
fn shared(one: &[char], other: &[char]) -> usize {
    let (at_one, at_other, length) = longest_block(one, other);
    if length == 0 {
        return 0;
    }
    let before = shared(&one[..at_one], &other[..at_other]);
    let after = shared(&one[at_one + length..], &other[at_other + length..]);
    before + length + after
}

/// The first of the longest blocks that two texts share: where in the one, where in the other, how long.
fn longest_block(one: &[char], other: &[char]) -> (usize, usize, usize) {
    let mut longest = (0, 0, 0);
    for at_one in 0..one.len() {
        for at_other in 0..other.len() {
            let pairs = one[at_one..].iter().zip(&other[at_other..]);
            let length = pairs.take_while(|(left, right)| left == right).count();
            if length > longest.2 {
                longest = (at_one, at_other, length);
            }
        }
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Figures of Python 3.11's difflib.
    #[test]
    fn ratios_are_those_of_difflib() {
        for (one, other, wanted) in [
            ("--description", "--no-such-option", 0.620_689_655),
            ("--display-name", "--no-such-option", 0.266_666_666_7),
            ("--compartment-id", "--compartmentid", 0.967_741_935),
            ("abcd", "bcde", 0.75),
            ("", "", 1.0),
            ("a", "", 0.0),
        ] {
            let ratio = ratio(one, other);
            assert!((ratio - wanted).abs() < 1e-8, "{one} {other}: {ratio}");
        }
    }

    #[test]
    fn the_most_similar_come_first_and_at_most_three() {
        let known = ["--limit", "--limits", "--lime", "--time", "--name"].map(str::to_owned);
        assert_eq!(
            similar("--limit", &known),
            ["--limit", "--limits", "--lime"]
        );
        assert!(similar("--x", &known).is_empty());
    }
}
