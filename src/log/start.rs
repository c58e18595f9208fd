//! The first offset that may be read, where it is not that of a segment.
//!
//! Records are removed by whole segments. A start inside one is an empty file whose name is the
//! offset: it is there or not, whatever stops the process, and the highest one counts.

use super::error::LogError;
use super::names::start_path;
use super::partition::Partition;
use super::trim::Trimmed;

impl Partition {
    /// Lets go of the records before an offset, at most the end offset: no read gives them any
    /// more, after a restart neither. Their space is freed by whole segments. An offset before the
    /// first one held changes nothing.
    pub fn trim_before_offset(&mut self, offset: i64) -> Result<Trimmed, LogError> {
        self.check_not_refused()?;
        let (start, end) = (self.start_offset(), self.end_offset());
        if offset > end {
            return Err(LogError::OffsetOutOfRange { offset, start, end });
        }
        if offset <= start {
            return Ok(Trimmed::default());
        }
        let has_records = self.active.as_ref().is_some_and(|active| active.end > 0);
        if offset == end && has_records {
            self.check_tail()?;
            self.roll()?;
        }
        let later = self.finished.iter().skip(1).copied();
        let active = self
            .active
            .as_ref()
            .map(|active| active.segment.base_offset);
        let count = later.chain(active).take_while(|&base| base <= offset);
        let count = count.count().min(self.finished.len());
        if self.segment_start(count) < offset {
            // Were the records lost and the mark not, their offsets would be given out again.
            self.sync()?;
            self.mark_start(offset)?;
        }
        self.remove_first_segments(count)
    }

    /// Makes an offset the start of the log, which may be lower than the one before.
    fn mark_start(&mut self, offset: i64) -> Result<(), LogError> {
        if self.starts.contains(&offset) {
            return Ok(());
        }
        let path = start_path(&self.folder, offset);
        self.disk
            .create(&path)
            .map_err(LogError::io("create", &path))?;
        let above = self.starts.partition_point(|&start| start < offset);
        self.starts.insert(above, offset);
        self.sync_names()
    }

    /// Removes the marks that do not count: those before the first segment or the last mark.
    pub(super) fn remove_passed_starts(&mut self) -> Result<(), LogError> {
        let first = self.segment_start(0);
        while let Some(&lowest) = self.starts.first()
            && (lowest <= first || self.starts.len() > 1)
        {
            self.remove_if_there(&start_path(&self.folder, lowest))?;
            self.starts.remove(0);
        }
        Ok(())
    }

    /// Where the log ends before its start, as when its damaged end was cut off, it begins at its
    /// end: offsets that are given out again are to be read.
    pub(super) fn lower_start(&mut self) -> Result<(), LogError> {
        let end = self.end_offset();
        if self.starts.last().is_none_or(|&start| start <= end) {
            return Ok(());
        }
        self.mark_start(end)?;
        while let Some(&highest) = self.starts.last().filter(|&&start| start > end) {
            self.remove_if_there(&start_path(&self.folder, highest))?;
            self.starts.pop();
        }
        self.sync_names()
    }
}
