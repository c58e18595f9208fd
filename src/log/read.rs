//! Reading a partition: records, raw batches, and the way from a time to an offset.

use std::sync::Arc;

use super::batch::{self, BatchHeader};
use super::error::{Fault, LogError};
use super::partition::Partition;
use super::record::{Record, Records};
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
#[derive(Debug)]
pub(super) struct Span {
    pub(super) segment: Arc<Segment>,
    /// Where the log ends in the file.
    pub(super) end: u64,
    /// The offset that must follow the last one in the file.
    pub(super) next_offset: i64,
    is_finished: bool,
}

/// Reads stored batches from an offset on, as far as the log went when it was made.
///
/// It holds the file and no lock: what is appended or trimmed meanwhile does not disturb it.
#[derive(Debug)]
pub struct BatchReader {
    from_offset: i64,
    /// `None` at the end of the log.
    span: Option<Span>,
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
    /// Where the next batch is damaged, the records before it are returned, and the read that would
    /// begin with it fails. Compressed records are decompressed one by one, as far as they are
    /// wanted.
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

    /// Reads whole batches as they are stored. See [`BatchReader::read`].
    pub fn read_batches(
        &self,
        from_offset: i64,
        max_bytes: usize,
        buffer: &mut Vec<u8>,
    ) -> Result<i64, LogError> {
        match self.batch_reader(from_offset) {
            Ok(reader) => reader.read(max_bytes, buffer),
            Err(error) => {
                buffer.clear();
                Err(error)
            }
        }
    }

    /// A reader of stored batches, to be used after the partition is free for others again. Where
    /// it is made no file is read, but for the index of a segment that was not read lately.
    pub fn batch_reader(&self, from_offset: i64) -> Result<BatchReader, LogError> {
        self.check_range(from_offset)?;
        let span = match from_offset == self.next_offset {
            true => None,
            false => Some(self.span(from_offset)?),
        };
        Ok(BatchReader { from_offset, span })
    }

    /// Reads from one segment, and returns the offset behind the last record looked at. Where the
    /// segment ends too early, the next call, which begins there, reports the gap.
    fn read_span(
        &self,
        span: &Span,
        from_offset: i64,
        collector: &mut Collector,
    ) -> Result<i64, LogError> {
        let Located {
            mut walk,
            mut found,
        } = span.locate(from_offset)?;
        let mut next_offset = from_offset;
        loop {
            next_offset = collector.take_batch(span, &found, walk.current(), next_offset)?;
            if collector.is_full() {
                let place = match next_offset > found.header.last_offset() {
                    true => walk.place(),
                    false => found.place(),
                };
                span.segment.set_hint(place);
                return Ok(next_offset);
            }
            match walk.step()? {
                Step::Batch(next) => found = next,
                Step::End => {
                    span.segment.set_hint(walk.place());
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
    pub(super) fn span(&self, offset: i64) -> Result<Span, LogError> {
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
    pub(super) fn span_at(&self, position: usize) -> Result<Option<Span>, LogError> {
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
}

impl BatchReader {
    /// Reads whole batches, each checked, in place of what the buffer holds, and returns the offset
    /// to go on from.
    ///
    /// The first batch is the one that holds the reader's offset, so earlier records may come with
    /// it; it is returned even where it alone is above `max_bytes`. A read ends with its segment.
    /// The buffer's memory is used again: a caller that keeps it reads faster.
    pub fn read(&self, max_bytes: usize, buffer: &mut Vec<u8>) -> Result<i64, LogError> {
        let Some(span) = &self.span else {
            buffer.clear();
            return Ok(self.from_offset);
        };
        let read = self.fill_from(span, max_bytes, buffer);
        if read.is_err() {
            buffer.clear();
        }
        read
    }

    fn fill_from(
        &self,
        span: &Span,
        max_bytes: usize,
        buffer: &mut Vec<u8>,
    ) -> Result<i64, LogError> {
        let hint = span.segment.hint();
        let hint =
            hint.filter(|place| place.offset == self.from_offset && place.position < span.end);
        if let Some(place) = hint
            && let Some(next) = fill(span, place, max_bytes, buffer)?
        {
            span.segment.set_hint(next);
            return Ok(next.offset);
        }
        let located = span.locate(self.from_offset);
        let found = located.map_err(|error| span.name_next_offset(error))?.found;
        match fill(span, found.place(), max_bytes, buffer)? {
            Some(next) => {
                span.segment.set_hint(next);
                Ok(next.offset)
            }
            // The batch was valid a moment ago.
            None => Err(span.damage(&found, Fault::Checksum)),
        }
    }
}

impl Span {
    pub(super) fn locate(&self, offset: i64) -> Result<Located<'_>, LogError> {
        match self.segment.locate(offset, self.end)? {
            Search::Found(located) => Ok(located),
            Search::End { .. } => Err(self.gap(offset)),
        }
    }

    /// The segment ends before an offset that it should hold.
    pub(super) fn gap(&self, offset: i64) -> LogError {
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
        let damage = |fault| span.damage(found, fault);
        let mut records = Records::of(header, bytes).map_err(damage)?;
        while let Some(record) = records.next_record() {
            let record = record.map_err(damage)?;
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
