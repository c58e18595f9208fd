//! What the files in a partition's folder are called.

use std::path::{Path, PathBuf};

const DATA: &str = "log";
const INDEX: &str = "index";
const PRODUCERS: &str = "producers";
const START: &str = "start";
const NAME_DIGITS: usize = 20;

/// A segment, by the offset of its first record.
pub(crate) fn data_path(folder: &Path, base_offset: i64) -> PathBuf {
    path(folder, base_offset, DATA)
}

/// The index of a segment.
pub(crate) fn index_path(folder: &Path, base_offset: i64) -> PathBuf {
    path(folder, base_offset, INDEX)
}

/// The idempotent producers that are known where a segment begins.
pub(crate) fn producers_path(folder: &Path, base_offset: i64) -> PathBuf {
    path(folder, base_offset, PRODUCERS)
}

/// The mark of the first offset that may be read.
pub(crate) fn start_path(folder: &Path, offset: i64) -> PathBuf {
    path(folder, offset, START)
}

fn path(folder: &Path, offset: i64, extension: &str) -> PathBuf {
    folder.join(format!("{offset:020}.{extension}"))
}

/// The offsets in the names of a folder's files. Other names are left alone.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Names {
    /// Ascending.
    pub(crate) segments: Vec<i64>,
    /// Files that go with a segment, and the segment's offset.
    pub(crate) companions: Vec<(i64, String)>,
    /// Ascending.
    pub(crate) starts: Vec<i64>,
}

impl Names {
    pub(crate) fn parse(names: &[String]) -> Self {
        let mut found = Self::default();
        for name in names {
            match split(name) {
                Some((offset, DATA)) => found.segments.push(offset),
                Some((offset, INDEX | PRODUCERS)) => found.companions.push((offset, name.clone())),
                Some((offset, START)) => found.starts.push(offset),
                _ => {}
            }
        }
        found.segments.sort_unstable();
        found.starts.sort_unstable();
        found
    }
}

fn split(name: &str) -> Option<(i64, &str)> {
    let (digits, extension) = name.split_once('.')?;
    let right = digits.len() == NAME_DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    Some((right.then(|| digits.parse().ok())??, extension))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_are_read_as_they_are_written() {
        let folder = Path::new("p");
        for offset in [0, 7, i64::MAX] {
            let names = [data_path, index_path, producers_path, start_path]
                .map(|path| path(folder, offset))
                .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned());
            let found = Names::parse(&names);
            assert_eq!(found.segments, [offset]);
            assert_eq!(found.starts, [offset]);
            let [_, index, producers, _] = names;
            assert_eq!(found.companions, [(offset, index), (offset, producers)]);
        }
        for foreign in [
            "0.log",
            "00000000000000000000.log.bak",
            "99999999999999999999.log",
            "+0000000000000000000.log",
            "notes",
        ] {
            assert_eq!(
                Names::parse(&[foreign.to_owned()]),
                Names::default(),
                "{foreign}"
            );
        }
    }
}
