//! Reading a partition: records, raw batches, and the way from a time to an offset.

use std::sync::Arc;

use super::batch::{self, BatchHeader};
use super::error::{Fault, LogError};
use super::partition::{Hint, Partition, lock};
use super::record::{Record, records};
use super::segment::{Located, Search, Segment};
use super::walk::{Found, Place, Step};

/// How much a read returns at most.
#[derive(Debug, Clone, Copy)]
pub struct ReadLimits {
    /// Records.
    pub max_records: usize,
    /// Bytes of keys, values and headers. A first record above it is returned all the same.
    pub max_bytes: usize,
}

/// The part of the log that one segment holds.
struct Span {
    segment: Arc<Segment>,
    /// Where the log ends in the file.
    end: u64,
    /// The offset that must follow the last one in the file.
    next_offset: i64,
    is_finished: bool,
}

/// Records on their way to the caller.
struct Collector {
    records: Vec<Record>,
    bytes: usize,
    limits: ReadLimits,
}

impl Partition {
    /// Reads records from an offset on, in order and without gaps; none at the end offset.
    ///
    /// Where the next batch is damaged or compressed, the records before it are returned, and the
    /// read that would begin with it fails.
    pub fn read(&self, from_offset: i64, limits: ReadLimits) -> Result<Vec<Record>, LogError> {
        self.check_range(from_offset)?;
        let mut collector = Collector {
            records: Vec::new(),
            bytes: 0,
            limits,
        };
        let mut offset = from_offset;
        while offset < self.next_offset && !collector.is_full() {
            let read = self.span(offset).and_then(|span| {
                let read = self.read_span(&span, offset, &mut collector);
                read.map_err(|error| span.name_next_offset(error))
            });
            match read {
                Ok(next_offset) => offset = next_offset,
                Err(error) if collector.records.is_empty() => return Err(error),
                // Whoever reads on from here meets the error again.
                Err(_) => break,
            }
        }
        Ok(collector.records)
    }

    /// Reads whole batches as they are stored, each checked, in place of what the buffer holds, and
    /// returns the offset to go on from.
    ///
    /// The first batch is the one that holds `from_offset`, so earlier records may come with it; it
    /// is returned even where it alone is above `max_bytes`. A read ends with its segment. The
    /// buffer's memory is used again: a caller that keeps it reads faster.
    pub fn read_batches(
        &self,
        from_offset: i64,
        max_bytes: usize,
        buffer: &mut Vec<u8>,
    ) -> Result<i64, LogError> {
        if let Err(error) = self.check_range(from_offset) {
            buffer.clear();
            return Err(error);
        }
        if from_offset == self.next_offset {
            buffer.clear();
            return Ok(from_offset);
        }
        let read = self.fill_batches(from_offset, max_bytes, buffer);
        if read.is_err() {
            buffer.clear();
        }
        read
    }

    fn fill_batches(
        &self,
        from_offset: i64,
        max_bytes: usize,
        buffer: &mut Vec<u8>,
    ) -> Result<i64, LogError> {
        let span = self.span(from_offset)?;
        let hint = self
            .hint_in(&span.segment)
            .filter(|place| place.offset == from_offset && place.position < span.end);
        if let Some(place) = hint
            && let Some(next) = fill(&span, place, max_bytes, buffer)?
        {
            self.set_hint(&span.segment, next);
            return Ok(next.offset);
        }
        let located = span.locate(from_offset, None);
        let found = located.map_err(|error| span.name_next_offset(error))?.found;
        match fill(&span, found.place(), max_bytes, buffer)? {
            Some(next) => {
                self.set_hint(&span.segment, next);
                Ok(next.offset)
            }
            // The batch was valid a moment ago.
            None => Err(span.damage(&found, Fault::Checksum)),
        }
    }

    /// The offset of the first record appended at a time or later, in milliseconds since 1970;
    /// `None` when all are earlier.
    pub fn offset_at_time(&self, timestamp_ms: i64) -> Result<Option<i64>, LogError> {
        if self
            .last_timestamp_ms()
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
                Search::Found(located) => return Ok(Some(located.found.header.base_offset)),
                Search::End { next_offset } if next_offset < span.next_offset => {
                    return Err(span.gap(next_offset));
                }
                Search::End { .. } => {}
            }
        }
        self.check_tail()?;
        Ok(None)
    }

    /// Reads from one segment, and returns the offset behind the last record looked at. Where the
    /// segment ends too early, the next call, which begins there, reports the gap.
    fn read_span(
        &self,
        span: &Span,
        from_offset: i64,
        collector: &mut Collector,
    ) -> Result<i64, LogError> {
        let hint = self.hint_in(&span.segment);
        let Located {
            mut walk,
            mut found,
        } = span.locate(from_offset, hint)?;
        let mut next_offset = from_offset;
        loop {
            next_offset = collector.take_batch(span, &found, walk.current(), next_offset)?;
            if collector.is_full() {
                let place = match next_offset > found.header.last_offset() {
                    true => walk.place(),
                    false => found.place(),
                };
                self.set_hint(&span.segment, place);
                return Ok(next_offset);
            }
            match walk.step()? {
                Step::Batch(next) => found = next,
                Step::End => {
                    self.set_hint(&span.segment, walk.place());
                    return Ok(next_offset);
                }
                Step::Invalid(fault) => return Err(walk.pass_damage(fault)?),
            }
        }
    }

    fn check_range(&self, offset: i64) -> Result<(), LogError> {
        let (start, end) = (self.start_offset(), self.end_offset());
        if offset < start || offset > end {
            return Err(LogError::OffsetOutOfRange { offset, start, end });
        }
        if offset == end {
            self.check_tail()
        } else {
            Ok(())
        }
    }

    /// The segment that holds an offset.
    fn span(&self, offset: i64) -> Result<Span, LogError> {
        let count = self.finished.partition_point(|&base| base <= offset);
        let in_active = self
            .active
            .as_ref()
            .is_some_and(|active| active.segment.base_offset <= offset);
        let position = if in_active {
            self.finished.len()
        } else {
            count.saturating_sub(1)
        };
        self.span_at(position)?.ok_or(LogError::OffsetOutOfRange {
            offset,
            start: self.start_offset(),
            end: self.end_offset(),
        })
    }

    /// A segment by its position: the finished ones, then the active one.
    fn span_at(&self, position: usize) -> Result<Option<Span>, LogError> {
        let Some(&base_offset) = self.finished.get(position) else {
            let active = self.active.as_ref();
            return Ok(active
                .filter(|_| position == self.finished.len())
                .map(|active| Span {
                    segment: Arc::clone(&active.segment),
                    end: active.end,
                    next_offset: self.next_offset,
                    is_finished: false,
                }));
        };
        let active_base = self
            .active
            .as_ref()
            .map(|active| active.segment.base_offset);
        let next_base = self.finished.get(position + 1).copied().or(active_base);
        let segment = self.finished_segment(base_offset)?;
        Ok(Some(Span {
            end: segment.opened_bytes,
            segment,
            next_offset: next_base.unwrap_or(self.next_offset),
            is_finished: true,
        }))
    }

    fn hint_in(&self, segment: &Segment) -> Option<Place> {
        let hint = *lock(&self.hint);
        hint.filter(|hint| hint.segment_base == segment.base_offset)
            .map(|hint| hint.place)
    }

    fn set_hint(&self, segment: &Segment, place: Place) {
        *lock(&self.hint) = Some(Hint {
            segment_base: segment.base_offset,
            place,
        });
    }
}

impl Span {
    fn locate(&self, offset: i64, hint: Option<Place>) -> Result<Located<'_>, LogError> {
        match self.segment.locate(offset, hint, self.end)? {
            Search::Found(located) => Ok(located),
            Search::End { .. } => Err(self.gap(offset)),
        }
    }

    /// The segment ends before an offset that it should hold.
    fn gap(&self, offset: i64) -> LogError {
        LogError::Damaged {
            file: self.segment.path.clone(),
            position: self.end,
            fault: Fault::Gap {
                expected: offset,
                found: self.next_offset,
            },
            next_offset: Some(self.next_offset),
        }
    }

    /// A batch with a right checksum and a wrong content: it was damaged before it came here.
    fn damage(&self, found: &Found, fault: Fault) -> LogError {
        LogError::Damaged {
            file: self.segment.path.clone(),
            position: found.position,
            fault,
            next_offset: Some(found.header.next_offset()),
        }
    }

    /// After damage up to the end of a finished segment, the next segment goes on.
    fn name_next_offset(&self, mut error: LogError) -> LogError {
        if let LogError::Damaged { next_offset, .. } = &mut error
            && self.is_finished
        {
            next_offset.get_or_insert(self.next_offset);
        }
        error
    }
}

impl Found {
    fn place(&self) -> Place {
        Place {
            position: self.position,
            offset: self.header.base_offset,
        }
    }
}

impl Collector {
    fn is_full(&self) -> bool {
        self.records.len() >= self.limits.max_records
            || (self.bytes >= self.limits.max_bytes && !self.records.is_empty())
    }

    /// Takes the records from an offset on until the limits are reached, and returns the offset
    /// to go on from.
    fn take_batch(
        &mut self,
        span: &Span,
        found: &Found,
        bytes: &[u8],
        from_offset: i64,
    ) -> Result<i64, LogError> {
        let header: &BatchHeader = &found.header;
        if let Some(codec) = header.codec() {
            return Err(LogError::UnsupportedCompression {
                file: span.segment.path.clone(),
                base_offset: header.base_offset,
                codec,
            });
        }
        for record in records(header, bytes) {
            let record = record.map_err(|fault| span.damage(found, fault))?;
            if record.offset < from_offset {
                continue;
            }
            let bytes = self.bytes.saturating_add(record.content_bytes());
            if bytes > self.limits.max_bytes && !self.records.is_empty() {
                // Full from here on, also for smaller records that would still fit.
                self.bytes = self.limits.max_bytes;
                return Ok(record.offset);
            }
            self.bytes = bytes;
            let next_offset = record.offset.saturating_add(1);
            self.records.push(record.to_record());
            if self.is_full() {
                return Ok(next_offset);
            }
        }
        Ok(header.next_offset())
    }
}

/// Reads valid batches from a place on, and returns where they end; `None` when the first batch is
/// not valid.
fn fill(
    span: &Span,
    start: Place,
    max_bytes: usize,
    buffer: &mut Vec<u8>,
) -> Result<Option<Place>, LogError> {
    let rest = usize::try_from(span.end - start.position).unwrap_or(usize::MAX);
    let mut wanted = max_bytes.max(batch::HEADER_BYTES).min(rest);
    loop {
        // Only what the buffer grows by is zeroed; the rest is overwritten as it is.
        buffer.resize(wanted, 0);
        let count = span
            .segment
            .file
            .read_at(buffer, start.position)
            .map_err(LogError::io("read", &span.segment.path))?;
        buffer.truncate(count);
        let mut valid_bytes = 0;
        let mut offset = start.offset;
        while let Some(next) = buffer.get(valid_bytes..)
            && let Ok((header, total)) = batch::check(next, offset)
        {
            valid_bytes += total;
            offset = header.next_offset();
        }
        if valid_bytes > 0 {
            buffer.truncate(valid_bytes);
            return Ok(Some(Place {
                position: start.position + valid_bytes as u64,
                offset,
            }));
        }
        let first =
            BatchHeader::parse(buffer).and_then(|header| header.plausible(start.offset).ok());
        match first {
            Some(total) if total > wanted && total <= rest => wanted = total,
            _ => return Ok(None),
        }
    }
}
