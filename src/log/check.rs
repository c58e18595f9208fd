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

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::*;
    use crate::disk::{Disk, MemoryDisk};
    use crate::log::names::data_path;
    use crate::log::{LogOptions, NewRecord};

    const FOLDER: &str = "/p";

    fn open(disk: &Arc<MemoryDisk>) -> Partition {
        let options = LogOptions {
            segment_bytes: 200,
            ..LogOptions::default()
        };
        let disk = Arc::clone(disk) as Arc<dyn Disk>;
        Partition::open(disk, Path::new(FOLDER), options).unwrap()
    }

    /// A log of six batches, two in each of three segments.
    fn log() -> Arc<MemoryDisk> {
        let disk = Arc::new(MemoryDisk::new());
        let mut partition = open(&disk);
        assert!(partition.check().is_ok());
        for _ in 0..6 {
            let record = NewRecord {
                value: Some(&[7; 20]),
                ..NewRecord::default()
            };
            partition.append(&[record], 1).unwrap();
        }
        assert!(partition.check().is_ok());
        disk
    }

    #[test]
    fn a_changed_byte_of_any_segment_is_found() {
        for base_offset in [0, 2, 4] {
            let disk = log();
            let path = data_path(Path::new(FOLDER), base_offset);
            let file = disk.open(&path).unwrap();
            let mut byte = [0];
            file.read_at(&mut byte, 70).unwrap();
            file.write_at(&[byte[0] ^ 1], 70).unwrap();
            let found = open(&disk).check();
            assert!(
                matches!(found, Err(LogError::Damaged { ref file, position: 0, .. }) if *file == path),
                "{found:?}"
            );
        }
    }

    #[test]
    fn a_missing_segment_is_found() {
        let disk = log();
        let path = data_path(Path::new(FOLDER), 2);
        disk.remove_file(&path).unwrap();
        let found = open(&disk).check();
        let gap = Fault::Gap {
            expected: 2,
            found: 4,
        };
        assert!(
            matches!(found, Err(LogError::Damaged { fault, .. }) if fault == gap),
            "{found:?}"
        );
    }
}
