//! The way from a time to an offset.

use super::batch::BatchHeader;
use super::error::LogError;
use super::partition::Partition;
use super::segment::Search;

/// A record, by its offset and its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimedOffset {
    /// Its place in the partition.
    pub offset: i64,
    /// When it was appended, in milliseconds since 1970.
    pub timestamp_ms: i64,
}

impl Partition {
    /// The offset of the first record appended at a time or later, in milliseconds since 1970;
    /// `None` when all are earlier.
    pub fn offset_at_time(&self, timestamp_ms: i64) -> Result<Option<i64>, LogError> {
        let found = self.first_at_time(timestamp_ms)?;
        Ok(found.map(|record| record.offset))
    }

    /// The first of the records with the latest time; `None` when no record is held.
    pub fn first_of_latest_time(&self) -> Result<Option<TimedOffset>, LogError> {
        match self.last_timestamp_ms {
            Some(latest) => self.first_at_time(latest),
            None => Ok(None),
        }
    }

    /// The first record appended at a time or later, in milliseconds since 1970; `None` when all
    /// are earlier.
    pub fn first_at_time(&self, timestamp_ms: i64) -> Result<Option<TimedOffset>, LogError> {
        let start = self.start_offset();
        match self.first_stored_at_time(timestamp_ms)? {
            Some(header) if header.last_offset() >= start => Ok(Some(TimedOffset {
                offset: header.base_offset.max(start),
                timestamp_ms: header.max_timestamp_ms,
            })),
            // It lies before the start, and time never goes backwards.
            Some(_) if start < self.end_offset() => {
                let span = self.span(start)?;
                Ok(Some(TimedOffset {
                    offset: start,
                    timestamp_ms: span.locate(start)?.found.header.max_timestamp_ms,
                }))
            }
            _ => Ok(None),
        }
    }

    /// The first batch appended at a time or later, whether or not it may be read.
    fn first_stored_at_time(&self, timestamp_ms: i64) -> Result<Option<BatchHeader>, LogError> {
        if self
            .last_timestamp_ms
            .is_none_or(|last| last < timestamp_ms)
        {
            self.check_tail()?;
            return Ok(None);
        }
        // The first segment that begins at that time or later, if it is not the very first: the
        // record looked for is there or in the segment before.
        let (mut low, mut high) = (0, self.finished.len() + 1);
        while low < high {
            let middle = low.midpoint(high);
            let begins_earlier = match self.span_at(middle)? {
                Some(span) => span
                    .segment
                    .first_batch(span.end)?
                    .is_some_and(|header| header.max_timestamp_ms < timestamp_ms),
                None => false,
            };
            if begins_earlier {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        for position in low.saturating_sub(1)..=self.finished.len() {
            let Some(span) = self.span_at(position)? else {
                continue;
            };
            match span.segment.locate_time(timestamp_ms, span.end)? {
                Search::Found(located) => return Ok(Some(located.found.header)),
                Search::End { next_offset } if next_offset < span.next_offset => {
                    return Err(span.gap(next_offset));
                }
                Search::End { .. } => {}
            }
        }
        self.check_tail()?;
        Ok(None)
    }
}
