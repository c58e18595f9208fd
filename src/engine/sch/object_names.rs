//! The names of a connector's objects: which number makes one that it has never used.

use serde::{Deserialize, Serialize};

/// What must be known of the names that were given, to never give one twice: those with the latest end, and the
/// highest number of all. Times are whole seconds, as in the names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ObjectNames {
    latest: Option<Latest>,
    highest_no: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Latest {
    start_seconds: i64,
    end_seconds: i64,
    no: u32,
}

impl ObjectNames {
    /// The number of an object of these times, in milliseconds. A later end than all before begins at 0, the same
    /// times count on, and any others get a number above all that there are.
    pub(super) fn next_no(&mut self, start_ms: i64, end_ms: i64) -> u32 {
        let (start_seconds, end_seconds) = (start_ms.div_euclid(1000), end_ms.div_euclid(1000));
        let no = match &mut self.latest {
            Some(latest)
                if (start_seconds, end_seconds) == (latest.start_seconds, latest.end_seconds) =>
            {
                latest.no = latest.no.saturating_add(1);
                latest.no
            }
            Some(latest) if end_seconds <= latest.end_seconds => self.highest_no.saturating_add(1),
            _ => {
                self.latest = Some(Latest {
                    start_seconds,
                    end_seconds,
                    no: 0,
                });
                0
            }
        };
        self.highest_no = self.highest_no.max(no);
        no
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_name_is_given_twice() {
        let mut names = ObjectNames::default();
        assert_eq!(names.next_no(1_000, 2_000), 0);
        assert_eq!(names.next_no(1_999, 2_999), 1);
        assert_eq!(names.next_no(2_000, 2_500), 2);
        assert_eq!(names.next_no(3_000, 3_000), 0);
        let mut given = HashSet::new();
        let mut names = ObjectNames::default();
        for step in 0..5_000_i64 {
            // Times that go to and fro, as after a clock was set back.
            let end = (step * 7919) % 13;
            let start = end - (step % 3);
            let no = names.next_no(start * 1000, end * 1000);
            assert!(given.insert((start, end, no)), "{start} {end} {no}");
        }
    }
}
