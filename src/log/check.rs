//! Reads a whole log: whether all of it is as it was written.

use super::error::{Fault, LogError};
use super::partition::Partition;
use super::segment::Segment;
use super::walk::Step;

impl Partition {
    /// Checks every batch, and that no offsets are missing between segments. Fails with [`LogError::Damaged`] where
    /// reads would.
    pub fn check(&self) -> Result<(), LogError> {
        let mut expected = None;
        for &base_offset in &self.finished {
            let segment = self.finished_segment(base_offset)?;
            expected = Some(check_segment(&segment, segment.opened_bytes, expected)?);
        }
        if let Some(active) = &self.active {
            check_segment(&active.segment, active.end, expected)?;
        }
        self.check_tail()
    }
}

/// Returns the offset that the next segment must begin with.
fn check_segment(segment: &Segment, end: u64, expected: Option<i64>) -> Result<i64, LogError> {
    let found = segment.base_offset;
    if let Some(expected) = expected.filter(|expected| *expected != found) {
        return Err(LogError::Damaged {
            file: segment.path.clone(),
            position: 0,
            fault: Fault::Gap { expected, found },
            next_offset: Some(found),
        });
    }
    let mut walk = segment.walk(segment.start(), end);
    loop {
        match walk.step()? {
            Step::Batch(_) => {}
            Step::End => return Ok(walk.place().offset),
            Step::Invalid(fault) => return Err(walk.pass_damage(fault)?),
        }
    }
}
