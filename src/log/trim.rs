//! Retention: removing the oldest segments of a partition.

use super::error::LogError;
use super::names::{data_path, index_path, producers_path};
use super::partition::{Partition, lock};

/// What a trim removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Trimmed {
    /// How many segments.
    pub segment_count: usize,
    /// Bytes of records in them.
    pub freed_bytes: u64,
}

impl Partition {
    /// Removes the segments whose records are all older than a time. The end offset stays: when
    /// the last segment goes too, an empty one that bears the end offset takes its place.
    ///
    /// Records are removed by whole segments, so some that are older may stay.
    pub fn trim_before_time(&mut self, timestamp_ms: i64) -> Result<Trimmed, LogError> {
        self.check_not_refused()?;
        let mut count = 0;
        while self.is_older(count, timestamp_ms)? {
            count += 1;
        }
        let all_finished = count == self.finished.len();
        let active_is_old = self.active.as_ref().is_some_and(|active| {
            active.end > 0
                && active.damage.is_none()
                && self
                    .last_timestamp_ms
                    .is_some_and(|last| last < timestamp_ms)
        });
        if all_finished && active_is_old {
            self.roll()?;
            count += 1;
        }
        self.remove_first_segments(count)
    }

    /// Removes the oldest finished segments, and the marks of the start that go with them.
    pub(super) fn remove_first_segments(&mut self, count: usize) -> Result<Trimmed, LogError> {
        let mut trimmed = Trimmed::default();
        for _ in 0..count {
            trimmed.freed_bytes += self.remove_first_segment()?;
            trimmed.segment_count += 1;
        }
        self.remove_passed_starts()?;
        Ok(trimmed)
    }

    /// Whether a finished segment exists and holds only records older than a time.
    fn is_older(&self, position: usize, timestamp_ms: i64) -> Result<bool, LogError> {
        let Some(&base_offset) = self.finished.get(position) else {
            return Ok(false);
        };
        let segment = self.finished_segment(base_offset)?;
        // A segment without one valid batch goes when the next one goes.
        match segment.last_timestamp_ms()? {
            Some(last) => Ok(last < timestamp_ms),
            None => match self.finished.get(position + 1) {
                Some(_) => self.is_older(position + 1, timestamp_ms),
                None => Ok(self
                    .last_timestamp_ms
                    .is_none_or(|last| last < timestamp_ms)),
            },
        }
    }

    /// Removes the oldest finished segment. Each removal is synced before the next: were a later
    /// one to survive a power cut alone, a gap would stay in the middle.
    fn remove_first_segment(&mut self) -> Result<u64, LogError> {
        let Some(&base_offset) = self.finished.first() else {
            return Ok(0);
        };
        let freed_bytes = self.finished_bytes(base_offset)?;
        lock(&self.open_segments).retain(|segment| segment.base_offset != base_offset);
        let data = data_path(&self.folder, base_offset);
        self.disk
            .remove_file(&data)
            .map_err(LogError::io("remove", &data))?;
        self.finished.remove(0);
        self.remove_if_there(&index_path(&self.folder, base_offset))?;
        self.remove_if_there(&producers_path(&self.folder, base_offset))?;
        self.sync_names()?;
        Ok(freed_bytes)
    }
}
